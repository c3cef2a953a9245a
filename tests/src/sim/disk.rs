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
    /// The height that new entries belong to.
    pub log_height: u64,
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

impl Unsynced {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.wal.is_empty() && self.signed.is_none()
    }

    /// What came first, then this.
    #[must_use]
    pub fn after(mut self, first: Self) -> Self {
        let mut wal = first.wal;
        wal.append(&mut self.wal);
        Self { wal, signed: first.signed.max(self.signed) }
    }
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
            log_height: 1,
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

    /// Power fails: of what was not synced, a part reached the disk. A record torn in the middle fails its
    /// checksum and is as if it were not there. The guard is written after the log; `is_guard_first` lets
    /// it be there without.
    pub fn crash(&mut self, rng: &mut Rng, is_guard_first: bool) {
        let lost = std::mem::take(&mut self.unsynced);
        let records = lost.iter().map(|unsynced| unsynced.wal.len()).sum::<usize>();
        let mut left = if is_guard_first { 0 } else { rng.range(0, records as u64) as usize };
        for Unsynced { wal, signed } in lost {
            let is_whole = wal.len() <= left;
            let kept = wal.len().min(left);
            left -= kept;
            self.durable.write(wal.into_iter().take(kept));
            if is_guard_first || (is_whole && rng.happens(500_000)) {
                self.durable.guard = signed.unwrap_or(self.durable.guard);
            }
            if !is_whole && !is_guard_first {
                break;
            }
        }
    }

    /// The disk is opened again.
    pub fn open(&mut self) {
        self.durable.log_height = self.durable.head.number + 1;
    }
}

impl Durable {
    fn write(&mut self, records: impl IntoIterator<Item = WalRecord>) {
        for record in records {
            match record {
                WalRecord::Start(height) => {
                    self.log_height = height;
                    self.logs = self.logs.split_off(&height.saturating_sub(1));
                }
                WalRecord::Entry(bytes) => {
                    self.logs.entry(self.log_height).or_default().push(bytes);
                }
            }
        }
    }

    /// The newest decided block's certificate.
    pub fn certificate(&self) -> Option<CommitCertificate> {
        self.blocks.get(&self.head.number).map(|decided| decided.certificate.clone())
    }

    /// The log of the height that is so many after the newest block.
    pub fn log(&self, ahead: u64) -> Vec<Vec<u8>> {
        self.logs.get(&(self.head.number + ahead)).cloned().unwrap_or_default()
    }
}
