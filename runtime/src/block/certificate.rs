//! Commit certificates: precommits of more than two thirds of the voting power for one block.

use super::{Vote, VoteKind, evidence::signer_of};
use crate::{
    config::Validator, primitives::limits::MAX_VALIDATORS, tx::recover::public_key_to_address,
};
use alloy_primitives::{Address, B256, FixedBytes};
use alloy_rlp::{RlpDecodable, RlpEncodable};

/// A validator's precommit in a certificate.
#[derive(Debug, Clone, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct CommitSignature {
    /// Place in the height's validator set.
    pub validator_index: u16,
    /// 65-byte recoverable secp256k1 signature `r ‖ s ‖ v` (v = 27 or 28) of [`Vote::digest`].
    pub signature: FixedBytes<65>,
}

/// Precommits for one block, of one round, in rising order of validator index (rule B.4).
#[derive(Debug, Clone, PartialEq, Eq, Default, RlpEncodable, RlpDecodable)]
pub struct CommitCertificate {
    /// Block number.
    pub height: u64,
    /// Round that decided.
    pub round: u32,
    /// Block decided.
    pub block_hash: B256,
    /// Who signed.
    pub signatures: Vec<CommitSignature>,
}

/// Why a certificate does not certify.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// For another block.
    #[error(
        "certificate is for block {have_height} {have_hash}, expected {want_height} {want_hash}"
    )]
    WrongBlock {
        /// Its height.
        have_height: u64,
        /// Its block.
        have_hash: B256,
        /// Height expected.
        want_height: u64,
        /// Block expected.
        want_hash: B256,
    },
    /// Indices do not rise, or there are more than [`MAX_VALIDATORS`].
    #[error("certificate signatures are not in rising order of validator index")]
    Order,
    /// No such validator in the set.
    #[error("certificate names validator {0}, which the set does not have")]
    UnknownValidator(u16),
    /// A signature that is none, or somebody else's.
    #[error("certificate signature of validator {index} is wrong: {reason}")]
    Signature {
        /// Which validator.
        index: u16,
        /// What is wrong.
        reason: String,
    },
    /// Not more than two thirds of the power.
    #[error("certificate holds power {signed} of {total}; more than two thirds are needed")]
    Quorum {
        /// Power that signed.
        signed: u64,
        /// Power of the set.
        total: u64,
    },
}

impl CommitCertificate {
    /// Checks order, signatures and quorum against the height's validator set.
    pub fn verify(
        &self,
        chain_id: u64,
        height: u64,
        block_hash: B256,
        validators: &[Validator],
    ) -> Result<(), CertificateError> {
        if self.height != height || self.block_hash != block_hash {
            return Err(CertificateError::WrongBlock {
                have_height: self.height,
                have_hash: self.block_hash,
                want_height: height,
                want_hash: block_hash,
            });
        }
        let rising = self.signatures.is_sorted_by(|a, b| a.validator_index < b.validator_index);
        if !rising || self.signatures.len() > MAX_VALIDATORS {
            return Err(CertificateError::Order);
        }
        let vote = Vote { kind: VoteKind::Precommit, height, round: self.round, block_hash };
        let digest = vote.digest(chain_id);
        let mut signed = 0u64;
        for entry in &self.signatures {
            let index = entry.validator_index;
            let validator = validators
                .get(usize::from(index))
                .ok_or(CertificateError::UnknownValidator(index))?;
            recover_validator(validators, index, digest, &entry.signature)
                .map_err(|reason| CertificateError::Signature { index, reason })?;
            signed = signed.saturating_add(validator.power);
        }
        let total = total_power(validators);
        if u128::from(signed).saturating_mul(3) <= u128::from(total).saturating_mul(2) {
            return Err(CertificateError::Quorum { signed, total });
        }
        Ok(())
    }
}

/// Power of a whole set.
pub fn total_power(validators: &[Validator]) -> u64 {
    validators.iter().map(|v| v.power).fold(0, u64::saturating_add)
}

/// The most power that may fail without stopping the others: a third, rounded down, and less where
/// exactly a third would leave no quorum.
pub(super) fn quorum_third(validators: &[Validator]) -> u64 {
    total_power(validators).saturating_sub(1) / 3
}

/// Checks that the validator at this place of the set signed the digest; says what is wrong if not.
pub(super) fn recover_validator(
    validators: &[Validator],
    index: u16,
    digest: B256,
    signature: &FixedBytes<65>,
) -> Result<(), String> {
    let validator = validators.get(usize::from(index)).ok_or("the set has no such validator")?;
    let signer = signer_of(digest, signature)?;
    let expected = validator_address(validator).ok_or("the set's key is no curve point")?;
    if signer == expected {
        Ok(())
    } else {
        Err(format!("signed by {signer}, expected {expected}"))
    }
}

/// Address of a validator's consensus key; `None` if the key is no point of the curve.
pub fn validator_address(validator: &Validator) -> Option<Address> {
    consensus_address(&validator.public_key)
}

/// Address of a compressed secp256k1 key; `None` if it is no point of the curve.
pub fn consensus_address(public_key: &FixedBytes<33>) -> Option<Address> {
    let key = secp256k1::PublicKey::from_slice(public_key.as_slice()).ok()?;
    Some(public_key_to_address(&key.serialize_uncompressed()))
}
