//! What a driver is set to, where it starts, what it shows.

use super::{super::context::Committee, event::SignedStep};
use alloy_primitives::B256;
use arc_malachitebft_core_types::LinearTimeouts;
use btt_runtime::{
    block::{Block, CommitCertificate, ValidatorSets},
    config::ChainConfig,
};
use k256::SecretKey;
use std::sync::Arc;

/// What a driver is set to.
#[derive(Debug, Clone)]
pub struct DriverConfig {
    /// The chain.
    pub chain: Arc<ChainConfig>,
    /// How long steps of a round may take.
    pub timeouts: LinearTimeouts,
    /// A height starts no sooner than this after the one before, in ms.
    pub min_interval_ms: u64,
    /// Without transactions, a height starts no sooner than this after the one before, in ms.
    pub empty_interval_ms: u64,
    /// After a start, nothing is signed for so long: peers may tell of another node with this key. In ms.
    pub guard_wait_ms: u64,
    /// A block that a peer has decided is asked for when it did not come by itself in this time, in ms.
    pub patience_ms: u64,
    /// Decided blocks asked for at once.
    pub fetch_blocks: u32,
}

/// Where a driver starts.
#[derive(Debug, Default)]
pub struct StartPoint {
    /// Newest applied block.
    pub height: u64,
    /// Its hash.
    pub hash: B256,
    /// Its time, in ms since 1970.
    pub time_ms: u64,
    /// Its certificate; none for genesis.
    pub certificate: Option<CommitCertificate>,
    /// The newest blocks, at most [`btt_runtime::block::rotation::SKIP_AFTER_MISSED`], oldest first.
    pub recent: Vec<Arc<Block>>,
    /// The validators of the next height and of the last ones before it.
    pub validators: ValidatorSets,
    /// What the write-ahead log holds of the next height, in order.
    pub wal: Vec<Vec<u8>>,
    /// What it holds of the height after that one: blocks may become durable while the next height is
    /// under way, and a crash then takes back a block whose successor was voted on already.
    pub wal_after: Vec<Vec<u8>>,
}

/// A validator's key and how far it has signed.
#[derive(Clone)]
pub struct Identity {
    /// The key.
    pub secret: SecretKey,
    /// The newest step that the guard knows of.
    pub last_signed: SignedStep,
    /// Nothing is signed at or below this height.
    pub closed_until: u64,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("last_signed", &self.last_signed).finish_non_exhaustive()
    }
}

/// What a node shows of its consensus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriverStatus {
    /// The height to be decided.
    pub height: u64,
    /// The round under way, if the height has started.
    pub round: Option<u32>,
    /// The step under way.
    pub step: &'static str,
    /// The height that half of the peers tell of at least.
    pub best_peer_height: u64,
    /// Whether this node votes at this height.
    pub is_voting: bool,
    /// The committee.
    pub committee: Committee,
}
