//! Whole blocks over the memory store: accounts and storage together, against a store built anew.

use super::*;
use crate::state::StateReader;
use crate::state::trie::{TrieUpdates, apply};
use crate::state::{Account, AccountChange, MemoryStore, NewAccount, SlotChange, StateChanges};
use alloy_primitives::{Address, U256};

/// What happens to one account in a block.
#[derive(Debug, Clone)]
enum Act {
    Write { balance: u8, slots: BTreeMap<u8, u8> },
    WipeAndWrite { slots: BTreeMap<u8, u8> },
    Delete,
}

fn act() -> impl Strategy<Value = Act> {
    let slots = || prop::collection::btree_map(0u8..12, prop_oneof![Just(0), any::<u8>()], 0..8);
    prop_oneof![
        6 => (any::<u8>(), slots()).prop_map(|(balance, slots)| Act::Write { balance, slots }),
        1 => slots().prop_map(|slots| Act::WipeAndWrite { slots }),
        2 => Just(Act::Delete),
    ]
}

fn block() -> impl Strategy<Value = BTreeMap<u8, Act>> {
    prop::collection::btree_map(0u8..20, act(), 0..12)
}

type Model = BTreeMap<Address, NewAccount>;

/// Plays a block on the model and gives its changes as an executor would.
fn play(model: &mut Model, store: &MemoryStore, block: BTreeMap<u8, Act>) -> StateChanges {
    let mut changes = StateChanges::default();
    for (number, act) in block {
        let address = Address::repeat_byte(number);
        let old = model.remove(&address);
        let mut change =
            AccountChange { before: store.account(address).unwrap(), ..AccountChange::default() };
        let existing = old.clone().unwrap_or_default();
        let mut new = existing.clone();
        let slots = match act {
            Act::Delete => {
                changes.accounts.insert(address, change);
                continue;
            }
            Act::Write { balance, slots } => {
                new.balance = U256::from(balance);
                slots
            }
            Act::WipeAndWrite { slots } => {
                change.wiped = true;
                new.storage.clear();
                slots
            }
        };
        for (slot, after) in slots {
            let (slot, after) = (U256::from(slot), U256::from(after));
            let before = existing.storage.get(&slot).copied().unwrap_or_default();
            change.slots.insert(slot, SlotChange { before, after });
            if after.is_zero() {
                new.storage.remove(&slot);
            } else {
                new.storage.insert(slot, after);
            }
        }
        let nonce = 1;
        change.after = Some(Account { nonce, balance: new.balance, ..Account::default() });
        model.insert(address, NewAccount { nonce, ..new });
        changes.accounts.insert(address, change);
    }
    changes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn after_every_block_the_store_is_that_of_a_state_built_anew(
        blocks in prop::collection::vec(block(), 1..6),
    ) {
        let mut model = Model::new();
        let mut store = MemoryStore::default();
        for block in blocks {
            let mut changes = play(&mut model, &store, block);
            let root = store.apply(&mut changes).unwrap();
            let fresh = MemoryStore::with_accounts(model.clone()).unwrap();
            prop_assert_eq!(root, fresh.state_root());
            prop_assert_eq!(&store, &fresh);
        }
    }

    /// Trie updates may wait in memory for several blocks and be written together.
    #[test]
    fn absorbed_updates_leave_the_same_tries_as_each_written_in_turn(
        first in block(), later in prop::collection::vec(block(), 1..5),
    ) {
        let mut model = Model::new();
        let mut start = MemoryStore::default();
        let mut changes = play(&mut model, &start, first);
        start.apply(&mut changes).unwrap();
        let mut in_turn = start.clone();
        let mut waiting = TrieUpdates::default();
        let mut blocks = Vec::new();
        for block in later {
            let mut changes = play(&mut model, &in_turn, block);
            let (_, updates) = apply(&in_turn, &mut changes).unwrap();
            in_turn.commit(&changes, &updates);
            waiting.absorb(updates);
            blocks.push(changes);
        }
        for changes in blocks {
            start.commit(&changes, &TrieUpdates::default());
        }
        start.commit(&StateChanges::default(), &waiting);
        prop_assert_eq!(start, in_turn);
    }
}

#[test]
fn a_block_that_changes_nothing_updates_no_trie() {
    let address = Address::repeat_byte(1);
    let balances = [(address, U256::from(1)), (Address::repeat_byte(2), U256::from(2))];
    let store = MemoryStore::with_balances(balances).unwrap();
    let before = store.account(address).unwrap();
    let absent = AccountChange::default();
    let same = AccountChange { before, after: before, ..AccountChange::default() };
    let accounts = [(address, same), (Address::repeat_byte(9), absent)].into();
    let mut changes = StateChanges { accounts, ..StateChanges::default() };
    let applied = apply(&store, &mut changes).unwrap();
    assert_eq!(applied, (store.state_root(), TrieUpdates::default()));
}
