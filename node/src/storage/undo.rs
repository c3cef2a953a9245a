//! What a block replaced: one blob a block, from which history, rollback and a crashed trie are rebuilt.

use super::{
    codec::{Input, damaged, decode_account, encode_account, put_number},
    schema,
};
use alloy_consensus::EMPTY_ROOT_HASH;
use alloy_primitives::{Address, B256, U256};
use btt_runtime::state::{Account, StateChanges, StoreError};
use std::collections::BTreeMap;

/// One account before a block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct AccountBefore {
    pub(crate) account: Option<Account>,
    pub(crate) wiped: bool,
    pub(crate) slots: BTreeMap<U256, U256>,
}

/// Everything a block replaced, by address. Of an account whose storage was wiped it holds every slot
/// that the wipe took, so that nothing is lost.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Undo {
    pub(crate) accounts: BTreeMap<Address, AccountBefore>,
}

impl Undo {
    /// From a block's changes; `wiped_slots` gives what storage an account had.
    pub(crate) fn of(
        changes: &StateChanges,
        mut wiped_slots: impl FnMut(Address) -> Result<BTreeMap<U256, U256>, StoreError>,
    ) -> Result<Self, StoreError> {
        let mut accounts = BTreeMap::new();
        for (address, change) in &changes.accounts {
            let mut slots: BTreeMap<U256, U256> =
                change.slots.iter().map(|(slot, value)| (*slot, value.before)).collect();
            let had_slots =
                change.before.is_some_and(|before| before.storage_root != EMPTY_ROOT_HASH);
            if change.wiped && had_slots {
                slots.extend(wiped_slots(*address)?);
            }
            let before = AccountBefore { account: change.before, wiped: change.wiped, slots };
            accounts.insert(*address, before);
        }
        Ok(Self { accounts })
    }

    /// Takes in what an earlier block replaced: the older values win.
    pub(crate) fn precede(&mut self, earlier: Self) {
        for (address, before) in earlier.accounts {
            let mine = self.accounts.entry(address).or_default();
            mine.account = before.account;
            mine.wiped |= before.wiped;
            mine.slots.extend(before.slots);
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.accounts.len() * 48);
        for (address, before) in &self.accounts {
            let account = before.account.as_ref();
            out.push(u8::from(account.is_some()) | u8::from(before.wiped) << 1);
            let encoded = encode_account(*address, account.unwrap_or(&Account::default()));
            out.push(encoded.len() as u8);
            out.extend_from_slice(&encoded);
            out.extend_from_slice(&(before.slots.len() as u32).to_be_bytes());
            for (slot, value) in &before.slots {
                put_number(&mut out, *slot);
                put_number(&mut out, *value);
            }
        }
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let mut input = Input(bytes);
        let mut accounts = BTreeMap::new();
        while !input.is_empty() {
            let flags = input.byte()?;
            if flags > 3 {
                return Err(damaged("an undo record"));
            }
            let length = usize::from(input.byte()?);
            let (address, account) = decode_account(input.take(length)?)?;
            let mut slots = BTreeMap::new();
            for _ in 0..input.u32()? {
                let slot = input.number()?;
                slots.insert(slot, input.number()?);
            }
            let account = (flags & 1 != 0).then_some(account);
            accounts.insert(address, AccountBefore { account, wiped: flags & 2 != 0, slots });
        }
        Ok(Self { accounts })
    }

    /// By hashed keys, as the database and the trie know them.
    pub(crate) fn hashed(&self) -> BTreeMap<B256, (Address, Option<Account>)> {
        self.accounts
            .iter()
            .map(|(address, before)| (schema::account_key(*address), (*address, before.account)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn undo() -> Undo {
        let before = |nonce, slots: &[(u64, u64)]| AccountBefore {
            account: (nonce > 0).then_some(Account { nonce, ..Account::default() }),
            wiped: nonce == 2,
            slots: slots.iter().map(|(a, b)| (U256::from(*a), U256::from(*b))).collect(),
        };
        Undo {
            accounts: BTreeMap::from([
                (Address::repeat_byte(1), before(0, &[])),
                (Address::repeat_byte(2), before(2, &[(1, 0), (2, 77)])),
            ]),
        }
    }

    #[test]
    fn undo_records_survive_the_database() {
        assert_eq!(Undo::decode(&undo().encode()), Ok(undo()));
        let bytes = undo().encode();
        assert!(Undo::decode(&bytes[..bytes.len() - 1]).is_err());
        assert!(Undo::decode(&[9; 30]).is_err());
    }

    #[test]
    fn the_oldest_value_wins_where_two_blocks_meet() {
        let mut later = undo();
        let mut earlier = undo();
        let account = earlier.accounts.get_mut(&Address::repeat_byte(2)).unwrap();
        account.account = None;
        account.slots =
            BTreeMap::from([(U256::from(1), U256::from(5)), (U256::from(3), U256::from(6))]);
        later.precede(earlier);
        let merged = &later.accounts[&Address::repeat_byte(2)];
        assert_eq!(merged.account, None);
        let values: Vec<u64> = merged.slots.values().map(|v| v.to::<u64>()).collect();
        assert_eq!(values, [5, 77, 6]);
    }
}
