//! Writing a final block: one atomic batch, synced before anyone hears of the block.

use super::{
    Store,
    codec::{encode_account, encode_slot},
    maintain::History,
    market::market_logs,
    schema::{self, MetaKey, Part, family},
    undo::Undo,
};
use alloy_consensus::EMPTY_ROOT_HASH;
use alloy_primitives::{Address, B256, U256};
use btt_runtime::{
    block::CommitCertificate,
    executor::ExecutedBlock,
    state::{StateChanges, StoreError},
};
use rocksdb::{IteratorMode, WriteBatch, WriteOptions};
use std::collections::BTreeMap;

/// A block that was decided.
#[derive(Debug)]
pub struct CommitInput<'a> {
    /// The block as it was executed.
    pub executed: &'a ExecutedBlock,
    /// Who decided it.
    pub certificate: &'a CommitCertificate,
    /// How long old state is kept.
    pub history: History,
}

impl Store {
    /// Writes a block on top of the head. When this returns, the block survives a power cut.
    pub fn commit(&self, input: &CommitInput<'_>) -> Result<(), StoreError> {
        let executed = input.executed;
        let number = executed.block.header.number;
        let mut batch = WriteBatch::default();
        let undo =
            Undo::of(&executed.changes, |address| self.slots_of(schema::account_key(address)))?;
        self.put_state(&mut batch, &executed.changes)?;
        self.put_history(&mut batch, number, &undo)?;
        self.put_block(&mut batch, executed, Some(input.certificate))?;
        self.put_head(&mut batch, number, executed.hash)?;
        self.prune(&mut batch, number, input.history)?;
        self.write_synced(batch)?;

        for (address, change) in &executed.changes.accounts {
            self.accounts.insert(*address, change.after);
        }
        self.trie.lock().absorb(number, executed.trie.clone());
        self.flush_trie_if_due()
    }

    pub(super) fn write_synced(&self, batch: WriteBatch) -> Result<(), StoreError> {
        let mut options = WriteOptions::default();
        options.set_sync(true);
        self.db.write_opt(batch, &options).map_err(StoreError::new)
    }

    pub(super) fn put_head(
        &self,
        batch: &mut WriteBatch,
        number: u64,
        hash: B256,
    ) -> Result<(), StoreError> {
        let value = [&number.to_be_bytes()[..], hash.as_slice()].concat();
        batch.put_cf(self.family(family::META)?, MetaKey::Head.bytes(), value);
        Ok(())
    }

    /// The flat state after the changes.
    pub(super) fn put_state(
        &self,
        batch: &mut WriteBatch,
        changes: &StateChanges,
    ) -> Result<(), StoreError> {
        let (accounts, slots) = (self.family(family::ACCOUNT)?, self.family(family::SLOT)?);
        for (address, change) in &changes.accounts {
            let key = schema::account_key(*address);
            match &change.after {
                Some(account) if change.before != change.after => {
                    batch.put_cf(accounts, key, encode_account(*address, account));
                }
                Some(_) => {}
                None => batch.delete_cf(accounts, key),
            }
            // Hardly any: since EIP-6780 what is destroyed was made in the same transaction.
            let had_slots =
                change.before.is_some_and(|before| before.storage_root != EMPTY_ROOT_HASH);
            if had_slots && (change.wiped || change.after.is_none()) {
                let (from, to) = slot_range(key);
                batch.delete_range_cf(slots, &from[..], &to[..]);
            }
            for (slot, value) in &change.slots {
                let key = schema::slot_key(key, schema::slot_hash(*slot));
                if value.after.is_zero() {
                    batch.delete_cf(slots, key);
                } else {
                    batch.put_cf(slots, key, encode_slot(*slot, value.after));
                }
            }
        }
        let codes = self.family(family::CODE)?;
        for (hash, code) in &changes.codes {
            batch.put_cf(codes, hash, code);
        }
        Ok(())
    }

    /// What the block replaced: for reads at older blocks, rollback, and the trie after a crash.
    fn put_history(
        &self,
        batch: &mut WriteBatch,
        number: u64,
        undo: &Undo,
    ) -> Result<(), StoreError> {
        let accounts = self.family(family::ACCOUNT_HISTORY)?;
        let slots = self.family(family::SLOT_HISTORY)?;
        for (address, before) in &undo.accounts {
            let key = schema::account_key(*address);
            let value = before.account.map(|account| encode_account(*address, &account));
            let history_key = schema::account_history_key(key, number);
            batch.put_cf(accounts, history_key, value.unwrap_or_default());
            for (slot, value) in &before.slots {
                let key = schema::slot_history_key(key, schema::slot_hash(*slot), number);
                batch.put_cf(slots, key, encode_slot(*slot, *value));
            }
        }
        batch.put_cf(self.family(family::UNDO)?, number.to_be_bytes(), undo.encode());
        Ok(())
    }

    pub(super) fn put_block(
        &self,
        batch: &mut WriteBatch,
        executed: &ExecutedBlock,
        certificate: Option<&CommitCertificate>,
    ) -> Result<(), StoreError> {
        let family = self.family(family::BLOCK)?;
        let number = executed.block.header.number;
        let mut put = |part: Part, value: Vec<u8>| {
            batch.put_cf(family, schema::block_key(number, part), value)
        };
        put(Part::Header, alloy_rlp::encode(&executed.block.header));
        put(Part::Body, executed.block.body.encode());
        let senders = executed.transactions.iter().flat_map(|tx| tx.sender().into_array());
        put(Part::Senders, senders.collect());
        put(Part::Receipts, alloy_rlp::encode(&executed.receipts));
        if !executed.lane_fees.places.is_empty() {
            put(Part::LaneFees, alloy_rlp::encode(&executed.lane_fees));
        }
        if !executed.hook_logs.is_empty() {
            put(Part::HookLogs, alloy_rlp::encode(&executed.hook_logs));
        }
        if let Some(certificate) = certificate {
            put(Part::Certificate, alloy_rlp::encode(certificate));
        }
        let index = self.family(family::INDEX)?;
        batch.put_cf(index, schema::block_index_key(executed.hash), number.to_be_bytes());
        for (place, tx) in executed.transactions.iter().enumerate() {
            let mut value = [0u8; 12];
            value[..8].copy_from_slice(&number.to_be_bytes());
            // A body's size keeps the count far below 2^32.
            value[8..].copy_from_slice(&(place as u32).to_be_bytes());
            batch.put_cf(index, schema::transaction_index_key(tx.hash()), value);
        }
        let hashes: Vec<B256> = executed.transactions.iter().map(|tx| tx.hash()).collect();
        self.put_channels(batch, number, &executed.receipts, &hashes)?;
        let hash_of = |place: usize| hashes.get(place).copied().unwrap_or_default();
        let events = market_logs(number, &executed.hook_logs, &executed.receipts, hash_of);
        self.put_market(batch, &events)
    }

    /// Every slot of an account, by slot number.
    pub(super) fn slots_of(&self, account: B256) -> Result<BTreeMap<U256, U256>, StoreError> {
        let (from, to) = slot_range(account);
        let mut slots = BTreeMap::new();
        let mode = IteratorMode::From(&from, rocksdb::Direction::Forward);
        for entry in self.db.iterator_cf(self.family(family::SLOT)?, mode) {
            let (key, value) = entry.map_err(StoreError::new)?;
            if key[..] >= to[..] {
                break;
            }
            let (slot, value) = super::codec::decode_slot(&value)?;
            slots.insert(slot, value);
        }
        Ok(slots)
    }

    /// Forgets what is cached of accounts: after the flat state was changed outside of a commit.
    pub(super) fn forget_cached(&self, addresses: impl Iterator<Item = Address>) {
        for address in addresses {
            self.accounts.remove(&address);
        }
    }
}

/// All `slot` keys of one account: from, and just past the last.
fn slot_range(account: B256) -> ([u8; 64], [u8; 65]) {
    let mut end = [0xff; 65];
    end[..32].copy_from_slice(account.as_slice());
    (schema::slot_key(account, B256::ZERO), end)
}
