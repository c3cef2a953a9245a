//! Receipts: Ethereum's, with their bloom counted once.

use alloy_consensus::{Eip2718EncodableReceipt as _, EthereumReceipt, TxType};
use alloy_primitives::{B256, Bloom, Log};
use alloy_trie::root::ordered_trie_root_encoded;

/// Result of one transaction: type, success, cumulative gas, logs.
pub type Receipt = EthereumReceipt<TxType, Log>;

/// Bloom of a receipt's logs.
fn bloom_of(receipt: &Receipt) -> Bloom {
    alloy_primitives::logs_bloom(receipt.logs.iter())
}

/// Root of the trie of receipts by index, and the bloom of all their logs.
pub fn receipts_root(receipts: &[Receipt]) -> (B256, Bloom) {
    let mut all = Bloom::ZERO;
    let encoded: Vec<Vec<u8>> = receipts
        .iter()
        .map(|receipt| {
            let bloom = bloom_of(receipt);
            all |= bloom;
            let mut bytes = Vec::with_capacity(receipt.eip2718_encoded_length_with_bloom(&bloom));
            receipt.eip2718_encode_with_bloom(&bloom, &mut bytes);
            bytes
        })
        .collect();
    (ordered_trie_root_encoded(&encoded), all)
}
