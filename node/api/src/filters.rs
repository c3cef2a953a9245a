//! `eth_`: logs, and filters that remember what was asked.

use crate::types::{Filter, FilterChanges, FilterId, RpcLog, RpcTransaction};
use jsonrpsee::{core::RpcResult, proc_macros::rpc};

/// Logs and filters. A filter that nobody asks for five minutes is forgotten.
#[cfg_attr(all(feature = "server", feature = "client"), rpc(server, client, namespace = "eth"))]
#[cfg_attr(not(feature = "client"), rpc(server, namespace = "eth"))]
#[cfg_attr(not(feature = "server"), rpc(client, namespace = "eth"))]
pub trait EthFiltersApi {
    /// Logs of a range of blocks, or of one.
    #[method(name = "getLogs")]
    async fn logs(&self, filter: Filter) -> RpcResult<Vec<RpcLog>>;

    /// Remembers a log filter; its id.
    #[method(name = "newFilter")]
    fn new_filter(&self, filter: Filter) -> RpcResult<FilterId>;

    /// Remembers where the asker stands in the chain; the id.
    #[method(name = "newBlockFilter")]
    fn new_block_filter(&self) -> RpcResult<FilterId>;

    /// Collects waiting transactions from now on: hashes, or all of them if `full`.
    #[method(name = "newPendingTransactionFilter")]
    fn new_pending_transaction_filter(&self, full: Option<bool>) -> RpcResult<FilterId>;

    /// What came since it was last asked.
    #[method(name = "getFilterChanges")]
    async fn filter_changes(&self, id: FilterId) -> RpcResult<FilterChanges<RpcTransaction>>;

    /// All logs of a log filter.
    #[method(name = "getFilterLogs")]
    async fn filter_logs(&self, id: FilterId) -> RpcResult<Vec<RpcLog>>;

    /// Forgets a filter; whether there was one.
    #[method(name = "uninstallFilter")]
    fn uninstall_filter(&self, id: FilterId) -> RpcResult<bool>;
}
