//! Ends that the payee brings about, or both sides together. They pay out of what remains, never out of the
//! deposit (rule D.5).

use super::{
    super::{
        IChannels::{self, CoopClose, Tick, Voucher},
        gas,
        settlement::{Claim, due_of_channel, is_signed_by},
        state::{Channel, Origin, lane_of, minus},
        voucher::{Descriptor, Kind},
    },
    domain, emit,
    ending::end_channel,
    existing,
};
use crate::modules::{Host, ModuleError};
use alloy_primitives::{Address, B256};

/// For whom the caller closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum By {
    /// The payee itself.
    Payee,
    /// The operator that the channel's id names; the salt proves it.
    Operator(B256),
}

/// Pays up to `capture_wei` in the voucher's lane, refunds the rest, deletes.
pub(in super::super) fn settle_and_close(
    host: &mut dyn Host,
    caller: Address,
    (voucher, tick, signature): (&Voucher, &Tick, &[u8]),
    capture_wei: u128,
    by: By,
) -> Result<(), ModuleError> {
    gas::charge(host, 1, tick.index)?;
    let channel = existing(host, voucher.channelId)?;
    let origin = Origin::load(host, channel.id)?;
    if !may_close(host, &channel, &origin, caller, by) {
        return Err(ModuleError::revert(IChannels::NotPayee { caller }));
    }
    let claim = Claim::of_voucher(&domain(host), voucher, tick, signature)?;
    let paid_wei = captured_wei(host, &channel, &claim, capture_wei)?;
    let refunded_wei = minus(channel.remaining_wei()?, paid_wei)?;
    end(host, &channel, &origin, paid_wei, refunded_wei)
}

/// Pays both, deletes, tells.
fn end(
    host: &mut dyn Host,
    channel: &Channel,
    origin: &Origin,
    paid_wei: u128,
    refunded_wei: u128,
) -> Result<(), ModuleError> {
    end_channel(host, channel, origin, paid_wei, refunded_wei, None)?;
    emit(
        host,
        &IChannels::ChannelClosed {
            channelId: channel.id,
            payer: origin.payer,
            payee: channel.payee,
            paidWei: paid_wei,
            refundedWei: refunded_wei,
        },
    )
}

/// What the payee takes beyond what its lane was paid.
fn captured_wei(
    host: &mut dyn Host,
    channel: &Channel,
    claim: &Claim<'_>,
    capture_wei: u128,
) -> Result<u128, ModuleError> {
    let lane = lane_of(claim.lane)
        .ok_or_else(|| ModuleError::revert(IChannels::BadLane { lane: claim.lane }))?;
    let settled_wei = channel.lanes.settled_wei(host, lane)?;
    if capture_wei == settled_wei {
        return Ok(0);
    }
    if capture_wei < settled_wei || capture_wei > claim.wei {
        return Err(ModuleError::revert(IChannels::BadCapture {
            captureWei: capture_wei,
            settledWei: settled_wei,
            claimWei: claim.wei,
        }));
    }
    due_of_channel(host, channel, claim)?;
    minus(capture_wei, settled_wei)
}

fn may_close(host: &dyn Host, channel: &Channel, origin: &Origin, caller: Address, by: By) -> bool {
    match by {
        By::Payee => caller == channel.payee,
        By::Operator(salt) => {
            let descriptor = Descriptor {
                kind: Kind::Channel,
                payer: origin.payer,
                payee: channel.payee,
                operator: caller,
                salt,
                signer: channel.signer,
                open_index: origin.open_index,
            };
            descriptor.id(host.block().chain_id) == channel.id
        }
    }
}

/// Splits what remains as both signed, at once.
pub(in super::super) fn coop_close(
    host: &mut dyn Host,
    split: &CoopClose,
    signer_signature: &[u8],
    payee_signature: &[u8],
) -> Result<(), ModuleError> {
    gas::charge(host, 2, 0)?;
    let channel = existing(host, split.channelId)?;
    let remaining_wei = channel.remaining_wei()?;
    let settled_wei = channel.lanes.total_wei;
    let parts = split.payerPart.checked_add(split.payeePart);
    if split.settled != settled_wei || parts != Some(remaining_wei) {
        return Err(ModuleError::revert(IChannels::BadSplit {
            settledWei: settled_wei,
            remainingWei: remaining_wei,
        }));
    }
    let digest = domain(host).digest(split);
    if !is_signed_by(host, digest, signer_signature, channel.signer)
        || !is_signed_by(host, digest, payee_signature, channel.payee)
    {
        return Err(ModuleError::revert(IChannels::BadSignature {}));
    }
    let origin = Origin::load(host, channel.id)?;
    end(host, &channel, &origin, split.payeePart, split.payerPart)
}
