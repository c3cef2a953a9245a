//! From the governance module's ABI to the wire.

use crate::rpc::RpcError;
use btt_api::types::{
    Feature, GovParam, Proposal, ProposalAction, ProposalKind, ProposalStatus, VoteChoice,
};
use btt_runtime::modules::{governance::IGovernance, params::IParams};

fn unknown<T>(what: &impl std::fmt::Debug) -> Result<T, RpcError> {
    Err(RpcError::Internal(format!("governance answers {what:?}")))
}

fn kind(kind: IGovernance::Kind) -> Result<ProposalKind, RpcError> {
    Ok(match kind {
        IGovernance::Kind::ChangeParams => ProposalKind::ChangeParams,
        IGovernance::Kind::SpendTreasury => ProposalKind::SpendTreasury,
        IGovernance::Kind::ActivateFeature => ProposalKind::ActivateFeature,
        IGovernance::Kind::CancelSlash => ProposalKind::CancelSlash,
        IGovernance::Kind::Unpause => ProposalKind::Unpause,
        other => return unknown(&other),
    })
}

fn status(status: IGovernance::Status) -> Result<ProposalStatus, RpcError> {
    Ok(match status {
        IGovernance::Status::Deposit => ProposalStatus::Deposit,
        IGovernance::Status::Voting => ProposalStatus::Voting,
        IGovernance::Status::Passed => ProposalStatus::Passed,
        IGovernance::Status::Rejected => ProposalStatus::Rejected,
        IGovernance::Status::Vetoed => ProposalStatus::Vetoed,
        IGovernance::Status::NoQuorum => ProposalStatus::NoQuorum,
        IGovernance::Status::Expired => ProposalStatus::Expired,
        IGovernance::Status::Enacted => ProposalStatus::Enacted,
        IGovernance::Status::Failed => ProposalStatus::Failed,
        other => return unknown(&other),
    })
}

pub(super) fn choice(choice: IGovernance::Choice) -> Result<VoteChoice, RpcError> {
    Ok(match choice {
        IGovernance::Choice::None => VoteChoice::None,
        IGovernance::Choice::Yes => VoteChoice::Yes,
        IGovernance::Choice::No => VoteChoice::No,
        IGovernance::Choice::NoWithVeto => VoteChoice::NoWithVeto,
        IGovernance::Choice::Abstain => VoteChoice::Abstain,
        other => return unknown(&other),
    })
}

pub(super) fn proposal(proposal: IGovernance::Proposal) -> Result<Proposal, RpcError> {
    let kind = kind(proposal.kind)?;
    Ok(Proposal {
        id: proposal.id,
        kind,
        action: ProposalAction::decode(kind, &proposal.payload),
        payload: proposal.payload,
        status: status(proposal.status)?,
        is_expedited: proposal.isExpedited,
        proposer: proposal.proposer,
        title: proposal.title,
        deposit_wei: proposal.depositWei,
        needed_deposit_wei: proposal.neededDepositWei,
        submitted_ms: proposal.submittedMs,
        ends_at_ms: proposal.endsAtMs,
        ends_at_block: proposal.endsAtBlock,
        yes_wei: proposal.yesWei,
        no_wei: proposal.noWei,
        veto_wei: proposal.vetoWei,
        abstain_wei: proposal.abstainWei,
        total_wei: proposal.totalWei,
        failure: proposal.failure,
    })
}

pub(super) fn feature(feature: IGovernance::Feature) -> Feature {
    Feature {
        name: feature.name,
        min_version: feature.minVersion,
        ready_power: feature.readyPower,
        total_power: feature.totalPower,
        activation_block: Some(feature.activationBlock).filter(|block| *block > 0),
    }
}

pub(super) fn param(param: IParams::Param) -> GovParam {
    GovParam {
        name: param.name,
        value: param.value,
        min: param.min,
        max: param.max,
        default_value: param.defaultValue,
        unit: param.unit,
    }
}
