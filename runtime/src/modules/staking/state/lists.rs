//! Lists of accounts: how many, and one slot each. An entry is removed by moving the last into its place.

use super::{at, key, load, of, store};
use crate::{
    modules::{Host, ModuleError},
    primitives::packed::{Pack, Unpack},
};
use alloy_primitives::{Address, U256};

/// A list in the module's slots.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct List(U256);

impl List {
    /// Operators that stand for election.
    pub(in super::super) fn candidates() -> Self {
        Self(key("candidates", &[]))
    }

    /// Operators of all validators that ever were.
    pub(in super::super) fn operators() -> Self {
        Self(key("operators", &[]))
    }

    /// Operators whose slash is open.
    pub(in super::super) fn open_slashes() -> Self {
        Self(key("open-slashes", &[]))
    }

    /// Validators that an account has delegations with.
    pub(in super::super) fn of_delegator(delegator: Address) -> Self {
        Self(key("delegator", &[of(&delegator)]))
    }

    /// Validators that stake was redelegated to from this one.
    pub(in super::super) fn destinations(source: Address) -> Self {
        Self(key("destinations", &[of(&source)]))
    }

    pub(in super::super) fn len(self, host: &mut dyn Host) -> Result<u32, ModuleError> {
        Ok(Unpack::new(load(host, self.0)?).u32())
    }

    fn slot(self, index: u32) -> U256 {
        at(self.0, u64::from(index).saturating_add(1))
    }

    pub(in super::super) fn get(
        self,
        host: &mut dyn Host,
        index: u32,
    ) -> Result<Address, ModuleError> {
        Ok(Unpack::new(load(host, self.slot(index))?).address())
    }

    pub(in super::super) fn all(self, host: &mut dyn Host) -> Result<Vec<Address>, ModuleError> {
        let len = self.len(host)?;
        (0..len).map(|index| self.get(host, index)).collect()
    }

    /// Adds an entry and returns its place.
    pub(in super::super) fn push(
        self,
        host: &mut dyn Host,
        entry: Address,
    ) -> Result<u32, ModuleError> {
        let len = self.len(host)?;
        let longer = len.checked_add(1).ok_or_else(|| super::broken("a list is full"))?;
        store(host, self.slot(len), Pack::default().address(entry).word())?;
        store(host, self.0, Pack::default().u32(longer).word())?;
        Ok(len)
    }

    /// Replaces the entry at a place.
    pub(in super::super) fn set(
        self,
        host: &mut dyn Host,
        index: u32,
        entry: Address,
    ) -> Result<(), ModuleError> {
        store(host, self.slot(index), Pack::default().address(entry).word())
    }

    /// Removes the entry at a place; returns the one that now has it, if another does.
    pub(in super::super) fn remove(
        self,
        host: &mut dyn Host,
        index: u32,
    ) -> Result<Option<Address>, ModuleError> {
        let len = self.len(host)?;
        let last = len.checked_sub(1).filter(|last| index <= *last);
        let last = last.ok_or_else(|| super::broken("a list lacks an entry"))?;
        let moved = if index == last { None } else { Some(self.get(host, last)?) };
        if let Some(entry) = moved {
            self.set(host, index, entry)?;
        }
        store(host, self.slot(last), U256::ZERO)?;
        store(host, self.0, Pack::default().u32(last).word())?;
        Ok(moved)
    }
}
