//! A node's disk: log, guard, blocks and state. What is not synced is lost or torn when the node crashes.

use super::rng::Rng;
use btt_node::consensus::driver::{Decided, SignedStep, WalRecord};
use btt_runtime::{
    block::{CommitCertificate, Header},
    state::MemoryStore,
};
use std::collections::{BTreeMap, VecDeque};

/// What survives a crash for sure.
#[derive(Debug, Clone)]
pub struct Durable {
    /// Log entries by height; the newest two heights are kept.
    pub logs: BTreeMap<u64, Vec<Vec<u8>>>,
    /// Newest step signed.
    pub guard: SignedStep,
    /// Decided blocks by height.
    pub blocks: BTreeMap<u64, Decided>,
    /// Newest block's header.
    pub head: Header,
    /// State after it.
    pub state: MemoryStore,
}

/// One flush: records and a guard that become durable together, or not.
#[derive(Debug, Clone, Default)]
pub struct Unsynced {
    /// Log records, in order.
    pub wal: Vec<WalRecord>,
    /// Guard.
    pub signed: Option<SignedStep>,
}

/// A disk.
#[derive(Debug, Clone)]
pub struct Disk {
    /// On the platter.
    pub durable: Durable,
    /// In the caches, oldest first.
    pub unsynced: VecDeque<Unsynced>,
}

impl Disk {
    /// A new disk with genesis on it.
    pub fn new(head: Header, state: MemoryStore) -> Self {
        let durable = Durable {
            logs: BTreeMap::new(),
            guard: SignedStep::default(),
            blocks: BTreeMap::new(),
            head,
            state,
        };
        Self { durable, unsynced: VecDeque::new() }
    }

    /// Makes the oldest write durable.
    pub fn sync_one(&mut self) {
        if let Some(Unsynced { wal, signed }) = self.unsynced.pop_front() {
            self.durable.write(wal);
            self.durable.guard = signed.unwrap_or(self.durable.guard);
        }
    }

    /// Power fails: of what was not synced, a part reached the disk, log and guard apart. A record torn
    /// in the middle fails its checksum and is as if it were not there.
    pub fn crash(&mut self, rng: &mut Rng) {
        let lost = std::mem::take(&mut self.unsynced);
        let records: Vec<_> = lost.iter().flat_map(|unsynced| unsynced.wal.clone()).collect();
        let kept = rng.range(0, records.len() as u64) as usize;
        self.durable.write(records.into_iter().take(kept));
        let guards: Vec<_> = lost.iter().filter_map(|unsynced| unsynced.signed).collect();
        let kept = rng.range(0, guards.len() as u64) as usize;
        if let Some(guard) = guards.into_iter().take(kept).last() {
            self.durable.guard = guard;
        }
    }
}

impl Durable {
    fn write(&mut self, records: impl IntoIterator<Item = WalRecord>) {
        for record in records {
            match record {
                WalRecord::Start(height) => {
                    self.logs.entry(height).or_default();
                    self.logs = self.logs.split_off(&height.saturating_sub(1));
                }
                WalRecord::Entry(bytes) => {
                    // Entries belong to the newest height that has started.
                    if let Some(mut log) = self.logs.last_entry() {
                        log.get_mut().push(bytes);
                    }
                }
            }
        }
    }

    /// The newest decided block's certificate.
    pub fn certificate(&self) -> Option<CommitCertificate> {
        self.blocks.get(&self.head.number).map(|decided| decided.certificate.clone())
    }

    /// The log of the height after the newest block.
    pub fn log(&self) -> Vec<Vec<u8>> {
        self.logs.get(&(self.head.number + 1)).cloned().unwrap_or_default()
    }
}
