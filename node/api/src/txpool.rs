//! `txpool_`: waiting transactions, as geth shows them.

use crate::types::{RpcTransaction, TxpoolContent, TxpoolContentFrom, TxpoolStatus};
use alloy_primitives::Address;
use jsonrpsee::{core::RpcResult, proc_macros::rpc};

/// Waiting transactions.
#[cfg_attr(all(feature = "server", feature = "client"), rpc(server, client, namespace = "txpool"))]
#[cfg_attr(not(feature = "client"), rpc(server, namespace = "txpool"))]
#[cfg_attr(not(feature = "server"), rpc(client, namespace = "txpool"))]
pub trait TxpoolApi {
    /// How many wait.
    #[method(name = "status")]
    fn status(&self) -> RpcResult<TxpoolStatus>;

    /// All that wait.
    #[method(name = "content")]
    async fn content(&self) -> RpcResult<TxpoolContent<RpcTransaction>>;

    /// Those of one sender.
    #[method(name = "contentFrom")]
    fn content_from(&self, address: Address) -> RpcResult<TxpoolContentFrom<RpcTransaction>>;

    /// All that wait, a line each.
    #[method(name = "inspect")]
    async fn inspect(&self) -> RpcResult<TxpoolContent<String>>;
}
