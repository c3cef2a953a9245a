//! What execution and modules know of the block under way.

use super::Header;
use crate::config::{ChainConfig, ParamDefaults};
use alloy_primitives::{Address, B256};

/// What execution knows of the block under way beyond Ethereum's fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockFacts {
    /// Chain id, for digests that modules check.
    pub chain_id: u64,
    /// Block number.
    pub number: u64,
    /// Block time in ms.
    pub time_ms: u64,
    /// Gas limit of the block.
    pub gas_limit: u64,
    /// Base fee, wei per gas.
    pub base_fee_wei: u64,
    /// Randomness.
    pub mix: B256,
    /// Who earns the tips.
    pub beneficiary: Address,
    /// Defaults of the chain parameters.
    pub params: ParamDefaults,
}

impl BlockFacts {
    /// The facts of a block with this header.
    pub fn of(config: &ChainConfig, header: &Header) -> Self {
        Self {
            chain_id: config.chain_id,
            number: header.number,
            time_ms: super::header::time_ms(header)
                .unwrap_or_else(|| header.timestamp.saturating_mul(1000)),
            gas_limit: header.gas_limit,
            base_fee_wei: header.base_fee_per_gas.unwrap_or(0),
            mix: header.mix_hash,
            beneficiary: header.beneficiary,
            params: config.params,
        }
    }
}
