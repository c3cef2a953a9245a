//! `eth_`: calls that no block holds.

use crate::types::{AccessListResult, BlockId, BlockOverrides, StateOverride, TransactionRequest};
use alloy_primitives::{Bytes, U64};
use jsonrpsee::{core::RpcResult, proc_macros::rpc};

/// Calls that no block holds. A revert is error 3 with the revert data.
#[cfg_attr(all(feature = "server", feature = "client"), rpc(server, client, namespace = "eth"))]
#[cfg_attr(not(feature = "client"), rpc(server, namespace = "eth"))]
#[cfg_attr(not(feature = "server"), rpc(client, namespace = "eth"))]
pub trait EthCallApi {
    /// Runs a call on the state after a block; what it returns.
    #[method(name = "call")]
    async fn call(
        &self,
        request: TransactionRequest,
        block: Option<BlockId>,
        state_overrides: Option<StateOverride>,
        block_overrides: Option<Box<BlockOverrides>>,
    ) -> RpcResult<Bytes>;

    /// Least gas limit with which a transaction succeeds.
    #[method(name = "estimateGas")]
    async fn estimate_gas(
        &self,
        request: TransactionRequest,
        block: Option<BlockId>,
        state_overrides: Option<StateOverride>,
        block_overrides: Option<Box<BlockOverrides>>,
    ) -> RpcResult<U64>;

    /// Accounts and slots that a transaction touches, and the gas it uses with that list.
    #[method(name = "createAccessList")]
    async fn create_access_list(
        &self,
        request: TransactionRequest,
        block: Option<BlockId>,
        state_overrides: Option<StateOverride>,
    ) -> RpcResult<AccessListResult>;
}
