//! State and tries in plain ordered maps: for tests, genesis and Ethereum's state tests.

use super::trie::{BranchNode, Child, Nibbles, TrieId, TrieReader, TrieUpdates, apply, key_range};
use super::{Account, AccountChange, SlotChange, StateChanges, StateReader, StoreError};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use revm::state::Bytecode;
use std::collections::BTreeMap;

/// An account to fill a [`MemoryStore`] with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewAccount {
    /// Transactions sent.
    pub nonce: u64,
    /// Wei owned.
    pub balance: U256,
    /// Code; empty for an account that only holds coins.
    pub code: Bytes,
    /// Values by slot number; zeros are skipped.
    pub storage: BTreeMap<U256, U256>,
}

/// A whole state with its tries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MemoryStore {
    accounts: BTreeMap<B256, (Address, Account)>,
    slots: BTreeMap<(B256, B256), (U256, U256)>,
    codes: BTreeMap<B256, Bytes>,
    block_hashes: BTreeMap<u64, B256>,
    roots: BTreeMap<TrieId, Child>,
    nodes: BTreeMap<TrieId, BTreeMap<Nibbles, BranchNode>>,
}

impl MemoryStore {
    /// A store of these accounts.
    ///
    /// # Errors
    /// None in practice: the store in memory does not fail.
    pub fn with_accounts(
        accounts: impl IntoIterator<Item = (Address, NewAccount)>,
    ) -> Result<Self, StoreError> {
        let mut changes = StateChanges::default();
        for (address, new) in accounts {
            let code_hash = keccak256(&new.code);
            let NewAccount { nonce, balance, code, storage } = new;
            let after = Account { nonce, balance, code_hash, ..Account::default() };
            let slots = storage
                .into_iter()
                .map(|(slot, after)| (slot, SlotChange { before: U256::ZERO, after }))
                .collect();
            let change = AccountChange { before: None, after: Some(after), wiped: false, slots };
            changes.accounts.insert(address, change);
            if !code.is_empty() {
                changes.codes.insert(code_hash, code);
            }
        }
        let mut store = Self::default();
        store.apply(&mut changes)?;
        Ok(store)
    }

    /// A store of accounts that only hold coins, in wei.
    ///
    /// # Errors
    /// None in practice: the store in memory does not fail.
    pub fn with_balances(
        balances: impl IntoIterator<Item = (Address, U256)>,
    ) -> Result<Self, StoreError> {
        let account =
            |(address, balance)| (address, NewAccount { balance, ..NewAccount::default() });
        Self::with_accounts(balances.into_iter().map(account))
    }

    /// Computes the root of `changes`, commits both and gives the new state root.
    ///
    /// # Errors
    /// If the store misses a node or a leaf, that is, if earlier commits were not complete.
    pub fn apply(&mut self, changes: &mut StateChanges) -> Result<B256, StoreError> {
        let (state_root, updates) = apply(&*self, changes)?;
        self.commit(changes, &updates);
        Ok(state_root)
    }

    /// Writes a block's changes, whose `storage_root`s are right, and its trie updates.
    pub fn commit(&mut self, changes: &StateChanges, updates: &TrieUpdates) {
        for (address, change) in &changes.accounts {
            let key = keccak256(address);
            if change.wiped || change.after.is_none() {
                self.drop_slots(key);
            }
            let Some(after) = change.after else {
                self.accounts.remove(&key);
                continue;
            };
            self.accounts.insert(key, (*address, after));
            for (slot, values) in &change.slots {
                let hashed = (key, keccak256(slot.to_be_bytes::<32>()));
                if values.after.is_zero() {
                    self.slots.remove(&hashed);
                } else {
                    self.slots.insert(hashed, (*slot, values.after));
                }
            }
        }
        self.codes.extend(changes.codes.iter().map(|(hash, code)| (*hash, code.clone())));
        self.commit_tries(updates);
    }

    fn commit_tries(&mut self, updates: &TrieUpdates) {
        for (trie, change) in &updates.tries {
            let nodes = self.nodes.entry(*trie).or_default();
            if change.wiped {
                nodes.clear();
            }
            for (path, node) in &change.nodes {
                match node {
                    Some(node) => nodes.insert(*path, node.clone()),
                    None => nodes.remove(path),
                };
            }
            if nodes.is_empty() {
                self.nodes.remove(trie);
            }
            match change.root {
                Child::Empty => self.roots.remove(trie),
                root => self.roots.insert(*trie, root),
            };
        }
    }

    fn drop_slots(&mut self, account: B256) {
        let last = (account, B256::repeat_byte(0xff));
        let gone: Vec<_> =
            self.slots.range((account, B256::ZERO)..=last).map(|(key, _)| *key).collect();
        for key in gone {
            self.slots.remove(&key);
        }
    }

    /// Makes the hash of the block at `number` known.
    pub fn set_block_hash(&mut self, number: u64, hash: B256) {
        self.block_hashes.insert(number, hash);
    }

    /// The state root.
    pub fn state_root(&self) -> B256 {
        self.roots.get(&TrieId::Accounts).copied().unwrap_or_default().root_hash()
    }

    /// All accounts, in the order of their hashed addresses.
    pub fn accounts(&self) -> impl Iterator<Item = (Address, &Account)> {
        self.accounts.values().map(|(address, account)| (*address, account))
    }

    /// The slots of an account that are not zero, in the order of their hashed numbers.
    pub fn slots_of(&self, address: Address) -> impl Iterator<Item = (U256, U256)> {
        let key = keccak256(address);
        let last = (key, B256::repeat_byte(0xff));
        self.slots.range((key, B256::ZERO)..=last).map(|(_, slot)| *slot)
    }

    /// All wei in the state. `None` if the sum does not fit 256 bits.
    pub fn total_balance(&self) -> Option<U256> {
        self.accounts().try_fold(U256::ZERO, |sum, (_, account)| sum.checked_add(account.balance))
    }

    /// All stored branches of a trie, in the order of their paths.
    pub fn branches(&self, trie: TrieId) -> impl Iterator<Item = (Nibbles, &BranchNode)> {
        self.nodes.get(&trie).into_iter().flatten().map(|(path, node)| (*path, node))
    }
}

impl StateReader for MemoryStore {
    fn account(&self, address: Address) -> Result<Option<Account>, StoreError> {
        Ok(self.accounts.get(&keccak256(address)).map(|(_, account)| *account))
    }
    fn storage(&self, address: Address, slot: U256) -> Result<U256, StoreError> {
        let key = (keccak256(address), keccak256(slot.to_be_bytes::<32>()));
        Ok(self.slots.get(&key).map_or(U256::ZERO, |(_, value)| *value))
    }
    fn code(&self, code_hash: B256) -> Result<Option<Bytecode>, StoreError> {
        Ok(self.codes.get(&code_hash).map(|code| Bytecode::new_raw(code.clone())))
    }
    fn block_hash(&self, number: u64) -> Result<Option<B256>, StoreError> {
        Ok(self.block_hashes.get(&number).copied())
    }
}

impl TrieReader for MemoryStore {
    fn root(&self, trie: TrieId) -> Result<Child, StoreError> {
        Ok(self.roots.get(&trie).copied().unwrap_or_default())
    }
    fn branch(&self, trie: TrieId, path: &Nibbles) -> Result<Option<BranchNode>, StoreError> {
        Ok(self.nodes.get(&trie).and_then(|nodes| nodes.get(path)).cloned())
    }
    fn leaf_under(
        &self,
        trie: TrieId,
        prefix: &Nibbles,
    ) -> Result<Option<(B256, Vec<u8>)>, StoreError> {
        let (first, last) = key_range(prefix);
        Ok(match trie {
            TrieId::Accounts => {
                let under = self.accounts.range(first..=last);
                only(under)?.map(|(key, (_, account))| (*key, alloy_rlp::encode(account)))
            }
            TrieId::Storage(account) => {
                let under = self.slots.range((account, first)..=(account, last));
                only(under)?.map(|((_, key), (_, value))| (*key, alloy_rlp::encode(value)))
            }
        })
    }
}

fn only<T>(mut leaves: impl Iterator<Item = T>) -> Result<Option<T>, StoreError> {
    let first = leaves.next();
    match leaves.next() {
        Some(_) => Err(StoreError::new("two leaves where the trie has one")),
        None => Ok(first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_trie::EMPTY_ROOT_HASH;
    use alloy_trie::root::{state_root_unhashed, storage_root_unhashed};

    const ALICE: Address = Address::repeat_byte(0xa1);
    const BOB: Address = Address::repeat_byte(0xb0);

    fn contract(slots: &[(u64, u64)]) -> NewAccount {
        NewAccount {
            nonce: 1,
            balance: U256::from(5),
            code: Bytes::from_static(&[0xfe]),
            storage: slots.iter().map(|(k, v)| (U256::from(*k), U256::from(*v))).collect(),
        }
    }

    /// The root by alloy's trie, from the flat state alone.
    fn expected_root(store: &MemoryStore) -> B256 {
        state_root_unhashed(store.accounts().map(|(address, account)| {
            let slots = store.slots_of(address).map(|(k, v)| (B256::from(k), v));
            let storage_root = storage_root_unhashed(slots);
            assert_eq!(storage_root, account.storage_root, "storage root of {address}");
            let Account { nonce, balance, code_hash, .. } = *account;
            (address, alloy_trie::TrieAccount { nonce, balance, storage_root, code_hash })
        }))
    }

    #[test]
    fn an_empty_store_has_the_empty_root_and_no_coins() {
        let store = MemoryStore::default();
        assert_eq!(store.state_root(), EMPTY_ROOT_HASH);
        assert_eq!(store.total_balance(), Some(U256::ZERO));
        assert_eq!(store.account(ALICE).unwrap(), None);
        assert_eq!(store.storage(ALICE, U256::ZERO).unwrap(), U256::ZERO);
    }

    #[test]
    fn what_is_put_in_comes_out_with_the_root_that_alloy_computes() {
        let account = contract(&[(1, 7), (2, 0), (3, 9)]);
        let coins = NewAccount { balance: U256::from(37), ..NewAccount::default() };
        let mut store = MemoryStore::with_accounts([(ALICE, account), (BOB, coins)]).unwrap();
        store.set_block_hash(4, B256::repeat_byte(4));
        assert_eq!(store.state_root(), expected_root(&store));
        let alice = store.account(ALICE).unwrap().unwrap();
        let code = store.code(alice.code_hash).unwrap().unwrap();
        assert_eq!(code.original_bytes(), Bytes::from_static(&[0xfe]));
        assert_eq!(store.storage(ALICE, U256::from(3)).unwrap(), U256::from(9));
        assert_eq!(store.slots_of(ALICE).count(), 2);
        assert_eq!(store.total_balance(), Some(U256::from(42)));
        assert_eq!(store.block_hash(4).unwrap(), Some(B256::repeat_byte(4)));
        assert_eq!(store.block_hash(5).unwrap(), None);
        let balances = [(BOB, U256::from(37))];
        let only_bob = MemoryStore::with_balances(balances).unwrap();
        assert_eq!(only_bob.account(BOB).unwrap(), Some(Account::with_balance(U256::from(37))));
    }

    #[test]
    fn a_deleted_account_leaves_no_slot_and_no_trie_node() {
        let coins = NewAccount { balance: U256::from(37), ..NewAccount::default() };
        let bob_only = MemoryStore::with_accounts([(BOB, coins.clone())]).unwrap();
        let account = contract(&[(1, 7), (2, 8), (3, 9)]);
        let mut store = MemoryStore::with_accounts([(ALICE, account), (BOB, coins)]).unwrap();
        assert!(store.branches(TrieId::storage_of(ALICE)).count() > 0);
        let before = store.account(ALICE).unwrap();
        let change = AccountChange { before, ..AccountChange::default() };
        let mut changes = StateChanges::default();
        changes.accounts.insert(ALICE, change);
        store.apply(&mut changes).unwrap();
        store.codes.clear();
        assert_eq!(store, bob_only);
    }

    #[test]
    fn wiped_storage_is_gone_before_new_slots_apply() {
        let mut store =
            MemoryStore::with_accounts([(ALICE, contract(&[(1, 7), (2, 8), (3, 9)]))]).unwrap();
        let before = store.account(ALICE).unwrap();
        let slot = SlotChange { before: U256::from(8), after: U256::from(80) };
        let change = AccountChange {
            before,
            after: before,
            wiped: true,
            slots: [(U256::from(2), slot)].into(),
        };
        let mut changes = StateChanges::default();
        changes.accounts.insert(ALICE, change);
        let root = store.apply(&mut changes).unwrap();
        assert_eq!(store.slots_of(ALICE).collect::<Vec<_>>(), [(U256::from(2), U256::from(80))]);
        assert_eq!(root, expected_root(&store));
        assert_eq!(store, MemoryStore::with_accounts([(ALICE, contract(&[(2, 80)]))]).unwrap());
    }

    #[test]
    fn an_account_keeps_its_storage_root_when_only_its_balance_changes() {
        let mut store = MemoryStore::with_accounts([(ALICE, contract(&[(1, 7)]))]).unwrap();
        let before = store.account(ALICE).unwrap();
        let after = Some(Account { balance: U256::from(6), ..Account::default() });
        let mut changes = StateChanges::default();
        let change = AccountChange { before, after, ..AccountChange::default() };
        changes.accounts.insert(ALICE, change);
        store.apply(&mut changes).unwrap();
        assert_eq!(store.state_root(), expected_root(&store));
        assert_eq!(
            store.account(ALICE).unwrap().unwrap().storage_root,
            before.unwrap().storage_root
        );
    }
}
