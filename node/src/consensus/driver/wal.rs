//! Entries of the write-ahead log: what must be fed again after a crash, so that the same votes follow.

use super::super::{
    context::{BlockId, BttContext, Height, ValidatorId},
    message::{Message, MessageError},
};
use alloy_primitives::{Address, B256};
use alloy_rlp::{Decodable as _, Encodable as _, RlpDecodable, RlpEncodable};
use arc_malachitebft_core_consensus::{Input, ProposedValue};
use arc_malachitebft_core_types::{Round, Timeout, TimeoutKind, Validity, ValueOrigin};
use btt_runtime::block::{Block, BlockDecodeError};

/// One entry.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Entry {
    /// An input that the core consumed.
    Input(Box<Input<BttContext>>),
    /// A block that this node may vote for.
    Block(Box<Block>),
}

/// Why an entry cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// A message in it is broken.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// A block in it is broken.
    #[error(transparent)]
    Block(#[from] BlockDecodeError),
    /// Broken RLP.
    #[error("log entry rlp: {0}")]
    Rlp(#[from] alloy_rlp::Error),
    /// A tag or kind that does not exist.
    #[error("log entry with an unknown {0}")]
    Unknown(&'static str),
}

#[derive(RlpEncodable, RlpDecodable)]
struct RawTimeout {
    kind: u8,
    round: u32,
}

#[derive(RlpEncodable, RlpDecodable)]
struct RawValue {
    height: u64,
    round: u32,
    valid_round_plus_one: u64,
    proposer: Address,
    block_hash: B256,
    is_valid: bool,
}

const TAG_MESSAGE: u8 = 0;
const TAG_TIMEOUT: u8 = 1;
const TAG_VALUE: u8 = 2;
const TAG_BLOCK: u8 = 3;

/// An entry's bytes; `None` for inputs that are never logged.
pub(super) fn encode_input(input: &Input<BttContext>) -> Option<Vec<u8>> {
    let message = match input {
        Input::Vote(vote) => Message::Vote(vote.clone()),
        Input::Proposal(proposal) => Message::Proposal(proposal.clone()),
        Input::PolkaCertificate(polka) => Message::Polka(polka.clone()),
        Input::TimeoutElapsed(timeout) => {
            let kind = match timeout.kind {
                TimeoutKind::Propose => 0,
                TimeoutKind::Prevote => 1,
                TimeoutKind::Precommit => 2,
                TimeoutKind::Rebroadcast | TimeoutKind::FinalizeHeight(_) => return None,
            };
            let mut bytes = vec![TAG_TIMEOUT];
            RawTimeout { kind, round: timeout.round.as_u32()? }.encode(&mut bytes);
            return Some(bytes);
        }
        Input::ProposedValue(value, _) => {
            let mut bytes = vec![TAG_VALUE];
            let raw = RawValue {
                height: value.height.0,
                round: value.round.as_u32()?,
                valid_round_plus_one: (value.valid_round.as_i64() + 1) as u64,
                proposer: value.proposer.0,
                block_hash: value.value.0,
                is_valid: value.validity.is_valid(),
            };
            raw.encode(&mut bytes);
            return Some(bytes);
        }
        _ => return None,
    };
    Some([vec![TAG_MESSAGE], message.encode()].concat())
}

/// An entry's bytes.
pub(super) fn encode_block(block: &Block) -> Vec<u8> {
    [vec![TAG_BLOCK], block.encode()].concat()
}

/// Reads an entry back.
pub(super) fn decode(bytes: &[u8], chain_id: u64) -> Result<Entry, EntryError> {
    let (tag, mut rest) = bytes.split_first().ok_or(EntryError::Unknown("tag"))?;
    let input = match *tag {
        TAG_MESSAGE => match Message::decode(rest, chain_id)? {
            Message::Vote(vote) => Input::Vote(vote),
            Message::Proposal(proposal) => Input::Proposal(proposal),
            Message::Polka(polka) => Input::PolkaCertificate(polka),
            Message::Round(_) => return Err(EntryError::Unknown("message")),
        },
        TAG_TIMEOUT => {
            let raw = RawTimeout::decode(&mut rest)?;
            let kind = match raw.kind {
                0 => TimeoutKind::Propose,
                1 => TimeoutKind::Prevote,
                2 => TimeoutKind::Precommit,
                _ => return Err(EntryError::Unknown("timeout")),
            };
            Input::TimeoutElapsed(Timeout::new(Round::new(raw.round), kind))
        }
        TAG_VALUE => {
            let raw = RawValue::decode(&mut rest)?;
            let valid_round = raw.valid_round_plus_one.checked_sub(1);
            let valid_round = valid_round.map(u32::try_from).transpose();
            let value = ProposedValue {
                height: Height(raw.height),
                round: Round::new(raw.round),
                valid_round: valid_round
                    .map_err(|_| EntryError::Unknown("round"))?
                    .map_or(Round::Nil, Round::new),
                proposer: ValidatorId(raw.proposer),
                value: BlockId(raw.block_hash),
                validity: Validity::from_bool(raw.is_valid),
            };
            Input::ProposedValue(value, ValueOrigin::Consensus)
        }
        TAG_BLOCK => return Ok(Entry::Block(Box::new(Block::decode(rest)?))),
        _ => return Err(EntryError::Unknown("tag")),
    };
    Ok(Entry::Input(Box::new(input)))
}
