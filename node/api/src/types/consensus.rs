//! What `consensus_` answers: who decides blocks, how far they are, who signed.

use alloy_primitives::{Address, B256, FixedBytes};
use serde::{Deserialize, Serialize};

/// What the node is for the decision under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConsensusRole {
    /// Its validator proposes in this round.
    Proposer,
    /// Its validator votes.
    Validator,
    /// It follows without a vote.
    Full,
}

/// How far a round is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConsensusStep {
    /// Between two blocks: the next height has not begun.
    Waiting,
    /// The proposal is being made or waited for.
    Propose,
    /// First vote.
    Prevote,
    /// Second vote.
    Precommit,
    /// Decided; the block is being executed and written.
    Commit,
}

/// Where consensus is: `consensus_status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsensusStatus {
    /// Height being decided.
    #[serde(with = "alloy_serde::quantity")]
    pub height: u64,
    /// Attempt at this height, from 0.
    #[serde(with = "alloy_serde::quantity")]
    pub round: u32,
    /// How far the round is.
    pub step: ConsensusStep,
    /// What the node is for it.
    pub role: ConsensusRole,
    /// Who proposes in this round, where the node knows.
    pub proposer: Option<Address>,
    /// The node's own validator.
    pub validator: Option<Address>,
    /// Its voting power; 0 if it has none.
    #[serde(with = "alloy_serde::quantity")]
    pub power: u64,
    /// Voting power of all.
    #[serde(with = "alloy_serde::quantity")]
    pub total_power: u64,
    /// Its share of the power, in hundredths of a percent.
    pub share_bps: u32,
    /// How many validators decide this height.
    pub validators: u32,
    /// Number of the newest final block.
    #[serde(with = "alloy_serde::quantity")]
    pub head_number: u64,
    /// Its hash.
    pub head_hash: B256,
    /// Milliseconds since its time; `null` for block 0.
    pub since_block_ms: Option<u64>,
    /// Whether the node fetches blocks that others have decided.
    pub syncing: bool,
    /// Recent blocks whose certificate lacks the node's own validator.
    pub missed_recent: u32,
    /// How many recent blocks were looked at.
    pub recent_blocks: u32,
}

/// A height's validators: `consensus_validators`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ValidatorSet {
    /// The height that they decide.
    #[serde(with = "alloy_serde::quantity")]
    pub height: u64,
    /// Voting power of all.
    #[serde(with = "alloy_serde::quantity")]
    pub total_power: u64,
    /// How many blocks before it `signedRecent` and `missedRecent` count.
    pub recent_blocks: u32,
    /// In canonical order.
    pub validators: Vec<ValidatorInfo>,
}

/// A validator of a height.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ValidatorInfo {
    /// Place in the set, as certificates name it.
    pub index: u16,
    /// Address of the consensus key.
    pub address: Address,
    /// The consensus key, compressed.
    pub public_key: FixedBytes<33>,
    /// Account that operates it.
    pub operator: Address,
    /// Voting power.
    #[serde(with = "alloy_serde::quantity")]
    pub power: u64,
    /// Share of the power, in hundredths of a percent.
    pub share_bps: u32,
    /// Recent blocks whose certificate has its precommit.
    pub signed_recent: u32,
    /// Recent blocks that it could have signed and whose certificate lacks it.
    pub missed_recent: u32,
    /// Whether this node is connected to it; `null` where it cannot tell.
    pub connected: Option<bool>,
    /// Whether it is this node's own.
    pub is_self: bool,
}

/// Who made a block final: `consensus_commit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Commit {
    /// Block number.
    #[serde(with = "alloy_serde::quantity")]
    pub height: u64,
    /// Round that decided.
    #[serde(with = "alloy_serde::quantity")]
    pub round: u32,
    /// Block decided.
    pub block_hash: B256,
    /// What each precommit signs.
    pub digest: B256,
    /// Voting power that signed.
    #[serde(with = "alloy_serde::quantity")]
    pub signed_power: u64,
    /// Voting power of all.
    #[serde(with = "alloy_serde::quantity")]
    pub total_power: u64,
    /// In rising order of validator index.
    pub signatures: Vec<CommitSigner>,
    /// Validators without a precommit in it.
    pub absent: Vec<Address>,
}

/// A precommit in a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommitSigner {
    /// Place in the height's validator set.
    pub validator_index: u16,
    /// Address of the validator's consensus key: what the signature recovers to.
    pub address: Address,
    /// Its voting power.
    #[serde(with = "alloy_serde::quantity")]
    pub power: u64,
    /// `r ‖ s ‖ v` of the digest, v = 27 or 28.
    pub signature: FixedBytes<65>,
}
