//! A node's chain: real blocks through `execute_block` on a state in memory.
//!
//! Executing a block is a pure function of its parent's state, so nodes of a run share results by hash;
//! now and then one executes again on its own state, and the two must not differ. After every commit the
//! node's own state root must be the header's.

use super::{
    market::{Look, memo, memo::Memo, wishes},
    rng::Rng,
    workload::Workload,
};
use crate::keys::Key;
use alloy_primitives::{B256, U256};
use btt_node::consensus::driver::{BuildOrder, Decided};
use btt_runtime::{
    block::{
        Block, CommitCertificate, Header, MarketResult, ProposerProof, SystemItem, ValidatorSets,
        header::validate_body, vrf,
    },
    config::ChainConfig,
    executor::{
        BlockContext, BuildRequest, ExecutedBlock, Input, check_invariants, execute_block,
        validator_sets,
    },
    modules::market::Cleared,
    state::MemoryStore,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Transfers of one sender in a block.
const PER_SENDER: u64 = 2;

/// What execution said of a block, by parent and block.
type Verdicts = BTreeMap<(B256, B256), Result<Arc<ExecutedBlock>, String>>;

/// Results that all nodes of a run share.
#[derive(Debug)]
pub struct Shared {
    /// The chain.
    pub config: Arc<ChainConfig>,
    /// What the chain's coins sum up to.
    pub supply: U256,
    /// Transfers.
    pub workload: &'static Workload,
    verdicts: Verdicts,
    /// What some node cleared of the market.
    pub cleared: Memo,
    /// Blocks after which the invariants were checked: with the same root they hold on every node.
    proven: BTreeSet<B256>,
    /// Blocks executed for real.
    pub executed: u64,
}

impl Shared {
    /// Nothing executed yet.
    pub fn new(config: Arc<ChainConfig>, supply: U256, workload: &'static Workload) -> Self {
        let (verdicts, cleared, proven) = Default::default();
        Self { config, supply, workload, verdicts, cleared, proven, executed: 0 }
    }

    /// Checks what always holds after an applied block, once for all nodes.
    ///
    /// # Errors
    /// What does not hold.
    pub fn prove(&mut self, hash: B256, state: &MemoryStore) -> Result<(), String> {
        if !self.proven.insert(hash) {
            return Ok(());
        }
        check_invariants(&self.config, state).map_err(|broken| broken.to_string())
    }

    /// Forgets blocks at or below a height that every node has left.
    pub fn forget(&mut self, height: u64) {
        self.verdicts.retain(|_, verdict| match verdict {
            Ok(executed) => executed.block.header.number > height,
            Err(_) => true,
        });
    }
}

/// A node's chain in memory.
#[derive(Debug, Clone)]
pub struct Ledger {
    /// Newest block's header.
    pub head: Header,
    /// Its hash.
    pub head_hash: B256,
    /// State after it.
    pub state: MemoryStore,
    /// The validators of the next block and of the last ones before it.
    pub sets: ValidatorSets,
    /// Blocks executed on it.
    executed: BTreeMap<B256, Arc<ExecutedBlock>>,
    /// Whether the node has cleared the market's book when a block needs it.
    luck: Rng,
}

impl Ledger {
    /// A chain at this block.
    pub fn new(config: &ChainConfig, head: Header, state: MemoryStore, luck: Rng) -> Self {
        let head_hash = head.hash_slow();
        let sets = sets_after(config, &head, &state);
        Self { head, head_hash, state, sets, executed: BTreeMap::new(), luck }
    }

    /// What an agent sees of it.
    pub fn look<'a>(&'a self, config: &'a ChainConfig) -> Look<'a> {
        Look::new(config, &self.head, &self.state)
    }

    fn context<'a>(
        &'a self,
        config: &'a ChainConfig,
        cleared: Cleared,
    ) -> BlockContext<'a, MemoryStore> {
        let (parent, parent_hash) = (&self.head, self.head_hash);
        BlockContext {
            config,
            parent,
            parent_hash,
            validators: &self.sets,
            state: &self.state,
            cleared,
        }
    }

    /// What the node has cleared of the market.
    fn cleared(&mut self, shared: &mut Shared) -> Cleared {
        let mut luck = self.luck.clone();
        let cleared = shared.cleared.drawn(&self.look(&shared.config), &mut luck);
        self.luck = luck;
        cleared
    }

    /// Builds the block that the driver ordered; `None` if it cannot be made. Its header has these free bytes; with
    /// `is_void` it gives the market's epoch up, whatever the round.
    pub fn build(
        &mut self,
        shared: &mut Shared,
        key: &Key,
        order: BuildOrder,
        arrived: u64,
        (free_bytes, is_void): (&[u8], bool),
    ) -> Result<Arc<Block>, String> {
        let config = shared.config.clone();
        let height = self.head.number + 1;
        let address = key.address();
        let is_own = |validator: &btt_runtime::config::Validator| validator.operator == address;
        let index = self.sets.at(height).iter().position(is_own).ok_or("not a member")?;
        let input = vrf::input(config.chain_id, height, self.head.mix_hash);
        let (proof, _) = vrf::prove(key.secret(), &input).map_err(|error| error.to_string())?;
        let mut system: Vec<_> =
            order.certificate.map(SystemItem::ParentCertificate).into_iter().collect();
        if !order.late.is_empty() {
            system.push(SystemItem::LatePrecommits(order.late));
        }
        if !order.evidence.is_empty() {
            system.push(SystemItem::Evidence(order.evidence));
        }
        let cleared = self.cleared(shared);
        if is_void || memo::voids(&self.look(&config), &cleared, order.round) {
            system.push(SystemItem::Market(MarketResult::Void));
        }
        let validator_index = index as u16;
        system.push(SystemItem::Proposer(ProposerProof { validator_index, proof }));
        let mut source = shared.workload.waiting(&self.state, arrived, PER_SENDER);
        source.append(wishes(&self.look(&config)));
        let (time_ms, source) = (order.time_ms, &mut source);
        let request = BuildRequest { time_ms, free_bytes, system, source };
        shared.executed += 1;
        let executed = execute_block(&self.context(&config, cleared), Input::Build(request))
            .map_err(|error| error.to_string())?;
        let executed = Arc::new(executed);
        let block = Arc::new(executed.block.clone());
        shared.verdicts.insert((self.head_hash, executed.hash), Ok(executed.clone()));
        self.executed.insert(executed.hash, executed);
        Ok(block)
    }

    /// Executes a block on the head.
    ///
    /// # Panics
    /// If two nodes with the same head come to different results.
    pub fn execute(
        &mut self,
        shared: &mut Shared,
        hash: B256,
        block: &Block,
        rng: &mut Rng,
    ) -> Result<(), String> {
        // Results are shared by the header's hash, which says nothing of another body.
        validate_body(&block.header, &block.body).map_err(|error| error.to_string())?;
        let place = (self.head_hash, hash);
        let known = shared.verdicts.get(&place).cloned();
        // What depends on whether a node has cleared the market's book, every node tries.
        let must_compare = block.body.market().is_some();
        let verdict = if known.is_none() || rng.happens(60_000) || must_compare {
            shared.executed += 1;
            let config = shared.config.clone();
            let cleared = self.cleared(shared);
            let input = Input::Check(block, &shared.workload.memo);
            let verdict = execute_block(&self.context(&config, cleared), input)
                .map(Arc::new)
                .map_err(|error| error.to_string());
            if let Some(known) = known {
                let known = known.as_ref().map(|e| (e.hash, &e.changes)).map_err(Clone::clone);
                let own = verdict.as_ref().map(|e| (e.hash, &e.changes)).map_err(Clone::clone);
                assert_eq!(known, own, "two nodes execute block {hash} differently");
            }
            shared.verdicts.insert(place, verdict.clone());
            verdict
        } else {
            known.unwrap_or_else(|| Err("unknown".to_owned()))
        };
        self.executed.insert(hash, verdict?);
        Ok(())
    }

    /// Commits an executed block; what it changed, for the disk.
    ///
    /// # Errors
    /// If it was not executed here, says something false of the market, or the state does not become what its header
    /// says.
    pub fn apply(
        &mut self,
        shared: &mut Shared,
        hash: B256,
        round: u32,
    ) -> Result<Arc<ExecutedBlock>, String> {
        let executed = self.executed.remove(&hash).ok_or("applied but not executed")?;
        let look = self.look(&shared.config);
        shared.cleared.agrees(&look, &executed.block, round)?;
        commit(&mut self.state, &executed);
        let header = &executed.block.header;
        if self.state.state_root() != header.state_root {
            return Err(format!("block {} leaves another state than it says", header.number));
        }
        if let Some(next) = &executed.next_validators {
            self.sets.push(header.number + 1, next.clone());
        }
        self.head = header.clone();
        self.head_hash = hash;
        self.executed.clear();
        if let Some(failure) = executed.hook_failures.first() {
            return Err(format!("block {}: a hook failed: {failure:?}", header.number));
        }
        Ok(executed)
    }
}

/// The validators of the block after `head` and of the last ones before it, as a node that starts reads them.
///
/// # Panics
/// If the state is damaged.
pub fn sets_after(config: &ChainConfig, head: &Header, state: &MemoryStore) -> ValidatorSets {
    validator_sets(config, state, head.number).expect("memory does not fail")
}

/// Writes a block's changes.
pub fn commit(state: &mut MemoryStore, executed: &ExecutedBlock) {
    state.commit(&executed.changes, &executed.trie);
    state.set_block_hash(executed.block.header.number, executed.hash);
}

/// A decided block as peers and disks hold it.
pub fn decided(executed: &ExecutedBlock, certificate: CommitCertificate) -> Decided {
    Decided { block: Arc::new(executed.block.clone()), certificate }
}
