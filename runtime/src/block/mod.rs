//! Blocks: Ethereum header, body with its `system` section, receipts, votes and certificates, randomness.
//!
//! Sources: rules A.4, A.5, B; EIP-1559, 4399, 7685.

pub mod base_fee;
mod body;
mod certificate;
pub(crate) mod evidence;
mod facts;
pub mod header;
pub(crate) mod late;
mod market;
mod peer;
mod receipt;
pub mod rotation;
mod sets;
mod vote;
pub mod vrf;

pub(crate) use body::check_signals;
pub use body::{Body, BodyError, ProposerProof, SystemItem};
pub use certificate::{
    CertificateError, CommitCertificate, CommitSignature, consensus_address, total_power,
    validator_address,
};
pub use evidence::{
    Evidence, EvidenceError, MAX_EVIDENCE, MAX_EVIDENCE_AGE_BLOCKS, Statement, signer_of,
};
pub use facts::{BlockFacts, Certified, ConsensusFacts, Offence};
pub use header::{Header, HeaderError};
pub use late::{LATE_BLOCKS, LateError, LatePrecommit, MAX_LATE_PRECOMMITS};
pub use market::{MIN_VOID_ROUND, MarketResult};
pub use peer::peer_digest;
pub use receipt::{Receipt, receipts_root};
pub use sets::{REACH_BLOCKS, ValidatorSets};
pub use vote::{Proposal, Vote, VoteKind};
pub use vrf::VrfProof;

use alloy_primitives::{B256, Bytes};
use alloy_rlp::{RlpDecodable, RlpEncodable};

/// A header with its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The header.
    pub header: Header,
    /// Transactions and system items.
    pub body: Body,
}

impl Block {
    /// keccak256 of the header's RLP.
    pub fn hash(&self) -> B256 {
        self.header.hash_slow()
    }

    /// RLP: `[header, body as a byte string]`.
    pub fn encode(&self) -> Vec<u8> {
        alloy_rlp::encode(RawBlock { header: self.header.clone(), body: self.body.encode().into() })
    }

    /// Decodes what a peer or the disk holds; the body is not looked into further than its own rules.
    pub fn decode(bytes: &[u8]) -> Result<Self, BlockDecodeError> {
        let RawBlock { header, body } = alloy_rlp::decode_exact(bytes)?;
        Ok(Self { header, body: Body::decode(&body)? })
    }
}

/// Why bytes are not a block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlockDecodeError {
    /// Broken RLP.
    #[error("block rlp: {0}")]
    Rlp(#[from] alloy_rlp::Error),
    /// The body is broken.
    #[error(transparent)]
    Body(#[from] BodyError),
}

#[derive(RlpEncodable, RlpDecodable)]
struct RawBlock {
    header: Header,
    body: Bytes,
}
