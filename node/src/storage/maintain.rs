//! How long old state is kept. Blocks, receipts and certificates are kept for good (rule C.7).

use super::{
    Store,
    schema::{self, MetaKey, family},
    undo::Undo,
};
use btt_runtime::state::StoreError;
use rocksdb::WriteBatch;

/// Undo records that every node keeps, so that its trie survives a crash and an operator can roll back.
const LEAST_KEPT_BLOCKS: u64 = 256;
/// Blocks whose history one commit prunes at most: bounded work, yet it catches up.
const PRUNED_PER_COMMIT: u64 = 4;

/// What state stays readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    /// After every block.
    Archive,
    /// After each of the last so many blocks, at least 256.
    Blocks(u64),
}

impl std::str::FromStr for History {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "archive" => Ok(Self::Archive),
            _ => {
                let blocks = text
                    .parse()
                    .map_err(|_| format!("'{text}' is neither 'archive' nor a number of blocks"))?;
                if blocks < LEAST_KEPT_BLOCKS {
                    return Err(format!(
                        "{blocks} blocks are too few, at least {LEAST_KEPT_BLOCKS}"
                    ));
                }
                Ok(Self::Blocks(blocks))
            }
        }
    }
}

impl std::fmt::Display for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Archive => f.write_str("archive"),
            Self::Blocks(blocks) => write!(f, "{blocks}"),
        }
    }
}

impl Store {
    /// Deletes history that is older than wanted, a few blocks at a time.
    pub(super) fn prune(
        &self,
        batch: &mut WriteBatch,
        head: u64,
        history: History,
    ) -> Result<(), StoreError> {
        let History::Blocks(kept) = history else { return Ok(()) };
        let wanted = head.saturating_sub(kept.max(LEAST_KEPT_BLOCKS));
        let from = self.meta_number(MetaKey::HistoryFrom)?.unwrap_or(0);
        let to = wanted.min(from + PRUNED_PER_COMMIT);
        if to <= from {
            return Ok(());
        }
        // State at N needs what blocks above N replaced; so records up to the new oldest block may go.
        for number in from + 1..=to {
            self.delete_history(batch, number)?;
        }
        let meta = self.family(family::META)?;
        batch.put_cf(meta, MetaKey::HistoryFrom.bytes(), to.to_be_bytes());
        Ok(())
    }

    /// Deletes everything that says what block `number` replaced.
    pub(super) fn delete_history(
        &self,
        batch: &mut WriteBatch,
        number: u64,
    ) -> Result<(), StoreError> {
        let Some(undo) = self.undo(number)? else { return Ok(()) };
        let accounts = self.family(family::ACCOUNT_HISTORY)?;
        let slots = self.family(family::SLOT_HISTORY)?;
        for (address, before) in &undo.accounts {
            let key = schema::account_key(*address);
            batch.delete_cf(accounts, schema::account_history_key(key, number));
            for slot in before.slots.keys() {
                let key = schema::slot_history_key(key, schema::slot_hash(*slot), number);
                batch.delete_cf(slots, key);
            }
        }
        batch.delete_cf(self.family(family::UNDO)?, number.to_be_bytes());
        Ok(())
    }

    pub(super) fn undo(&self, number: u64) -> Result<Option<Undo>, StoreError> {
        let bytes = self.get(family::UNDO, &number.to_be_bytes())?;
        bytes.map(|bytes| Undo::decode(&bytes)).transpose()
    }
}
