//! `btt gov deposit`, `vote`, `reclaim`.

use alloy_primitives::U256;
use btt_api::types::{Delegation, Proposal, ProposalStatus};
use btt_runtime::modules::governance::IGovernance;
use btt_runtime::primitives::addresses::GOVERNANCE;
use btt_runtime::primitives::amount::format_btt;
use serde_json::json;

use crate::args::{Choice, Sending};
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::native::{Names, Session, find, operated_by};
use crate::parse;
use crate::render::{Fields, action_lines, clean, deadline, now_ms};

async fn proposal(session: &Session<'_>, id: u64) -> Result<Proposal, CliError> {
    Ok(session.rpc.request("gov_proposal", vec![json!(id)]).await?)
}

fn about(proposal: &Proposal) -> Fields {
    let fields =
        Fields::new().line("proposal", format!("{}: {}", proposal.id, clean(&proposal.title)));
    match &proposal.action {
        Some(action) => fields.and(action_lines(action)),
        None => fields,
    }
}

pub(super) async fn deposit(
    context: &Context,
    id: u64,
    amount: &str,
    sending: &Sending,
) -> Result<(), CliError> {
    let amount = parse::amount("AMOUNT", amount)?;
    let session = Session::open(context, sending)?;
    let proposal = proposal(&session, id).await?;
    let missing = proposal.needed_deposit_wei.saturating_sub(proposal.deposit_wei);
    let voting = match missing.checked_sub(amount) {
        Some(rest) if !rest.is_zero() => {
            format!("begins when {} more are deposited", format_btt(rest))
        }
        _ => "begins at once".to_owned(),
    };
    let effect = about(&proposal)
        .line("deposit", format!("{}, burnt if a third vetoes", format_btt(amount)))
        .line("voting", voting);
    let call = IGovernance::depositCall { id };
    session.send(GOVERNANCE, &call, amount, effect, &Names::default(), Fields::new()).await
}

fn words(choice: Choice) -> (IGovernance::Choice, &'static str) {
    match choice {
        Choice::Yes => (IGovernance::Choice::Yes, "yes"),
        Choice::No => (IGovernance::Choice::No, "no"),
        Choice::Veto => (IGovernance::Choice::NoWithVeto, "no, and burn its deposits"),
        Choice::Abstain => (IGovernance::Choice::Abstain, "abstain"),
    }
}

pub(super) async fn vote(
    context: &Context,
    id: u64,
    choice: Choice,
    only: &[String],
    delegations: bool,
    sending: &Sending,
) -> Result<(), CliError> {
    let session = Session::open(context, sending)?;
    let proposal = proposal(&session, id).await?;
    let (choice, words) = words(choice);
    let mut effect = about(&proposal).line("vote", words);
    if proposal.status == ProposalStatus::Voting {
        let ends = deadline(proposal.ends_at_ms, proposal.ends_at_block, now_ms());
        effect = effect.line("ends", ends);
    }
    let own = operated_by(&session.rpc, session.from).await?;
    if let Some(validator) = own.filter(|_| !delegations && only.is_empty()) {
        effect = effect
            .line("with", format!("all stake of validator {}", clean(&validator.name)))
            .line("but not", "that of delegators who vote themselves");
        let names = Names::default().with(validator.operator, &validator.name);
        let call = IGovernance::voteCall { id, choice };
        session.preview(GOVERNANCE, &call).await?;
        return session.send(GOVERNANCE, &call, U256::ZERO, effect, &names, Fields::new()).await;
    }
    let mut names = Names::default();
    let mut validators = Vec::new();
    for text in only {
        let validator = find(&session.rpc, "--only", text).await?;
        names = names.with(validator.operator, &validator.name);
        validators.push(validator.operator);
    }
    if only.is_empty() {
        let params = vec![json!(session.from)];
        let all: Vec<Delegation> = session.rpc.request("staking_delegations", params).await?;
        for delegation in all.iter().filter(|delegation| !delegation.stake_wei.is_zero()) {
            names = names.with(delegation.validator, &delegation.validator_name);
            validators.push(delegation.validator);
        }
    }
    if validators.is_empty() {
        return Err(CliError::new(
            Code::NotFound,
            format!("{} has no stake to vote with", session.from),
        )
        .hint("Say whose key with --key, or delegate first: btt stake delegate"));
    }
    let list: Vec<String> = validators.iter().map(|operator| names.of(*operator)).collect();
    effect = effect
        .line("with", format!("the delegations to {}", list.join(", ")))
        .line("in place of", "these validators' own votes");
    let call = IGovernance::voteDelegationsCall { id, choice, validators };
    session.preview(GOVERNANCE, &call).await?;
    session.send(GOVERNANCE, &call, U256::ZERO, effect, &names, Fields::new()).await
}

pub(super) async fn reclaim(context: &Context, id: u64, sending: &Sending) -> Result<(), CliError> {
    let session = Session::open(context, sending)?;
    let proposal = proposal(&session, id).await?;
    let call = IGovernance::reclaimDepositCall { id };
    let amount = session.preview(GOVERNANCE, &call).await?;
    let effect = about(&proposal).line("returns", format_btt(amount));
    session.send(GOVERNANCE, &call, U256::ZERO, effect, &Names::default(), Fields::new()).await
}
