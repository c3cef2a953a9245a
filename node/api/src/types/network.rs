//! What `admin_` answers: the network as this node sees it.

use alloy_primitives::{Address, B256};
use serde::{Deserialize, Serialize};

/// A connected node: `admin_peers`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeerInfo {
    /// What it is known by.
    pub peer_id: String,
    /// Where it is, as a multiaddr.
    pub address: String,
    /// Whether it connected to this node, and not this node to it.
    pub inbound: bool,
    /// Whether the node keeps this connection, and makes it again where it breaks.
    pub persistent: bool,
    /// Name and version of its program, as it says.
    pub client: Option<String>,
    /// Its newest block, as it says.
    #[serde(with = "alloy_serde::quantity::opt")]
    pub height: Option<u64>,
    /// The validator that it has proved to be.
    pub validator: Option<Address>,
    /// How long the connection has stood.
    pub connected_secs: u64,
    /// Time of a ping and its answer.
    pub ping_ms: Option<u64>,
}

/// The node's own place in the network.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// What other nodes know it by.
    pub peer_id: String,
    /// Where it listens, as multiaddrs.
    pub listening: Vec<String>,
}

/// The node itself: `admin_nodeInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeInfo {
    /// Name, version, platform.
    pub client: String,
    /// EIP-155 id of the chain.
    #[serde(with = "alloy_serde::quantity")]
    pub chain_id: u64,
    /// Hash of block 0.
    pub genesis_hash: B256,
    /// Number of the newest final block.
    #[serde(with = "alloy_serde::quantity")]
    pub head_number: u64,
    /// Its hash.
    pub head_hash: B256,
    /// Its place in the network; `null` on a chain of one process.
    pub network: Option<Endpoint>,
    /// Connected nodes.
    #[serde(with = "alloy_serde::quantity")]
    pub peers: u64,
    /// The node's own validator.
    pub validator: Option<Address>,
}
