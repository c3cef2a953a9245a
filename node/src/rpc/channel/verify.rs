//! What a voucher is worth now. The module tries to settle it; only what it does not look at, the signature of
//! a voucher that pays nothing new, is looked at here.

use super::{
    super::{RpcError, context::Rpc},
    digest, info, rule,
};
use crate::chain::ChannelTrial;
use alloy_primitives::{Address, B256, Bytes, U256};
use btt_api::types::{AnyVoucher, ChannelStatus, SignedVoucher, VoucherTick, VoucherVerdict};
use btt_runtime::{
    modules::{
        ModuleError,
        channels::{
            IChannels,
            voucher::{claim_wei, is_tick_of, parse_signature, pool_tick_id},
        },
    },
    tx::recover::recover_signer,
};

/// What the chain says of who pays a voucher.
struct Payer {
    signer: Address,
    status: ChannelStatus,
    /// Paid out in the voucher's lane.
    settled_wei: u128,
}

impl Rpc {
    pub(super) fn verdict(&self, signed: &SignedVoucher) -> Result<VoucherVerdict, RpcError> {
        let mut trial = self.trial()?;
        let digest = digest::hash(self.chain().config().chain_id, &signed.voucher);
        let parsed = parse_signature(&signed.signature);
        let signer = parsed.as_ref().ok().and_then(|s| recover_signer(digest, s).ok());
        let claimed = claimed_wei(&signed.voucher, signed.tick.unwrap_or_default());
        let mut verdict = VoucherVerdict {
            valid: false,
            reason: None,
            signer,
            claim_wei: U256::from(*claimed.as_ref().unwrap_or(&0)),
            settled_wei: U256::ZERO,
            due_wei: U256::ZERO,
            status: None,
        };
        let payer = match payer(&mut trial, &signed.voucher) {
            Ok(payer) => payer,
            Err(error) => {
                let was_there = self.end(&trial, signed.voucher.id())?.is_some();
                verdict.status = was_there.then_some(ChannelStatus::Closed);
                verdict.reason = Some(rule(error)?);
                return Ok(verdict);
            }
        };
        verdict.status = Some(payer.status);
        verdict.settled_wei = U256::from(payer.settled_wei);
        let claimed = match (claimed, parsed) {
            (Err(reason), _) => Err(reason),
            (_, Err(error)) => Err(error.to_string()),
            (Ok(wei), Ok(_)) => Ok(wei),
        };
        let result = claimed.and_then(|wei| {
            check_signer(signer, payer.signer)?;
            check_tick(signed).map(|()| wei)
        });
        match result {
            Err(reason) => verdict.reason = Some(reason),
            Ok(_) => match settle(&mut trial, signed) {
                Ok(paid_wei) => {
                    verdict.valid = true;
                    verdict.due_wei = U256::from(paid_wei);
                }
                Err(Failure::Missing(what)) => verdict.reason = Some(what.to_owned()),
                Err(Failure::Module(error)) => verdict.reason = Some(rule(error)?),
            },
        }
        Ok(verdict)
    }
}

/// Why a voucher could not be settled on trial.
pub(super) enum Failure {
    /// The request lacks something.
    Missing(&'static str),
    /// The module refuses, or failed.
    Module(ModuleError),
}

/// Settles a voucher on trial; returns what it paid.
pub(super) fn settle(
    trial: &mut ChannelTrial<'_>,
    signed: &SignedVoucher,
) -> Result<u128, Failure> {
    let nobody = Address::ZERO;
    let signature: Bytes = signed.signature.clone();
    let tick = signed.tick.unwrap_or_default().into();
    let paid = match signed.voucher {
        AnyVoucher::Voucher(v) => {
            let call = IChannels::settleCall { voucher: v.into(), tick, signature };
            trial.write(nobody, &call)
        }
        AnyVoucher::Pool(v) => {
            let call = IChannels::poolSettleCall { voucher: v.into(), tick, signature };
            trial.write(nobody, &call)
        }
        AnyVoucher::Conditional(v) => {
            let missing = Failure::Missing("a voucher with a condition needs its secret");
            let secret = signed.secret.ok_or(missing)?;
            let call = IChannels::settleConditionalCall { voucher: v.into(), secret, signature };
            trial.write(nobody, &call)
        }
    };
    paid.map_err(Failure::Module)
}

/// What a voucher and its ticks claim in their lane.
pub(super) fn claimed_wei(voucher: &AnyVoucher, tick: VoucherTick) -> Result<u128, String> {
    let (amount, value, max) = match voucher {
        AnyVoucher::Voucher(v) => (v.cumulative_amount, v.tick_value, v.tick_max),
        AnyVoucher::Pool(v) => (v.cumulative_amount, v.tick_value, v.tick_max),
        AnyVoucher::Conditional(v) => (v.cumulative_amount, 0, 0),
    };
    claim_wei(amount, value, max, tick.index).map_err(|error| error.to_string())
}

fn check_signer(signer: Option<Address>, expected: Address) -> Result<(), String> {
    match signer {
        Some(signer) if signer == expected => Ok(()),
        Some(signer) => Err(format!("signed by {signer}, vouchers must be signed by {expected}")),
        None => Err("the signature is nobody's".to_owned()),
    }
}

fn check_tick(signed: &SignedVoucher) -> Result<(), String> {
    let tick = signed.tick.unwrap_or_default();
    let (anchor, bound_to): (B256, B256) = match &signed.voucher {
        AnyVoucher::Voucher(v) => (v.tick_anchor, v.channel_id),
        AnyVoucher::Pool(v) => (v.tick_anchor, pool_tick_id(v.pool_id, v.payee)),
        AnyVoucher::Conditional(_) => return Ok(()),
    };
    let amount_wei = match &signed.voucher {
        AnyVoucher::Voucher(v) => v.cumulative_amount,
        AnyVoucher::Pool(v) => v.cumulative_amount,
        AnyVoucher::Conditional(v) => v.cumulative_amount,
    };
    let lane = signed.voucher.lane();
    if tick.index == 0 || is_tick_of(anchor, bound_to, lane, amount_wei, tick.index, tick.preimage)
    {
        return Ok(());
    }
    let index = tick.index;
    Err(format!("the preimage of tick {index} does not lead to the voucher's anchor"))
}

fn payer(trial: &mut ChannelTrial<'_>, voucher: &AnyVoucher) -> Result<Payer, ModuleError> {
    let lane = usize::try_from(voucher.lane()).unwrap_or(usize::MAX);
    let of_lane = |lanes: [u128; 4]| lanes.get(lane).copied().unwrap_or(0);
    if let AnyVoucher::Pool(voucher) = voucher {
        let (id, payee) = (voucher.pool_id, voucher.payee);
        let pool = trial.read(&IChannels::poolCall { poolId: id })?;
        let claim = trial.read(&IChannels::poolClaimCall { poolId: id, payee })?;
        return Ok(Payer {
            signer: pool.signer,
            status: info::status(pool.closesAtMs),
            settled_wei: of_lane(claim.laneSettledWei),
        });
    }
    let channel = trial.read(&IChannels::channelCall { channelId: voucher.id() })?;
    Ok(Payer {
        signer: channel.signer,
        status: info::status(channel.closesAtMs),
        settled_wei: of_lane(channel.laneSettledWei),
    })
}
