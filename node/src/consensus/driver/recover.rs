//! After a crash: the blocks of the log are executed, then its inputs are fed again, so that the same
//! votes follow as before.

use super::{
    super::context::{BttContext, ValidatorId},
    Action, Driver, Phase,
    event::{SignedStep, Verdict, WalRecord},
    memory::{step_of_proposal, step_of_vote},
    timers::TimerId,
    wal::{self, Entry, EntryError},
};
use alloy_primitives::B256;
use arc_malachitebft_core_consensus::Input;
use btt_runtime::block::Block;
use std::{collections::BTreeMap, sync::Arc};

/// The log cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("write-ahead log of height {height}, entry {index}: {reason}")]
pub struct RecoverError {
    /// Height of the log.
    pub height: u64,
    /// Which entry.
    pub index: usize,
    /// What is wrong.
    pub reason: EntryError,
}

/// A log being fed again.
#[derive(Debug)]
pub(super) struct Recovery {
    height: u64,
    inputs: Vec<Input<BttContext>>,
    blocks: BTreeMap<B256, Arc<Block>>,
    /// Blocks under execution; none before it begins.
    waiting: Option<usize>,
}

impl Recovery {
    pub(super) fn read(
        entries: &[Vec<u8>],
        chain_id: u64,
        height: u64,
    ) -> Result<Self, RecoverError> {
        let mut recovery =
            Self { height, inputs: Vec::new(), blocks: BTreeMap::new(), waiting: None };
        for (index, bytes) in entries.iter().enumerate() {
            let error = |reason| RecoverError { height, index, reason };
            match wal::decode(bytes, chain_id).map_err(error)? {
                Entry::Input(input) => recovery.inputs.push(*input),
                Entry::Block(block) => {
                    recovery.blocks.insert(block.hash(), Arc::new(*block));
                }
            }
        }
        Ok(recovery)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.inputs.is_empty() && self.blocks.is_empty()
    }

    pub(super) fn is_new(&self) -> bool {
        self.waiting.is_none()
    }
}

impl Driver {
    /// Goes on with the log of a height that was under way when its parent was not durable yet.
    pub(super) fn recover_next(&mut self) -> bool {
        let Some((_, recovery)) = self.recovery_after.take_if(|(at, _)| *at <= self.height) else {
            return false;
        };
        if recovery.height != self.height {
            self.release_held();
            return false;
        }
        self.phase = Phase::Recovering;
        self.recovery = Some(recovery);
        self.core.outbox.output.wal.push(WalRecord::Start(self.height));
        self.begin_recovery();
        true
    }

    /// Whether a height's log is still to be fed. The core would take a message of it first, and then
    /// say other things than before the crash.
    pub(super) fn is_before_log(&self, height: u64) -> bool {
        let after = self.recovery_after.as_ref().map(|(after, _)| *after);
        let first = self.recovery.as_ref().map(|recovery| recovery.height).or(after);
        first.is_some_and(|first| height >= first)
    }

    fn resume_signing(&mut self, by: ValidatorId, step: SignedStep) {
        if let Some(signer) = self.core.outbox.signer.as_mut().filter(|signer| signer.id() == by) {
            signer.resume(step);
        }
    }

    /// Feeds what came while the log was not.
    fn release_held(&mut self) {
        for (from, message) in std::mem::take(&mut self.held) {
            self.on_message(from, message);
            self.settle();
        }
    }

    /// Has the log's blocks executed.
    pub(super) fn begin_recovery(&mut self) {
        let Some(recovery) = &mut self.recovery else { return };
        recovery.waiting = Some(recovery.blocks.len());
        let own = self.id;
        for (hash, block) in recovery.blocks.clone() {
            // The round for which this node made it, from the proposed value that follows it in the log.
            let own_round = self.recovery.as_ref().and_then(|r| {
                r.inputs.iter().find_map(|input| match input {
                    Input::ProposedValue(v, _) if v.value.0 == hash && Some(v.proposer) == own => {
                        v.valid_round.is_nil().then(|| v.round.as_u32()).flatten()
                    }
                    _ => None,
                })
            });
            self.blocks.insert(hash, block.clone(), own_round);
            self.act(Action::Execute(hash, block));
        }
        self.finish_recovery();
    }

    /// Whether an executed block was one of the log's.
    pub(super) fn on_recovered(&mut self, hash: B256, verdict: &Verdict) -> bool {
        let Some(recovery) = &mut self.recovery else { return false };
        if !recovery.blocks.contains_key(&hash) {
            return false;
        }
        let waiting = recovery.waiting.get_or_insert(0);
        *waiting = waiting.saturating_sub(1);
        match verdict {
            Verdict::Valid => self.mark_valid(hash),
            // It was valid when it was logged.
            Verdict::Invalid(reason) => {
                self.act(Action::Stop(format!("block {hash} of the log is invalid now: {reason}")));
            }
        }
        self.finish_recovery();
        true
    }

    /// Feeds the inputs once all blocks are executed.
    pub(super) fn finish_recovery(&mut self) {
        if self.now.mono_ms < self.quiet_until_ms {
            return self.core.outbox.timers.set_at(TimerId::Start, self.quiet_until_ms);
        }
        let Some(recovery) = self.recovery.take_if(|r| r.waiting == Some(0)) else { return };
        if recovery.is_empty() {
            self.idle();
            return self.release_held();
        }
        tracing::info!(
            height = self.height,
            entries = recovery.inputs.len(),
            blocks = recovery.blocks.len(),
            "replaying the write-ahead log"
        );
        self.phase = Phase::Voting;
        self.started_ms = Some(self.now.mono_ms);
        self.memory.start(self.height, &self.committee);
        self.core.start(self.height, self.committee.clone());
        // What the core wants to propose is asked for again below, when the log has said what there is.
        let mut wanted = self.core.outbox.asked.value.take();
        for input in &recovery.inputs {
            match input {
                Input::Vote(vote) => {
                    self.resume_signing(vote.voter, step_of_vote(vote, self.config.chain.chain_id));
                    let _ = self.memory.vote(vote);
                }
                Input::Proposal(proposal) => {
                    let step = step_of_proposal(proposal, self.config.chain.chain_id);
                    self.resume_signing(proposal.proposer, step);
                    let _ = self.memory.proposal(proposal);
                    let is_told = recovery.blocks.contains_key(&proposal.value.0);
                    self.blocks.recovered(proposal.clone(), is_told);
                }
                _ => {}
            }
        }
        self.core.replay(recovery.inputs);
        wanted = self.core.outbox.asked.value.take().or(wanted);
        self.settle();
        let round = self.core.round();
        if let Some((height, round)) = wanted.filter(|(_, r)| round == Some(*r))
            && self.phase == Phase::Voting
            && self.core.is_proposing()
        {
            self.order_value(height, round);
            self.settle();
        }
        self.release_held();
        if self.phase == Phase::Voting {
            self.consider_early();
            self.follow_if_behind();
        }
    }
}
