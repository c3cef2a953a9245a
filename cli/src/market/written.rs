//! The result of a clearing as JSON: ids and units are numbers, amounts decimal strings of ticks.

use alloy_primitives::B256;
use btt_runtime::modules::market::clearing::{BidResult, LeaseResult, OfferResult, Outcome};
use serde::Serialize;

use super::EpochBook;

/// What `btt market clear --json` prints.
#[derive(Debug, Clone, Serialize)]
pub struct OutcomeFile {
    epoch: u32,
    welfare: String,
    bids: Vec<BidFile>,
    offers: Vec<OfferFile>,
    dust: String,
    burnt: String,
    leases: Vec<LeaseFile>,
    ops: u64,
    root: B256,
}

#[derive(Debug, Clone, Serialize)]
struct BidFile {
    id: u64,
    won: u32,
    payment: String,
}

#[derive(Debug, Clone, Serialize)]
struct OfferFile {
    id: u64,
    sold: u32,
    gross: String,
    fee: String,
    net: String,
}

#[derive(Debug, Clone, Serialize)]
struct LeaseFile {
    bid: u64,
    offer: u64,
    units: u32,
    buyer_total: String,
    seller_total: String,
}

impl OutcomeFile {
    /// The result of this book.
    pub fn new(EpochBook { epoch, book }: &EpochBook, outcome: &Outcome) -> Self {
        Self {
            epoch: *epoch,
            welfare: outcome.welfare.to_string(),
            bids: outcome.bids.iter().map(BidFile::from).collect(),
            offers: outcome.offers.iter().map(OfferFile::from).collect(),
            dust: outcome.dust.to_string(),
            burnt: outcome.burnt.to_string(),
            leases: outcome.leases.iter().map(LeaseFile::from).collect(),
            ops: outcome.ops,
            root: outcome.root(*epoch, book.seed),
        }
    }

    /// The hash that validators would compare.
    pub const fn root(&self) -> B256 {
        self.root
    }
}

impl From<&BidResult> for BidFile {
    fn from(bid: &BidResult) -> Self {
        Self { id: bid.id, won: bid.won, payment: bid.payment.to_string() }
    }
}

impl From<&OfferResult> for OfferFile {
    fn from(offer: &OfferResult) -> Self {
        Self {
            id: offer.id,
            sold: offer.sold,
            gross: offer.gross.to_string(),
            fee: offer.fee.to_string(),
            net: offer.net.to_string(),
        }
    }
}

impl From<&LeaseResult> for LeaseFile {
    fn from(lease: &LeaseResult) -> Self {
        Self {
            bid: lease.bid,
            offer: lease.offer,
            units: lease.units,
            buyer_total: lease.buyer_total.to_string(),
            seller_total: lease.seller_total.to_string(),
        }
    }
}
