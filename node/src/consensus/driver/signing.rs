//! This node's key, and what it may still sign (rule C.6).

use super::{
    super::context::{Ballot, BttContext, Offer, Seal, ValidatorId},
    event::SignedStep,
};
use alloy_primitives::{B256, FixedBytes};
use arc_malachitebft_core_types::{SignedProposal, SignedVote, VoteType};
use k256::{SecretKey, ecdsa::SigningKey};

/// The seal of what may not be signed: no digest has it, and nothing that carries it leaves the driver.
pub(super) const REFUSED: Seal = Seal(FixedBytes::ZERO);

/// A consensus key that remembers how far it has signed.
pub(super) struct Signer {
    key: SigningKey,
    id: ValidatorId,
    chain_id: u64,
    last: SignedStep,
    /// Nothing at or below this height is signed: somebody else may have, with this key.
    closed_until: u64,
    /// Steps signed since [`Self::take_signed`].
    fresh: bool,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer")
            .field("id", &self.id)
            .field("last", &self.last)
            .finish_non_exhaustive()
    }
}

impl Signer {
    pub(super) fn new(
        secret: &SecretKey,
        chain_id: u64,
        last: SignedStep,
        closed_until: u64,
    ) -> Self {
        let id = ValidatorId(crate::keys::address_of(secret));
        let key = SigningKey::from(secret);
        Self { key, id, chain_id, last, closed_until, fresh: false }
    }

    pub(super) fn id(&self) -> ValidatorId {
        self.id
    }

    /// Whether votes of this height may be signed at all.
    pub(super) fn is_open(&self, height: u64) -> bool {
        height > self.closed_until
    }

    /// A peer has seen this key sign further than this node knows: another node runs with it, or this
    /// one was restored from an old copy. Nothing is signed until blocks above it are decided without
    /// this node.
    pub(super) fn seen(&mut self, step: SignedStep) -> bool {
        let is_foreign = step.place() > self.last.place()
            || (step.place() == self.last.place() && step.digest != self.last.digest);
        if is_foreign && step.height.saturating_add(1) > self.closed_until {
            self.closed_until = step.height.saturating_add(1);
            return true;
        }
        false
    }

    /// The log holds what this key signed: the guard may have missed it.
    pub(super) fn resume(&mut self, step: SignedStep) {
        if step.place() > self.last.place() {
            self.last = step;
            self.fresh = true;
        }
    }

    /// The newest step, if any was signed since the last call.
    pub(super) fn take_signed(&mut self) -> Option<SignedStep> {
        std::mem::take(&mut self.fresh).then_some(self.last)
    }

    pub(super) fn sign_vote(&mut self, ballot: Ballot) -> SignedVote<BttContext> {
        let vote = ballot.vote();
        let step = match ballot.kind {
            VoteType::Prevote => 1,
            VoteType::Precommit => 2,
        };
        let digest = vote.digest(self.chain_id);
        let seal = self.sign(SignedStep { height: vote.height, round: vote.round, step, digest });
        SignedVote::new(ballot, seal)
    }

    pub(super) fn sign_proposal(&mut self, offer: Offer) -> SignedProposal<BttContext> {
        let proposal = offer.proposal();
        let digest = proposal.digest(self.chain_id);
        let (height, round) = (proposal.height, proposal.round);
        let seal = self.sign(SignedStep { height, round, step: 0, digest });
        SignedProposal::new(offer, seal)
    }

    fn sign(&mut self, step: SignedStep) -> Seal {
        let is_next = step.place() > self.last.place();
        let is_again = step == self.last;
        if !self.is_open(step.height) || !(is_next || is_again) {
            tracing::warn!(?step, last = ?self.last, "not signed: the key may have signed otherwise");
            return REFUSED;
        }
        self.last = step;
        self.fresh = true;
        seal(&self.key, step.digest)
    }
}

/// Whether a seal was made by a key.
pub(super) fn is_sealed(seal: &Seal) -> bool {
    *seal != REFUSED
}

/// Signs a digest.
pub fn seal(key: &SigningKey, digest: B256) -> Seal {
    Seal(crate::keys::sign_digest(key, digest))
}
