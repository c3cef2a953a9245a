//! `admin_`: the network as this node sees it. Only with the node's admin token.

use crate::types::{NodeInfo, PeerInfo};
use jsonrpsee::{core::RpcResult, proc_macros::rpc};

/// What only the node's operator may ask.
#[cfg_attr(all(feature = "server", feature = "client"), rpc(server, client, namespace = "admin"))]
#[cfg_attr(not(feature = "client"), rpc(server, namespace = "admin"))]
#[cfg_attr(not(feature = "server"), rpc(client, namespace = "admin"))]
pub trait AdminApi {
    /// Connected nodes.
    #[method(name = "peers")]
    fn peers(&self) -> RpcResult<Vec<PeerInfo>>;

    /// The node itself.
    #[method(name = "nodeInfo")]
    fn node_info(&self) -> RpcResult<NodeInfo>;

    /// Connects to a node and stays connected; `multiaddr` ends in `/p2p/PEER_ID`.
    #[method(name = "addPeer")]
    fn add_peer(&self, multiaddr: String) -> RpcResult<bool>;

    /// Disconnects a node, by its multiaddr or peer id, and forgets that it should be kept.
    #[method(name = "removePeer")]
    fn remove_peer(&self, peer: String) -> RpcResult<bool>;
}
