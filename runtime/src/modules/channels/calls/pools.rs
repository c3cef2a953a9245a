//! Pools: one deposit for many payees. The payer could promise more than it has; then its collateral is burnt,
//! and never paid to anyone who might be the payer in disguise (rule D.7).

use super::{
    super::{
        IChannels::{self, PoolVoucher, Tick},
        gas,
        settlement::{Claim, Due, Failed, Refused, due_of_pool},
        state::{POOL_SLOTS, Pool, PoolClaim, Totals, minus, plus},
        voucher::{Descriptor, Kind},
    },
    domain, emit,
    ending::{refund, uncount},
    leave::check_passed,
    open::{check_deposit, check_terms, next_index, storage_deposit_wei, sum},
    pay,
};
use crate::{
    modules::{Deadline, Host, ModuleError},
    primitives::addresses::{BURNT, is_module},
};
use alloy_primitives::{Address, B256, U256};

/// A pool is for at least so many payees: none can claim more than its share.
const MIN_PAYEES: u16 = 8;
/// Most records that one call prunes.
const MAX_PRUNED: usize = 256;

/// What a pool is opened with.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct NewPool {
    pub(in super::super) signer: Address,
    pub(in super::super) salt: B256,
    pub(in super::super) grace_s: u32,
    pub(in super::super) expiry: u64,
    pub(in super::super) min_payees: u16,
    pub(in super::super) collateral_wei: u128,
}

/// Opens a pool with the value that came; returns its id.
pub(in super::super) fn open_pool(
    host: &mut dyn Host,
    payer: Address,
    new: &NewPool,
    value_wei: u128,
) -> Result<B256, ModuleError> {
    let NewPool { salt, grace_s, expiry, min_payees, collateral_wei, .. } = *new;
    if is_module(&payer) {
        return Err(ModuleError::revert(IChannels::NotPayer { caller: payer }));
    }
    if min_payees < MIN_PAYEES {
        return Err(ModuleError::revert(IChannels::BadMinPayees {
            minPayees: min_payees,
            min: MIN_PAYEES,
        }));
    }
    let expires = check_terms(host, grace_s, expiry)?;
    let storage_deposit_wei = storage_deposit_wei(host, POOL_SLOTS)?;
    let taken_wei = storage_deposit_wei.saturating_add(collateral_wei);
    let deposit_wei = check_deposit(host, value_wei, taken_wei)?;
    check_collateral(collateral_wei, deposit_wei)?;
    let signer = if new.signer.is_zero() { payer } else { new.signer };
    let open_index = next_index(host, payer)?;
    let (payee, operator) = (Address::ZERO, Address::ZERO);
    let descriptor =
        Descriptor { kind: Kind::Pool, payer, payee, operator, salt, signer, open_index };
    let id = descriptor.id(host.block().chain_id);
    let pool = Pool {
        id,
        deposit_wei,
        settled_wei: 0,
        storage_deposit_wei,
        collateral_wei,
        min_payees,
        grace_s,
        is_frozen: false,
        signer,
        closes: None,
        expires,
        payer,
        open_index,
    };
    pool.save(host)?;
    Totals::change(host, |totals| {
        totals.pools = totals.pools.saturating_add(1);
        totals.escrow_wei = plus(totals.escrow_wei, value_wei)?;
        Ok(())
    })?;
    let event = IChannels::PoolOpened {
        poolId: id,
        payer,
        signer,
        salt,
        openIndex: open_index,
        depositWei: deposit_wei,
        collateralWei: collateral_wei,
        minPayees: min_payees,
        graceS: grace_s,
        expiry,
    };
    emit(host, &event)?;
    Ok(id)
}

fn check_collateral(collateral_wei: u128, deposit_wei: u128) -> Result<(), ModuleError> {
    // What a record holds is checked with the deposit, which is no larger.
    sum(collateral_wei, 0)?;
    if collateral_wei >= deposit_wei {
        return Ok(());
    }
    Err(ModuleError::revert(IChannels::CollateralTooLow {
        collateralWei: collateral_wei,
        depositWei: deposit_wei,
    }))
}

/// Adds to deposit and collateral; a close request is taken back.
pub(in super::super) fn top_up_pool(
    host: &mut dyn Host,
    caller: Address,
    id: B256,
    collateral_wei: u128,
    value_wei: u128,
) -> Result<(), ModuleError> {
    let mut pool = existing_of(host, id, caller)?;
    let more_wei = value_wei.checked_sub(collateral_wei).ok_or_else(|| {
        ModuleError::revert(IChannels::DepositTooLow {
            depositWei: U256::from(value_wei),
            minWei: U256::from(collateral_wei),
        })
    })?;
    if pool.is_frozen {
        return Err(ModuleError::revert(IChannels::PoolIsFrozen { poolId: id }));
    }
    pool.deposit_wei = sum(pool.deposit_wei, more_wei)?;
    pool.collateral_wei = sum(pool.collateral_wei, collateral_wei)?;
    check_collateral(pool.collateral_wei, pool.deposit_wei)?;
    let was_closing = pool.closes.take().is_some();
    pool.save(host)?;
    Totals::takes(host, value_wei)?;
    let event = IChannels::PoolToppedUp {
        poolId: id,
        payer: caller,
        amountWei: more_wei,
        depositWei: pool.deposit_wei,
        collateralWei: pool.collateral_wei,
    };
    emit(host, &event)?;
    if was_closing {
        emit(host, &IChannels::PoolCloseCancelled { poolId: id, payer: caller })?;
    }
    Ok(())
}

/// Pays the voucher's payee; returns how much.
pub(in super::super) fn settle_pool(
    host: &mut dyn Host,
    voucher: &PoolVoucher,
    tick: &Tick,
    signature: &[u8],
) -> Result<u128, ModuleError> {
    gas::charge(host, 1, tick.index)?;
    let claim = Claim::of_pool_voucher(&domain(host), voucher, tick, signature)?;
    let paid = take_from_pool(host, voucher.poolId, voucher.payee, &claim)?;
    let Some(paid) = paid else { return Ok(0) };
    Totals::gives(host, paid.wei)?;
    pay(host, voucher.payee, paid.wei)?;
    let event = IChannels::PoolSettled {
        poolId: voucher.poolId,
        payee: voucher.payee,
        lane: voucher.lane,
        paidWei: paid.wei,
        settledWei: paid.payee_total_wei,
    };
    emit(host, &event)?;
    Ok(paid.wei)
}

/// What a pool's records gave up for a payee.
#[derive(Debug, Clone, Copy)]
pub(super) struct PaidByPool {
    /// To be paid out; the payee's storage deposit is off it.
    pub(super) wei: u128,
    /// The payee's claims in all.
    pub(super) payee_total_wei: u128,
}

/// Takes what is due out of the records; the caller pays it and lowers the totals.
pub(super) fn take_from_pool(
    host: &mut dyn Host,
    id: B256,
    payee: Address,
    claim: &Claim<'_>,
) -> Result<Option<PaidByPool>, Failed> {
    let mut pool = Pool::load(host, id)?.ok_or(Refused::UnknownPool(id))?;
    let mut record = PoolClaim::load(host, id, payee)?;
    let Some(due) = due_of_pool(host, &pool, &record, claim)? else { return Ok(None) };
    let asked_wei = minus(due.claim_wei, due.settled_wei)?;
    let remaining_wei = pool.remaining_wei()?;
    let wei = asked_wei.min(remaining_wei);
    let storage_deposit_wei = record_deposit_wei(host, &record, &due)?;
    if wei <= storage_deposit_wei && asked_wei <= remaining_wei {
        return Err(Refused::ClaimTooSmall { claim_wei: wei, storage_deposit_wei }.into());
    }
    let is_over_promised = asked_wei > remaining_wei;
    // A pool that is frozen pays no more, so nothing must be remembered of what it paid last.
    let kept_wei = if is_over_promised { 0 } else { storage_deposit_wei };
    if !is_over_promised {
        record.storage_deposit_wei = plus(record.storage_deposit_wei, kept_wei)?;
        record.lanes.raise(host, due.lane, due.settled_wei, due.claim_wei)?;
        record.save(host)?;
    }
    pool.settled_wei = plus(pool.settled_wei, wei)?;
    if is_over_promised {
        freeze(host, &mut pool, payee)?;
    } else {
        pool.save_paid(host)?;
    }
    let payee_total_wei = record.lanes.total_wei;
    Ok(Some(PaidByPool { wei: minus(wei, kept_wei)?, payee_total_wei }))
}

/// What the payee's record costs that this claim makes or widens.
fn record_deposit_wei(
    host: &mut dyn Host,
    record: &PoolClaim,
    due: &Due,
) -> Result<u128, ModuleError> {
    let for_record = u128::from(record.is_empty());
    let for_lane = u128::from(due.lane != 0 && !record.lanes.uses(due.lane));
    match for_record.saturating_add(for_lane) {
        0 => Ok(0),
        slots => storage_deposit_wei(host, slots),
    }
}

/// Burns the collateral: the payer has promised more than there is.
fn freeze(host: &mut dyn Host, pool: &mut Pool, payee: Address) -> Result<(), ModuleError> {
    let burnt_wei = std::mem::take(&mut pool.collateral_wei);
    pool.is_frozen = true;
    pool.save(host)?;
    Totals::gives(host, burnt_wei)?;
    pay(host, BURNT, burnt_wei)?;
    let event =
        IChannels::PoolFrozen { poolId: pool.id, payer: pool.payer, payee, burntWei: burnt_wei };
    emit(host, &event)
}

/// Starts the grace.
pub(in super::super) fn request_pool_close(
    host: &mut dyn Host,
    caller: Address,
    id: B256,
) -> Result<(), ModuleError> {
    let mut pool = existing_of(host, id, caller)?;
    if pool.closes.is_some() {
        return Err(ModuleError::revert(IChannels::AlreadyClosing { id }));
    }
    let closes = Deadline::after(host, u64::from(pool.grace_s))?;
    pool.closes = Some(closes);
    pool.save(host)?;
    let event = IChannels::PoolCloseRequested {
        poolId: id,
        payer: caller,
        closesAtMs: closes.time_ms,
        closesAtBlock: closes.block,
    };
    emit(host, &event)
}

/// Returns to the payer what remains: after the grace, after expiry, or of a frozen pool.
pub(in super::super) fn close_pool(
    host: &mut dyn Host,
    caller: Address,
    id: B256,
) -> Result<(), ModuleError> {
    let pool = existing(host, id)?;
    let facts = host.block();
    let is_over = pool.is_frozen || pool.expires.is_some_and(|end| end.has_passed(facts));
    if !is_over {
        let closes = pool.closes.or(pool.expires);
        let closes = closes.ok_or_else(|| ModuleError::revert(IChannels::NotClosing { id }))?;
        check_passed(host, closes)?;
    }
    let refunded_wei = plus(pool.remaining_wei()?, pool.collateral_wei)?;
    pool.delete(host)?;
    uncount(host, pool.payer)?;
    Totals::change(host, |totals| {
        totals.pools = totals.pools.saturating_sub(1);
        let out = plus(refunded_wei, pool.storage_deposit_wei)?;
        totals.escrow_wei = minus(totals.escrow_wei, out)?;
        Ok(())
    })?;
    refund(host, pool.payer, refunded_wei, pool.storage_deposit_wei, Some(caller))?;
    let event = IChannels::PoolClosed { poolId: id, payer: pool.payer, refundedWei: refunded_wei };
    emit(host, &event)
}

/// Deletes payees' records of a pool that is gone.
pub(in super::super) fn prune(
    host: &mut dyn Host,
    caller: Address,
    pool_id: B256,
    payees: &[Address],
) -> Result<(), ModuleError> {
    if payees.len() > MAX_PRUNED {
        return Err(ModuleError::revert(IChannels::TooMany {
            count: U256::from(payees.len()),
            max: U256::from(MAX_PRUNED),
        }));
    }
    if Pool::exists(host, pool_id)? {
        return Err(ModuleError::revert(IChannels::PoolIsOpen { poolId: pool_id }));
    }
    for payee in payees.iter().copied() {
        let record = PoolClaim::load(host, pool_id, payee)?;
        if record.is_empty() {
            return Err(ModuleError::revert(IChannels::NoClaim { poolId: pool_id, payee }));
        }
        record.delete(host)?;
        Totals::gives(host, record.storage_deposit_wei)?;
        refund(host, payee, 0, record.storage_deposit_wei, Some(caller))?;
    }
    Ok(())
}

fn existing(host: &mut dyn Host, id: B256) -> Result<Pool, ModuleError> {
    Pool::load(host, id)?.ok_or_else(|| ModuleError::revert(IChannels::UnknownPool { poolId: id }))
}

fn existing_of(host: &mut dyn Host, id: B256, caller: Address) -> Result<Pool, ModuleError> {
    let pool = existing(host, id)?;
    if pool.payer != caller {
        return Err(ModuleError::revert(IChannels::NotPayer { caller }));
    }
    Ok(pool)
}
