//! `eth_`: what transactions cost.

use crate::types::{BlockNumberOrTag, FeeHistory, Number};
use alloy_primitives::U256;
use jsonrpsee::{core::RpcResult, proc_macros::rpc};

/// What transactions cost, in wei a gas.
#[cfg_attr(all(feature = "server", feature = "client"), rpc(server, client, namespace = "eth"))]
#[cfg_attr(not(feature = "client"), rpc(server, namespace = "eth"))]
#[cfg_attr(not(feature = "server"), rpc(client, namespace = "eth"))]
pub trait EthFeesApi {
    /// A legacy gas price that the next block takes.
    #[method(name = "gasPrice")]
    fn gas_price(&self) -> RpcResult<U256>;

    /// A tip that the next block takes.
    #[method(name = "maxPriorityFeePerGas")]
    fn max_priority_fee_per_gas(&self) -> RpcResult<U256>;

    /// Base fees, fullness and tips of past blocks, and the next base fee.
    #[method(name = "feeHistory")]
    async fn fee_history(
        &self,
        block_count: Number,
        newest_block: BlockNumberOrTag,
        reward_percentiles: Option<Vec<f64>>,
    ) -> RpcResult<FeeHistory>;

    /// Zero: there are no blobs.
    #[method(name = "blobBaseFee")]
    fn blob_base_fee(&self) -> RpcResult<U256>;
}
