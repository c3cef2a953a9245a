//! The rows of a block: written with it, deleted with it.

use super::{MarketLog, logs::subjects};
use crate::storage::{
    Store,
    schema::{self, family},
};
use alloy_primitives::B256;
use btt_runtime::state::StoreError;
use rocksdb::WriteBatch;

impl Store {
    /// Adds the events of a block.
    pub(in crate::storage) fn put_market(
        &self,
        batch: &mut WriteBatch,
        logs: &[MarketLog],
    ) -> Result<(), StoreError> {
        let index = self.family(family::INDEX)?;
        for log in logs {
            let mut value = log.transaction.unwrap_or(B256::ZERO).to_vec();
            alloy_rlp::Encodable::encode(&log.log, &mut value);
            for subject in subjects(log) {
                batch.put_cf(
                    index,
                    schema::market_key(subject, log.place.block, log.place.log),
                    &value,
                );
            }
        }
        Ok(())
    }

    /// Takes them out again.
    pub(in crate::storage) fn delete_market(
        &self,
        batch: &mut WriteBatch,
        logs: &[MarketLog],
    ) -> Result<(), StoreError> {
        let index = self.family(family::INDEX)?;
        for log in logs {
            for subject in subjects(log) {
                batch.delete_cf(index, schema::market_key(subject, log.place.block, log.place.log));
            }
        }
        Ok(())
    }

    /// Adds events that no block has.
    #[cfg(test)]
    pub(crate) fn put_market_alone(&self, logs: &[MarketLog]) {
        let mut batch = WriteBatch::default();
        self.put_market(&mut batch, logs).unwrap();
        self.db.write(batch).unwrap();
    }
}
