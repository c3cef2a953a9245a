//! Events of the market: `market_subscribe`.

use super::{BidTier, MarketPhase};
use alloy_primitives::{Address, B256, U256};
use serde::{Deserialize, Serialize};

/// What happened. Bids and offers are named by their ids. Written as results are: ids, amounts, times and bytes as
/// quantities, epochs and counts as numbers.
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
        #[serde(with = "alloy_serde::quantity")]
        ends_at_ms: u64,
        #[serde(with = "alloy_serde::quantity")]
        ends_at_block: u64,
    },
    OfferPosted {
        #[serde(with = "alloy_serde::quantity")]
        offer: u64,
        seller: Address,
        capacity: u32,
        #[serde(with = "alloy_serde::quantity")]
        reserve_ticks: u64,
        swarms: Vec<B256>,
        from_epoch: u32,
        to_epoch: u32,
    },
    OfferWithdrawn {
        #[serde(with = "alloy_serde::quantity")]
        offer: u64,
        seller: Address,
        last_epoch: u32,
    },
    OfferEnded {
        #[serde(with = "alloy_serde::quantity")]
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
        #[serde(with = "alloy_serde::quantity")]
        bid: u64,
        buyer: Address,
        swarm: B256,
        epoch: u32,
        qmax: u32,
        #[serde(with = "alloy_serde::quantity")]
        lock_ticks: u64,
    },
    BidRevealed {
        #[serde(with = "alloy_serde::quantity")]
        bid: u64,
        buyer: Address,
        swarm: B256,
        epoch: u32,
        tiers: Vec<BidTier>,
    },
    BidDefaulted {
        #[serde(with = "alloy_serde::quantity")]
        bid: u64,
        buyer: Address,
        swarm: B256,
        epoch: u32,
    },
    BidCancelled {
        #[serde(with = "alloy_serde::quantity")]
        bid: u64,
        buyer: Address,
        last_epoch: u32,
        refund_wei: U256,
    },
    BidRenewed {
        #[serde(with = "alloy_serde::quantity")]
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
        #[serde(with = "alloy_serde::quantity")]
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
        #[serde(with = "alloy_serde::quantity")]
        bid: u64,
        #[serde(with = "alloy_serde::quantity")]
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
        #[serde(with = "alloy_serde::quantity")]
        ends_at_ms: u64,
        #[serde(with = "alloy_serde::quantity")]
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
        #[serde(with = "alloy_serde::quantity")]
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_event_is_written_as_results_are() {
        let event = MarketEvent {
            block: 20,
            log: 1,
            transaction: None,
            change: MarketChange::BidCommitted {
                bid: 17,
                buyer: Address::ZERO,
                swarm: B256::ZERO,
                epoch: 3,
                qmax: 4,
                lock_ticks: 50_000,
            },
        };
        let text = serde_json::to_value(&event).unwrap();
        let wanted = json!({
            "block": "0x14", "log": 1, "transaction": null, "event": "bidCommitted", "bid": "0x11",
            "buyer": Address::ZERO, "swarm": B256::ZERO, "epoch": 3, "qmax": 4, "lockTicks": "0xc350",
        });
        assert_eq!(text, wanted);
        assert_eq!(serde_json::from_value::<MarketEvent>(text).unwrap(), event);
        let phase = MarketChange::PhaseChanged {
            epoch: 3,
            phase: MarketPhase::Reveal,
            ends_at_ms: 5_000,
            ends_at_block: 16,
        };
        let text = serde_json::to_value(&phase).unwrap();
        assert_eq!((&text["endsAtMs"], &text["endsAtBlock"]), (&json!("0x1388"), &json!("0x10")));
    }
}
