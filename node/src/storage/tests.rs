//! The store as a whole: real blocks on a real database.

use super::{GenesisWriter, History, Store, StoreOptions, VerifyError, ViewError, schema::family};
use crate::{
    chain::Chain,
    testing::{block, dev_chain, open, pay, signed, stranger},
};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use btt_genesis::{Preset, dev_accounts};
use btt_runtime::state::StateReader as _;

/// Init code of a contract that stores its input's first word at the slot of the second word.
fn storing_contract() -> Bytes {
    // Runtime: PUSH1 0 CALLDATALOAD PUSH1 32 CALLDATALOAD SSTORE STOP.
    let runtime = alloy_primitives::hex!("60003560203555 00");
    let length = runtime.len() as u8;
    let init = [0x60, length, 0x60, 0x0c, 0x60, 0, 0x39, 0x60, length, 0x60, 0, 0xf3];
    [&init[..], &runtime[..]].concat().into()
}

fn store_call(value: u64, slot: u64) -> Bytes {
    [U256::from(value).to_be_bytes::<32>(), U256::from(slot).to_be_bytes::<32>()].concat().into()
}

/// A chain with transfers, a contract and its storage, over `blocks` blocks.
fn grow(chain: &Chain, blocks: u64) -> Address {
    let contract = dev_accounts()[1].address.create(0);
    for number in 1..=blocks {
        let mut transactions = vec![
            pay(0, 2 * (number - 1), stranger(number), number),
            pay(0, 2 * (number - 1) + 1, stranger(1), 1),
        ];
        transactions.push(if number == 1 {
            signed(1, 0, TxKind::Create, 0, storing_contract())
        } else {
            let input = store_call(number % 3, number % 5);
            signed(1, number - 1, TxKind::Call(contract), 0, input)
        });
        block(chain, transactions);
    }
    contract
}

#[test]
fn old_states_stay_readable() {
    let folder = tempfile::tempdir().unwrap();
    let chain = dev_chain(folder.path(), History::Archive);
    let contract = grow(&chain, 12);
    for number in 0..=12u64 {
        let view = chain.state_at(number).unwrap();
        let balance = |address| view.account(address).unwrap().map_or(0, |a| a.balance.to::<u64>());
        let expected = if number == 0 { 0 } else { 1 + number };
        assert_eq!(balance(stranger(1)), expected, "at block {number}");
        assert_eq!(balance(stranger(12)), if number == 12 { 12 } else { 0 });
        assert_eq!(view.account(contract).unwrap().is_some(), number >= 1);
        for slot in 0..5 {
            let last = (2..=number).rev().find(|n| n % 5 == slot).map_or(0, |n| n % 3);
            assert_eq!(view.storage(contract, U256::from(slot)).unwrap(), U256::from(last));
        }
    }
    assert!(matches!(chain.state_at(13), Err(ViewError::Unknown { number: 13, head: 12 })));
    let report = chain.store().verify().unwrap();
    assert_eq!(report.state_root, chain.head().header.state_root);
}

#[test]
fn history_is_pruned_to_what_was_asked() {
    let folder = tempfile::tempdir().unwrap();
    let chain = dev_chain(folder.path(), History::Blocks(256));
    grow(&chain, 300);
    assert!(matches!(chain.state_at(43), Err(ViewError::Pruned { number: 43, oldest: 44 })));
    let view = chain.state_at(44).unwrap();
    assert_eq!(view.account(stranger(1)).unwrap().unwrap().balance, U256::from(45));
    assert!(chain.block(1).unwrap().is_some(), "blocks are kept for good");
}

#[test]
fn blocks_and_transactions_are_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let chain = dev_chain(folder.path(), History::Archive);
    let tx = pay(0, 0, stranger(1), 5);
    let hash = block(&chain, vec![tx.clone()]);
    drop(chain);
    let chain = dev_chain(folder.path(), History::Archive);
    assert_eq!(chain.number_of(hash).unwrap(), Some(1));
    assert_eq!(chain.transaction_place(tx.hash()).unwrap(), Some((1, 0)));
    let stored = chain.block(1).unwrap().unwrap();
    assert_eq!(stored.hash, hash);
    assert_eq!(stored.transactions, vec![tx]);
    assert_eq!(stored.receipts.len(), 1);
    let certificate = stored.certificate.as_ref().unwrap();
    let config = chain.config();
    certificate.verify(config.chain_id, 1, hash, config.scheduled_validators(1)).unwrap();
}

#[test]
fn a_crash_loses_no_block_and_the_trie_is_made_again() {
    for blocks in [1, 7, 63, 64, 70] {
        let folder = tempfile::tempdir().unwrap();
        let chain = dev_chain(folder.path(), History::Archive);
        grow(&chain, blocks);
        let head = chain.head();
        // Dropped without a flush: what a kill leaves.
        drop(chain);
        let chain = dev_chain(folder.path(), History::Archive);
        assert_eq!(chain.head().hash, head.hash);
        assert_eq!(chain.store().verify().unwrap().number, blocks);
        // And it goes on.
        let nonce = 2 * blocks;
        block(&chain, vec![pay(0, nonce, stranger(900), 1)]);
        chain.store().verify().unwrap();
    }
}

#[test]
fn rollback_gives_the_state_of_then() {
    let folder = tempfile::tempdir().unwrap();
    let chain = dev_chain(folder.path(), History::Archive);
    grow(&chain, 20);
    let then = chain.header(8).unwrap().unwrap();
    let gone = chain.block(9).unwrap().unwrap();
    drop(chain);
    let store = open(folder.path());
    assert!(store.rollback(21).is_err());
    store.rollback(8).unwrap();
    assert_eq!(store.head().unwrap(), Some((8, then.hash_slow())));
    assert_eq!(store.verify().unwrap().state_root, then.state_root);
    assert_eq!(store.number_of(gone.hash).unwrap(), None);
    assert_eq!(store.transaction_place(gone.transactions[0].hash()).unwrap(), None);
    drop(store);
    let chain = dev_chain(folder.path(), History::Archive);
    block(&chain, vec![pay(0, 16, stranger(3), 1)]);
    chain.store().verify().unwrap();
}

#[test]
fn verify_finds_what_was_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let chain = dev_chain(folder.path(), History::Archive);
    grow(&chain, 5);
    let store = chain.store();
    store.verify().unwrap();
    let key = super::schema::account_key(stranger(1));
    let accounts = store.family(family::ACCOUNT).unwrap();
    let good = store.get(family::ACCOUNT, key.as_slice()).unwrap().unwrap();
    let forged = super::codec::encode_account(
        stranger(1),
        &btt_runtime::state::Account::with_balance(U256::from(1_000)),
    );
    store.db.put_cf(accounts, key, forged).unwrap();
    assert!(matches!(store.verify(), Err(VerifyError::Branch { .. } | VerifyError::Root { .. })));
    store.db.put_cf(accounts, key, good).unwrap();
    store.verify().unwrap();
    let trie = store.family(family::TRIE).unwrap();
    let root = btt_runtime::state::trie::Nibbles::default();
    let node = super::schema::trie_node_key(btt_runtime::state::TrieId::Accounts, &root);
    store.db.delete_cf(trie, node).unwrap();
    assert!(matches!(store.verify(), Err(VerifyError::Branch { .. })));
}

#[test]
fn an_export_of_any_height_is_a_spec_with_the_same_state() {
    let folder = tempfile::tempdir().unwrap();
    let chain = dev_chain(folder.path(), History::Archive);
    grow(&chain, 9);
    for height in [0, 4, 9] {
        let mut spec = chain.spec().clone();
        spec.remainder_to = None;
        chain
            .store()
            .export(height, |address, account| {
                assert!(spec.alloc.insert(address, account).is_none());
                Ok(())
            })
            .unwrap();
        let other = tempfile::tempdir().unwrap();
        let store = open(other.path());
        let mut writer = GenesisWriter::new(&store).unwrap();
        let (spec, _) = spec.stream(&mut writer).unwrap();
        writer.finish(&spec).unwrap();
        let root = store.header(0).unwrap().unwrap().state_root;
        assert_eq!(root, chain.header(height).unwrap().unwrap().state_root, "height {height}");
    }
}

#[test]
fn a_folder_in_use_a_foreign_chain_and_another_layout_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let chain = dev_chain(folder.path(), History::Archive);
    let second = Store::open(folder.path(), StoreOptions::default()).unwrap_err().to_string();
    assert!(second.contains("in use by another bttd"), "{second}");
    let foreign = chain.store().spec(Some(B256::ZERO)).unwrap_err().to_string();
    assert!(foreign.contains("holds chain 'dev'"), "{foreign}");
    let meta = chain.store().family(family::META).unwrap();
    chain.store().db.put_cf(meta, b"schema", 99u32.to_be_bytes()).unwrap();
    drop(chain);
    let newer = Store::open(folder.path(), StoreOptions::default()).unwrap_err().to_string();
    assert!(newer.contains("layout 99"), "{newer}");
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    assert!(Store::open(&file, StoreOptions::default()).unwrap_err().to_string().contains("file"));
    let empty = tempfile::tempdir().unwrap();
    let empty = open(empty.path()).spec(None).unwrap_err().to_string();
    assert!(empty.contains("bttd init"), "{empty}");
}

#[test]
fn an_account_named_twice_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mut writer = GenesisWriter::new(&store).unwrap();
    let account = stranger(1);
    let json = Preset::Dev.spec(Vec::new()).to_json().unwrap();
    let twice = json.replacen(
        "\"alloc\": {",
        &format!("\"alloc\": {{ \"{account}\": {{}}, \"{account}\": {{}},"),
        1,
    );
    let error = btt_genesis::stream_spec(twice.as_bytes(), &mut writer).unwrap_err();
    assert_eq!(error, btt_genesis::SpecError::Duplicate(account));
}

#[test]
fn proofs_hold_against_the_heads_root() {
    let folder = tempfile::tempdir().unwrap();
    let chain = dev_chain(folder.path(), History::Archive);
    let contract = grow(&chain, 8);
    let head = chain.head();
    let slots: Vec<U256> = (0..7u64).map(U256::from).collect();
    let proof = chain.proof(8, contract, &slots).unwrap();
    let account = proof.account.unwrap();
    use btt_runtime::state::trie::verify_proof;
    let key = alloy_primitives::keccak256(contract);
    let value = alloy_rlp::encode(account);
    verify_proof(head.header.state_root, &key, Some(&value), &proof.account_proof).unwrap();
    for slot in proof.slots {
        let key = alloy_primitives::keccak256(slot.slot.to_be_bytes::<32>());
        let value = (!slot.value.is_zero()).then(|| alloy_rlp::encode(slot.value));
        verify_proof(account.storage_root, &key, value.as_deref(), &slot.proof).unwrap();
    }
    let absent = chain.proof(8, stranger(77), &[]).unwrap();
    let key = alloy_primitives::keccak256(stranger(77));
    verify_proof(head.header.state_root, &key, None, &absent.account_proof).unwrap();
    assert!(matches!(chain.proof(7, contract, &[]), Err(ViewError::ProofTooOld { .. })));
}
