//! The thread that builds, executes and applies blocks, one after the other.
//!
//! Orders come in the driver's order, so a block is applied before the next height's are executed; the
//! driver itself does not wait and already gathers the next height's votes meanwhile.

use crate::{
    chain::{Chain, Ingredients, ProposeError, Proposer},
    consensus::driver::{BuildOrder, Verdict},
    mempool::Mempool,
    metrics,
    recovery::recover_all,
    storage::StoredBlock,
};
use alloy_primitives::B256;
use btt_runtime::{
    block::{Block, CommitCertificate, MIN_VOID_ROUND},
    config::Validator,
    executor::{BlockError, ExecutedBlock, Input, carried_signatures},
    tx::{RecoveryMemo, UnrecoveredTransaction, signing_hash},
};
use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, mpsc::Receiver},
    time::{Duration, Instant},
};

/// What there is to do.
#[derive(Debug)]
pub(super) enum Job {
    /// Make a block.
    Build(Box<BuildOrder>),
    /// Execute a block on the head.
    Execute(B256, Arc<Block>),
    /// Make an executed block final.
    Apply(B256, CommitCertificate),
}

/// The validators from the next height on, where they are others than a block's own.
pub(super) type NextValidators = Option<Arc<[Validator]>>;

/// What was done.
#[derive(Debug)]
pub(super) enum Done {
    /// A block was made.
    Built { height: u64, round: u32, block: Arc<Block>, next: NextValidators },
    /// A block was executed.
    Executed(B256, Verdict, NextValidators),
    /// A block is final and durable; what waits for the next.
    Applied(Waiting),
    /// Nothing more can be done.
    Failed(String),
}

/// What waits for the next block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waiting {
    Nothing,
    /// An epoch of the market.
    Epoch,
    Transactions,
}

/// An executed block, and how long that took.
struct Ready {
    executed: ExecutedBlock,
    took: Duration,
}

pub(super) struct Executor {
    pub(super) chain: Arc<Chain>,
    pub(super) mempool: Arc<Mempool>,
    pub(super) proposer: Option<Proposer>,
    /// A block that the operator knows: another one at its height is never taken.
    trusted: Option<(u64, B256)>,
    ready: BTreeMap<B256, Ready>,
}

impl Executor {
    pub(super) fn new(
        chain: Arc<Chain>,
        mempool: Arc<Mempool>,
        proposer: Option<Proposer>,
        trusted: Option<(u64, B256)>,
    ) -> Self {
        Self { chain, mempool, proposer, trusted, ready: BTreeMap::new() }
    }

    /// Works until there are no more orders, or until something fails for good.
    pub(super) fn run(mut self, orders: &Receiver<Job>, done: impl Fn(Done)) {
        while let Ok(job) = orders.recv() {
            let result = catch_unwind(AssertUnwindSafe(|| self.work(job)));
            let failed = match result {
                Ok(Ok(Some(result))) => {
                    done(result);
                    continue;
                }
                Ok(Ok(None)) => continue,
                Ok(Err(reason)) => reason,
                Err(_) => "the executor panicked".to_owned(),
            };
            done(Done::Failed(failed));
            return;
        }
    }

    fn work(&mut self, job: Job) -> Result<Option<Done>, String> {
        match job {
            Job::Build(order) => self.build(*order),
            Job::Execute(hash, block) => self.execute(hash, &block).map(Some),
            Job::Apply(hash, certificate) => self.apply(hash, certificate).map(Some),
        }
    }

    fn build(&mut self, order: BuildOrder) -> Result<Option<Done>, String> {
        let Some(proposer) = &self.proposer else { return Ok(None) };
        let (height, round) = (order.height, order.round);
        if height != self.chain.head().number + 1 {
            return Ok(None);
        }
        let started = Instant::now();
        let mut source = self.mempool.source();
        let ingredients = Ingredients {
            time_ms: order.time_ms,
            certificate: order.certificate,
            late: order.late,
            evidence: order.evidence,
            voids_market: voids_market(round, self.chain.is_epoch_cleared()),
        };
        match proposer.build(&self.chain, ingredients, &mut source) {
            Ok(executed) => {
                let block = Arc::new(executed.block.clone());
                let next = executed.next_validators.clone();
                self.ready.insert(executed.hash, Ready { executed, took: started.elapsed() });
                Ok(Some(Done::Built { height, round, block, next }))
            }
            Err(ProposeError::Store(error) | ProposeError::Block(BlockError::Store(error))) => {
                Err(error.to_string())
            }
            Err(ProposeError::Block(error @ BlockError::UnknownFeature { .. })) => {
                Err(error.to_string())
            }
            // The round goes on without this node's block.
            Err(error) => {
                tracing::error!(height, round, %error, "cannot build a block");
                Ok(None)
            }
        }
    }

    fn execute(&mut self, hash: B256, block: &Block) -> Result<Done, String> {
        if let Some(ready) = self.ready.get(&hash) {
            let next = ready.executed.next_validators.clone();
            return Ok(Done::Executed(hash, Verdict::Valid, next));
        }
        let number = block.header.number;
        if let Some((_, trusted)) =
            self.trusted.filter(|(at, trusted)| *at == number && *trusted != hash)
        {
            let reason = format!("block {number} is {trusted} by the operator's word (--trusted)");
            return Ok(Done::Executed(hash, Verdict::Invalid(reason), None));
        }
        let started = Instant::now();
        let memo = self.memo_of(block);
        // A panic while checking is the block's fault (rule C.3); in a decided block the driver stops.
        let checked =
            catch_unwind(AssertUnwindSafe(|| self.chain.execute(Input::Check(block, &memo))));
        let mut next = None;
        let verdict = match checked {
            Ok(Ok(executed)) => {
                next = executed.next_validators.clone();
                self.ready.insert(hash, Ready { executed, took: started.elapsed() });
                Verdict::Valid
            }
            // Neither says anything of the block: a validator that went on would vote nil for ever.
            Ok(Err(error @ (BlockError::Store(_) | BlockError::UnknownFeature { .. }))) => {
                return Err(error.to_string());
            }
            Ok(Err(error)) => Verdict::Invalid(error.to_string()),
            Err(_) => Verdict::Invalid("execution panicked".into()),
        };
        Ok(Done::Executed(hash, verdict, next))
    }

    /// Who signed what the block brings: from the mempool what it has recovered already, the rest at once on
    /// all cores. What does not decode is left to execution.
    fn memo_of(&self, block: &Block) -> RecoveryMemo {
        let mut memo = RecoveryMemo::default();
        let mut missing = Vec::new();
        for raw in &block.body.transactions {
            if let Some(tx) = self.mempool.get(&alloy_primitives::keccak256(raw)) {
                let envelope = tx.envelope();
                memo.insert(signing_hash(envelope), envelope.signature(), tx.sender());
                memo.extend(tx.recovered());
                if tx.recovered().is_empty() {
                    missing.extend(carried_signatures(self.chain.config(), envelope));
                }
            } else if let Ok(tx) = UnrecoveredTransaction::decode(raw.clone()) {
                missing.push((signing_hash(&tx.envelope), *tx.envelope.signature()));
                missing.extend(carried_signatures(self.chain.config(), &tx.envelope));
            }
        }
        // No gas of the block is charged yet: what cannot be paid by it is not recovered.
        missing.truncate(most_signatures(block.header.gas_limit));
        memo.extend(&recover_all(&missing));
        memo
    }

    fn apply(&mut self, hash: B256, certificate: CommitCertificate) -> Result<Done, String> {
        let round = certificate.round;
        let ready = self.ready.remove(&hash).ok_or(format!("block {hash} was not executed"))?;
        self.ready.clear();
        let started = Instant::now();
        for failure in &ready.executed.hook_failures {
            tracing::error!(
                module = %failure.module, moment = ?failure.moment, reason = failure.reason,
                "a module's hook failed; the module is paused"
            );
        }
        let committed = self.chain.commit(ready.executed, certificate);
        let (block, changes) = committed.map_err(|error| error.to_string())?;
        self.mempool.on_block(&block, &changes);
        let parent = block.block.header.number.saturating_sub(1);
        let validators = self.chain.head().validators.at(parent).len();
        metrics::block_committed(&block, validators, ready.took, ready.took + started.elapsed());
        report(&block, round, ready.took + started.elapsed());
        // The last block that this node can execute is durable: it stops before the first that it cannot.
        self.chain.check_features().map_err(|error| error.to_string())?;
        Ok(Done::Applied(match self.mempool.has_work() {
            true => Waiting::Transactions,
            false if self.chain.epoch_waits().map_err(|error| error.to_string())? => Waiting::Epoch,
            false => Waiting::Nothing,
        }))
    }
}

/// Whether a block of this round gives the market's epoch up (rule E.8): this node has no result yet, or
/// even with it round after round has failed.
fn voids_market(round: u32, is_cleared: bool) -> bool {
    round >= MIN_VOID_ROUND && (!is_cleared || round >= 2 * MIN_VOID_ROUND)
}

/// More signatures than a block's gas can pay for (a sender costs more).
fn most_signatures(gas_limit: u64) -> usize {
    const LEAST_GAS: u64 = 3_000;
    usize::try_from(gas_limit / LEAST_GAS).unwrap_or(usize::MAX)
}

/// Tells of a block; of empty ones only to who asks for details.
fn report(block: &StoredBlock, round: u32, took: Duration) {
    let (number, transactions) = (block.block.header.number, block.transactions.len());
    let (gas, ms, hash) = (block.block.header.gas_used, took.as_millis() as u64, block.hash);
    if transactions > 0 || number == 1 {
        tracing::info!(transactions, gas, ms, round, %hash, "block {number} finalized");
    } else {
        tracing::debug!(ms, round, %hash, "block {number} finalized, empty");
    }
}

#[cfg(test)]
mod tests;
