//! Every parameter: name, unit, range, and where its default stands in the chain spec.

use crate::{
    config::ParamDefaults,
    modules::{NATIVE, channels::params::LANE_SHARE},
    primitives::{SUPPLY_WEI, limits},
};
use alloy_primitives::U256;

/// A parameter that governance may change.
#[derive(Debug)]
pub struct Param {
    /// Its name, unit last.
    pub name: &'static str,
    /// The unit in words.
    pub unit: &'static str,
    /// Least allowed.
    pub min: u128,
    /// Most allowed.
    pub max: u128,
    /// Its value in the chain spec.
    pub default: fn(&ParamDefaults) -> u128,
}

/// Parameters of the chain itself, in the order in which views list them.
pub(super) static CHAIN: &[Param] =
    &[BLOCK_GAS_LIMIT, MIN_BASE_FEE, MAX_BLOCK_INTERVAL, STORAGE_DEPOSIT];

/// All parameters of the chain and its modules.
pub fn registry() -> impl Iterator<Item = &'static Param> {
    NATIVE.iter().flat_map(|module| module.params())
}

const BLOCK_GAS_LIMIT: Param = Param {
    name: "blockGasLimit",
    unit: "gas",
    min: limits::TX_GAS_LIMIT_CAP as u128,
    max: 1 << 40,
    default: |d| d.block_gas_limit as u128,
};
const MIN_BASE_FEE: Param = Param {
    name: "minBaseFeeWei",
    unit: "wei per gas",
    min: 1,
    max: 1_000_000_000_000_000,
    default: |d| d.min_base_fee_wei as u128,
};
/// Longest time between two blocks that validators aim at.
pub const MAX_BLOCK_INTERVAL: Param = Param {
    name: "maxBlockIntervalMs",
    unit: "milliseconds",
    min: 100,
    max: 3_600_000,
    default: |d| d.max_block_interval_ms as u128,
};
/// Refundable deposit of a persistent record.
pub const STORAGE_DEPOSIT: Param = Param {
    name: "storageDepositWeiPerSlot",
    unit: "wei per 32-byte slot",
    min: 0,
    max: SUPPLY_WEI,
    default: |d| d.storage_deposit_wei_per_slot,
};

/// The parameter called `name`.
pub fn find(name: &str) -> Option<&'static Param> {
    registry().find(|param| param.name == name)
}

impl Param {
    /// Whether `value` lies in the range.
    pub fn allows(&self, value: U256) -> bool {
        value >= U256::from(self.min) && value <= U256::from(self.max)
    }
}

/// The values in force for one block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParamValues {
    /// Gas limit of the block.
    pub block_gas_limit: u64,
    /// The base fee never falls below this, in wei.
    pub min_base_fee_wei: u64,
    /// Longest time between two blocks, in ms.
    pub max_block_interval_ms: u64,
    /// Deposit of a persistent record, in wei for each slot.
    pub storage_deposit_wei_per_slot: u128,
    /// Part of a block's gas that is kept for payments, in 1/10,000.
    pub lane_share_bps: u16,
}

impl ParamValues {
    /// Collects the values; `value_of` gives each by its definition.
    pub(super) fn collect<E>(
        mut value_of: impl FnMut(&Param) -> Result<u128, E>,
    ) -> Result<Self, E> {
        let narrow = |value: u128| u64::try_from(value).unwrap_or(u64::MAX);
        Ok(Self {
            block_gas_limit: narrow(value_of(&BLOCK_GAS_LIMIT)?),
            min_base_fee_wei: narrow(value_of(&MIN_BASE_FEE)?),
            max_block_interval_ms: narrow(value_of(&MAX_BLOCK_INTERVAL)?),
            storage_deposit_wei_per_slot: value_of(&STORAGE_DEPOSIT)?,
            lane_share_bps: u16::try_from(value_of(&LANE_SHARE)?).unwrap_or(u16::MAX),
        })
    }
}
