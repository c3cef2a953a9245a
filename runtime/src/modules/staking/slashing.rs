//! Misbehaviour costs: signing twice (rules F.3, F.5) and absence.
//!
//! Accepted evidence takes everything that is liable into escrow at once: a part of the bonded stake, of
//! what left for unbonding since the epoch of the infraction, and of what was redelegated since. Entries
//! and lots learn of their part when they are next touched; none can leave before. Governance may
//! cancel it until its deferral ends; then it is burnt.
//!
//! Fraction = base + correlation × (other offenders' power ÷ total): offenders with an open slash count,
//! each above 0.5 % of the power, and a later offender raises the earlier ones'.

use super::{
    IStaking,
    calls::{self, emit, unrank, with_totals},
    epochs, params as p,
    rewards::WHOLE,
    signing::{self, Tally},
    state::{History, Hold, KeyOwner, List, Slash, SlashState, Validator, broken, minus, plus},
};
use crate::{
    block::{EvidenceError, Offence},
    config::Validator as Member,
    modules::{Deadline, Host, ModuleError, accounts, params},
    primitives::{
        addresses::{BURNT, STAKING},
        math::{mul_div_ceil, mul_div_floor},
    },
};
use alloy_primitives::{Address, B256, U256};

/// Offenders with less power, in parts of 10,000, do not raise others' slashes.
const NOTED_BPS: u128 = 50;
const ALL_BPS: u128 = 10_000;
const PPM: u128 = 1_000_000;

/// Why evidence that proves misbehaviour is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotTaken {
    /// The key was no validator's at that height.
    Stranger(Address),
    /// The statements are too old, or of a block to come.
    TooOld(u64),
    /// The offender is out for ever already.
    Tombstoned(Address),
}

/// What is known of an offence that may be slashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Case {
    operator: Address,
    epoch: u64,
    height: u64,
    power: u64,
    total: u64,
}

/// Looks at a proven offence: whose it is, and whether it may be slashed now.
pub(super) fn examine(
    host: &mut dyn Host,
    signer: Address,
    height: u64,
) -> Result<Result<Case, NotTaken>, ModuleError> {
    let Some(owner) = KeyOwner::load(host, signer)? else {
        return Ok(Err(NotTaken::Stranger(signer)));
    };
    let Some(epoch) = epochs::epoch_at(host, height)? else {
        return Ok(Err(NotTaken::TooOld(height)));
    };
    if height > host.block().number || is_too_old(host, epoch.number)? {
        return Ok(Err(NotTaken::TooOld(height)));
    }
    let members = epochs::set(host, epoch.set_version)?;
    let found = members
        .iter()
        .find(|member| crate::block::consensus_address(&member.public_key) == Some(signer));
    let Some(member) = found else { return Ok(Err(NotTaken::Stranger(signer))) };
    let operator = owner.operator;
    let validator = calls::validator(host, operator)?;
    if validator.standing.is_tombstoned {
        return Ok(Err(NotTaken::Tombstoned(operator)));
    }
    let total = crate::block::total_power(&members);
    Ok(Ok(Case { operator, epoch: epoch.number, height, power: member.power, total }))
}

/// Whether a block may carry the proof of an offence: `Ok(Err)` says why not. Where state holds no epochs,
/// all may.
pub fn admits(
    host: &mut dyn Host,
    offence: &Offence,
) -> Result<Result<(), EvidenceError>, ModuleError> {
    if epochs::current(host)?.is_none() {
        return Ok(Ok(()));
    }
    Ok(match examine(host, offence.signer, offence.height)? {
        Ok(_) => Ok(()),
        Err(NotTaken::Stranger(key)) => Err(EvidenceError::Stranger(key)),
        Err(NotTaken::TooOld(height)) => Err(EvidenceError::Height(height)),
        Err(NotTaken::Tombstoned(_)) => Err(EvidenceError::Tombstoned(offence.signer)),
    })
}

/// Whether what happened in an epoch is out of reach: by time and by blocks since its end (rule B.2).
fn is_too_old(host: &mut dyn Host, epoch: u64) -> Result<bool, ModuleError> {
    let Some(next) = epochs::epoch(host, epoch.saturating_add(1))? else { return Ok(false) };
    let age_s = params::narrow(host, &p::EVIDENCE_AGE)?;
    let reach = Deadline::after(host, age_s)?;
    let facts = host.block();
    let (age_ms, age_blocks) =
        (reach.time_ms.saturating_sub(facts.time_ms), reach.block.saturating_sub(facts.number));
    let end = Deadline {
        time_ms: next.first_ms.saturating_add(age_ms),
        block: next.first_block.saturating_add(age_blocks),
    };
    Ok(end.has_passed(facts))
}

/// Tombstones the offender and takes what is liable into escrow.
pub(super) fn accept(host: &mut dyn Host, case: Case, evidence: B256) -> Result<(), ModuleError> {
    let Case { operator, epoch, height, power, total } = case;
    let mut validator = calls::validator(host, operator)?;
    let offenders = open_offenders(host)?;
    let fraction = fraction(host, power_of_others(&offenders, operator, total), total)?;
    let deferral_s = params::narrow(host, &p::SLASH_DEFERRAL)?;
    let mut slash = Slash {
        state: SlashState::Open,
        epoch,
        accepted_block: host.block().number,
        power,
        decided: Deadline::after(host, deferral_s)?,
        height,
        bonded_base: validator.tokens,
        unbonding_base: History::unbonded(operator).since(host, epoch)?,
        entry: history::len(host)?,
        ..Slash::default()
    };
    validator.standing.is_tombstoned = true;
    unrank(host, &mut validator)?;
    let taken = raise_to(host, &mut validator, &mut slash, fraction)?;
    validator.save(host)?;
    slash.save(host, operator)?;
    List::open_slashes().push(host, operator)?;
    history::push(host, operator, &slash)?;
    emit(
        host,
        &IStaking::EvidenceAccepted {
            operator,
            evidence,
            infractionBlock: height,
            fraction,
            amountWei: U256::from(taken),
        },
    )?;
    super::ballots::weaken_validator(host, &validator)?;
    for (other, _) in offenders {
        raise(host, other)?;
    }
    Ok(())
}

/// Offenders whose slash is open, with their power.
fn open_offenders(host: &mut dyn Host) -> Result<Vec<(Address, u64)>, ModuleError> {
    let open = List::open_slashes().all(host)?;
    open.into_iter().map(|o| Ok((o, Slash::load(host, o)?.power))).collect()
}

fn power_of_others(offenders: &[(Address, u64)], but: Address, total: u64) -> u128 {
    let least = u128::from(total).saturating_mul(NOTED_BPS);
    let others = offenders.iter().filter(|(o, _)| *o != but).map(|(_, power)| u128::from(*power));
    others.filter(|power| power.saturating_mul(ALL_BPS) >= least).fold(0, u128::saturating_add)
}

fn fraction(host: &mut dyn Host, others: u128, total: u64) -> Result<u64, ModuleError> {
    let base = params::value(host, &p::DOUBLE_SIGN_SLASH)?;
    let times = params::value(host, &p::CORRELATION)?;
    let base = mul_div_floor(base, WHOLE, ALL_BPS).unwrap_or(WHOLE);
    let more = mul_div_floor(others.saturating_mul(times), WHOLE, u128::from(total).max(1));
    let fraction = base.saturating_add(more.unwrap_or(WHOLE)).min(WHOLE);
    u64::try_from(fraction).map_err(|_| broken("a slash of more than all"))
}

/// Raises an open slash where other offenders ask for more.
fn raise(host: &mut dyn Host, operator: Address) -> Result<(), ModuleError> {
    let mut slash = Slash::load(host, operator)?;
    let Some(epoch) = epochs::epoch(host, slash.epoch)? else { return Ok(()) };
    let total = crate::block::total_power(&epochs::set(host, epoch.set_version)?);
    let offenders = open_offenders(host)?;
    let fraction = fraction(host, power_of_others(&offenders, operator, total), total)?;
    if fraction <= slash.fraction {
        return Ok(());
    }
    let mut validator = calls::validator(host, operator)?;
    let added = raise_to(host, &mut validator, &mut slash, fraction)?;
    validator.save(host)?;
    slash.save(host, operator)?;
    super::ballots::weaken_validator(host, &validator)?;
    history::update(host, operator, &slash)?;
    emit(host, &IStaking::SlashRaised { operator, fraction, addedWei: U256::from(added) })
}

/// Takes what a higher fraction asks for beyond what lies in escrow; returns it. The caller saves both.
fn raise_to(
    host: &mut dyn Host,
    validator: &mut Validator,
    slash: &mut Slash,
    fraction: u64,
) -> Result<u128, ModuleError> {
    let part_up = |base| mul_div_ceil(base, u128::from(fraction), WHOLE);
    let bonded = part_up(slash.bonded_base).ok_or_else(|| broken("a slash"))?;
    let bonded = bonded.saturating_sub(slash.bonded_taken).min(validator.tokens);
    // Down: the entries' own parts round up, and their sum must cover this.
    let unbonding = mul_div_floor(slash.unbonding_base, u128::from(fraction), WHOLE)
        .ok_or_else(|| broken("a slash"))?
        .saturating_sub(slash.unbonding_taken);
    let redelegated = destinations::take(host, validator.operator, slash, fraction)?;
    super::ballots::validator_will_change(host, validator)?;
    validator.tokens = minus(validator.tokens, bonded)?;
    slash.bonded_taken = plus(slash.bonded_taken, bonded)?;
    slash.unbonding_taken = plus(slash.unbonding_taken, unbonding)?;
    slash.redelegated_taken = plus(slash.redelegated_taken, redelegated)?;
    slash.fraction = fraction;
    let from_bonded = plus(bonded, redelegated)?;
    let taken = plus(from_bonded, unbonding)?;
    with_totals(host, |totals| {
        totals.bonded_wei = minus(totals.bonded_wei, from_bonded)?;
        totals.unbonding_wei = minus(totals.unbonding_wei, unbonding)?;
        totals.slash_escrow_wei = plus(totals.slash_escrow_wei, taken)?;
        Ok(())
    })?;
    Ok(taken)
}

/// The block that brought the evidence of an open slash of this validator: it tells one from a later one.
///
/// # Errors
/// Only of the store.
pub fn open_since(host: &mut dyn Host, operator: Address) -> Result<Option<u64>, ModuleError> {
    let slash = Slash::load(host, operator)?;
    Ok((slash.state == SlashState::Open).then_some(slash.accepted_block))
}

/// Keeps an open slash undecided beyond its deferral, while stake votes on cancelling it; whether it does.
/// Once for each slash: what it froze must not stay frozen by vote after vote.
///
/// # Errors
/// Only of the store.
pub fn hold(host: &mut dyn Host, operator: Address) -> Result<bool, ModuleError> {
    let mut slash = Slash::load(host, operator)?;
    if slash.state != SlashState::Open || slash.hold != Hold::Never {
        return Ok(false);
    }
    slash.hold = Hold::Held;
    slash.save(host, operator)?;
    Ok(true)
}

/// Ends [`hold`] of the slash whose evidence came in block `since`, if it is still open: what is due is
/// decided when the epoch ends.
///
/// # Errors
/// Only of the store.
pub fn release(host: &mut dyn Host, operator: Address, since: u64) -> Result<(), ModuleError> {
    let mut slash = Slash::load(host, operator)?;
    if slash.state == SlashState::Open && slash.accepted_block == since {
        slash.hold = Hold::Spent;
        slash.save(host, operator)?;
    }
    Ok(())
}

/// Burns open slashes whose deferral is over, but those that are held.
pub(super) fn decide_due(host: &mut dyn Host) -> Result<(), ModuleError> {
    let list = List::open_slashes();
    // From the end: removing moves the last into the gap.
    for index in (0..list.len(host)?).rev() {
        let operator = list.get(host, index)?;
        let mut slash = Slash::load(host, operator)?;
        if slash.hold == Hold::Held || !slash.decided.has_passed(host.block()) {
            continue;
        }
        let wei = in_escrow(&slash)?;
        slash.state = SlashState::Burnt;
        slash.save(host, operator)?;
        list.remove(host, index)?;
        with_totals(host, |totals| {
            totals.slash_escrow_wei = minus(totals.slash_escrow_wei, wei)?;
            Ok(())
        })?;
        accounts::transfer(host, STAKING, BURNT, U256::from(wei))?;
        history::update(host, operator, &slash)?;
        emit(host, &IStaking::SlashBurnt { operator, amountWei: U256::from(wei) })?;
    }
    Ok(())
}

fn in_escrow(slash: &Slash) -> Result<u128, ModuleError> {
    plus(plus(slash.bonded_taken, slash.unbonding_taken)?, slash.redelegated_taken)
}

/// Returns everything of an open slash; the validator is jailed, no longer tombstoned.
///
/// # Errors
/// [`IStaking::UnknownValidator`], [`IStaking::NoOpenSlash`], and those of the store.
pub fn cancel(host: &mut dyn Host, operator: Address) -> Result<(), ModuleError> {
    let mut validator = calls::validator(host, operator)?;
    let mut slash = Slash::load(host, operator)?;
    if slash.state != SlashState::Open {
        return Err(ModuleError::revert(IStaking::NoOpenSlash { operator }));
    }
    let wei = in_escrow(&slash)?;
    super::ballots::validator_will_change(host, &validator)?;
    destinations::give_back(host, operator, &slash)?;
    validator.tokens = plus(validator.tokens, slash.bonded_taken)?;
    validator.standing.is_tombstoned = false;
    validator.standing.is_jailed = true;
    validator.save(host)?;
    let bonded = plus(slash.bonded_taken, slash.redelegated_taken)?;
    with_totals(host, |totals| {
        totals.bonded_wei = plus(totals.bonded_wei, bonded)?;
        totals.unbonding_wei = plus(totals.unbonding_wei, slash.unbonding_taken)?;
        totals.slash_escrow_wei = minus(totals.slash_escrow_wei, wei)?;
        Ok(())
    })?;
    slash.state = SlashState::Cancelled;
    slash.save(host, operator)?;
    let list = List::open_slashes();
    let place = list.all(host)?.iter().position(|open| *open == operator);
    let place = place.and_then(|place| u32::try_from(place).ok());
    list.remove(host, place.ok_or_else(|| broken("an open slash is not listed"))?)?;
    history::update(host, operator, &slash)?;
    emit(host, &IStaking::SlashCancelled { operator, amountWei: U256::from(wei) })
}

/// Jails members that signed too few of the epoch's blocks, and takes a little of their stake. The only
/// member of a set is never jailed.
pub(super) fn jail_absent(
    host: &mut dyn Host,
    members: &[Member],
    tally: Tally,
) -> Result<(), ModuleError> {
    if members.len() < 2 || tally.closed == 0 {
        return Ok(());
    }
    let min_bps = params::value(host, &p::MIN_SIGNED)?;
    let most_missed = u128::from(tally.closed).saturating_mul(ALL_BPS.saturating_sub(min_bps));
    for (index, member) in (0u16..).zip(members) {
        let missed = signing::record(host, tally, index)?.missed;
        if u128::from(missed).saturating_mul(ALL_BPS) <= most_missed {
            continue;
        }
        let mut validator = calls::validator(host, member.operator)?;
        if validator.standing.is_jailed || validator.standing.is_tombstoned {
            continue;
        }
        jail(host, &mut validator)?;
        validator.save(host)?;
        super::ballots::weaken_validator(host, &validator)?;
    }
    Ok(())
}

fn jail(host: &mut dyn Host, validator: &mut Validator) -> Result<(), ModuleError> {
    let operator = validator.operator;
    let jail_ms = params::narrow(host, &p::JAIL)?.saturating_mul(1000);
    validator.standing.is_jailed = true;
    validator.jailed_until_ms = host.block().time_ms.saturating_add(jail_ms);
    let until_ms = validator.jailed_until_ms;
    emit(host, &IStaking::ValidatorJailed { operator, jailedUntilMs: until_ms })?;
    let ppm = params::value(host, &p::DOWNTIME_SLASH)?;
    let wei = mul_div_ceil(validator.tokens, ppm, PPM).ok_or_else(|| broken("a slash"))?;
    if wei == 0 {
        return Ok(());
    }
    super::ballots::validator_will_change(host, validator)?;
    validator.tokens = minus(validator.tokens, wei)?;
    with_totals(host, |totals| {
        totals.bonded_wei = minus(totals.bonded_wei, wei)?;
        Ok(())
    })?;
    accounts::transfer(host, STAKING, BURNT, U256::from(wei))?;
    history::push_downtime(host, operator, wei, ppm)?;
    emit(host, &IStaking::DowntimeSlashed { operator, amountWei: U256::from(wei) })
}

pub(super) mod destinations;
pub(super) mod history;
