//! The driver: everything a validator decides to do, as a pure function of what it is told and when.
//!
//! ```text
//! Event, Now ─► Driver::step ─► Output { log records, newest step signed, actions }
//! ```
//! No I/O, clock, thread or randomness: the node's shell runs it on real disks and sockets, the simulator
//! on a heap of events. The contract with whoever runs it is one sentence: **everything in
//! [`Output::wal`] and [`Output::signed`] is durable before any binding action ([`Action::is_binding`]) that
//! comes after it is done, the log before the guard.** A guard that is ahead of its log would mute the validator for the rest of the round;
//! where that happens to a third of the power, the round never ends.
//!
//! | file | subject |
//! |---|---|
//! | `core` | Malachite's state machine and the answers to its effects |
//! | `heights`, `heard` | when a height starts and how it ends; whether others are there already |
//! | `strangers` | what those say who may be in the next height's set |
//! | `blocks` | proposals and the blocks they name: wanted, executed, voted on |
//! | `follow` | catching up by decided blocks of peers |
//! | `recover` | feeding the log again after a crash |
//! | `memory`, `evidence` | votes of the last heights: late precommits, misbehaviour |
//! | `signing` | the key, and what it may still sign |
//! | `timers`, `wal`, `quorum` | timers as data, log entries, counting power |

mod blocks;
mod config;
mod core;
mod event;
mod evidence;
mod follow;
mod heard;
mod heights;
mod memory;
mod quorum;
mod recover;
mod signing;
mod strangers;
mod timers;
mod wal;

pub use config::{DriverConfig, DriverStatus, Identity, StartPoint};
pub use event::{
    Action, BuildOrder, Decided, Event, Now, Offence, Output, Peer, SignedStep, Verdict, WalRecord,
};
pub use recover::RecoverError;
pub use signing::seal;
pub use wal::EntryError;

use super::{
    context::{Committee, ValidatorId},
    message::Message,
};
use alloy_primitives::B256;
use arc_malachitebft_core_consensus::Input;
use blocks::Blocks;
use btt_runtime::{
    block::{Block, CommitCertificate, Evidence, ValidatorSets, rotation::SKIP_AFTER_MISSED},
    config::Validator,
};
use core::Core;
use evidence::EvidencePool;
use follow::Follow;
use heard::Heard;
use memory::Memory;
use recover::Recovery;
use signing::Signer;
use std::{collections::VecDeque, sync::Arc};
use strangers::Strangers;
use timers::TimerId;

/// Messages kept while a log waits to be fed.
const MAX_HELD: usize = 4_096;

/// What the driver is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Executing the blocks of the log.
    Recovering,
    /// Between two heights.
    Idle,
    /// The height is under way.
    Voting,
    /// Executing a decided block of a peer.
    Following,
    /// The height is decided and being applied.
    Applying,
    /// Never again.
    Stopped,
}

/// The driver.
#[derive(Debug)]
pub struct Driver {
    config: DriverConfig,
    core: Core,
    id: Option<ValidatorId>,
    phase: Phase,
    /// The height to be decided.
    height: u64,
    parent_hash: B256,
    parent_ms: u64,
    parent_certificate: Option<CommitCertificate>,
    /// The validators of the height and of the last ones before it.
    validators: ValidatorSets,
    committee: Committee,
    recent: VecDeque<(u64, Arc<Block>)>,
    blocks: Blocks,
    follow: Follow,
    memory: Memory,
    evidence: EvidencePool,
    recovery: Option<Recovery>,
    /// The log of the height after the one that the first recovery is about.
    recovery_after: Option<(u64, Recovery)>,
    /// Messages of heights whose log is not fed yet.
    held: Vec<(Peer, Message)>,
    now: Now,
    started_ms: Option<u64>,
    /// Nothing is signed before.
    quiet_until_ms: u64,
    has_work: bool,
    epoch_waits: bool,
    heard: Heard,
    strangers: Strangers,
}

impl Driver {
    /// A driver at a start point. Without identity it follows what others decide.
    ///
    /// # Errors
    /// If the log holds what cannot be read.
    pub fn new(
        config: DriverConfig,
        start: StartPoint,
        identity: Option<Identity>,
    ) -> Result<Self, RecoverError> {
        let chain_id = config.chain.chain_id;
        let recovery = Recovery::read(&start.wal, chain_id, start.height + 1)?;
        let after = start.height + 2;
        let recovery_after = Recovery::read(&start.wal_after, chain_id, after)?;
        let has_signed = identity.as_ref().is_some_and(|i| i.last_signed.height > 0);
        let signer =
            identity.map(|i| Signer::new(&i.secret, chain_id, i.last_signed, i.closed_until));
        let numbered = start.recent.into_iter().map(|block| (block.header.number, block));
        let recent: VecDeque<_> = numbered.collect();
        let committee = committee_of(&start.validators, start.height + 1, &recent);
        let id = signer.as_ref().map(Signer::id);
        let core = Core::new(signer, start.height, committee.clone(), config.timeouts);
        Ok(Self {
            core,
            id,
            phase: Phase::Recovering,
            height: start.height + 1,
            parent_hash: start.hash,
            parent_ms: start.time_ms,
            parent_certificate: start.certificate,
            validators: start.validators,
            committee,
            recent,
            blocks: Blocks::default(),
            follow: Follow::default(),
            memory: Memory::new(chain_id),
            evidence: EvidencePool::new(chain_id),
            recovery: Some(recovery),
            held: Vec::new(),
            recovery_after: Some((after, recovery_after)).filter(|(_, r)| !r.is_empty()),
            now: Now::default(),
            started_ms: None,
            quiet_until_ms: if has_signed { config.guard_wait_ms } else { 0 },
            has_work: false,
            epoch_waits: false,
            heard: Heard::default(),
            strangers: Strangers::default(),
            config,
        })
    }

    /// Tells the driver what happened at `now`, and what there is to do.
    pub fn step(&mut self, now: Now, event: Event) -> Output {
        if self.phase == Phase::Stopped {
            return Output::default();
        }
        self.now = now;
        self.core.outbox.timers.set_now(now.mono_ms);
        if self.recovery.as_ref().is_some_and(Recovery::is_new) {
            self.quiet_until_ms = self.quiet_until_ms.saturating_add(now.mono_ms);
            self.begin_recovery();
        }
        self.fire();
        self.on_event(event);
        self.settle();
        self.fire();
        let mut output = std::mem::take(&mut self.core.outbox.output);
        output.signed = self.core.outbox.signer.as_mut().and_then(Signer::take_signed);
        if output.actions.iter().any(|action| matches!(action, Action::Stop(_))) {
            self.phase = Phase::Stopped;
        }
        output
    }

    /// Does what is due.
    fn fire(&mut self) {
        while let Some(id) = self.core.outbox.timers.take_due() {
            self.on_timer(id);
            self.settle();
        }
    }

    /// When the next step is due though nothing happens, by [`Now::mono_ms`].
    pub fn due_ms(&self) -> Option<u64> {
        if self.phase == Phase::Stopped {
            return None;
        }
        self.core.outbox.timers.first_ms()
    }

    /// The newest message seen of a validator's key: the answer to [`Action::AskSignedStep`]. It needs no
    /// trust: whoever asked takes it as [`Event::Message`], and knows its own signature.
    pub fn signed_message(&self, id: ValidatorId) -> Option<&Message> {
        self.memory.newest_of(id).map(|(_, message)| message)
    }

    /// What it is doing.
    pub fn status(&self) -> DriverStatus {
        let is_voting = self.phase == Phase::Voting;
        DriverStatus {
            height: self.height,
            round: self.core.round().filter(|_| is_voting),
            step: if is_voting { self.core.step_name() } else { "new height" },
            best_peer_height: self.follow.likely(),
            is_voting: self.is_member(),
            committee: self.committee.clone(),
        }
    }

    /// The block that was asked for by hash, if it is at hand and may be voted on.
    pub fn block(&self, hash: B256) -> Option<Arc<Block>> {
        self.blocks.get(hash)
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Tick => {}
            Event::Message(from, message) => self.on_message(from, message),
            Event::Block(from, block) => self.on_block(from, block),
            Event::Built { height, round, block } => self.on_built(height, round, block),
            Event::Executed(hash, verdict) => self.on_executed(hash, &verdict),
            Event::Applied { height, validators, has_work } => {
                self.on_applied(height, validators, has_work);
            }
            Event::Work => self.on_work(),
            Event::EpochWaits => self.on_epoch_waits(),
            Event::PeerUp(peer) => self.on_peer_up(peer),
            Event::PeerDown(peer) => self.on_peer_down(peer),
            Event::Status { peer, height, earliest } => self.on_status(peer, height, earliest),
            Event::Fetched(peer, decided) => self.on_fetched(peer, decided),
            Event::FetchFailed(peer) => self.on_fetch_failed(peer),
            Event::Evidence { evidence, validators } => {
                self.on_evidence(&evidence, validators.as_deref());
            }
        }
    }

    fn on_timer(&mut self, id: TimerId) {
        match id {
            TimerId::Start => self.start_if_due(),
            TimerId::FetchBlock => self.fetch_wanted(),
            TimerId::Behind => self.on_behind(),
            TimerId::Fetch => self.on_fetch_timeout(),
            _ => {
                if let Some(timeout) = id.timeout() {
                    self.core.feed(Input::TimeoutElapsed(timeout));
                }
            }
        }
    }

    fn on_message(&mut self, from: Peer, message: Message) {
        let height = message.height();
        self.look_for_own(&message);
        // What is ahead of the core is queued there unseen, so strangers' messages stop here.
        let is_open = height >= self.height;
        if is_open && !self.is_from_member(&message) {
            if height == self.height.saturating_add(1) {
                self.strangers.keep(from, message);
            }
            return;
        }
        if self.is_before_log(height) {
            if self.held.len() < MAX_HELD {
                self.held.push((from, message));
            }
            return;
        }
        let evidence = match &message {
            Message::Vote(vote) => self.memory.vote(vote),
            Message::Proposal(proposal) => self.memory.proposal(proposal),
            Message::Polka(_) | Message::Round(_) => None,
        };
        if let Some(evidence) = evidence {
            self.on_evidence(&evidence, None);
        }
        if !is_open {
            return;
        }
        if height <= self.height.saturating_add(1) {
            self.heard.note(&message);
            self.start_if_heard();
        }
        match message {
            Message::Vote(vote) => {
                self.blocks.voted(vote.vote().block_hash, from);
                self.core.feed(Input::Vote(vote));
            }
            Message::Proposal(proposal) => {
                self.core.feed(Input::Proposal(proposal.clone()));
                self.settle();
                self.consider(from, proposal);
            }
            Message::Polka(polka) => self.core.feed(Input::PolkaCertificate(polka)),
            Message::Round(round) => self.core.feed(Input::RoundCertificate(round)),
        }
    }

    /// Takes in a proof against a validator of its height: one of `validators`, or of the last heights' sets.
    fn on_evidence(&mut self, evidence: &Evidence, validators: Option<&[Validator]>) {
        let validators = validators.or(self.validators.get(evidence.height).map(|set| &**set));
        if validators.is_some_and(|set| self.evidence.add(evidence, set, self.height)) {
            self.act(Action::Accuse(evidence.clone()));
        }
    }

    /// A peer hands on what this node's key signed.
    fn look_for_own(&mut self, message: &Message) {
        let chain_id = self.config.chain.chain_id;
        let step = match message {
            Message::Vote(vote) if self.id == Some(vote.voter) => {
                memory::step_of_vote(vote, chain_id)
            }
            Message::Proposal(proposal) if self.id == Some(proposal.proposer) => {
                memory::step_of_proposal(proposal, chain_id)
            }
            _ => return,
        };
        self.on_signed_step(step);
    }

    fn is_from_member(&self, message: &Message) -> bool {
        let is_member = |id: ValidatorId| self.committee.member(id).is_some();
        match message {
            Message::Vote(vote) => is_member(vote.voter),
            Message::Proposal(proposal) => is_member(proposal.proposer),
            Message::Polka(_) | Message::Round(_) => true,
        }
    }

    fn on_peer_up(&mut self, peer: Peer) {
        for message in self.core.outbox.said.clone() {
            self.act(Action::Send(peer, message));
        }
        if self.id.is_some() {
            self.act(Action::AskSignedStep(peer));
        }
        for evidence in self.evidence.waiting().cloned().collect::<Vec<_>>() {
            self.act(Action::Accuse(evidence));
        }
    }

    fn on_peer_down(&mut self, peer: Peer) {
        self.blocks.forget_peer(peer);
        self.forget_follow_peer(peer);
    }

    fn on_signed_step(&mut self, step: SignedStep) {
        if let Some(signer) = &mut self.core.outbox.signer
            && signer.seen(step)
        {
            tracing::error!(
                height = step.height,
                round = step.round,
                "peers have seen this validator's key sign further than this node did: another node runs \
                 with it, or this one was restored from a copy; it signs nothing until blocks above that \
                 height are decided without it"
            );
        }
    }

    /// Takes what the core asked for, until it asks for nothing more.
    fn settle(&mut self) {
        loop {
            let asked = std::mem::take(&mut self.core.outbox.asked);
            for evidence in &asked.evidence {
                self.on_evidence(evidence, None);
            }
            if let Some(round) = asked.round {
                self.blocks.round_started(round);
            }
            if let Some((height, round)) = asked.value {
                self.order_value(height, round);
            }
            match asked.decision {
                Some(certificate) => self.on_decision(certificate),
                None if asked.value.is_none() && asked.round.is_none() => return,
                None => {}
            }
        }
    }

    fn act(&mut self, action: Action) {
        self.core.outbox.output.actions.push(action);
    }

    fn is_member(&self) -> bool {
        self.id.is_some_and(|id| self.committee.member(id).is_some())
    }
}

/// The committee of a height: the set, and who the blocks before say takes no turn.
fn committee_of(
    validators: &ValidatorSets,
    height: u64,
    recent: &VecDeque<(u64, Arc<Block>)>,
) -> Committee {
    let recent: Vec<_> = recent
        .iter()
        .rev()
        .take(SKIP_AFTER_MISSED as usize)
        .rev()
        .map(|(number, block)| (*number, &block.body))
        .collect();
    let skipped = btt_runtime::block::rotation::skipped(validators, height, &recent);
    Committee::new(validators.at(height), skipped)
}
