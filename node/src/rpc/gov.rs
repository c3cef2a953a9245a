//! `gov_`: proposals, votes, parameters, features, by the views of the governance and params modules.

mod convert;
mod tally;

use super::{
    RpcError,
    context::Rpc,
    native::{Part, Views, count},
};
use alloy_primitives::{Address, U256};
use btt_api::{
    server::GovApiServer,
    types::{
        BlockId, CastVote, Feature, GovParam, Number, ParamChange, Proposal, ProposalAction,
        ProposalPage, ProposalStatus, Tally, Votes,
    },
};
use btt_runtime::{
    modules::{governance::IGovernance, params::IParams, staking::IStaking},
    primitives::addresses::{GOVERNANCE, PARAMS, STAKING},
};
use jsonrpsee::core::RpcResult;

/// Proposals of an answer, without a limit.
const PROPOSALS: u64 = 20;
/// Most proposals of an answer; also the most that the module's own list gives at once.
const MAX_PROPOSALS: u64 = 64;
/// Most proposals that a question by status looks at.
const MAX_SEARCHED: usize = 1_024;

fn params(views: &mut Views<'_>) -> Result<Vec<GovParam>, RpcError> {
    let params = views.ask(PARAMS, &IParams::allCall {})?;
    Ok(params.into_iter().map(convert::param).collect())
}

/// Ids of the newest proposals, at most `most`, and how many there are.
fn ids(views: &mut Views<'_>, part: Part) -> Result<(Vec<u64>, u64), RpcError> {
    let mut ids = Vec::new();
    loop {
        let offset = U256::from(part.offset).saturating_add(U256::from(ids.len()));
        let limit = part.limit.saturating_sub(ids.len());
        let limit = U256::from(limit).min(U256::from(MAX_PROPOSALS));
        let page = views.ask(GOVERNANCE, &IGovernance::proposalsCall { offset, limit })?;
        let is_last = page.ids.is_empty();
        ids.extend(page.ids);
        if is_last || ids.len() >= part.limit {
            return Ok((ids, page.total));
        }
    }
}

fn proposal(views: &mut Views<'_>, params: &[GovParam], id: u64) -> Result<Proposal, RpcError> {
    let proposal = views.ask(GOVERNANCE, &IGovernance::proposalCall { id })?;
    let mut proposal = convert::proposal(proposal)?;
    if let Some(ProposalAction::ChangeParams { changes }) = &mut proposal.action {
        changes.iter_mut().for_each(|change| describe(change, params));
    }
    Ok(proposal)
}

/// What the parameter is now.
fn describe(change: &mut ParamChange, params: &[GovParam]) {
    if let Some(param) = params.iter().find(|param| param.name == change.name) {
        change.current_value = Some(param.value);
        change.unit = Some(param.unit.clone());
    }
}

fn proposals(
    views: &mut Views<'_>,
    status: Option<ProposalStatus>,
    part: Part,
) -> Result<ProposalPage, RpcError> {
    let params = params(views)?;
    let searched = if status.is_some() { Part { offset: 0, limit: MAX_SEARCHED } } else { part };
    let (ids, total) = ids(views, searched)?;
    let mut proposals = Vec::new();
    for id in ids {
        let described = proposal(views, &params, id)?;
        if status.is_none_or(|status| described.status == status) {
            proposals.push(described);
        }
    }
    match status {
        None => Ok(ProposalPage { proposals, total }),
        Some(_) => Ok(ProposalPage { total: count(&proposals), proposals: part.of(proposals) }),
    }
}

fn votes(views: &mut Views<'_>, id: u64, voter: Address) -> Result<Votes, RpcError> {
    let deposit_wei =
        views.ask(GOVERNANCE, &IGovernance::depositOfCall { id, depositor: voter })?;
    let own = views.ask(GOVERNANCE, &IGovernance::validatorVoteCall { id, validator: voter });
    let as_validator = match own {
        Ok(vote) => cast(voter, vote.choice, vote.weightWei)?,
        // The voter operates no validator.
        Err(RpcError::Reverted(_)) => None,
        Err(error) => return Err(error),
    };
    let mut delegations = Vec::new();
    for delegation in views.ask(STAKING, &IStaking::delegationsCall { delegator: voter })? {
        let validator = delegation.validator;
        let call = IGovernance::delegationVoteCall { id, delegator: voter, validator };
        let vote = views.ask(GOVERNANCE, &call)?;
        delegations.extend(cast(validator, vote.choice, vote.weightWei)?);
    }
    Ok(Votes { id, voter, deposit_wei, as_validator, delegations })
}

fn cast(
    validator: Address,
    choice: IGovernance::Choice,
    weight_wei: U256,
) -> Result<Option<CastVote>, RpcError> {
    let was_cast = choice != IGovernance::Choice::None;
    let vote = CastVote { validator, choice: convert::choice(choice)?, weight_wei };
    Ok(was_cast.then_some(vote))
}

#[jsonrpsee::core::async_trait]
impl GovApiServer for Rpc {
    async fn proposals(
        &self,
        status: Option<ProposalStatus>,
        offset: Option<Number>,
        limit: Option<Number>,
        block: Option<BlockId>,
    ) -> RpcResult<ProposalPage> {
        let part = Part::new(offset, limit, PROPOSALS, MAX_PROPOSALS)?;
        Ok(self.slowly(move |rpc| proposals(&mut rpc.views(block)?, status, part)).await?)
    }

    async fn proposal(&self, id: Number, block: Option<BlockId>) -> RpcResult<Proposal> {
        let work = move |rpc: &Self| {
            let mut views = rpc.views(block)?;
            let params = params(&mut views)?;
            proposal(&mut views, &params, id.0)
        };
        Ok(self.slowly(work).await?)
    }

    async fn tally(&self, id: Number, block: Option<BlockId>) -> RpcResult<Tally> {
        let work = move |rpc: &Self| {
            let mut views = rpc.views(block)?;
            let params = params(&mut views)?;
            let proposal = proposal(&mut views, &params, id.0)?;
            let bars = views.ask(GOVERNANCE, &IGovernance::thresholdsCall { id: id.0 })?;
            Ok(tally::tally(&proposal, &bars))
        };
        Ok(self.slowly(work).await?)
    }

    async fn params(&self, block: Option<BlockId>) -> RpcResult<Vec<GovParam>> {
        Ok(self.slowly(move |rpc| params(&mut rpc.views(block)?)).await?)
    }

    async fn features(&self, block: Option<BlockId>) -> RpcResult<Vec<Feature>> {
        let work = move |rpc: &Self| {
            let features = rpc.views(block)?.ask(GOVERNANCE, &IGovernance::featuresCall {})?;
            Ok(features.into_iter().map(convert::feature).collect())
        };
        Ok(self.slowly(work).await?)
    }

    async fn votes(&self, id: Number, voter: Address, block: Option<BlockId>) -> RpcResult<Votes> {
        Ok(self.slowly(move |rpc| votes(&mut rpc.views(block)?, id.0, voter)).await?)
    }
}
