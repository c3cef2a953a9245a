//! Sums over all records. The escrow holds what they add up to.

use super::{at, key, load, plus, store};
use crate::{
    modules::{Host, ModuleError},
    primitives::packed::{Pack, Unpack},
};

/// What the escrow owes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct Totals {
    /// Stake of all validators.
    pub(in super::super) bonded_wei: u128,
    /// Stake on its way out.
    pub(in super::super) unbonding_wei: u128,
    /// Rewards and commission not paid out.
    pub(in super::super) rewards_wei: u128,
    /// Taken by open slashes.
    pub(in super::super) slash_escrow_wei: u128,
}

impl Totals {
    pub(in super::super) fn load(host: &mut dyn Host) -> Result<Self, ModuleError> {
        let first = key("totals", &[]);
        let mut stake = Unpack::new(load(host, first)?);
        let mut rest = Unpack::new(load(host, at(first, 1))?);
        Ok(Self {
            bonded_wei: stake.u128(),
            unbonding_wei: stake.u128(),
            rewards_wei: rest.u128(),
            slash_escrow_wei: rest.u128(),
        })
    }

    pub(in super::super) fn save(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let first = key("totals", &[]);
        let stake = Pack::default().u128(self.bonded_wei).u128(self.unbonding_wei);
        let rest = Pack::default().u128(self.rewards_wei).u128(self.slash_escrow_wei);
        store(host, first, stake.word())?;
        store(host, at(first, 1), rest.word())
    }

    /// What the escrow must hold at least.
    pub(in super::super) fn sum(&self) -> Result<u128, ModuleError> {
        let stake = plus(self.bonded_wei, self.unbonding_wei)?;
        plus(plus(stake, self.rewards_wei)?, self.slash_escrow_wei)
    }
}
