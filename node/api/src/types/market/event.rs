//! Events of the market: `market_subscribe`.

use super::{BidTier, MarketPhase};
use alloy_primitives::{Address, B256, U256};
use serde::{Deserialize, Serialize};

/// What happened. Bids and offers are named by their ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[expect(
    missing_docs,
    reason = "fields are named as in the module's interface, which documents them"
)]
pub enum MarketChange {
    /// A phase has begun; bids are revealed in `reveal`.
    PhaseChanged {
        epoch: u32,
        phase: MarketPhase,
        ends_at_ms: u64,
        ends_at_block: u64,
    },
    OfferPosted {
        offer: u64,
        seller: Address,
        capacity: u32,
        reserve_ticks: u64,
        swarms: Vec<B256>,
        from_epoch: u32,
        to_epoch: u32,
    },
    OfferWithdrawn {
        offer: u64,
        seller: Address,
        last_epoch: u32,
    },
    OfferEnded {
        offer: u64,
        seller: Address,
        last_epoch: u32,
    },
    BondChanged {
        seller: Address,
        bond_wei: U256,
        required_wei: U256,
        is_enough: bool,
    },
    BidCommitted {
        bid: u64,
        buyer: Address,
        swarm: B256,
        epoch: u32,
        qmax: u32,
        lock_ticks: u64,
    },
    BidRevealed {
        bid: u64,
        buyer: Address,
        swarm: B256,
        epoch: u32,
        tiers: Vec<BidTier>,
    },
    BidDefaulted {
        bid: u64,
        buyer: Address,
        swarm: B256,
        epoch: u32,
    },
    BidCancelled {
        bid: u64,
        buyer: Address,
        last_epoch: u32,
        refund_wei: U256,
    },
    BidRenewed {
        bid: u64,
        buyer: Address,
        swarm: B256,
        epoch: u32,
        epochs_left: u32,
    },
    EpochFrozen {
        epoch: u32,
        bids: u32,
        offers: u32,
    },
    EpochCleared {
        epoch: u32,
        root: B256,
        welfare_wei: U256,
        volume_wei: U256,
    },
    EpochVoided {
        epoch: u32,
    },
    /// What a bid came to: an award, or nothing.
    Won {
        bid: u64,
        buyer: Address,
        swarm: B256,
        epoch: u32,
        units: u32,
        payment_wei: U256,
        refund_wei: U256,
    },
    LeaseOpened {
        lease: B256,
        buyer: Address,
        seller: Address,
        epoch: u32,
        bid: u64,
        offer: u64,
        swarm: B256,
        signer: Address,
        units: u32,
        buyer_wei: U256,
        seller_wei: U256,
    },
    LeasesStarted {
        epoch: u32,
        leases: u32,
        ends_at_ms: u64,
        receipts_until_ms: u64,
    },
    ReceiptSubmitted {
        lease: B256,
        delivered_bytes: U256,
    },
    LeaseClosed {
        lease: B256,
        buyer: Address,
        seller: Address,
        delivered_bytes: U256,
        due_bytes: U256,
        net_wei: U256,
        fee_wei: U256,
        refund_wei: U256,
    },
    SwarmPriced {
        swarm: B256,
        epoch: u32,
        units: u32,
        sellers: u32,
        bids: u32,
        marginal_ticks: u64,
        seller_ticks: U256,
    },
}

/// An event with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MarketEvent {
    /// Block.
    #[serde(with = "alloy_serde::quantity")]
    pub block: u64,
    /// Number among the block's events.
    pub log: u32,
    /// Transaction; `null` for what the chain did by itself.
    pub transaction: Option<B256>,
    /// What happened.
    #[serde(flatten)]
    pub change: MarketChange,
}

/// Which events. Phases and ends of epochs come to everybody.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MarketFilter {
    /// Only what concerns this swarm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swarm: Option<B256>,
    /// Only what concerns this account, as buyer or seller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Address>,
}
