//! `btt stake list`, `show`, `rewards`, `unbonding`, `slashes`.

use alloy_primitives::Address;
use btt_api::types::{
    Delegator, Epoch, Rewards, Slash, StakingTotals, StakingValidator, Unbonding, ValidatorPage,
};
use serde_json::json;

use crate::context::Context;
use crate::error::{CliError, Code};
use crate::keys::KeySource;
use crate::native::{find, operated_by};
use crate::parse;
use crate::render::{
    DelegatorReport, RewardsReport, ShowReport, SlashesReport, StakeListReport, UnbondingReport,
};
use crate::rpc::Rpc;

/// Validators asked for at once: the most that a node gives.
const PAGE: usize = 128;
/// Statuses that a list can be asked for.
const STATUSES: [&str; 6] =
    ["candidate", "active", "jailed", "tombstoned", "maintenance", "exited"];

pub(super) async fn list(context: &Context, status: Option<&str>) -> Result<(), CliError> {
    if let Some(status) = status
        && !STATUSES.contains(&status)
    {
        let text = format!("--status '{status}' is none that a validator can have");
        return Err(CliError::new(Code::InvalidArgument, text)
            .hint(format!("Known are {}", STATUSES.join(", "))));
    }
    let rpc = context.rpc()?;
    let mut validators: Vec<StakingValidator> = Vec::new();
    loop {
        let params = vec![json!(status), json!(validators.len()), json!(PAGE)];
        let page: ValidatorPage = rpc.request("staking_validators", params).await?;
        let is_last = page.validators.is_empty();
        validators.extend(page.validators);
        if is_last || validators.len() as u64 >= page.total {
            break;
        }
    }
    let epoch: Epoch = rpc.request("staking_epoch", vec![]).await?;
    let totals: StakingTotals = rpc.request("staking_totals", vec![]).await?;
    context.output.emit(&StakeListReport::new(&validators, &epoch, &totals))
}

/// An account by address or name; the run's own without one.
fn account(context: &Context, who: Option<&str>) -> Result<Address, CliError> {
    match who {
        Some(text) => parse::address_or_name("ADDRESS", text, &context.folder),
        None => Ok(KeySource::select(context)?.address_or_unlock(context)?.0),
    }
}

async fn delegator(rpc: &Rpc, account: Address) -> Result<Delegator, CliError> {
    Ok(rpc.request("staking_delegator", vec![json!(account)]).await?)
}

pub(super) async fn show(context: &Context, who: Option<&str>) -> Result<(), CliError> {
    let rpc = context.rpc()?;
    let of_chain = match who {
        Some(text) if !text.starts_with("0x") && !context.folder.contains(text) => {
            Some(find(&rpc, "WHO", text).await?)
        }
        _ => None,
    };
    if let Some(validator) = of_chain {
        return context.output.emit(&ShowReport::new(Some(validator), None));
    }
    let account = account(context, who)?;
    let validator = operated_by(&rpc, account).await?;
    let delegator = delegator(&rpc, account).await?;
    let is_empty = delegator.delegations.is_empty() && delegator.unbondings.is_empty();
    let delegator = (validator.is_none() || !is_empty).then(|| DelegatorReport::from(delegator));
    context.output.emit(&ShowReport::new(validator, delegator))
}

pub(super) async fn rewards(context: &Context, who: Option<&str>) -> Result<(), CliError> {
    let account = account(context, who)?;
    let rewards: Rewards = context.rpc()?.request("staking_rewards", vec![json!(account)]).await?;
    context.output.emit(&RewardsReport::from(rewards))
}

pub(super) async fn unbonding(context: &Context, who: Option<&str>) -> Result<(), CliError> {
    let account = account(context, who)?;
    let unbondings: Vec<Unbonding> =
        context.rpc()?.request("staking_unbonding", vec![json!(account)]).await?;
    context.output.emit(&UnbondingReport::from(unbondings))
}

pub(super) async fn slashes(context: &Context, limit: u64) -> Result<(), CliError> {
    let slashes: Vec<Slash> = context.rpc()?.request("staking_slashes", vec![json!(limit)]).await?;
    context.output.emit(&SlashesReport::from(slashes))
}
