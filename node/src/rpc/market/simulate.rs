//! Books of the past, and a bid on them: what would it have won, and what paid.

use super::{
    super::{RpcError, context::Rpc, resolve::At},
    wei,
};
use crate::storage::MarketSubject;
use alloy_primitives::{B256, U256};
use btt_api::types::{BidTier, BookBid, BookOffer, MarketBook, Number, SimulateBid, SimulatedBid};
use btt_runtime::modules::{
    OverlayHost,
    market::{
        self, Frozen,
        IMarket::IMarketEvents as Event,
        clearing::{Bid, Offer, Tier, clear},
    },
};

/// Most epochs of one request: each is cleared once.
const MAX_EPOCHS: u32 = 8;
/// Newest epochs that a book is looked for in.
const MAX_SEARCHED: usize = 10_000;

impl Rpc {
    pub(super) fn simulated(&self, bid: &SimulateBid) -> Result<Vec<SimulatedBid>, RpcError> {
        let epochs = bid.epochs.unwrap_or(1);
        if epochs > MAX_EPOCHS {
            return Err(RpcError::Limit(format!("{epochs} epochs, limit {MAX_EPOCHS}")));
        }
        let most = usize::try_from(epochs).unwrap_or(usize::MAX);
        let logs = self.chain().store().market_logs(MarketSubject::Epochs, None, most)?;
        let guard = self.guard();
        let mut results = Vec::new();
        for log in logs {
            guard.check()?;
            let Some(Event::EpochCleared(_)) = log.event() else { continue };
            // The book as it was before its result was taken.
            let Some(frozen) = self.book_before(log.place.block)? else { continue };
            results.push(try_bid(bid, frozen)?);
        }
        Ok(results)
    }

    /// The book of an epoch, or the newest one.
    pub(super) fn market_book(&self, epoch: Option<u32>) -> Result<Option<MarketBook>, RpcError> {
        // The frozen one first: its result is awaited, or is being applied.
        if let Some(frozen) = self.book_at(At::Number(self.chain().head().number))?
            && epoch.is_none_or(|epoch| epoch == frozen.epoch)
        {
            return Ok(Some(told(frozen, None)));
        }
        let logs = self.chain().store().market_logs(MarketSubject::Epochs, None, MAX_SEARCHED)?;
        for log in logs {
            let Some(Event::EpochCleared(e)) = log.event() else { continue };
            if epoch.is_none_or(|epoch| epoch == e.epoch) {
                let book = self.book_before(log.place.block)?;
                return Ok(book.map(|frozen| told(frozen, Some(e.root))));
            }
        }
        Ok(None)
    }

    fn book_before(&self, block: u64) -> Result<Option<Frozen>, RpcError> {
        self.book_at(At::Number(block.saturating_sub(1)))
    }

    fn book_at(&self, at: At) -> Result<Option<Frozen>, RpcError> {
        let mut simulation = self.simulation(at, self.guard(), None, None)?;
        let facts = simulation.facts.clone();
        let mut host = OverlayHost::new(&mut simulation.overlay, &facts);
        Ok(market::frozen(&mut host)?)
    }
}

/// A book as the wire has it.
fn told(frozen: Frozen, root: Option<B256>) -> MarketBook {
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

/// Adds the bid to the book, under an id and for an account that nobody has, and clears it.
fn try_bid(bid: &SimulateBid, frozen: Frozen) -> Result<SimulatedBid, RpcError> {
    let Frozen { epoch, mut book, .. } = frozen;
    let id = u64::MAX;
    let tiers = bid.tiers.iter();
    let tiers = tiers.map(|t| Tier { price: t.price_ticks.0, quantity: t.quantity }).collect();
    let buyer = alloy_primitives::Address::repeat_byte(0xff);
    book.bids.push(Bid { id, buyer, swarm: bid.swarm, tiers, defaulted: false });
    let outcome = clear(&book).map_err(|error| RpcError::InvalidParams(error.to_string()))?;
    let own = outcome.bids.iter().find(|result| result.id == id);
    let price = outcome.swarms.iter().find(|result| result.swarm == bid.swarm);
    Ok(SimulatedBid {
        epoch,
        units: own.map_or(0, |own| own.won),
        payment_wei: own.map_or(U256::ZERO, |own| U256::from(own.payment).saturating_mul(wei(1))),
        marginal_ticks: price.map_or(0, |price| price.marginal_price),
    })
}
