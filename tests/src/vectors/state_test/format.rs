//! The JSON form of Ethereum's GeneralStateTests.
//!
//! # Source
//! <https://ethereum-tests.readthedocs.io/en/latest/test_types/gstate_tests.html>

use alloy_eips::eip2930::AccessList;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use serde::{Deserialize, Deserializer, de::Error as _};
use std::{borrow::Cow, collections::BTreeMap};

/// One file: tests by name.
pub type File = BTreeMap<String, Test>;

/// One test: a state, a block, a family of transactions, and what must come out on each fork.
#[derive(Debug, Clone, Deserialize)]
pub struct Test {
    /// The block.
    pub env: Env,
    /// The state before.
    pub pre: BTreeMap<Address, PreAccount>,
    /// The transactions.
    pub transaction: TransactionFamily,
    /// What must come out, by fork.
    pub post: BTreeMap<String, Vec<Post>>,
}

/// The block that the transaction runs in.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Env {
    /// Beneficiary.
    pub current_coinbase: Address,
    /// Before the Merge.
    #[serde(default)]
    pub current_difficulty: U256,
    /// Block gas limit.
    pub current_gas_limit: U256,
    /// Block number.
    pub current_number: U256,
    /// Seconds.
    pub current_timestamp: U256,
    /// Since London, in wei.
    pub current_base_fee: Option<U256>,
    /// Since the Merge.
    pub current_random: Option<B256>,
    /// Since Cancun.
    pub current_excess_blob_gas: Option<U256>,
}

/// An account before the transaction.
#[derive(Debug, Clone, Deserialize)]
pub struct PreAccount {
    /// Transactions sent.
    pub nonce: U256,
    /// Wei.
    pub balance: U256,
    /// Code.
    pub code: Bytes,
    /// Slots.
    pub storage: BTreeMap<U256, U256>,
}

/// Transactions that differ in data, gas limit and value.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransactionFamily {
    /// Choices of input.
    pub data: Vec<Bytes>,
    /// Choices of gas limit.
    pub gas_limit: Vec<U256>,
    /// Choices of value.
    pub value: Vec<Number>,
    /// Sender's nonce.
    pub nonce: U256,
    /// Receiver.
    #[serde(deserialize_with = "receiver")]
    pub to: TxKind,
    /// The sender's key.
    pub secret_key: B256,
    /// The sender.
    pub sender: Option<Address>,
    /// Legacy and EIP-2930.
    pub gas_price: Option<U256>,
    /// EIP-1559.
    pub max_fee_per_gas: Option<U256>,
    /// EIP-1559.
    pub max_priority_fee_per_gas: Option<U256>,
    /// EIP-2930; by the index of the data.
    pub access_lists: Option<Vec<Option<AccessList>>>,
    /// EIP-7702.
    pub authorization_list: Option<Vec<Authorization>>,
    /// EIP-4844.
    pub max_fee_per_blob_gas: Option<U256>,
}

/// An EIP-7702 authorisation with its signature.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Authorization {
    /// Chain it holds on; zero is all.
    pub chain_id: U256,
    /// Whose code is lent.
    pub address: Address,
    /// Nonce of the authority.
    pub nonce: U256,
    /// Parity of the signature, as some files call it.
    #[serde(alias = "yParity")]
    pub v: U256,
    /// Signature.
    pub r: U256,
    /// Signature.
    pub s: U256,
}

/// What one transaction of the family must give.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Post {
    /// State root after.
    pub hash: B256,
    /// keccak256 of the RLP of the logs.
    pub logs: B256,
    /// Which of the family.
    pub indexes: Indexes,
    /// The signed transaction.
    pub txbytes: Option<Bytes>,
    /// Why it is refused, if it is: names that `|` separates.
    pub expect_exception: Option<String>,
}

/// Places in the lists of a [`TransactionFamily`].
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Indexes {
    /// In `data`.
    pub data: usize,
    /// In `gasLimit`.
    pub gas: usize,
    /// In `value`.
    pub value: usize,
}

/// A number that may be too large on purpose: `0x:bigint 0x1…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number(
    /// The number, if it fits 256 bits.
    pub Option<U256>,
);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(from)?;
        match text.strip_prefix("0x:bigint ") {
            Some(large) => Ok(Self(large.parse().ok())),
            None => text.parse().map(|number| Self(Some(number))).map_err(D::Error::custom),
        }
    }
}

fn receiver<'de, D: Deserializer<'de>>(from: D) -> Result<TxKind, D::Error> {
    let text = Cow::<'de, str>::deserialize(from)?;
    if text.is_empty() {
        return Ok(TxKind::Create);
    }
    text.parse().map(TxKind::Call).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_above_256_bits_are_read_as_none() {
        let read = |text: &str| serde_json::from_str::<Number>(text).unwrap().0;
        assert_eq!(read("\"0x0a\""), Some(U256::from(10)));
        assert_eq!(read(&format!("\"0x:bigint 0x1{:064x}\"", 0)), None);
        assert!(serde_json::from_str::<Number>("\"ten\"").is_err());
    }
}
