//! `eth_`: blocks and headers.

use super::{RpcError, context::Rpc, convert, resolve::At};
use crate::storage::StoredBlock;
use alloy_primitives::{B256, U64};
use btt_api::{
    server::EthBlocksApiServer,
    types::{BlockId, BlockNumberOrTag, Index, RpcBlock, RpcHeader, RpcReceipt},
};
use jsonrpsee::core::RpcResult;
use std::time::{SystemTime, UNIX_EPOCH};

impl Rpc {
    /// What waits on top of the head, as a block.
    fn pending_block(&self, full: bool) -> RpcBlock {
        let (head, content) = (self.chain().head(), self.mempool().content());
        let waiting = content.pending.values().flat_map(|by_nonce| by_nonce.values());
        convert::pending_block(&head, now_ms(), waiting.map(AsRef::as_ref), full)
    }

    /// How many transactions `at` holds, and `null` for an unknown block.
    fn transaction_count_at(&self, at: At) -> Result<Option<U64>, RpcError> {
        if at == At::Pending {
            return Ok(Some(U64::from(self.mempool().status().0)));
        }
        Ok(self.block_at(at)?.map(|block| transaction_count(&block)))
    }

    fn is_known(&self, number: u64) -> bool {
        number <= self.chain().head().number
    }
}

fn transaction_count(block: &StoredBlock) -> U64 {
    U64::from(block.transactions.len())
}

/// Milliseconds since 1970 by this machine's clock.
pub(super) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

impl EthBlocksApiServer for Rpc {
    fn block_by_number(
        &self,
        number: BlockNumberOrTag,
        full: Option<bool>,
    ) -> RpcResult<Option<RpcBlock>> {
        let full = full.unwrap_or(false);
        match At::tag(number) {
            At::Pending => Ok(Some(self.pending_block(full))),
            at => Ok(self.block_at(at)?.map(|block| convert::block(&block, full))),
        }
    }

    fn block_by_hash(&self, hash: B256, full: Option<bool>) -> RpcResult<Option<RpcBlock>> {
        let full = full.unwrap_or(false);
        Ok(self.block_of(hash)?.map(|block| convert::block(&block, full)))
    }

    fn header_by_number(&self, number: BlockNumberOrTag) -> RpcResult<Option<RpcHeader>> {
        match At::tag(number) {
            At::Pending => Ok(Some(self.pending_block(false).header)),
            at => {
                let header = self.chain().header(self.number_at(at)).map_err(RpcError::from)?;
                Ok(header.map(|header| convert::header(&header, header.hash_slow(), None)))
            }
        }
    }

    fn header_by_hash(&self, hash: B256) -> RpcResult<Option<RpcHeader>> {
        let Some(number) = self.chain().number_of(hash).map_err(RpcError::from)? else {
            return Ok(None);
        };
        let header = self.chain().header(number).map_err(RpcError::from)?;
        Ok(header.map(|header| convert::header(&header, hash, None)))
    }

    fn block_receipts(&self, block: BlockId) -> RpcResult<Option<Vec<RpcReceipt>>> {
        let block = match block {
            BlockId::Hash(hash) => self.block_of(hash.block_hash)?,
            BlockId::Number(tag) => self.block_at(At::tag(tag))?,
        };
        Ok(block.map(|block| convert::receipts(&block)))
    }

    fn transaction_count_by_number(&self, number: BlockNumberOrTag) -> RpcResult<Option<U64>> {
        Ok(self.transaction_count_at(At::tag(number))?)
    }

    fn transaction_count_by_hash(&self, hash: B256) -> RpcResult<Option<U64>> {
        Ok(self.block_of(hash)?.map(|block| transaction_count(&block)))
    }

    fn uncle_count_by_number(&self, number: BlockNumberOrTag) -> RpcResult<Option<U64>> {
        let known = match At::tag(number) {
            At::Number(number) => self.is_known(number),
            At::Head | At::Pending => true,
        };
        Ok(known.then_some(U64::ZERO))
    }

    fn uncle_count_by_hash(&self, hash: B256) -> RpcResult<Option<U64>> {
        let number = self.chain().number_of(hash).map_err(RpcError::from)?;
        Ok(number.map(|_| U64::ZERO))
    }

    fn uncle_by_number(&self, _: BlockNumberOrTag, _: Index) -> RpcResult<Option<RpcBlock>> {
        Ok(None)
    }

    fn uncle_by_hash(&self, _: B256, _: Index) -> RpcResult<Option<RpcBlock>> {
        Ok(None)
    }
}
