//! What was voted lately: for evidence of heights that the core has closed, for precommits that came too
//! late, and for what a validator that restarts asks of its own key.

use super::{
    super::{
        context::{Ballot, BttContext, Offer, Seal, ValidatorId},
        message::Message,
    },
    event::SignedStep,
};
use alloy_primitives::B256;
use arc_malachitebft_core_types::{
    DoubleProposal, DoubleVote, SignedProposal, SignedVote, VoteType,
};
use btt_runtime::block::{
    Block, CommitCertificate, CommitSignature, Evidence, LATE_BLOCKS, LatePrecommit,
    MAX_LATE_PRECOMMITS, Statement,
};
use std::collections::{BTreeMap, BTreeSet};

use super::super::context::Committee;

/// Heights whose votes are remembered.
const HEIGHTS: u64 = LATE_BLOCKS + 1;
/// Votes and proposals remembered of one validator at one height: an honest one casts three a round.
const MAX_STATEMENTS: usize = 60;
/// Validators whose newest message is kept, of those that have left the set too: they may come back.
const MAX_NEWEST: usize = 4_096;

/// kind, round: 0 prevote, 1 precommit, 2 proposal.
type Place = (u8, u32);

#[derive(Debug, Default)]
struct AtHeight {
    committee: Option<Committee>,
    said: BTreeMap<ValidatorId, BTreeMap<Place, Statement>>,
    decided: Option<B256>,
    /// Whose precommits blocks have carried.
    carried: BTreeSet<u16>,
}

/// The last heights.
#[derive(Debug, Default)]
pub(super) struct Memory {
    chain_id: u64,
    heights: BTreeMap<u64, AtHeight>,
    newest: BTreeMap<ValidatorId, (SignedStep, Message)>,
}

impl Memory {
    pub(super) fn new(chain_id: u64) -> Self {
        Self { chain_id, ..Self::default() }
    }

    /// A height starts with these validators.
    pub(super) fn start(&mut self, height: u64, committee: &Committee) {
        self.heights.entry(height).or_default().committee = Some(committee.clone());
        // Others may be there already; the driver lets only members through.
        self.heights.entry(height.saturating_add(1)).or_default();
        let oldest = height.saturating_sub(HEIGHTS);
        self.heights = self.heights.split_off(&oldest);
        if self.newest.len() > MAX_NEWEST {
            self.newest.retain(|id, _| committee.member(*id).is_some());
        }
    }

    /// Remembers a vote; evidence if its voter said something else before.
    pub(super) fn vote(&mut self, vote: &SignedVote<BttContext>) -> Option<Evidence> {
        let Ballot { voter, round, kind, .. } = vote.message;
        let said = vote.vote();
        let kind = match kind {
            VoteType::Prevote => 0,
            VoteType::Precommit => 1,
        };
        let step = step_of_vote(vote, self.chain_id);
        debug_assert!(round.is_defined());
        self.hear(voter, step, || Message::Vote(vote.clone()));
        self.remember(voter, kind, step, statement(said.block_hash, 0, &vote.signature))
    }

    /// Remembers a proposal; evidence likewise.
    pub(super) fn proposal(&mut self, proposal: &SignedProposal<BttContext>) -> Option<Evidence> {
        let said = proposal.proposal();
        let step = step_of_proposal(proposal, self.chain_id);
        let pol = (said.pol_round + 1) as u64;
        self.hear(proposal.proposer, step, || Message::Proposal(proposal.clone()));
        let statement = statement(said.block_hash, pol, &proposal.signature);
        self.remember(proposal.proposer, 2, step, statement)
    }

    /// Keeps the newest message of a validator.
    fn hear(&mut self, id: ValidatorId, step: SignedStep, message: impl FnOnce() -> Message) {
        let is_member = self.heights.get(&step.height).is_some_and(|at| {
            at.committee.as_ref().is_none_or(|committee| committee.member(id).is_some())
        });
        let newest = self.newest.get(&id).map(|(newest, _)| newest.place());
        if is_member && newest.is_none_or(|newest| step.place() > newest) {
            self.newest.insert(id, (step, message()));
        }
    }

    fn remember(
        &mut self,
        id: ValidatorId,
        kind: u8,
        step: SignedStep,
        statement: Statement,
    ) -> Option<Evidence> {
        let at = self.heights.get_mut(&step.height)?;
        if let Some(committee) = &at.committee {
            committee.member(id)?;
        }
        let said = at.said.entry(id).or_default();
        match said.get(&(kind, step.round)) {
            Some(before) => {
                let differs = (before.block_hash, before.pol_round_plus_one)
                    != (statement.block_hash, statement.pol_round_plus_one);
                differs.then(|| {
                    Evidence::new(kind, step.height, step.round, before.clone(), statement)
                })
            }
            None => {
                if said.len() < MAX_STATEMENTS {
                    said.insert((kind, step.round), statement);
                }
                None
            }
        }
    }

    /// The newest step seen of a validator, and the message that shows it.
    pub(super) fn newest_of(&self, id: ValidatorId) -> Option<&(SignedStep, Message)> {
        self.newest.get(&id)
    }

    /// A block was decided; it carries precommits for the blocks before it.
    pub(super) fn decided(&mut self, height: u64, hash: B256, block: &Block) {
        if let Some(at) = self.heights.get_mut(&height) {
            at.decided = Some(hash);
        }
        let certificate = block.body.parent_certificate();
        let certified = certificate
            .into_iter()
            .flat_map(|c| c.signatures.iter().map(|s| (c.height, s.validator_index)));
        let late = block.body.late_precommits().iter().map(|l| (l.height, l.validator_index));
        for (height, index) in certified.chain(late) {
            if let Some(at) = self.heights.get_mut(&height) {
                at.carried.insert(index);
            }
        }
    }

    /// The certificate with all precommits for its block and round that came since.
    pub(super) fn complete(&self, certificate: &CommitCertificate) -> CommitCertificate {
        let mut complete = certificate.clone();
        let Some(at) = self.heights.get(&certificate.height) else { return complete };
        let Some(committee) = &at.committee else { return complete };
        for member in committee.members() {
            let place =
                complete.signatures.binary_search_by_key(&member.index, |s| s.validator_index);
            let Err(place) = place else { continue };
            let said = at.said.get(&member.id).and_then(|s| s.get(&(1, certificate.round)));
            if let Some(statement) = said.filter(|s| s.block_hash == certificate.block_hash) {
                let validator_index = member.index;
                let signature = statement.signature;
                complete.signatures.insert(place, CommitSignature { validator_index, signature });
            }
        }
        complete
    }

    /// Precommits for decided blocks that no block has carried yet, for the block at `height`.
    pub(super) fn late(&self, height: u64) -> Vec<LatePrecommit> {
        let window = height.saturating_sub(LATE_BLOCKS)..height.saturating_sub(1);
        let mut late = Vec::new();
        for (at_height, at) in self.heights.range(window) {
            let (Some(hash), Some(committee)) = (at.decided, &at.committee) else { continue };
            for member in committee.members().iter().filter(|m| !at.carried.contains(&m.index)) {
                let said = at.said.get(&member.id).into_iter().flatten();
                let precommit = said
                    .filter(|((kind, _), s)| *kind == 1 && s.block_hash == hash)
                    .map(|((_, round), s)| (*round, s.signature))
                    .next();
                if let Some((round, signature)) = precommit {
                    let validator_index = member.index;
                    late.push(LatePrecommit {
                        height: *at_height,
                        validator_index,
                        round,
                        signature,
                    });
                }
            }
        }
        late.truncate(MAX_LATE_PRECOMMITS);
        late
    }
}

/// Where a vote stands.
pub(super) fn step_of_vote(vote: &SignedVote<BttContext>, chain_id: u64) -> SignedStep {
    let said = vote.vote();
    let step = match vote.kind {
        VoteType::Prevote => 1,
        VoteType::Precommit => 2,
    };
    let (height, round, digest) = (said.height, said.round, said.digest(chain_id));
    SignedStep { height, round, step, digest }
}

/// Where a proposal stands.
pub(super) fn step_of_proposal(proposal: &SignedProposal<BttContext>, chain_id: u64) -> SignedStep {
    let said = proposal.proposal();
    let (height, round, digest) = (said.height, said.round, said.digest(chain_id));
    SignedStep { height, round, step: 0, digest }
}

fn statement(block_hash: B256, pol_round_plus_one: u64, seal: &Seal) -> Statement {
    Statement { block_hash, pol_round_plus_one, signature: seal.0 }
}

/// Evidence of what the core reports.
pub(super) fn evidence_of_votes((a, b): &DoubleVote<BttContext>) -> Evidence {
    let kind = match a.kind {
        VoteType::Prevote => 0,
        VoteType::Precommit => 1,
    };
    let side = |v: &SignedVote<BttContext>| statement(v.vote().block_hash, 0, &v.signature);
    Evidence::new(kind, a.height.0, a.vote().round, side(a), side(b))
}

/// Evidence of what the core reports.
pub(super) fn evidence_of_proposals((a, b): &DoubleProposal<BttContext>) -> Evidence {
    let side = |p: &SignedProposal<BttContext>| {
        let Offer { pol_round, value, .. } = p.message;
        statement(value.0, (pol_round.as_i64() + 1) as u64, &p.signature)
    };
    Evidence::new(2, a.height.0, a.proposal().round, side(a), side(b))
}
