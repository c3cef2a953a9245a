//! Timers as data: when what is due.

use arc_malachitebft_core_types::{Round, Timeout, TimeoutKind};
use std::collections::BTreeMap;

/// What a timer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TimerId {
    /// The next height may start.
    Start,
    /// Blocks that are wanted are asked for.
    FetchBlock,
    /// A peer is ahead, and the block did not come by itself.
    Behind,
    /// A peer owes decided blocks.
    Fetch,
    /// The core's, by round.
    Propose(u32),
    Prevote(u32),
    Precommit(u32),
    Rebroadcast(u32),
}

impl TimerId {
    /// The core's timers; it has no others while heights have no target time.
    pub(super) fn of(timeout: Timeout) -> Option<Self> {
        let round = timeout.round.as_u32()?;
        match timeout.kind {
            TimeoutKind::Propose => Some(Self::Propose(round)),
            TimeoutKind::Prevote => Some(Self::Prevote(round)),
            TimeoutKind::Precommit => Some(Self::Precommit(round)),
            TimeoutKind::Rebroadcast => Some(Self::Rebroadcast(round)),
            TimeoutKind::FinalizeHeight(_) => None,
        }
    }

    /// The core's timeout that this is, if it is one.
    pub(super) fn timeout(self) -> Option<Timeout> {
        match self {
            Self::Propose(round) => Some(Timeout::propose(Round::new(round))),
            Self::Prevote(round) => Some(Timeout::prevote(Round::new(round))),
            Self::Precommit(round) => Some(Timeout::precommit(Round::new(round))),
            Self::Rebroadcast(round) => Some(Timeout::rebroadcast(Round::new(round))),
            _ => None,
        }
    }
}

/// Running timers.
#[derive(Debug, Default)]
pub(super) struct Timers {
    now_ms: u64,
    due_ms: BTreeMap<TimerId, u64>,
}

impl Timers {
    pub(super) fn set_now(&mut self, now_ms: u64) {
        self.now_ms = now_ms;
    }

    pub(super) fn set_after(&mut self, id: TimerId, after_ms: u64) {
        self.due_ms.insert(id, self.now_ms.saturating_add(after_ms));
    }

    pub(super) fn set_at(&mut self, id: TimerId, due_ms: u64) {
        self.due_ms.insert(id, due_ms);
    }

    pub(super) fn cancel(&mut self, id: TimerId) {
        self.due_ms.remove(&id);
    }

    pub(super) fn is_set(&self, id: TimerId) -> bool {
        self.due_ms.contains_key(&id)
    }

    /// Forgets the core's.
    pub(super) fn clear_rounds(&mut self) {
        self.due_ms.retain(|id, _| id.timeout().is_none());
    }

    /// When the first is due.
    pub(super) fn first_ms(&self) -> Option<u64> {
        self.due_ms.values().min().copied()
    }

    /// Takes one that is due, the longest waiting first.
    pub(super) fn take_due(&mut self) -> Option<TimerId> {
        let (id, due_ms) = self.due_ms.iter().min_by_key(|(id, due_ms)| (**due_ms, **id))?;
        let (id, due_ms) = (*id, *due_ms);
        if due_ms > self.now_ms {
            return None;
        }
        self.due_ms.remove(&id);
        Some(id)
    }
}
