//! A seller's bond: one slot.

use super::{key, load, store};
use crate::{
    modules::{Host, ModuleError},
    primitives::packed::{Pack, Unpack},
};
use alloy_primitives::Address;

/// No epoch: the bond is too low.
pub(in super::super) const NEVER: u32 = u32::MAX;

/// The bond of all offers of a seller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct Seller {
    pub(in super::super) bond_wei: u128,
    /// What its offers bind.
    pub(in super::super) required_wei: u128,
    /// The first epoch in whose books its offers are; [`NEVER`] while the bond is below what is required.
    pub(in super::super) active_from: u32,
}

impl Seller {
    pub(in super::super) fn load(
        host: &mut dyn Host,
        seller: Address,
    ) -> Result<Self, ModuleError> {
        let mut f = Unpack::new(load(host, key("seller", &[seller.as_slice()]))?);
        Ok(Self { bond_wei: f.u104(), required_wei: f.u104(), active_from: f.u32() })
    }

    /// Writes it, once it is seen whether the bond is enough: offers of who has too little leave the books, and
    /// come back in the epoch after `current` once it has enough.
    pub(in super::super) fn save(
        &mut self,
        host: &mut dyn Host,
        seller: Address,
        current: u32,
    ) -> Result<(), ModuleError> {
        if self.bond_wei < self.required_wei {
            self.active_from = NEVER;
        } else if self.active_from == NEVER {
            self.active_from = current.saturating_add(1);
        }
        let is_nothing = self.bond_wei == 0 && self.required_wei == 0;
        let active_from = if is_nothing { 0 } else { self.active_from };
        let word = Pack::default().u104(self.bond_wei).u104(self.required_wei).u32(active_from);
        store(host, key("seller", &[seller.as_slice()]), word.word())
    }

    /// What is bound by no offer.
    pub(in super::super) fn free_wei(&self) -> u128 {
        self.bond_wei.saturating_sub(self.required_wei)
    }
}
