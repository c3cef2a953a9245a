//! The vouchers of the node's watchtower: beside the chain, not of it. A rollback leaves them.

use super::{Store, schema::family};
use btt_runtime::state::StoreError;
use rocksdb::{IteratorMode, WriteBatch};

impl Store {
    /// Keeps a row of the watchtower. When this returns, it survives a power cut.
    pub fn put_watched(&self, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        let mut batch = WriteBatch::default();
        batch.put_cf(self.family(family::TOWER)?, key, value);
        self.write_synced(batch)
    }

    /// Forgets a row of the watchtower.
    pub fn delete_watched(&self, key: &[u8]) -> Result<(), StoreError> {
        self.db.delete_cf(self.family(family::TOWER)?, key).map_err(StoreError::new)
    }

    /// All rows of the watchtower: keys are left out, values know whose they are.
    pub fn watched(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        let rows = self.db.iterator_cf(self.family(family::TOWER)?, IteratorMode::Start);
        rows.map(|row| row.map(|(_, value)| value.into_vec()).map_err(StoreError::new)).collect()
    }
}
