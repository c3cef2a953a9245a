//! `btt stake delegate`, `undelegate`, `redelegate`.

use alloy_primitives::U256;
use btt_api::types::Epoch;
use btt_runtime::modules::staking::IStaking;
use btt_runtime::primitives::addresses::STAKING;
use btt_runtime::primitives::amount::format_btt;

use crate::args::{AmountOrAll, Sending};
use crate::context::Context;
use crate::error::CliError;
use crate::native::{Names, Session, find};
use crate::parse;
use crate::render::{Fields, about, clean, deadline, next_epoch, now_ms};

/// The largest number stands for all that is free.
fn amount_or_all(amount: &AmountOrAll) -> Result<U256, CliError> {
    match &amount.amount {
        Some(text) => parse::amount("AMOUNT", text),
        None => Ok(U256::MAX),
    }
}

async fn earns_from(session: &Session<'_>) -> Result<String, CliError> {
    let epoch: Epoch = session.rpc.request("staking_epoch", vec![]).await?;
    Ok(next_epoch(&epoch))
}

pub(super) async fn delegate(
    context: &Context,
    amount: &str,
    to: &str,
    sending: &Sending,
) -> Result<(), CliError> {
    let amount = parse::amount("AMOUNT", amount)?;
    let session = Session::open(context, sending)?;
    let validator = find(&session.rpc, "--to", to).await?;
    let earns_from = earns_from(&session).await?;
    let effect = Fields::new()
        .line("delegates", format_btt(amount))
        .and(about(&validator, "to"))
        .line("earns from", &earns_from)
        .line("at risk", "if the validator signs twice or is down for long, a part of it is lost");
    let call = IStaking::delegateCall { validator: validator.operator };
    let names = Names::default().with(validator.operator, &validator.name);
    let after = Fields::new().line("earns from", earns_from);
    session.send(STAKING, &call, amount, effect, &names, after).await
}

pub(super) async fn undelegate(
    context: &Context,
    amount: &AmountOrAll,
    from: &str,
    sending: &Sending,
) -> Result<(), CliError> {
    let amount = amount_or_all(amount)?;
    let session = Session::open(context, sending)?;
    let validator = find(&session.rpc, "--from", from).await?;
    let call = IStaking::undelegateCall { validator: validator.operator, amountWei: amount };
    let out = session.preview(STAKING, &call).await?;
    let effect = Fields::new()
        .line("takes out", taken(out.takenWei, amount))
        .line("from", format!("{} ({})", clean(&validator.name), validator.operator))
        .line("unlocks", deadline(out.unlocksAtMs, out.unlocksAtBlock, now_ms()))
        .line("until then", "it earns nothing, can be slashed, and is frozen while the validator")
        .line("", "is accused of signing twice");
    let names = Names::default().with(validator.operator, &validator.name);
    let after = Fields::new().line("then", "pay it out: btt stake withdraw");
    session.send(STAKING, &call, U256::ZERO, effect, &names, after).await
}

/// What is taken, and why where it is more than asked for.
fn taken(taken: U256, asked: U256) -> String {
    let amount = format_btt(taken);
    if asked == U256::MAX || taken <= asked {
        return amount;
    }
    format!("{amount}: what would stay is too little to stay")
}

pub(super) async fn redelegate(
    context: &Context,
    amount: &AmountOrAll,
    from: &str,
    to: &str,
    sending: &Sending,
) -> Result<(), CliError> {
    let amount = amount_or_all(amount)?;
    let session = Session::open(context, sending)?;
    let source = find(&session.rpc, "--from", from).await?;
    let target = find(&session.rpc, "--to", to).await?;
    let call = IStaking::redelegateCall {
        fromValidator: source.operator,
        toValidator: target.operator,
        amountWei: amount,
    };
    let moved = session.preview(STAKING, &call).await?;
    let earns_from = earns_from(&session).await?;
    let effect = Fields::new()
        .line("moves", taken(moved, amount))
        .line("from", format!("{} ({})", clean(&source.name), source.operator))
        .and(about(&target, "to"))
        .line("earns from", &earns_from)
        .line(
            "locked",
            "it cannot move again, and still answers for the first validator, until the",
        )
        .line("", "unbonding time is over: btt stake show");
    let names =
        Names::default().with(source.operator, &source.name).with(target.operator, &target.name);
    let after = Fields::new().line("earns from", earns_from);
    session.send(STAKING, &call, U256::ZERO, effect, &names, after).await
}
