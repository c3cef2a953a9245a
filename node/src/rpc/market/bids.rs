//! Bids: in the book from state, over from the index.

use super::{
    super::{RpcError, context::Rpc, native::Views},
    refused, tier, wei,
};
use crate::storage::{MarketLog, MarketSubject};
use alloy_primitives::Address;
use btt_api::types::{Award, BidStatus, MarketBid};
use btt_runtime::{
    modules::market::{
        IMarket::{self, IMarketEvents as Event},
        limits::{MAX_BID_EPOCHS, MAX_UNITS},
    },
    primitives::addresses::MARKET,
};

/// More events than a bid can have: in each of its epochs a lease for each unit, and what became of it (renewed,
/// defaulted, won); once a commit, a reveal, a cancellation.
const MAX_EVENTS: usize = MAX_BID_EPOCHS as usize * (MAX_UNITS as usize + 3) + 3;

impl Rpc {
    pub(super) fn bids_of(&self, account: Address) -> Result<Vec<MarketBid>, RpcError> {
        let mut views = self.views(None)?;
        let ids = views.ask(MARKET, &IMarket::bidsOfCall { account })?;
        ids.into_iter()
            .map(|id| {
                let bid = views.ask(MARKET, &IMarket::bidCall { bidId: id }).map_err(refused)?;
                Ok(in_book(id, &bid, self.awards_of_bid(id)?))
            })
            .collect()
    }

    pub(super) fn market_bid(&self, id: u64) -> Result<MarketBid, RpcError> {
        let mut views: Views<'_> = self.views(None)?;
        match views.ask(MARKET, &IMarket::bidCall { bidId: id }) {
            Ok(bid) => Ok(in_book(id, &bid, self.awards_of_bid(id)?)),
            Err(error) => match self.over(id)? {
                Some(bid) => Ok(bid),
                None => Err(refused(error)),
            },
        }
    }

    /// A bid that state has forgotten.
    fn over(&self, id: u64) -> Result<Option<MarketBid>, RpcError> {
        let logs = self.chain().store().market_logs(MarketSubject::Bid(id), None, MAX_EVENTS)?;
        let events: Vec<Event> = logs.iter().filter_map(MarketLog::event).collect();
        let committed = events.iter().find_map(|event| match event {
            Event::BidCommitted(event) => Some(event),
            _ => None,
        });
        let Some(e) = committed else { return Ok(None) };
        let tiers = events.iter().find_map(|event| match event {
            Event::BidRevealed(event) => Some(event.tiers.iter().map(tier).collect()),
            _ => None,
        });
        let awards: Vec<Award> = logs.iter().filter_map(award).collect();
        Ok(Some(MarketBid {
            id,
            buyer: e.buyer,
            signer: e.signer,
            swarm: e.swarm,
            epoch: awards.first().map_or(e.epoch, |award| award.epoch),
            status: BidStatus::Over,
            qmax: e.qmax,
            lock_wei: wei(e.lockTicks),
            ceiling_ticks: e.lockTicks / u64::from(e.qmax.max(1)),
            epochs_left: 0,
            tiers,
            awards,
        }))
    }

    fn awards_of_bid(&self, id: u64) -> Result<Vec<Award>, RpcError> {
        let logs = self.chain().store().market_logs(MarketSubject::Bid(id), None, MAX_EVENTS)?;
        Ok(logs.iter().filter_map(award).collect())
    }

    pub(super) fn awards_of(&self, account: Address, most: usize) -> Result<Vec<Award>, RpcError> {
        let logs = self.chain().store().market_logs(MarketSubject::Buyer(account), None, most)?;
        Ok(logs.iter().filter_map(award).collect())
    }
}

fn award(log: &MarketLog) -> Option<Award> {
    match log.event()? {
        Event::Won(e) => Some(Award {
            bid: e.bidId,
            epoch: e.epoch,
            swarm: e.swarm,
            units: e.units,
            payment_wei: e.paymentWei,
            refund_wei: e.refundWei,
            block: log.place.block,
        }),
        _ => None,
    }
}

fn in_book(id: u64, bid: &IMarket::Bid, awards: Vec<Award>) -> MarketBid {
    MarketBid {
        id,
        buyer: bid.buyer,
        signer: bid.signer,
        swarm: bid.swarm,
        epoch: bid.epoch,
        status: if bid.isRevealed { BidStatus::Revealed } else { BidStatus::Sealed },
        qmax: bid.qmax,
        lock_wei: wei(bid.lockTicks),
        ceiling_ticks: bid.lockTicks / u64::from(bid.qmax.max(1)),
        epochs_left: bid.epochsLeft,
        tiers: bid.isRevealed.then(|| bid.tiers.iter().map(tier).collect()),
        awards,
    }
}
