//! What came of a transaction.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rpc_types_eth::TransactionReceipt;
use btt_runtime::primitives::amount::format_btt;
use serde::Serialize;

use super::{Fields, grouped, gwei};
use crate::output::Report;

/// Bytes of a log's data that people are shown.
const DATA_SHOWN: usize = 32;

/// What `btt receipt` prints. The bloom is left out: nobody reads it.
#[derive(Debug, Clone, Serialize)]
pub struct ReceiptReport {
    /// The transaction.
    pub transaction_hash: B256,
    /// `success` or `reverted`.
    pub status: &'static str,
    /// Whether its block is final.
    pub is_final: bool,
    /// The block.
    pub block_number: Option<u64>,
    /// The block's hash.
    pub block_hash: Option<B256>,
    /// Place in the block.
    pub transaction_index: Option<u64>,
    /// Who sent it.
    pub from: Address,
    /// To whom.
    pub to: Option<Address>,
    /// The contract it created.
    pub contract_address: Option<Address>,
    /// Gas used.
    pub gas_used: u64,
    /// Price paid per gas, in wei.
    pub effective_gas_price_wei: String,
    /// The whole fee, in wei.
    pub fee_wei: String,
    /// Events, in order.
    pub logs: Vec<LogReport>,
    #[serde(skip)]
    price: u128,
}

/// One event.
#[derive(Debug, Clone, Serialize)]
pub struct LogReport {
    /// Who emitted it.
    pub address: Address,
    /// Indexed values; the first is usually the event's signature.
    pub topics: Vec<B256>,
    /// The other values.
    pub data: Bytes,
}

impl ReceiptReport {
    /// From the node's answer; `finalized` is the height of the last final block.
    pub fn new(receipt: &TransactionReceipt, finalized: u64) -> Self {
        let logs = receipt.logs().iter().map(|log| LogReport {
            address: log.address(),
            topics: log.topics().to_vec(),
            data: log.data().data.clone(),
        });
        Self {
            transaction_hash: receipt.transaction_hash,
            status: if receipt.status() { "success" } else { "reverted" },
            is_final: receipt.block_number.is_some_and(|number| number <= finalized),
            block_number: receipt.block_number,
            block_hash: receipt.block_hash,
            transaction_index: receipt.transaction_index,
            from: receipt.from,
            to: receipt.to,
            contract_address: receipt.contract_address,
            gas_used: receipt.gas_used,
            effective_gas_price_wei: receipt.effective_gas_price.to_string(),
            fee_wei: fee(receipt.gas_used, receipt.effective_gas_price).to_string(),
            logs: logs.collect(),
            price: receipt.effective_gas_price,
        }
    }
}

/// Gas times price; cannot overflow 256 bits.
fn fee(gas: u64, price: u128) -> U256 {
    U256::from(gas) * U256::from(price)
}

impl Report for ReceiptReport {
    fn human(&self) -> String {
        let block = self.block_number.map(|number| {
            let finality = if self.is_final { "final" } else { "not final yet" };
            format!("{} ({finality})", grouped(number))
        });
        let mut text = Fields::new()
            .line("transaction", self.transaction_hash)
            .line("status", self.status)
            .maybe("block", block)
            .line("from", self.from)
            .maybe("to", self.to)
            .maybe("contract", self.contract_address)
            .line("gas used", grouped(self.gas_used))
            .line("price", format!("{} per gas", gwei(self.price)))
            .line("fee", format_btt(fee(self.gas_used, self.price)))
            .line("events", self.logs.len())
            .render();
        for (index, log) in self.logs.iter().enumerate() {
            text.push_str(&format!("\n  {index}: {}", log.address));
            for topic in &log.topics {
                text.push_str(&format!("\n     topic {topic}"));
            }
            if !log.data.is_empty() {
                let shown = Bytes::copy_from_slice(log.data.get(..DATA_SHOWN).unwrap_or(&log.data));
                let more = if shown.len() < log.data.len() { "…" } else { "" };
                text.push_str(&format!("\n     data  {shown}{more}"));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::assert_golden;

    #[test]
    fn a_receipt_shows_the_fee_in_btt_and_no_bloom() {
        let receipt = ReceiptReport {
            transaction_hash: B256::repeat_byte(1),
            status: "success",
            is_final: true,
            block_number: Some(1812),
            block_hash: Some(B256::repeat_byte(2)),
            transaction_index: Some(0),
            from: Address::repeat_byte(3),
            to: Some(Address::repeat_byte(4)),
            contract_address: None,
            gas_used: 51_234,
            effective_gas_price_wei: "1000000000".to_owned(),
            fee_wei: "51234000000000".to_owned(),
            logs: vec![LogReport {
                address: Address::repeat_byte(5),
                topics: vec![B256::repeat_byte(6)],
                data: vec![7; 64].into(),
            }],
            price: 1_000_000_000,
        };
        assert_golden("receipt.txt", &receipt.human());
        assert_golden("receipt.json", &serde_json::to_string_pretty(&receipt).unwrap());
    }
}
