//! Why a block, or a transaction of it, cannot be.

use crate::{
    block::{BodyError, CertificateError, EvidenceError, HeaderError, LateError},
    state::StoreError,
    tx::InvalidTransaction,
};
use alloy_primitives::B256;

/// Why a transaction was left out of a block under construction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It cannot be included now; it may be later, or never.
    #[error(transparent)]
    Invalid(#[from] InvalidTransaction),
    /// The block's body has no room for it; a later block may.
    #[error("no room in the block: {size} bytes, {left} left")]
    NoRoom {
        /// Encoded size of the transaction, in bytes.
        size: usize,
        /// Bytes the body has left.
        left: usize,
    },
    /// It made the machine panic, or broke an invariant: it must never be tried again (rule C.3).
    #[error("transaction broke the machine: {0}")]
    Broken(String),
}

/// Why a block was not built or not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// The store failed; nothing is known of the block.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The block is under the rules of a feature that this node lacks: nothing is known of the block, and
    /// the node stops.
    #[error(
        "feature {name} is a rule of the chain from block {block} on, and this node lacks it: it needs version \
         {min_version} or newer"
    )]
    UnknownFeature {
        /// The feature.
        name: String,
        /// Version of the node that knows it.
        min_version: String,
        /// First block under its rules.
        block: u64,
    },
    /// The header breaks a rule.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The body does not decode.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The parent's certificate is missing or wrong.
    #[error("parent certificate: {0}")]
    Certificate(#[from] CertificateError),
    /// A late precommit is wrong.
    #[error("late precommits: {0}")]
    Late(#[from] LateError),
    /// A proof of misbehaviour proves nothing.
    #[error("evidence: {0}")]
    Evidence(#[from] EvidenceError),
    /// Block 1 carries a certificate of genesis, which nobody signs.
    #[error("block 1 carries a parent certificate")]
    GenesisCertificate,
    /// A system item that every block needs is missing.
    #[error("system item missing: {0}")]
    SystemItemMissing(&'static str),
    /// The proposer's VRF proof does not hold.
    #[error("VRF proof of the proposer does not hold")]
    Vrf,
    /// The header's randomness is not what the proof gives.
    #[error("mix hash does not follow from the VRF proof")]
    Mix,
    /// The market's epoch is due, and the block does not say what it came to.
    #[error("the block does not carry the result of the market's epoch, which is due")]
    MarketResultMissing,
    /// No market epoch is due.
    #[error("the block carries a result of the market, and no epoch is due")]
    MarketResultNotDue,
    /// Clearing the frozen book gives something else.
    #[error("the block says market root {have}, clearing gives {want:?}")]
    MarketRoot {
        /// In the block.
        have: B256,
        /// By clearing; `None` where the book cannot be cleared.
        want: Option<B256>,
    },
    /// The validator set lacks this proposer.
    #[error("no validator {0} at this height")]
    UnknownProposer(u16),
    /// A transaction of the block cannot be included.
    #[error("transaction {index} ({hash}): {refusal}")]
    Transaction {
        /// Place in the block.
        index: usize,
        /// Its hash.
        hash: B256,
        /// Why.
        refusal: Refusal,
    },
    /// Execution gave something else than the header says.
    #[error("header says {field} {have}, execution gives {want}")]
    Mismatch {
        /// Which header field.
        field: &'static str,
        /// In the header.
        have: String,
        /// By execution.
        want: String,
    },
}
