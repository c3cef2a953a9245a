//! The account trie: a block of 20,000 random balance changes, a build from nothing, proofs.
//!
//! All nodes and leaves are in memory, as with a warm cache.

use alloy_primitives::{Address, B256, U256, keccak256};
use btt_runtime::state::trie::{self, LeafUpdate, TrieId, TrieReader, apply};
use btt_runtime::state::{Account, AccountChange, MemoryStore, StateChanges};
use divan::Bencher;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

const UPDATES_PER_BLOCK: u32 = 20_000;

static STORE_100K: LazyLock<MemoryStore> = LazyLock::new(|| store(100_000));
static STORE_1M: LazyLock<MemoryStore> = LazyLock::new(|| store(1_000_000));

fn main() {
    divan::main();
}

fn address(number: u32) -> Address {
    Address::from_slice(&keccak256(number.to_be_bytes())[12..])
}

fn store(accounts: u32) -> MemoryStore {
    let balances = (0..accounts).map(|number| (address(number), U256::from(number) + U256::ONE));
    MemoryStore::with_balances(balances).expect("memory does not fail")
}

fn with_accounts(accounts: u32) -> &'static MemoryStore {
    if accounts == 100_000 { &STORE_100K } else { &STORE_1M }
}

/// Changes to `UPDATES_PER_BLOCK` accounts out of `accounts`; every tenth one is new.
fn block(accounts: u32) -> StateChanges {
    let mut changes = BTreeMap::new();
    for index in 0..UPDATES_PER_BLOCK {
        let pick = index.wrapping_mul(2_654_435_761) % accounts;
        let is_new = index % 10 == 0;
        let number = if is_new { accounts + index } else { pick };
        let before = (!is_new).then(|| Account::with_balance(U256::from(number) + U256::ONE));
        let after = Some(Account::with_balance(U256::from(7)));
        let change = AccountChange { before, after, ..AccountChange::default() };
        changes.insert(address(number), change);
    }
    StateChanges { accounts: changes, ..StateChanges::default() }
}

/// Root and nodes of a block of 20,000 changed accounts.
#[divan::bench(args = [100_000, 1_000_000], sample_count = 10)]
fn apply_20k_updates(bencher: Bencher<'_, '_>, accounts: u32) {
    let store = with_accounts(accounts);
    let changes = block(accounts);
    bencher.with_inputs(|| changes.clone()).bench_local_values(|mut changes| {
        apply(store, &mut changes).expect("memory does not fail")
    });
}

/// The trie's share of the above alone: existing leaves change, hashed and encoded beforehand.
#[divan::bench(args = [100_000, 1_000_000], sample_count = 10)]
fn update_20k_leaves(bencher: Bencher<'_, '_>, accounts: u32) {
    let store = with_accounts(accounts);
    let value = alloy_rlp::encode(Account::with_balance(U256::from(7)));
    let picks = (0..UPDATES_PER_BLOCK).map(|index| index.wrapping_mul(2_654_435_761) % accounts);
    let keys: BTreeSet<B256> = picks.map(|number| keccak256(address(number))).collect();
    let updates: Vec<_> = keys
        .into_iter()
        .map(|key| LeafUpdate { key, value: Some(&value), existed: true })
        .collect();
    let root = store.root(TrieId::Accounts).expect("memory does not fail");
    bencher.bench_local(|| {
        trie::update(store, TrieId::Accounts, root, &updates).expect("memory does not fail")
    });
}

/// The root of all accounts from nothing, nodes thrown away.
#[divan::bench(args = [100_000, 1_000_000], sample_count = 3)]
fn build_sorted(bencher: Bencher<'_, '_>, accounts: u32) {
    let value = alloy_rlp::encode(Account::with_balance(U256::from(1)));
    let mut keys: Vec<B256> = (0..accounts).map(|number| keccak256(address(number))).collect();
    keys.sort_unstable();
    bencher.bench_local(|| {
        let leaves = keys.iter().map(|key| Ok((*key, &value)));
        trie::build_sorted(leaves, |_, _| Ok(())).expect("keys are sorted")
    });
}

/// One proof of an account.
#[divan::bench(args = [1_000_000], sample_count = 100)]
fn proof(bencher: Bencher<'_, '_>, accounts: u32) {
    let store = with_accounts(accounts);
    let key = keccak256(address(17));
    bencher
        .bench_local(|| trie::proof(store, TrieId::Accounts, &key).expect("memory does not fail"));
}
