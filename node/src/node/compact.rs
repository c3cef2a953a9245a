//! Proposed blocks on the wire: hashes in place of transactions, since mempools mostly agree.
//!
//! ```text
//! 0 ‖ rlp(block)                                    whole
//! 1 ‖ rlp([header, body without transactions, [transaction hash, …]])   compact
//! ```

use alloy_primitives::{B256, Bytes, keccak256};
use alloy_rlp::{RlpDecodable, RlpEncodable};
use btt_runtime::block::{Block, BlockDecodeError, Body, Header};

/// Most transactions of a compact block: as many of the least size as a body holds.
const MAX_HASHES: usize = 32_768;

/// A block with the hashes of its transactions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Compact {
    header: Header,
    body: Body,
    /// Hashes of the transactions, in order.
    pub(super) hashes: Vec<B256>,
}

/// A proposed block as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Proposed {
    Whole(Box<Block>),
    Compact(Box<Compact>),
}

#[derive(RlpEncodable, RlpDecodable)]
struct RawCompact {
    header: Header,
    body: Bytes,
    hashes: Vec<B256>,
}

/// The compact form of a block.
pub(super) fn encode(block: &Block) -> Vec<u8> {
    let body = Body { transactions: Vec::new(), system: block.body.system.clone() };
    let raw = RawCompact {
        header: block.header.clone(),
        body: body.encode().into(),
        hashes: block.body.transactions.iter().map(keccak256).collect(),
    };
    [vec![1], alloy_rlp::encode(raw)].concat()
}

/// The whole form of a block.
pub(super) fn encode_whole(block: &Block) -> Vec<u8> {
    [vec![0], block.encode()].concat()
}

/// Reads either form.
pub(super) fn decode(bytes: &[u8]) -> Result<Proposed, BlockDecodeError> {
    let (tag, rest) = bytes.split_first().ok_or(alloy_rlp::Error::InputTooShort)?;
    match tag {
        0 => Ok(Proposed::Whole(Box::new(Block::decode(rest)?))),
        1 => {
            let RawCompact { header, body, hashes } = alloy_rlp::decode_exact(rest)?;
            if hashes.len() > MAX_HASHES {
                return Err(alloy_rlp::Error::ListLengthMismatch {
                    expected: MAX_HASHES,
                    got: hashes.len(),
                }
                .into());
            }
            let body = Body::decode(&body)?;
            Ok(Proposed::Compact(Box::new(Compact { header, body, hashes })))
        }
        _ => Err(alloy_rlp::Error::Custom("unknown form of block").into()),
    }
}

impl Compact {
    /// Hash of the block, as its header gives it.
    pub(super) fn hash(&self) -> B256 {
        self.header.hash_slow()
    }

    /// The block with these transactions.
    pub(super) fn with(self, transactions: Vec<Bytes>) -> Block {
        Block { header: self.header, body: Body { transactions, ..self.body } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block() -> Block {
        let transactions = vec![Bytes::from_static(b"one"), Bytes::from_static(b"two")];
        Block { header: Header::default(), body: Body { transactions, system: Vec::new() } }
    }

    #[test]
    fn a_block_survives_either_form() {
        let block = block();
        assert_eq!(decode(&encode_whole(&block)), Ok(Proposed::Whole(Box::new(block.clone()))));
        let Ok(Proposed::Compact(compact)) = decode(&encode(&block)) else { panic!("not compact") };
        assert_eq!(compact.hashes, [keccak256(b"one"), keccak256(b"two")]);
        assert_eq!(compact.hash(), block.hash());
        assert_eq!(compact.with(block.body.transactions.clone()), block);
    }

    #[test]
    fn what_is_cut_or_of_an_unknown_form_is_refused() {
        for bytes in [encode(&block()), encode_whole(&block())] {
            for cut in 0..bytes.len() {
                assert!(decode(&bytes[..cut]).is_err(), "cut at {cut}");
            }
        }
        assert!(decode(&[2]).is_err());
    }
}
