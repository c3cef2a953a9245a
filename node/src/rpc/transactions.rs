//! `eth_`: transactions and receipts.

use super::{RpcError, context::Rpc, convert, limits::DEFAULT_SEND_SYNC_MS, resolve::At};
use crate::storage::StoredBlock;
use alloy_primitives::{B256, Bytes};
use btt_api::{
    server::EthTransactionsApiServer,
    types::{BlockNumberOrTag, Index, Number, RpcReceipt, RpcTransaction},
};
use jsonrpsee::core::RpcResult;
use std::{sync::Arc, time::Duration};
use tokio::sync::broadcast::error::RecvError;

impl Rpc {
    /// The block that holds a transaction, and the place in it.
    fn mined(&self, hash: B256) -> Result<Option<(Arc<StoredBlock>, usize)>, RpcError> {
        let Some((number, index)) = self.chain().transaction_place(hash)? else { return Ok(None) };
        Ok(self.chain().block(number)?.map(|block| (block, index)))
    }

    fn receipt(&self, hash: B256) -> Result<Option<RpcReceipt>, RpcError> {
        Ok(self.mined(hash)?.and_then(|(block, index)| convert::receipt(&block, index)))
    }

    /// Waits until a block holds the transaction.
    async fn included(&self, raw: Bytes, timeout_ms: u64) -> Result<RpcReceipt, RpcError> {
        // Listening starts before the transaction is sent, so that no block is missed.
        let mut blocks = self.chain().subscribe();
        let hash = self.mempool().submit(raw)?;
        let wait = async {
            loop {
                if let Some(receipt) = self.receipt(hash)? {
                    return Ok(receipt);
                }
                if matches!(blocks.recv().await, Err(RecvError::Closed)) {
                    return Err(RpcError::NotIncluded { hash, timeout_ms });
                }
            }
        };
        tokio::time::timeout(Duration::from_millis(timeout_ms), wait)
            .await
            .unwrap_or(Err(RpcError::NotIncluded { hash, timeout_ms }))
    }
}

#[jsonrpsee::core::async_trait]
impl EthTransactionsApiServer for Rpc {
    fn send_raw_transaction(&self, raw: Bytes) -> RpcResult<B256> {
        Ok(self.mempool().submit(raw).map_err(RpcError::from)?)
    }

    async fn send_raw_transaction_sync(
        &self,
        raw: Bytes,
        timeout_ms: Option<Number>,
    ) -> RpcResult<RpcReceipt> {
        let timeout_ms = timeout_ms.map_or(DEFAULT_SEND_SYNC_MS, |timeout| timeout.0);
        Ok(self.included(raw, timeout_ms.min(self.limits.send_sync_max_ms)).await?)
    }

    fn transaction_by_hash(&self, hash: B256) -> RpcResult<Option<RpcTransaction>> {
        if let Some((block, index)) = self.mined(hash)? {
            return Ok(convert::mined_transaction(&block, index));
        }
        let base_fee_wei = self.chain().next_base_fee();
        Ok(self.mempool().get(&hash).map(|tx| convert::pending_transaction(&tx, base_fee_wei)))
    }

    fn transaction_by_block_hash_and_index(
        &self,
        hash: B256,
        index: Index,
    ) -> RpcResult<Option<RpcTransaction>> {
        let block = self.block_of(hash)?;
        Ok(block.and_then(|block| convert::mined_transaction(&block, index.0)))
    }

    fn transaction_by_block_number_and_index(
        &self,
        number: BlockNumberOrTag,
        index: Index,
    ) -> RpcResult<Option<RpcTransaction>> {
        let block = self.block_at(At::tag(number))?;
        Ok(block.and_then(|block| convert::mined_transaction(&block, index.0)))
    }

    fn raw_transaction_by_hash(&self, hash: B256) -> RpcResult<Option<Bytes>> {
        if let Some((block, index)) = self.mined(hash)? {
            return Ok(block.transactions.get(index).map(|tx| tx.raw().clone()));
        }
        Ok(self.mempool().get(&hash).map(|tx| tx.raw().clone()))
    }

    fn transaction_receipt(&self, hash: B256) -> RpcResult<Option<RpcReceipt>> {
        Ok(self.receipt(hash)?)
    }
}
