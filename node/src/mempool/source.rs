//! Waiting transactions in the order in which a block takes them: by tip, each sender's by nonce.

use super::Mempool;
use alloy_primitives::B256;
use btt_runtime::{
    executor::{Refusal, TransactionSource},
    tx::{InvalidTransaction, Transaction},
};
use std::{
    cmp::Ordering,
    collections::{BinaryHeap, VecDeque},
    sync::Arc,
};

/// A sender's next transaction, ordered by what the proposer earns.
struct Candidate {
    tip_wei: u128,
    /// Settles equal tips the same way each time.
    hash: B256,
    run: VecDeque<Arc<Transaction>>,
}

impl Candidate {
    fn new(run: VecDeque<Arc<Transaction>>, base_fee_wei: u64) -> Option<Self> {
        let first = run.front()?;
        let tip_wei = first.effective_tip_wei(base_fee_wei)?;
        Some(Self { tip_wei, hash: first.hash(), run })
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.tip_wei.cmp(&other.tip_wei).then_with(|| other.hash.cmp(&self.hash))
    }
}

/// The order of one block.
pub struct BlockSource {
    mempool: Arc<Mempool>,
    heap: BinaryHeap<Candidate>,
    base_fee_wei: u64,
    /// What is left of the sender whose transaction was given last.
    current: Option<VecDeque<Arc<Transaction>>>,
}

impl std::fmt::Debug for BlockSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlockSource").field("senders", &self.heap.len()).finish_non_exhaustive()
    }
}

impl BlockSource {
    pub(super) fn new(
        mempool: Arc<Mempool>,
        executable: Vec<VecDeque<Arc<Transaction>>>,
        base_fee_wei: u64,
    ) -> Self {
        let heap =
            executable.into_iter().filter_map(|run| Candidate::new(run, base_fee_wei)).collect();
        Self { mempool, heap, base_fee_wei, current: None }
    }
}

impl TransactionSource for BlockSource {
    fn next(&mut self, gas_left: u64) -> Option<Arc<Transaction>> {
        // The last one was taken: its sender's next may be the best again.
        if let Some(run) = self.current.take() {
            self.heap.extend(Candidate::new(run, self.base_fee_wei));
        }
        if gas_left < 21_000 {
            return None;
        }
        let mut best = self.heap.pop()?;
        let tx = best.run.pop_front()?;
        self.current = Some(best.run);
        Some(tx)
    }

    fn refused(&mut self, tx: &Arc<Transaction>, refusal: &Refusal) {
        // The sender's later ones cannot be executed without this one.
        self.current = None;
        match refusal {
            // Fits into a later block.
            Refusal::Invalid(InvalidTransaction::BlockGas { .. }) | Refusal::NoRoom { .. } => {}
            Refusal::Invalid(reason) => {
                tracing::debug!(hash = %tx.hash(), %reason, "dropped while building");
                self.mempool.remove(&tx.hash());
            }
            Refusal::Broken(reason) => {
                tracing::error!(hash = %tx.hash(), reason, "banned: it broke the machine");
                self.mempool.ban(tx.hash());
            }
        }
    }
}
