//! From the node's own types to the wire's.

use crate::{chain::Head, storage::StoredBlock};
use alloy_consensus::{
    Receipt as ConsensusReceipt, ReceiptEnvelope, ReceiptWithBloom, Sealed, Transaction as _,
    TxType, transaction::Recovered,
};
use alloy_network_primitives::BlockTransactions;
use alloy_primitives::{B256, U256};
use alloy_rlp::Encodable as _;
use btt_api::types::{RpcBlock, RpcHeader, RpcLog, RpcReceipt, RpcTransaction};
use btt_runtime::{
    block::{Block, Header},
    tx::Transaction,
};

/// A transaction of a block.
pub(super) fn mined_transaction(block: &StoredBlock, index: usize) -> Option<RpcTransaction> {
    let tx = block.transactions.get(index)?;
    let header = &block.block.header;
    let base_fee_wei = block.base_fee_of(index);
    Some(RpcTransaction {
        inner: Recovered::new_unchecked(tx.envelope().clone(), tx.sender()),
        block_hash: Some(block.hash),
        block_number: Some(header.number),
        transaction_index: Some(index as u64),
        effective_gas_price: Some(tx.envelope().effective_gas_price(base_fee_wei)),
        block_timestamp: Some(header.timestamp),
    })
}

/// A transaction that waits.
pub(super) fn pending_transaction(tx: &Transaction, base_fee_wei: u64) -> RpcTransaction {
    RpcTransaction {
        inner: Recovered::new_unchecked(tx.envelope().clone(), tx.sender()),
        block_hash: None,
        block_number: None,
        transaction_index: None,
        effective_gas_price: Some(tx.effective_gas_price_wei(base_fee_wei)),
        block_timestamp: None,
    }
}

/// A header with its hash; `size` is the block's, in bytes.
pub(super) fn header(header: &Header, hash: B256, size: Option<usize>) -> RpcHeader {
    let sealed = Sealed::new_unchecked(header.clone(), hash);
    RpcHeader::from_consensus(sealed, None, size.map(U256::from))
}

/// A block with its transactions if `full`, else with their hashes.
pub(super) fn block(stored: &StoredBlock, full: bool) -> RpcBlock {
    let transactions = if full {
        let all = 0..stored.transactions.len();
        BlockTransactions::Full(all.filter_map(|i| mined_transaction(stored, i)).collect())
    } else {
        BlockTransactions::Hashes(stored.transactions.iter().map(|tx| tx.hash()).collect())
    };
    let header = header(&stored.block.header, stored.hash, Some(size(&stored.block)));
    RpcBlock { header, uncles: Vec::new(), transactions, withdrawals: Some(Default::default()) }
}

/// The block `pending`: a header on top of the head with what of it is known, and what waits.
pub(super) fn pending_block<'a>(
    head: &Head,
    now_ms: u64,
    waiting: impl Iterator<Item = &'a Transaction>,
    full: bool,
) -> RpcBlock {
    let template = Header {
        parent_hash: head.hash,
        number: head.number.saturating_add(1),
        gas_limit: head.header.gas_limit,
        beneficiary: head.header.beneficiary,
        timestamp: head.header.timestamp.max(now_ms / 1000),
        base_fee_per_gas: Some(head.next_base_fee_wei),
        withdrawals_root: head.header.withdrawals_root,
        blob_gas_used: Some(0),
        excess_blob_gas: Some(0),
        parent_beacon_block_root: Some(B256::ZERO),
        ..Header::default()
    };
    let mut gas_left = template.gas_limit;
    let waiting = waiting.take_while(|tx| {
        let left = gas_left.checked_sub(tx.envelope().gas_limit());
        gas_left = left.unwrap_or(0);
        left.is_some()
    });
    let transactions = if full {
        let fee = head.next_base_fee_wei;
        BlockTransactions::Full(waiting.map(|tx| pending_transaction(tx, fee)).collect())
    } else {
        BlockTransactions::Hashes(waiting.map(Transaction::hash).collect())
    };
    let hash = template.hash_slow();
    RpcBlock {
        header: header(&template, hash, None),
        uncles: Vec::new(),
        transactions,
        withdrawals: Some(Default::default()),
    }
}

/// Bytes of a block.
fn size(block: &Block) -> usize {
    block.header.length() + block.body.encoded_len()
}

/// The receipt of a block's transaction.
pub(super) fn receipt(stored: &StoredBlock, index: usize) -> Option<RpcReceipt> {
    let first_log = stored.receipts.get(..index)?.iter().map(|receipt| receipt.logs.len()).sum();
    receipt_after(stored, index, first_log)
}

/// All receipts of a block.
pub(super) fn receipts(stored: &StoredBlock) -> Vec<RpcReceipt> {
    let mut first_log = 0;
    let mut all = Vec::with_capacity(stored.receipts.len());
    for (index, receipt) in stored.receipts.iter().enumerate() {
        all.extend(receipt_after(stored, index, first_log));
        first_log += receipt.logs.len();
    }
    all
}

/// The receipt whose first log is the block's `first_log`-th.
fn receipt_after(stored: &StoredBlock, index: usize, first_log: usize) -> Option<RpcReceipt> {
    let (tx, receipt) = (stored.transactions.get(index)?, stored.receipts.get(index)?);
    let gas_before = match index.checked_sub(1) {
        Some(before) => stored.receipts.get(before)?.cumulative_gas_used,
        None => 0,
    };
    let header = &stored.block.header;
    let logs = receipt.logs.iter().enumerate();
    let logs = logs.map(|(i, one)| log(stored, index, first_log + i, one)).collect();
    let bloom = alloy_primitives::logs_bloom(receipt.logs.iter());
    let consensus = ConsensusReceipt {
        status: receipt.success.into(),
        cumulative_gas_used: receipt.cumulative_gas_used,
        logs,
    };
    let with_bloom = ReceiptWithBloom::new(consensus, bloom);
    let envelope = tx.envelope();
    Some(RpcReceipt {
        inner: match receipt.tx_type {
            TxType::Legacy => ReceiptEnvelope::Legacy(with_bloom),
            TxType::Eip2930 => ReceiptEnvelope::Eip2930(with_bloom),
            TxType::Eip1559 => ReceiptEnvelope::Eip1559(with_bloom),
            TxType::Eip4844 => ReceiptEnvelope::Eip4844(with_bloom),
            TxType::Eip7702 => ReceiptEnvelope::Eip7702(with_bloom),
        },
        transaction_hash: tx.hash(),
        transaction_index: Some(index as u64),
        block_hash: Some(stored.hash),
        block_number: Some(header.number),
        gas_used: receipt.cumulative_gas_used.saturating_sub(gas_before),
        effective_gas_price: envelope.effective_gas_price(stored.base_fee_of(index)),
        blob_gas_used: None,
        blob_gas_price: None,
        from: tx.sender(),
        to: envelope.to(),
        contract_address: envelope.is_create().then(|| tx.sender().create(envelope.nonce())),
    })
}

/// The block's `log_index`-th log, of its `tx_index`-th transaction.
pub(super) fn log(
    stored: &StoredBlock,
    tx_index: usize,
    log_index: usize,
    log: &alloy_primitives::Log,
) -> RpcLog {
    let header = &stored.block.header;
    RpcLog {
        inner: log.clone(),
        block_hash: Some(stored.hash),
        block_number: Some(header.number),
        block_timestamp: Some(header.timestamp),
        transaction_hash: stored.transactions.get(tx_index).map(|tx| tx.hash()),
        transaction_index: Some(tx_index as u64),
        log_index: Some(log_index as u64),
        removed: false,
    }
}
