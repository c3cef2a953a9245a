//! `evm_`: time and blocks at will, on dev chains only.

use crate::types::Number;
use alloy_primitives::U64;
use jsonrpsee::{core::RpcResult, proc_macros::rpc};

/// What `bttd dev` alone serves.
#[cfg_attr(all(feature = "server", feature = "client"), rpc(server, client, namespace = "evm"))]
#[cfg_attr(not(feature = "client"), rpc(server, namespace = "evm"))]
#[cfg_attr(not(feature = "server"), rpc(client, namespace = "evm"))]
pub trait DevApi {
    /// Makes `blocks` blocks (one by default) now.
    #[method(name = "mine")]
    async fn mine(&self, blocks: Option<Number>) -> RpcResult<U64>;

    /// Sets the clock forward by `seconds`; how far it is ahead in all, in seconds.
    #[method(name = "increaseTime")]
    fn increase_time(&self, seconds: Number) -> RpcResult<u64>;

    /// Time of the next block, in unix seconds; must be after the newest block's.
    #[method(name = "setNextBlockTimestamp")]
    fn set_next_block_timestamp(&self, timestamp: Number) -> RpcResult<U64>;
}
