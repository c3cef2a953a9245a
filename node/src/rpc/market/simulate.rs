//! A bid on books of the past: what would it have won, and what paid.

use super::{
    super::{RpcError, context::Rpc, resolve::At},
    wei,
};
use crate::storage::MarketSubject;
use alloy_primitives::U256;
use btt_api::types::{SimulateBid, SimulatedBid};
use btt_runtime::modules::{
    OverlayHost,
    market::{
        self, Frozen,
        IMarket::IMarketEvents as Event,
        clearing::{Bid, Tier, clear},
    },
};

/// Most epochs of one request: each is cleared once.
const MAX_EPOCHS: u32 = 8;

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

    fn book_before(&self, block: u64) -> Result<Option<Frozen>, RpcError> {
        let at = At::Number(block.saturating_sub(1));
        let mut simulation = self.simulation(at, self.guard(), None, None)?;
        let facts = simulation.facts.clone();
        let mut host = OverlayHost::new(&mut simulation.overlay, &facts);
        Ok(market::frozen(&mut host)?)
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
