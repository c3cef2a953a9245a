//! What `gov_` answers. Weights are wei of stake; times are ms since 1970.

use super::ProposalAction;
use alloy_primitives::{Address, Bytes, U256};
use serde::{Deserialize, Serialize};

/// What a proposal does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ProposalKind {
    /// Changes chain parameters.
    ChangeParams,
    /// Pays out of the treasury.
    SpendTreasury,
    /// Turns new rules on.
    ActivateFeature,
    /// Cancels an open slash.
    CancelSlash,
    /// Lets a module whose hook failed work again.
    Unpause,
}

/// Where a proposal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ProposalStatus {
    /// Collects its deposit.
    Deposit,
    /// Is voted on.
    Voting,
    /// Has passed; takes effect after a delay.
    Passed,
    /// Too few said yes.
    Rejected,
    /// A third vetoed it; its deposits are burnt.
    Vetoed,
    /// Too few voted.
    NoQuorum,
    /// Its deposit did not come together in time.
    Expired,
    /// Has taken effect.
    Enacted,
    /// Could not take effect.
    Failed,
}

/// A vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum VoteChoice {
    /// No vote.
    None,
    /// For it.
    Yes,
    /// Against it.
    No,
    /// Against it, and its deposits shall be burnt.
    NoWithVeto,
    /// Counts for the quorum only.
    Abstain,
}

/// A proposal: `gov_proposal`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proposal {
    /// Its number.
    #[serde(with = "alloy_serde::quantity")]
    pub id: u64,
    /// What it does.
    pub kind: ProposalKind,
    /// The same in detail; `null` where the payload is damaged.
    pub action: Option<ProposalAction>,
    /// The detail as the chain holds it.
    pub payload: Bytes,
    /// Where it stands.
    pub status: ProposalStatus,
    /// Whether it is on the short track.
    pub is_expedited: bool,
    /// Who made it.
    pub proposer: Address,
    /// In a line.
    pub title: String,
    /// Deposits so far, in wei.
    pub deposit_wei: U256,
    /// Deposits with which voting starts, in wei.
    pub needed_deposit_wei: U256,
    /// When it was made.
    #[serde(with = "alloy_serde::quantity")]
    pub submitted_ms: u64,
    /// Its status ends at the earliest when this time has come …
    #[serde(with = "alloy_serde::quantity")]
    pub ends_at_ms: u64,
    /// … and this block.
    #[serde(with = "alloy_serde::quantity")]
    pub ends_at_block: u64,
    /// Weight of those for it.
    pub yes_wei: U256,
    /// Weight of those against it.
    pub no_wei: U256,
    /// Weight of those against it with a veto.
    pub veto_wei: U256,
    /// Weight of those who abstain.
    pub abstain_wei: U256,
    /// Stake that counts for the quorum.
    pub total_wei: U256,
    /// Why it could not take effect; empty otherwise.
    pub failure: String,
}

/// A part of the list of proposals, newest first: `gov_proposals`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProposalPage {
    /// The proposals.
    pub proposals: Vec<Proposal>,
    /// How many the whole list has.
    #[serde(with = "alloy_serde::quantity")]
    pub total: u64,
}

/// The votes of a proposal counted: `gov_tally`. Shares are hundredths of a percent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// Which proposal.
    #[serde(with = "alloy_serde::quantity")]
    pub id: u64,
    /// Where it stands.
    pub status: ProposalStatus,
    /// Weight of those for it.
    pub yes_wei: U256,
    /// Weight of those against it.
    pub no_wei: U256,
    /// Weight of those against it with a veto.
    pub veto_wei: U256,
    /// Weight of those who abstain.
    pub abstain_wei: U256,
    /// Stake that counts for the quorum.
    pub total_wei: U256,
    /// Share of the stake that has voted …
    pub turnout_bps: u32,
    /// … and that must.
    pub quorum_bps: u32,
    /// Share of yes among all but abstentions …
    pub yes_bps: u32,
    /// … that it must be above.
    pub threshold_bps: u32,
    /// Share of vetoes among all votes …
    pub veto_bps: u32,
    /// … with which it is vetoed.
    pub veto_threshold_bps: u32,
    /// Whether it would pass if voting ended now.
    pub would_pass: bool,
}

/// A chain parameter that a vote may change: `gov_params`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GovParam {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: U256,
    /// Least allowed.
    pub min: U256,
    /// Most allowed.
    pub max: U256,
    /// Its value in the chain's spec.
    #[serde(rename = "default")]
    pub default_value: U256,
    /// Its unit in words.
    pub unit: String,
}

/// A feature that a vote turned on: `gov_features`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Feature {
    /// Its name.
    pub name: String,
    /// The least version of `bttd` that knows it.
    pub min_version: String,
    /// Power of validators that signal it.
    #[serde(with = "alloy_serde::quantity")]
    pub ready_power: u64,
    /// Power of all.
    #[serde(with = "alloy_serde::quantity")]
    pub total_power: u64,
    /// First block under the new rules; `null` while validators are not ready.
    #[serde(with = "alloy_serde::quantity::opt")]
    pub activation_block: Option<u64>,
}

/// How an account takes part in a vote: `gov_votes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Votes {
    /// Which proposal.
    #[serde(with = "alloy_serde::quantity")]
    pub id: u64,
    /// Whose votes.
    pub voter: Address,
    /// What it has deposited, in wei.
    pub deposit_wei: U256,
    /// The vote of the validator that it operates; `null` without one or without a vote.
    pub as_validator: Option<CastVote>,
    /// Its delegations' own votes.
    pub delegations: Vec<CastVote>,
}

/// A vote and its weight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CastVote {
    /// The validator whose stake votes.
    pub validator: Address,
    /// For what.
    pub choice: VoteChoice,
    /// With how much, in wei.
    pub weight_wei: U256,
}
