//! What validators say to each other, and its bytes.
//!
//! A message names no signer: decoding recovers it from the signature. That is the one costly step of
//! taking a message in, it needs nothing but the chain id, and so runs wherever there is room, ahead of
//! the driver.

use super::context::{Ballot, BlockId, BttContext, Height, Offer, Seal};
use alloy_primitives::{Address, B256, FixedBytes};
use alloy_rlp::{Decodable as _, Encodable, RlpDecodable, RlpEncodable};
use arc_malachitebft_core_types as malachite;
use btt_runtime::{block::signer_of, primitives::limits::MAX_VALIDATORS};
use malachite::{
    NilOrVal, PolkaCertificate, PolkaSignature, Round, RoundCertificate, RoundCertificateType,
    RoundSignature, SignedProposal, SignedVote, VoteType,
};

use super::context::ValidatorId;

/// Largest encoded message: a round certificate of the largest set fits.
pub const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// A message of the voting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A vote.
    Vote(SignedVote<BttContext>),
    /// A proposal; its block travels apart.
    Proposal(SignedProposal<BttContext>),
    /// Prevotes of a quorum for one block.
    Polka(PolkaCertificate<BttContext>),
    /// Votes that justify a round.
    Round(RoundCertificate<BttContext>),
}

/// Why bytes are no message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// Longer than [`MAX_MESSAGE_BYTES`].
    #[error("message of {0} bytes, limit {MAX_MESSAGE_BYTES}")]
    TooLarge(usize),
    /// Broken RLP.
    #[error("message rlp: {0}")]
    Rlp(#[from] alloy_rlp::Error),
    /// A tag, kind or round that does not exist.
    #[error("message with an unknown {0}")]
    Unknown(&'static str),
    /// A signature without signer.
    #[error("message signature: {0}")]
    Signature(String),
}

#[derive(RlpEncodable, RlpDecodable)]
struct RawVote {
    kind: u8,
    height: u64,
    round: u32,
    block_hash: B256,
    signature: FixedBytes<65>,
}

#[derive(RlpEncodable, RlpDecodable)]
struct RawProposal {
    height: u64,
    round: u32,
    pol_round_plus_one: u64,
    block_hash: B256,
    signature: FixedBytes<65>,
}

#[derive(RlpEncodable, RlpDecodable)]
struct RawPolka {
    height: u64,
    round: u32,
    block_hash: B256,
    signatures: Vec<FixedBytes<65>>,
}

#[derive(RlpEncodable, RlpDecodable)]
struct RawRoundSignature {
    kind: u8,
    block_hash: B256,
    signature: FixedBytes<65>,
}

#[derive(RlpEncodable, RlpDecodable)]
struct RawRound {
    height: u64,
    round: u32,
    skips: bool,
    signatures: Vec<RawRoundSignature>,
}

fn kind_of(kind: VoteType) -> u8 {
    match kind {
        VoteType::Prevote => 0,
        VoteType::Precommit => 1,
    }
}

fn kind_from(kind: u8) -> Result<VoteType, MessageError> {
    match kind {
        0 => Ok(VoteType::Prevote),
        1 => Ok(VoteType::Precommit),
        _ => Err(MessageError::Unknown("vote kind")),
    }
}

fn hash_of(value: &NilOrVal<BlockId>) -> B256 {
    match value {
        NilOrVal::Nil => B256::ZERO,
        NilOrVal::Val(BlockId(hash)) => *hash,
    }
}

fn value_from(hash: B256) -> NilOrVal<BlockId> {
    if hash.is_zero() { NilOrVal::Nil } else { NilOrVal::Val(BlockId(hash)) }
}

fn round_of(round: Round) -> u32 {
    round.as_u32().unwrap_or(0)
}

/// A vote whose voter is who signed it.
fn recover_ballot(
    chain_id: u64,
    kind: VoteType,
    (height, round): (u64, u32),
    block_hash: B256,
    signature: FixedBytes<65>,
) -> Result<SignedVote<BttContext>, MessageError> {
    let mut ballot = Ballot {
        kind,
        height: Height(height),
        round: Round::new(round),
        value: value_from(block_hash),
        voter: ValidatorId(Address::ZERO),
    };
    let digest = ballot.vote().digest(chain_id);
    ballot.voter = ValidatorId(signer_of(digest, &signature).map_err(MessageError::Signature)?);
    Ok(SignedVote::new(ballot, Seal(signature)))
}

impl Message {
    /// Height it belongs to.
    pub fn height(&self) -> u64 {
        match self {
            Self::Vote(vote) => vote.height.0,
            Self::Proposal(proposal) => proposal.height.0,
            Self::Polka(polka) => polka.height.0,
            Self::Round(round) => round.height.0,
        }
    }

    /// `tag ‖ rlp`.
    pub fn encode(&self) -> Vec<u8> {
        fn tagged(tag: u8, value: &impl Encodable) -> Vec<u8> {
            let mut bytes = vec![tag];
            value.encode(&mut bytes);
            bytes
        }
        match self {
            Self::Vote(vote) => tagged(
                0,
                &RawVote {
                    kind: kind_of(vote.kind),
                    height: vote.height.0,
                    round: round_of(vote.round),
                    block_hash: hash_of(&vote.value),
                    signature: vote.signature.0,
                },
            ),
            Self::Proposal(proposal) => tagged(
                1,
                &RawProposal {
                    height: proposal.height.0,
                    round: round_of(proposal.round),
                    pol_round_plus_one: (proposal.pol_round.as_i64() + 1) as u64,
                    block_hash: proposal.value.0,
                    signature: proposal.signature.0,
                },
            ),
            Self::Polka(polka) => tagged(
                2,
                &RawPolka {
                    height: polka.height.0,
                    round: round_of(polka.round),
                    block_hash: polka.value_id.0,
                    signatures: polka.polka_signatures.iter().map(|s| s.signature.0).collect(),
                },
            ),
            Self::Round(round) => tagged(
                3,
                &RawRound {
                    height: round.height.0,
                    round: round_of(round.round),
                    skips: round.cert_type == RoundCertificateType::Skip,
                    signatures: round
                        .round_signatures
                        .iter()
                        .map(|s| RawRoundSignature {
                            kind: kind_of(s.vote_type),
                            block_hash: hash_of(&s.value_id),
                            signature: s.signature.0,
                        })
                        .collect(),
                },
            ),
        }
    }

    /// Decodes and recovers every signer.
    pub fn decode(bytes: &[u8], chain_id: u64) -> Result<Self, MessageError> {
        if bytes.len() > MAX_MESSAGE_BYTES {
            return Err(MessageError::TooLarge(bytes.len()));
        }
        let (tag, mut rest) = bytes.split_first().ok_or(alloy_rlp::Error::InputTooShort)?;
        let rest = &mut rest;
        let message = match tag {
            0 => {
                let raw = RawVote::decode(rest)?;
                let (kind, at) = (kind_from(raw.kind)?, (raw.height, raw.round));
                Self::Vote(recover_ballot(chain_id, kind, at, raw.block_hash, raw.signature)?)
            }
            1 => Self::Proposal(decode_proposal(&RawProposal::decode(rest)?, chain_id)?),
            2 => Self::Polka(decode_polka(RawPolka::decode(rest)?, chain_id)?),
            3 => Self::Round(decode_round(RawRound::decode(rest)?, chain_id)?),
            _ => return Err(MessageError::Unknown("tag")),
        };
        if rest.is_empty() { Ok(message) } else { Err(alloy_rlp::Error::UnexpectedLength.into()) }
    }
}

fn decode_proposal(
    raw: &RawProposal,
    chain_id: u64,
) -> Result<SignedProposal<BttContext>, MessageError> {
    let pol_round = match raw.pol_round_plus_one.checked_sub(1) {
        None => Round::Nil,
        Some(round) => {
            Round::new(u32::try_from(round).map_err(|_| MessageError::Unknown("proof round"))?)
        }
    };
    let mut offer = Offer {
        height: Height(raw.height),
        round: Round::new(raw.round),
        value: BlockId(raw.block_hash),
        pol_round,
        proposer: ValidatorId(Address::ZERO),
    };
    let digest = offer.proposal().digest(chain_id);
    let signer = signer_of(digest, &raw.signature).map_err(MessageError::Signature)?;
    offer.proposer = ValidatorId(signer);
    Ok(SignedProposal::new(offer, Seal(raw.signature)))
}

fn decode_polka(
    raw: RawPolka,
    chain_id: u64,
) -> Result<PolkaCertificate<BttContext>, MessageError> {
    check_count(raw.signatures.len())?;
    let at = (raw.height, raw.round);
    let signatures = raw.signatures.into_iter().map(|signature| {
        let vote = recover_ballot(chain_id, VoteType::Prevote, at, raw.block_hash, signature)?;
        Ok(PolkaSignature::new(vote.voter, vote.signature))
    });
    Ok(PolkaCertificate {
        height: Height(raw.height),
        round: Round::new(raw.round),
        value_id: BlockId(raw.block_hash),
        polka_signatures: signatures.collect::<Result<_, MessageError>>()?,
    })
}

fn decode_round(
    raw: RawRound,
    chain_id: u64,
) -> Result<RoundCertificate<BttContext>, MessageError> {
    check_count(raw.signatures.len())?;
    let at = (raw.height, raw.round);
    let signatures = raw.signatures.into_iter().map(|s| {
        let kind = kind_from(s.kind)?;
        let vote = recover_ballot(chain_id, kind, at, s.block_hash, s.signature)?;
        Ok(RoundSignature::new(kind, vote.value, vote.voter, vote.signature))
    });
    Ok(RoundCertificate {
        height: Height(raw.height),
        round: Round::new(raw.round),
        cert_type: if raw.skips {
            RoundCertificateType::Skip
        } else {
            RoundCertificateType::Precommit
        },
        round_signatures: signatures.collect::<Result<_, MessageError>>()?,
    })
}

/// Before any signature is recovered.
fn check_count(signatures: usize) -> Result<(), MessageError> {
    if signatures > MAX_VALIDATORS { Err(MessageError::Unknown("signer")) } else { Ok(()) }
}
