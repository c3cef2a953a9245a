//! What the network carries for consensus beside votes and blocks under way: accusations, decided blocks,
//! signed steps.

use crate::consensus::{
    driver::{Decided, SignedStep},
    message::{Message, MessageError},
};
use alloy_primitives::{B256, Bytes};
use alloy_rlp::{RlpDecodable, RlpEncodable};
use btt_runtime::block::{Block, CommitCertificate, Evidence};
use std::sync::Arc;

/// First byte of an accusation in the class of votes; messages use the numbers below.
const TAG_EVIDENCE: u8 = 16;

/// A message of the class of votes.
#[derive(Debug)]
pub(super) enum Consensus {
    Message(Message),
    Evidence(Evidence),
}

/// Reads one; signers are recovered.
pub(super) fn decode_consensus(bytes: &[u8], chain_id: u64) -> Result<Consensus, MessageError> {
    match bytes.split_first() {
        Some((&TAG_EVIDENCE, rest)) => Ok(Consensus::Evidence(alloy_rlp::decode_exact(rest)?)),
        _ => Ok(Consensus::Message(Message::decode(bytes, chain_id)?)),
    }
}

pub(super) fn encode_evidence(evidence: &Evidence) -> Vec<u8> {
    [vec![TAG_EVIDENCE], alloy_rlp::encode(evidence)].concat()
}

#[derive(RlpEncodable, RlpDecodable)]
struct RawDecided {
    block: Bytes,
    certificate: CommitCertificate,
}

/// A decided block for a peer that lacks it.
pub(super) fn encode_decided(block: &Block, certificate: &CommitCertificate) -> Vec<u8> {
    alloy_rlp::encode(RawDecided { block: block.encode().into(), certificate: certificate.clone() })
}

/// Reads one; `None` if it is none.
pub(super) fn decode_decided(bytes: &[u8]) -> Option<Decided> {
    let RawDecided { block, certificate } = alloy_rlp::decode_exact(bytes).ok()?;
    Some(Decided { block: Arc::new(Block::decode(&block).ok()?), certificate })
}

#[derive(RlpEncodable, RlpDecodable)]
struct RawStep {
    height: u64,
    round: u32,
    step: u8,
    digest: B256,
}

pub(super) fn encode_step(step: SignedStep) -> Vec<u8> {
    let SignedStep { height, round, step, digest } = step;
    alloy_rlp::encode(RawStep { height, round, step, digest })
}

pub(super) fn decode_step(bytes: &[u8]) -> Option<SignedStep> {
    let RawStep { height, round, step, digest } = alloy_rlp::decode_exact(bytes).ok()?;
    Some(SignedStep { height, round, step, digest })
}
