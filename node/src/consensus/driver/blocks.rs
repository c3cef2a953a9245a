//! Proposals and the blocks they name: fetched when wanted, executed before the prevote (rules B.1, C.5).

use super::{
    super::context::{BlockId, BttContext, Height},
    Action, Driver, Phase,
    event::{Offence, Peer, Verdict, WalRecord},
    timers::TimerId,
    wal,
};
use alloy_primitives::B256;
use arc_malachitebft_core_consensus::{Input, LocallyProposedValue, ProposedValue};
use arc_malachitebft_core_types::{Round, SignedProposal, Timeout, Validity, ValueOrigin};
use btt_runtime::block::{
    Block, CommitCertificate, MIN_VOID_ROUND, MarketResult,
    header::{time_ms, validate_body},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Blocks executed or under execution at a height (rule C.5).
const MAX_CANDIDATES: usize = 4;
/// Proposals kept of one round: an honest proposer makes one, two prove misbehaviour.
const MAX_OFFERS: usize = 3;
/// Peers whose blocks for this or the next height are kept before a proposal names them.
const MAX_EARLY: usize = 8;
/// A proposal's block is asked for when it did not come by itself in this time, in ms.
const FETCH_AFTER_MS: u64 = 80;
/// A block time may be so far ahead of the clock in round 0, in ms, and so far more in each further one.
const MAX_AHEAD_MS: u64 = 1_000;
/// A block time may be so far behind the clock beyond the propose timeout, in ms.
const MAX_BEHIND_MS: u64 = 2_000;

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Executing,
    Valid,
    Invalid,
}

#[derive(Debug)]
struct Candidate {
    block: Arc<Block>,
    state: State,
    /// Whether the log holds it: it must before it is voted for.
    is_logged: bool,
    /// Round for which this node made it.
    own_round: Option<u32>,
}

/// A proposal for this height that the core has taken.
#[derive(Debug)]
struct Offered {
    proposal: SignedProposal<BttContext>,
    /// Whether the block's time fits the clock, and a void epoch the round; looked at once, when proposal and block are there.
    is_timely: Option<bool>,
    told: Option<Validity>,
}

/// Whom to ask for a block.
#[derive(Debug, Default)]
struct Sources {
    peers: BTreeSet<Peer>,
    asked: Option<Peer>,
}

impl Sources {
    /// One after the other, and from the start again when all were asked.
    fn next(&mut self) -> Option<Peer> {
        let after = self.peers.iter().find(|peer| self.asked.is_none_or(|asked| **peer > asked));
        self.asked = after.or(self.peers.first()).copied();
        self.asked
    }
}

/// The blocks of the height under way.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    candidates: BTreeMap<B256, Candidate>,
    offers: Vec<Offered>,
    wanted: BTreeMap<B256, Sources>,
    early_blocks: BTreeMap<Peer, Arc<Block>>,
    early_offers: Vec<(Peer, SignedProposal<BttContext>)>,
    round: u32,
    /// Decided by the core, but its block is not here.
    pub(super) missing: Option<CommitCertificate>,
    /// What is being applied.
    pub(super) deciding: Option<(B256, CommitCertificate)>,
}

impl Blocks {
    pub(super) fn get(&self, hash: B256) -> Option<Arc<Block>> {
        self.candidates.get(&hash).map(|candidate| candidate.block.clone())
    }

    pub(super) fn is_valid(&self, hash: B256) -> bool {
        self.candidates.get(&hash).is_some_and(|c| c.state == State::Valid)
    }

    pub(super) fn own_of(&self, round: u32) -> Option<B256> {
        let own = self.candidates.iter().find(|(_, c)| c.own_round == Some(round));
        own.filter(|(_, c)| c.state == State::Valid).map(|(hash, _)| *hash)
    }

    /// Proposals of earlier rounds are forgotten where their block is not here: whoever is locked on it
    /// proposes it again.
    pub(super) fn round_started(&mut self, round: u32) {
        self.round = round;
        let Self { offers, candidates, wanted, .. } = self;
        let round_of = |o: &Offered| o.proposal.round.as_u32().unwrap_or(0);
        offers.retain(|o| round_of(o) >= round || candidates.contains_key(&o.proposal.value.0));
        wanted.retain(|hash, _| offers.iter().any(|o| o.proposal.value.0 == *hash));
    }

    /// Whether there is room for one more candidate. The block whose newest proposal is the oldest makes
    /// room, unless it is of this round or later, or `kept`: what the core is locked on.
    fn has_room(&mut self, kept: &[B256]) -> bool {
        if self.candidates.len() < MAX_CANDIDATES {
            return true;
        }
        let newest = |hash: &B256, candidate: &Candidate| {
            let offers = self.offers.iter().filter(|o| o.proposal.value.0 == *hash);
            let rounds = offers.filter_map(|o| o.proposal.round.as_u32());
            rounds.chain(candidate.own_round).max().unwrap_or(0)
        };
        let places = self.candidates.iter().map(|(hash, c)| (newest(hash, c), *hash));
        let oldest = places.filter(|(round, h)| *round < self.round && !kept.contains(h)).min();
        let Some((_, hash)) = oldest else { return false };
        self.candidates.remove(&hash);
        self.offers.retain(|o| o.proposal.value.0 != hash);
        true
    }

    /// Somebody voted for a block, and so has it.
    pub(super) fn voted(&mut self, hash: B256, by: Peer) {
        if let Some(sources) = self.wanted.get_mut(&hash) {
            sources.peers.insert(by);
        }
    }

    pub(super) fn next_height(&mut self, height: u64) {
        self.candidates.clear();
        self.offers.clear();
        self.wanted.clear();
        self.missing = None;
        self.round = 0;
        self.early_blocks.retain(|_, block| block.header.number >= height);
        self.early_offers.retain(|(_, proposal)| proposal.height.0 >= height);
    }

    pub(super) fn forget_peer(&mut self, peer: Peer) {
        self.early_blocks.remove(&peer);
        self.wanted.values_mut().for_each(|sources| {
            sources.peers.remove(&peer);
        });
    }

    /// A proposal from the log: the core is told of it by the log too.
    pub(super) fn recovered(&mut self, proposal: SignedProposal<BttContext>, is_told: bool) {
        let told = is_told.then_some(Validity::Valid);
        self.offers.push(Offered { proposal, is_timely: is_told.then_some(true), told });
    }

    /// A block from the log, or one that was decided elsewhere: executed before anything is said of it.
    pub(super) fn insert(&mut self, hash: B256, block: Arc<Block>, own_round: Option<u32>) {
        let is_logged = true;
        let state = State::Executing;
        self.candidates.insert(hash, Candidate { block, state, is_logged, own_round });
    }
}

impl Driver {
    /// A proposal that a member signed. The core has judged by itself whether it counts; here it is seen
    /// to that its block gets executed.
    pub(super) fn consider(&mut self, from: Peer, proposal: SignedProposal<BttContext>) {
        let (height, round) = (proposal.height.0, proposal.round.as_u32().unwrap_or(u32::MAX));
        let is_next = height == self.height.saturating_add(1);
        if is_next || (height == self.height && self.phase != Phase::Voting) {
            if self.blocks.early_offers.len() < MAX_EARLY {
                self.blocks.early_offers.push((from, proposal));
            }
            return;
        }
        let is_near = round <= self.blocks.round.saturating_add(1);
        let proposer = self.committee.proposer(height, round).map(|member| member.id);
        if height != self.height || !is_near || proposer != Some(proposal.proposer) {
            return;
        }
        let hash = proposal.value.0;
        let is_known = self.blocks.offers.iter().any(|o| o.proposal == proposal);
        if !is_known {
            let of_round = self.blocks.offers.iter().filter(|o| o.proposal.round == proposal.round);
            if of_round.count() >= MAX_OFFERS {
                return;
            }
            self.blocks.offers.push(Offered { proposal, is_timely: None, told: None });
        }
        if self.blocks.candidates.contains_key(&hash) {
            return self.tell_core(hash);
        }
        let is_here = |block: &&Arc<Block>| block.hash() == hash;
        if let Some(block) = self.blocks.early_blocks.values().find(is_here).cloned() {
            return self.take_block(hash, block);
        }
        self.want(hash, [from]);
    }

    /// Has a block asked for.
    pub(super) fn want(&mut self, hash: B256, from: impl IntoIterator<Item = Peer>) {
        self.blocks.wanted.entry(hash).or_default().peers.extend(from);
        if !self.core.outbox.timers.is_set(TimerId::FetchBlock) {
            self.core.outbox.timers.set_after(TimerId::FetchBlock, FETCH_AFTER_MS);
        }
    }

    /// Proposals that came before the height had started.
    pub(super) fn consider_early(&mut self) {
        for (from, proposal) in std::mem::take(&mut self.blocks.early_offers) {
            self.consider(from, proposal);
        }
    }

    pub(super) fn fetch_wanted(&mut self) {
        let mut asks = Vec::new();
        for (hash, sources) in &mut self.blocks.wanted {
            asks.extend(sources.next().map(|peer| (peer, *hash)));
        }
        if !asks.is_empty() {
            self.core.outbox.timers.set_after(TimerId::FetchBlock, 4 * FETCH_AFTER_MS);
        }
        for (peer, hash) in asks {
            self.act(Action::FetchBlock(peer, hash));
        }
    }

    pub(super) fn on_block(&mut self, from: Peer, block: Arc<Block>) {
        let hash = block.hash();
        let number = block.header.number;
        let is_near = number == self.height || number == self.height.saturating_add(1);
        if !is_near || self.blocks.candidates.contains_key(&hash) {
            return;
        }
        // Anybody can put another body under a header; its hash would then stand for an invalid block.
        if validate_body(&block.header, &block.body).is_err() {
            return self.act(Action::Report(from, Offence::FalseBlock));
        }
        if let Some(certificate) = self.blocks.missing.take_if(|c| c.block_hash == hash) {
            return self.follow_block(from, hash, block, certificate);
        }
        if self.blocks.wanted.contains_key(&hash) {
            return self.take_block(hash, block);
        }
        let has_room = self.blocks.early_blocks.len() < MAX_EARLY
            || self.blocks.early_blocks.contains_key(&from);
        if has_room {
            self.blocks.early_blocks.insert(from, block);
        }
    }

    /// Has a proposed block executed, if its header can be right.
    fn take_block(&mut self, hash: B256, block: Arc<Block>) {
        if !self.blocks.has_room(&self.core.kept()) {
            return;
        }
        self.blocks.wanted.remove(&hash);
        self.blocks.early_blocks.retain(|_, early| !Arc::ptr_eq(early, &block));
        let header = &block.header;
        let follows = header.number == self.height
            && header.parent_hash == self.parent_hash
            && time_ms(header).is_some_and(|ms| ms > self.parent_ms);
        let state = if follows { State::Executing } else { State::Invalid };
        let candidate =
            Candidate { block: block.clone(), state, is_logged: false, own_round: None };
        self.blocks.candidates.insert(hash, candidate);
        self.judge_times(hash);
        if follows {
            self.act(Action::Execute(hash, block));
        } else {
            self.tell_core(hash);
        }
    }

    pub(super) fn on_executed(&mut self, hash: B256, verdict: &Verdict) {
        if self.on_followed(hash, verdict) || self.on_recovered(hash, verdict) {
            return;
        }
        let Some(candidate) = self.blocks.candidates.get_mut(&hash) else { return };
        candidate.state = match verdict {
            Verdict::Valid => State::Valid,
            Verdict::Invalid(reason) => {
                tracing::warn!(%hash, reason, "a proposed block is invalid");
                State::Invalid
            }
        };
        self.tell_core(hash);
    }

    /// A block from the log or from a peer's decided blocks was executed.
    pub(super) fn mark_valid(&mut self, hash: B256) {
        if let Some(candidate) = self.blocks.candidates.get_mut(&hash) {
            candidate.state = State::Valid;
        }
    }

    /// Looks once for each proposal of a new block at the clock (rule B.1), and at whether its round may give the
    /// market's epoch up (rule E.8).
    fn judge_times(&mut self, hash: B256) {
        let Some(block) = self.blocks.get(hash) else { return };
        let block_ms = time_ms(&block.header).unwrap_or(0);
        let voids_market = block.body.market() == Some(MarketResult::Void);
        let wall_ms = self.now.wall_ms;
        for offered in &mut self.blocks.offers {
            if offered.proposal.value.0 != hash || offered.is_timely.is_some() {
                continue;
            }
            let round = offered.proposal.round.as_u32().unwrap_or(0);
            let timeout = Timeout::propose(Round::new(round));
            let propose_ms = self.config.timeouts.duration_for(timeout).as_millis() as u64;
            let latest_ms =
                wall_ms.saturating_add(MAX_AHEAD_MS.saturating_mul(u64::from(round) + 1));
            let earliest_ms = wall_ms.saturating_sub(propose_ms).saturating_sub(MAX_BEHIND_MS);
            let is_in_time = (earliest_ms..=latest_ms).contains(&block_ms);
            let is_too_early = voids_market && round < MIN_VOID_ROUND;
            offered.is_timely = Some(is_in_time && !is_too_early);
        }
    }

    /// Tells the core what is known of a block, for each proposal of it: executed and valid; for a new
    /// block also in time and by its proposer. A later proposal with a proof of lock can mend a block
    /// that was only out of time.
    pub(super) fn tell_core(&mut self, hash: B256) {
        self.judge_times(hash);
        let Some(candidate) = self.blocks.candidates.get(&hash) else { return };
        if candidate.state == State::Executing {
            return;
        }
        let executed = candidate.state == State::Valid;
        let made_by = candidate.block.body.proposer().map(|proof| proof.validator_index);
        let mut told = Vec::new();
        for offered in self.blocks.offers.iter_mut().filter(|o| o.proposal.value.0 == hash) {
            let is_new = offered.proposal.pol_round.is_nil();
            let member = self.committee.member(offered.proposal.proposer);
            let is_own = member.map(|member| member.index) == made_by;
            let is_fresh = !is_new || (is_own && offered.is_timely == Some(true));
            let validity = Validity::from_bool(executed && is_fresh);
            if offered.told != Some(validity) {
                offered.told = Some(validity);
                told.push((offered.proposal.clone(), validity));
            }
        }
        for (proposal, validity) in told {
            if validity.is_valid() {
                self.log_block(hash);
            }
            let value = ProposedValue {
                height: Height(self.height),
                round: proposal.round,
                valid_round: proposal.pol_round,
                proposer: proposal.proposer,
                value: proposal.value,
                validity,
            };
            self.core.feed(Input::ProposedValue(value, ValueOrigin::Consensus));
            self.settle();
        }
    }

    /// The log holds a block before any vote for it.
    fn log_block(&mut self, hash: B256) {
        if let Some(candidate) = self.blocks.candidates.get_mut(&hash)
            && !candidate.is_logged
        {
            candidate.is_logged = true;
            let entry = wal::encode_block(&candidate.block);
            self.core.outbox.output.wal.push(WalRecord::Entry(entry));
        }
    }

    /// This node's own block is built and executed.
    pub(super) fn on_built(&mut self, height: u64, round: u32, block: Arc<Block>) {
        let is_wanted = height == self.height
            && self.phase == Phase::Voting
            && self.core.round() == Some(round);
        if !is_wanted
            || block.header.parent_hash != self.parent_hash
            || !self.blocks.has_room(&self.core.kept())
        {
            return;
        }
        self.evidence.left_out(&block);
        let hash = block.hash();
        let candidate =
            Candidate { block, state: State::Valid, is_logged: false, own_round: Some(round) };
        self.blocks.candidates.insert(hash, candidate);
        self.propose(round, hash);
    }

    /// Proposes a block of this node.
    pub(super) fn propose(&mut self, round: u32, hash: B256) {
        self.log_block(hash);
        let (height, value) = (Height(self.height), BlockId(hash));
        let local = LocallyProposedValue::new(height, Round::new(round), value);
        self.core.feed(Input::Propose(local));
        if let Some(block) = self.blocks.get(hash) {
            self.act(Action::SendBlock(None, block));
        }
        self.settle();
    }
}
