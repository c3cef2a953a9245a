//! What governance may change about itself, and what must hold between parameters.

use super::super::{
    params::{MAX_BLOCK_INTERVAL, Param},
    staking::params::{EPOCH_BLOCKS, EVIDENCE_AGE, SLASH_DEFERRAL, UNBONDING},
};
use crate::primitives::SUPPLY_WEI;

/// All of them, in the order in which views list them.
pub(super) static PARAMS: &[Param] = &[
    PROPOSAL_DEPOSIT,
    EXPEDITED_DEPOSIT_TIMES,
    DEPOSIT_PERIOD,
    VOTING_PERIOD,
    EXPEDITED_VOTING_PERIOD,
    ENACTMENT_DELAY,
    QUORUM,
    THRESHOLD,
    EXPEDITED_THRESHOLD,
    VETO,
];

const YEAR_S: u128 = 31_536_000;

/// Deposit that starts the vote.
pub(super) const PROPOSAL_DEPOSIT: Param = Param {
    name: "proposalDepositWei",
    unit: "wei",
    min: 1_000_000_000_000_000_000,
    max: SUPPLY_WEI / 1000,
    default: |d| d.governance.proposal_deposit_wei,
};
/// An expedited proposal needs so many times the deposit.
pub(super) const EXPEDITED_DEPOSIT_TIMES: Param = Param {
    name: "expeditedDepositTimes",
    unit: "times",
    min: 1,
    max: 100,
    default: |d| d.governance.expedited_deposit_times as u128,
};
/// How long a proposal may collect its deposit.
pub(super) const DEPOSIT_PERIOD: Param = Param {
    name: "depositPeriodS",
    unit: "seconds",
    min: 1,
    max: YEAR_S,
    default: |d| d.governance.deposit_period_s as u128,
};
/// How long a proposal is voted on.
pub(super) const VOTING_PERIOD: Param = Param {
    name: "votingPeriodS",
    unit: "seconds",
    min: 1,
    max: YEAR_S,
    default: |d| d.governance.voting_period_s as u128,
};
/// The same for an expedited one.
pub(super) const EXPEDITED_VOTING_PERIOD: Param = Param {
    name: "expeditedVotingPeriodS",
    unit: "seconds",
    min: 1,
    max: YEAR_S,
    default: |d| d.governance.expedited_voting_period_s as u128,
};
/// Time between a vote and its effect.
pub(super) const ENACTMENT_DELAY: Param = Param {
    name: "enactmentDelayS",
    unit: "seconds",
    min: 1,
    max: YEAR_S,
    default: |d| d.governance.enactment_delay_s as u128,
};
/// Least part of all stake that must vote.
pub(super) const QUORUM: Param = Param {
    name: "quorumBps",
    unit: "1/10,000 of all stake",
    min: 1_000,
    max: 9_000,
    default: |d| d.governance.quorum_bps as u128,
};
/// More than this part of yes and no must say yes.
pub(super) const THRESHOLD: Param = Param {
    name: "thresholdBps",
    unit: "1/10,000 of yes and no",
    min: 5_000,
    max: 9_000,
    default: |d| d.governance.threshold_bps as u128,
};
/// The same for an expedited proposal, and for one that cancels a slash.
pub(super) const EXPEDITED_THRESHOLD: Param = Param {
    name: "expeditedThresholdBps",
    unit: "1/10,000 of yes and no",
    min: 5_000,
    max: 9_000,
    default: |d| d.governance.expedited_threshold_bps as u128,
};
/// At this part of all votes a veto rejects and burns the deposits.
pub(super) const VETO: Param = Param {
    name: "vetoBps",
    unit: "1/10,000 of all votes",
    min: 1_000,
    max: 9_000,
    default: |d| d.governance.veto_bps as u128,
};

/// What must hold between parameters (rule F.3): stake on its way out must not escape evidence and its
/// deferral, nor vote twice. `value_of` gives a parameter's value.
///
/// # Errors
/// The parameter to blame and a sentence that says why.
pub fn check_together<E>(
    mut value_of: impl FnMut(&Param) -> Result<u128, E>,
) -> Result<Result<(), (&'static str, String)>, E> {
    let epoch_ms = value_of(&EPOCH_BLOCKS)?.saturating_mul(value_of(&MAX_BLOCK_INTERVAL)?);
    let epoch_s = epoch_ms.div_ceil(1000);
    let unbonding_s = value_of(&UNBONDING)?;
    let liable_s =
        value_of(&EVIDENCE_AGE)?.saturating_add(value_of(&SLASH_DEFERRAL)?).saturating_add(epoch_s);
    if unbonding_s < liable_s {
        return Ok(Err((
            UNBONDING.name,
            format!(
                "{unbonding_s} s is less than evidenceAgeS + slashDeferralS + one epoch at maxBlockIntervalMs, \
                 {liable_s} s"
            ),
        )));
    }
    let voting_s = value_of(&VOTING_PERIOD)?.max(value_of(&EXPEDITED_VOTING_PERIOD)?);
    if unbonding_s <= voting_s {
        return Ok(Err((
            UNBONDING.name,
            format!("{unbonding_s} s is not above the longest voting period, {voting_s} s"),
        )));
    }
    Ok(Ok(()))
}
