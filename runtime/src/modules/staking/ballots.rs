//! Votes by stake (rule F.5): weights are taken when a vote is given and lowered when stake leaves, so the
//! tally is right at every moment and nothing is counted at the end. What is voted on is governance's.
//!
//! A validator votes with all its stake but that of delegators who vote themselves. A weight is the lesser
//! of the stake at the vote's start and the stake now.
//!
//! | record | value |
//! |---|---|
//! | ballots | ids of those that are open, at most [`MAX_OPEN`]; block in which the newest started |
//! | ballot (id) | start, excluded validator, total, tally: 4 slots |
//! | vote (id, validator), vote (id, delegator, validator) | choice and weight |
//! | overridden (id, validator) | weight of its delegators that vote themselves |

use super::{
    IStaking,
    calls::{self},
    rewards::settle,
    shares::Pool,
    state::{Delegation, Totals, Validator, at, broken, key, load, minus, of, plus, store},
};
use crate::{
    modules::{Host, ModuleError},
    primitives::packed::{Pack, Unpack},
};
use alloy_primitives::{Address, U256};

/// Most votes that are open at a time: every undelegation looks at all of them.
pub const MAX_OPEN: usize = 16;

/// A vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// For it.
    Yes,
    /// Against it.
    No,
    /// Against it, and against its deposits.
    Veto,
    /// For the quorum only.
    Abstain,
}

impl Choice {
    fn index(self) -> u8 {
        match self {
            Self::Yes => 1,
            Self::No => 2,
            Self::Veto => 3,
            Self::Abstain => 4,
        }
    }

    fn from_index(index: u8) -> Option<Self> {
        match index {
            1 => Some(Self::Yes),
            2 => Some(Self::No),
            3 => Some(Self::Veto),
            4 => Some(Self::Abstain),
            _ => None,
        }
    }
}

/// How a ballot stands, in wei of stake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// For it.
    pub yes: u128,
    /// Against it.
    pub no: u128,
    /// Against it, with veto.
    pub veto: u128,
    /// For the quorum only.
    pub abstain: u128,
    /// All stake that could vote when it started.
    pub total: u128,
}

impl Tally {
    fn side(&mut self, choice: Choice) -> &mut u128 {
        match choice {
            Choice::Yes => &mut self.yes,
            Choice::No => &mut self.no,
            Choice::Veto => &mut self.veto,
            Choice::Abstain => &mut self.abstain,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Ballot {
    id: u64,
    start: u64,
    excluded: Address,
    tally: Tally,
}

impl Ballot {
    fn key(id: u64) -> U256 {
        key("ballot", &[&id.to_be_bytes()])
    }

    fn load(host: &mut dyn Host, id: u64) -> Result<Self, ModuleError> {
        let first = Self::key(id);
        let mut head = Unpack::new(load(host, first)?);
        let (excluded, start) = (head.address(), head.u64());
        let mut sides = Unpack::new(load(host, at(first, 1))?);
        let mut rest = Unpack::new(load(host, at(first, 2))?);
        let total = Unpack::new(load(host, at(first, 3))?).u128();
        let tally = Tally {
            yes: sides.u128(),
            no: sides.u128(),
            veto: rest.u128(),
            abstain: rest.u128(),
            total,
        };
        Ok(Self { id, start, excluded, tally })
    }

    fn save(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let first = Self::key(self.id);
        let Tally { yes, no, veto, abstain, total } = self.tally;
        store(host, first, Pack::default().address(self.excluded).u64(self.start).word())?;
        store(host, at(first, 1), Pack::default().u128(yes).u128(no).word())?;
        store(host, at(first, 2), Pack::default().u128(veto).u128(abstain).word())?;
        store(host, at(first, 3), Pack::default().u128(total).word())
    }

    fn vote_key(&self, voter: &[&[u8]]) -> U256 {
        let id = self.id.to_be_bytes();
        key("vote", &[&[id.as_slice()], voter].concat())
    }

    fn overridden_key(&self, validator: Address) -> U256 {
        key("overridden", &[&self.id.to_be_bytes(), of(&validator)])
    }

    fn overridden(&self, host: &mut dyn Host, validator: Address) -> Result<u128, ModuleError> {
        Ok(Unpack::new(load(host, self.overridden_key(validator))?).u128())
    }

    /// Replaces a vote; returns the weight that the old one had.
    fn put(
        &mut self,
        host: &mut dyn Host,
        voter: &[&[u8]],
        new: Option<(Choice, u128)>,
    ) -> Result<u128, ModuleError> {
        let slot = self.vote_key(voter);
        let old = given(host, slot)?;
        if let Some((choice, weight)) = old {
            let side = self.tally.side(choice);
            *side = minus(*side, weight)?;
        }
        if let Some((choice, weight)) = new {
            let side = self.tally.side(choice);
            *side = plus(*side, weight)?;
            store(host, slot, Pack::default().u8(choice.index()).u128(weight).word())?;
        }
        Ok(old.map_or(0, |(_, weight)| weight))
    }
}

fn given(host: &mut dyn Host, slot: U256) -> Result<Option<(Choice, u128)>, ModuleError> {
    let mut fields = Unpack::new(load(host, slot)?);
    let choice = Choice::from_index(fields.u8());
    Ok(choice.map(|choice| (choice, fields.u128())))
}

/// The open ballots, and the block in which the newest started.
fn open_list(host: &mut dyn Host) -> Result<(Vec<u64>, u64), ModuleError> {
    let first = key("ballots", &[]);
    let mut head = Unpack::new(load(host, first)?);
    let (count, newest) = (head.u64(), head.u64());
    let ids = (1..=count)
        .map(|index| Ok(Unpack::new(load(host, at(first, index))?).u64()))
        .collect::<Result<_, ModuleError>>()?;
    Ok((ids, newest))
}

fn save_list(host: &mut dyn Host, ids: &[u64], newest: u64) -> Result<(), ModuleError> {
    let first = key("ballots", &[]);
    let count = u64::try_from(ids.len()).unwrap_or(u64::MAX);
    store(host, first, Pack::default().u64(count).u64(newest).word())?;
    for (index, id) in (1u64..).zip(ids) {
        store(host, at(first, index), U256::from(*id))?;
    }
    store(host, at(first, count.saturating_add(1)), U256::ZERO)
}

/// Block in which the newest ballot started.
pub(super) fn newest_start(host: &mut dyn Host) -> Result<u64, ModuleError> {
    let mut head = Unpack::new(load(host, key("ballots", &[]))?);
    head.u64();
    Ok(head.u64())
}

/// Starts a ballot; returns the stake that can vote. An excluded validator's stake has no vote and no
/// quorum. `false` stands for too many open ones.
///
/// # Errors
/// Only of the store and of broken invariants.
pub fn open(
    host: &mut dyn Host,
    id: u64,
    excluded: Option<Address>,
) -> Result<Option<u128>, ModuleError> {
    let (mut ids, _) = open_list(host)?;
    if ids.len() >= MAX_OPEN {
        return Ok(None);
    }
    let start = host.block().number;
    let mut total = Totals::load(host)?.bonded_wei;
    if let Some(operator) = excluded
        && let Some(validator) = Validator::load(host, operator)?
    {
        total = minus(total, validator.tokens)?;
    }
    ids.push(id);
    save_list(host, &ids, start)?;
    let tally = Tally { total, ..Tally::default() };
    Ballot { id, start, excluded: excluded.unwrap_or_default(), tally }.save(host)?;
    Ok(Some(total))
}

/// Ends a ballot; what was voted stays to be read.
///
/// # Errors
/// Only of the store.
pub fn close(host: &mut dyn Host, id: u64) -> Result<(), ModuleError> {
    let (mut ids, newest) = open_list(host)?;
    ids.retain(|open| *open != id);
    save_list(host, &ids, newest)
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
/// [`IStaking::UnknownValidator`], and those of the store.
pub fn vote_validator(
    host: &mut dyn Host,
    id: u64,
    operator: Address,
    choice: Choice,
) -> Result<u128, ModuleError> {
    let validator = calls::validator(host, operator)?;
    let mut ballot = Ballot::load(host, id)?;
    if ballot.excluded == operator {
        return Ok(0);
    }
    let weight = own_weight(host, &ballot, &validator)?;
    if weight > 0 {
        ballot.put(host, &[of(&operator)], Some((choice, weight)))?;
        ballot.save(host)?;
    }
    Ok(weight)
}

fn own_weight(
    host: &mut dyn Host,
    ballot: &Ballot,
    validator: &Validator,
) -> Result<u128, ModuleError> {
    let all = validator.aged.before(ballot.start, validator.tokens);
    Ok(all.saturating_sub(ballot.overridden(host, validator.operator)?))
}

fn delegation_weight(ballot: &Ballot, validator: &Validator, delegation: &Delegation) -> u128 {
    let pool = Pool { tokens: validator.tokens, shares: validator.shares };
    pool.worth(delegation.aged.before(ballot.start, delegation.shares))
}

/// A delegation votes in place of its validator; returns its weight, 0 where it has none.
///
/// # Errors
/// [`IStaking::UnknownValidator`], and those of the store.
pub fn vote_delegation(
    host: &mut dyn Host,
    id: u64,
    delegator: Address,
    operator: Address,
    choice: Choice,
) -> Result<u128, ModuleError> {
    let validator = calls::validator(host, operator)?;
    let mut ballot = Ballot::load(host, id)?;
    if ballot.excluded == operator {
        return Ok(0);
    }
    let epoch = calls::epoch(host)?;
    let before = Delegation::load(host, delegator, operator)?;
    let delegation = settle(host, &validator, before, epoch)?.save(host)?;
    let weight = delegation_weight(&ballot, &validator, &delegation);
    if weight == 0 {
        return Ok(0);
    }
    let voter: [&[u8]; 2] = [of(&delegator), of(&operator)];
    let old = ballot.put(host, &voter, Some((choice, weight)))?;
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
        ballot.put(host, &[of(&operator)], Some((choice, most)))?;
    }
    Ok(())
}

/// Lowers votes after stake has left a delegation.
pub(super) fn weaken(
    host: &mut dyn Host,
    validator: &Validator,
    delegation: &Delegation,
) -> Result<(), ModuleError> {
    for id in open_list(host)?.0 {
        let mut ballot = Ballot::load(host, id)?;
        let voter: [&[u8]; 2] = [of(&delegation.delegator), of(&delegation.validator)];
        let slot = ballot.vote_key(&voter);
        if let Some((choice, weight)) = given(host, slot)? {
            let most = delegation_weight(&ballot, validator, delegation).min(weight);
            ballot.put(host, &voter, Some((choice, most)))?;
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
    for id in open_list(host)?.0 {
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
