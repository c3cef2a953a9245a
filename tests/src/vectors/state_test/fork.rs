//! How the test files call Ethereum's forks.

use btt_runtime::{
    config::{ChainConfig, Fees, Fork, ParamDefaults},
    primitives::limits::TX_GAS_LIMIT_CAP,
};
use revm::primitives::hardfork::SpecId;

/// Chain id of Ethereum, for which the files' transactions are signed.
pub(super) const ETHEREUM_CHAIN_ID: u64 = 1;

/// The fork of a name; `Err` says why its cases cannot run here.
pub(super) fn by_name(name: &str) -> Result<SpecId, &'static str> {
    match name {
        "Byzantium" => Ok(SpecId::BYZANTIUM),
        "Constantinople" => Err("Constantinople never was live: EIP-1283"),
        "ConstantinopleFix" => Ok(SpecId::PETERSBURG),
        "EIP158" => Ok(SpecId::SPURIOUS_DRAGON),
        "Istanbul" => Ok(SpecId::ISTANBUL),
        "Berlin" => Ok(SpecId::BERLIN),
        "London" => Ok(SpecId::LONDON),
        "Paris" | "Merge" => Ok(SpecId::MERGE),
        "Shanghai" => Ok(SpecId::SHANGHAI),
        "Cancun" => Ok(SpecId::CANCUN),
        "Prague" => Ok(SpecId::PRAGUE),
        "Osaka" => Ok(SpecId::OSAKA),
        "Frontier" | "Homestead" | "EIP150" => {
            Err("the state keeps no empty accounts, as before EIP-161")
        }
        _ => Err("unknown fork"),
    }
}

/// Ethereum itself, as far as this chain's executor can be it: fees burnt, no modules, no replay
/// protection.
pub(super) fn ethereum(spec: SpecId) -> ChainConfig {
    let params = ParamDefaults {
        block_gas_limit: u64::MAX,
        min_base_fee_wei: 0,
        max_block_interval_ms: 12_000,
        ..ParamDefaults::LOCAL
    };
    ChainConfig {
        fork: Fork::Historic(spec),
        fees: Fees::Ethereum,
        modules: false,
        require_replay_protection: false,
        tx_gas_limit_cap: spec.is_enabled_in(SpecId::OSAKA).then_some(TX_GAS_LIMIT_CAP),
        ..ChainConfig::new(ETHEREUM_CHAIN_ID, params, Vec::new())
    }
}
