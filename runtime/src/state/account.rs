//! One account as the state holds it.

use alloy_primitives::{B256, U256};
use alloy_rlp::{RlpDecodable, RlpEncodable};
use alloy_trie::EMPTY_ROOT_HASH;

/// Hash of empty code.
pub use alloy_primitives::KECCAK256_EMPTY;

/// An account. Its RLP is the account trie's leaf value (yellow paper, section 4.1).
///
/// # Units
/// `balance` is wei.
#[derive(Debug, Clone, Copy, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct Account {
    /// Transactions sent, or contracts created.
    pub nonce: u64,
    /// Wei owned.
    pub balance: U256,
    /// Root of the account's storage trie.
    pub storage_root: B256,
    /// Hash of the account's code.
    pub code_hash: B256,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            nonce: 0,
            balance: U256::ZERO,
            storage_root: EMPTY_ROOT_HASH,
            code_hash: KECCAK256_EMPTY,
        }
    }
}

impl Account {
    /// An account that only holds coins.
    pub fn with_balance(balance: U256) -> Self {
        Self { balance, ..Self::default() }
    }

    /// Whether EIP-161 deletes the account when it is touched.
    pub fn is_empty(&self) -> bool {
        self.nonce == 0 && self.balance.is_zero() && self.code_hash == KECCAK256_EMPTY
    }
}
