//! Reads.

use super::{
    IChannels,
    calls::storage_deposit_wei,
    state::{CHANNEL_SLOTS, Channel, Lanes, Origin, POOL_SLOTS, Payer, Pool, PoolClaim},
    voucher::LANES,
};
use crate::modules::{Host, ModuleError};
use alloy_primitives::{Address, B256};

/// A channel.
pub(super) fn channel(host: &mut dyn Host, id: B256) -> Result<IChannels::Channel, ModuleError> {
    let channel = Channel::load(host, id)?
        .ok_or_else(|| ModuleError::revert(IChannels::UnknownChannel { channelId: id }))?;
    let origin = Origin::load(host, id)?;
    let closes = channel.closes(&origin).unwrap_or_default();
    let expires = channel.expires.unwrap_or_default();
    Ok(IChannels::Channel {
        payer: origin.payer,
        payee: channel.payee,
        signer: channel.signer,
        openIndex: origin.open_index,
        depositWei: channel.deposit_wei,
        settledWei: channel.lanes.total_wei,
        laneSettledWei: lanes(host, &channel.lanes)?,
        graceS: channel.grace_s,
        storageDepositWei: channel.storage_deposit_wei,
        closesAtMs: closes.time_ms,
        closesAtBlock: closes.block,
        expiresAtMs: expires.time_ms,
        expiresAtBlock: expires.block,
    })
}

/// A pool.
pub(super) fn pool(host: &mut dyn Host, id: B256) -> Result<IChannels::Pool, ModuleError> {
    let pool = Pool::load(host, id)?
        .ok_or_else(|| ModuleError::revert(IChannels::UnknownPool { poolId: id }))?;
    let (closes, expires) = (pool.closes.unwrap_or_default(), pool.expires.unwrap_or_default());
    Ok(IChannels::Pool {
        payer: pool.payer,
        signer: pool.signer,
        openIndex: pool.open_index,
        depositWei: pool.deposit_wei,
        settledWei: pool.settled_wei,
        collateralWei: pool.collateral_wei,
        minPayees: pool.min_payees,
        isFrozen: pool.is_frozen,
        graceS: pool.grace_s,
        storageDepositWei: pool.storage_deposit_wei,
        closesAtMs: closes.time_ms,
        closesAtBlock: closes.block,
        expiresAtMs: expires.time_ms,
        expiresAtBlock: expires.block,
    })
}

/// What a payee was paid by a pool, lane by lane, and its record's storage deposit.
pub(super) fn pool_claim(
    host: &mut dyn Host,
    id: B256,
    payee: Address,
) -> Result<([u128; 4], u128), ModuleError> {
    let claim = PoolClaim::load(host, id, payee)?;
    Ok((lanes(host, &claim.lanes)?, claim.storage_deposit_wei))
}

fn lanes(host: &mut dyn Host, lanes: &Lanes) -> Result<[u128; 4], ModuleError> {
    let mut settled = [0; LANES as usize];
    for (lane, wei) in (0u8..).zip(&mut settled) {
        *wei = lanes.settled_wei(host, lane)?;
    }
    Ok(settled)
}

/// A payer's next index, and how much it has open.
pub(super) fn payer_status(host: &mut dyn Host, payer: Address) -> Result<(u64, u32), ModuleError> {
    let payer = Payer::load(host, payer)?;
    Ok((payer.next_index, payer.open_count))
}

/// What the records of a channel and of a pool take.
pub(super) fn storage_deposits(host: &mut dyn Host) -> Result<(u128, u128), ModuleError> {
    Ok((storage_deposit_wei(host, CHANNEL_SLOTS)?, storage_deposit_wei(host, POOL_SLOTS)?))
}
