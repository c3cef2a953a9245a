//! `eth_`: accounts and storage.

use crate::types::{BlockId, EIP1186AccountProofResponse, JsonStorageKey};
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use jsonrpsee::{core::RpcResult, proc_macros::rpc};

/// State as of a block; without `block`, of the newest.
#[cfg_attr(all(feature = "server", feature = "client"), rpc(server, client, namespace = "eth"))]
#[cfg_attr(not(feature = "client"), rpc(server, namespace = "eth"))]
#[cfg_attr(not(feature = "server"), rpc(client, namespace = "eth"))]
pub trait EthStateApi {
    /// Wei of an account.
    #[method(name = "getBalance")]
    fn balance(&self, address: Address, block: Option<BlockId>) -> RpcResult<U256>;

    /// Transactions sent by an account; with tag `pending`, those that wait included.
    #[method(name = "getTransactionCount")]
    fn transaction_count(&self, address: Address, block: Option<BlockId>) -> RpcResult<U64>;

    /// Code of an account.
    #[method(name = "getCode")]
    fn code(&self, address: Address, block: Option<BlockId>) -> RpcResult<Bytes>;

    /// One storage slot of an account.
    #[method(name = "getStorageAt")]
    fn storage_at(
        &self,
        address: Address,
        slot: JsonStorageKey,
        block: Option<BlockId>,
    ) -> RpcResult<B256>;

    /// Account and slots with their Merkle proofs (EIP-1186).
    #[method(name = "getProof")]
    async fn proof(
        &self,
        address: Address,
        slots: Vec<JsonStorageKey>,
        block: Option<BlockId>,
    ) -> RpcResult<EIP1186AccountProofResponse>;
}
