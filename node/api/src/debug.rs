//! `debug_`: traces, as geth gives them.

use crate::types::{
    BlockId, BlockNumberOrTag, BlockTrace, TransactionRequest,
    trace::{GethDebugTracingCallOptions, GethDebugTracingOptions, GethTrace},
};
use alloy_primitives::B256;
use jsonrpsee::{core::RpcResult, proc_macros::rpc};

/// Traces by `callTracer`, or by the struct logger where no tracer is named.
#[cfg_attr(all(feature = "server", feature = "client"), rpc(server, client, namespace = "debug"))]
#[cfg_attr(not(feature = "client"), rpc(server, namespace = "debug"))]
#[cfg_attr(not(feature = "server"), rpc(client, namespace = "debug"))]
pub trait DebugApi {
    /// A transaction of a block, executed again.
    #[method(name = "traceTransaction")]
    async fn trace_transaction(
        &self,
        hash: B256,
        options: Option<GethDebugTracingOptions>,
    ) -> RpcResult<GethTrace>;

    /// Every transaction of a block.
    #[method(name = "traceBlockByNumber")]
    async fn trace_block_by_number(
        &self,
        number: BlockNumberOrTag,
        options: Option<GethDebugTracingOptions>,
    ) -> RpcResult<Vec<BlockTrace>>;

    /// Every transaction of a block.
    #[method(name = "traceBlockByHash")]
    async fn trace_block_by_hash(
        &self,
        hash: B256,
        options: Option<GethDebugTracingOptions>,
    ) -> RpcResult<Vec<BlockTrace>>;

    /// A call on the state after a block.
    #[method(name = "traceCall")]
    async fn trace_call(
        &self,
        request: TransactionRequest,
        block: Option<BlockId>,
        options: Option<GethDebugTracingCallOptions>,
    ) -> RpcResult<GethTrace>;
}
