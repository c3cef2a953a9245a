//! Being paid by one voucher while the channel goes on. Anyone may submit it: only the payee gains, and a tip
//! goes to none but the tower that the payee named (rule D.8).

use super::{
    super::{
        IChannels::{self, ConditionalVoucher, Tick, Voucher, Watch},
        gas, params as p,
        settlement::{Claim, Due, due_of_channel, is_signed_by},
        state::{Channel, Totals, minus},
    },
    domain, emit, existing, pay,
};
use crate::{
    modules::{Host, ModuleError, params},
    primitives::math::mul_div_floor,
};
use alloy_primitives::{Address, B256};

const ALL_BPS: u128 = 10_000;

/// Pays the payee; returns how much.
pub(in super::super) fn settle(
    host: &mut dyn Host,
    voucher: &Voucher,
    tick: &Tick,
    signature: &[u8],
) -> Result<u128, ModuleError> {
    gas::charge(host, 1, tick.index)?;
    let claim = Claim::of_voucher(&domain(host), voucher, tick, signature)?;
    settle_claim(host, voucher.channelId, &claim)
}

/// Pays the payee by a voucher whose condition holds.
pub(in super::super) fn settle_conditional(
    host: &mut dyn Host,
    voucher: &ConditionalVoucher,
    secret: B256,
    signature: &[u8],
) -> Result<u128, ModuleError> {
    gas::charge(host, 1, 0)?;
    let claim = Claim::of_conditional(host, &domain(host), voucher, secret, signature)?;
    settle_claim(host, voucher.channelId, &claim)
}

fn settle_claim(host: &mut dyn Host, id: B256, claim: &Claim<'_>) -> Result<u128, ModuleError> {
    let mut channel = existing(host, id)?;
    let Some(due) = due_of_channel(host, &channel, claim)? else { return Ok(0) };
    let paid_wei = take(host, &mut channel, &due)?;
    Totals::gives(host, paid_wei)?;
    pay(host, channel.payee, paid_wei)?;
    announce(host, &channel, &due, paid_wei)?;
    Ok(paid_wei)
}

/// Pays payee and tower; returns what each got.
pub(in super::super) fn settle_watched(
    host: &mut dyn Host,
    caller: Address,
    (voucher, tick, signature): (&Voucher, &Tick, &[u8]),
    watch: &Watch,
    watch_signature: &[u8],
) -> Result<(u128, u128), ModuleError> {
    gas::charge(host, 2, tick.index)?;
    let domain = domain(host);
    let claim = Claim::of_voucher(&domain, voucher, tick, signature)?;
    let mut channel = existing(host, voucher.channelId)?;
    if watch.tower != caller || watch.channelId != channel.id {
        return Err(ModuleError::revert(IChannels::WrongTower { caller }));
    }
    if host.block().time_ms / 1000 > watch.validUntil {
        return Err(ModuleError::revert(IChannels::WatchExpired { validUntil: watch.validUntil }));
    }
    let max_bps = u16::try_from(params::narrow(host, &p::MAX_TOWER_TIP)?).unwrap_or(u16::MAX);
    if watch.tipBps > max_bps {
        return Err(ModuleError::revert(IChannels::TipTooHigh {
            tipBps: watch.tipBps,
            maxBps: max_bps,
        }));
    }
    if !is_signed_by(host, domain.digest(watch), watch_signature, channel.payee) {
        return Err(ModuleError::revert(IChannels::BadSignature {}));
    }
    let Some(due) = due_of_channel(host, &channel, &claim)? else { return Ok((0, 0)) };
    let taken_wei = take(host, &mut channel, &due)?;
    let tip_wei = mul_div_floor(taken_wei, u128::from(watch.tipBps), ALL_BPS).unwrap_or(0);
    let paid_wei = minus(taken_wei, tip_wei)?;
    Totals::gives(host, taken_wei)?;
    pay(host, channel.payee, paid_wei)?;
    pay(host, caller, tip_wei)?;
    announce(host, &channel, &due, paid_wei)?;
    emit(host, &IChannels::TowerPaid { channelId: channel.id, tower: caller, tipWei: tip_wei })?;
    Ok((paid_wei, tip_wei))
}

/// Takes what is due out of the channel's record; returns how much.
pub(super) fn take(
    host: &mut dyn Host,
    channel: &mut Channel,
    due: &Due,
) -> Result<u128, ModuleError> {
    let used = channel.lanes.used;
    channel.lanes.raise(host, due.lane, due.settled_wei, due.claim_wei)?;
    if channel.lanes.used != used {
        channel.save_terms(host)?;
    }
    channel.save_money(host)?;
    minus(due.claim_wei, due.settled_wei)
}

fn announce(
    host: &mut dyn Host,
    channel: &Channel,
    due: &Due,
    paid_wei: u128,
) -> Result<(), ModuleError> {
    emit(
        host,
        &IChannels::Settled {
            channelId: channel.id,
            payee: channel.payee,
            lane: u32::from(due.lane),
            paidWei: paid_wei,
            settledWei: channel.lanes.total_wei,
        },
    )
}
