//! What makes a chain this chain: id, fork rules, fees, limits, parameters, first validators (rule A.7).
//!
//! `btt-genesis` builds and validates it; the runtime only reads it.

use crate::{features, primitives::limits};
use alloy_primitives::{Address, B256, FixedBytes};
use revm::primitives::hardfork::SpecId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The Ethereum rules a chain runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fork {
    /// Rules of 2024-03.
    Cancun,
    /// Rules of 2025-05.
    Prague,
    /// Rules of 2025-12; what every preset runs.
    Osaka,
    /// Older rules, for Ethereum's own state tests only: not accepted in a chain spec.
    #[serde(skip)]
    Historic(SpecId),
}

impl Fork {
    /// The fork as revm names it.
    pub fn spec_id(self) -> SpecId {
        match self {
            Self::Cancun => SpecId::CANCUN,
            Self::Prague => SpecId::PRAGUE,
            Self::Osaka => SpecId::OSAKA,
            Self::Historic(spec) => spec,
        }
    }
}

/// Where fees go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fees {
    /// Base fee and tip to the fee pool: nothing is burnt.
    Pool,
    /// Base fee burnt, tip to the block's beneficiary: Ethereum's rule, for its state tests.
    Ethereum,
}

/// A validator as genesis names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Validator {
    /// Compressed secp256k1 public key of its consensus key.
    pub public_key: FixedBytes<33>,
    /// Account that operates it.
    pub operator: Address,
    /// Voting power: whole BTT of stake (rule A.8).
    pub power: u64,
}

/// Everything that execution depends on and that no block changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainConfig {
    /// EIP-155 id.
    pub chain_id: u64,
    /// Ethereum rules.
    pub fork: Fork,
    /// Where fees go.
    pub fees: Fees,
    /// Whether native modules answer at their addresses.
    pub modules: bool,
    /// Whether legacy transactions must carry the chain id.
    pub require_replay_protection: bool,
    /// Most gas one transaction may ask for (EIP-7825); `None` before Osaka.
    pub tx_gas_limit_cap: Option<u64>,
    /// Defaults of the chain parameters.
    pub params: ParamDefaults,
    /// Names of the features that this node knows; what it proposes says so.
    pub features: BTreeSet<String>,
    /// Validators of the first blocks, as genesis names them. Later ones come from staking's state, where it
    /// holds epochs ([`crate::executor::validator_sets`]).
    pub validators: Vec<Validator>,
    /// Sets that replace them, whatever state holds, each from the height that is its key on: simulations
    /// plan other sets by it.
    pub validator_changes: BTreeMap<u64, Vec<Validator>>,
}

/// What the chain parameters are until governance changes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ParamDefaults {
    /// Gas limit of a block.
    pub block_gas_limit: u64,
    /// The base fee never falls below this, in wei.
    pub min_base_fee_wei: u64,
    /// Longest time between two blocks that validators aim at, in ms.
    pub max_block_interval_ms: u64,
    /// Refundable deposit of a persistent record, in wei for each 32-byte slot.
    #[serde(with = "crate::primitives::amount::decimal")]
    pub storage_deposit_wei_per_slot: u128,
}

impl ChainConfig {
    /// A chain with every rule on, for `chain_id`.
    pub fn new(chain_id: u64, params: ParamDefaults, validators: Vec<Validator>) -> Self {
        Self {
            chain_id,
            fork: Fork::Osaka,
            fees: Fees::Pool,
            modules: true,
            require_replay_protection: true,
            tx_gas_limit_cap: Some(limits::TX_GAS_LIMIT_CAP),
            params,
            features: features::KNOWN.iter().map(|name| (*name).to_owned()).collect(),
            validators,
            validator_changes: BTreeMap::new(),
        }
    }

    /// What a block of this node says of the features that it knows: their ids, rising.
    pub fn signals(&self) -> Vec<B256> {
        let ids: BTreeSet<B256> = self.features.iter().map(|name| features::id(name)).collect();
        ids.into_iter().take(limits::MAX_SIGNALS).collect()
    }

    /// The validators that decide block `height` where state does not say it, in canonical order.
    pub fn scheduled_validators(&self, height: u64) -> &[Validator] {
        let newest = self.validator_changes.range(..=height).next_back();
        newest.map_or(&self.validators, |(_, set)| set)
    }
}
