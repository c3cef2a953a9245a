//! What governance may change about staking.

use crate::{
    modules::params::Param,
    primitives::{SUPPLY_WEI, WEI_PER_BTT},
};

/// All of them, in the order in which views list them.
pub static PARAMS: &[Param] = &[
    EPOCH_BLOCKS,
    MAX_VALIDATORS,
    MIN_SELF_STAKE,
    MIN_DELEGATION,
    DELEGATION_CAP,
    UNBONDING,
    EVIDENCE_AGE,
    SLASH_DEFERRAL,
    DOUBLE_SIGN_SLASH,
    CORRELATION,
    DOWNTIME_SLASH,
    MIN_SIGNED,
    JAIL,
    MAX_MAINTENANCE,
    CHURN_PER_EPOCH,
    CHURN_PER_DAY,
    EMISSION,
    PROPOSER_BONUS,
];

const YEAR_S: u128 = 31_536_000;

/// Blocks of an epoch. Not below 10: late precommits must reach back one epoch at most. Not above what a
/// validator's counters hold.
pub const EPOCH_BLOCKS: Param = Param {
    name: "epochBlocks",
    unit: "blocks",
    min: 10,
    max: 50_000,
    default: |d| d.staking.epoch_blocks as u128,
};
/// Most validators in the active set.
pub const MAX_VALIDATORS: Param = Param {
    name: "maxValidators",
    unit: "validators",
    min: 1,
    max: 256,
    default: |d| d.staking.max_validators as u128,
};
/// A validator with less stake of its own is not elected.
pub const MIN_SELF_STAKE: Param = Param {
    name: "minSelfStakeWei",
    unit: "wei",
    min: WEI_PER_BTT,
    max: SUPPLY_WEI / 1000,
    default: |d| d.staking.min_self_stake_wei,
};
/// Least delegation. It is also the deposit of its record: who holds less than this takes all out.
pub const MIN_DELEGATION: Param = Param {
    name: "minDelegationWei",
    unit: "wei",
    min: 1_000_000_000,
    max: 1_000_000 * WEI_PER_BTT,
    default: |d| d.staking.min_delegation_wei,
};
/// A validator with this share of all stake accepts no more of others, and earns for no more.
pub const DELEGATION_CAP: Param = Param {
    name: "delegationCapBps",
    unit: "1/10,000 of all stake",
    min: 100,
    max: 10_000,
    default: |d| d.staking.delegation_cap_bps as u128,
};
/// How long stake that leaves stays liable.
pub const UNBONDING: Param = Param {
    name: "unbondingS",
    unit: "seconds",
    min: 10,
    max: YEAR_S,
    default: |d| d.staking.unbonding_s as u128,
};
/// Older evidence counts no more.
pub const EVIDENCE_AGE: Param = Param {
    name: "evidenceAgeS",
    unit: "seconds",
    min: 1,
    max: YEAR_S,
    default: |d| d.staking.evidence_age_s as u128,
};
/// How long governance may cancel a slash.
pub const SLASH_DEFERRAL: Param = Param {
    name: "slashDeferralS",
    unit: "seconds",
    min: 1,
    max: YEAR_S,
    default: |d| d.staking.slash_deferral_s as u128,
};
/// What signing twice costs who does it alone.
pub const DOUBLE_SIGN_SLASH: Param = Param {
    name: "doubleSignSlashBps",
    unit: "1/10,000 of the stake",
    min: 1,
    max: 10_000,
    default: |d| d.staking.double_sign_slash_bps as u128,
};
/// How many times the other offenders' share of the power is added to it.
pub const CORRELATION: Param = Param {
    name: "slashCorrelation",
    unit: "times",
    min: 0,
    max: 10,
    default: |d| d.staking.slash_correlation as u128,
};
/// What downtime costs.
pub const DOWNTIME_SLASH: Param = Param {
    name: "downtimeSlashPpm",
    unit: "1/1,000,000 of the stake",
    min: 0,
    max: 10_000,
    default: |d| d.staking.downtime_slash_ppm as u128,
};
/// Who signs less of an epoch's blocks is jailed.
pub const MIN_SIGNED: Param = Param {
    name: "minSignedBps",
    unit: "1/10,000 of an epoch's blocks",
    min: 0,
    max: 9_000,
    default: |d| d.staking.min_signed_bps as u128,
};
/// How long a jailed validator must stay away.
pub const JAIL: Param = Param {
    name: "jailS",
    unit: "seconds",
    min: 1,
    max: YEAR_S,
    default: |d| d.staking.jail_s as u128,
};
/// Longest declared maintenance.
pub const MAX_MAINTENANCE: Param = Param {
    name: "maxMaintenanceEpochs",
    unit: "epochs",
    min: 0,
    max: 10_000,
    default: |d| d.staking.max_maintenance_epochs as u128,
};
/// Most power that may change in an epoch.
pub const CHURN_PER_EPOCH: Param = Param {
    name: "churnPerEpochBps",
    unit: "1/10,000 of the power",
    min: 100,
    max: 2_500,
    default: |d| d.staking.churn_per_epoch_bps as u128,
};
/// Most power that may change in a day.
pub const CHURN_PER_DAY: Param = Param {
    name: "churnPerDayBps",
    unit: "1/10,000 of the power",
    min: 100,
    max: 3_333,
    default: |d| d.staking.churn_per_day_bps as u128,
};
/// What the emission reserve pays in a year, of what it holds.
pub const EMISSION: Param = Param {
    name: "emissionPerYearBps",
    unit: "1/10,000 of the reserve",
    min: 0,
    max: 10_000,
    default: |d| d.staking.emission_per_year_bps as u128,
};
/// Part of the rewards that goes to proposers, by the power whose precommits they include.
pub const PROPOSER_BONUS: Param = Param {
    name: "proposerBonusBps",
    unit: "1/10,000 of the rewards",
    min: 0,
    max: 2_000,
    default: |d| d.staking.proposer_bonus_bps as u128,
};
