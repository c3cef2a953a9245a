//! `net_` and `web3_`.

use super::context::{Rpc, client_version};
use alloy_primitives::{B256, Bytes, U64, keccak256};
use btt_api::server::{NetApiServer, Web3ApiServer};
use jsonrpsee::core::RpcResult;

impl NetApiServer for Rpc {
    fn version(&self) -> RpcResult<String> {
        Ok(self.chain().config().chain_id.to_string())
    }

    fn listening(&self) -> RpcResult<bool> {
        // Without a network to listen to, it is the RPC that takes connections: clients ask whether the
        // node is there.
        let network = self.context.network.as_ref();
        Ok(network.is_none_or(|network| !network.endpoint().listening.is_empty()))
    }

    fn peer_count(&self) -> RpcResult<U64> {
        Ok(U64::from(self.peers()))
    }
}

impl Web3ApiServer for Rpc {
    fn client_version(&self) -> RpcResult<String> {
        Ok(client_version())
    }

    fn sha3(&self, data: Bytes) -> RpcResult<B256> {
        Ok(keccak256(data))
    }
}
