//! Proposing: what a validator adds to waiting transactions to make a block of them.

use super::Chain;
use alloy_primitives::{Address, FixedBytes};
use btt_runtime::{
    block::{
        CommitCertificate, CommitSignature, Evidence, LatePrecommit, MarketResult, ProposerProof,
        SystemItem, Vote, VoteKind, header::time_ms, total_power, vrf,
    },
    config::Validator,
    executor::{BlockError, BuildRequest, ExecutedBlock, Input, TransactionSource},
    state::StoreError,
};
use k256::{SecretKey, ecdsa::SigningKey};

/// Why no block was proposed.
#[derive(Debug, thiserror::Error)]
pub enum ProposeError {
    /// Building failed.
    #[error(transparent)]
    Block(#[from] BlockError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The parent has no certificate to carry.
    #[error("the certificate of block {0} is missing")]
    CertificateMissing(u64),
    /// The VRF found no point: one key in 2^256.
    #[error("the VRF has no proof for this height")]
    Vrf,
    /// A dev chain's validator that needs others to decide.
    #[error(
        "this node's validator holds power {power} of {total}: more than two thirds are needed to decide blocks \
         alone, as a dev chain does"
    )]
    NotAlone {
        /// Its power.
        power: u64,
        /// Power of the set.
        total: u64,
    },
    /// The validator set does not hold this key.
    #[error("this node's validator key {0} is not in the validator set")]
    NotValidator(Address),
}

/// A validator's key, and what it does with it.
pub struct Proposer {
    secret: SecretKey,
    signing: SigningKey,
    public_key: FixedBytes<33>,
}

/// What goes into a block beside transactions.
#[derive(Debug, Clone, Default)]
pub struct Ingredients {
    /// Block time wished for, in ms since 1970; just after the parent's where that is later.
    pub time_ms: u64,
    /// Certificate of the parent; none for block 1.
    pub certificate: Option<CommitCertificate>,
    /// Precommits for earlier blocks.
    pub late: Vec<LatePrecommit>,
    /// Proofs of misbehaviour.
    pub evidence: Vec<Evidence>,
    /// Whether the market's epoch is given up if its result is due.
    pub voids_market: bool,
}

impl std::fmt::Debug for Proposer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proposer").field("public_key", &self.public_key).finish_non_exhaustive()
    }
}

impl Proposer {
    /// Whoever holds this key.
    pub fn new(secret: SecretKey) -> Self {
        let public_key = crate::keys::public_key_of(&secret);
        Self { signing: SigningKey::from(&secret), secret, public_key }
    }

    /// Its place among the validators of one of the newest heights.
    fn place(&self, chain: &Chain, height: u64) -> Result<(u16, Validator), ProposeError> {
        let head = chain.head();
        let mut set = (0..=u16::MAX).zip(head.validators.at(height).iter());
        let mine = set.find(|(_, v)| v.public_key == self.public_key);
        let (index, validator) =
            mine.ok_or_else(|| ProposeError::NotValidator(crate::keys::address_of(&self.secret)))?;
        Ok((index, validator.clone()))
    }

    /// Refuses where the validator's own precommit is no quorum.
    pub fn check_alone(&self, chain: &Chain) -> Result<(), ProposeError> {
        let head = chain.head();
        let height = head.number + 1;
        let total = total_power(head.validators.at(height));
        let (_, Validator { power, .. }) = self.place(chain, height)?;
        if u128::from(power) * 3 > u128::from(total) * 2 {
            return Ok(());
        }
        Err(ProposeError::NotAlone { power, total })
    }

    /// Builds and executes a block on the head, with the parent's certificate as it was stored.
    pub fn propose(
        &self,
        chain: &Chain,
        now_ms: u64,
        source: &mut dyn TransactionSource,
    ) -> Result<ExecutedBlock, ProposeError> {
        let parent = chain.head().number;
        let certificate = match parent {
            0 => None,
            _ => {
                let certificate = chain.store().certificate(parent)?;
                Some(certificate.ok_or(ProposeError::CertificateMissing(parent))?)
            }
        };
        let ingredients = Ingredients { time_ms: now_ms, certificate, ..Ingredients::default() };
        self.build(chain, ingredients, source)
    }

    /// Builds and executes a block on the head.
    pub fn build(
        &self,
        chain: &Chain,
        with: Ingredients,
        source: &mut dyn TransactionSource,
    ) -> Result<ExecutedBlock, ProposeError> {
        let parent = chain.head();
        let height = parent.number + 1;
        let (validator_index, _) = self.place(chain, height)?;
        let alpha = vrf::input(chain.config().chain_id, height, parent.header.mix_hash);
        let (proof, _) = vrf::prove(&self.secret, &alpha).map_err(|_| ProposeError::Vrf)?;
        let mut system = Vec::with_capacity(6);
        system.extend(with.certificate.map(SystemItem::ParentCertificate));
        if !with.late.is_empty() {
            system.push(SystemItem::LatePrecommits(with.late));
        }
        if !with.evidence.is_empty() {
            system.push(SystemItem::Evidence(with.evidence));
        }
        if with.voids_market {
            system.push(SystemItem::Market(MarketResult::Void));
        }
        let signals = chain.config().signals();
        if !signals.is_empty() {
            system.push(SystemItem::Signals(signals));
        }
        system.push(SystemItem::Proposer(ProposerProof { validator_index, proof }));
        let parent_ms = time_ms(&parent.header).unwrap_or(0);
        let time_ms = with.time_ms.max(parent_ms + 1);
        let request = BuildRequest { time_ms, free_bytes: &[], system, source };
        Ok(chain.execute(Input::Build(request))?)
    }

    /// The certificate of a block that this validator alone decides.
    pub fn certify_alone(
        &self,
        chain: &Chain,
        executed: &ExecutedBlock,
    ) -> Result<CommitCertificate, ProposeError> {
        let height = executed.block.header.number;
        let block_hash = executed.hash;
        let vote = Vote { kind: VoteKind::Precommit, height, round: 0, block_hash };
        let (validator_index, _) = self.place(chain, height)?;
        let digest = vote.digest(chain.config().chain_id);
        let signature = crate::keys::sign_digest(&self.signing, digest);
        let signatures = vec![CommitSignature { validator_index, signature }];
        Ok(CommitCertificate { height, round: 0, block_hash, signatures })
    }
}
