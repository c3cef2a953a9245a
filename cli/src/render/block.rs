//! A block.

use alloy_primitives::{Address, B256};
use alloy_rpc_types_eth::Block;
use serde::Serialize;

use super::{Fields, grouped, gwei, utc};
use crate::output::Report;

/// Hashes shown before the rest is only counted.
const HASHES_SHOWN: usize = 10;

/// What `btt block` prints.
#[derive(Debug, Clone, Serialize)]
pub struct BlockReport {
    /// Height.
    pub number: u64,
    /// Hash.
    pub hash: B256,
    /// Hash of the block before.
    pub parent_hash: B256,
    /// Unix seconds.
    pub timestamp: u64,
    /// Who gets the fees.
    pub beneficiary: Address,
    /// Root of the state after this block.
    pub state_root: B256,
    /// Gas its transactions used.
    pub gas_used: u64,
    /// Gas it may use.
    pub gas_limit: u64,
    /// Base fee per gas, in wei.
    pub base_fee_wei: Option<String>,
    /// Its transactions, in order.
    pub transactions: Vec<B256>,
    #[serde(skip)]
    base_fee: Option<u64>,
}

impl From<&Block> for BlockReport {
    fn from(block: &Block) -> Self {
        let header = &block.header;
        Self {
            number: header.number,
            hash: header.hash,
            parent_hash: header.parent_hash,
            timestamp: header.timestamp,
            beneficiary: header.beneficiary,
            state_root: header.state_root,
            gas_used: header.gas_used,
            gas_limit: header.gas_limit,
            base_fee_wei: header.base_fee_per_gas.map(|fee| fee.to_string()),
            transactions: block.transactions.hashes().collect(),
            base_fee: header.base_fee_per_gas,
        }
    }
}

impl Report for BlockReport {
    fn human(&self) -> String {
        let tenths = (u128::from(self.gas_used) * 1000)
            .checked_div(u128::from(self.gas_limit))
            .unwrap_or_default();
        let gas = format!(
            "{} of {} ({}.{} %)",
            grouped(self.gas_used),
            grouped(self.gas_limit),
            tenths / 10,
            tenths % 10
        );
        let mut text = Fields::new()
            .line("block", grouped(self.number))
            .line("hash", self.hash)
            .line("parent", self.parent_hash)
            .line("time", utc(self.timestamp))
            .line("beneficiary", self.beneficiary)
            .line("state root", self.state_root)
            .line("gas used", gas)
            .maybe("base fee", self.base_fee.map(|fee| gwei(fee.into())))
            .line("transactions", self.transactions.len())
            .render();
        for hash in self.transactions.iter().take(HASHES_SHOWN) {
            text.push_str(&format!("\n  {hash}"));
        }
        if let Some(more) = self.transactions.len().checked_sub(HASHES_SHOWN).filter(|n| *n > 0) {
            text.push_str(&format!("\n  and {more} more"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::assert_golden;

    #[test]
    fn a_block_reads_well() {
        let block = BlockReport {
            number: 1812,
            hash: B256::repeat_byte(1),
            parent_hash: B256::repeat_byte(2),
            timestamp: 1_795_173_918,
            beneficiary: Address::repeat_byte(3),
            state_root: B256::repeat_byte(4),
            gas_used: 252_000,
            gas_limit: 60_000_000,
            base_fee_wei: Some("1000000000".to_owned()),
            transactions: (0..12).map(B256::repeat_byte).collect(),
            base_fee: Some(1_000_000_000),
        };
        assert_golden("block.txt", &block.human());
        assert_golden("block.json", &serde_json::to_string_pretty(&block).unwrap());
    }
}
