//! What bounds a payer: its rising index, how much it has open, and with whom.

use super::{key, load, store};
use crate::{
    modules::{Host, ModuleError},
    primitives::packed::{Pack, Unpack},
};
use alloy_primitives::{Address, U256};

/// The record of a payer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct Payer {
    /// Index that the next channel or pool gets; never falls, so that no id comes twice.
    pub(in super::super) next_index: u64,
    /// Channels and pools that are open.
    pub(in super::super) open_count: u32,
}

impl Payer {
    pub(in super::super) fn load(host: &mut dyn Host, payer: Address) -> Result<Self, ModuleError> {
        let mut fields = Unpack::new(load(host, key("payer", &[payer.as_slice()]))?);
        Ok(Self { next_index: fields.u64(), open_count: fields.u32() })
    }

    pub(in super::super) fn save(
        &self,
        host: &mut dyn Host,
        payer: Address,
    ) -> Result<(), ModuleError> {
        let word = Pack::default().u64(self.next_index).u32(self.open_count).word();
        store(host, key("payer", &[payer.as_slice()]), word)
    }
}

/// Channels open from payer to payee.
pub(in super::super) fn pair_count(
    host: &mut dyn Host,
    payer: Address,
    payee: Address,
) -> Result<u32, ModuleError> {
    let slot = key("pair", &[payer.as_slice(), payee.as_slice()]);
    Ok(load(host, slot)?.saturating_to())
}

/// Writes their number.
pub(in super::super) fn set_pair_count(
    host: &mut dyn Host,
    payer: Address,
    payee: Address,
    count: u32,
) -> Result<(), ModuleError> {
    let slot = key("pair", &[payer.as_slice(), payee.as_slice()]);
    store(host, slot, U256::from(count))
}
