//! What `market_` is asked for. Every builder's answer is a transaction that nobody has signed.

use super::super::Number;
use alloy_primitives::{Address, B256, Bytes, U256};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// A count, read as a [`Number`] is.
fn count<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let Number(number) = Number::deserialize(from)?;
    u32::try_from(number).map_err(|_| D::Error::custom(format!("{number} is above {}", u32::MAX)))
}

/// The same where it may be left out.
fn count_if_any<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    #[derive(Deserialize)]
    struct Count(#[serde(deserialize_with = "count")] u32);
    Ok(Option::<Count>::deserialize(from)?.map(|count| count.0))
}

/// So many units at this price each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BidTier {
    /// Ticks for a unit.
    pub price_ticks: Number,
    /// Units.
    #[serde(deserialize_with = "count")]
    pub quantity: u32,
}

/// Offers capacity: `market_postOffer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PostOffer {
    /// The seller.
    pub from: Address,
    /// Units an epoch.
    #[serde(deserialize_with = "count")]
    pub capacity: u32,
    /// Least for a unit after the fee, in ticks.
    pub reserve_ticks: Number,
    /// What it seeds, at most 16, in any order.
    pub swarms: Vec<B256>,
    /// Last epoch; without it as many as last an hour if all have bids.
    #[serde(default, deserialize_with = "count_if_any", skip_serializing_if = "Option::is_none")]
    pub to_epoch: Option<u32>,
    /// Bond to add; without it what the offer needs beyond what the seller's bond has free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bond_wei: Option<U256>,
}

/// Replaces an offer from the next epoch on: `market_changeOffer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeOffer {
    /// The offer that ends.
    pub id: Number,
    /// The one that follows.
    #[serde(flatten)]
    pub offer: PostOffer,
}

/// Ends an offer with the current epoch: `market_withdrawOffer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WithdrawOffer {
    /// The seller.
    pub from: Address,
    /// The offer.
    pub id: Number,
}

/// Adds to a seller's bond: `market_topUpBond`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TopUpBond {
    /// The seller.
    pub from: Address,
    /// How much.
    pub amount_wei: U256,
}

/// Takes free bond out: `market_withdrawBond`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WithdrawBond {
    /// The seller.
    pub from: Address,
    /// How much; without it all that is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_wei: Option<U256>,
}

/// Seals a bid: `market_commit`. Keep tiers and salt: without a reveal it bids its ceiling for all units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CommitBid {
    /// The buyer.
    pub from: Address,
    /// What is downloaded: an infohash of 20 bytes left-aligned, zeros after it.
    pub swarm: B256,
    /// What it bids; prices fall or stay from tier to tier.
    pub tiers: Vec<BidTier>,
    /// Drawn at random by the buyer and kept secret until the reveal.
    pub salt: B256,
    /// No unit costs more, in ticks; this and `qmax` are public. Without it the first tier's price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceiling_ticks: Option<Number>,
    /// Most units; without it those of the tiers.
    #[serde(default, deserialize_with = "count_if_any", skip_serializing_if = "Option::is_none")]
    pub qmax: Option<u32>,
    /// Who signs receipts; without it the buyer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<Address>,
    /// Most for a place in the book; without it what it costs now and half as much again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_book_fee_wei: Option<U256>,
    /// Epochs that it stands for; without it one.
    #[serde(default, deserialize_with = "count_if_any", skip_serializing_if = "Option::is_none")]
    pub epochs: Option<u32>,
}

/// Opens a bid: `market_reveal`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RevealBid {
    /// The buyer.
    pub from: Address,
    /// The bid.
    pub id: Number,
    /// As they were sealed.
    pub tiers: Vec<BidTier>,
    /// As it was sealed.
    pub salt: B256,
}

/// Ends a standing bid with its current epoch: `market_cancelBid`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CancelBid {
    /// The buyer.
    pub from: Address,
    /// The bid.
    pub id: Number,
}

/// A receipt with its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MarketReceipt {
    /// The lease.
    pub lease_id: B256,
    /// Delivered in all.
    pub delivered_bytes: Number,
    /// By the bid's signer, 64 or 65 bytes.
    pub signature: Bytes,
}

/// Hands receipts in: `market_submitReceipts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SubmitReceipts {
    /// Who sends them; anyone may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Address>,
    /// At most 512.
    pub receipts: Vec<MarketReceipt>,
}

/// What a commit seals: `market_commitHash`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CommitHashQuery {
    /// The epoch; without it the one under way.
    #[serde(default, deserialize_with = "count_if_any", skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u32>,
    /// The buyer.
    pub buyer: Address,
    /// What is downloaded.
    pub swarm: B256,
    /// What it bids.
    pub tiers: Vec<BidTier>,
    /// Its secret.
    pub salt: B256,
}

/// What a receipt's signer signs: `market_receiptDigest`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptDigest {
    /// EIP-712 hash.
    pub digest: B256,
    /// For `eth_signTypedData_v4`.
    pub typed_data: serde_json::Value,
}

/// A bid to try on books of the past: `market_simulateBid`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SimulateBid {
    /// What is downloaded.
    pub swarm: B256,
    /// What it bids.
    pub tiers: Vec<BidTier>,
    /// The newest so many epochs that had bids, at most 8; without it one.
    #[serde(default, deserialize_with = "count_if_any", skip_serializing_if = "Option::is_none")]
    pub epochs: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, from_value, json};

    #[test]
    fn counts_are_read_as_quantities_and_what_is_missing_is_named() {
        let swarm = B256::repeat_byte(1);
        let bid = |units: Value, epochs: Value| {
            let tiers = json!([{ "priceTicks": "0x32", "quantity": units }]);
            from_value::<SimulateBid>(json!({ "swarm": swarm, "tiers": tiers, "epochs": epochs }))
                .map_err(|error| error.to_string())
        };
        let tier = BidTier { price_ticks: Number(50), quantity: 4 };
        let want = SimulateBid { swarm, tiers: vec![tier], epochs: Some(3) };
        assert_eq!(bid(json!("0x4"), json!("0x3")), Ok(want.clone()));
        assert_eq!(bid(json!(4), json!(3)), Ok(want.clone()));
        assert_eq!(bid(json!(4), Value::Null), Ok(SimulateBid { epochs: None, ..want }));
        let above = bid(json!(4_294_967_296u64), Value::Null);
        assert_eq!(above, Err("4294967296 is above 4294967295".to_owned()));
        let nameless = from_value::<CancelBid>(json!({ "from": Address::ZERO })).unwrap_err();
        assert_eq!(nameless.to_string(), "missing field `id`");
        let offer = json!({
            "id": 7, "from": Address::ZERO, "capacity": "0x64", "reserveTicks": 5, "swarms": [swarm], "toEpoch": "0x10",
        });
        let change: ChangeOffer = from_value(offer).unwrap();
        assert_eq!((change.offer.capacity, change.offer.to_epoch), (100, Some(16)));
    }
}
