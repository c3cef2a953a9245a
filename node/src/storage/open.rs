//! Opening a data folder: one process, this chain, this layout.

use super::{
    schema::{self, MetaKey, SCHEMA_VERSION, family},
    trie::TrieCache,
};
use alloy_primitives::{Address, B256};
use btt_genesis::ChainSpec;
use btt_runtime::state::{Account, StoreError};
use parking_lot::Mutex;
use rocksdb::{Cache, ColumnFamily, DB, Options};
use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
};

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be made, read or locked.
    #[error("data folder {folder}: {reason}")]
    Folder {
        /// Which.
        folder: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// Another process has it.
    #[error("data folder {0} is in use by another bttd; stop it, or choose another --datadir")]
    InUse(PathBuf),
    /// RocksDB cannot open it.
    #[error(
        "database in {folder} does not open: {reason}. If files are damaged, restore a backup or \
         start in an empty folder"
    )]
    Database {
        /// Which.
        folder: PathBuf,
        /// What RocksDB says.
        reason: String,
    },
    /// No chain in it yet.
    #[error(
        "data folder {0} holds no chain; make one with: bttd init --chain PRESET --datadir {0}"
    )]
    Empty(PathBuf),
    /// Another chain.
    #[error(
        "data folder {folder} holds chain '{name}' (id {chain_id}, genesis {genesis}), not the one \
         asked for (genesis {wanted}); choose another --datadir"
    )]
    ForeignChain {
        /// Which folder.
        folder: PathBuf,
        /// Name of the chain in it.
        name: String,
        /// Its id.
        chain_id: u64,
        /// Its genesis hash.
        genesis: B256,
        /// The genesis hash asked for.
        wanted: B256,
    },
    /// Written by another version.
    #[error(
        "data folder {folder} has database layout {found}, this bttd knows {SCHEMA_VERSION}; \
         use the bttd that wrote it, or start in an empty folder"
    )]
    Schema {
        /// Which folder.
        folder: PathBuf,
        /// Its layout.
        found: u32,
    },
    /// Something in it does not decode.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How to open.
#[derive(Debug, Clone, Copy)]
pub struct StoreOptions {
    /// Memory for RocksDB's blocks, in bytes.
    pub block_cache_bytes: usize,
    /// Accounts kept decoded.
    pub account_cache: usize,
    /// Trie branches kept in memory.
    pub trie_cache: usize,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { block_cache_bytes: 256 << 20, account_cache: 200_000, trie_cache: 400_000 }
    }
}

/// Accounts as of the head, decoded.
pub(super) type AccountCache = quick_cache::sync::Cache<Address, Option<Account>>;

/// The open database of one chain.
pub struct Store {
    pub(super) db: DB,
    pub(super) trie: Mutex<TrieCache>,
    pub(super) accounts: AccountCache,
    pub(super) codes: quick_cache::sync::Cache<B256, revm::state::Bytecode>,
    folder: PathBuf,
    // Held while the store lives; the lock goes with the file.
    _lock: File,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// Contracts whose analysed code is kept.
const CODE_CACHE: usize = 2_000;
/// RocksDB's own open files.
const MAX_OPEN_FILES: i32 = 512;
/// RocksDB's write-ahead log is cut at this size, in bytes.
const MAX_WAL_BYTES: u64 = 256 << 20;

impl Store {
    /// Opens the folder, making it if need be. It may hold no chain yet: see [`Self::is_empty`].
    pub fn open(folder: &Path, options: StoreOptions) -> Result<Self, OpenError> {
        let error = |e: &dyn ToString| OpenError::Folder {
            folder: folder.to_owned(),
            reason: e.to_string(),
        };
        std::fs::create_dir_all(folder).map_err(|e| error(&e))?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join("lock"))
            .map_err(|e| error(&e))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::InUse(folder.to_owned())),
            Err(TryLockError::Error(e)) => return Err(error(&e)),
        }
        let cache = Cache::new_lru_cache(options.block_cache_bytes);
        let db =
            DB::open_cf_descriptors(&db_options(), folder.join("db"), schema::descriptors(&cache))
                .map_err(|e| OpenError::Database {
                    folder: folder.to_owned(),
                    reason: e.to_string(),
                })?;
        let store = Self {
            db,
            trie: Mutex::new(TrieCache::new(options.trie_cache)),
            accounts: AccountCache::new(options.account_cache),
            codes: quick_cache::sync::Cache::new(CODE_CACHE),
            folder: folder.to_owned(),
            _lock: lock,
        };
        store.check_schema()?;
        if !store.is_empty()? {
            store.catch_up_trie()?;
        }
        Ok(store)
    }

    /// Whether no chain has been written yet.
    pub fn is_empty(&self) -> Result<bool, StoreError> {
        Ok(self.meta(MetaKey::Head)?.is_none())
    }

    /// Writes everything that is in memory into tables, so that the next start has nothing to replay.
    pub fn settle(&self) -> Result<(), StoreError> {
        if !self.is_empty()? {
            self.flush_trie()?;
        }
        for name in family::ALL {
            self.db.flush_cf(self.family(name)?).map_err(StoreError::new)?;
        }
        Ok(())
    }

    /// The folder it lives in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn check_schema(&self) -> Result<(), OpenError> {
        let Some(found) = self.meta(MetaKey::Schema)? else { return Ok(()) };
        let found = <[u8; 4]>::try_from(found.as_slice()).map(u32::from_be_bytes).unwrap_or(0);
        if found == SCHEMA_VERSION {
            return Ok(());
        }
        Err(OpenError::Schema { folder: self.folder.clone(), found })
    }

    /// The chain in the folder; refuses one whose genesis is not `wanted`.
    pub fn spec(&self, wanted: Option<B256>) -> Result<ChainSpec, OpenError> {
        let empty = || OpenError::Empty(self.folder.clone());
        let json = self.meta(MetaKey::Spec)?.ok_or_else(empty)?;
        let spec: ChainSpec = serde_json::from_slice(&json).map_err(StoreError::new)?;
        let genesis = B256::try_from(self.meta(MetaKey::Genesis)?.ok_or_else(empty)?.as_slice())
            .map_err(StoreError::new)?;
        match wanted {
            Some(wanted) if wanted != genesis => Err(OpenError::ForeignChain {
                folder: self.folder.clone(),
                name: spec.name,
                chain_id: spec.chain_id,
                genesis,
                wanted,
            }),
            _ => Ok(spec),
        }
    }

    /// The chain of a folder that another process may have open: reads, locks nothing.
    ///
    /// # Errors
    /// [`OpenError::Empty`] where there is no chain.
    pub fn read_spec(folder: &Path) -> Result<ChainSpec, OpenError> {
        let empty = || OpenError::Empty(folder.to_owned());
        let path = folder.join("db");
        if !path.is_dir() {
            return Err(empty());
        }
        let error = |e: rocksdb::Error| OpenError::Database {
            folder: folder.to_owned(),
            reason: e.to_string(),
        };
        let db = DB::open_cf_for_read_only(&Options::default(), path, [family::META], false)
            .map_err(error)?;
        let meta = db.cf_handle(family::META).ok_or_else(empty)?;
        let json = db.get_cf(meta, MetaKey::Spec.bytes()).map_err(error)?.ok_or_else(empty)?;
        Ok(serde_json::from_slice(&json).map_err(StoreError::new)?)
    }

    pub(super) fn family(&self, name: &'static str) -> Result<&ColumnFamily, StoreError> {
        self.db
            .cf_handle(name)
            .ok_or_else(|| StoreError::new(format!("column family {name} is missing")))
    }

    pub(super) fn get(
        &self,
        name: &'static str,
        key: &[u8],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.db.get_cf(self.family(name)?, key).map_err(StoreError::new)
    }

    pub(super) fn meta(&self, key: MetaKey) -> Result<Option<Vec<u8>>, StoreError> {
        self.get(family::META, key.bytes())
    }

    pub(super) fn meta_number(&self, key: MetaKey) -> Result<Option<u64>, StoreError> {
        let Some(bytes) = self.meta(key)? else { return Ok(None) };
        let mut input = super::codec::Input(&bytes);
        Ok(Some(input.u64()?))
    }

    /// Number and hash of the newest final block; `None` in an empty store.
    pub fn head(&self) -> Result<Option<(u64, B256)>, StoreError> {
        let Some(bytes) = self.meta(MetaKey::Head)? else { return Ok(None) };
        let mut input = super::codec::Input(&bytes);
        Ok(Some((input.u64()?, input.hash()?)))
    }
}

fn db_options() -> Options {
    let mut options = Options::default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    options.set_max_open_files(MAX_OPEN_FILES);
    options.set_max_background_jobs(2);
    options.set_max_total_wal_size(MAX_WAL_BYTES);
    options.set_bytes_per_sync(1 << 20);
    options.set_keep_log_file_num(2);
    options.set_max_log_file_size(4 << 20);
    options.set_stats_dump_period_sec(0);
    options.set_stats_persist_period_sec(0);
    options.set_level_compaction_dynamic_level_bytes(true);
    options
}
