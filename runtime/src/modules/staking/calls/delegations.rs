//! Stake in, out, and from one validator to another.

use super::{
    super::{
        IStaking, ballots, epochs, params as p,
        rewards::{Entry, Settled, settle},
        shares::Pool,
        state::{
            self, Delegation, History, List, Lot, MAX_ENTRIES, Slash, SlashState, Totals,
            Unbonding, Validator, broken, minus, plus,
        },
    },
    amount, delegation, emit, epoch, validator, with_totals,
};
use crate::modules::{Deadline, Host, ModuleError, params};
use alloy_primitives::{Address, U256};

/// Most validators that one account may have stake with.
const MAX_DELEGATIONS: u32 = 100;
/// Most validators that stake of one may have gone to within reach of a slash: it looks at all of them.
const MAX_DESTINATIONS: u32 = 64;
const ALL_BPS: u128 = 10_000;

/// Delegates what came with the call; returns the shares it bought.
pub(in super::super) fn delegate(
    host: &mut dyn Host,
    delegator: Address,
    operator: Address,
    wei: u128,
) -> Result<u128, ModuleError> {
    let mut validator = validator(host, operator)?;
    let min_wei = params::value(host, &p::MIN_DELEGATION)?;
    if wei < min_wei {
        return Err(too_low(wei, min_wei));
    }
    check_open(host, &validator, delegator, wei)?;
    let shares = add_stake(host, &mut validator, delegator, wei)?;
    validator.save(host)?;
    let (amount, shares_) = (U256::from(wei), U256::from(shares));
    emit(
        host,
        &IStaking::Delegated { delegator, validator: operator, amountWei: amount, shares: shares_ },
    )?;
    Ok(shares)
}

fn too_low(wei: u128, min_wei: u128) -> ModuleError {
    ModuleError::revert(IStaking::AmountTooLow {
        amountWei: U256::from(wei),
        minWei: U256::from(min_wei),
    })
}

/// Whether the validator takes stake of this delegator (rules F.1, F.2).
pub(super) fn check_open(
    host: &mut dyn Host,
    validator: &Validator,
    delegator: Address,
    wei: u128,
) -> Result<(), ModuleError> {
    let (operator, standing) = (validator.operator, validator.standing);
    if standing.is_tombstoned || standing.has_exited || validator.tokens == 0 {
        return Err(ModuleError::revert(IStaking::ValidatorClosed { operator }));
    }
    if delegator != operator && !is_under_cap(host, validator, wei)? {
        let cap_bps = u16::try_from(params::narrow(host, &p::DELEGATION_CAP)?).unwrap_or(u16::MAX);
        return Err(ModuleError::revert(IStaking::DelegationCapReached {
            operator,
            capBps: cap_bps,
        }));
    }
    Ok(())
}

/// Whether the validator with `wei` more holds no more than its share of all stake (rule F.1).
fn is_under_cap(
    host: &mut dyn Host,
    validator: &Validator,
    wei: u128,
) -> Result<bool, ModuleError> {
    let cap_bps = params::value(host, &p::DELEGATION_CAP)?;
    let bonded = plus(Totals::load(host)?.bonded_wei, wei)?;
    let most = U256::from(bonded).saturating_mul(U256::from(cap_bps));
    let has = U256::from(plus(validator.tokens, wei)?).saturating_mul(U256::from(ALL_BPS));
    Ok(cap_bps >= ALL_BPS || has <= most)
}

/// Whether the validator takes stake of others now.
pub(in super::super) fn is_accepting(
    host: &mut dyn Host,
    validator: &Validator,
) -> Result<bool, ModuleError> {
    let standing = validator.standing;
    let is_open = !standing.is_tombstoned && !standing.has_exited && validator.tokens > 0;
    Ok(is_open && is_under_cap(host, validator, 1)?)
}

/// Adds stake that the escrow holds already. The caller saves the validator.
pub(in super::super) fn add_stake(
    host: &mut dyn Host,
    validator: &mut Validator,
    delegator: Address,
    wei: u128,
) -> Result<u128, ModuleError> {
    let epoch = epoch(host)?;
    let before = Delegation::load(host, delegator, validator.operator)?;
    let settled = settle(host, validator, before, epoch)?;
    let shares = mint(host, validator, settled, epoch, wei)?;
    with_totals(host, |totals| {
        totals.bonded_wei = plus(totals.bonded_wei, wei)?;
        Ok(())
    })?;
    Ok(shares)
}

/// Buys shares for a settled delegation and saves it. They earn from the next epoch on.
fn mint(
    host: &mut dyn Host,
    validator: &mut Validator,
    mut settled: Settled,
    epoch: u64,
    wei: u128,
) -> Result<u128, ModuleError> {
    let pool = Pool { tokens: validator.tokens, shares: validator.shares };
    let shares = pool.shares_bought(wei).ok_or_else(|| too_low(wei, wei.saturating_add(1)))?;
    if validator.entering_epoch != epoch {
        (validator.entering_epoch, validator.entering_shares) = (epoch, 0);
    }
    validator.entering_shares = plus(validator.entering_shares, shares)?;

    let delegation = &mut settled.delegation;
    if delegation.place == 0 {
        let list = List::of_delegator(delegation.delegator);
        if list.len(host)? >= MAX_DELEGATIONS {
            return Err(ModuleError::revert(IStaking::TooManyDelegations {}));
        }
        delegation.place = list.push(host, delegation.validator)?.saturating_add(1);
    }
    if delegation.entering_shares == 0 {
        let mut entry = Entry::load(host, validator.operator, epoch)?;
        entry.index = validator.reward_index;
        entry.waiting = entry.waiting.saturating_add(1);
        entry.save(host, validator.operator, epoch)?;
        delegation.entering_epoch = epoch;
    }
    ballots::will_change(host, validator, delegation)?;
    delegation.shares = plus(delegation.shares, shares)?;
    validator.tokens = plus(validator.tokens, wei)?;
    validator.shares = plus(validator.shares, shares)?;
    delegation.entering_shares = plus(delegation.entering_shares, shares)?;
    settled.save(host)?;
    Ok(shares)
}

/// Stake that leaves a validator, and when it unlocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Out {
    pub(in super::super) wei: u128,
    pub(in super::super) shares: u128,
    pub(in super::super) unlocks: Deadline,
}

/// Takes stake out of a validator; it unlocks after the unbonding time.
pub(in super::super) fn undelegate(
    host: &mut dyn Host,
    delegator: Address,
    operator: Address,
    wei: U256,
) -> Result<Out, ModuleError> {
    let mut validator = validator(host, operator)?;
    let epoch = epoch(host)?;
    let before = delegation(host, delegator, operator)?;
    if before.unbondings >= MAX_ENTRIES {
        return Err(ModuleError::revert(IStaking::TooManyUnbondings {}));
    }
    let mut settled = settle(host, &validator, before, epoch)?;
    let (shares, taken) = burn(host, &mut validator, &mut settled, epoch, wei)?;
    let unbonding_s = params::narrow(host, &p::UNBONDING)?;
    let unlocks = Deadline::after(host, unbonding_s)?;
    let block = host.block().number;
    let count = settled.delegation.unbondings;
    let mut entries = state::unbondings(host, delegator, operator, count)?;
    entries.push(Unbonding { tokens: taken, epoch, block, unlocks });
    settled.delegation.unbondings =
        state::write_unbondings(host, delegator, operator, count, &entries)?;
    History::unbonded(operator).add(host, epoch, taken)?;
    with_totals(host, |totals| {
        totals.bonded_wei = minus(totals.bonded_wei, taken)?;
        totals.unbonding_wei = plus(totals.unbonding_wei, taken)?;
        Ok(())
    })?;
    validator.save(host)?;
    let delegation = settled.save(host)?;
    ballots::weaken(host, &validator, &delegation)?;
    emit(
        host,
        &IStaking::Undelegated {
            delegator,
            validator: operator,
            amountWei: U256::from(taken),
            shares: U256::from(shares),
            unlocksAtMs: unlocks.time_ms,
            unlocksAtBlock: unlocks.block,
        },
    )?;
    Ok(Out { wei: taken, shares, unlocks })
}

/// Sells shares of a settled delegation, in memory; returns shares and wei. Less than the least
/// delegation does not stay behind.
fn burn(
    host: &mut dyn Host,
    validator: &mut Validator,
    settled: &mut Settled,
    epoch: u64,
    wei: U256,
) -> Result<(u128, u128), ModuleError> {
    let operator = validator.operator;
    if Slash::load(host, operator)?.state == SlashState::Open {
        return Err(ModuleError::revert(IStaking::SlashOpen { operator }));
    }
    let pool = Pool { tokens: validator.tokens, shares: validator.shares };
    let free = settled.free();
    let mut shares = if wei == U256::MAX {
        free
    } else {
        pool.shares_sold(amount(wei)).filter(|shares| *shares <= free).ok_or_else(|| {
            let free_wei = U256::from(pool.worth(free));
            ModuleError::revert(IStaking::ExceedsDelegation { amountWei: wei, freeWei: free_wei })
        })?
    };
    let rest = settled.delegation.shares.saturating_sub(shares);
    if pool.worth(rest) < params::value(host, &p::MIN_DELEGATION)? {
        shares = free;
    }
    let taken = pool.worth(shares);
    if taken == 0 {
        let locked = settled.locked();
        return Err(if free == 0 && locked > 0 {
            let locked_wei = U256::from(pool.worth(locked));
            ModuleError::revert(IStaking::RedelegationLocked { lockedWei: locked_wei })
        } else {
            too_low(0, 1)
        });
    }
    let entering = settled.free_entering();
    let delegation = &mut settled.delegation;
    ballots::will_change(host, validator, delegation)?;
    take_entering(host, validator, delegation, epoch, shares.min(entering))?;
    delegation.shares = minus(delegation.shares, shares)?;
    validator.shares = minus(validator.shares, shares)?;
    validator.tokens = minus(validator.tokens, taken)?;
    Ok((shares, taken))
}

/// What has not begun to earn leaves first, as far as it may leave: so much of it.
fn take_entering(
    host: &mut dyn Host,
    validator: &mut Validator,
    delegation: &mut Delegation,
    epoch: u64,
    entering: u128,
) -> Result<(), ModuleError> {
    if entering == 0 {
        return Ok(());
    }
    delegation.entering_shares = minus(delegation.entering_shares, entering)?;
    validator.entering_shares = minus(validator.entering_shares, entering)?;
    if delegation.entering_shares == 0 {
        let mut entry = Entry::load(host, validator.operator, epoch)?;
        entry.waiting = entry.waiting.saturating_sub(1);
        entry.save(host, validator.operator, epoch)?;
    }
    Ok(())
}

/// Moves stake to another validator. It stays liable for the former one.
pub(in super::super) fn redelegate(
    host: &mut dyn Host,
    delegator: Address,
    from: Address,
    to: Address,
    wei: U256,
) -> Result<u128, ModuleError> {
    if from == to {
        return Err(ModuleError::revert(IStaking::SameValidator {}));
    }
    let (mut source, mut target) = (validator(host, from)?, validator(host, to)?);
    if target.place == 0 {
        // Where it may have come from is bounded by who stands for election.
        return Err(ModuleError::revert(IStaking::NotEligible { operator: to }));
    }
    let epoch = epoch(host)?;
    let before = delegation(host, delegator, from)?;
    let mut settled = settle(host, &source, before, epoch)?;
    let (_, moved) = burn(host, &mut source, &mut settled, epoch, wei)?;
    check_open(host, &target, delegator, moved)?;
    source.save(host)?;
    let left = settled.save(host)?;
    release(host, left.clone())?;
    ballots::weaken(host, &source, &left)?;

    let before = Delegation::load(host, delegator, to)?;
    let mut settled = settle(host, &target, before, epoch)?;
    if settled.lots.len() >= usize::from(MAX_ENTRIES) {
        return Err(ModuleError::revert(IStaking::TooManyRedelegations {}));
    }
    let unbonding_s = params::narrow(host, &p::UNBONDING)?;
    let unlocks = Deadline::after(host, unbonding_s)?;
    let block = host.block().number;
    let pool = Pool { tokens: target.tokens, shares: target.shares };
    let shares =
        pool.shares_bought(moved).ok_or_else(|| too_low(moved, moved.saturating_add(1)))?;
    settled.lots.push(Lot { source: from, shares, epoch, block, unlocks });
    let minted = mint(host, &mut target, settled, epoch, moved)?;
    if minted != shares {
        return Err(broken("a lot is not what was minted"));
    }
    note_destination(host, from, to)?;
    History::redelegated(from, to).add(host, epoch, shares)?;
    target.save(host)?;
    emit(
        host,
        &IStaking::Redelegated {
            delegator,
            fromValidator: from,
            toValidator: to,
            amountWei: U256::from(moved),
        },
    )?;
    Ok(moved)
}

/// Lists where stake of a validator went, for a slash to find. A place whose stake is free by now, because
/// its epoch is forgotten, is taken over.
fn note_destination(host: &mut dyn Host, from: Address, to: Address) -> Result<(), ModuleError> {
    let list = List::destinations(from);
    let places = list.len(host)?;
    let oldest = epochs::oldest(host)?;
    let mut stale = None;
    for index in 0..places {
        let destination = list.get(host, index)?;
        if destination == to {
            return Ok(());
        }
        let newest = History::redelegated(from, destination).newest_epoch(host)?;
        if stale.is_none() && newest.is_none_or(|newest| newest < oldest) {
            stale = Some(index);
        }
    }
    match stale {
        Some(index) => list.set(host, index, to),
        None if places < MAX_DESTINATIONS => list.push(host, to).map(|_| ()),
        None => Err(ModuleError::revert(IStaking::TooMany {
            count: U256::from(places),
            max: U256::from(MAX_DESTINATIONS),
        })),
    }
}

/// Takes a delegation that holds nothing any more out of its delegator's list.
pub(in super::super) fn release(
    host: &mut dyn Host,
    mut delegation: Delegation,
) -> Result<(), ModuleError> {
    if !delegation.is_empty() {
        return Ok(());
    }
    let Some(index) = delegation.place.checked_sub(1) else { return Ok(()) };
    let Delegation { delegator, .. } = delegation;
    if let Some(moved) = List::of_delegator(delegator).remove(host, index)? {
        let mut other = Delegation::load(host, delegator, moved)?;
        other.place = index.saturating_add(1);
        other.save(host)?;
    }
    delegation.place = 0;
    delegation.save(host)
}
