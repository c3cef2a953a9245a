//! Malachite's state machine and the answers to its effects. Nothing here does I/O: what is to happen is
//! put down in [`Outbox`].

use super::{
    super::{
        context::{BlockId, BttContext, Committee, Height, ValidatorId},
        message::Message,
    },
    event::{Action, Output, WalRecord},
    memory::{evidence_of_proposals, evidence_of_votes},
    quorum,
    signing::{Signer, is_sealed},
    timers::{TimerId, Timers},
    wal,
};
use alloy_primitives::B256;
use arc_malachitebft_core_consensus::{
    Effect, Error, Input, LivenessMsg, Params, Resumable as _, Resume, SignedConsensusMsg, State,
    process,
};
use arc_malachitebft_core_types::{
    CommitCertificate as CoreCertificate, LinearTimeouts, SignedProposal, SignedVote,
    ThresholdParam, ThresholdParams, Timeout, ValuePayload, VoteExtensionPolicy,
};
use btt_runtime::block::{CommitCertificate, CommitSignature, Evidence};
use std::collections::BTreeSet;

/// Heights ahead of the core whose messages it keeps, and how many of each.
const QUEUED_HEIGHTS: usize = 4;
const QUEUED_PER_HEIGHT: usize = 4_096;

/// What the core asked for while it worked.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// A block to propose at this height and round.
    pub(super) value: Option<(u64, u32)>,
    /// A decision.
    pub(super) decision: Option<CommitCertificate>,
    /// Misbehaviour that the height showed.
    pub(super) evidence: Vec<Evidence>,
    /// The round that started.
    pub(super) round: Option<u32>,
}

/// The core's surroundings.
#[derive(Debug)]
pub(super) struct Outbox {
    pub(super) signer: Option<Signer>,
    pub(super) timers: Timers,
    pub(super) timeouts: LinearTimeouts,
    pub(super) output: Output,
    pub(super) asked: Asked,
    /// What this node said at this height and round, for peers that connect later.
    pub(super) said: Vec<Message>,
    /// The log's entries while they are fed again.
    replayed: Option<BTreeSet<Vec<u8>>>,
    committee: Committee,
}

/// The core.
pub(super) struct Core {
    state: State<BttContext>,
    pub(super) outbox: Outbox,
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").field("height", &self.state.height()).finish_non_exhaustive()
    }
}

impl Core {
    pub(super) fn new(
        signer: Option<Signer>,
        height: u64,
        committee: Committee,
        timeouts: LinearTimeouts,
    ) -> Self {
        let address = signer.as_ref().map_or(ValidatorId(Default::default()), Signer::id);
        let params = Params {
            address,
            threshold_params: ThresholdParams::default(),
            value_payload: ValuePayload::ProposalAndParts,
            enabled: signer.is_some(),
        };
        let state = State::new(
            BttContext,
            Height(height),
            committee.clone(),
            params,
            QUEUED_HEIGHTS,
            QUEUED_PER_HEIGHT,
        );
        let outbox = Outbox {
            signer,
            timers: Timers::default(),
            timeouts,
            output: Output::default(),
            asked: Asked::default(),
            said: Vec::new(),
            replayed: None,
            committee,
        };
        Self { state, outbox }
    }

    pub(super) fn round(&self) -> Option<u32> {
        self.state.round().as_u32()
    }

    /// Whether the round still waits for a proposal.
    pub(super) fn is_proposing(&self) -> bool {
        self.state.driver.step_is_propose()
    }

    /// Blocks that must stay at hand: what the core is locked on, and what it would propose again.
    pub(super) fn kept(&self) -> Vec<B256> {
        let state = self.state.driver.round_state();
        [&state.locked, &state.valid].into_iter().flatten().map(|at| at.value.0).collect()
    }

    pub(super) fn step_name(&self) -> &'static str {
        let state = &self.state;
        if state.driver.step_is_propose() {
            "propose"
        } else if state.driver.step_is_prevote() {
            "prevote"
        } else if state.driver.step_is_precommit() {
            "precommit"
        } else if state.driver.step_is_commit() {
            "commit"
        } else {
            "new height"
        }
    }

    /// Starts a height.
    pub(super) fn start(&mut self, height: u64, committee: Committee) {
        self.outbox.committee = committee.clone();
        self.outbox.said.clear();
        let policy = VoteExtensionPolicy::Disabled;
        // `is_restart` stays false: a restart would forget what was signed.
        self.feed(Input::StartHeight(Height(height), committee, false, None, policy));
    }

    /// Hands the core an input.
    pub(super) fn feed(&mut self, input: Input<BttContext>) {
        let outbox = &mut self.outbox;
        let result: Result<(), Error<BttContext>> = process!(
            input: input,
            state: &mut self.state,
            metrics: &(),
            with: effect => Ok::<_, std::convert::Infallible>(outbox.answer(effect))
        );
        match result {
            Ok(()) => {}
            // What the log says was signed and what would be signed now differ: nothing may be signed.
            Err(error @ Error::ReplayDivergence(..)) => {
                self.outbox.output.actions.push(Action::Stop(error.to_string()));
            }
            Err(error) => tracing::warn!(%error, "the core refused an input"),
        }
    }

    /// Feeds what the log holds of this height.
    pub(super) fn replay(&mut self, inputs: Vec<Input<BttContext>>) {
        self.state.record_recovered_own_precommit_extensions(&inputs);
        self.state.index_wal_entries(&inputs);
        self.outbox.replayed = Some(inputs.iter().filter_map(wal::encode_input).collect());
        for input in inputs {
            self.feed(input);
        }
        self.state.reset_entries_index();
        self.outbox.replayed = None;
    }
}

impl Outbox {
    pub(super) fn is_replaying(&self) -> bool {
        self.replayed.is_some()
    }

    fn broadcast(&mut self, message: Message) {
        self.output.actions.push(Action::Broadcast(message));
    }

    /// What the core says for the first time. An empty seal means that it may not be said.
    fn publish(&mut self, message: Message) {
        let seal = match &message {
            Message::Vote(vote) => vote.signature,
            Message::Proposal(proposal) => proposal.signature,
            Message::Polka(_) | Message::Round(_) => return self.broadcast(message),
        };
        if is_sealed(&seal) {
            self.said.push(message.clone());
            self.broadcast(message);
        }
    }

    fn answer(&mut self, effect: Effect<BttContext>) -> Resume<BttContext> {
        match effect {
            Effect::CancelAllTimeouts(r) => {
                self.timers.clear_rounds();
                r.resume_with(())
            }
            Effect::CancelTimeout(timeout, r) => {
                if let Some(id) = TimerId::of(timeout) {
                    self.timers.cancel(id);
                }
                r.resume_with(())
            }
            Effect::ScheduleTimeout(timeout, r) => {
                self.schedule(timeout);
                r.resume_with(())
            }
            Effect::StartRound(_, round, _, _, r) => {
                self.asked.round = round.as_u32();
                // A block for an earlier round is not wanted any more.
                self.asked.value = None;
                r.resume_with(())
            }
            Effect::PublishConsensusMsg(message, r) => {
                self.publish(match message {
                    SignedConsensusMsg::Vote(vote) => Message::Vote(vote),
                    SignedConsensusMsg::Proposal(proposal) => Message::Proposal(proposal),
                });
                r.resume_with(())
            }
            Effect::PublishLivenessMsg(message, r) => {
                self.publish(match message {
                    LivenessMsg::Vote(vote) => Message::Vote(vote),
                    LivenessMsg::PolkaCertificate(polka) => Message::Polka(polka),
                    LivenessMsg::SkipRoundCertificate(round) => Message::Round(round),
                });
                r.resume_with(())
            }
            Effect::RepublishVote(vote, r) => {
                if is_sealed(&vote.signature) {
                    self.broadcast(Message::Vote(vote));
                }
                r.resume_with(())
            }
            Effect::RepublishRoundCertificate(certificate, r) => {
                self.broadcast(Message::Round(certificate));
                r.resume_with(())
            }
            Effect::GetValue(height, round, _, r) => {
                self.asked.value = round.as_u32().map(|round| (height.0, round));
                r.resume_with(())
            }
            // Whoever lacks the block asks for it: the proposal goes out again beside this.
            Effect::RestreamProposal(.., r) => r.resume_with(()),
            Effect::Decide(certificate, _, r) => {
                self.asked.decision = Some(certificate_of(&certificate, &self.committee));
                r.resume_with(())
            }
            Effect::Finalize(_, _, evidence, r) => {
                let votes = evidence.votes.iter().flat_map(|(_, pairs)| pairs);
                self.asked.evidence.extend(votes.map(evidence_of_votes));
                let proposals = evidence.proposals.iter().flat_map(|(_, pairs)| pairs);
                self.asked.evidence.extend(proposals.map(evidence_of_proposals));
                r.resume_with(())
            }
            Effect::SignVote(vote, r) => r.resume_with(match &mut self.signer {
                Some(signer) => signer.sign_vote(vote),
                None => unsigned_vote(vote),
            }),
            Effect::SignProposal(proposal, r) => r.resume_with(match &mut self.signer {
                Some(signer) => signer.sign_proposal(proposal),
                None => SignedProposal::new(proposal, super::signing::REFUSED),
            }),
            // A message's signer was recovered from its signature, so it can only be false where this
            // node refused to sign.
            Effect::VerifySignature(message, _, r) => r.resume_with(is_sealed(&message.signature)),
            Effect::VerifyCommitCertificate(c, committee, thresholds, r) => {
                let signed = c.commit_signatures.iter().map(|s| (&s.address, &s.signature));
                r.resume_with(quorum::check(&committee, signed, thresholds.quorum))
            }
            Effect::VerifyPolkaCertificate(c, committee, thresholds, r) => {
                let signed = c.polka_signatures.iter().map(|s| (&s.address, &s.signature));
                r.resume_with(quorum::check(&committee, signed, thresholds.quorum))
            }
            Effect::VerifyRoundCertificate(c, committee, _, r) => {
                let signed = c.round_signatures.iter().map(|s| (&s.address, &s.signature));
                let threshold = quorum::threshold_of(&c.cert_type);
                r.resume_with(quorum::check(&committee, signed, threshold))
            }
            Effect::WalAppend(_, input, r) => {
                // What was signed before the crash and is signed again now may have missed the log.
                let is_logged = |entry: &Vec<u8>| {
                    self.replayed.as_ref().is_some_and(|replayed| replayed.contains(entry))
                };
                if let Some(entry) = wal::encode_input(&input).filter(|entry| !is_logged(entry)) {
                    self.output.wal.push(WalRecord::Entry(entry));
                }
                r.resume_with(())
            }
            // Decided blocks that peers hand on do not pass through the core, and votes carry no
            // extensions.
            Effect::CertVerifiedSyncValue(_, _, r) => r.resume_with(()),
            Effect::CertRejectedSyncValue(_, _, _, r) => r.resume_with(()),
            Effect::VerifyExtendedCommitCertificate(c, committee, _, _, r) => {
                let signed = c.commit_signatures.iter().map(|s| (&s.address, &s.signature));
                r.resume_with(quorum::check(&committee, signed, ThresholdParam::TWO_F_PLUS_ONE))
            }
            Effect::ExtendVote(.., r) => r.resume_with(None),
            Effect::VerifyVoteExtension(.., r) => r.resume_with(Ok(())),
        }
    }

    fn schedule(&mut self, timeout: Timeout) {
        if let Some(id) = TimerId::of(timeout) {
            let after_ms = self.timeouts.duration_for(timeout).as_millis() as u64;
            self.timers.set_after(id, after_ms);
        }
    }
}

fn unsigned_vote(vote: super::super::context::Ballot) -> SignedVote<BttContext> {
    SignedVote::new(vote, super::signing::REFUSED)
}

/// The core's certificate as blocks carry it: by place in the set, rising.
fn certificate_of(core: &CoreCertificate<BttContext>, committee: &Committee) -> CommitCertificate {
    let mut signatures: Vec<CommitSignature> = core
        .commit_signatures
        .iter()
        .filter_map(|s| {
            let validator_index = committee.member(s.address)?.index;
            Some(CommitSignature { validator_index, signature: s.signature.0 })
        })
        .collect();
    signatures.sort_by_key(|s| s.validator_index);
    let BlockId(block_hash) = core.value_id;
    let round = core.round.as_u32().unwrap_or(0);
    CommitCertificate { height: core.height.0, round, block_hash, signatures }
}
