//! What is stored of ballots and votes.

use super::super::state::{at, key, load, minus, of, plus, store};
use crate::{
    modules::{Host, ModuleError},
    primitives::packed::{Pack, Unpack},
};
use alloy_primitives::{Address, U256};

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
pub(super) struct Ballot {
    pub(super) id: u64,
    pub(super) excluded: Address,
    pub(super) tally: Tally,
}

impl Ballot {
    fn key(id: u64) -> U256 {
        key("ballot", &[&id.to_be_bytes()])
    }

    pub(super) fn load(host: &mut dyn Host, id: u64) -> Result<Self, ModuleError> {
        let first = Self::key(id);
        let excluded = Unpack::new(load(host, first)?).address();
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
        Ok(Self { id, excluded, tally })
    }

    pub(super) fn save(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let first = Self::key(self.id);
        let Tally { yes, no, veto, abstain, total } = self.tally;
        store(host, first, Pack::default().address(self.excluded).word())?;
        store(host, at(first, 1), Pack::default().u128(yes).u128(no).word())?;
        store(host, at(first, 2), Pack::default().u128(veto).u128(abstain).word())?;
        store(host, at(first, 3), Pack::default().u128(total).word())
    }

    pub(super) fn vote_key(&self, voter: &[&[u8]]) -> U256 {
        let id = self.id.to_be_bytes();
        key("vote", &[&[id.as_slice()], voter].concat())
    }

    pub(super) fn overridden_key(&self, validator: Address) -> U256 {
        key("overridden", &[&self.id.to_be_bytes(), of(&validator)])
    }

    /// What is left of a stake, or of shares, that is `now` and was here at the start.
    pub(super) fn since_start(
        &self,
        host: &mut dyn Host,
        whose: &[&[u8]],
        now: u128,
    ) -> Result<u128, ModuleError> {
        let noted = load(host, before_key(self.id, whose))?;
        let before = noted.checked_sub(U256::from(1)).map(|before| before.saturating_to::<u128>());
        Ok(before.map_or(now, |before| before.min(now)))
    }

    pub(super) fn overridden(
        &self,
        host: &mut dyn Host,
        validator: Address,
    ) -> Result<u128, ModuleError> {
        Ok(Unpack::new(load(host, self.overridden_key(validator))?).u128())
    }

    /// Replaces a vote.
    pub(super) fn put(
        &mut self,
        host: &mut dyn Host,
        voter: &[&[u8]],
        (choice, weight): (Choice, u128),
    ) -> Result<(), ModuleError> {
        let slot = self.vote_key(voter);
        if let Some((choice, weight)) = given(host, slot)? {
            let side = self.tally.side(choice);
            *side = minus(*side, weight)?;
        }
        let side = self.tally.side(choice);
        *side = plus(*side, weight)?;
        store(host, slot, Pack::default().u8(choice.index()).u128(weight).word())
    }
}

pub(super) fn given(
    host: &mut dyn Host,
    slot: U256,
) -> Result<Option<(Choice, u128)>, ModuleError> {
    let mut fields = Unpack::new(load(host, slot)?);
    let choice = Choice::from_index(fields.u8());
    Ok(choice.map(|choice| (choice, fields.u128())))
}

fn before_key(id: u64, whose: &[&[u8]]) -> U256 {
    key("before", &[&[id.to_be_bytes().as_slice()], whose].concat())
}

/// The open ballots.
pub(super) fn open_list(host: &mut dyn Host) -> Result<Vec<u64>, ModuleError> {
    let first = key("ballots", &[]);
    let count = Unpack::new(load(host, first)?).u64();
    (1..=count).map(|index| Ok(Unpack::new(load(host, at(first, index))?).u64())).collect()
}

pub(super) fn save_list(host: &mut dyn Host, ids: &[u64]) -> Result<(), ModuleError> {
    let first = key("ballots", &[]);
    let count = u64::try_from(ids.len()).unwrap_or(u64::MAX);
    store(host, first, Pack::default().u64(count).word())?;
    for (index, id) in (1u64..).zip(ids) {
        store(host, at(first, index), U256::from(*id))?;
    }
    store(host, at(first, count.saturating_add(1)), U256::ZERO)
}

/// Notes what is before it changes, the first time.
pub(super) fn note(
    host: &mut dyn Host,
    id: u64,
    whose: &[&[u8]],
    before: u128,
) -> Result<(), ModuleError> {
    let slot = before_key(id, whose);
    if load(host, slot)?.is_zero() {
        store(host, slot, U256::from(before).saturating_add(U256::from(1)))?;
    }
    Ok(())
}
