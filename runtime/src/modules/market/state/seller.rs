//! A seller's bond: one slot.
//!
//! Offers of who has less than half of the bond that they bind leave the books, from the next epoch on: nobody can
//! leave a book that others have bid in. They come back in the epoch after the bond is whole again.

use super::{key, load, store};
use crate::{
    modules::{Host, ModuleError},
    primitives::packed::{Pack, Unpack},
};
use alloy_primitives::Address;

/// Until further notice.
const ENDLESS: u16 = u16::MAX;

/// The bond of all offers of a seller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct Seller {
    pub(in super::super) bond_wei: u128,
    /// What its offers bind.
    pub(in super::super) required_wei: u128,
    /// The first epoch in whose books its offers are not, for so many epochs.
    idle_from: u32,
    idle_epochs: u16,
}

impl Seller {
    pub(in super::super) fn load(
        host: &mut dyn Host,
        seller: Address,
    ) -> Result<Self, ModuleError> {
        let mut f = Unpack::new(load(host, key("seller", &[seller.as_slice()]))?);
        let (bond_wei, required_wei) = (f.u104(), f.u104());
        Ok(Self { bond_wei, required_wei, idle_from: f.u32(), idle_epochs: f.u16() })
    }

    /// Writes it, once it is seen whether the bond is enough for the books after that of the epoch `current`.
    pub(in super::super) fn save(
        &mut self,
        host: &mut dyn Host,
        seller: Address,
        current: u32,
    ) -> Result<(), ModuleError> {
        if self.is_too_low() {
            self.leave(current);
        } else if self.bond_wei >= self.required_wei {
            self.come_back(current);
        }
        let is_nothing = self.bond_wei == 0 && self.required_wei == 0;
        let (idle_from, idle_epochs) =
            if is_nothing { (0, 0) } else { (self.idle_from, self.idle_epochs) };
        let word = Pack::default().u104(self.bond_wei).u104(self.required_wei);
        let word = word.u32(idle_from).u16(idle_epochs);
        store(host, key("seller", &[seller.as_slice()]), word.word())
    }

    /// Whether its offers are in the book of an epoch: of one that is being read, or a later one.
    pub(in super::super) fn is_active(&self, epoch: u32) -> bool {
        let end = self.idle_from.saturating_add(u32::from(self.idle_epochs));
        epoch < self.idle_from || (self.idle_epochs != ENDLESS && epoch >= end)
    }

    /// The first epoch in whose books its offers are; none while the bond is too low.
    pub(in super::super) fn active_from(&self) -> Option<u32> {
        let end = self.idle_from.saturating_add(u32::from(self.idle_epochs));
        (self.idle_epochs != ENDLESS).then_some(if self.idle_epochs == 0 { 0 } else { end })
    }

    /// Whether the bond does not suffice to stay in the books.
    pub(in super::super) fn is_too_low(&self) -> bool {
        self.bond_wei < self.required_wei / 2
    }

    /// No book is read when bonds are burnt, so what is forgotten here of earlier epochs is not asked for.
    fn leave(&mut self, current: u32) {
        if self.idle_epochs != ENDLESS && self.is_active(current) {
            self.idle_from = current.saturating_add(1);
        }
        self.idle_epochs = ENDLESS;
    }

    fn come_back(&mut self, current: u32) {
        if self.idle_epochs == ENDLESS {
            let epochs = current.saturating_add(1).saturating_sub(self.idle_from);
            self.idle_epochs =
                u16::try_from(epochs).unwrap_or(ENDLESS).min(ENDLESS.saturating_sub(1));
            // The end counts; a beginning so long ago does not.
            self.idle_from = current.saturating_add(1).saturating_sub(u32::from(self.idle_epochs));
        }
    }

    /// What is bound by no offer.
    pub(in super::super) fn free_wei(&self) -> u128 {
        self.bond_wei.saturating_sub(self.required_wei)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn activity(seller: &Seller) -> String {
        (1..10).map(|epoch| if seller.is_active(epoch) { 'x' } else { '-' }).collect()
    }

    #[test]
    fn who_leaves_is_in_the_book_of_the_epoch_under_way_and_who_comes_back_is_not() {
        let mut seller = Seller::default();
        assert_eq!((activity(&seller).as_str(), seller.active_from()), ("xxxxxxxxx", Some(0)));
        seller.leave(3);
        assert_eq!((activity(&seller).as_str(), seller.active_from()), ("xxx------", None));
        let mut again = seller;
        again.come_back(3);
        assert_eq!(activity(&again), "xxxxxxxxx", "within the epoch nothing has happened");
        again.leave(3);
        assert_eq!(activity(&again), "xxx------");
        seller.come_back(5);
        assert_eq!((activity(&seller).as_str(), seller.active_from()), ("xxx--xxxx", Some(6)));
        again = seller;
        again.leave(5);
        assert_eq!(activity(&again), "xxx------", "it was not back yet");
        seller.leave(7);
        assert_eq!(&activity(&seller)[6..], "x--");
    }

    #[test]
    fn who_was_away_for_long_comes_back_all_the_same() {
        let mut seller = Seller::default();
        seller.leave(3);
        seller.come_back(1_000_000);
        assert_eq!(seller.active_from(), Some(1_000_001));
        assert!(!seller.is_active(1_000_000) && seller.is_active(1_000_001));
    }
}
