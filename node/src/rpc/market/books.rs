//! Frozen books, of now and of the past.

use super::super::{RpcError, context::Rpc, guard::Guard, guard::Guarded};
use crate::storage::MarketSubject;
use alloy_primitives::B256;
use btt_api::types::{BidTier, BookBid, BookOffer, MarketBook, Number};
use btt_runtime::{
    block::BlockFacts,
    modules::{
        ModuleError, OverlayHost,
        market::{
            self, Frozen,
            IMarket::IMarketEvents as Event,
            clearing::{Bid, Offer},
        },
    },
    state::Overlay,
};

/// Newest epochs that a book is looked for in, and how many at a time.
const MAX_SEARCHED: usize = 10_000;
const SEARCHED_AT_ONCE: usize = 256;

/// Fewest bytes that each takes in JSON.
const BID_BYTES: usize = 170;
const TIER_BYTES: usize = 33;
const OFFER_BYTES: usize = 110;
const SWARM_BYTES: usize = 68;

impl Rpc {
    /// The book of an epoch, or the newest one.
    pub(super) fn market_book(
        &self,
        epoch: Option<u32>,
        guard: &Guard,
    ) -> Result<Option<MarketBook>, RpcError> {
        let is_wanted = |found: u32| epoch.is_none_or(|epoch| epoch == found);
        // The frozen one first: its result is awaited, or is being applied.
        let head = self.chain().head().number;
        let frozen = self.read_market(head, guard, |host| market::frozen_epoch(host))?;
        if frozen.is_some_and(|(epoch, _)| is_wanted(epoch)) {
            let book = self.frozen_after(head, guard)?;
            return book.map(|frozen| self.told(frozen, None)).transpose();
        }
        let Some((block, root)) = self.cleared_in(is_wanted, guard)? else { return Ok(None) };
        let book = self.frozen_after(block.saturating_sub(1), guard)?;
        book.map(|frozen| self.told(frozen, Some(root))).transpose()
    }

    /// The newest block that took the result of a wanted epoch, and the result's root.
    fn cleared_in(
        &self,
        is_wanted: impl Fn(u32) -> bool,
        guard: &Guard,
    ) -> Result<Option<(u64, B256)>, RpcError> {
        let store = self.chain().store();
        let (mut before, mut searched) = (None, 0);
        while searched < MAX_SEARCHED {
            guard.check()?;
            let logs = store.market_logs(MarketSubject::Epochs, before, SEARCHED_AT_ONCE)?;
            let Some(last) = logs.last() else { break };
            (before, searched) = (Some(last.place), searched + logs.len());
            let found = logs.iter().find_map(|log| match log.event()? {
                Event::EpochCleared(e) => is_wanted(e.epoch).then_some((log.place.block, e.root)),
                _ => None,
            });
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The book that is frozen after a block; of a result's block it is its parent.
    pub(super) fn frozen_after(
        &self,
        block: u64,
        guard: &Guard,
    ) -> Result<Option<Frozen>, RpcError> {
        self.read_market(block, guard, |host| market::frozen(host))
    }

    /// What the market's state after a block says, as long as the guard lets it be read.
    fn read_market<T>(
        &self,
        block: u64,
        guard: &Guard,
        read: impl FnOnce(&mut dyn btt_runtime::modules::Host) -> Result<T, ModuleError>,
    ) -> Result<T, RpcError> {
        guard.check()?;
        let header = self.chain().header(block)?.ok_or(RpcError::UnknownBlock)?;
        let facts = BlockFacts::of(self.chain().config(), &header);
        let state = Guarded::new(self.chain().state_at(block)?, guard.clone());
        let mut overlay = Overlay::new(state);
        read(&mut OverlayHost::new(&mut overlay, &facts)).or_else(|error| {
            // What the guard ended failed as a read.
            guard.check()?;
            Err(error.into())
        })
    }

    /// A book as the wire has it, if one answer holds it.
    fn told(&self, frozen: Frozen, root: Option<B256>) -> Result<MarketBook, RpcError> {
        let limit = self.limits.response_bytes;
        if usize::try_from(limit).is_ok_and(|limit| least_bytes(&frozen) > limit) {
            let (bids, offers) = (frozen.book.bids.len(), frozen.book.offers.len());
            return Err(RpcError::Limit(format!(
                "a book of {bids} bids and {offers} offers does not fit an answer of {limit} bytes"
            )));
        }
        Ok(as_json(frozen, root))
    }
}

/// What a book takes in JSON, or a little less.
fn least_bytes(Frozen { book, .. }: &Frozen) -> usize {
    let tiers: usize = book.bids.iter().map(|bid| bid.tiers.len()).sum();
    let swarms: usize = book.offers.iter().map(|offer| offer.swarms.len()).sum();
    let bids = book.bids.len() * BID_BYTES + tiers * TIER_BYTES;
    bids + book.offers.len() * OFFER_BYTES + swarms * SWARM_BYTES
}

fn as_json(frozen: Frozen, root: Option<B256>) -> MarketBook {
    let Frozen { epoch, seed, book } = frozen;
    let offer = |offer: Offer| BookOffer {
        id: offer.id,
        seller: offer.seller,
        capacity: offer.capacity,
        reserve_ticks: offer.reserve,
        swarms: offer.swarms,
    };
    let bid = |bid: Bid| BookBid {
        id: bid.id,
        buyer: bid.buyer,
        swarm: bid.swarm,
        tiers: bid
            .tiers
            .iter()
            .map(|t| BidTier { price_ticks: Number(t.price), quantity: t.quantity })
            .collect(),
        is_defaulted: bid.defaulted,
    };
    MarketBook {
        epoch,
        seed,
        min_ask_ticks: book.min_ask,
        fee_bps: book.fee_bps,
        offers: book.offers.into_iter().map(offer).collect(),
        bids: book.bids.into_iter().map(bid).collect(),
        root,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::Address;
    use btt_runtime::modules::market::clearing::{Book, TieRule, Tier};

    #[test]
    fn a_book_is_never_taken_for_larger_than_it_is() {
        let swarms = vec![B256::repeat_byte(1); 16];
        let (seller, buyer) = (Address::ZERO, Address::ZERO);
        let offer = Offer { id: 0, seller, capacity: 1, reserve: 0, swarms };
        let tiers = vec![Tier { price: 1, quantity: 1 }; 4];
        let bid = Bid { id: 0, buyer, swarm: B256::ZERO, tiers, defaulted: true };
        for (offers, bids) in [(0, 100), (100, 0)] {
            let book = Book {
                seed: B256::ZERO,
                tie: TieRule::Key,
                min_ask: 1,
                fee_bps: 1,
                offers: vec![offer.clone(); offers],
                bids: vec![bid.clone(); bids],
            };
            let frozen = Frozen { epoch: 1, seed: B256::ZERO, book };
            let least = least_bytes(&frozen);
            let actual = serde_json::to_string(&as_json(frozen, None)).unwrap().len();
            assert!(least <= actual && least > actual * 9 / 10, "{least} of {actual}");
        }
    }
}
