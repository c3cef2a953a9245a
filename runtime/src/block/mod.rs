//! Blocks: Ethereum header, body with its `system` section, receipts, votes and certificates, randomness.
//!
//! Sources: rules A.4, A.5, B; EIP-1559, 4399, 7685.

pub mod base_fee;
mod body;
mod certificate;
mod facts;
pub mod header;
mod peer;
mod receipt;
mod vote;
pub mod vrf;

pub use body::{Body, BodyError, SystemItem};
pub use certificate::{CertificateError, CommitCertificate, CommitSignature, validator_address};
pub use facts::BlockFacts;
pub use header::{Header, HeaderError};
pub use peer::peer_digest;
pub use receipt::{Receipt, receipts_root};
pub use vote::{Proposal, Vote, VoteKind};
pub use vrf::VrfProof;

use alloy_primitives::B256;

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
}
