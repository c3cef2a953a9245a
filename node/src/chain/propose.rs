//! Proposing: what a validator adds to waiting transactions to make a block of them.

use super::Chain;
use alloy_primitives::Address;
use btt_runtime::{
    block::{
        CommitCertificate, CommitSignature, ProposerProof, SystemItem, Vote, VoteKind,
        header::time_ms, vrf,
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
    /// Others must agree to each block, and this build decides alone.
    #[error(
        "this node's validator holds power {power} of {total}: more than two thirds are needed to decide \
         blocks alone, and this version of bttd knows no other validators"
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
    index: u16,
    validator: Validator,
}

impl std::fmt::Debug for Proposer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proposer").field("validator", &self.validator).finish_non_exhaustive()
    }
}

impl Proposer {
    /// The validator that holds this key on this chain.
    pub fn new(chain: &Chain, secret: SecretKey) -> Result<Self, ProposeError> {
        let public = secret.public_key().to_sec1_bytes();
        let set = chain.config().validators_at(chain.head().number + 1);
        let index = set.iter().position(|v| v.public_key.as_slice() == &*public);
        let address = crate::keys::address_of(&secret);
        let index = index.ok_or(ProposeError::NotValidator(address))?;
        let validator = set[index].clone();
        let index = u16::try_from(index).map_err(|_| ProposeError::NotValidator(address))?;
        Ok(Self { signing: SigningKey::from(&secret), secret, index, validator })
    }

    /// The validator.
    pub fn validator(&self) -> &Validator {
        &self.validator
    }

    /// Refuses where the validator's own precommit is no quorum.
    pub fn check_alone(&self, chain: &Chain) -> Result<(), ProposeError> {
        let set = chain.config().validators_at(chain.head().number + 1);
        let total = set.iter().map(|v| v.power).fold(0u64, u64::saturating_add);
        let power = self.validator.power;
        if u128::from(power) * 3 > u128::from(total) * 2 {
            return Ok(());
        }
        Err(ProposeError::NotAlone { power, total })
    }

    /// Builds and executes a block on the head. Its time is `now_ms`, or just after the parent's where
    /// the clock is behind.
    pub fn propose(
        &self,
        chain: &Chain,
        now_ms: u64,
        source: &mut dyn TransactionSource,
    ) -> Result<ExecutedBlock, ProposeError> {
        let parent = chain.head();
        let height = parent.number + 1;
        let mut system = Vec::with_capacity(2);
        if height > 1 {
            let certificate = chain.store().certificate(parent.number)?;
            let missing = ProposeError::CertificateMissing(parent.number);
            system.push(SystemItem::ParentCertificate(certificate.ok_or(missing)?));
        }
        let alpha = vrf::input(chain.config().chain_id, height, parent.header.mix_hash);
        let (proof, _) = vrf::prove(&self.secret, &alpha).map_err(|_| ProposeError::Vrf)?;
        system.push(SystemItem::Proposer(ProposerProof { validator_index: self.index, proof }));
        let parent_ms = time_ms(&parent.header).unwrap_or(0);
        let request =
            BuildRequest { time_ms: now_ms.max(parent_ms + 1), free_bytes: &[], system, source };
        Ok(chain.execute(Input::Build(request))?)
    }

    /// The certificate of a block that this validator alone decides.
    pub fn certify_alone(&self, chain: &Chain, executed: &ExecutedBlock) -> CommitCertificate {
        let vote = Vote {
            kind: VoteKind::Precommit,
            height: executed.block.header.number,
            round: 0,
            block_hash: executed.hash,
        };
        let digest = vote.digest(chain.config().chain_id);
        let (signature, recovery) = self.signing.sign_prehash_recoverable(digest.as_slice());
        let mut bytes = [0u8; 65];
        bytes[..64].copy_from_slice(&signature.to_bytes());
        bytes[64] = 27 + recovery.to_byte();
        CommitCertificate {
            height: vote.height,
            round: vote.round,
            block_hash: vote.block_hash,
            signatures: vec![CommitSignature {
                validator_index: self.index,
                signature: bytes.into(),
            }],
        }
    }
}
