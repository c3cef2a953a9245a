//! `eth_`: the chain as a whole.

use crate::types::SyncStatus;
use alloy_primitives::{Address, U64};
use jsonrpsee::{core::RpcResult, proc_macros::rpc};

/// The chain as a whole.
#[cfg_attr(all(feature = "server", feature = "client"), rpc(server, client, namespace = "eth"))]
#[cfg_attr(not(feature = "client"), rpc(server, namespace = "eth"))]
#[cfg_attr(not(feature = "server"), rpc(client, namespace = "eth"))]
pub trait EthChainApi {
    /// EIP-155 id of the chain.
    #[method(name = "chainId")]
    fn chain_id(&self) -> RpcResult<U64>;

    /// Number of the newest block, which is final.
    #[method(name = "blockNumber")]
    fn block_number(&self) -> RpcResult<U64>;

    /// `false`, or how far behind the node is.
    #[method(name = "syncing")]
    fn syncing(&self) -> RpcResult<SyncStatus>;

    /// Empty: the node holds nobody's keys.
    #[method(name = "accounts")]
    fn accounts(&self) -> RpcResult<Vec<Address>>;

    /// Who the fees go to: the fee pool.
    #[method(name = "coinbase")]
    fn coinbase(&self) -> RpcResult<Address>;
}
