//! `btt stake withdraw`, `claim`, `compound`, `claim-commission`.

use alloy_primitives::{Address, U256};
use btt_api::types::Delegator;
use btt_runtime::modules::staking::IStaking;
use btt_runtime::primitives::addresses::STAKING;
use btt_runtime::primitives::amount::format_btt;
use serde_json::json;

use crate::args::Sending;
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::native::{Names, Session, find};
use crate::render::{Fields, clean};

/// Most validators that one claim takes.
const MAX_CLAIMS: usize = 32;

/// A validator with something to pay out.
type Payer = (Address, String);

/// The validator that `from` names, or the only one of `payers`.
async fn one_of(
    session: &Session<'_>,
    from: Option<&str>,
    what: &str,
    payers: impl Fn(Delegator) -> Vec<Payer>,
) -> Result<Payer, CliError> {
    if let Some(text) = from {
        let validator = find(&session.rpc, "--from", text).await?;
        return Ok((validator.operator, validator.name));
    }
    let mut payers = payers(delegator(session).await?);
    payers.dedup();
    match payers.len() {
        1 => Ok(payers.remove(0)),
        0 => Err(CliError::new(Code::NotFound, format!("there is no {what} yet"))
            .hint("See what there is and when: btt stake show")),
        _ => {
            let list: Vec<String> = payers
                .iter()
                .map(|(operator, name)| format!("{} ({operator})", clean(name)))
                .collect();
            Err(CliError::new(
                Code::InvalidArgument,
                format!("several validators have {what}; say which"),
            )
            .hint(format!("Add --from with one of: {}", list.join(", "))))
        }
    }
}

async fn delegator(session: &Session<'_>) -> Result<Delegator, CliError> {
    Ok(session.rpc.request("staking_delegator", vec![json!(session.from)]).await?)
}

fn earners(delegator: Delegator) -> Vec<Payer> {
    let mut with_rewards = delegator.delegations;
    with_rewards.retain(|delegation| !delegation.rewards_wei.is_zero());
    with_rewards.into_iter().map(|d| (d.validator, d.validator_name)).collect()
}

pub(super) async fn withdraw(
    context: &Context,
    from: Option<&str>,
    sending: &Sending,
) -> Result<(), CliError> {
    let session = Session::open(context, sending)?;
    let unlocked = |delegator: Delegator| {
        let mut entries = delegator.unbondings;
        entries.retain(|entry| entry.is_unlocked);
        entries.into_iter().map(|e| (e.validator, e.validator_name)).collect()
    };
    let (validator, name) = one_of(&session, from, "unlocked stake", unlocked).await?;
    let call = IStaking::withdrawUnbondedCall { validator };
    let amount = session.preview(STAKING, &call).await?;
    let effect = Fields::new()
        .line("withdraws", format_btt(amount))
        .line("that was with", format!("{} ({validator})", clean(&name)));
    let names = Names::default().with(validator, &name);
    session.send(STAKING, &call, U256::ZERO, effect, &names, Fields::new()).await
}

pub(super) async fn claim(
    context: &Context,
    from: Option<&str>,
    sending: &Sending,
) -> Result<(), CliError> {
    let session = Session::open(context, sending)?;
    let mut payers = match from {
        Some(_) => vec![one_of(&session, from, "rewards", earners).await?],
        None => earners(delegator(&session).await?),
    };
    let others = payers.split_off(payers.len().min(MAX_CLAIMS)).len();
    let names =
        payers.iter().fold(Names::default(), |names, (operator, name)| names.with(*operator, name));
    let validators = payers.iter().map(|(operator, _)| *operator).collect();
    let call = IStaking::claimAllRewardsCall { validators };
    let amount = session.preview(STAKING, &call).await?;
    let list: Vec<String> = payers.iter().map(|(_, name)| clean(name)).collect();
    let rest = (others > 0).then(|| format!("{others} validators are left for another claim"));
    let effect = Fields::new()
        .line("claims", format_btt(amount))
        .line("of", list.join(", "))
        .maybe("not yet", rest);
    session.send(STAKING, &call, U256::ZERO, effect, &names, Fields::new()).await
}

pub(super) async fn compound(
    context: &Context,
    from: Option<&str>,
    sending: &Sending,
) -> Result<(), CliError> {
    let session = Session::open(context, sending)?;
    let (validator, name) = one_of(&session, from, "rewards", earners).await?;
    let call = IStaking::compoundCall { validator };
    let amount = session.preview(STAKING, &call).await?;
    let effect = Fields::new()
        .line("delegates", format!("{} of rewards", format_btt(amount)))
        .line("to", format!("{} ({validator})", clean(&name)))
        .line("earns from", "the next epoch on");
    let names = Names::default().with(validator, &name);
    session.send(STAKING, &call, U256::ZERO, effect, &names, Fields::new()).await
}

pub(super) async fn commission(context: &Context, sending: &Sending) -> Result<(), CliError> {
    let session = Session::open(context, sending)?;
    let call = IStaking::claimCommissionCall {};
    let amount = session.preview(STAKING, &call).await?;
    let effect = Fields::new().line("claims", format!("{} of commission", format_btt(amount)));
    session.send(STAKING, &call, U256::ZERO, effect, &Names::default(), Fields::new()).await
}
