//! The module's events in a block, and what each is about.

use super::MarketSubject as Subject;
use crate::storage::Place;
use alloy_primitives::{Address, B256, Log};
use alloy_sol_types::SolEventInterface as _;
use btt_runtime::{
    block::Receipt, modules::market::IMarket::IMarketEvents as Event, primitives::addresses::MARKET,
};

/// An event of the market with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarketLog {
    /// Block, and number among the block's events: what hooks did comes first.
    pub place: Place,
    /// Hash of the transaction; `None` if a hook did it.
    pub transaction: Option<B256>,
    /// The event as the module wrote it.
    pub log: Log,
}

impl MarketLog {
    /// The event; `None` if it is of a later version of the module.
    pub fn event(&self) -> Option<Event> {
        Event::decode_raw_log(self.log.topics(), &self.log.data.data).ok()
    }
}

/// The market's events of a block, in order; `hashes` are those of its transactions.
pub(in crate::storage) fn market_logs(
    block: u64,
    hook_logs: &[Log],
    receipts: &[Receipt],
    hashes: impl Fn(usize) -> B256,
) -> Vec<MarketLog> {
    let by_hooks = hook_logs.iter().map(|log| (None, log));
    let by_transactions = receipts.iter().enumerate().flat_map(|(place, receipt)| {
        let hash = hashes(place);
        receipt.logs.iter().map(move |log| (Some(hash), log))
    });
    (0u32..)
        .zip(by_hooks.chain(by_transactions))
        .filter(|(_, (_, log))| log.address == MARKET)
        .map(|(number, (transaction, log))| MarketLog {
            place: Place { block, log: number },
            transaction,
            log: log.clone(),
        })
        .collect()
}

/// Under what an event is kept.
pub(super) fn subjects(log: &MarketLog) -> Vec<Subject> {
    let of = |account: Address, more: &[Subject]| [&[Subject::Account(account)], more].concat();
    match log.event() {
        None | Some(Event::PhaseChanged(_) | Event::EpochFrozen(_) | Event::LeasesStarted(_)) => {
            Vec::new()
        }
        Some(Event::EpochCleared(_) | Event::EpochVoided(_)) => vec![Subject::Epochs],
        Some(Event::SwarmPriced(e)) => vec![Subject::Swarm(e.swarm)],
        Some(Event::OfferPosted(e)) => of(e.seller, &[Subject::Offer(e.offerId)]),
        Some(Event::OfferWithdrawn(e)) => of(e.seller, &[Subject::Offer(e.offerId)]),
        Some(Event::OfferEnded(e)) => of(e.seller, &[Subject::Offer(e.offerId)]),
        Some(Event::BondChanged(e)) => of(e.seller, &[]),
        Some(Event::BidCommitted(e)) => of(e.buyer, &[Subject::Bid(e.bidId)]),
        Some(Event::BidRevealed(e)) => of(e.buyer, &[Subject::Bid(e.bidId)]),
        Some(Event::BidDefaulted(e)) => of(e.buyer, &[Subject::Bid(e.bidId)]),
        Some(Event::BidCancelled(e)) => of(e.buyer, &[Subject::Bid(e.bidId)]),
        Some(Event::BidRenewed(e)) => of(e.buyer, &[Subject::Bid(e.bidId)]),
        Some(Event::Won(e)) => of(e.buyer, &[Subject::Bid(e.bidId), Subject::Buyer(e.buyer)]),
        Some(Event::LeaseOpened(e)) => {
            let lease = [Subject::Lease(e.leaseId), Subject::Bid(e.bidId)];
            if e.buyer == e.seller {
                return of(e.buyer, &lease);
            }
            [of(e.seller, &[]), of(e.buyer, &lease)].concat()
        }
        Some(Event::ReceiptSubmitted(e)) => vec![Subject::Lease(e.leaseId)],
        Some(Event::LeaseClosed(e)) => {
            let lease = [Subject::Lease(e.leaseId), Subject::Seller(e.seller)];
            if e.buyer == e.seller {
                return of(e.buyer, &lease);
            }
            [of(e.seller, &lease), of(e.buyer, &[])].concat()
        }
    }
}

/// Whether an event concerns a swarm: who watches it is told.
pub fn is_about_swarm(event: &Event, swarm: B256) -> bool {
    match event {
        Event::SwarmPriced(e) => e.swarm == swarm,
        Event::OfferPosted(e) => e.swarms.contains(&swarm),
        Event::BidCommitted(e) => e.swarm == swarm,
        Event::BidRevealed(e) => e.swarm == swarm,
        Event::BidDefaulted(e) => e.swarm == swarm,
        Event::BidRenewed(e) => e.swarm == swarm,
        Event::Won(e) => e.swarm == swarm,
        Event::LeaseOpened(e) => e.swarm == swarm,
        _ => false,
    }
}
