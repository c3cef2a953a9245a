//! Catching up: blocks that peers have decided, each with its certificate, checked against the validators
//! of its height, executed and applied without a vote.

use super::{
    Action, Driver, Phase,
    event::{Decided, Offence, Peer, Verdict},
    timers::TimerId,
};
use alloy_primitives::B256;
use btt_runtime::block::{Block, CommitCertificate, header::validate_body};
use std::{collections::BTreeMap, sync::Arc};

/// A peer that owes blocks is given up after this, in ms.
const FETCH_TIMEOUT_MS: u64 = 5_000;
/// A peer that lied or was silent is left alone for so long, and twice as long each time. In ms.
const FAULT_PAUSE_MS: u64 = 500;
/// The longest such pause, as a power of two.
const MAX_FAULTS: u32 = 6;
/// Batches that may wait to be executed.
const READY_BATCHES: usize = 3;

#[derive(Debug, Clone, Copy, Default)]
struct Offer {
    height: u64,
    earliest: u64,
    /// Lies or silences; such peers are asked last.
    faults: u32,
    /// It has given a block whose certificate held; such peers are asked first.
    has_delivered: bool,
    /// It is not asked before.
    paused_until_ms: u64,
}

/// What peers have, what is asked for, and what waits.
#[derive(Debug, Default)]
pub(super) struct Follow {
    peers: BTreeMap<Peer, Offer>,
    asked: Option<(Peer, u64)>,
    ready: BTreeMap<u64, (Peer, Decided)>,
    executing: Option<(B256, Peer, CommitCertificate)>,
}

impl Follow {
    /// The newest height that an honest-looking peer tells of.
    pub(super) fn best(&self) -> u64 {
        self.peers.values().filter(|o| o.faults == 0).map(|o| o.height).max().unwrap_or(0)
    }

    /// The height that half of the peers tell of at least: what a node shows, so that one liar is not shown.
    pub(super) fn likely(&self) -> u64 {
        let heights = self.peers.values().filter(|o| o.faults == 0).map(|o| o.height);
        let mut heights: Vec<u64> = heights.collect();
        heights.sort_unstable();
        heights.get(heights.len().saturating_sub(1) / 2).copied().unwrap_or(0)
    }

    /// All that told what they have.
    pub(super) fn peers(&self) -> impl Iterator<Item = Peer> {
        self.peers.keys().copied()
    }

    /// Whom to ask for a height: the fewest faults, then who has delivered before, then the highest.
    fn source_of(&self, height: u64, now_ms: u64) -> Option<Peer> {
        let may_ask =
            |o: &Offer| (o.earliest..=o.height).contains(&height) && o.paused_until_ms <= now_ms;
        let candidates = self.peers.iter().filter(|(_, offer)| may_ask(offer));
        let best = candidates
            .min_by_key(|(peer, o)| (o.faults, !o.has_delivered, u64::MAX - o.height, **peer));
        best.map(|(peer, _)| *peer)
    }

    /// When the first of those left alone may be asked for a height.
    fn next_source_ms(&self, height: u64) -> Option<u64> {
        let has = |o: &&Offer| (o.earliest..=o.height).contains(&height);
        self.peers.values().filter(has).map(|o| o.paused_until_ms).min()
    }

    fn fault(&mut self, peer: Peer, now_ms: u64) {
        self.ready.retain(|_, (from, _)| *from != peer);
        if let Some(offer) = self.peers.get_mut(&peer) {
            let pause_ms = FAULT_PAUSE_MS << offer.faults.min(MAX_FAULTS);
            offer.paused_until_ms = now_ms.saturating_add(pause_ms);
            offer.faults = offer.faults.saturating_add(1);
        }
    }
}

impl Driver {
    pub(super) fn on_status(&mut self, peer: Peer, height: u64, earliest: u64) {
        let offer = self.follow.peers.entry(peer).or_default();
        (offer.height, offer.earliest) = (height, earliest);
        if matches!(self.phase, Phase::Idle | Phase::Voting) && height >= self.height {
            self.follow_if_behind();
        }
    }

    pub(super) fn forget_follow_peer(&mut self, peer: Peer) {
        self.follow.peers.remove(&peer);
        if self.follow.asked.is_some_and(|(asked, _)| asked == peer) {
            self.follow.asked = None;
            self.fetch_more();
        }
    }

    /// Goes after decided blocks where peers have some that this node lacks; whether one is being taken.
    ///
    /// Only a block with its certificate keeps a height from being started. A claim does not: whoever
    /// connects can claim any height, and under another name each time. One block behind may be a matter of
    /// a message under way, so a validator waits a little before it asks.
    pub(super) fn follow_if_behind(&mut self) -> bool {
        let best = self.follow.peers.values().map(|o| o.height).max().unwrap_or(0);
        if best < self.height {
            self.core.outbox.timers.cancel(TimerId::Behind);
            return false;
        }
        if self.follow.ready.contains_key(&self.height) && self.take_ready() {
            return true;
        }
        if best == self.height && self.is_member() {
            if !self.core.outbox.timers.is_set(TimerId::Behind) {
                self.core.outbox.timers.set_after(TimerId::Behind, self.config.patience_ms);
            }
            return false;
        }
        self.fetch_more();
        false
    }

    pub(super) fn on_behind(&mut self) {
        if matches!(self.phase, Phase::Idle | Phase::Voting) {
            self.fetch_more();
        }
    }

    /// Keeps one request under way while blocks are missing. What voting has decided meanwhile waits no longer: it
    /// would fill the places of what is missing, and nobody would take it out.
    fn fetch_more(&mut self) {
        self.follow.ready = self.follow.ready.split_off(&self.height);
        let batch = self.config.fetch_blocks;
        if self.follow.asked.is_some() || self.follow.ready.len() >= READY_BATCHES * batch as usize
        {
            return;
        }
        let newest_ready = self.follow.ready.keys().next_back();
        let from = newest_ready.map_or(self.height, |height| height + 1);
        let now_ms = self.now.mono_ms;
        if let Some(peer) = self.follow.source_of(from, now_ms) {
            self.follow.asked = Some((peer, from));
            self.core.outbox.timers.set_after(TimerId::Fetch, FETCH_TIMEOUT_MS);
            self.act(Action::FetchBlocks { peer, from, count: batch });
        } else if let Some(due_ms) = self.follow.next_source_ms(from) {
            self.core.outbox.timers.set_at(TimerId::Behind, due_ms);
        }
    }

    /// A peer did wrong: it is left alone for a while, and others are asked.
    fn blame(&mut self, peer: Peer, offence: Offence) {
        self.follow.fault(peer, self.now.mono_ms);
        self.act(Action::Report(peer, offence));
        // It may have been the one to wait for.
        if self.phase == Phase::Idle && self.follow.best() <= self.height {
            self.start_if_heard();
        }
    }

    pub(super) fn on_fetched(&mut self, peer: Peer, decided: Vec<Decided>) {
        let Some((_, from)) = self.follow.asked.filter(|(asked, _)| *asked == peer) else {
            return;
        };
        let mut heights = decided.iter().map(|d| d.block.header.number);
        // The answer to an earlier request that was given up.
        if heights.clone().next().is_some_and(|first| first != from) {
            return;
        }
        self.follow.asked = None;
        self.core.outbox.timers.cancel(TimerId::Fetch);
        let is_asked = heights.by_ref().eq((from..).take(decided.len()));
        if decided.is_empty() || !is_asked || decided.len() > self.config.fetch_blocks as usize {
            let is_silent = decided.is_empty();
            self.blame(peer, if is_silent { Offence::Silent } else { Offence::FalseBlock });
        } else {
            for block in decided {
                self.follow.ready.insert(block.block.header.number, (peer, block));
            }
        }
        if matches!(self.phase, Phase::Idle | Phase::Voting) {
            self.take_ready();
        }
        if self.follow.peers.values().any(|o| o.height >= self.height) {
            self.fetch_more();
        }
    }

    pub(super) fn on_fetch_failed(&mut self, peer: Peer) {
        if self.follow.asked.take_if(|(asked, _)| *asked == peer).is_some() {
            self.core.outbox.timers.cancel(TimerId::Fetch);
            self.blame(peer, Offence::Silent);
            self.fetch_more();
        }
    }

    pub(super) fn on_fetch_timeout(&mut self) {
        if let Some((peer, _)) = self.follow.asked {
            self.on_fetch_failed(peer);
        }
    }

    /// Takes the next decided block, if it is here and its certificate holds.
    fn take_ready(&mut self) -> bool {
        self.follow.ready = self.follow.ready.split_off(&self.height);
        let Some((peer, decided)) = self.follow.ready.remove(&self.height) else { return false };
        let Decided { block, certificate } = decided;
        let hash = block.hash();
        let chain_id = self.config.chain.chain_id;
        let validators = self.committee.validators();
        let verified = certificate
            .verify(chain_id, self.height, hash, validators)
            .map_err(|error| error.to_string())
            .and_then(|()| {
                // The certificate says nothing of a body that is not the header's.
                validate_body(&block.header, &block.body).map_err(|error| error.to_string())
            });
        if let Err(error) = verified {
            tracing::warn!(height = self.height, %error, "a peer hands on a false block");
            self.blame(peer, Offence::FalseBlock);
            self.fetch_more();
            return false;
        }
        if let Some(offer) = self.follow.peers.get_mut(&peer) {
            offer.has_delivered = true;
        }
        if self.blocks.is_valid(hash) {
            self.apply(hash, certificate);
        } else {
            self.follow_block(peer, hash, block, certificate);
        }
        self.fetch_more_if_behind();
        true
    }

    /// Has a decided block executed, and applied then.
    pub(super) fn follow_block(
        &mut self,
        peer: Peer,
        hash: B256,
        block: Arc<Block>,
        certificate: CommitCertificate,
    ) {
        self.phase = Phase::Following;
        self.core.outbox.timers.clear_rounds();
        self.follow.executing = Some((hash, peer, certificate));
        self.blocks.insert(hash, block.clone(), None);
        self.act(Action::Execute(hash, block));
    }

    fn fetch_more_if_behind(&mut self) {
        let newest = self.follow.ready.keys().next_back().copied().unwrap_or(self.height);
        if self.follow.peers.values().any(|o| o.height > newest) {
            self.fetch_more();
        }
    }

    /// Whether an executed block was one of these.
    pub(super) fn on_followed(&mut self, hash: B256, verdict: &Verdict) -> bool {
        let executing = self.follow.executing.take_if(|(executing, ..)| *executing == hash);
        let Some((_, _, certificate)) = executing else { return false };
        match verdict {
            Verdict::Valid => {
                self.mark_valid(hash);
                self.apply(hash, certificate);
            }
            // More than two thirds say otherwise: this node is wrong, or they are (rule C.3).
            Verdict::Invalid(reason) => self.act(Action::Stop(format!(
                "block {} {hash} was decided by its validators, but is invalid here: {reason}",
                self.height
            ))),
        }
        true
    }
}
