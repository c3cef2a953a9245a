//! The module's reads, shared by `eth_call` and RPC.

use super::{
    IGovernance::{self, Choice, Status},
    calls::{existing, rules},
    outcome::Rules,
    state::{self, Head},
};
use crate::modules::{
    Host, ModuleError,
    staking::ballots::{self, Choice as Given},
};
use alloy_primitives::{Address, U256};

/// Most ids in one answer.
const MAX_LISTED: u64 = 64;

/// A proposal with its tally.
pub(super) fn proposal(host: &mut dyn Host, id: u64) -> Result<IGovernance::Proposal, ModuleError> {
    let proposal = existing(host, id)?;
    let tally = ballots::tally(host, id)?;
    Ok(IGovernance::Proposal {
        id,
        kind: proposal.kind,
        status: proposal.status,
        isExpedited: proposal.is_expedited,
        proposer: proposal.proposer,
        title: proposal.title(host)?,
        payload: proposal.payload(host)?.into(),
        depositWei: U256::from(proposal.deposit_wei),
        neededDepositWei: U256::from(proposal.needed_wei),
        submittedMs: proposal.submitted_ms,
        endsAtMs: proposal.ends.time_ms,
        endsAtBlock: proposal.ends.block,
        yesWei: U256::from(tally.yes),
        noWei: U256::from(tally.no),
        vetoWei: U256::from(tally.veto),
        abstainWei: U256::from(tally.abstain),
        totalWei: U256::from(tally.total),
        failure: proposal.failure(host)?,
    })
}

/// Ids, newest first, and how many there are.
pub(super) fn proposals(
    host: &mut dyn Host,
    offset: U256,
    limit: U256,
) -> Result<(Vec<u64>, u64), ModuleError> {
    let total = Head::load(host)?.newest_id;
    let newest = total.saturating_sub(offset.saturating_to());
    let oldest = newest.saturating_sub(limit.saturating_to::<u64>().min(MAX_LISTED));
    Ok(((oldest..newest).rev().map(|id| id.saturating_add(1)).collect(), total))
}

/// What a proposal's vote needs: since it started, or if it started now.
pub(super) fn thresholds(host: &mut dyn Host, id: u64) -> Result<Rules, ModuleError> {
    let proposal = existing(host, id)?;
    match proposal.status {
        Status::Deposit | Status::Expired => rules(host, &proposal),
        _ => Ok(proposal.rules),
    }
}

/// What an account has in a proposal's deposit and has not got back.
pub(super) fn deposit_of(
    host: &mut dyn Host,
    id: u64,
    depositor: Address,
) -> Result<U256, ModuleError> {
    let is_burnt = existing(host, id)?.status == Status::Vetoed;
    let wei = state::deposit_of(host, id, depositor)?;
    Ok(if is_burnt { U256::ZERO } else { U256::from(wei) })
}

/// How a validator votes.
pub(super) fn validator_vote(
    host: &mut dyn Host,
    id: u64,
    operator: Address,
) -> Result<(Choice, U256), ModuleError> {
    existing(host, id)?;
    ballots::validator_vote(host, id, operator).map(shown)
}

/// How a delegation votes.
pub(super) fn delegation_vote(
    host: &mut dyn Host,
    id: u64,
    delegator: Address,
    operator: Address,
) -> Result<(Choice, U256), ModuleError> {
    existing(host, id)?;
    ballots::delegation_vote(host, id, delegator, operator).map(shown)
}

fn shown(vote: Option<(Given, u128)>) -> (Choice, U256) {
    let Some((choice, weight)) = vote else { return (Choice::None, U256::ZERO) };
    let choice = match choice {
        Given::Yes => Choice::Yes,
        Given::No => Choice::No,
        Given::Veto => Choice::NoWithVeto,
        Given::Abstain => Choice::Abstain,
    };
    (choice, U256::from(weight))
}
