//! `evm_`: time and blocks at will, on dev chains only.

use super::{RpcError, context::Rpc};
use alloy_primitives::U64;
use btt_api::{server::DevApiServer, types::Number};
use futures::future::BoxFuture;
use jsonrpsee::core::RpcResult;
use std::sync::Arc;

/// Most blocks that one `evm_mine` makes.
const MAX_MINED_BLOCKS: u64 = 10_000;

/// What a dev chain lets its user do.
pub trait DevControl: Send + Sync {
    /// Makes `blocks` blocks now; ends when the last is final.
    fn mine(&self, blocks: u64) -> BoxFuture<'_, eyre::Result<()>>;

    /// Sets the clock forward by `secs` seconds; how far it is ahead in all, in seconds.
    ///
    /// # Errors
    /// If no block could follow.
    fn increase_time(&self, secs: u64) -> Result<u64, String>;

    /// Sets the time of the next block, in unix seconds.
    ///
    /// # Errors
    /// If it is not after the newest block's, or no block could follow.
    fn set_next_block_timestamp(&self, secs: u64) -> Result<(), String>;
}

/// Serves `evm_` on a dev chain.
#[derive(Clone)]
pub(super) struct Dev {
    control: Arc<dyn DevControl>,
}

impl Dev {
    pub(super) fn of(rpc: &Rpc) -> Option<Self> {
        rpc.context.dev.clone().map(|control| Self { control })
    }
}

#[jsonrpsee::core::async_trait]
impl DevApiServer for Dev {
    async fn mine(&self, blocks: Option<Number>) -> RpcResult<U64> {
        let blocks = blocks.map_or(1, |blocks| blocks.0);
        if blocks > MAX_MINED_BLOCKS {
            let text = format!("{blocks} blocks to mine, limit {MAX_MINED_BLOCKS}");
            return Err(RpcError::Limit(text).into());
        }
        let mined = self.control.mine(blocks).await;
        mined.map_err(|error| RpcError::Failed(format!("no block was made: {error}")))?;
        Ok(U64::ZERO)
    }

    fn increase_time(&self, seconds: Number) -> RpcResult<u64> {
        Ok(self.control.increase_time(seconds.0).map_err(RpcError::InvalidParams)?)
    }

    fn set_next_block_timestamp(&self, timestamp: Number) -> RpcResult<U64> {
        let set = self.control.set_next_block_timestamp(timestamp.0);
        set.map_err(RpcError::InvalidParams)?;
        Ok(U64::from(timestamp.0))
    }
}
