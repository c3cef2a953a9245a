//! A transaction.

use alloy_consensus::Transaction as _;
use alloy_consensus::transaction::TxHashRef;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rpc_types_eth::Transaction;
use btt_runtime::primitives::amount::format_btt;
use serde::Serialize;

use super::{Fields, grouped, gwei};
use crate::output::Report;

/// Bytes of input that people are shown.
const INPUT_SHOWN: usize = 36;

/// What `btt tx` prints.
#[derive(Debug, Clone, Serialize)]
pub struct TransactionReport {
    /// Hash.
    pub hash: B256,
    /// `pending`, `included` or `final`.
    pub status: &'static str,
    /// The block it is in.
    pub block_number: Option<u64>,
    /// Who sent it.
    pub from: Address,
    /// To whom; nobody where it creates a contract.
    pub to: Option<Address>,
    /// Amount, in wei.
    pub value_wei: String,
    /// The sender's count of transactions before this one.
    pub nonce: u64,
    /// EIP-2718 type.
    pub transaction_type: u8,
    /// Most gas it may use.
    pub gas_limit: u64,
    /// Most it pays per gas, in wei.
    pub max_fee_per_gas_wei: String,
    /// Most tip per gas, in wei; none in a legacy transaction.
    pub max_priority_fee_per_gas_wei: Option<String>,
    /// Call data.
    pub input: Bytes,
    #[serde(skip)]
    value: U256,
    #[serde(skip)]
    max_fee: u128,
}

impl TransactionReport {
    /// From the node's answer; `finalized` is the height of the last final block.
    pub fn new(transaction: &Transaction, finalized: u64) -> Self {
        let status = match transaction.block_number {
            None => "pending",
            Some(number) if number <= finalized => "final",
            Some(_) => "included",
        };
        let inner = &transaction.inner;
        Self {
            hash: *inner.tx_hash(),
            status,
            block_number: transaction.block_number,
            from: inner.signer(),
            to: inner.to(),
            value_wei: inner.value().to_string(),
            nonce: inner.nonce(),
            transaction_type: inner.inner().tx_type() as u8,
            gas_limit: inner.gas_limit(),
            max_fee_per_gas_wei: inner.max_fee_per_gas().to_string(),
            max_priority_fee_per_gas_wei: inner
                .max_priority_fee_per_gas()
                .map(|tip| tip.to_string()),
            input: inner.input().clone(),
            value: inner.value(),
            max_fee: inner.max_fee_per_gas(),
        }
    }
}

impl Report for TransactionReport {
    fn human(&self) -> String {
        let status = match (self.status, self.block_number) {
            ("final", Some(number)) => format!("finalized in block {}", grouped(number)),
            ("included", Some(number)) => format!("in block {}, not final yet", grouped(number)),
            _ => "pending".to_owned(),
        };
        let kind = match self.transaction_type {
            0 => "legacy",
            1 => "EIP-2930",
            2 => "EIP-1559",
            4 => "EIP-7702",
            _ => "unknown",
        };
        let input = (!self.input.is_empty()).then(|| {
            let shown = self.input.get(..INPUT_SHOWN).unwrap_or(&self.input);
            let more = if shown.len() < self.input.len() { "…" } else { "" };
            let bytes = Bytes::copy_from_slice(shown);
            format!("{bytes}{more} ({} bytes)", grouped(self.input.len() as u64))
        });
        Fields::new()
            .line("transaction", self.hash)
            .line("status", status)
            .line("from", self.from)
            .line("to", self.to.map_or("creates a contract".to_owned(), |to| to.to_string()))
            .line("amount", format_btt(self.value))
            .line("nonce", self.nonce)
            .line("type", kind)
            .line("gas limit", grouped(self.gas_limit))
            .line("price", format!("at most {} per gas", gwei(self.max_fee)))
            .maybe("input", input)
            .render()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::assert_golden;

    fn sample() -> TransactionReport {
        let value = U256::from(1_500_000_000_000_000_000u128);
        TransactionReport {
            hash: B256::repeat_byte(1),
            status: "final",
            block_number: Some(1812),
            from: Address::repeat_byte(2),
            to: Some(Address::repeat_byte(3)),
            value_wei: value.to_string(),
            nonce: 7,
            transaction_type: 2,
            gas_limit: 21_000,
            max_fee_per_gas_wei: "2000000000".to_owned(),
            max_priority_fee_per_gas_wei: Some("0".to_owned()),
            input: Bytes::new(),
            value,
            max_fee: 2_000_000_000,
        }
    }

    #[test]
    fn a_transfer_reads_well() {
        assert_golden("tx.txt", &sample().human());
        assert_golden("tx.json", &serde_json::to_string_pretty(&sample()).unwrap());
    }

    #[test]
    fn a_waiting_creation_reads_well() {
        let creation = TransactionReport {
            status: "pending",
            block_number: None,
            to: None,
            input: vec![0x60; 1200].into(),
            ..sample()
        };
        assert_golden("tx-creation.txt", &creation.human());
    }
}
