//! How the server sees consensus and the network: two traits that the node's wiring implements. A chain of
//! one process has neither.

use alloy_primitives::Address;
use btt_api::types::{ConsensusStep, Endpoint, PeerInfo};

/// How far a node that fetches decided blocks is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncProgress {
    /// Its newest block when it began.
    pub starting: u64,
    /// Its newest block now.
    pub current: u64,
    /// The newest block that another node told of.
    pub highest: u64,
}

/// Where consensus is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsensusState {
    /// Height being decided.
    pub height: u64,
    /// Attempt at this height, from 0.
    pub round: u32,
    /// How far the round is.
    pub step: ConsensusStep,
    /// Address of the node's own validator key; `None` for a full node.
    pub validator: Option<Address>,
    /// How far behind the node is; `None` if it is not.
    pub sync: Option<SyncProgress>,
}

/// What the server asks of consensus. Answers at once.
pub trait ConsensusView: Send + Sync {
    /// Where it is.
    fn status(&self) -> ConsensusState;

    /// Address of who proposes at a height in a round; `None` where the validators of the height are not known.
    fn proposer(&self, height: u64, round: u32) -> Option<Address>;
}

/// What the server asks of the network. Answers at once: what takes long is begun.
pub trait NetworkView: Send + Sync {
    /// Connected nodes.
    fn peers(&self) -> Vec<PeerInfo>;

    /// How many nodes are connected.
    fn peer_count(&self) -> u64 {
        self.peers().len() as u64
    }

    /// Whom other nodes know this one by, and where it listens.
    fn endpoint(&self) -> Endpoint;

    /// Begins to connect to a node, and stays connected.
    ///
    /// # Errors
    /// What is wrong with the multiaddr.
    fn add_peer(&self, multiaddr: &str) -> Result<(), String>;

    /// Disconnects a node, given by multiaddr or peer id, and forgets that it should be kept.
    ///
    /// # Errors
    /// What is wrong with the name, or that no such node is known.
    fn remove_peer(&self, peer: &str) -> Result<(), String>;
}
