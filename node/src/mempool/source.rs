//! Waiting transactions in the order in which a block takes them: payments while the lane has room, then by
//! tip, each sender's by nonce.

use super::Mempool;
use alloy_consensus::Transaction as _;
use alloy_primitives::B256;
use btt_runtime::{
    executor::{Lane, Refusal, TransactionSource, is_payment},
    modules::Modules,
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
    /// `None` if the first of the run does not pay the base fee.
    fn new(run: VecDeque<Arc<Transaction>>, base_fee_wei: u64) -> Option<Self> {
        let first = run.front()?;
        let (tip_wei, hash) = (first.effective_tip_wei(base_fee_wei)?, first.hash());
        Some(Self { tip_wei, hash, run })
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

/// The order of one block: payments first while the lane has room for them, then everything by tip.
pub struct BlockSource {
    mempool: Arc<Mempool>,
    modules: Modules,
    base_fee_wei: u64,
    lane_fee_wei: u64,
    payments: BinaryHeap<Candidate>,
    others: BinaryHeap<Candidate>,
    /// What is left of the sender whose transaction was given last.
    current: Option<VecDeque<Arc<Transaction>>>,
}

impl std::fmt::Debug for BlockSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let senders = self.payments.len() + self.others.len();
        f.debug_struct("BlockSource").field("senders", &senders).finish_non_exhaustive()
    }
}

impl BlockSource {
    pub(super) fn new(
        mempool: Arc<Mempool>,
        modules: Modules,
        executable: Vec<VecDeque<Arc<Transaction>>>,
        (base_fee_wei, lane_fee_wei): (u64, u64),
    ) -> Self {
        let mut source = Self {
            mempool,
            modules,
            base_fee_wei,
            lane_fee_wei,
            payments: BinaryHeap::new(),
            others: BinaryHeap::new(),
            current: None,
        };
        executable.into_iter().for_each(|run| source.enter(run));
        source
    }

    fn enter(&mut self, run: VecDeque<Arc<Transaction>>) {
        let Some(first) = run.front() else { return };
        if is_payment(self.modules, first.envelope()) {
            self.payments.extend(Candidate::new(run, self.lane_fee_wei));
        } else {
            self.others.extend(Candidate::new(run, self.base_fee_wei));
        }
    }

    fn best(&mut self, lane: &Lane) -> Option<Candidate> {
        while let Some(payment) = self.payments.pop() {
            let rides = |tx: &Arc<Transaction>| tx.envelope().gas_limit() <= lane.gas_left();
            if payment.run.front().is_some_and(rides) {
                return Some(payment);
            }
            // No room in the lane: it pays like everybody.
            self.others.extend(Candidate::new(payment.run, self.base_fee_wei));
        }
        self.others.pop()
    }
}

impl TransactionSource for BlockSource {
    fn next(&mut self, gas_left: u64, lane: &Lane) -> Option<Arc<Transaction>> {
        // The last one was taken: its sender's next may be the best again.
        if let Some(run) = self.current.take() {
            self.enter(run);
        }
        if gas_left < 21_000 {
            return None;
        }
        let mut best = self.best(lane)?;
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
