//! `net_` and `web3_`.

use alloy_primitives::{B256, Bytes, U64};
use jsonrpsee::{core::RpcResult, proc_macros::rpc};

/// The network.
#[cfg_attr(all(feature = "server", feature = "client"), rpc(server, client, namespace = "net"))]
#[cfg_attr(not(feature = "client"), rpc(server, namespace = "net"))]
#[cfg_attr(not(feature = "server"), rpc(client, namespace = "net"))]
pub trait NetApi {
    /// The chain id as a decimal string.
    #[method(name = "version")]
    fn version(&self) -> RpcResult<String>;

    /// Whether the node takes connections.
    #[method(name = "listening")]
    fn listening(&self) -> RpcResult<bool>;

    /// Connected nodes.
    #[method(name = "peerCount")]
    fn peer_count(&self) -> RpcResult<U64>;
}

/// The program.
#[cfg_attr(all(feature = "server", feature = "client"), rpc(server, client, namespace = "web3"))]
#[cfg_attr(not(feature = "client"), rpc(server, namespace = "web3"))]
#[cfg_attr(not(feature = "server"), rpc(client, namespace = "web3"))]
pub trait Web3Api {
    /// Name, version, platform.
    #[method(name = "clientVersion")]
    fn client_version(&self) -> RpcResult<String>;

    /// keccak256.
    #[method(name = "sha3")]
    fn sha3(&self, data: Bytes) -> RpcResult<B256>;
}
