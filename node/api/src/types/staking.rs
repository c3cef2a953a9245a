//! What `staking_` answers. Amounts are wei; shares are a validator's own unit; times are ms since 1970.

use alloy_primitives::{Address, Bytes, U256};
use serde::{Deserialize, Serialize};

/// Where a validator stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValidatorStatus {
    /// Stands for election; has no power in this epoch.
    Candidate,
    /// Decides blocks in this epoch.
    Active,
    /// Left out for downtime until it calls `unjail`.
    Jailed,
    /// Guilty of signing twice.
    Tombstoned,
    /// Away by its own word.
    Maintenance,
    /// Leaving, or gone.
    Exited,
}

/// A validator: `staking_validator`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StakingValidator {
    /// Account that operates it, and what it is known by.
    pub operator: Address,
    /// Where it stands.
    pub status: ValidatorStatus,
    /// Compressed consensus key.
    pub public_key: Bytes,
    /// Name, as its operator chose it; not unique.
    pub name: String,
    /// Where to read about it.
    pub website: String,
    /// What it keeps of its delegators' rewards, in hundredths of a percent.
    pub commission_bps: u16,
    /// The most it may ever keep.
    pub max_commission_bps: u16,
    /// The largest step of commission in a day.
    pub max_commission_change_bps: u16,
    /// Stake of all, in wei.
    pub stake_wei: U256,
    /// Its operator's part of that.
    pub self_stake_wei: U256,
    /// Shares of all.
    pub shares: U256,
    /// Voting power in this epoch: whole BTT.
    #[serde(with = "alloy_serde::quantity")]
    pub power: u64,
    /// Share of the epoch's power, in hundredths of a percent.
    pub share_bps: u32,
    /// Commission that is not claimed yet, in wei.
    pub commission_owed_wei: U256,
    /// Until when it is jailed; 0 if it is not.
    #[serde(with = "alloy_serde::quantity")]
    pub jailed_until_ms: u64,
    /// The first epoch after its maintenance; 0 without one.
    #[serde(with = "alloy_serde::quantity")]
    pub maintenance_until_epoch: u64,
    /// Whether it takes delegations of others.
    pub accepts_delegations: bool,
    /// Blocks of this epoch that it signed.
    pub signed_blocks: u32,
    /// Blocks of this epoch that it missed for certain.
    pub missed_blocks: u32,
}

/// A part of a list of validators: `staking_validators`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ValidatorPage {
    /// Candidates in the order of their places, then the others in the order of their creation.
    pub validators: Vec<StakingValidator>,
    /// How many the whole list has.
    #[serde(with = "alloy_serde::quantity")]
    pub total: u64,
}

/// A delegation and what it has earned: `staking_delegations`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delegation {
    /// To whom.
    pub validator: Address,
    /// Its name.
    pub validator_name: String,
    /// Where it stands.
    pub validator_status: ValidatorStatus,
    /// Shares held.
    pub shares: U256,
    /// What they are worth, in wei.
    pub stake_wei: U256,
    /// Part of the stake that earns from the next epoch on.
    pub entering_wei: U256,
    /// Part of the stake that was redelegated and cannot move yet.
    pub locked_wei: U256,
    /// Rewards that are not claimed yet, in wei.
    pub rewards_wei: U256,
    /// Entries on their way out.
    pub unbondings: u16,
}

/// Stake on its way out: `staking_unbonding`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unbonding {
    /// From whom.
    pub validator: Address,
    /// Its name.
    pub validator_name: String,
    /// How much, in wei.
    pub amount_wei: U256,
    /// It unlocks when this time has come …
    #[serde(with = "alloy_serde::quantity")]
    pub unlocks_at_ms: u64,
    /// … and this block.
    #[serde(with = "alloy_serde::quantity")]
    pub unlocks_at_block: u64,
    /// The validator is accused; nothing leaves until that is decided.
    pub is_frozen: bool,
    /// It can be withdrawn.
    pub is_unlocked: bool,
}

/// Stake that was redelegated and stays liable for its former validator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Redelegation {
    /// For whom it stays liable.
    pub from_validator: Address,
    /// Where it is.
    pub to_validator: Address,
    /// Shares of the new validator.
    pub shares: U256,
    /// It is free when this time has come …
    #[serde(with = "alloy_serde::quantity")]
    pub unlocks_at_ms: u64,
    /// … and this block.
    #[serde(with = "alloy_serde::quantity")]
    pub unlocks_at_block: u64,
}

/// All that a delegator has: `staking_delegator`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delegator {
    /// Whose it is.
    pub delegator: Address,
    /// Delegations, with what they have earned.
    pub delegations: Vec<Delegation>,
    /// Stake on its way out.
    pub unbondings: Vec<Unbonding>,
    /// Stake that was moved lately.
    pub redelegations: Vec<Redelegation>,
    /// Sums.
    pub totals: DelegatorTotals,
}

/// Sums over all that a delegator has, in wei.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DelegatorTotals {
    /// Delegated.
    pub stake_wei: U256,
    /// Rewards that are not claimed yet.
    pub rewards_wei: U256,
    /// On its way out, what can be withdrawn included.
    pub unbonding_wei: U256,
    /// What can be withdrawn now.
    pub withdrawable_wei: U256,
}

/// Rewards that are not claimed yet: `staking_rewards`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rewards {
    /// By validator.
    pub rewards: Vec<Reward>,
    /// Sum, in wei.
    pub total_wei: U256,
}

/// Rewards of one delegation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reward {
    /// From whom.
    pub validator: Address,
    /// Its name.
    pub validator_name: String,
    /// How much, in wei.
    pub amount_wei: U256,
}

/// The epoch under way: `staking_epoch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Epoch {
    /// Its number.
    #[serde(with = "alloy_serde::quantity")]
    pub number: u64,
    /// Its first block.
    #[serde(with = "alloy_serde::quantity")]
    pub first_block: u64,
    /// When that was.
    #[serde(with = "alloy_serde::quantity")]
    pub first_ms: u64,
    /// Its last block, at the earliest.
    #[serde(with = "alloy_serde::quantity")]
    pub last_block: u64,
    /// How many validators decide its blocks.
    pub validators: u16,
    /// Their power.
    #[serde(with = "alloy_serde::quantity")]
    pub total_power: u64,
    /// The block of this answer.
    #[serde(with = "alloy_serde::quantity")]
    pub block: u64,
    /// That block's time.
    #[serde(with = "alloy_serde::quantity")]
    pub block_ms: u64,
    /// When the next epoch begins if its blocks go on as they did; `null` where none has passed.
    #[serde(with = "alloy_serde::quantity::opt")]
    pub next_expected_ms: Option<u64>,
}

/// Why a validator was slashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SlashReason {
    /// It signed two things that exclude each other.
    SignedTwice,
    /// It missed too many blocks.
    Downtime,
    /// One that this program does not know.
    Unknown,
}

/// What became of a slash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SlashState {
    /// The stake is set aside; governance may cancel.
    Open,
    /// The stake is gone.
    Burnt,
    /// Governance gave the stake back.
    Cancelled,
    /// One that this program does not know.
    Unknown,
}

/// A slash: `staking_slashes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Slash {
    /// Who.
    pub validator: Address,
    /// Why.
    pub reason: SlashReason,
    /// What became of it.
    pub state: SlashState,
    /// What is lost, in parts of 10¹⁸ of the stake.
    #[serde(with = "alloy_serde::quantity")]
    pub fraction: u64,
    /// What is lost, in wei.
    pub amount_wei: U256,
    /// Block of the deed.
    #[serde(with = "alloy_serde::quantity")]
    pub infraction_block: u64,
    /// Block that brought the proof.
    #[serde(with = "alloy_serde::quantity")]
    pub accepted_block: u64,
    /// Time of that block.
    #[serde(with = "alloy_serde::quantity")]
    pub accepted_ms: u64,
    /// When an open one is burnt unless governance cancels it.
    #[serde(with = "alloy_serde::quantity")]
    pub decided_at_ms: u64,
}

/// Sums over all validators: `staking_totals`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StakingTotals {
    /// Stake of all, in wei.
    pub bonded_wei: U256,
    /// On its way out, in wei.
    pub unbonding_wei: U256,
    /// Rewards that nobody has claimed yet, in wei.
    pub rewards_wei: U256,
    /// Set aside by open slashes, in wei.
    pub slash_escrow_wei: U256,
    /// Validators that stand for election.
    pub candidates: u16,
}
