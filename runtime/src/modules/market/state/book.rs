//! How full the books are, and what comes next: two slots.

use super::{key, load, store};
use crate::{
    modules::{Host, ModuleError},
    primitives::packed::{Pack, Unpack},
};

/// How full the book of the epoch under way is, and how units were shared in the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct Book {
    /// Bids in the epoch's list.
    pub(in super::super) bids: u32,
    /// Bids of the epoch under application that will stand in this one; their places are theirs.
    pub(in super::super) renewing: u32,
    /// Bids of the epoch under way that will stand in the next.
    pub(in super::super) standing: u32,
    /// Offers that stand.
    pub(in super::super) offers: u32,
    /// Swarms that they list, in all.
    pub(in super::super) edges: u32,
    /// The newest epoch whose result was applied.
    pub(in super::super) share_epoch: u32,
    /// Swarms in which units were leased in it.
    pub(in super::super) share_count: u32,
    /// Units leased in it.
    pub(in super::super) share_units: u32,
}

impl Book {
    pub(in super::super) fn load(host: &mut dyn Host) -> Result<Self, ModuleError> {
        let mut f = Unpack::new(load(host, key("book", &[]))?);
        let (bids, renewing, standing) = (f.u32(), f.u32(), f.u32());
        let (offers, edges) = (f.u32(), f.u32());
        let (share_epoch, share_count, share_units) = (f.u32(), f.u32(), f.u32());
        Ok(Self { bids, renewing, standing, offers, edges, share_epoch, share_count, share_units })
    }

    pub(in super::super) fn save(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let word = Pack::default()
            .u32(self.bids)
            .u32(self.renewing)
            .u32(self.standing)
            .u32(self.offers)
            .u32(self.edges)
            .u32(self.share_epoch)
            .u32(self.share_count)
            .u32(self.share_units);
        store(host, key("book", &[]), word.word())
    }

    /// Changes it.
    pub(in super::super) fn change(
        host: &mut dyn Host,
        change: impl FnOnce(&mut Self) -> Result<(), ModuleError>,
    ) -> Result<(), ModuleError> {
        let mut book = Self::load(host)?;
        change(&mut book)?;
        book.save(host)
    }

    /// Places for bids that are taken.
    pub(in super::super) fn bid_places(&self) -> u32 {
        self.bids.saturating_add(self.renewing)
    }
}

/// Newest ids, and the epochs with leases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct Heads {
    /// Ids rise from 1 and never come twice.
    pub(in super::super) last_bid: u64,
    pub(in super::super) last_offer: u64,
    /// Oldest and newest epoch whose leases are not closed; 0 where there is none.
    pub(in super::super) oldest: u32,
    pub(in super::super) newest: u32,
}

impl Heads {
    pub(in super::super) fn load(host: &mut dyn Host) -> Result<Self, ModuleError> {
        let mut f = Unpack::new(load(host, key("heads", &[]))?);
        Ok(Self { last_bid: f.u64(), last_offer: f.u64(), oldest: f.u32(), newest: f.u32() })
    }

    pub(in super::super) fn save(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let word = Pack::default().u64(self.last_bid).u64(self.last_offer);
        store(host, key("heads", &[]), word.u32(self.oldest).u32(self.newest).word())
    }

    /// The id of a new bid.
    pub(in super::super) fn next_bid(host: &mut dyn Host) -> Result<u64, ModuleError> {
        let mut heads = Self::load(host)?;
        heads.last_bid = heads.last_bid.saturating_add(1);
        heads.save(host)?;
        Ok(heads.last_bid)
    }

    /// The id of a new offer.
    pub(in super::super) fn next_offer(host: &mut dyn Host) -> Result<u64, ModuleError> {
        let mut heads = Self::load(host)?;
        heads.last_offer = heads.last_offer.saturating_add(1);
        heads.save(host)?;
        Ok(heads.last_offer)
    }
}
