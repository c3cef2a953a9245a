//! The sum of all records: what the module owes.

use super::{key, load, minus, plus, store};
use crate::{
    modules::{Host, ModuleError},
    primitives::packed::{Pack, Unpack},
};

/// Sums over all channels and pools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct Totals {
    /// Remaining deposits, collateral, and storage deposits.
    pub(in super::super) escrow_wei: u128,
    pub(in super::super) channels: u64,
    pub(in super::super) pools: u64,
}

impl Totals {
    pub(in super::super) fn load(host: &mut dyn Host) -> Result<Self, ModuleError> {
        let mut fields = Unpack::new(load(host, key("totals", &[]))?);
        Ok(Self { escrow_wei: fields.u128(), channels: fields.u64(), pools: fields.u64() })
    }

    /// Changes them.
    pub(in super::super) fn change(
        host: &mut dyn Host,
        change: impl FnOnce(&mut Self) -> Result<(), ModuleError>,
    ) -> Result<(), ModuleError> {
        let mut totals = Self::load(host)?;
        change(&mut totals)?;
        let word = Pack::default().u128(totals.escrow_wei).u64(totals.channels).u64(totals.pools);
        store(host, key("totals", &[]), word.word())
    }

    /// Money came in.
    pub(in super::super) fn takes(host: &mut dyn Host, wei: u128) -> Result<(), ModuleError> {
        Self::change(host, |totals| {
            totals.escrow_wei = plus(totals.escrow_wei, wei)?;
            Ok(())
        })
    }

    /// Money went out.
    pub(in super::super) fn gives(host: &mut dyn Host, wei: u128) -> Result<(), ModuleError> {
        Self::change(host, |totals| {
            totals.escrow_wei = minus(totals.escrow_wei, wei)?;
            Ok(())
        })
    }
}
