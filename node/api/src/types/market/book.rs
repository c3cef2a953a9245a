//! A frozen book: all that decides what an epoch comes to.

use super::BidTier;
use alloy_primitives::{Address, B256};
use serde::{Deserialize, Serialize};

/// An offer in a book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BookOffer {
    /// Its id.
    #[serde(with = "alloy_serde::quantity")]
    pub id: u64,
    /// Who earns.
    pub seller: Address,
    /// Units.
    pub capacity: u32,
    /// Least for a unit after the fee, in ticks.
    #[serde(with = "alloy_serde::quantity")]
    pub reserve_ticks: u64,
    /// What it seeds.
    pub swarms: Vec<B256>,
}

/// A bid in a book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BookBid {
    /// Its id.
    #[serde(with = "alloy_serde::quantity")]
    pub id: u64,
    /// Who pays.
    pub buyer: Address,
    /// What is downloaded.
    pub swarm: B256,
    /// What it bids.
    pub tiers: Vec<BidTier>,
    /// Whether it was not revealed, or stood from an earlier epoch.
    pub is_defaulted: bool,
}

/// A book: `market_book`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MarketBook {
    /// The epoch.
    pub epoch: u32,
    /// What ties are broken by.
    pub seed: B256,
    /// Least price of a unit, in ticks.
    #[serde(with = "alloy_serde::quantity")]
    pub min_ask_ticks: u64,
    /// The part of sellers' earnings that is kept, in 1/10,000.
    pub fee_bps: u16,
    /// Offers.
    pub offers: Vec<BookOffer>,
    /// Bids.
    pub bids: Vec<BookBid>,
    /// Hash of the result; `null` while it is awaited.
    pub root: Option<B256>,
}
