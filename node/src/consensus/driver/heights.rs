//! When a height starts, and how it ends.

use super::{
    Action, Driver, Phase, committee_of,
    event::{BuildOrder, WalRecord},
    timers::TimerId,
};
use alloy_primitives::B256;
use btt_runtime::block::{
    Block, CommitCertificate, ValidatorSets, header::time_ms, rotation::SKIP_AFTER_MISSED,
};
use std::sync::Arc;

/// Time between blocks that only an epoch of the market waits for, in ms.
const EPOCH_INTERVAL_MS: u64 = 1_000;

impl Driver {
    /// Waits for the time to start the height.
    pub(super) fn idle(&mut self) {
        self.phase = Phase::Idle;
        self.heard.next_height(self.height);
        self.memory.start(self.height, &self.committee);
        if self.recover_next() {
            return;
        }
        if self.follow_if_behind() || !self.is_member() {
            return;
        }
        self.schedule_start();
    }

    /// The height starts when its turn has come: at once where others have started it, else after the
    /// least interval when there is work, else after the interval of empty blocks.
    fn schedule_start(&mut self) {
        let now_ms = self.now.mono_ms;
        let interval_ms = if self.heard.is_started(self.height, &self.committee) {
            0
        } else if self.has_work {
            self.config.min_interval_ms
        } else if self.epoch_waits {
            self.config.empty_interval_ms.min(EPOCH_INTERVAL_MS.max(self.config.min_interval_ms))
        } else {
            self.config.empty_interval_ms
        };
        let due_ms = self.started_ms.map_or(now_ms, |ms| ms.saturating_add(interval_ms));
        self.core.outbox.timers.set_at(TimerId::Start, due_ms.max(self.quiet_until_ms).max(now_ms));
    }

    pub(super) fn on_work(&mut self) {
        self.has_work = true;
        if self.phase == Phase::Idle && self.is_member() {
            self.schedule_start();
        }
    }

    /// An epoch of the market counts as work (rule E.2), but for no more blocks than its clock needs.
    pub(super) fn on_epoch_waits(&mut self) {
        self.epoch_waits = true;
        if self.phase == Phase::Idle && self.is_member() {
            self.schedule_start();
        }
    }

    /// Others are at the height already.
    pub(super) fn start_if_heard(&mut self) {
        if self.phase == Phase::Idle && self.is_member() {
            self.schedule_start();
        }
    }

    pub(super) fn start_if_due(&mut self) {
        if self.recovery.is_some() {
            return self.finish_recovery();
        }
        if self.phase != Phase::Idle || !self.is_member() {
            return;
        }
        self.phase = Phase::Voting;
        self.started_ms = Some(self.now.mono_ms);
        self.core.outbox.output.wal.push(WalRecord::Start(self.height));
        self.core.start(self.height, self.committee.clone());
        self.settle();
        self.consider_early();
    }

    /// The core wants a block to propose. After a crash it may be at hand: the same round must not see
    /// another one.
    pub(super) fn order_value(&mut self, height: u64, round: u32) {
        if height != self.height || self.core.outbox.is_replaying() {
            return;
        }
        if let Some(hash) = self.blocks.own_of(round) {
            return self.propose(round, hash);
        }
        let order = BuildOrder {
            height,
            round,
            time_ms: self.now.wall_ms.max(self.parent_ms.saturating_add(1)),
            certificate: self.parent_certificate.as_ref().map(|c| self.memory.complete(c)),
            late: self.memory.late(height),
            evidence: self.evidence.next(),
        };
        self.act(Action::Build(order));
    }

    /// The core has decided.
    pub(super) fn on_decision(&mut self, certificate: CommitCertificate) {
        if certificate.height != self.height || self.phase != Phase::Voting {
            return;
        }
        let hash = certificate.block_hash;
        if self.blocks.is_valid(hash) {
            self.apply(hash, certificate);
        } else {
            // It was here in an earlier round and had to make room. Whoever precommitted it has it.
            tracing::info!(height = self.height, %hash, "decided a block that is not here: asking for it");
            self.core.outbox.timers.clear_rounds();
            self.blocks.missing = Some(certificate);
            let peers: Vec<_> = self.follow.peers().collect();
            self.want(hash, peers);
        }
    }

    pub(super) fn apply(&mut self, hash: B256, certificate: CommitCertificate) {
        self.phase = Phase::Applying;
        self.core.outbox.timers.clear_rounds();
        self.blocks.deciding = Some((hash, certificate.clone()));
        self.act(Action::Apply(hash, certificate));
    }

    pub(super) fn on_applied(&mut self, height: u64, validators: ValidatorSets, has_work: bool) {
        let Some((hash, certificate)) = self.blocks.deciding.take() else { return };
        let block = self.blocks.get(hash).filter(|_| height == self.height);
        let Some(block) = block else {
            return self.act(Action::Stop(format!("block {height} was applied unasked")));
        };
        self.remember_block(height, hash, &block);
        self.parent_hash = hash;
        self.parent_ms = time_ms(&block.header).unwrap_or(self.parent_ms);
        self.parent_certificate = Some(certificate);
        self.height = height.saturating_add(1);
        self.has_work = has_work;
        self.epoch_waits = false;
        self.blocks.next_height(self.height);
        self.committee = committee_of(&validators, self.height, &self.recent);
        self.validators = validators;
        self.idle();
        for (from, message) in self.strangers.take() {
            self.on_message(from, message);
            self.settle();
        }
    }

    fn remember_block(&mut self, height: u64, hash: B256, block: &Arc<Block>) {
        self.memory.decided(height, hash, block);
        self.evidence.carried(block);
        self.recent.push_back((height, block.clone()));
        while self.recent.len() > SKIP_AFTER_MISSED as usize {
            self.recent.pop_front();
        }
    }
}
