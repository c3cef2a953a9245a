//! A bid tried on books of the past: what would it have won, and what paid.

use super::{
    super::{RpcError, context::Rpc, guard::Guard},
    wei,
};
use crate::storage::MarketSubject;
use alloy_primitives::{Address, U256};
use btt_api::types::{BlockId, SimulateBid, SimulatedBid};
use btt_runtime::{
    modules::market::{
        Frozen,
        IMarket::{self, IMarketEvents as Event},
        clearing::{Bid, Tier, clear},
    },
    primitives::addresses::MARKET,
};

/// Most epochs of one request: each is cleared once.
const MAX_EPOCHS: u32 = 8;
/// Most entries of the books of one request, where it is not a single one: bids, and the swarms of all offers.
const MAX_ENTRIES: u64 = 65_536;

impl Rpc {
    /// The newest epochs first, fewer than were asked for where their books are large.
    pub(super) fn simulated(
        &self,
        bid: &SimulateBid,
        guard: &Guard,
    ) -> Result<Vec<SimulatedBid>, RpcError> {
        let epochs = bid.epochs.unwrap_or(1);
        if epochs > MAX_EPOCHS {
            return Err(RpcError::Limit(format!("{epochs} epochs, limit {MAX_EPOCHS}")));
        }
        let most = usize::try_from(epochs).unwrap_or(usize::MAX);
        let logs = self.chain().store().market_logs(MarketSubject::Epochs, None, most)?;
        let (mut results, mut entries) = (Vec::new(), 0u64);
        for log in logs {
            let Some(Event::EpochCleared(_)) = log.event() else { continue };
            // The book as it was before its result was taken.
            let block = log.place.block.saturating_sub(1);
            entries = entries.saturating_add(self.entries_after(block)?);
            if !fits(results.len(), entries) {
                break;
            }
            let Some(frozen) = self.frozen_after(block, guard)? else { continue };
            // Clearing ends by itself, in the time that every node has for it.
            guard.check()?;
            results.push(try_bid(bid, frozen)?);
        }
        Ok(results)
    }

    /// How large the book is after a block.
    fn entries_after(&self, block: u64) -> Result<u64, RpcError> {
        let clock =
            self.views(Some(BlockId::number(block)))?.ask(MARKET, &IMarket::clockCall {})?;
        Ok(u64::from(clock.bids).saturating_add(clock.edges.into()))
    }
}

/// Whether one more book may be cleared, which makes so many entries of all.
fn fits(cleared: usize, entries: u64) -> bool {
    cleared == 0 || entries <= MAX_ENTRIES
}

/// Adds the bid to the book, under an id and for an account that nobody has, and clears it.
fn try_bid(bid: &SimulateBid, frozen: Frozen) -> Result<SimulatedBid, RpcError> {
    let Frozen { epoch, mut book, .. } = frozen;
    let id = u64::MAX;
    let tiers = bid.tiers.iter();
    let tiers = tiers.map(|t| Tier { price: t.price_ticks.0, quantity: t.quantity }).collect();
    let buyer = Address::repeat_byte(0xff);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_book_is_cleared_however_large_and_more_only_while_they_are_small() {
        assert!(fits(0, u64::MAX) && fits(7, MAX_ENTRIES));
        assert!(!fits(1, MAX_ENTRIES + 1));
    }
}
