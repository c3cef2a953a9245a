//! What tests of modules share.

use crate::{
    block::BlockFacts,
    config::{
        ChainConfig, ChannelDefaults, GovernanceDefaults, MarketDefaults, ParamDefaults,
        StakingDefaults,
    },
    primitives::{DEV_CHAIN_ID, addresses::FEE_POOL},
};
use alloy_primitives::B256;

pub(crate) const DEFAULTS: ParamDefaults = ParamDefaults {
    block_gas_limit: 60_000_000,
    min_base_fee_wei: 1_000_000_000,
    max_block_interval_ms: 1_000,
    storage_deposit_wei_per_slot: 0,
    staking: StakingDefaults { min_signed_bps: 5_000, ..StakingDefaults::LOCAL },
    channels: ChannelDefaults::LOCAL,
    market: MarketDefaults::LOCAL,
    governance: GovernanceDefaults::LOCAL,
};

/// A dev chain without validators.
pub(crate) fn config() -> ChainConfig {
    ChainConfig::new(DEV_CHAIN_ID, DEFAULTS, Vec::new())
}

/// Facts of block `number`.
pub(crate) fn facts(number: u64) -> BlockFacts {
    BlockFacts {
        chain_id: DEV_CHAIN_ID,
        number,
        time_ms: 1_000 * number,
        gas_limit: DEFAULTS.block_gas_limit,
        base_fee_wei: DEFAULTS.min_base_fee_wei,
        mix: B256::ZERO,
        beneficiary: FEE_POOL,
        params: DEFAULTS,
        consensus: Default::default(),
        recovered: Default::default(),
    }
}
