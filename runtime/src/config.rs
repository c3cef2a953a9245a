//! What makes a chain this chain: id, fork rules, fees, limits, parameters, first validators (rule A.7).
//!
//! `btt-genesis` builds and validates it; the runtime only reads it.

use crate::{
    features,
    primitives::{WEI_PER_BTT, limits},
};
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
    /// Of the `staking` module.
    pub staking: StakingDefaults,
    /// Of the `channels` module.
    pub channels: ChannelDefaults,
    /// Of the `market` module.
    pub market: MarketDefaults,
    /// Of the `governance` module.
    pub governance: GovernanceDefaults,
}

impl ParamDefaults {
    /// The values of a network on one machine, with records that are free to keep.
    pub const LOCAL: Self = Self {
        block_gas_limit: 60_000_000,
        min_base_fee_wei: 1_000_000_000,
        max_block_interval_ms: 1_000,
        storage_deposit_wei_per_slot: 0,
        staking: StakingDefaults::LOCAL,
        channels: ChannelDefaults::LOCAL,
        market: MarketDefaults::LOCAL,
        governance: GovernanceDefaults::LOCAL,
    };
}

/// What `modules/staking/params.rs` says of each holds here too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is documented at the parameter of its name")]
pub struct StakingDefaults {
    pub epoch_blocks: u64,
    pub max_validators: u16,
    #[serde(with = "crate::primitives::amount::decimal")]
    pub min_self_stake_wei: u128,
    #[serde(with = "crate::primitives::amount::decimal")]
    pub min_delegation_wei: u128,
    pub delegation_cap_bps: u16,
    pub unbonding_s: u64,
    pub evidence_age_s: u64,
    pub slash_deferral_s: u64,
    pub double_sign_slash_bps: u16,
    pub slash_correlation: u16,
    pub downtime_slash_ppm: u32,
    pub min_signed_bps: u16,
    pub jail_s: u64,
    pub max_maintenance_epochs: u64,
    pub churn_per_epoch_bps: u16,
    pub churn_per_day_bps: u16,
    pub emission_per_year_bps: u16,
    pub proposer_bonus_bps: u16,
}

/// What `modules/channels/params.rs` says of each holds here too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is documented at the parameter of its name")]
pub struct ChannelDefaults {
    #[serde(with = "crate::primitives::amount::decimal")]
    pub min_deposit_wei: u128,
    pub min_grace_s: u32,
    pub max_grace_s: u32,
    pub max_channels_per_payer: u32,
    pub max_channels_per_pair: u32,
    pub max_tower_tip_bps: u16,
    pub lane_share_bps: u16,
}

/// What `modules/market/params.rs` says of each holds here too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is documented at the parameter of its name")]
pub struct MarketDefaults {
    pub commit_blocks: u16,
    pub commit_ms: u32,
    pub reveal_blocks: u16,
    pub reveal_ms: u32,
    pub clearing_blocks: u16,
    pub clearing_ms: u32,
    pub lease_s: u32,
    pub receipt_s: u32,
    pub fee_bps: u16,
    pub penalty_bps: u16,
    pub min_ask_ticks: u64,
    #[serde(with = "crate::primitives::amount::decimal")]
    pub book_fee_wei: u128,
}

/// What `modules/governance/params.rs` says of each holds here too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is documented at the parameter of its name")]
pub struct GovernanceDefaults {
    #[serde(with = "crate::primitives::amount::decimal")]
    pub proposal_deposit_wei: u128,
    pub expedited_deposit_times: u16,
    pub deposit_period_s: u64,
    pub voting_period_s: u64,
    pub expedited_voting_period_s: u64,
    pub enactment_delay_s: u64,
    pub quorum_bps: u16,
    pub threshold_bps: u16,
    pub expedited_threshold_bps: u16,
    pub veto_bps: u16,
}

impl StakingDefaults {
    /// The values of a public network.
    pub const PUBLIC: Self = Self {
        epoch_blocks: 600,
        max_validators: 100,
        min_self_stake_wei: 1_000 * WEI_PER_BTT,
        min_delegation_wei: 10 * WEI_PER_BTT,
        delegation_cap_bps: 2_000,
        unbonding_s: 21 * 86_400,
        evidence_age_s: 14 * 86_400,
        slash_deferral_s: 5 * 86_400,
        double_sign_slash_bps: 500,
        slash_correlation: 3,
        downtime_slash_ppm: 100,
        min_signed_bps: 5_000,
        jail_s: 600,
        max_maintenance_epochs: 144,
        churn_per_epoch_bps: 2_500,
        churn_per_day_bps: 3_333,
        emission_per_year_bps: 1_000,
        proposer_bonus_bps: 500,
    };
    /// The values of a network on one machine: epochs of 20 blocks, and two of them to unbond. Nobody is
    /// jailed where nodes are stopped and started at will; a vote on `minSignedBps` changes that.
    pub const LOCAL: Self = Self {
        epoch_blocks: 20,
        min_self_stake_wei: WEI_PER_BTT,
        min_delegation_wei: WEI_PER_BTT,
        delegation_cap_bps: 10_000,
        unbonding_s: 40,
        evidence_age_s: 10,
        slash_deferral_s: 10,
        min_signed_bps: 0,
        jail_s: 10,
        ..Self::PUBLIC
    };
}

impl ChannelDefaults {
    /// The values of a public network.
    pub const PUBLIC: Self = Self {
        min_deposit_wei: 10 * WEI_PER_BTT,
        min_grace_s: 900,
        max_grace_s: 7 * 86_400,
        max_channels_per_payer: 4_096,
        max_channels_per_pair: 8,
        max_tower_tip_bps: 100,
        lane_share_bps: 2_500,
    };
    /// The values of a network on one machine: a grace of seconds, so that a channel's whole life can be seen.
    pub const LOCAL: Self =
        Self { min_deposit_wei: WEI_PER_BTT / 1_000, min_grace_s: 2, ..Self::PUBLIC };
}

impl MarketDefaults {
    /// The values of a public network.
    pub const PUBLIC: Self = Self {
        commit_blocks: 9,
        commit_ms: 27_000,
        reveal_blocks: 7,
        reveal_ms: 21_000,
        clearing_blocks: 3,
        clearing_ms: 9_000,
        lease_s: 60,
        receipt_s: 60,
        fee_bps: 200,
        penalty_bps: 2_000,
        min_ask_ticks: 1,
        book_fee_wei: WEI_PER_BTT / 100,
    };
    /// The values of a network on one machine: an epoch of seconds, so that a lease's whole life can be seen.
    pub const LOCAL: Self = Self {
        commit_blocks: 4,
        commit_ms: 2_000,
        reveal_blocks: 4,
        reveal_ms: 2_000,
        clearing_ms: 1_000,
        lease_s: 10,
        receipt_s: 10,
        book_fee_wei: 0,
        ..Self::PUBLIC
    };
}

impl GovernanceDefaults {
    /// The values of a public network.
    pub const PUBLIC: Self = Self {
        proposal_deposit_wei: 10_000_000 * WEI_PER_BTT,
        expedited_deposit_times: 5,
        deposit_period_s: 7 * 86_400,
        voting_period_s: 7 * 86_400,
        expedited_voting_period_s: 86_400,
        enactment_delay_s: 2 * 86_400,
        quorum_bps: 3_340,
        threshold_bps: 5_000,
        expedited_threshold_bps: 6_667,
        veto_bps: 3_340,
    };
    /// The values of a network on one machine.
    pub const LOCAL: Self = Self {
        proposal_deposit_wei: 1_000 * WEI_PER_BTT,
        deposit_period_s: 30,
        voting_period_s: 20,
        expedited_voting_period_s: 10,
        enactment_delay_s: 5,
        ..Self::PUBLIC
    };
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
