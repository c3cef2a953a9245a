//! A node: the driver, a ledger and a disk, with the shell between them. The shell keeps the driver's
//! contract: records and guard are flushed, in order, before the actions of their step are done.

use super::{
    byzantine::Behaviour,
    disk::{Disk, Durable, Unsynced},
    ledger::{Ledger, sets_after},
    rng::Rng,
};
use crate::keys::Key;
use alloy_primitives::B256;
use arc_malachitebft_core_types::LinearTimeouts;
use btt_node::consensus::{
    driver::{Action, BuildOrder, Decided, Driver, DriverConfig, Identity, StartPoint},
    message::Message,
};
use btt_runtime::{
    block::{Block, header::time_ms, rotation::SKIP_AFTER_MISSED},
    config::ChainConfig,
    executor::ExecutedBlock,
};
use std::{collections::VecDeque, sync::Arc, time::Duration};

/// Where a crash is set to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrashPoint {
    /// When the next flush is due, before it.
    BeforeFlush,
    /// After the next flush, when so many of its actions are done.
    BetweenActions(usize),
}

/// How fast a node's parts are, in µs.
#[derive(Debug, Clone, Copy)]
pub struct Speed {
    /// Least and most time of a flush.
    pub flush: (u64, u64),
    /// Of an execution.
    pub execute: (u64, u64),
    /// Of a commit.
    pub commit: (u64, u64),
}

impl Speed {
    /// A good machine.
    pub const GOOD: Self =
        Self { flush: (100, 1_500), execute: (500, 5_000), commit: (200, 3_000) };
}

/// A process under way.
#[derive(Debug)]
pub struct Running {
    /// The driver.
    pub driver: Driver,
    /// Its chain.
    pub ledger: Ledger,
    /// When it started.
    pub boot_us: u64,
    /// Records of steps that bind nobody: they wait in memory for a step that does.
    pub lazy: Unsynced,
    /// Actions of steps whose records are being flushed, oldest first.
    pub held: VecDeque<Vec<Action>>,
    /// The next timer on the heap.
    pub timer_us: Option<u64>,
    /// Blocks applied and not durable yet.
    pub committing: VecDeque<(Arc<ExecutedBlock>, Decided)>,
    /// The height whose `Applied` waits for its parent to be durable.
    pub unreported: Option<u64>,
    /// The newest build, for behaviours that make another one of it.
    pub last_order: Option<BuildOrder>,
    /// When the disk and the executor are free again.
    pub flush_free_us: u64,
    /// When the next commit may end.
    pub commit_free_us: u64,
}

/// A node, running or not.
#[derive(Debug)]
pub struct Node {
    /// Its consensus key.
    pub key: Key,
    /// How it misbehaves, if it does.
    pub behaviour: Option<Behaviour>,
    /// The process.
    pub running: Option<Running>,
    /// Its disk.
    pub disk: Disk,
    /// Counts starts and crashes: what was under way in an earlier run is void.
    pub run: u32,
    /// Its clock is ahead by so much, in ms.
    pub skew_ms: i64,
    /// An old copy of its data folder.
    pub snapshot: Option<Box<Durable>>,
    /// Nothing is signed at or below this height: the data folder is an old copy.
    pub closed_until: u64,
    /// How fast it is.
    pub speed: Speed,
    /// Where it crashes next.
    pub crash_at: Option<CrashPoint>,
    /// Own randomness.
    pub rng: Rng,
    /// Heights applied in all runs.
    pub applied: u64,
    /// Proposed blocks that a byzantine node heard of, by height.
    pub hashes: Vec<(u64, B256)>,
    /// Messages that it heard.
    pub heard: Vec<Message>,
}

impl Node {
    /// Whether it follows the rules.
    pub fn is_honest(&self) -> bool {
        self.behaviour.is_none()
    }

    /// Newest block applied by the process, or on the disk.
    pub fn height(&self) -> u64 {
        match &self.running {
            Some(running) => running.ledger.head.number,
            None => self.disk.durable.head.number,
        }
    }

    /// A decided block that it can hand on.
    pub fn decided(&self, height: u64) -> Option<Decided> {
        let fresh = self.running.iter().flat_map(|running| &running.committing);
        let fresh = fresh.map(|(_, decided)| decided).find(|d| d.block.header.number == height);
        fresh.or_else(|| self.disk.durable.blocks.get(&height)).cloned()
    }

    /// Where its driver starts: what is durable.
    pub fn start_point(&self, config: &ChainConfig) -> StartPoint {
        let durable = &self.disk.durable;
        let height = durable.head.number;
        let newest = durable.blocks.values().rev().take(SKIP_AFTER_MISSED as usize);
        let mut recent: Vec<Arc<Block>> = newest.map(|decided| decided.block.clone()).collect();
        recent.reverse();
        StartPoint {
            height,
            hash: durable.head.hash_slow(),
            time_ms: time_ms(&durable.head).unwrap_or(0),
            certificate: durable.certificate(),
            recent,
            validators: sets_after(config, &durable.head, &durable.state),
            wal: durable.log(1),
            wal_after: durable.log(2),
        }
    }

    /// Its key and guard.
    pub fn identity(&self) -> Identity {
        Identity {
            secret: self.key.secret().clone(),
            last_signed: self.disk.durable.guard,
            closed_until: self.closed_until,
        }
    }

    /// Takes a step's records for the next flush.
    pub fn write(&mut self, unsynced: Unsynced) {
        self.disk.unsynced.push_back(unsynced);
    }

    /// Makes the oldest applied block durable.
    pub fn commit_one(&mut self) -> Option<u64> {
        let (executed, decided) = self.running.as_mut()?.committing.pop_front()?;
        let durable = &mut self.disk.durable;
        super::ledger::commit(&mut durable.state, &executed);
        durable.head = executed.block.header.clone();
        durable.blocks.insert(durable.head.number, decided);
        Some(durable.head.number)
    }

    /// The newest message that it saw signed by this key.
    pub fn newest_of(&self, of: &Key) -> Option<Message> {
        let id = btt_node::consensus::context::ValidatorId(of.address());
        self.running.as_ref()?.driver.signed_message(id).cloned()
    }

    /// An undecided block that it has.
    pub fn undecided(&self, hash: B256) -> Option<Arc<Block>> {
        self.running.as_ref()?.driver.block(hash)
    }
}

/// What drivers of a run are set to.
pub fn driver_config(chain: Arc<ChainConfig>) -> DriverConfig {
    let ms = Duration::from_millis;
    DriverConfig {
        chain,
        timeouts: LinearTimeouts {
            propose: ms(300),
            propose_delta: ms(100),
            prevote: ms(100),
            prevote_delta: ms(50),
            precommit: ms(100),
            precommit_delta: ms(50),
            rebroadcast: ms(500),
            max_timeout: ms(5_000),
        },
        min_interval_ms: 50,
        empty_interval_ms: 150,
        guard_wait_ms: 300,
        patience_ms: 150,
        fetch_blocks: 8,
    }
}
