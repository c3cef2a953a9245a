//! `eth_subscribe`, over WebSocket.

use crate::types::pubsub::{Params, SubscriptionKind};
#[cfg(feature = "client")]
use crate::types::{RpcTransaction, pubsub::SubscriptionResult};
use jsonrpsee::proc_macros::rpc;

/// Subscriptions. One that cannot keep up is ended.
#[cfg_attr(all(feature = "server", feature = "client"), rpc(server, client, namespace = "eth"))]
#[cfg_attr(not(feature = "client"), rpc(server, namespace = "eth"))]
#[cfg_attr(not(feature = "server"), rpc(client, namespace = "eth"))]
pub trait EthSubscriptionsApi {
    /// `newHeads`, `logs` with a filter, `newPendingTransactions` with `true` for whole transactions,
    /// or `syncing`.
    #[subscription(
        name = "subscribe" => "subscription",
        unsubscribe = "unsubscribe",
        item = SubscriptionResult<RpcTransaction>
    )]
    async fn subscribe_to(
        &self,
        kind: SubscriptionKind,
        params: Option<Params>,
    ) -> jsonrpsee::core::SubscriptionResult;
}
