//! The end of an epoch: rewards, jail, slashes that are due, and the next set. Bounded by the number of
//! validators, whatever the number of delegators.

use super::{
    IStaking,
    calls::{self, MAX_CANDIDATES, emit, with_totals},
    churn::{Limits, next_set},
    epochs::{self, Epoch},
    params as p,
    rewards::{Entry, index_growth},
    signing::{self, FULL, Tally},
    slashing,
    state::{self, List, Validator, broken, key, minus, plus},
};
use crate::{
    config::Validator as Member,
    modules::{Host, ModuleError, accounts, params},
    primitives::{
        WEI_PER_BTT,
        addresses::{EMISSION_RESERVE, FEE_POOL, STAKING},
        math::mul_div_floor,
        packed::{Pack, Unpack},
    },
};
use alloy_primitives::{Address, U256};
use std::collections::BTreeSet;

const ALL_BPS: u128 = 10_000;
const DAY_MS: u64 = 86_400_000;
const YEAR_MS: u128 = 31_536_000_000;

/// Ends the epoch where the block under way is its last one.
pub(super) fn turn_over(host: &mut dyn Host) -> Result<(), ModuleError> {
    let Some(epoch) = epochs::current(host)? else { return Ok(()) };
    let length = params::narrow(host, &p::EPOCH_BLOCKS)?;
    let next_block = host.block().number.saturating_add(1);
    if next_block < epoch.first_block.saturating_add(length) {
        return Ok(());
    }
    let members = epochs::set(host, epoch.set_version)?;
    let tally = Tally::load(host)?;
    distribute(host, &epoch, &members, tally)?;
    slashing::jail_absent(host, &members, tally)?;
    slashing::decide_due(host)?;
    let next = elect(host, &epoch, &members)?;
    let count = u16::try_from(members.len()).unwrap_or(u16::MAX);
    signing::reset(host, count)?;
    let time_ms = host.block().time_ms;
    let age_ms = params::narrow(host, &p::EVIDENCE_AGE)?.saturating_mul(1000);
    let started = epochs::start(host, next_block, time_ms, &next)?;
    // Evidence's age needs both time and blocks; twice the age covers a chain that stood still.
    epochs::prune(host, time_ms.saturating_sub(age_ms.saturating_mul(2)))?;
    emit(
        host,
        &IStaking::EpochStarted {
            number: started.number,
            firstBlock: next_block,
            validators: u16::try_from(next.len()).unwrap_or(u16::MAX),
            totalPower: crate::block::total_power(&next),
        },
    )
}

/// Pays fees and emission to those who signed. What the absent would have earned stays in the pool: nobody
/// gains by keeping others' signatures out.
fn distribute(
    host: &mut dyn Host,
    epoch: &Epoch,
    members: &[Member],
    tally: Tally,
) -> Result<(), ModuleError> {
    let emission = emit_coins(host, epoch)?;
    let pool: u128 = host.balance(FEE_POOL)?.try_into().map_err(|_| broken("the fee pool"))?;
    if tally.counted == 0 {
        return Ok(());
    }
    let bonus_bps = params::value(host, &p::PROPOSER_BONUS)?;
    let bonus = mul_div_floor(pool, bonus_bps, ALL_BPS).ok_or_else(|| broken("the bonus"))?;
    let base = minus(pool, bonus)?;
    let total = u128::from(crate::block::total_power(members));
    let cap = params::value(host, &p::DELEGATION_CAP)?;
    let most = total.saturating_mul(cap).checked_div(ALL_BPS).unwrap_or(total).max(1);
    let counted = u128::from(tally.counted);
    let mut paid = 0u128;
    for (index, member) in (0u16..).zip(members) {
        let record = signing::record(host, tally, index)?;
        let weight = u128::from(member.power).min(most).saturating_mul(u128::from(record.signed));
        let earned = mul_div_floor(base, weight, total.saturating_mul(counted))
            .ok_or_else(|| broken("a reward"))?;
        let whole = counted.saturating_mul(u128::from(FULL));
        let proposed = mul_div_floor(bonus, u128::from(record.proposed), whole)
            .ok_or_else(|| broken("a bonus"))?;
        let reward = plus(earned, proposed)?;
        paid = plus(paid, credit(host, epoch.number, member.operator, reward)?)?;
    }
    accounts::transfer(host, FEE_POOL, STAKING, U256::from(paid))?;
    with_totals(host, |totals| {
        totals.rewards_wei = plus(totals.rewards_wei, paid)?;
        Ok(())
    })?;
    let (paid, emission) = (U256::from(paid), U256::from(emission));
    emit(
        host,
        &IStaking::RewardsDistributed {
            epoch: epoch.number,
            amountWei: paid,
            emissionWei: emission,
        },
    )
}

/// Moves the epoch's emission into the fee pool: a part of the reserve for each ms, so that it declines
/// and never ends. A chain that stood still emits for no longer than its blocks may take.
fn emit_coins(host: &mut dyn Host, epoch: &Epoch) -> Result<u128, ModuleError> {
    let interval_ms = params::value(host, &params::MAX_BLOCK_INTERVAL)?;
    let facts = host.block();
    let blocks = facts.number.saturating_sub(epoch.first_block).saturating_add(1);
    let most_ms = u128::from(blocks).saturating_mul(interval_ms);
    let elapsed_ms = u128::from(facts.time_ms.saturating_sub(epoch.first_ms)).min(most_ms);
    let bps = params::value(host, &p::EMISSION)?;
    let reserve: u128 =
        host.balance(EMISSION_RESERVE)?.try_into().map_err(|_| broken("the reserve"))?;
    let parts = elapsed_ms.saturating_mul(bps);
    let emission = mul_div_floor(reserve, parts, YEAR_MS.saturating_mul(ALL_BPS))
        .unwrap_or(reserve)
        .min(reserve);
    accounts::transfer(host, EMISSION_RESERVE, FEE_POOL, U256::from(emission))?;
    Ok(emission)
}

/// Gives a validator and its delegators a reward; returns what of it they take.
fn credit(
    host: &mut dyn Host,
    epoch: u64,
    operator: Address,
    wei: u128,
) -> Result<u128, ModuleError> {
    let mut validator = member(host, operator)?;
    let is_entering = validator.entering_epoch == epoch;
    let entering = if is_entering { validator.entering_shares } else { 0 };
    let earning = minus(validator.shares, entering)?;
    let mut paid = 0;
    if earning > 0 && wei > 0 {
        let commission = mul_div_floor(wei, u128::from(validator.commission_bps), ALL_BPS)
            .ok_or_else(|| broken("a commission"))?;
        let (growth, shared) = index_growth(minus(wei, commission)?, earning)
            .ok_or_else(|| broken("a reward index"))?;
        validator.reward_index = validator
            .reward_index
            .checked_add(growth)
            .ok_or_else(|| broken("a reward index is full"))?;
        validator.commission_owed_wei = plus(validator.commission_owed_wei, commission)?;
        paid = plus(commission, shared)?;
        validator.save(host)?;
    }
    let mut entry = Entry::load(host, operator, epoch)?;
    if entry.waiting > 0 {
        entry.index = validator.reward_index;
        entry.save(host, operator, epoch)?;
    }
    Ok(paid)
}

fn member(host: &mut dyn Host, operator: Address) -> Result<Validator, ModuleError> {
    Validator::load(host, operator)?.ok_or_else(|| broken("a member of the set is no validator"))
}

/// Chooses the next set and tells its members.
fn elect(
    host: &mut dyn Host,
    epoch: &Epoch,
    members: &[Member],
) -> Result<Vec<Member>, ModuleError> {
    let next_epoch = epoch.number.saturating_add(1);
    let mut candidates = Vec::new();
    let mut forced_out = BTreeSet::new();
    for operator in List::candidates().all(host)? {
        let mut validator = member(host, operator)?;
        if !validator.next_public_key.is_zero() {
            calls::apply_rotation(host, &mut validator)?;
            validator.save(host)?;
        }
        if calls::is_eligible(host, &validator, next_epoch)? {
            candidates.push((operator, power_of(validator.tokens)));
        }
    }
    let mut current = Vec::with_capacity(members.len());
    for Member { operator, power, .. } in members {
        let standing = member(host, *operator)?.standing;
        if standing.is_jailed || standing.is_tombstoned {
            forced_out.insert(*operator);
        }
        current.push((*operator, *power));
    }
    let staying = current.iter().filter(|(member, _)| !forced_out.contains(member));
    let total = staying.map(|(_, power)| *power).fold(0, u64::saturating_add);
    let max_validators = params::narrow(host, &p::MAX_VALIDATORS)?.min(u64::from(MAX_CANDIDATES));
    let max_validators = usize::try_from(max_validators).unwrap_or(1);
    let mut day = Day::load(host, total)?;
    let budget = day.budget(host, total)?;
    let next = next_set(&current, &forced_out, &candidates, Limits { max_validators, budget });
    day.used = day.used.saturating_add(next.churn);
    day.save(host)?;

    let elected: BTreeSet<Address> = next.powers.iter().map(|(operator, _)| *operator).collect();
    for (operator, _) in current.iter().filter(|(operator, _)| !elected.contains(operator)) {
        let mut validator = member(host, *operator)?;
        (validator.power, validator.set_index) = (0, 0);
        validator.save(host)?;
    }
    let mut set = Vec::with_capacity(next.powers.len());
    for (index, (operator, power)) in (0u16..).zip(next.powers) {
        let mut validator = member(host, operator)?;
        // A member that left the candidates keeps its key's rotation too.
        calls::apply_rotation(host, &mut validator)?;
        if (validator.power, validator.set_index) != (power, index) {
            (validator.power, validator.set_index) = (power, index);
        }
        validator.save(host)?;
        set.push(Member { public_key: validator.public_key, operator, power });
    }
    Ok(set)
}

/// Voting power of a stake: whole BTT (rule A.8).
pub(super) fn power_of(tokens: u128) -> u64 {
    u64::try_from(tokens.checked_div(WEI_PER_BTT).unwrap_or(0)).unwrap_or(u64::MAX)
}

/// How much of the power has changed today, of what there was when the day began.
struct Day {
    number: u64,
    used: u64,
    total: u64,
}

impl Day {
    fn load(host: &mut dyn Host, total_now: u64) -> Result<Self, ModuleError> {
        let mut fields = Unpack::new(state::load(host, key("churn", &[]))?);
        let (number, used, total) = (fields.u64(), fields.u64(), fields.u64());
        let today = host.block().time_ms.checked_div(DAY_MS).unwrap_or(0);
        let is_new = number != today || total == 0;
        let fresh = Self { number: today, used: 0, total: total_now };
        Ok(if is_new { fresh } else { Self { number, used, total } })
    }

    fn save(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let word = Pack::default().u64(self.number).u64(self.used).u64(self.total).word();
        state::store(host, key("churn", &[]), word)
    }

    /// What may change now (rule F.1).
    fn budget(&self, host: &mut dyn Host, total_now: u64) -> Result<u64, ModuleError> {
        let part = |total: u64, bps: u64| {
            let wide = u128::from(total).saturating_mul(u128::from(bps));
            u64::try_from(wide.checked_div(ALL_BPS).unwrap_or(0)).unwrap_or(u64::MAX)
        };
        let epoch = part(total_now, params::narrow(host, &p::CHURN_PER_EPOCH)?);
        let day = part(self.total, params::narrow(host, &p::CHURN_PER_DAY)?);
        Ok(epoch.min(day.saturating_sub(self.used)))
    }
}
