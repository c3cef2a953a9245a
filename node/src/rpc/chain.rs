//! `eth_`: the chain as a whole.

use super::context::Rpc;
use alloy_primitives::{Address, U64};
use btt_api::{server::EthChainApiServer, types::SyncStatus};
use btt_runtime::primitives::addresses::FEE_POOL;
use jsonrpsee::core::RpcResult;

impl EthChainApiServer for Rpc {
    fn chain_id(&self) -> RpcResult<U64> {
        Ok(U64::from(self.chain().config().chain_id))
    }

    fn block_number(&self) -> RpcResult<U64> {
        Ok(U64::from(self.chain().head().number))
    }

    fn syncing(&self) -> RpcResult<SyncStatus> {
        // A block is served when it is final; there is no other chain to catch up with.
        Ok(SyncStatus::None)
    }

    fn accounts(&self) -> RpcResult<Vec<Address>> {
        Ok(Vec::new())
    }

    fn coinbase(&self) -> RpcResult<Address> {
        Ok(FEE_POOL)
    }
}
