//! The shell: runs the driver on a real clock, disk and executor.
//!
//! ```text
//!            Event                     Job
//! network ─────────► consensus thread ─────► executor thread
//!         ◄───────── driver, log, guard ◄──── Built, Executed, Applied
//!          Action                      Done
//! ```
//! The consensus thread takes all events that wait, lets the driver step through them, makes what it wrote
//! durable with one sync of the log and one of the guards, and only then does what the driver asked
//! for. If log, guard or store fail, nothing is signed any more and the node stops.

mod executor;
pub mod guard;
pub mod wal;

use super::{
    clock::Clock,
    context::ValidatorId,
    driver::{
        Action, Driver, DriverConfig, DriverStatus, Event, Identity, Now, Output, SignedStep,
        StartPoint, WalRecord,
    },
    message::Message,
};
use crate::{
    chain::{Chain, Proposer},
    mempool::Mempool,
};
use alloy_primitives::B256;
use arc_swap::ArcSwap;
use btt_runtime::{
    block::{Block, ValidatorSets, header::time_ms, rotation::SKIP_AFTER_MISSED},
    state::StoreError,
};
use executor::{Done, Executor, Job, NextValidators, Waiting};
use guard::{Guard, GuardError};
use metrics::{counter, gauge, histogram};
use parking_lot::Mutex;
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};
use tokio::sync::oneshot;
use wal::{Entries, Wal, WalError};

/// Most events between two syncs.
const MAX_GROUP: usize = 256;
/// Longest wait when no timer runs.
const IDLE: Duration = Duration::from_secs(1);

/// What reaches the consensus thread.
enum Order {
    Event(Event),
    /// Transactions wait; told once until it is heard.
    Work,
    Done(Done),
    SignedMessage(ValidatorId, oneshot::Sender<Option<Message>>),
    Block(B256, oneshot::Sender<Option<Arc<Block>>>),
    Stop,
}

/// A validator's key with its guard's files.
pub struct Signing {
    /// The key.
    pub secret: k256::SecretKey,
    /// Guard file in the data folder.
    pub guard_inside: PathBuf,
    /// Guard file outside of it.
    pub guard_outside: PathBuf,
    /// The operator vouches that nothing above this height was signed elsewhere (rule C.6).
    pub accept_state: Option<u64>,
}

impl std::fmt::Debug for Signing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signing")
            .field("guard_outside", &self.guard_outside)
            .finish_non_exhaustive()
    }
}

/// Why consensus does not start.
#[derive(Debug, thiserror::Error)]
pub enum ShellError {
    /// The log fails.
    #[error(transparent)]
    Wal(#[from] WalError),
    /// The guard fails.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// The log cannot be replayed.
    #[error(transparent)]
    Recover(#[from] super::driver::RecoverError),
    /// The store fails.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A thread cannot be started.
    #[error("cannot start a thread: {0}")]
    Thread(#[from] std::io::Error),
}

/// What a shell is started with.
pub struct ShellConfig {
    /// The driver's settings.
    pub driver: DriverConfig,
    /// Folder of the write-ahead log.
    pub wal: PathBuf,
    /// Number and hash of a block that the operator knows to be final (rule C.7).
    pub trusted: Option<(u64, B256)>,
    /// The key; without one the node follows.
    pub signing: Option<Signing>,
}

impl std::fmt::Debug for ShellConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShellConfig").field("wal", &self.wal).finish_non_exhaustive()
    }
}

/// Running consensus.
pub struct Shell {
    orders: Sender<Order>,
    status: Arc<ArcSwap<DriverStatus>>,
    /// Consensus, then the executor: it ends when there is nobody left to give it orders.
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl std::fmt::Debug for Shell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shell").field("status", &self.status.load()).finish_non_exhaustive()
    }
}

impl Shell {
    /// Starts. `outlet` takes the actions that concern peers; `on_stop` is called when consensus ends by
    /// itself.
    pub fn start(
        config: ShellConfig,
        chain: Arc<Chain>,
        mempool: Arc<Mempool>,
        outlet: impl Fn(Action) + Send + 'static,
        on_stop: impl FnOnce(String) + Send + 'static,
    ) -> Result<Self, ShellError> {
        let head = chain.head();
        let (wal, entries) = Wal::open(&config.wal, head.number + 1)?;
        let proposer = config.signing.as_ref().map(|s| Proposer::new(s.secret.clone()));
        let (guard, identity) = match config.signing {
            Some(signing) => {
                let (guard, identity) = open_guard(signing, head.number)?;
                (Some(guard), Some(identity))
            }
            None => (None, None),
        };
        let start = start_point(&chain, entries)?;
        let validators = start.validators.clone();
        let driver = Driver::new(config.driver, start, identity)?;
        let status = Arc::new(ArcSwap::from_pointee(driver.status()));
        let (orders, inbox) = channel();
        let (jobs, job_inbox) = channel();
        let work_is_told = Arc::new(AtomicBool::new(false));
        {
            let (orders, is_told) = (orders.clone(), work_is_told.clone());
            mempool.on_admitted(move || {
                if !is_told.swap(true, Ordering::AcqRel) {
                    let _ = orders.send(Order::Work);
                }
            });
        }
        let executor = Executor::new(chain, mempool, proposer, config.trusted);
        let done = orders.clone();
        let executing = std::thread::Builder::new().name("execute".into()).spawn(move || {
            executor.run(&job_inbox, |result| {
                let _ = done.send(Order::Done(result));
            });
        })?;
        let consensus = Consensus {
            driver,
            wal,
            guard,
            validators,
            executed: BTreeMap::new(),
            jobs,
            outlet: Box::new(outlet),
            status: status.clone(),
            work_is_told,
            clock: Clock::default(),
            origin: Instant::now(),
            signed: None,
            started: None,
        };
        let deciding = std::thread::Builder::new().name("consensus".into()).spawn(move || {
            if let Err(reason) = consensus.run(&inbox) {
                on_stop(reason);
            }
        })?;
        Ok(Self { orders, status, threads: Mutex::new(vec![deciding, executing]) })
    }

    /// Tells consensus what a peer did. Consensus that has ended hears nothing.
    pub fn tell(&self, event: Event) {
        let _ = self.orders.send(Order::Event(event));
    }

    /// The newest message seen of a validator's key.
    pub async fn signed_message(&self, id: ValidatorId) -> Option<Message> {
        let (reply, answer) = oneshot::channel();
        let _ = self.orders.send(Order::SignedMessage(id, reply));
        answer.await.ok().flatten()
    }

    /// A block of the height under way.
    pub async fn block(&self, hash: B256) -> Option<Arc<Block>> {
        let (reply, answer) = oneshot::channel();
        let _ = self.orders.send(Order::Block(hash, reply));
        answer.await.ok().flatten()
    }

    /// What it is doing.
    pub fn status(&self) -> Arc<DriverStatus> {
        self.status.load_full()
    }

    /// Ends; what was decided is applied first. Nothing uses the chain from here when this returns.
    pub fn stop(&self) {
        let _ = self.orders.send(Order::Stop);
        for thread in self.threads.lock().drain(..) {
            // Its panic, if any, was told when it happened.
            let _ = thread.join();
        }
    }
}

/// Opens the guard and says what may be signed (rule C.6).
fn open_guard(signing: Signing, head: u64) -> Result<(Guard, Identity), ShellError> {
    let Signing { secret, guard_inside, guard_outside, accept_state } = signing;
    let (guard, opened) = Guard::open(&guard_inside, &guard_outside, rand::random())?;
    let is_lost = opened.last == SignedStep::default() && head > 0;
    let closed_until = match accept_state {
        Some(height) => {
            tracing::warn!(height, "signing above this height on the operator's word");
            height
        }
        None if opened.agrees && !is_lost => 0,
        None => {
            let height = opened.last.height.max(head) + 1;
            tracing::error!(
                height,
                "the last-signed guard in the data folder and the one outside differ, or are lost: this may be \
                 a restored copy, so nothing is signed up to this height (--accept-state HEIGHT overrides)"
            );
            height
        }
    };
    Ok((guard, Identity { secret, last_signed: opened.last, closed_until }))
}

fn start_point(chain: &Chain, wal: Entries) -> Result<StartPoint, StoreError> {
    let head = chain.head();
    let from = head.number.saturating_sub(SKIP_AFTER_MISSED - 1).max(1);
    let mut recent = Vec::new();
    for number in from..=head.number {
        let block = chain.block(number)?;
        let block = block.ok_or_else(|| StoreError::new(format!("block {number} is missing")))?;
        recent.push(Arc::new(block.block.clone()));
    }
    Ok(StartPoint {
        height: head.number,
        hash: head.hash,
        time_ms: time_ms(&head.header).unwrap_or(0),
        certificate: chain.store().certificate(head.number)?,
        recent,
        validators: head.validators.clone(),
        wal: wal.of_height,
        wal_after: wal.of_next,
    })
}

/// The consensus thread.
struct Consensus {
    driver: Driver,
    wal: Wal,
    guard: Option<Guard>,
    /// The validators of the height under way and of the last ones before it. The chain knows them only
    /// when the executor has committed the parent.
    validators: ValidatorSets,
    /// What blocks that were executed on the newest one change of it.
    executed: BTreeMap<B256, NextValidators>,
    jobs: Sender<Job>,
    outlet: Box<dyn Fn(Action) + Send>,
    status: Arc<ArcSwap<DriverStatus>>,
    work_is_told: Arc<AtomicBool>,
    clock: Clock,
    origin: Instant,
    /// The newest step signed that the guard does not know of.
    signed: Option<SignedStep>,
    /// When the height under way was started.
    started: Option<(u64, Instant)>,
}

impl Consensus {
    fn run(mut self, inbox: &Receiver<Order>) -> Result<(), String> {
        let first = self.step(Event::Tick);
        self.carry_out(vec![first])?;
        loop {
            let wait = self.driver.due_ms().map_or(IDLE, |due_ms| {
                Duration::from_millis(due_ms).saturating_sub(self.origin.elapsed())
            });
            let mut next = match inbox.recv_timeout(wait) {
                Ok(order) => Some(order),
                Err(RecvTimeoutError::Timeout) => Some(Order::Event(Event::Tick)),
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            };
            let mut outputs = Vec::new();
            while let Some(order) = next {
                match order {
                    Order::Event(event) => outputs.push(self.step(event)),
                    Order::Work => {
                        self.work_is_told.store(false, Ordering::Release);
                        outputs.push(self.step(Event::Work));
                    }
                    Order::Done(done) => outputs.extend(self.on_done(done)?),
                    Order::SignedMessage(id, reply) => {
                        let _ = reply.send(self.driver.signed_message(id).cloned());
                    }
                    Order::Block(hash, reply) => {
                        let _ = reply.send(self.driver.block(hash));
                    }
                    Order::Stop => return self.carry_out(outputs),
                }
                next = if outputs.len() < MAX_GROUP { inbox.try_recv().ok() } else { None };
            }
            self.carry_out(outputs)?;
            self.status.store(Arc::new(self.driver.status()));
        }
    }

    fn step(&mut self, event: Event) -> Output {
        let mono_ms = self.origin.elapsed().as_millis() as u64;
        self.driver.step(Now { mono_ms, wall_ms: self.clock.now_ms() }, event)
    }

    fn on_done(&mut self, done: Done) -> Result<Option<Output>, String> {
        Ok(Some(match done {
            Done::Built { height, round, block, next } => {
                self.executed.insert(block.hash(), next);
                self.step(Event::Built { height, round, block })
            }
            Done::Executed(hash, verdict, next) => {
                self.executed.insert(hash, next);
                self.step(Event::Executed(hash, verdict))
            }
            Done::Applied(Waiting::Transactions) => self.step(Event::Work),
            Done::Applied(Waiting::Epoch) => self.step(Event::EpochWaits),
            Done::Applied(Waiting::Nothing) => return Ok(None),
            Done::Failed(reason) => return Err(reason),
        }))
    }

    /// Makes durable what the steps wrote, then does what they ask for.
    fn carry_out(&mut self, outputs: Vec<Output>) -> Result<(), String> {
        let mut outputs = outputs;
        while !outputs.is_empty() {
            self.write(&outputs).map_err(|error| {
                format!("{error}: nothing can be signed any more without knowing what was signed")
            })?;
            let mut next = Vec::new();
            for action in outputs.into_iter().flat_map(|output| output.actions) {
                next.extend(self.act(action)?);
            }
            outputs = next;
        }
        Ok(())
    }

    fn write(&mut self, outputs: &[Output]) -> Result<(), ShellError> {
        for record in outputs.iter().flat_map(|output| &output.wal) {
            match record {
                WalRecord::Start(height) => {
                    self.wal.start(*height)?;
                    self.started = Some((*height, Instant::now()));
                }
                WalRecord::Entry(entry) => self.wal.append(entry),
            }
        }
        self.signed = self.signed.max(outputs.iter().filter_map(|output| output.signed).max());
        let mut actions = outputs.iter().flat_map(|output| &output.actions);
        // The votes of others that decide nothing yet need not be durable before the next of our own.
        let is_bound = actions.any(Action::is_binding);
        if !is_bound || (!self.wal.is_dirty() && self.signed.is_none()) {
            return Ok(());
        }
        let started = Instant::now();
        // The log first: a guard ahead of its log would mute this validator for the rest of the round.
        self.wal.sync()?;
        if let Some((step, guard)) = self.signed.take().zip(self.guard.as_mut()) {
            guard.write(step)?;
        }
        histogram!("btt_consensus_wal_sync_seconds").record(started.elapsed().as_secs_f64());
        Ok(())
    }

    /// Does one thing; what the driver says to it at once, if it hears of it at once.
    fn act(&mut self, action: Action) -> Result<Option<Output>, String> {
        let job = match action {
            Action::Build(order) => Job::Build(Box::new(order)),
            Action::Execute(hash, block) => Job::Execute(hash, block),
            Action::Apply(hash, certificate) => {
                // The executor applies before it does anything for the next height, and the log of this
                // one stays until the next is decided: the driver need not wait for the disk.
                let height = certificate.height;
                let next = self.executed.remove(&hash);
                let next = next.ok_or_else(|| format!("block {hash} was not executed"))?;
                self.executed.clear();
                if let Some(started) = self.started.take_if(|(at, _)| *at == height) {
                    histogram!("btt_consensus_finalize_seconds")
                        .record(started.1.elapsed().as_secs_f64());
                }
                gauge!("btt_consensus_round").set(f64::from(certificate.round));
                counter!("btt_consensus_rounds_lost_total").increment(u64::from(certificate.round));
                let _ = self.jobs.send(Job::Apply(hash, certificate));
                if let Some(next) = next {
                    self.validators.push(height + 1, next);
                }
                let validators = self.validators.clone();
                return Ok(Some(self.step(Event::Applied { height, validators, has_work: false })));
            }
            Action::Stop(reason) => return Err(reason),
            peers => {
                (self.outlet)(peers);
                return Ok(None);
            }
        };
        let _ = self.jobs.send(job);
        Ok(None)
    }
}
