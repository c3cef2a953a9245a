//! The Ethereum header, and where this chain's own facts stand in it.
//!
//! | fact | header field |
//! |---|---|
//! | block time in ms | first 8 bytes of `extra_data`, big-endian; `timestamp` is its whole seconds |
//! | randomness of the proposers' VRF | `mix_hash`, which the EVM shows as `PREVRANDAO` |
//! | the body's `system` section | `requests_hash` = keccak256(rlp(system)) |
//! | fee pool | `beneficiary` |

use super::{Body, base_fee::next_base_fee};
use crate::primitives::{
    addresses::FEE_POOL,
    limits::{MAX_BODY_BYTES, MAX_EXTRA_DATA_BYTES, TIME_BYTES},
};
use alloy_consensus::EMPTY_OMMER_ROOT_HASH;
use alloy_primitives::{B64, B256, Bytes, U256};
use alloy_trie::EMPTY_ROOT_HASH;

/// Ethereum's header.
pub use alloy_consensus::Header;

/// What of a header is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Not the child of the parent at hand.
    #[error("parent hash {have}, expected {want}")]
    Parent {
        /// In the header.
        have: B256,
        /// Of the parent.
        want: B256,
    },
    /// Not the parent's number plus one.
    #[error("block number {have}, expected {want}")]
    Number {
        /// In the header.
        have: u64,
        /// After the parent.
        want: u64,
    },
    /// `extra_data` without a time, or too long.
    #[error("extra data of {0} bytes, expected {TIME_BYTES} to {MAX_EXTRA_DATA_BYTES}")]
    ExtraData(usize),
    /// Not later than the parent.
    #[error("block time {time_ms} ms is not after the parent's {parent_ms} ms")]
    Time {
        /// Of the block.
        time_ms: u64,
        /// Of the parent.
        parent_ms: u64,
    },
    /// `timestamp` differs from the time in `extra_data`.
    #[error("timestamp {timestamp} s does not stand for {time_ms} ms")]
    Timestamp {
        /// Header field.
        timestamp: u64,
        /// From `extra_data`.
        time_ms: u64,
    },
    /// Another gas limit than the chain parameter.
    #[error("gas limit {have}, expected {want}")]
    GasLimit {
        /// In the header.
        have: u64,
        /// The parameter.
        want: u64,
    },
    /// Another base fee than EIP-1559 gives.
    #[error("base fee {have:?} wei, expected {want} wei")]
    BaseFee {
        /// In the header.
        have: Option<u64>,
        /// By rule.
        want: u64,
    },
    /// A field that is always the same on this chain differs.
    #[error("header field {0} must be constant")]
    Constant(&'static str),
    /// The body is not the one the header names.
    #[error("header field {0} does not match the body")]
    Body(&'static str),
    /// A body above [`MAX_BODY_BYTES`].
    #[error("body of {0} bytes, limit {MAX_BODY_BYTES}")]
    BodySize(usize),
}

/// Block time in milliseconds, from `extra_data`. `None` for a header that is not of this chain.
pub fn time_ms(header: &Header) -> Option<u64> {
    let bytes = header.extra_data.get(..TIME_BYTES)?;
    Some(u64::from_be_bytes(bytes.try_into().ok()?))
}

/// What the rules fix of a header before its block is executed.
#[derive(Debug, Clone, Copy)]
pub struct HeaderRules {
    /// Gas limit by parameter.
    pub gas_limit: u64,
    /// Base-fee floor by parameter, in wei.
    pub min_base_fee_wei: u64,
}

impl HeaderRules {
    /// Base fee of the child of `parent`.
    pub fn base_fee_after(&self, parent: &Header) -> u64 {
        let parent_fee = parent.base_fee_per_gas.unwrap_or(self.min_base_fee_wei);
        next_base_fee(parent.gas_used, parent.gas_limit, parent_fee, self.min_base_fee_wei)
    }
}

/// A header with everything set that is known before execution; roots, bloom and gas follow.
pub fn child_of(
    parent: &Header,
    parent_hash: B256,
    rules: HeaderRules,
    time_ms: u64,
    mix: B256,
    free_bytes: &[u8],
) -> Header {
    let mut extra = time_ms.to_be_bytes().to_vec();
    extra.extend_from_slice(free_bytes);
    Header {
        parent_hash,
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: FEE_POOL,
        difficulty: U256::ZERO,
        number: parent.number.saturating_add(1),
        gas_limit: rules.gas_limit,
        timestamp: time_ms / 1000,
        extra_data: Bytes::from(extra),
        mix_hash: mix,
        nonce: B64::ZERO,
        base_fee_per_gas: Some(rules.base_fee_after(parent)),
        withdrawals_root: Some(EMPTY_ROOT_HASH),
        blob_gas_used: Some(0),
        excess_blob_gas: Some(0),
        parent_beacon_block_root: Some(B256::ZERO),
        ..Header::default()
    }
}

/// Checks a header against its parent and the rules; needs neither body nor execution.
pub fn validate_fields(
    header: &Header,
    parent: &Header,
    parent_hash: B256,
    rules: HeaderRules,
) -> Result<(), HeaderError> {
    if header.parent_hash != parent_hash {
        return Err(HeaderError::Parent { have: header.parent_hash, want: parent_hash });
    }
    let want = parent.number.saturating_add(1);
    if header.number != want {
        return Err(HeaderError::Number { have: header.number, want });
    }
    validate_time(header, parent)?;
    if header.gas_limit != rules.gas_limit {
        return Err(HeaderError::GasLimit { have: header.gas_limit, want: rules.gas_limit });
    }
    let want = rules.base_fee_after(parent);
    if header.base_fee_per_gas != Some(want) {
        return Err(HeaderError::BaseFee { have: header.base_fee_per_gas, want });
    }
    validate_constants(header)
}

/// Checks that a body is of allowed size and the one that the header names.
pub fn validate_body(header: &Header, body: &Body) -> Result<(), HeaderError> {
    let size = body.encoded_len();
    if size > MAX_BODY_BYTES {
        return Err(HeaderError::BodySize(size));
    }
    if header.transactions_root != body.transactions_root() {
        return Err(HeaderError::Body("transactionsRoot"));
    }
    if header.requests_hash != Some(body.system_hash()) {
        return Err(HeaderError::Body("requestsHash"));
    }
    Ok(())
}

fn validate_time(header: &Header, parent: &Header) -> Result<(), HeaderError> {
    let length = header.extra_data.len();
    let time_ms = time_ms(header)
        .filter(|_| length <= MAX_EXTRA_DATA_BYTES)
        .ok_or(HeaderError::ExtraData(length))?;
    let parent_ms = self::time_ms(parent).unwrap_or(0);
    if time_ms <= parent_ms {
        return Err(HeaderError::Time { time_ms, parent_ms });
    }
    if header.timestamp != time_ms / 1000 {
        return Err(HeaderError::Timestamp { timestamp: header.timestamp, time_ms });
    }
    Ok(())
}

fn validate_constants(header: &Header) -> Result<(), HeaderError> {
    let constant = [
        (header.ommers_hash == EMPTY_OMMER_ROOT_HASH, "sha3Uncles"),
        (header.beneficiary == FEE_POOL, "miner"),
        (header.difficulty.is_zero(), "difficulty"),
        (header.nonce == B64::ZERO, "nonce"),
        (header.withdrawals_root == Some(EMPTY_ROOT_HASH), "withdrawalsRoot"),
        (header.blob_gas_used == Some(0), "blobGasUsed"),
        (header.excess_blob_gas == Some(0), "excessBlobGas"),
        (header.parent_beacon_block_root == Some(B256::ZERO), "parentBeaconBlockRoot"),
        (header.block_access_list_hash.is_none(), "blockAccessListHash"),
        (header.slot_number.is_none(), "slotNumber"),
    ];
    match constant.into_iter().find(|(holds, _)| !holds) {
        Some((_, field)) => Err(HeaderError::Constant(field)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_other_chains_forks_are_refused() {
        let rules = HeaderRules { gas_limit: 60_000_000, min_base_fee_wei: 1 };
        let parent = Header { gas_limit: 60_000_000, ..Header::default() };
        let header = child_of(&parent, B256::ZERO, rules, 1_000, B256::ZERO, &[]);
        let validate = |header: &Header| validate_fields(header, &parent, B256::ZERO, rules);
        assert_eq!(validate(&header), Ok(()));
        let with_slot = Header { slot_number: Some(1), ..header.clone() };
        assert_eq!(validate(&with_slot), Err(HeaderError::Constant("slotNumber")));
        let with_list = Header { block_access_list_hash: Some(B256::ZERO), ..header };
        assert_eq!(validate(&with_list), Err(HeaderError::Constant("blockAccessListHash")));
    }
}
