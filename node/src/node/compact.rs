//! Proposed blocks on the wire: hashes in place of transactions, since mempools mostly agree.
//!
//! ```text
//! rlp([header, body without transactions, [transaction hash, …]])
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
    alloy_rlp::encode(raw)
}

/// Reads it.
pub(super) fn decode(bytes: &[u8]) -> Result<Compact, BlockDecodeError> {
    let RawCompact { header, body, hashes } = alloy_rlp::decode_exact(bytes)?;
    if hashes.len() > MAX_HASHES {
        let (expected, got) = (MAX_HASHES, hashes.len());
        return Err(alloy_rlp::Error::ListLengthMismatch { expected, got }.into());
    }
    Ok(Compact { header, body: Body::decode(&body)?, hashes })
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
    fn a_block_comes_back_from_its_compact_form_and_its_transactions() {
        let block = block();
        let compact = decode(&encode(&block)).unwrap();
        assert_eq!(compact.hashes, [keccak256(b"one"), keccak256(b"two")]);
        assert_eq!(compact.hash(), block.hash());
        assert_eq!(compact.with(block.body.transactions.clone()), block);
    }

    #[test]
    fn what_is_cut_is_refused() {
        let bytes = encode(&block());
        for cut in 0..bytes.len() {
            assert!(decode(&bytes[..cut]).is_err(), "cut at {cut}");
        }
    }
}
