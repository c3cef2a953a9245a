//! One validator that decides every block itself: the dev chain.

use super::clock::Clock;
use crate::{
    chain::{Chain, CommitError, ProposeError, Proposer},
    mempool::Mempool,
    storage::StoredBlock,
};
use btt_runtime::state::StoreError;
use parking_lot::Mutex;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// What the deciding thread is told.
enum Order {
    /// A transaction waits.
    Work,
    /// Make so many blocks now.
    Mine(u64, oneshot::Sender<Result<(), String>>),
    /// Finish the block under way and end.
    Stop,
}

/// A running single validator.
pub struct Solo {
    orders: Sender<Order>,
    thread: Mutex<Option<JoinHandle<Result<(), SoloError>>>>,
}

impl std::fmt::Debug for Solo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Solo").finish_non_exhaustive()
    }
}

/// Time between blocks that only an epoch of the market waits for.
const EPOCH_INTERVAL: Duration = Duration::from_millis(250);

/// Why a single validator stopped.
#[derive(Debug, thiserror::Error)]
pub enum SoloError {
    /// No block could be proposed.
    #[error("cannot propose: {0}")]
    Propose(#[from] ProposeError),
    /// A block could not be written.
    #[error("cannot commit: {0}")]
    Commit(#[from] CommitError),
    /// The state could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The thread panicked: a bug.
    #[error("the deciding thread panicked")]
    Panicked,
}

/// When blocks are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As soon as a transaction waits, and only then.
    OnDemand,
    /// One every so often, empty or not.
    Every(Duration),
}

impl Solo {
    /// Starts deciding. `on_stop` is called when the thread ends by itself.
    pub fn start(
        chain: Arc<Chain>,
        mempool: Arc<Mempool>,
        proposer: Proposer,
        clock: Arc<Clock>,
        pace: Pace,
        on_stop: impl FnOnce(String) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (orders, inbox) = channel();
        let work_is_told = Arc::new(AtomicBool::new(false));
        if pace == Pace::OnDemand {
            let (orders, told) = (orders.clone(), work_is_told.clone());
            mempool.on_admitted(move || {
                if !told.swap(true, Ordering::AcqRel) {
                    let _ = orders.send(Order::Work);
                }
            });
        }
        let decider = Decider { chain, mempool, proposer, clock, told: work_is_told };
        let thread = std::thread::Builder::new().name("decide".into()).spawn(move || {
            let result = decider.run(&inbox, pace);
            if let Err(error) = &result {
                on_stop(error.to_string());
            }
            result
        })?;
        Ok(Self { orders, thread: Mutex::new(Some(thread)) })
    }

    /// Makes blocks at once.
    pub async fn mine(&self, blocks: u64) -> Result<(), String> {
        let (reply, answer) = oneshot::channel();
        let stopped = || "the validator has stopped".to_owned();
        self.orders.send(Order::Mine(blocks, reply)).map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }

    /// Ends after the block under way.
    pub fn stop(&self) -> Result<(), SoloError> {
        // A thread that has ended already takes no orders.
        let _ = self.orders.send(Order::Stop);
        match self.thread.lock().take().map(JoinHandle::join) {
            Some(Ok(result)) => result,
            Some(Err(_)) => Err(SoloError::Panicked),
            None => Ok(()),
        }
    }
}

struct Decider {
    chain: Arc<Chain>,
    mempool: Arc<Mempool>,
    proposer: Proposer,
    clock: Arc<Clock>,
    told: Arc<AtomicBool>,
}

impl Decider {
    fn run(&self, inbox: &Receiver<Order>, pace: Pace) -> Result<(), SoloError> {
        let mut due = Instant::now();
        // On demand: whether another block is worth making at once.
        let mut is_busy = false;
        loop {
            let epoch_waits = pace == Pace::OnDemand && self.chain.epoch_waits()?;
            let order = match pace {
                Pace::OnDemand if is_busy => inbox.try_recv().map_err(|error| match error {
                    TryRecvError::Empty => RecvTimeoutError::Timeout,
                    TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
                }),
                Pace::OnDemand if epoch_waits => inbox.recv_timeout(EPOCH_INTERVAL),
                Pace::OnDemand => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Pace::Every(_) => inbox.recv_timeout(due.saturating_duration_since(Instant::now())),
            };
            match order {
                Ok(Order::Work) => {
                    self.told.store(false, Ordering::Release);
                    is_busy = self.mempool.has_work();
                }
                Ok(Order::Mine(blocks, reply)) => {
                    let result = (0..blocks).try_for_each(|_| self.block().map(|_| ()));
                    let _ = reply.send(result.as_ref().map_err(ToString::to_string).copied());
                    result?;
                }
                Err(RecvTimeoutError::Timeout) => {
                    let fee_before = self.chain.next_base_fee();
                    let included = self.block()?;
                    // An empty block that leaves the base fee where it was would be followed by its like.
                    let moves = included > 0 || self.chain.next_base_fee() != fee_before;
                    is_busy = moves && self.mempool.has_work();
                    if let Pace::Every(interval) = pace {
                        due = next_due(due, interval, Instant::now());
                    }
                }
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    }

    /// Proposes, decides and commits one block; how many transactions it holds.
    fn block(&self) -> Result<usize, SoloError> {
        let started = Instant::now();
        let mut source = self.mempool.source();
        let executed =
            self.proposer.propose(&self.chain, self.clock.block_time_ms(), &mut source)?;
        let executed_after = started.elapsed();
        let certificate = self.proposer.certify_alone(&self.chain, &executed)?;
        for failure in &executed.hook_failures {
            tracing::error!(
                module = %failure.module, moment = ?failure.moment, reason = failure.reason,
                "a module's hook failed; the module is paused"
            );
        }
        let (block, changes) = self.chain.commit(executed, certificate)?;
        self.mempool.on_block(&block, &changes);
        crate::metrics::block_committed(&block, 1, executed_after, started.elapsed());
        report(&block, started.elapsed());
        Ok(block.transactions.len())
    }
}

/// Tells of a block; of empty ones only to who asks for details.
fn report(block: &StoredBlock, took: Duration) {
    let (number, transactions) = (block.block.header.number, block.transactions.len());
    let (gas, ms, hash) = (block.block.header.gas_used, took.as_millis() as u64, block.hash);
    if transactions > 0 || number == 1 {
        tracing::info!(transactions, gas, ms, %hash, "block {number} finalized");
    } else {
        tracing::debug!(ms, %hash, "block {number} finalized, empty");
    }
}

/// The next block's time on the grid of intervals; a late block does not make the next ones hurry.
fn next_due(due: Instant, interval: Duration, now: Instant) -> Instant {
    let next = due + interval;
    if next < now { now } else { next }
}
