//! Vouchers as JSON: the fields have the names of the EIP-712 types. Numbers are read as quantities, as
//! decimal strings and as JSON numbers, because wallets and tools write typed data in each of these forms.

use super::ChannelStatus;
use alloy_primitives::{Address, B256, Bytes, U256};
use btt_runtime::modules::channels::voucher as abi;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// What a lane has been paid in all: the EIP-712 type `Voucher`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChannelVoucher {
    /// Of which channel.
    pub channel_id: B256,
    /// Lane, 0 to 3.
    #[serde(default, deserialize_with = "number")]
    pub lane: u32,
    /// Paid in this lane in all, in wei.
    #[serde(with = "amount")]
    pub cumulative_amount: u128,
    /// t_0 of the ticks after it; zero for none.
    #[serde(default)]
    pub tick_anchor: B256,
    /// Wei a tick.
    #[serde(default, with = "amount")]
    pub tick_value: u128,
    /// The last tick that counts.
    #[serde(default, deserialize_with = "number")]
    pub tick_max: u32,
}

/// The same for one payee of a pool: the EIP-712 type `PoolVoucher`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PoolChannelVoucher {
    /// Of which pool.
    pub pool_id: B256,
    /// Who is paid.
    pub payee: Address,
    /// Lane, 0 to 3.
    #[serde(default, deserialize_with = "number")]
    pub lane: u32,
    /// Paid in this lane in all, in wei.
    #[serde(with = "amount")]
    pub cumulative_amount: u128,
    /// t_0 of the ticks after it; zero for none.
    #[serde(default)]
    pub tick_anchor: B256,
    /// Wei a tick.
    #[serde(default, with = "amount")]
    pub tick_value: u128,
    /// The last tick that counts.
    #[serde(default, deserialize_with = "number")]
    pub tick_max: u32,
}

/// A voucher that counts only with a secret and before a time: the EIP-712 type `ConditionalVoucher`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConditionalChannelVoucher {
    /// Of which channel.
    pub channel_id: B256,
    /// Lane, 0 to 3.
    #[serde(default, deserialize_with = "number")]
    pub lane: u32,
    /// Paid in this lane in all, in wei.
    #[serde(with = "amount")]
    pub cumulative_amount: u128,
    /// keccak256 of the secret.
    pub hash_lock: B256,
    /// Seconds since 1970.
    #[serde(deserialize_with = "number")]
    pub timeout: u64,
}

/// Any of the three. Which one, its fields tell: `poolId`, `hashLock`, or neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum AnyVoucher {
    /// Of a channel.
    Voucher(ChannelVoucher),
    /// Of a pool.
    Pool(PoolChannelVoucher),
    /// With a condition.
    Conditional(ConditionalChannelVoucher),
}

impl<'de> Deserialize<'de> for AnyVoucher {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let json = serde_json::Value::deserialize(from)?;
        let read = if json.get("poolId").is_some() {
            serde_json::from_value(json).map(Self::Pool)
        } else if json.get("hashLock").is_some() {
            serde_json::from_value(json).map(Self::Conditional)
        } else {
            serde_json::from_value(json).map(Self::Voucher)
        };
        read.map_err(|error| D::Error::custom(format!("no voucher: {error}")))
    }
}

impl AnyVoucher {
    /// Channel or pool that pays.
    pub const fn id(&self) -> B256 {
        match self {
            Self::Voucher(v) => v.channel_id,
            Self::Pool(v) => v.pool_id,
            Self::Conditional(v) => v.channel_id,
        }
    }

    /// Its lane.
    pub const fn lane(&self) -> u32 {
        match self {
            Self::Voucher(v) => v.lane,
            Self::Pool(v) => v.lane,
            Self::Conditional(v) => v.lane,
        }
    }
}

/// How many ticks after a voucher were paid, and the preimage that proves it; 0 for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VoucherTick {
    /// Ticks paid.
    #[serde(deserialize_with = "number")]
    pub index: u32,
    /// t_index.
    pub preimage: B256,
}

/// How both sides end a channel at once: the EIP-712 type `CoopClose`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CoopCloseSplit {
    /// Which channel.
    pub channel_id: B256,
    /// Paid out so far.
    #[serde(with = "amount")]
    pub settled: u128,
    /// Of what remains, to the payer.
    #[serde(with = "amount")]
    pub payer_part: u128,
    /// Of what remains, to the payee.
    #[serde(with = "amount")]
    pub payee_part: u128,
}

/// A voucher with what proves it: `channel_verifyVoucher`, `channel_prepareBatch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignedVoucher {
    /// The voucher.
    pub voucher: AnyVoucher,
    /// The newest tick after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tick: Option<VoucherTick>,
    /// The secret of a voucher with a condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<B256>,
    /// The signer's signature: 65 bytes, or 64 (EIP-2098).
    pub signature: Bytes,
    /// What was signed, as the wallet's lines carry it; nobody relies on it.
    #[serde(default, skip_serializing)]
    pub digest: Option<B256>,
}

/// What a voucher's signer signs: `channel_digest`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VoucherDigest {
    /// keccak256(0x1901 ‖ domain separator ‖ hash of the struct).
    pub digest: B256,
    /// The same as `eth_signTypedData_v4` takes it.
    pub typed_data: serde_json::Value,
}

/// Whether a voucher would be paid now: `channel_verifyVoucher`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VoucherVerdict {
    /// Its signature and its amount hold; `dueWei` may still be zero.
    pub valid: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who signed it; `null` where the signature is nobody's.
    pub signer: Option<Address>,
    /// Claimed in its lane, ticks included.
    pub claim_wei: U256,
    /// Paid out in its lane (for a pool: to the payee in it).
    pub settled_wei: U256,
    /// What settling it would pay.
    pub due_wei: U256,
    /// Where channel or pool stands; `null` where there is none of this id.
    pub status: Option<ChannelStatus>,
}

fn number<'de, D: Deserializer<'de>, T: TryFrom<u128>>(from: D) -> Result<T, D::Error> {
    let wide = amount::deserialize(from)?;
    T::try_from(wide).map_err(|_| D::Error::custom(format!("{wide} is too large for its field")))
}

/// An amount of 128 bits, written as a quantity.
pub(super) mod amount {
    use super::{Deserialize as _, Deserializer, U256};
    use serde::{Serializer, de::Error as _};

    pub(in super::super) fn serialize<S: Serializer>(wei: &u128, to: S) -> Result<S::Ok, S::Error> {
        alloy_serde::quantity::serialize(wei, to)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<u128, D::Error> {
        let wide = U256::deserialize(from)?;
        u128::try_from(wide).map_err(|_| D::Error::custom(format!("{wide} has more than 128 bits")))
    }
}

impl From<ChannelVoucher> for abi::Voucher {
    fn from(v: ChannelVoucher) -> Self {
        Self {
            channelId: v.channel_id,
            lane: v.lane,
            cumulativeAmount: v.cumulative_amount,
            tickAnchor: v.tick_anchor,
            tickValue: v.tick_value,
            tickMax: v.tick_max,
        }
    }
}

impl From<&abi::Voucher> for ChannelVoucher {
    fn from(v: &abi::Voucher) -> Self {
        Self {
            channel_id: v.channelId,
            lane: v.lane,
            cumulative_amount: v.cumulativeAmount,
            tick_anchor: v.tickAnchor,
            tick_value: v.tickValue,
            tick_max: v.tickMax,
        }
    }
}

impl From<PoolChannelVoucher> for abi::PoolVoucher {
    fn from(v: PoolChannelVoucher) -> Self {
        Self {
            poolId: v.pool_id,
            payee: v.payee,
            lane: v.lane,
            cumulativeAmount: v.cumulative_amount,
            tickAnchor: v.tick_anchor,
            tickValue: v.tick_value,
            tickMax: v.tick_max,
        }
    }
}

impl From<ConditionalChannelVoucher> for abi::ConditionalVoucher {
    fn from(v: ConditionalChannelVoucher) -> Self {
        Self {
            channelId: v.channel_id,
            lane: v.lane,
            cumulativeAmount: v.cumulative_amount,
            hashLock: v.hash_lock,
            timeout: v.timeout,
        }
    }
}

impl From<VoucherTick> for abi::Tick {
    fn from(tick: VoucherTick) -> Self {
        Self { index: tick.index, preimage: tick.preimage }
    }
}

impl From<&abi::Tick> for VoucherTick {
    fn from(tick: &abi::Tick) -> Self {
        Self { index: tick.index, preimage: tick.preimage }
    }
}

impl From<CoopCloseSplit> for abi::CoopClose {
    fn from(split: CoopCloseSplit) -> Self {
        Self {
            channelId: split.channel_id,
            settled: split.settled,
            payerPart: split.payer_part,
            payeePart: split.payee_part,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: serde_json::Value) -> Result<AnyVoucher, String> {
        serde_json::from_value(json).map_err(|error| error.to_string())
    }

    #[test]
    fn fields_tell_which_voucher_it_is_and_numbers_come_in_three_forms() {
        let id = B256::repeat_byte(7);
        let plain =
            ChannelVoucher { channel_id: id, cumulative_amount: 1 << 80, ..Default::default() };
        for amount in ["\"0x100000000000000000000\"", "\"1208925819614629174706176\""] {
            let json = format!(r#"{{"channelId":"{id}","lane":"0","cumulativeAmount":{amount}}}"#);
            let json = serde_json::from_str(&json).unwrap();
            assert_eq!(read(json), Ok(AnyVoucher::Voucher(plain)));
        }
        let pool = serde_json::json!({
            "poolId": id, "payee": Address::repeat_byte(2), "cumulativeAmount": 5, "tickMax": "0x2",
        });
        let Ok(AnyVoucher::Pool(pool)) = read(pool) else { panic!("a pool's voucher") };
        assert_eq!((pool.cumulative_amount, pool.tick_max), (5, 2));
        let conditional = serde_json::json!({
            "channelId": id, "cumulativeAmount": "0x1", "hashLock": id, "timeout": 1_700_000_000,
        });
        let Ok(AnyVoucher::Conditional(conditional)) = read(conditional) else {
            panic!("a voucher with a condition")
        };
        assert_eq!(conditional.timeout, 1_700_000_000);
    }

    #[test]
    fn what_is_no_voucher_is_refused_with_the_field_that_is_wrong() {
        let id = B256::repeat_byte(7);
        let error = |json| read(json).unwrap_err();
        let missing = error(serde_json::json!({ "channelId": id }));
        assert_eq!(missing, "no voucher: missing field `cumulativeAmount`");
        let wide = serde_json::json!({
            "channelId": id, "cumulativeAmount": "0x100000000000000000000000000000000",
        });
        let text = "340282366920938463463374607431768211456 has more than 128 bits";
        assert_eq!(error(wide), format!("no voucher: {text}"));
        let lane =
            serde_json::json!({ "channelId": id, "cumulativeAmount": 1, "lane": 4294967296u64 });
        assert_eq!(error(lane), "no voucher: 4294967296 is too large for its field");
        let unknown = serde_json::json!({ "channelId": id, "cumulativeAmount": 1, "nonce": 1 });
        assert!(error(unknown).starts_with("no voucher: unknown field `nonce`"));
    }
}
