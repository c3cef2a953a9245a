//! Ends that need no word of the payee: the payer asks, waits for the grace, withdraws; or the channel's time
//! is over. Until one of them has happened, vouchers are paid (rule D.6).

use super::{
    super::{
        IChannels,
        state::{Channel, Origin},
    },
    emit,
    ending::end_channel,
    existing, of_payer,
};
use crate::modules::{Deadline, Host, ModuleError};
use alloy_primitives::{Address, B256};

/// Starts the grace.
pub(in super::super) fn request_close(
    host: &mut dyn Host,
    caller: Address,
    id: B256,
) -> Result<(), ModuleError> {
    let mut channel = existing(host, id)?;
    let origin = of_payer(host, id, caller)?;
    if channel.closes_ms != 0 {
        return Err(ModuleError::revert(IChannels::AlreadyClosing { id }));
    }
    let closes = Deadline::after(host, u64::from(channel.grace_s))?;
    channel.closes_ms = closes.time_ms;
    channel.save_terms(host)?;
    Origin { closes_block: closes.block, ..origin }.save(host, id)?;
    let event = IChannels::CloseRequested {
        channelId: id,
        payer: caller,
        payee: channel.payee,
        closesAtMs: closes.time_ms,
        closesAtBlock: closes.block,
    };
    emit(host, &event)
}

/// Refunds the payer after the grace of a close request.
pub(in super::super) fn withdraw(
    host: &mut dyn Host,
    caller: Address,
    id: B256,
) -> Result<(), ModuleError> {
    let channel = existing(host, id)?;
    let origin = Origin::load(host, id)?;
    let closes =
        channel.closes(&origin).ok_or_else(|| ModuleError::revert(IChannels::NotClosing { id }))?;
    end_after(host, caller, &channel, &origin, closes)
}

/// Refunds the payer after expiry and grace.
pub(in super::super) fn expire(
    host: &mut dyn Host,
    caller: Address,
    id: B256,
) -> Result<(), ModuleError> {
    let channel = existing(host, id)?;
    let expires = channel.expires.ok_or_else(|| ModuleError::revert(IChannels::NoExpiry { id }))?;
    let origin = Origin::load(host, id)?;
    end_after(host, caller, &channel, &origin, expires)
}

fn end_after(
    host: &mut dyn Host,
    caller: Address,
    channel: &Channel,
    origin: &Origin,
    deadline: Deadline,
) -> Result<(), ModuleError> {
    check_passed(host, deadline)?;
    let refunded_wei = channel.remaining_wei()?;
    end_channel(host, channel, origin, 0, refunded_wei, Some(caller))?;
    let event = IChannels::ChannelClosed {
        channelId: channel.id,
        payer: origin.payer,
        payee: channel.payee,
        paidWei: 0,
        refundedWei: refunded_wei,
    };
    emit(host, &event)
}

/// The revert that a deadline has not passed.
pub(super) fn check_passed(host: &dyn Host, deadline: Deadline) -> Result<(), ModuleError> {
    if deadline.has_passed(host.block()) {
        return Ok(());
    }
    Err(ModuleError::revert(IChannels::TooEarly {
        untilMs: deadline.time_ms,
        untilBlock: deadline.block,
    }))
}
