//! A block's body: transactions, and the `system` section of what validators say about each other (rule A.4).

use super::{CommitCertificate, Evidence, LatePrecommit, MarketResult, VrfProof, vrf::PROOF_BYTES};
use crate::{
    primitives::limits::{MAX_BODY_BYTES, MAX_SIGNALS, MAX_SYSTEM_ITEMS},
    tx::{DecodeError, UnrecoveredTransaction},
};
use alloy_primitives::{B256, Bytes, keccak256};
use alloy_rlp::{Decodable, Encodable, Header as RlpHeader, RlpDecodable, RlpEncodable};
use alloy_trie::root::ordered_trie_root_encoded;

/// Why bytes are not a body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Larger than [`MAX_BODY_BYTES`].
    #[error("body of {0} bytes, limit {MAX_BODY_BYTES}")]
    TooLarge(usize),
    /// Broken RLP.
    #[error("body rlp: {0}")]
    Rlp(#[from] alloy_rlp::Error),
    /// One of its transactions is broken.
    #[error("transaction {index} of the body: {error}")]
    Transaction {
        /// Place in the body.
        index: usize,
        /// What is wrong.
        error: DecodeError,
    },
    /// A system item nobody knows makes a block invalid.
    #[error("unknown system item type {0}")]
    UnknownSystemItem(u8),
    /// Items out of order, twice, or too many.
    #[error("system items must rise in type, each at most once")]
    SystemOrder,
    /// Feature signals that are none, too many, or out of order.
    #[error("feature signals must be 1 to {MAX_SIGNALS} and rise")]
    Signals,
}

/// One item of the `system` section. Type 6 of rule A.4 is unknown until a module reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SystemItem {
    /// Type 1: who signed the parent.
    ParentCertificate(CommitCertificate),
    /// Type 2: who else signed the blocks before it, in rising order of height and validator.
    LatePrecommits(Vec<LatePrecommit>),
    /// Type 3: proofs that a validator signed against itself, in rising order of their hash.
    Evidence(Vec<Evidence>),
    /// Type 4: what the market's epoch came to; in the block in which it is due, and in no other.
    Market(MarketResult),
    /// Type 5: ids of the features that the proposer's node knows ([`crate::features::id`]), rising; those
    /// that this node does not know mean nothing to it.
    Signals(Vec<B256>),
    /// Type 7: who proposes, and its share of randomness.
    Proposer(ProposerProof),
}

/// The proposer of a block and its VRF proof, on the wire `index ‖ proof`.
///
/// The proof is by that validator's key, so nobody else can name it. Without the index a node that syncs
/// could not tell whose proof it is: the round that a block was first proposed in stands nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProposerProof {
    /// Place in the height's validator set.
    pub validator_index: u16,
    /// VRF proof of its consensus key.
    pub proof: VrfProof,
}

/// The wire form of every item: `[type, payload]`.
#[derive(RlpEncodable, RlpDecodable)]
struct RawItem {
    kind: u8,
    payload: Bytes,
}

impl SystemItem {
    /// Its type number; items of a block rise in it.
    pub fn kind(&self) -> u8 {
        match self {
            Self::ParentCertificate(_) => 1,
            Self::LatePrecommits(_) => 2,
            Self::Evidence(_) => 3,
            Self::Market(_) => 4,
            Self::Signals(_) => 5,
            Self::Proposer(_) => 7,
        }
    }

    fn to_raw(&self) -> RawItem {
        let payload = match self {
            Self::ParentCertificate(certificate) => alloy_rlp::encode(certificate).into(),
            Self::LatePrecommits(late) => alloy_rlp::encode(late).into(),
            Self::Evidence(evidence) => alloy_rlp::encode(evidence).into(),
            Self::Market(result) => result.to_payload(),
            Self::Signals(ids) => alloy_rlp::encode(ids).into(),
            Self::Proposer(ProposerProof { validator_index, proof }) => {
                [&validator_index.to_be_bytes()[..], &proof.0[..]].concat().into()
            }
        };
        RawItem { kind: self.kind(), payload }
    }

    fn from_raw(raw: &RawItem) -> Result<Self, BodyError> {
        match raw.kind {
            1 => Ok(Self::ParentCertificate(alloy_rlp::decode_exact(&raw.payload)?)),
            2 => Ok(Self::LatePrecommits(alloy_rlp::decode_exact(&raw.payload)?)),
            3 => Ok(Self::Evidence(alloy_rlp::decode_exact(&raw.payload)?)),
            4 => Ok(Self::Market(MarketResult::from_payload(&raw.payload)?)),
            5 => {
                let ids: Vec<B256> = alloy_rlp::decode_exact(&raw.payload)?;
                check_signals(&ids).map(|()| Self::Signals(ids))
            }
            7 => {
                let (index, proof) =
                    raw.payload.split_first_chunk().ok_or(alloy_rlp::Error::InputTooShort)?;
                let proof = <[u8; PROOF_BYTES]>::try_from(proof);
                Ok(Self::Proposer(ProposerProof {
                    validator_index: u16::from_be_bytes(*index),
                    proof: VrfProof(proof.map_err(|_| alloy_rlp::Error::UnexpectedLength)?),
                }))
            }
            unknown => Err(BodyError::UnknownSystemItem(unknown)),
        }
    }
}

/// At least one, not too many, rising.
pub(crate) fn check_signals(ids: &[B256]) -> Result<(), BodyError> {
    let is_sound = !ids.is_empty() && ids.len() <= MAX_SIGNALS && ids.is_sorted_by(|a, b| a < b);
    if is_sound { Ok(()) } else { Err(BodyError::Signals) }
}

/// Transactions and system items of a block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body {
    /// EIP-2718 encodings, in order of execution.
    pub transactions: Vec<Bytes>,
    /// What validators say, in rising order of type.
    pub system: Vec<SystemItem>,
}

/// The wire form of a body.
#[derive(RlpEncodable, RlpDecodable)]
struct RawBody {
    transactions: Vec<Bytes>,
    system: Vec<RawItem>,
}

impl Body {
    fn to_raw(&self) -> RawBody {
        RawBody {
            transactions: self.transactions.clone(),
            system: self.system.iter().map(SystemItem::to_raw).collect(),
        }
    }

    /// RLP: `[[transaction, …], [[type, payload], …]]`, each transaction a byte string.
    pub fn encode(&self) -> Vec<u8> {
        alloy_rlp::encode(self.to_raw())
    }

    /// Length of [`Self::encode`] in bytes.
    pub fn encoded_len(&self) -> usize {
        let list = |payload_length| RlpHeader { list: true, payload_length }.length_with_payload();
        let transactions =
            list(self.transactions.iter().map(Encodable::length).fold(0, usize::saturating_add));
        let system = list(
            self.system.iter().map(|item| item.to_raw().length()).fold(0, usize::saturating_add),
        );
        list(transactions.saturating_add(system))
    }

    /// Decodes what a peer or the disk holds.
    pub fn decode(bytes: &[u8]) -> Result<Self, BodyError> {
        if bytes.len() > MAX_BODY_BYTES {
            return Err(BodyError::TooLarge(bytes.len()));
        }
        let mut rest = bytes;
        let raw = RawBody::decode(&mut rest)?;
        if !rest.is_empty() {
            return Err(alloy_rlp::Error::UnexpectedLength.into());
        }
        if raw.system.len() > MAX_SYSTEM_ITEMS {
            return Err(BodyError::SystemOrder);
        }
        let system: Vec<SystemItem> =
            raw.system.iter().map(SystemItem::from_raw).collect::<Result<_, _>>()?;
        if !system.is_sorted_by(|a, b| a.kind() < b.kind()) {
            return Err(BodyError::SystemOrder);
        }
        Ok(Self { transactions: raw.transactions, system })
    }

    /// Decodes every transaction.
    pub fn decode_transactions(&self) -> Result<Vec<UnrecoveredTransaction>, BodyError> {
        self.transactions
            .iter()
            .enumerate()
            .map(|(index, raw)| {
                UnrecoveredTransaction::decode(raw.clone())
                    .map_err(|error| BodyError::Transaction { index, error })
            })
            .collect()
    }

    /// Root of the trie of transactions by index.
    pub fn transactions_root(&self) -> B256 {
        ordered_trie_root_encoded(&self.transactions)
    }

    /// keccak256 of the encoded system section: the header's `requestsHash`.
    pub fn system_hash(&self) -> B256 {
        let raw: Vec<RawItem> = self.system.iter().map(SystemItem::to_raw).collect();
        keccak256(alloy_rlp::encode(&raw))
    }

    /// The parent's commit certificate, if the body carries one.
    pub fn parent_certificate(&self) -> Option<&CommitCertificate> {
        self.system.iter().find_map(|item| match item {
            SystemItem::ParentCertificate(certificate) => Some(certificate),
            _ => None,
        })
    }

    /// Precommits for blocks before the parent.
    pub fn late_precommits(&self) -> &[LatePrecommit] {
        let late = self.system.iter().find_map(|item| match item {
            SystemItem::LatePrecommits(late) => Some(late.as_slice()),
            _ => None,
        });
        late.unwrap_or_default()
    }

    /// Proofs of misbehaviour.
    pub fn evidence(&self) -> &[Evidence] {
        let evidence = self.system.iter().find_map(|item| match item {
            SystemItem::Evidence(evidence) => Some(evidence.as_slice()),
            _ => None,
        });
        evidence.unwrap_or_default()
    }

    /// What the market's epoch came to, if the body says so.
    pub fn market(&self) -> Option<MarketResult> {
        self.system.iter().find_map(|item| match item {
            SystemItem::Market(result) => Some(*result),
            _ => None,
        })
    }

    /// Ids of the features that the proposer's node knows; `None` where the body has no such item.
    pub fn signals(&self) -> Option<&[B256]> {
        self.system.iter().find_map(|item| match item {
            SystemItem::Signals(ids) => Some(ids.as_slice()),
            _ => None,
        })
    }

    /// Who proposed, if the body says so.
    pub fn proposer(&self) -> Option<&ProposerProof> {
        self.system.iter().find_map(|item| match item {
            SystemItem::Proposer(proposer) => Some(proposer),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body() -> Body {
        Body {
            transactions: vec![Bytes::from_static(&[1, 2, 3]), Bytes::from(vec![7; 70])],
            system: vec![
                SystemItem::ParentCertificate(CommitCertificate::default()),
                SystemItem::LatePrecommits(vec![LatePrecommit::default()]),
                SystemItem::Market(MarketResult::Root(B256::repeat_byte(4))),
                SystemItem::Signals(vec![B256::repeat_byte(1), B256::repeat_byte(2)]),
                SystemItem::Proposer(ProposerProof {
                    validator_index: 3,
                    proof: VrfProof([9; PROOF_BYTES]),
                }),
            ],
        }
    }

    #[test]
    fn a_body_survives_the_wire() {
        let encoded = body().encode();
        assert_eq!(body().encoded_len(), encoded.len());
        assert_eq!(Body::decode(&encoded), Ok(body()));
    }

    #[test]
    fn unknown_system_items_and_disorder_are_refused() {
        let raw = |kinds: &[u8]| {
            alloy_rlp::encode(RawBody {
                transactions: vec![],
                system: kinds
                    .iter()
                    .map(|kind| RawItem {
                        kind: *kind,
                        payload: Bytes::from(vec![0; PROOF_BYTES + 2]),
                    })
                    .collect(),
            })
        };
        assert_eq!(Body::decode(&raw(&[6])), Err(BodyError::UnknownSystemItem(6)));
        assert_eq!(Body::decode(&raw(&[7, 7])), Err(BodyError::SystemOrder));
        assert!(Body::decode(&raw(&[7])).is_ok());
    }

    #[test]
    fn the_markets_result_is_item_4() {
        let root = B256::repeat_byte(7);
        for (result, golden) in [
            (MarketResult::Root(root), format!("e304a1a0{}", "07".repeat(32))),
            (MarketResult::Void, "c3048180".to_owned()),
        ] {
            let raw = SystemItem::Market(result).to_raw();
            assert_eq!(alloy_primitives::hex::encode(alloy_rlp::encode(&raw)), golden);
            assert_eq!(SystemItem::from_raw(&raw), Ok(SystemItem::Market(result)));
        }
    }

    #[test]
    fn feature_signals_are_ids_in_rising_order() {
        let id = crate::features::id("storage-v2");
        let raw = SystemItem::Signals(vec![id]).to_raw();
        let golden = concat!(
            "e405a2e1a0",
            "052e0ec1b54153a1f0363a30bd54ce96a6c918f88121c85f633fe424bfe86144"
        );
        assert_eq!(alloy_primitives::hex::encode(alloy_rlp::encode(&raw)), golden);
        let read = |ids: Vec<B256>| SystemItem::from_raw(&SystemItem::Signals(ids).to_raw());
        let rising: Vec<B256> = (1..=17u8).map(B256::with_last_byte).collect();
        assert_eq!(read(rising[..16].to_vec()), Ok(SystemItem::Signals(rising[..16].to_vec())));
        let reversed = rising.iter().take(2).rev().copied().collect();
        for wrong in [vec![], rising.clone(), reversed, vec![rising[0]; 2]] {
            assert_eq!(read(wrong), Err(BodyError::Signals));
        }
        let short = RawItem { kind: 5, payload: Bytes::from_static(&[0xc2, 0x81, 0xff]) };
        assert!(matches!(SystemItem::from_raw(&short), Err(BodyError::Rlp(_))));
    }

    #[test]
    fn truncated_padded_and_oversized_bodies_are_refused() {
        let encoded = body().encode();
        for cut in 0..encoded.len() {
            assert!(Body::decode(&encoded[..cut]).is_err(), "cut at {cut}");
        }
        let padded = [encoded, vec![0]].concat();
        assert!(matches!(Body::decode(&padded), Err(BodyError::Rlp(_))));
        assert_eq!(
            Body::decode(&vec![0; MAX_BODY_BYTES + 1]),
            Err(BodyError::TooLarge(MAX_BODY_BYTES + 1))
        );
    }
}
