//! Evidence: two statements that one validator signed and that exclude each other (rules A.4, A.5).

use super::{Offence, Proposal, Vote, VoteKind, validator_address};
use crate::{config::Validator, tx::recover::recover_signer};
use alloy_primitives::{Address, B256, FixedBytes, Signature, keccak256};
use alloy_rlp::{RlpDecodable, RlpEncodable};

/// Most proofs in a block (rule F.3).
pub const MAX_EVIDENCE: usize = 8;
/// Statements about older blocks prove nothing any more, in blocks.
pub const MAX_EVIDENCE_AGE_BLOCKS: u64 = 1_000_000;

/// One of the two statements.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, RlpEncodable, RlpDecodable)]
pub struct Statement {
    /// Block voted for or proposed; zero is a vote for nil.
    pub block_hash: B256,
    /// Round of a proposal's proof of lock, plus one; 0 for votes and for new proposals.
    pub pol_round_plus_one: u64,
    /// As in a certificate.
    pub signature: FixedBytes<65>,
}

/// Two statements of one kind, height and round by one validator.
#[derive(Debug, Clone, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct Evidence {
    /// 0 prevotes, 1 precommits, 2 proposals.
    pub kind: u8,
    /// Block number.
    pub height: u64,
    /// Round.
    pub round: u32,
    /// The lesser statement.
    pub first: Statement,
    /// The greater one.
    pub second: Statement,
}

/// Why evidence proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// More than [`MAX_EVIDENCE`], or not in rising order of hash.
    #[error("not in rising order of hash, or more than {MAX_EVIDENCE}")]
    Order,
    /// Neither votes nor proposals.
    #[error("unknown kind {0}")]
    Kind(u8),
    /// Of a block to come, or too long ago.
    #[error("height {0} is after the block, or more than {MAX_EVIDENCE_AGE_BLOCKS} blocks back")]
    Height(u64),
    /// The statements agree, or stand in the wrong order.
    #[error("the two statements do not differ in rising order")]
    Agree,
    /// A signature that is none.
    #[error("signature: {0}")]
    Signature(String),
    /// Two signers.
    #[error("signed by {0} and by {1}")]
    TwoSigners(Address, Address),
    /// Who were the validators of that height is forgotten.
    #[error("the validators of height {0} are forgotten")]
    Forgotten(u64),
    /// The offender is out for ever already.
    #[error("the validator of {0} is tombstoned already")]
    Tombstoned(Address),
    /// Not one of the height's validators.
    #[error("{0} was no validator at that height")]
    Stranger(Address),
}

impl Evidence {
    /// Evidence of two statements in either order.
    pub fn new(kind: u8, height: u64, round: u32, a: Statement, b: Statement) -> Self {
        let (first, second) = if a <= b { (a, b) } else { (b, a) };
        Self { kind, height, round, first, second }
    }

    /// keccak256 of its RLP: its name.
    pub fn hash(&self) -> B256 {
        keccak256(alloy_rlp::encode(self))
    }

    fn digest(&self, statement: &Statement, chain_id: u64) -> Result<B256, EvidenceError> {
        let Self { height, round, .. } = *self;
        let block_hash = statement.block_hash;
        let vote = |kind| Vote { kind, height, round, block_hash }.digest(chain_id);
        match self.kind {
            0 if statement.pol_round_plus_one == 0 => Ok(vote(VoteKind::Prevote)),
            1 if statement.pol_round_plus_one == 0 => Ok(vote(VoteKind::Precommit)),
            2 => {
                let pol_round = i64::try_from(statement.pol_round_plus_one)
                    .unwrap_or(i64::MAX)
                    .saturating_sub(1);
                Ok(Proposal { height, round, pol_round, block_hash }.digest(chain_id))
            }
            kind => Err(EvidenceError::Kind(kind)),
        }
    }

    /// What the two statements prove: that one key signed both, and that they exclude each other.
    pub fn prove(&self, chain_id: u64) -> Result<Offence, EvidenceError> {
        let said = |s: &Statement| (s.block_hash, s.pol_round_plus_one);
        if said(&self.first) >= said(&self.second) {
            return Err(EvidenceError::Agree);
        }
        let signer = self.signer_of(&self.first, chain_id)?;
        let second = self.signer_of(&self.second, chain_id)?;
        if signer != second {
            return Err(EvidenceError::TwoSigners(signer, second));
        }
        Ok(Offence { signer, height: self.height, round: self.round, hash: self.hash() })
    }

    fn signer_of(&self, statement: &Statement, chain_id: u64) -> Result<Address, EvidenceError> {
        let digest = self.digest(statement, chain_id)?;
        signer_of(digest, &statement.signature).map_err(EvidenceError::Signature)
    }

    /// Checks the proof for inclusion in block `number` and returns what it proves. `validators` is the set
    /// of the evidence's height.
    pub fn verify(
        &self,
        chain_id: u64,
        number: u64,
        validators: &[Validator],
    ) -> Result<Offence, EvidenceError> {
        let age = number.checked_sub(self.height).ok_or(EvidenceError::Height(self.height))?;
        if age > MAX_EVIDENCE_AGE_BLOCKS || self.height == 0 {
            return Err(EvidenceError::Height(self.height));
        }
        let offence = self.prove(chain_id)?;
        let is_member = validators.iter().any(|v| validator_address(v) == Some(offence.signer));
        if is_member { Ok(offence) } else { Err(EvidenceError::Stranger(offence.signer)) }
    }
}

/// Who signed a digest with a signature in its one encoding (`v` 27 or 28).
pub fn signer_of(digest: B256, signature: &FixedBytes<65>) -> Result<Address, String> {
    let [.., v] = signature.0;
    // Others stand for the same signature: one statement would have many encodings.
    if !matches!(v, 27 | 28) {
        return Err(format!("v is {v}, not 27 or 28"));
    }
    let signature = Signature::from_raw_array(&signature.0).map_err(|e| e.to_string())?;
    recover_signer(digest, &signature).map_err(|e| e.to_string())
}

/// Checks that the proofs of a block are few and in order; what each proves is for [`Evidence::verify`].
pub(crate) fn check_order(evidence: &[Evidence]) -> Result<(), EvidenceError> {
    let rising = evidence.is_sorted_by(|a, b| a.hash() < b.hash());
    if evidence.len() > MAX_EVIDENCE || !rising { Err(EvidenceError::Order) } else { Ok(()) }
}
