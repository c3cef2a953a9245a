//! Votes by stake (rule F.5): weights are taken when a vote is given and lowered when stake leaves, so the
//! tally is right at every moment and nothing is counted at the end. What is voted on is governance's.
//!
//! A validator votes with all its stake but that of delegators who vote themselves. A weight is the lesser
//! of the stake at the vote's start and the stake now. What changes while a ballot is open leaves behind
//! what it was before: the first such note is the stake at the ballot's start. A slash lowers the validator's
//! own vote at once; that of its delegators stays until they vote again or leave (they are unbounded), and
//! all together never weigh more than the validator's stake did at the start.
//!
//! | record | value |
//! |---|---|
//! | ballots | ids of those that are open, at most [`MAX_OPEN`] |
//! | ballot (id) | excluded validator, total, tally: 4 slots |
//! | vote (id, validator), vote (id, delegator, validator) | choice and weight |
//! | before (id, validator), before (id, delegator, validator) | stake, or shares, at the start, plus one; zero where they have not changed since |
//! | overridden (id, validator) | weight of its delegators that vote themselves |

use super::{
    calls,
    rewards::settle,
    shares::Pool,
    state::{Delegation, Totals, Validator, minus, of, plus, store},
};
use crate::{
    modules::{Host, ModuleError},
    primitives::packed::Pack,
};
use alloy_primitives::Address;
use records::{Ballot, given, note, open_list, save_list};

mod records;
pub use records::{Choice, Tally};

/// Most votes that are open at a time: every undelegation looks at all of them.
pub const MAX_OPEN: usize = 16;

/// Notes what a delegation and its validator are before their stake changes.
pub(super) fn will_change(
    host: &mut dyn Host,
    validator: &Validator,
    delegation: &Delegation,
) -> Result<(), ModuleError> {
    for id in open_list(host)? {
        let whose: [&[u8]; 2] = [of(&delegation.delegator), of(&delegation.validator)];
        note(host, id, &whose, delegation.shares)?;
        note(host, id, &[of(&validator.operator)], validator.tokens)?;
    }
    Ok(())
}

/// Notes what a validator is before its stake changes.
pub(super) fn validator_will_change(
    host: &mut dyn Host,
    validator: &Validator,
) -> Result<(), ModuleError> {
    for id in open_list(host)? {
        note(host, id, &[of(&validator.operator)], validator.tokens)?;
    }
    Ok(())
}

/// Starts a ballot; returns the stake that can vote. An excluded validator's stake has no vote and no
/// quorum. `None` stands for too many open ones.
///
/// # Errors
/// Only of the store and of broken invariants.
pub fn open(
    host: &mut dyn Host,
    id: u64,
    excluded: Option<Address>,
) -> Result<Option<u128>, ModuleError> {
    let mut ids = open_list(host)?;
    if ids.len() >= MAX_OPEN {
        return Ok(None);
    }
    let mut total = Totals::load(host)?.bonded_wei;
    if let Some(operator) = excluded
        && let Some(validator) = Validator::load(host, operator)?
    {
        total = minus(total, validator.tokens)?;
    }
    ids.push(id);
    save_list(host, &ids)?;
    let tally = Tally { total, ..Tally::default() };
    Ballot { id, excluded: excluded.unwrap_or_default(), tally }.save(host)?;
    Ok(Some(total))
}

/// Ends a ballot; what was voted stays to be read.
///
/// # Errors
/// Only of the store.
pub fn close(host: &mut dyn Host, id: u64) -> Result<(), ModuleError> {
    let mut ids = open_list(host)?;
    ids.retain(|open| *open != id);
    save_list(host, &ids)
}

/// How a ballot stands.
///
/// # Errors
/// Only of the store.
pub fn tally(host: &mut dyn Host, id: u64) -> Result<Tally, ModuleError> {
    Ok(Ballot::load(host, id)?.tally)
}

/// A validator votes with what its delegators leave it; returns its weight, 0 where it has none.
///
/// # Errors
/// Only of the store and of broken invariants.
pub fn vote_validator(
    host: &mut dyn Host,
    id: u64,
    operator: Address,
    choice: Choice,
) -> Result<u128, ModuleError> {
    let Some(validator) = Validator::load(host, operator)? else { return Ok(0) };
    let mut ballot = Ballot::load(host, id)?;
    if ballot.excluded == operator {
        return Ok(0);
    }
    let weight = own_weight(host, &ballot, &validator)?;
    if weight > 0 {
        ballot.put(host, &[of(&operator)], (choice, weight))?;
        ballot.save(host)?;
    }
    Ok(weight)
}

/// What all stake of a validator may weigh.
fn whole_weight(
    host: &mut dyn Host,
    ballot: &Ballot,
    validator: &Validator,
) -> Result<u128, ModuleError> {
    ballot.since_start(host, &[of(&validator.operator)], validator.tokens)
}

fn own_weight(
    host: &mut dyn Host,
    ballot: &Ballot,
    validator: &Validator,
) -> Result<u128, ModuleError> {
    let whole = whole_weight(host, ballot, validator)?;
    Ok(whole.saturating_sub(ballot.overridden(host, validator.operator)?))
}

fn delegation_weight(
    host: &mut dyn Host,
    ballot: &Ballot,
    validator: &Validator,
    delegation: &Delegation,
) -> Result<u128, ModuleError> {
    let whose: [&[u8]; 2] = [of(&delegation.delegator), of(&delegation.validator)];
    let shares = ballot.since_start(host, &whose, delegation.shares)?;
    let pool = Pool { tokens: validator.tokens, shares: validator.shares };
    Ok(pool.worth(shares))
}

/// A delegation votes in place of its validator; returns its weight, 0 where it has none.
///
/// # Errors
/// Only of the store and of broken invariants.
pub fn vote_delegation(
    host: &mut dyn Host,
    id: u64,
    delegator: Address,
    operator: Address,
    choice: Choice,
) -> Result<u128, ModuleError> {
    let Some(validator) = Validator::load(host, operator)? else { return Ok(0) };
    let mut ballot = Ballot::load(host, id)?;
    if ballot.excluded == operator {
        return Ok(0);
    }
    let epoch = calls::epoch(host)?;
    let before = Delegation::load(host, delegator, operator)?;
    let delegation = settle(host, &validator, before, epoch)?.delegation;
    let voter: [&[u8]; 2] = [of(&delegator), of(&operator)];
    let slot = ballot.vote_key(&voter);
    let old = given(host, slot)?.map_or(0, |(_, weight)| weight);
    // A share may be worth more than at the start, where a slash was cancelled since.
    let others = ballot.overridden(host, operator)?.saturating_sub(old);
    let room = whole_weight(host, &ballot, &validator)?.saturating_sub(others);
    let weight = delegation_weight(host, &ballot, &validator, &delegation)?.min(room);
    if weight == 0 {
        return Ok(0);
    }
    ballot.put(host, &voter, (choice, weight))?;
    override_by(host, &mut ballot, &validator, old, weight)?;
    ballot.save(host)?;
    Ok(weight)
}

/// Replaces `old` by `new` in what the validator's delegators vote themselves, and its own vote with it.
fn override_by(
    host: &mut dyn Host,
    ballot: &mut Ballot,
    validator: &Validator,
    old: u128,
    new: u128,
) -> Result<(), ModuleError> {
    let operator = validator.operator;
    let overridden = plus(ballot.overridden(host, operator)?.saturating_sub(old), new)?;
    let slot = ballot.overridden_key(operator);
    store(host, slot, Pack::default().u128(overridden).word())?;
    lower(host, ballot, validator)
}

/// Lowers the validator's own vote to what it may weigh now.
fn lower(
    host: &mut dyn Host,
    ballot: &mut Ballot,
    validator: &Validator,
) -> Result<(), ModuleError> {
    let operator = validator.operator;
    let slot = ballot.vote_key(&[of(&operator)]);
    let Some((choice, weight)) = given(host, slot)? else { return Ok(()) };
    let most = own_weight(host, ballot, validator)?;
    if most < weight {
        ballot.put(host, &[of(&operator)], (choice, most))?;
    }
    Ok(())
}

/// Lowers votes after stake has left a delegation.
pub(super) fn weaken(
    host: &mut dyn Host,
    validator: &Validator,
    delegation: &Delegation,
) -> Result<(), ModuleError> {
    for id in open_list(host)? {
        let mut ballot = Ballot::load(host, id)?;
        let voter: [&[u8]; 2] = [of(&delegation.delegator), of(&delegation.validator)];
        let slot = ballot.vote_key(&voter);
        if let Some((choice, weight)) = given(host, slot)? {
            let most = delegation_weight(host, &ballot, validator, delegation)?.min(weight);
            ballot.put(host, &voter, (choice, most))?;
            override_by(host, &mut ballot, validator, weight, most)?;
        } else {
            lower(host, &mut ballot, validator)?;
        }
        ballot.save(host)?;
    }
    Ok(())
}

/// Lowers a validator's votes after it lost stake.
pub(super) fn weaken_validator(
    host: &mut dyn Host,
    validator: &Validator,
) -> Result<(), ModuleError> {
    for id in open_list(host)? {
        let mut ballot = Ballot::load(host, id)?;
        lower(host, &mut ballot, validator)?;
        ballot.save(host)?;
    }
    Ok(())
}

/// How a validator votes, and with how much.
///
/// # Errors
/// Only of the store.
pub fn validator_vote(
    host: &mut dyn Host,
    id: u64,
    operator: Address,
) -> Result<Option<(Choice, u128)>, ModuleError> {
    let slot = Ballot::load(host, id)?.vote_key(&[of(&operator)]);
    given(host, slot)
}

/// How a delegation votes, and with how much.
///
/// # Errors
/// Only of the store.
pub fn delegation_vote(
    host: &mut dyn Host,
    id: u64,
    delegator: Address,
    operator: Address,
) -> Result<Option<(Choice, u128)>, ModuleError> {
    let slot = Ballot::load(host, id)?.vote_key(&[of(&delegator), of(&operator)]);
    given(host, slot)
}
