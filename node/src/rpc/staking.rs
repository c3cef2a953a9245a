//! `staking_`: validators, delegations, rewards, slashes, by the views of the staking module.

mod convert;

use super::{
    RpcError,
    consensus::share_bps,
    context::Rpc,
    native::{Part, Views, count},
};
use alloy_primitives::{Address, U256};
use btt_api::{
    server::StakingApiServer,
    types::{
        BlockId, Delegation, Delegator, DelegatorTotals, Epoch, Number, Redelegation, Reward,
        Rewards, Slash, StakingTotals, StakingValidator, Unbonding, ValidatorPage, ValidatorStatus,
    },
};
use btt_runtime::{modules::staking::IStaking, primitives::addresses::STAKING};
use jsonrpsee::core::RpcResult;
use std::collections::{BTreeMap, BTreeSet};

/// Validators of an answer, without a limit.
const VALIDATORS: u64 = 100;
/// Most validators of an answer; also the most that the module's own list gives at once.
const MAX_VALIDATORS: u64 = 128;
/// Most validators that are listed at all: a stake of its own stands behind each.
const MAX_SEARCHED: usize = 4_096;
/// Slashes of an answer, without a limit.
const SLASHES: u64 = 20;
/// Most slashes of an answer.
const MAX_SLASHES: u64 = 64;

/// Names and standing of validators that have been asked for.
#[derive(Default)]
struct Known(BTreeMap<Address, (String, ValidatorStatus)>);

impl Known {
    fn of(
        &mut self,
        views: &mut Views<'_>,
        operator: Address,
    ) -> Result<(String, ValidatorStatus), RpcError> {
        if let Some(known) = self.0.get(&operator) {
            return Ok(known.clone());
        }
        let validator = views.ask(STAKING, &IStaking::validatorCall { operator })?;
        let known = (validator.name, convert::status(validator.status)?);
        self.0.insert(operator, known.clone());
        Ok(known)
    }
}

fn epoch(views: &mut Views<'_>) -> Result<IStaking::Epoch, RpcError> {
    views.ask(STAKING, &IStaking::epochCall {})
}

fn validator(
    views: &mut Views<'_>,
    operator: Address,
    total_power: u64,
) -> Result<StakingValidator, RpcError> {
    let validator = views.ask(STAKING, &IStaking::validatorCall { operator })?;
    let share = share_bps(validator.power, total_power);
    convert::validator(validator, share)
}

/// Candidates in the order of their places, then all others in the order of their creation.
fn operators(views: &mut Views<'_>) -> Result<Vec<Address>, RpcError> {
    let limit = U256::from(MAX_VALIDATORS);
    let mut operators = gathered(|offset| {
        let page = views.ask(STAKING, &IStaking::candidatesCall { offset, limit })?;
        Ok((page.operators, page.total))
    })?;
    let listed: BTreeSet<Address> = operators.iter().copied().collect();
    let all = gathered(|offset| {
        let page = views.ask(STAKING, &IStaking::validatorsCall { offset, limit })?;
        Ok((page.operators, page.total))
    })?;
    operators.extend(all.into_iter().filter(|operator| !listed.contains(operator)));
    Ok(operators)
}

/// A list of the module, which gives a part at once and says how many there are.
fn gathered(
    mut part: impl FnMut(U256) -> Result<(Vec<Address>, U256), RpcError>,
) -> Result<Vec<Address>, RpcError> {
    let mut gathered = Vec::new();
    while gathered.len() < MAX_SEARCHED {
        let (operators, total) = part(U256::from(gathered.len()))?;
        let is_last = operators.is_empty();
        gathered.extend(operators);
        if is_last || U256::from(gathered.len()) >= total {
            break;
        }
    }
    Ok(gathered)
}

fn validators(
    views: &mut Views<'_>,
    status: Option<ValidatorStatus>,
    part: Part,
) -> Result<ValidatorPage, RpcError> {
    let total_power = epoch(views)?.totalPower;
    let operators = operators(views)?;
    let Some(status) = status else {
        let total = count(&operators);
        let described = part.of(operators).into_iter();
        let described = described.map(|operator| validator(views, operator, total_power));
        return Ok(ValidatorPage { validators: described.collect::<Result<_, _>>()?, total });
    };
    let mut matching = Vec::new();
    for operator in operators {
        let described = validator(views, operator, total_power)?;
        if described.status == status {
            matching.push(described);
        }
    }
    Ok(ValidatorPage { total: count(&matching), validators: part.of(matching) })
}

fn delegations(
    views: &mut Views<'_>,
    known: &mut Known,
    delegator: Address,
) -> Result<Vec<Delegation>, RpcError> {
    let delegations = views.ask(STAKING, &IStaking::delegationsCall { delegator })?.into_iter();
    delegations
        .map(|delegation| {
            let (name, status) = known.of(views, delegation.validator)?;
            Ok(convert::delegation(&delegation, name, status))
        })
        .collect()
}

fn unbondings(
    views: &mut Views<'_>,
    known: &mut Known,
    delegator: Address,
) -> Result<Vec<Unbonding>, RpcError> {
    let mut unbondings = Vec::new();
    for delegation in views.ask(STAKING, &IStaking::delegationsCall { delegator })? {
        if delegation.unbondings == 0 {
            continue;
        }
        let validator = delegation.validator;
        let (name, _) = known.of(views, validator)?;
        let entries = views.ask(STAKING, &IStaking::unbondingsCall { delegator, validator })?;
        unbondings.extend(entries.iter().map(|entry| convert::unbonding(entry, &name)));
    }
    Ok(unbondings)
}

fn redelegations(
    views: &mut Views<'_>,
    delegations: &[Delegation],
    delegator: Address,
) -> Result<Vec<Redelegation>, RpcError> {
    let mut redelegations = Vec::new();
    for delegation in delegations {
        let validator = delegation.validator;
        let entries = views.ask(STAKING, &IStaking::redelegationsCall { delegator, validator })?;
        redelegations.extend(entries.iter().map(convert::redelegation));
    }
    Ok(redelegations)
}

fn delegator(views: &mut Views<'_>, delegator: Address) -> Result<Delegator, RpcError> {
    let mut known = Known::default();
    let delegations = delegations(views, &mut known, delegator)?;
    let unbondings = unbondings(views, &mut known, delegator)?;
    let redelegations = redelegations(views, &delegations, delegator)?;
    let unlocked = unbondings.iter().filter(|entry| entry.is_unlocked);
    let totals = DelegatorTotals {
        stake_wei: sum(delegations.iter().map(|delegation| delegation.stake_wei)),
        rewards_wei: sum(delegations.iter().map(|delegation| delegation.rewards_wei)),
        unbonding_wei: sum(unbondings.iter().map(|entry| entry.amount_wei)),
        withdrawable_wei: sum(unlocked.map(|entry| entry.amount_wei)),
    };
    Ok(Delegator { delegator, delegations, unbondings, redelegations, totals })
}

fn rewards(
    views: &mut Views<'_>,
    delegator: Address,
    validator: Option<Address>,
) -> Result<Rewards, RpcError> {
    let mut known = Known::default();
    let rewards: Vec<Reward> = match validator {
        Some(validator) => {
            let (validator_name, _) = known.of(views, validator)?;
            let call = IStaking::rewardsCall { delegator, validator };
            let amount_wei = views.ask(STAKING, &call)?;
            vec![Reward { validator, validator_name, amount_wei }]
        }
        None => delegations(views, &mut known, delegator)?
            .into_iter()
            .map(|delegation| Reward {
                validator: delegation.validator,
                validator_name: delegation.validator_name,
                amount_wei: delegation.rewards_wei,
            })
            .collect(),
    };
    Ok(Rewards { total_wei: sum(rewards.iter().map(|reward| reward.amount_wei)), rewards })
}

/// All the BTT there is fits many times.
fn sum(amounts: impl Iterator<Item = U256>) -> U256 {
    amounts.fold(U256::ZERO, U256::saturating_add)
}

#[jsonrpsee::core::async_trait]
impl StakingApiServer for Rpc {
    async fn validators(
        &self,
        status: Option<ValidatorStatus>,
        offset: Option<Number>,
        limit: Option<Number>,
        block: Option<BlockId>,
    ) -> RpcResult<ValidatorPage> {
        let part = Part::new(offset, limit, VALIDATORS, MAX_VALIDATORS)?;
        Ok(self.slowly(move |rpc| validators(&mut rpc.views(block)?, status, part)).await?)
    }

    async fn validator(
        &self,
        operator: Address,
        block: Option<BlockId>,
    ) -> RpcResult<StakingValidator> {
        let work = move |rpc: &Self| {
            let mut views = rpc.views(block)?;
            let total_power = epoch(&mut views)?.totalPower;
            validator(&mut views, operator, total_power)
        };
        Ok(self.slowly(work).await?)
    }

    async fn delegations(
        &self,
        delegator: Address,
        block: Option<BlockId>,
    ) -> RpcResult<Vec<Delegation>> {
        let work =
            move |rpc: &Self| delegations(&mut rpc.views(block)?, &mut Known::default(), delegator);
        Ok(self.slowly(work).await?)
    }

    async fn delegator(&self, account: Address, block: Option<BlockId>) -> RpcResult<Delegator> {
        Ok(self.slowly(move |rpc| delegator(&mut rpc.views(block)?, account)).await?)
    }

    async fn rewards(
        &self,
        delegator: Address,
        validator: Option<Address>,
        block: Option<BlockId>,
    ) -> RpcResult<Rewards> {
        Ok(self.slowly(move |rpc| rewards(&mut rpc.views(block)?, delegator, validator)).await?)
    }

    async fn unbonding(
        &self,
        delegator: Address,
        block: Option<BlockId>,
    ) -> RpcResult<Vec<Unbonding>> {
        let work =
            move |rpc: &Self| unbondings(&mut rpc.views(block)?, &mut Known::default(), delegator);
        Ok(self.slowly(work).await?)
    }

    async fn epoch(&self, block: Option<BlockId>) -> RpcResult<Epoch> {
        let work = move |rpc: &Self| {
            let mut views = rpc.views(block)?;
            let epoch = epoch(&mut views)?;
            Ok(convert::epoch(&epoch, views.block(), views.block_ms()))
        };
        Ok(self.slowly(work).await?)
    }

    async fn slashes(
        &self,
        limit: Option<Number>,
        block: Option<BlockId>,
    ) -> RpcResult<Vec<Slash>> {
        let part = Part::new(None, limit, SLASHES, MAX_SLASHES)?;
        let work = move |rpc: &Self| {
            let call = IStaking::slashesCall { limit: U256::from(part.limit) };
            let slashes = rpc.views(block)?.ask(STAKING, &call)?;
            Ok(slashes.iter().map(convert::slash).collect())
        };
        Ok(self.slowly(work).await?)
    }

    async fn totals(&self, block: Option<BlockId>) -> RpcResult<StakingTotals> {
        let work = move |rpc: &Self| {
            Ok(convert::totals(&rpc.views(block)?.ask(STAKING, &IStaking::totalsCall {})?))
        };
        Ok(self.slowly(work).await?)
    }
}
