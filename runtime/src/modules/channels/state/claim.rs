//! What a payee was paid by a pool: one slot, and one for each lane above 0 in use. The payee's first claims
//! pay their storage deposit.

use super::{Lanes, key, load, store, units_of, wei_of};
use crate::{
    modules::{Host, ModuleError},
    primitives::packed::{Pack, Unpack},
};
use alloy_primitives::{Address, B256, U256};

/// The record; an empty one where the payee has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct PoolClaim {
    first: U256,
    pub(in super::super) lanes: Lanes,
    pub(in super::super) storage_deposit_wei: u128,
}

impl PoolClaim {
    pub(in super::super) fn load(
        host: &mut dyn Host,
        pool_id: B256,
        payee: Address,
    ) -> Result<Self, ModuleError> {
        let first = key("claim", &[pool_id.as_slice(), payee.as_slice()]);
        let mut fields = Unpack::new(load(host, first)?);
        let (total_wei, storage, used) = (fields.u104(), fields.u48(), fields.u8());
        Ok(Self {
            first,
            lanes: Lanes { before: first, total_wei, used },
            storage_deposit_wei: wei_of(storage),
        })
    }

    pub(in super::super) fn save(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let word = Pack::default()
            .u104(self.lanes.total_wei)
            .u48(units_of(self.storage_deposit_wei))
            .u8(self.lanes.used);
        store(host, self.first, word.word())
    }

    pub(in super::super) fn delete(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        self.lanes.delete(host)?;
        store(host, self.first, U256::ZERO)
    }

    /// Whether the payee was never paid.
    pub(in super::super) fn is_empty(&self) -> bool {
        self.lanes.total_wei == 0
    }
}
