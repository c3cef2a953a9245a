//! `eth_`: the chain as a whole.

use super::context::Rpc;
use alloy_primitives::{Address, U64, U256};
use alloy_rpc_types_eth::SyncInfo;
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
        let sync = self.context.consensus.as_ref().and_then(|view| view.status().sync);
        Ok(sync.map_or(SyncStatus::None, |sync| {
            SyncStatus::Info(Box::new(SyncInfo {
                starting_block: U256::from(sync.starting),
                current_block: U256::from(sync.current),
                highest_block: U256::from(sync.highest),
                ..SyncInfo::default()
            }))
        }))
    }

    fn accounts(&self) -> RpcResult<Vec<Address>> {
        Ok(Vec::new())
    }

    fn coinbase(&self) -> RpcResult<Address> {
        Ok(FEE_POOL)
    }
}
