//! `rpc.discover`: the service describes itself.

use jsonrpsee::{core::RpcResult, proc_macros::rpc};

/// Service discovery.
#[cfg_attr(all(feature = "server", feature = "client"), rpc(server, client, namespace = "rpc"))]
#[cfg_attr(not(feature = "client"), rpc(server, namespace = "rpc"))]
#[cfg_attr(not(feature = "server"), rpc(client, namespace = "rpc"))]
pub trait DiscoverApi {
    /// The OpenRPC document of this server.
    #[method(name = "discover", aliases = ["rpc.discover"])]
    fn discover(&self) -> RpcResult<Box<serde_json::value::RawValue>>;
}
