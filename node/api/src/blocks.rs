//! `eth_`: blocks and headers.

use crate::types::{BlockId, BlockNumberOrTag, Index, RpcBlock, RpcHeader, RpcReceipt};
use alloy_primitives::{B256, U64};
use jsonrpsee::{core::RpcResult, proc_macros::rpc};

/// Blocks. Every block that is served is final; `null` stands for one that is not known.
#[cfg_attr(all(feature = "server", feature = "client"), rpc(server, client, namespace = "eth"))]
#[cfg_attr(not(feature = "client"), rpc(server, namespace = "eth"))]
#[cfg_attr(not(feature = "server"), rpc(client, namespace = "eth"))]
pub trait EthBlocksApi {
    /// A block by number or tag, with its transactions if `full`, else with their hashes.
    #[method(name = "getBlockByNumber")]
    fn block_by_number(
        &self,
        number: BlockNumberOrTag,
        full: Option<bool>,
    ) -> RpcResult<Option<RpcBlock>>;

    /// A block by hash.
    #[method(name = "getBlockByHash")]
    fn block_by_hash(&self, hash: B256, full: Option<bool>) -> RpcResult<Option<RpcBlock>>;

    /// A header by number or tag.
    #[method(name = "getHeaderByNumber")]
    fn header_by_number(&self, number: BlockNumberOrTag) -> RpcResult<Option<RpcHeader>>;

    /// A header by hash.
    #[method(name = "getHeaderByHash")]
    fn header_by_hash(&self, hash: B256) -> RpcResult<Option<RpcHeader>>;

    /// Receipts of a block, in order.
    #[method(name = "getBlockReceipts")]
    fn block_receipts(&self, block: BlockId) -> RpcResult<Option<Vec<RpcReceipt>>>;

    /// How many transactions a block holds.
    #[method(name = "getBlockTransactionCountByNumber")]
    fn transaction_count_by_number(&self, number: BlockNumberOrTag) -> RpcResult<Option<U64>>;

    /// How many transactions a block holds.
    #[method(name = "getBlockTransactionCountByHash")]
    fn transaction_count_by_hash(&self, hash: B256) -> RpcResult<Option<U64>>;

    /// Zero: there are no uncles under immediate finality.
    #[method(name = "getUncleCountByBlockNumber")]
    fn uncle_count_by_number(&self, number: BlockNumberOrTag) -> RpcResult<Option<U64>>;

    /// Zero: there are no uncles under immediate finality.
    #[method(name = "getUncleCountByBlockHash")]
    fn uncle_count_by_hash(&self, hash: B256) -> RpcResult<Option<U64>>;

    /// `null`: there are no uncles.
    #[method(name = "getUncleByBlockNumberAndIndex")]
    fn uncle_by_number(
        &self,
        number: BlockNumberOrTag,
        index: Index,
    ) -> RpcResult<Option<RpcBlock>>;

    /// `null`: there are no uncles.
    #[method(name = "getUncleByBlockHashAndIndex")]
    fn uncle_by_hash(&self, hash: B256, index: Index) -> RpcResult<Option<RpcBlock>>;
}
