//! Events of channels: `channel_history`, `channel_subscribe`.

use super::ChannelKind;
use alloy_primitives::{Address, B256, Bytes, U256};
use serde::{Deserialize, Serialize};

/// What happened to a channel or pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ChannelChange {
    /// It was opened.
    Opened {
        /// Deposit.
        deposit_wei: U256,
        /// A pool's collateral.
        collateral_wei: Option<U256>,
    },
    /// Its deposit has grown.
    ToppedUp {
        /// By whom.
        from: Address,
        /// How much.
        amount_wei: U256,
        /// Deposit since.
        deposit_wei: U256,
        /// A pool's collateral since.
        collateral_wei: Option<U256>,
    },
    /// A payee was paid.
    Settled {
        /// In which lane; `null` where a batch paid.
        lane: Option<u32>,
        /// How much.
        paid_wei: U256,
        /// Paid out since, in all (of a pool: to this payee); `null` where a batch paid.
        settled_wei: Option<U256>,
    },
    /// A tower kept its tip.
    TowerPaid {
        /// Which.
        tower: Address,
        /// How much.
        tip_wei: U256,
    },
    /// The payer has asked to close: settle before the grace is over!
    CloseRequested {
        /// The grace lasts until this time …
        #[serde(with = "alloy_serde::quantity")]
        closes_at_ms: u64,
        /// … and this block have come.
        #[serde(with = "alloy_serde::quantity")]
        closes_at_block: u64,
    },
    /// The payer took it back.
    CloseCancelled,
    /// The payer of a pool promised more than there is; its collateral is burnt.
    Frozen {
        /// How much.
        burnt_wei: U256,
    },
    /// It is gone.
    Closed {
        /// Paid to the payee at the end; `null` for pools.
        paid_wei: Option<U256>,
        /// Returned to the payer.
        refunded_wei: U256,
    },
}

/// An event with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelEvent {
    /// Of which channel or pool.
    pub id: B256,
    /// Which of the two.
    pub kind: ChannelKind,
    /// Its payer.
    pub payer: Address,
    /// Its payee; of a pool who was paid, or `null`.
    pub payee: Option<Address>,
    /// What happened.
    #[serde(flatten)]
    pub change: ChannelChange,
    /// Block.
    #[serde(with = "alloy_serde::quantity")]
    pub block_number: u64,
    /// Transaction.
    pub transaction_hash: B256,
    /// Place of the log in the block.
    #[serde(with = "alloy_serde::quantity")]
    pub log_index: u64,
}

/// Part of a channel's events, oldest first: `channel_history`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelEventPage {
    /// Events.
    pub events: Vec<ChannelEvent>,
    /// Cursor of the next part; `null` at the end.
    pub next: Option<Bytes>,
}

/// Which events: `channel_subscribe`. All of what is given must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChannelFilter {
    /// Of this channel or pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<B256>,
    /// Of this payer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<Address>,
    /// Of this payee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payee: Option<Address>,
}

impl ChannelFilter {
    /// Whether an event is wanted.
    pub fn takes(&self, event: &ChannelEvent) -> bool {
        self.channel.is_none_or(|id| id == event.id)
            && self.payer.is_none_or(|payer| payer == event.payer)
            && self.payee.is_none_or(|payee| Some(payee) == event.payee)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_flat_json_and_comes_back() {
        let event = ChannelEvent {
            id: B256::repeat_byte(1),
            kind: ChannelKind::Channel,
            payer: Address::repeat_byte(2),
            payee: Some(Address::repeat_byte(3)),
            change: ChannelChange::CloseRequested { closes_at_ms: 16, closes_at_block: 17 },
            block_number: 1,
            transaction_hash: B256::repeat_byte(4),
            log_index: 2,
        };
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!(json["event"], "closeRequested");
        assert_eq!((&json["closesAtMs"], &json["blockNumber"]), (&"0x10".into(), &"0x1".into()));
        assert_eq!(serde_json::from_value::<ChannelEvent>(json).unwrap(), event);
    }

    #[test]
    fn a_filter_wants_all_that_it_names() {
        let event = ChannelEvent {
            id: B256::repeat_byte(1),
            kind: ChannelKind::Pool,
            payer: Address::repeat_byte(2),
            payee: None,
            change: ChannelChange::CloseCancelled,
            block_number: 1,
            transaction_hash: B256::ZERO,
            log_index: 0,
        };
        let payer = Some(event.payer);
        assert!(ChannelFilter::default().takes(&event));
        assert!(ChannelFilter { payer, ..Default::default() }.takes(&event));
        let payee = Some(Address::repeat_byte(3));
        assert!(!ChannelFilter { payer, payee, channel: None }.takes(&event));
        assert!(!ChannelFilter { channel: Some(B256::ZERO), ..Default::default() }.takes(&event));
    }
}
