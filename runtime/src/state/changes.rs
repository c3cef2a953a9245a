//! What a block changes: handed from the executor to the trie and to the store, in address order.

use super::Account;
use alloy_primitives::{Address, B256, Bytes, U256};
use std::collections::BTreeMap;

/// One storage slot before and after a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotChange {
    /// Value in the parent's state.
    pub before: U256,
    /// Value after the block; zero deletes the slot.
    pub after: U256,
}

/// One account before and after a block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountChange {
    /// In the parent's state; `None` if it did not exist.
    pub before: Option<Account>,
    /// After the block; `None` if it was deleted. Its `storage_root` is right only once the block's
    /// root has been computed ([`super::trie::apply`]).
    pub after: Option<Account>,
    /// Whether all storage that the parent's state holds is gone before `slots` apply.
    pub wiped: bool,
    /// Slots whose value differs, by slot number.
    pub slots: BTreeMap<U256, SlotChange>,
}

/// All that a block changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StateChanges {
    /// Changed accounts.
    pub accounts: BTreeMap<Address, AccountChange>,
    /// Code that was deployed, by hash.
    pub codes: BTreeMap<B256, Bytes>,
}
