//! The rows of a block: written with it, deleted with it.

use super::{ChannelChange, ChannelEnd, ChannelLog, ChannelRecord, channel_logs, read::Place};
use crate::storage::{
    Store,
    codec::put_number,
    schema::{self, ChannelList as List, family},
};
use alloy_primitives::{B256, U256};
use btt_runtime::{block::Receipt, state::StoreError};
use rocksdb::WriteBatch;

type Row = (Vec<u8>, Vec<u8>);

impl Store {
    /// Adds what a block's transactions, given by their hashes, did to channels.
    pub(in crate::storage) fn put_channels(
        &self,
        batch: &mut WriteBatch,
        number: u64,
        receipts: &[Receipt],
        hashes: &[B256],
    ) -> Result<(), StoreError> {
        let index = self.family(family::INDEX)?;
        for log in channel_logs(receipts) {
            let hash = hashes.get(log.transaction).copied().unwrap_or_default();
            for (key, value) in rows(number, &log, hash) {
                batch.put_cf(index, key, value);
            }
        }
        Ok(())
    }

    /// Takes that out again.
    pub(in crate::storage) fn delete_channels(
        &self,
        batch: &mut WriteBatch,
        number: u64,
        receipts: &[Receipt],
    ) -> Result<(), StoreError> {
        let index = self.family(family::INDEX)?;
        for log in channel_logs(receipts) {
            for (key, _) in rows(number, &log, B256::ZERO) {
                batch.delete_cf(index, key);
            }
        }
        Ok(())
    }
}

fn rows(block: u64, log: &ChannelLog, transaction: B256) -> Vec<Row> {
    let (id, place) = (log.id, Place { block, log: log.log });
    let mut value = transaction.to_vec();
    log.change.encode(&mut value);
    let mut rows = vec![(schema::channel_event_key(id, block, log.log, log.item), value)];
    match log.change {
        ChannelChange::ToppedUp { deposit_wei, collateral_wei, .. } => {
            let mut value = Vec::new();
            put_number(&mut value, U256::from(deposit_wei));
            put_number(&mut value, U256::from(collateral_wei));
            rows.push((schema::channel_deposit_key(id, block, log.log), value));
        }
        ChannelChange::Frozen { .. } => rows.push((schema::channel_frozen_key(id), Vec::new())),
        ChannelChange::Closed { paid_wei, refunded_wei } => {
            let end = ChannelEnd { block, paid_wei, refunded_wei };
            rows.push((schema::channel_end_key(id), end.encode()));
        }
        _ => {}
    }
    if let Some(record) = &log.opened {
        let record = ChannelRecord { opened: place, transaction, ..**record };
        rows.push((schema::channel_key(id), record.encode()));
        let payee = (!record.is_pool).then_some(List::Payee(record.payee));
        let lists = [Some(List::All), Some(List::Payer(record.payer)), payee];
        rows.extend(
            lists
                .into_iter()
                .flatten()
                .map(|list| (schema::channel_list_key(list, block, log.log), id.to_vec())),
        );
    }
    rows
}
