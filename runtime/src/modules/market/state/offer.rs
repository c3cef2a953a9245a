//! The record of an offer: three slots, and one for each swarm.
//!
//! | slot | fields |
//! |---|---|
//! | 0 | seller, reserve u64 (ticks), first epoch u32 |
//! | 1 | capacity u32, last epoch u32, swarms u8, open leases u32, place in the list of offers u32, listed u8 |
//! | 2 | bond required u104 (wei), storage deposit u48 (ticks) |

use super::{at, broken, key, load, store, ticks_of};
use crate::{
    modules::{Host, ModuleError, market::limits::wei},
    primitives::packed::{Pack, Unpack},
};
use alloy_primitives::{Address, B256, U256};

/// Slots beside those of the swarms, the place in the lists among them: what the storage deposit pays for.
pub(in super::super) const HEADER_SLOTS: u128 = 4;
const SWARMS_FROM: u64 = 3;

/// An offer, less its swarms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Offer {
    pub(in super::super) id: u64,
    pub(in super::super) seller: Address,
    pub(in super::super) reserve_ticks: u64,
    /// First and last epoch in whose books it is.
    pub(in super::super) from_epoch: u32,
    pub(in super::super) to_epoch: u32,
    pub(in super::super) capacity: u32,
    pub(in super::super) swarm_count: u8,
    /// Leases that are not closed.
    pub(in super::super) open_leases: u32,
    /// Where it stands in the list of offers.
    pub(in super::super) place: u32,
    pub(in super::super) is_listed: bool,
    /// What of the seller's bond it binds.
    pub(in super::super) required_wei: u128,
    pub(in super::super) storage_deposit_wei: u128,
}

impl Offer {
    pub(in super::super) fn load(
        host: &mut dyn Host,
        id: u64,
    ) -> Result<Option<Self>, ModuleError> {
        let first = first(id);
        let mut seller = Unpack::new(load(host, first)?);
        let (seller, reserve_ticks, from_epoch) = (seller.address(), seller.u64(), seller.u32());
        // No offer is of epoch 0.
        if from_epoch == 0 {
            return Ok(None);
        }
        let mut f = Unpack::new(load(host, at(first, 1))?);
        let (capacity, to_epoch, swarm_count) = (f.u32(), f.u32(), f.u8());
        let (open_leases, place, is_listed) = (f.u32(), f.u32(), f.u8() != 0);
        let mut money = Unpack::new(load(host, at(first, 2))?);
        let (required_wei, storage_deposit_wei) = (money.u104(), wei(money.u48()));
        Ok(Some(Self {
            id,
            seller,
            reserve_ticks,
            from_epoch,
            to_epoch,
            capacity,
            swarm_count,
            open_leases,
            place,
            is_listed,
            required_wei,
            storage_deposit_wei,
        }))
    }

    /// An offer that a list or a lease names.
    pub(in super::super) fn listed(host: &mut dyn Host, id: u64) -> Result<Self, ModuleError> {
        Self::load(host, id)?.ok_or_else(|| broken(&format!("offer {id} is named and missing")))
    }

    /// Writes a new one.
    pub(in super::super) fn create(
        &self,
        host: &mut dyn Host,
        swarms: &[B256],
    ) -> Result<(), ModuleError> {
        let first = first(self.id);
        let seller = Pack::default().address(self.seller).u64(self.reserve_ticks);
        store(host, first, seller.u32(self.from_epoch).word())?;
        let money = Pack::default().u104(self.required_wei).u48(ticks_of(self.storage_deposit_wei));
        store(host, at(first, 2), money.word())?;
        for (offset, swarm) in (SWARMS_FROM..).zip(swarms) {
            store(host, at(first, offset), (*swarm).into())?;
        }
        self.save(host)
    }

    /// Writes what changes: last epoch, leases, place.
    pub(in super::super) fn save(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let word = Pack::default()
            .u32(self.capacity)
            .u32(self.to_epoch)
            .u8(self.swarm_count)
            .u32(self.open_leases)
            .u32(self.place)
            .u8(u8::from(self.is_listed));
        store(host, at(first(self.id), 1), word.word())
    }

    pub(in super::super) fn delete(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let first = first(self.id);
        let slots = SWARMS_FROM.saturating_add(u64::from(self.swarm_count));
        (0..slots).try_for_each(|offset| store(host, at(first, offset), U256::ZERO))
    }

    pub(in super::super) fn swarms(&self, host: &mut dyn Host) -> Result<Vec<B256>, ModuleError> {
        let first = first(self.id);
        let offsets = (SWARMS_FROM..).take(usize::from(self.swarm_count));
        offsets.map(|offset| Ok(load(host, at(first, offset))?.into())).collect()
    }

    /// Whether it is in the book of an epoch, as far as it says itself.
    pub(in super::super) fn covers(&self, epoch: u32) -> bool {
        (self.from_epoch..=self.to_epoch).contains(&epoch)
    }
}

fn first(id: u64) -> U256 {
    key("offer", &[&id.to_be_bytes()])
}
