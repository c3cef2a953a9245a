//! The chain as the node knows it: head, blocks, state, and the two steps that move it, execute and commit.
//!
//! One thread executes and commits; everybody else reads.

mod clearing;
mod head;
mod proof;
mod propose;
mod trial;
mod validators;

pub use clearing::ClearingWorker;
pub use head::Head;
pub use proof::{AccountProof, SlotProof};
pub use propose::{Ingredients, ProposeError, Proposer};
pub use trial::{ChannelTrial, channel_refusal};

use crate::storage::{CommitInput, History, OpenError, StateView, Store, StoredBlock, ViewError};
use alloy_primitives::{Address, B256};
use arc_swap::ArcSwap;
use btt_genesis::ChainSpec;
use btt_runtime::{
    block::{CertificateError, CommitCertificate, Header},
    config::ChainConfig,
    executor::{
        BlockContext, BlockError, ExecutedBlock, Input, check_features, execute_block,
        validator_sets,
    },
    modules::market::Cleared,
    state::{Account, StateChanges, StoreError},
};
use parking_lot::RwLock;
use std::sync::Arc;
use tokio::sync::broadcast;

/// Committed blocks that a slow reader may lag behind before it misses one.
const COMMITTED_BACKLOG: usize = 256;
/// Decoded blocks kept, by their weight: a transaction counts one.
const BLOCK_CACHE_WEIGHT: u64 = 100_000;

/// Weighs a block by its transactions.
#[derive(Debug, Clone)]
struct ByTransactions;

impl quick_cache::Weighter<u64, Arc<StoredBlock>> for ByTransactions {
    fn weight(&self, _number: &u64, block: &Arc<StoredBlock>) -> u64 {
        8 + block.transactions.len() as u64
    }
}

type BlockCache = quick_cache::sync::Cache<u64, Arc<StoredBlock>, ByTransactions>;

/// One shard: a shard's share of the weight would be less than one full block.
fn block_cache() -> Result<BlockCache, StoreError> {
    let options = quick_cache::OptionsBuilder::new()
        .estimated_items_capacity(1_000)
        .weight_capacity(BLOCK_CACHE_WEIGHT)
        .shards(1)
        .build()
        .map_err(|error| StoreError::new(format!("block cache: {error}")))?;
    Ok(BlockCache::with_options(
        options,
        ByTransactions,
        quick_cache::DefaultHashBuilder::default(),
        quick_cache::sync::DefaultLifecycle::default(),
    ))
}

/// Why a block was not committed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Nobody, or too few, decided it.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The chain.
pub struct Chain {
    store: Store,
    spec: ChainSpec,
    config: ChainConfig,
    genesis_hash: B256,
    history: History,
    head: ArcSwap<Head>,
    blocks: BlockCache,
    /// The market's newest result, cleared beside the chain.
    cleared: ArcSwap<Cleared>,
    committed: broadcast::Sender<Arc<StoredBlock>>,
    // Held for writing while a commit changes flat state and trie, for reading by who needs both.
    commit_lock: RwLock<()>,
}

impl std::fmt::Debug for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chain").field("head", &self.head()).finish_non_exhaustive()
    }
}

impl Chain {
    /// The chain in an open store.
    pub fn open(store: Store, history: History) -> Result<Self, OpenError> {
        let spec = store.spec(None)?;
        let missing = || StoreError::new("the head's block is missing");
        let (number, hash) = store.head()?.ok_or_else(missing)?;
        let header = store.header(number)?.ok_or_else(missing)?;
        let genesis = store.header(0)?.ok_or_else(missing)?;
        let config = spec.config();
        let next = btt_runtime::modules::params::effective(&store, &config.params)?;
        let validators = validator_sets(&config, &store, number)?;
        let head = Head::new(&store, number, hash, header, &next, validators)?;
        Ok(Self {
            config,
            spec,
            genesis_hash: genesis.hash_slow(),
            history,
            head: ArcSwap::from_pointee(head),
            blocks: block_cache()?,
            cleared: ArcSwap::default(),
            committed: broadcast::channel(COMMITTED_BACKLOG).0,
            commit_lock: RwLock::new(()),
            store,
        })
    }

    /// What execution depends on.
    pub fn config(&self) -> &ChainConfig {
        &self.config
    }

    /// The chain spec, without accounts.
    pub fn spec(&self) -> &ChainSpec {
        &self.spec
    }

    /// Hash of block 0.
    pub fn genesis_hash(&self) -> B256 {
        self.genesis_hash
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The newest final block.
    pub fn head(&self) -> Arc<Head> {
        self.head.load_full()
    }

    /// Base fee of the next block, in wei per gas.
    pub fn next_base_fee(&self) -> u64 {
        self.head.load().next_base_fee_wei
    }

    /// Header of a block; `None` above the head.
    pub fn header(&self, number: u64) -> Result<Option<Header>, StoreError> {
        let head = self.head.load();
        if head.number == number {
            return Ok(Some(head.header.clone()));
        }
        match self.blocks.get(&number) {
            Some(block) => Ok(Some(block.block.header.clone())),
            None => self.store.header(number),
        }
    }

    /// A whole block; `None` above the head.
    pub fn block(&self, number: u64) -> Result<Option<Arc<StoredBlock>>, StoreError> {
        if let Some(block) = self.blocks.get(&number) {
            return Ok(Some(block));
        }
        let Some(block) = self.store.block(number)? else { return Ok(None) };
        let block = Arc::new(block);
        self.blocks.insert(number, block.clone());
        Ok(Some(block))
    }

    /// Number of the block with this hash.
    pub fn number_of(&self, hash: B256) -> Result<Option<u64>, StoreError> {
        let head = self.head.load();
        if head.hash == hash { Ok(Some(head.number)) } else { self.store.number_of(hash) }
    }

    /// Block and place of a transaction.
    pub fn transaction_place(&self, hash: B256) -> Result<Option<(u64, usize)>, StoreError> {
        self.store.transaction_place(hash)
    }

    /// The state after a block.
    pub fn state_at(&self, number: u64) -> Result<StateView<'_>, ViewError> {
        self.store.state_at(number)
    }

    /// An account as of the newest block.
    pub fn head_account(&self, address: Address) -> Result<Option<Account>, StoreError> {
        self.store.head_account(address)
    }

    /// Every block from now on, already readable when it comes.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<StoredBlock>> {
        self.committed.subscribe()
    }

    /// Executes a block on the head. Nothing changes until [`Self::commit`].
    pub fn execute(&self, input: Input<'_>) -> Result<ExecutedBlock, BlockError> {
        let head = self.head();
        let ctx = BlockContext {
            config: &self.config,
            parent: &head.header,
            parent_hash: head.hash,
            validators: &head.validators,
            state: &self.store.session(),
            cleared: Cleared::clone(&self.cleared.load()),
        };
        execute_block(&ctx, input)
    }

    /// Refuses to go on where the next block is under the rules of a feature that this node lacks.
    ///
    /// # Errors
    /// [`BlockError::UnknownFeature`], and [`BlockError::Store`].
    pub fn check_features(&self) -> Result<(), BlockError> {
        check_features(&self.config, &self.store.session(), self.head().number)
    }

    /// Makes an executed block final, if its certificate holds: durable first, then visible, then told to everybody. Returns the
    /// block and what it changed.
    pub fn commit(
        &self,
        executed: ExecutedBlock,
        certificate: CommitCertificate,
    ) -> Result<(Arc<StoredBlock>, StateChanges), CommitError> {
        let number = executed.block.header.number;
        let mut validators = self.head().validators.clone();
        certificate.verify(self.config.chain_id, number, executed.hash, validators.at(number))?;
        {
            let _lock = self.commit_lock.write();
            let (certificate, history) = (&certificate, self.history);
            self.store.commit(&CommitInput { executed: &executed, certificate, history })?;
        }
        let values = btt_runtime::modules::params::effective(&self.store, &self.config.params)?;
        let ExecutedBlock {
            block,
            hash,
            transactions,
            receipts,
            lane_fees,
            hook_logs,
            changes,
            next_validators,
            ..
        } = executed;
        if let Some(next) = next_validators {
            validators.push(number.saturating_add(1), next);
        }
        let head = Head::new(&self.store, number, hash, block.header.clone(), &values, validators)?;
        let certificate = Some(certificate);
        let stored = Arc::new(StoredBlock {
            block,
            hash,
            transactions,
            receipts,
            lane_fees,
            hook_logs,
            certificate,
        });
        self.blocks.insert(number, stored.clone());
        self.head.store(Arc::new(head));
        // Nobody listening is fine.
        let _ = self.committed.send(stored.clone());
        Ok((stored, changes))
    }
}
