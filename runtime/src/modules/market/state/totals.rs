//! The sum of all records: what the module owes.

use super::{at, key, load, minus, plus, store};
use crate::{
    modules::{Host, ModuleError},
    primitives::packed::{Pack, Unpack},
};

/// Sums over all records, in wei.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct Totals {
    /// Locks, leases, bonds and storage deposits.
    pub(in super::super) escrow_wei: u128,
    /// Of it, bonds.
    pub(in super::super) bonds_wei: u128,
    /// Of it, storage deposits.
    pub(in super::super) deposits_wei: u128,
}

impl Totals {
    pub(in super::super) fn load(host: &mut dyn Host) -> Result<Self, ModuleError> {
        let first = key("totals", &[]);
        let mut parts = Unpack::new(load(host, at(first, 1))?);
        let escrow_wei = Unpack::new(load(host, first)?).u128();
        Ok(Self { escrow_wei, bonds_wei: parts.u104(), deposits_wei: parts.u104() })
    }

    /// Locks came in.
    pub(in super::super) fn takes(host: &mut dyn Host, wei: u128) -> Result<(), ModuleError> {
        let slot = key("totals", &[]);
        let escrow_wei = plus(Unpack::new(load(host, slot)?).u128(), wei)?;
        store(host, slot, Pack::default().u128(escrow_wei).word())
    }

    /// Money went out that was neither bond nor deposit.
    pub(in super::super) fn gives(host: &mut dyn Host, wei: u128) -> Result<(), ModuleError> {
        let slot = key("totals", &[]);
        let escrow_wei = minus(Unpack::new(load(host, slot)?).u128(), wei)?;
        store(host, slot, Pack::default().u128(escrow_wei).word())
    }

    /// Bonds and deposits came in (positive parts) or went out (negative ones).
    pub(in super::super) fn change_held(
        host: &mut dyn Host,
        change: impl FnOnce(&mut Self) -> Result<(), ModuleError>,
    ) -> Result<(), ModuleError> {
        let before = Self::load(host)?;
        let mut after = before;
        change(&mut after)?;
        let rest = minus(before.escrow_wei, plus(before.bonds_wei, before.deposits_wei)?)?;
        let escrow_wei = plus(rest, plus(after.bonds_wei, after.deposits_wei)?)?;
        let first = key("totals", &[]);
        store(host, first, Pack::default().u128(escrow_wei).word())?;
        let parts = Pack::default().u104(after.bonds_wei).u104(after.deposits_wei);
        store(host, at(first, 1), parts.word())
    }
}
