//! Lists of ids, four to a slot.

use super::{at, key, load, store};
use crate::{
    modules::{Host, ModuleError},
    primitives::packed::{Pack, Unpack},
};
use alloy_primitives::{Address, U256};

const IDS_A_SLOT: u32 = 4;
/// The bids of an account in an epoch, and those of the epoch before it whose result is being applied.
const MAX_BUYERS_SLOTS: u32 = 4;

/// A list whose length stands elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Ids {
    first: U256,
}

impl Ids {
    /// The bids of an epoch.
    pub(in super::super) fn of_bids(epoch: u32) -> Self {
        Self { first: key("bids", &[&epoch.to_be_bytes()]) }
    }

    /// All offers that stand.
    pub(in super::super) fn of_offers() -> Self {
        Self { first: key("offers", &[]) }
    }

    /// The offers whose last epoch this was said to be.
    pub(in super::super) fn ending_in(epoch: u32) -> Self {
        Self { first: at(key("ending", &[&epoch.to_be_bytes()]), 1) }
    }

    fn slot(self, index: u32) -> U256 {
        at(self.first, u64::from(index / IDS_A_SLOT))
    }

    /// The id at a place; 0 beyond the end.
    pub(in super::super) fn get(self, host: &mut dyn Host, index: u32) -> Result<u64, ModuleError> {
        let ids = unpack(load(host, self.slot(index))?);
        Ok(place(index).and_then(|place| ids.get(place).copied()).unwrap_or(0))
    }

    /// Writes it; 0 deletes.
    pub(in super::super) fn set(
        self,
        host: &mut dyn Host,
        index: u32,
        id: u64,
    ) -> Result<(), ModuleError> {
        let slot = self.slot(index);
        let mut ids = unpack(load(host, slot)?);
        if let Some(entry) = place(index).and_then(|place| ids.get_mut(place)) {
            *entry = id;
        }
        store(host, slot, pack(ids))
    }

    /// How many offers end in an epoch.
    pub(in super::super) fn ending_count(
        host: &mut dyn Host,
        epoch: u32,
    ) -> Result<u32, ModuleError> {
        Ok(load(host, key("ending", &[&epoch.to_be_bytes()]))?.saturating_to())
    }

    /// Writes it.
    pub(in super::super) fn set_ending_count(
        host: &mut dyn Host,
        epoch: u32,
        count: u32,
    ) -> Result<(), ModuleError> {
        store(host, key("ending", &[&epoch.to_be_bytes()]), U256::from(count))
    }

    /// Notes that an offer ends in an epoch.
    pub(in super::super) fn add_ending(
        host: &mut dyn Host,
        epoch: u32,
        offer_id: u64,
    ) -> Result<(), ModuleError> {
        let count = Self::ending_count(host, epoch)?;
        Self::ending_in(epoch).set(host, count, offer_id)?;
        Self::set_ending_count(host, epoch, count.saturating_add(1))
    }
}

/// The ids of an account's bids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct BuyersBids {
    first: U256,
    saved: usize,
    pub(in super::super) ids: Vec<u64>,
}

impl BuyersBids {
    pub(in super::super) fn load(host: &mut dyn Host, buyer: Address) -> Result<Self, ModuleError> {
        let first = key("buyer", &[buyer.as_slice()]);
        let mut all = Vec::new();
        for offset in 0..MAX_BUYERS_SLOTS {
            let word = load(host, at(first, u64::from(offset)))?;
            let before = all.len();
            all.extend(unpack(word).into_iter().filter(|id| *id != 0));
            // Nothing stands behind a place that is free.
            if all.len().saturating_sub(before) < 4 {
                break;
            }
        }
        Ok(Self { first, saved: all.len(), ids: all })
    }

    pub(in super::super) fn remove(&mut self, id: u64) {
        if let Some(place) = self.ids.iter().position(|other| *other == id) {
            self.ids.swap_remove(place);
        }
    }

    pub(in super::super) fn save(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let slots = self.saved.max(self.ids.len()).div_ceil(4);
        let mut chunks = self.ids.chunks(4);
        for offset in (0u64..).take(slots) {
            let mut ids = [0; 4];
            for (place, id) in ids.iter_mut().zip(chunks.next().unwrap_or_default()) {
                *place = *id;
            }
            store(host, at(self.first, offset), pack(ids))?;
        }
        Ok(())
    }
}

fn place(index: u32) -> Option<usize> {
    usize::try_from(index % IDS_A_SLOT).ok()
}

fn unpack(word: U256) -> [u64; 4] {
    let mut fields = Unpack::new(word);
    [(); 4].map(|()| fields.u64())
}

fn pack(ids: [u64; 4]) -> U256 {
    ids.into_iter().fold(Pack::default(), Pack::u64).word()
}
