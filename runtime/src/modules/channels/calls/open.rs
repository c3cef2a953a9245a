//! Money in: opening a channel, adding to it.

use super::{
    super::{
        IChannels, params as p,
        state::{
            CHANNEL_SLOTS, Channel, Origin, Payer, STORAGE_DEPOSIT_UNIT_WEI, Totals, pair_count,
            plus, set_pair_count,
        },
        voucher::{Descriptor, Kind},
    },
    emit, existing,
};
use crate::{
    modules::{Deadline, Host, ModuleError, params},
    primitives::{
        addresses::is_module,
        packed::{MAX_U48, MAX_U104},
    },
};
use alloy_primitives::{Address, B256, U256};

/// No expiry lies further ahead.
const MAX_EXPIRY_S: u64 = 10 * 365 * 86_400;

/// What a channel is opened with.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct NewChannel {
    pub(in super::super) payee: Address,
    pub(in super::super) operator: Address,
    pub(in super::super) signer: Address,
    pub(in super::super) salt: B256,
    pub(in super::super) grace_s: u32,
    pub(in super::super) expiry: u64,
}

/// Opens a channel with the value that came; returns its id.
pub(in super::super) fn open(
    host: &mut dyn Host,
    payer: Address,
    new: &NewChannel,
    value_wei: u128,
) -> Result<B256, ModuleError> {
    let NewChannel { payee, operator, salt, grace_s, expiry, .. } = *new;
    if payee.is_zero() || payee == payer || is_module(&payee) || is_module(&payer) {
        return Err(ModuleError::revert(IChannels::BadPayee { payee }));
    }
    let expires = check_terms(host, grace_s, expiry)?;
    let storage_deposit_wei = storage_deposit_wei(host, CHANNEL_SLOTS)?;
    let deposit_wei = check_deposit(host, value_wei, storage_deposit_wei)?;
    let signer = if new.signer.is_zero() { payer } else { new.signer };
    count_pair(host, payer, payee)?;
    let open_index = next_index(host, payer)?;
    let descriptor =
        Descriptor { kind: Kind::Channel, payer, payee, operator, salt, signer, open_index };
    let id = descriptor.id(host.block().chain_id);
    let lanes = Channel::unpaid_lanes(id);
    let channel = Channel {
        id,
        deposit_wei,
        lanes,
        storage_deposit_wei,
        payee,
        grace_s,
        closes_ms: 0,
        signer,
        expires,
    };
    channel.save(host)?;
    Origin { payer, open_index, closes_block: 0 }.save(host, id)?;
    Totals::change(host, |totals| {
        totals.channels = totals.channels.saturating_add(1);
        totals.escrow_wei = plus(totals.escrow_wei, value_wei)?;
        Ok(())
    })?;
    let event = IChannels::ChannelOpened {
        channelId: id,
        payer,
        payee,
        signer,
        operator,
        salt,
        openIndex: open_index,
        depositWei: deposit_wei,
        graceS: grace_s,
        expiry,
    };
    emit(host, &event)?;
    Ok(id)
}

/// Adds to a deposit. By the payer it takes a close request back.
pub(in super::super) fn top_up(
    host: &mut dyn Host,
    from: Address,
    id: B256,
    value_wei: u128,
) -> Result<(), ModuleError> {
    let mut channel = existing(host, id)?;
    channel.deposit_wei = sum(channel.deposit_wei, value_wei)?;
    channel.save_money(host)?;
    Totals::takes(host, value_wei)?;
    let deposit_wei = channel.deposit_wei;
    emit(
        host,
        &IChannels::ToppedUp { channelId: id, from, amountWei: value_wei, depositWei: deposit_wei },
    )?;
    if channel.closes_ms == 0 {
        return Ok(());
    }
    let origin = Origin::load(host, id)?;
    if origin.payer == from {
        channel.closes_ms = 0;
        channel.save_terms(host)?;
        Origin { closes_block: 0, ..origin }.save(host, id)?;
        let payee = channel.payee;
        emit(host, &IChannels::CloseCancelled { channelId: id, payer: from, payee })?;
    }
    Ok(())
}

/// a + b of a deposit, which has 104 bits.
pub(super) fn sum(a: u128, b: u128) -> Result<u128, ModuleError> {
    a.checked_add(b)
        .filter(|sum| *sum <= MAX_U104)
        .ok_or_else(|| ModuleError::revert(IChannels::AmountOverflow {}))
}

/// Grace and expiry; the deadline from which anyone may expire it.
pub(super) fn check_terms(
    host: &mut dyn Host,
    grace_s: u32,
    expiry: u64,
) -> Result<Option<Deadline>, ModuleError> {
    let narrow = |wide: u64| u32::try_from(wide).unwrap_or(u32::MAX);
    let min_s = narrow(params::narrow(host, &p::MIN_GRACE)?);
    let max_s = narrow(params::narrow(host, &p::MAX_GRACE)?);
    if grace_s < min_s || grace_s > max_s {
        return Err(ModuleError::revert(IChannels::BadGrace {
            graceS: grace_s,
            minS: min_s,
            maxS: max_s,
        }));
    }
    if expiry == 0 {
        return Ok(None);
    }
    let now_s = host.block().time_ms / 1000;
    let left_s = expiry
        .checked_sub(now_s)
        .filter(|left| *left > 0 && *left <= MAX_EXPIRY_S)
        .ok_or_else(|| ModuleError::revert(IChannels::BadExpiry { expiry }))?;
    Deadline::after(host, left_s.saturating_add(u64::from(grace_s))).map(Some)
}

/// What a value leaves for the deposit.
pub(super) fn check_deposit(
    host: &mut dyn Host,
    value_wei: u128,
    taken_wei: u128,
) -> Result<u128, ModuleError> {
    let min_wei = params::value(host, &p::MIN_DEPOSIT)?;
    let deposit_wei = value_wei.saturating_sub(taken_wei);
    if deposit_wei < min_wei {
        return Err(ModuleError::revert(IChannels::DepositTooLow {
            depositWei: U256::from(deposit_wei),
            minWei: U256::from(min_wei),
        }));
    }
    sum(deposit_wei, 0)
}

/// The deposit of so many slots (rule C.4), in whole millionths of a BTT.
pub(in super::super) fn storage_deposit_wei(
    host: &mut dyn Host,
    slots: u128,
) -> Result<u128, ModuleError> {
    let all_wei = params::value(host, &params::STORAGE_DEPOSIT)?.saturating_mul(slots);
    let units = all_wei.checked_div(STORAGE_DEPOSIT_UNIT_WEI).unwrap_or(0);
    Ok(units.min(u128::from(MAX_U48)).saturating_mul(STORAGE_DEPOSIT_UNIT_WEI))
}

fn count_pair(host: &mut dyn Host, payer: Address, payee: Address) -> Result<(), ModuleError> {
    let max = params::narrow(host, &p::MAX_PAIR_CHANNELS)?;
    let count = pair_count(host, payer, payee)?;
    if u64::from(count) >= max {
        let max = u32::try_from(max).unwrap_or(u32::MAX);
        return Err(ModuleError::revert(IChannels::TooManyToPayee { payee, max }));
    }
    set_pair_count(host, payer, payee, count.saturating_add(1))
}

/// Takes the payer's next index.
pub(super) fn next_index(host: &mut dyn Host, payer: Address) -> Result<u64, ModuleError> {
    let max = params::narrow(host, &p::MAX_CHANNELS)?;
    let mut record = Payer::load(host, payer)?;
    if u64::from(record.open_count) >= max || record.next_index >= MAX_U48 {
        let max = u32::try_from(max).unwrap_or(u32::MAX);
        return Err(ModuleError::revert(IChannels::TooManyChannels { max }));
    }
    let index = record.next_index;
    record.next_index = index.saturating_add(1);
    record.open_count = record.open_count.saturating_add(1);
    record.save(host, payer)?;
    Ok(index)
}
