//! What `market_` takes and answers. A price is ticks (10¹² wei) for a unit (8 MiB delivered within the lease);
//! amounts are wei, times ms since 1970.

mod book;
mod event;
mod requests;

pub use book::{BookBid, BookOffer, MarketBook};
pub use event::{MarketChange, MarketEvent, MarketFilter};
pub use requests::{
    BidTier, CancelBid, ChangeOffer, CommitBid, CommitHashQuery, MarketReceipt, PostOffer,
    ReceiptDigest, RevealBid, SimulateBid, SubmitReceipts, TopUpBond, WithdrawBond, WithdrawOffer,
};

use alloy_primitives::{Address, B256, U256};
use serde::{Deserialize, Serialize};

/// What the market is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MarketPhase {
    /// Bids come in, sealed.
    Commit,
    /// They are opened.
    Reveal,
    /// The book is frozen, the result is awaited.
    Clearing,
}

/// The epoch under way: `market_epoch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MarketEpoch {
    /// Its number.
    pub epoch: u32,
    /// Its phase.
    pub phase: MarketPhase,
    /// The phase ends in the first block with both this time …
    #[serde(with = "alloy_serde::quantity")]
    pub ends_at_ms: u64,
    /// … and this number.
    #[serde(with = "alloy_serde::quantity")]
    pub ends_at_block: u64,
    /// Time until then, by the newest block's time; 0 if only blocks are missing.
    #[serde(with = "alloy_serde::quantity")]
    pub ms_left: u64,
    /// Blocks until then.
    #[serde(with = "alloy_serde::quantity")]
    pub blocks_left: u64,
    /// Bids in the book.
    pub bids: u32,
    /// Standing offers.
    pub offers: u32,
    /// The epoch whose result is being applied; `null` for none.
    pub applying_epoch: Option<u32>,
    /// Bytes of a unit.
    #[serde(with = "alloy_serde::quantity")]
    pub unit_bytes: u64,
    /// Wei of a tick.
    pub tick_wei: U256,
    /// The part of sellers' earnings that is kept, in 1/10,000.
    pub fee_bps: u16,
    /// What of an undelivered part is burnt from the buyer, and as much from the seller, in 1/10,000.
    pub penalty_bps: u16,
    /// Least price of a unit, in ticks.
    #[serde(with = "alloy_serde::quantity")]
    pub min_ask_ticks: u64,
    /// What a place in the book costs at least.
    pub book_fee_wei: U256,
    /// How long leases run, in seconds.
    pub lease_s: u32,
    /// How long receipts are taken after that, in seconds.
    pub receipt_s: u32,
}

/// A standing offer: `market_offer`, `market_offers`, `market_offersOf`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MarketOffer {
    /// Its id.
    #[serde(with = "alloy_serde::quantity")]
    pub id: u64,
    /// Who earns.
    pub seller: Address,
    /// Units an epoch.
    pub capacity: u32,
    /// Least that the seller wants for a unit after the fee, in ticks.
    #[serde(with = "alloy_serde::quantity")]
    pub reserve_ticks: u64,
    /// Least price at which it sells a unit, the fee included, in ticks.
    #[serde(with = "alloy_serde::quantity")]
    pub ask_ticks: u64,
    /// What it seeds.
    pub swarms: Vec<B256>,
    /// First epoch that it is for.
    pub from_epoch: u32,
    /// Last one; before the first where it was withdrawn before it began.
    pub to_epoch: u32,
    /// First epoch whose book it is in, given its seller's bond; `null` while that is less than half of what it binds,
    /// when the offer leaves the books from the next epoch on.
    pub active_from: Option<u32>,
    /// Leases that are not closed.
    pub open_leases: u32,
    /// What of the seller's bond it binds.
    pub required_wei: U256,
}

/// Part of a list of offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OfferPage {
    /// Offers.
    pub offers: Vec<MarketOffer>,
    /// Where the next part begins; `null` at the end.
    pub next: Option<u32>,
}

/// A seller: `market_seller`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MarketSeller {
    /// Who.
    pub seller: Address,
    /// Its bond.
    pub bond_wei: U256,
    /// What its offers bind of it.
    pub required_wei: U256,
    /// Whether that is enough. Offers stay in the books while it is half of it.
    pub is_enough: bool,
    /// First epoch in whose books its offers are; `null` while the bond is less than half of what they bind.
    pub active_from: Option<u32>,
    /// Closed leases that the following is about: the newest, at most 1,000.
    pub closed_leases: u32,
    /// What they were of, in bytes.
    #[serde(with = "alloy_serde::quantity")]
    pub leased_bytes: u128,
    /// What buyers signed for, in bytes.
    #[serde(with = "alloy_serde::quantity")]
    pub delivered_bytes: u128,
    /// What they earned after fees.
    pub net_wei: U256,
    /// What of the bond was burnt for what was not delivered.
    pub bond_burnt_wei: U256,
}

/// Where a bid stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BidStatus {
    /// In the book, not revealed.
    Sealed,
    /// In the book, revealed.
    Revealed,
    /// Its epoch is over.
    Over,
}

/// A bid: `market_bid`, `market_bids`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MarketBid {
    /// Its id.
    #[serde(with = "alloy_serde::quantity")]
    pub id: u64,
    /// Who pays.
    pub buyer: Address,
    /// Who signs receipts.
    pub signer: Address,
    /// What is downloaded.
    pub swarm: B256,
    /// The newest epoch that it was in the book of.
    pub epoch: u32,
    /// Where it stands.
    pub status: BidStatus,
    /// Most units.
    pub qmax: u32,
    /// Locked for each epoch.
    pub lock_wei: U256,
    /// No unit costs more, in ticks; what it bids for all units if it is not revealed.
    #[serde(with = "alloy_serde::quantity")]
    pub ceiling_ticks: u64,
    /// Epochs that it is still in the book of, this one counted; 0 when it is over.
    pub epochs_left: u32,
    /// What it bids, once that is known.
    pub tiers: Option<Vec<BidTier>>,
    /// What it came to, newest epoch first.
    pub awards: Vec<Award>,
}

/// What a bid came to in an epoch: `market_awards`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Award {
    /// The bid.
    #[serde(with = "alloy_serde::quantity")]
    pub bid: u64,
    /// The epoch.
    pub epoch: u32,
    /// What is downloaded.
    pub swarm: B256,
    /// Units won.
    pub units: u32,
    /// What they cost; kept for the leases.
    pub payment_wei: U256,
    /// What was locked and returned.
    pub refund_wei: U256,
    /// Block that said so.
    #[serde(with = "alloy_serde::quantity")]
    pub block: u64,
}

/// How a lease ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeaseEnd {
    /// Block that closed it.
    #[serde(with = "alloy_serde::quantity")]
    pub block: u64,
    /// What the seller got.
    pub net_wei: U256,
    /// The fee on it.
    pub fee_wei: U256,
    /// What the buyer got back.
    pub refund_wei: U256,
    /// What of the escrow was burnt.
    pub burnt_wei: U256,
    /// What of the seller's bond was burnt.
    pub bond_burnt_wei: U256,
}

/// A lease: `market_lease`, `market_leases`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MarketLease {
    /// What receipts name it by.
    pub id: B256,
    /// The epoch that it was won in.
    pub epoch: u32,
    /// The bid.
    #[serde(with = "alloy_serde::quantity")]
    pub bid: u64,
    /// The offer.
    #[serde(with = "alloy_serde::quantity")]
    pub offer: u64,
    /// What is downloaded.
    pub swarm: B256,
    /// Who pays.
    pub buyer: Address,
    /// Who delivers.
    pub seller: Address,
    /// Who signs receipts.
    pub signer: Address,
    /// Units.
    pub units: u32,
    /// Bytes to deliver.
    #[serde(with = "alloy_serde::quantity")]
    pub due_bytes: u128,
    /// Bytes of the highest receipt handed in.
    #[serde(with = "alloy_serde::quantity")]
    pub delivered_bytes: u128,
    /// What the buyer paid for it.
    pub buyer_wei: U256,
    /// What the seller earns by it, should all be delivered, the fee included.
    pub seller_wei: U256,
    /// Until when it is delivered; `null` while leases are being opened, and once it is closed.
    #[serde(with = "alloy_serde::quantity::opt")]
    pub ends_at_ms: Option<u64>,
    /// Until when receipts are taken; `null` likewise.
    #[serde(with = "alloy_serde::quantity::opt")]
    pub receipts_until_ms: Option<u64>,
    /// How it ended; `null` while it is open.
    pub end: Option<LeaseEnd>,
}

/// Prices of a swarm in an epoch: `market_prices`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SwarmPrice {
    /// The epoch.
    pub epoch: u32,
    /// Block that said so.
    #[serde(with = "alloy_serde::quantity")]
    pub block: u64,
    /// Units won.
    pub units: u32,
    /// Offers that listed it: with one or two the price is theirs to make.
    pub sellers: u32,
    /// Bids.
    pub bids: u32,
    /// Most that a winner of one unit paid, in ticks.
    #[serde(with = "alloy_serde::quantity")]
    pub marginal_ticks: u64,
    /// What its sellers got for a unit, if they asked no more, in ticks.
    pub seller_ticks: U256,
    /// Whether the uniform price of the fall-back was paid.
    pub is_fallback: bool,
}

/// An epoch that is over: `market_epochs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EpochResult {
    /// Its number.
    pub epoch: u32,
    /// Block with its result.
    #[serde(with = "alloy_serde::quantity")]
    pub block: u64,
    /// Whether it came to nothing.
    pub is_void: bool,
    /// Hash of the result; zero if it is void.
    pub root: B256,
    /// Declared value of what was won less what sellers asked.
    pub welfare_wei: U256,
    /// What buyers pay.
    pub volume_wei: U256,
    /// Operations of clearing.
    #[serde(with = "alloy_serde::quantity")]
    pub ops: u64,
}

/// What a place in the book costs now: `market_bookFee`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BookFees {
    /// For a bid, for each of its epochs.
    pub bid_wei: U256,
    /// For an offer, for each of its epochs.
    pub offer_wei: U256,
}

/// What a bid would have come to: `market_simulateBid`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SimulatedBid {
    /// In this epoch.
    pub epoch: u32,
    /// Units won.
    pub units: u32,
    /// What they would have cost.
    pub payment_wei: U256,
    /// The swarm's price with the bid in the book, in ticks.
    #[serde(with = "alloy_serde::quantity")]
    pub marginal_ticks: u64,
}
