//! `btt gov propose`.

use alloy_primitives::{Address, U256};
use btt_api::types::{GovParam, ProposalAction};
use btt_runtime::modules::governance::IGovernance;
use btt_runtime::primitives::addresses::GOVERNANCE;
use btt_runtime::primitives::amount::format_btt;

use super::{look::all_params, values};
use crate::args::{Propose, Proposing};
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::native::{Names, Session, find};
use crate::parse;
use crate::render::{Fields, MODULES, action_lines, clean};

/// Parameters that say what voting takes: deposit, factor of an expedited one.
const DEPOSIT: &str = "proposalDepositWei";
const EXPEDITED_TIMES: &str = "expeditedDepositTimes";

pub(super) async fn run(context: &Context, what: Propose) -> Result<(), CliError> {
    let proposing = match &what {
        Propose::Param { proposing, .. }
        | Propose::Spend { proposing, .. }
        | Propose::Feature { proposing, .. }
        | Propose::CancelSlash { proposing, .. }
        | Propose::Unpause { proposing, .. } => proposing,
    };
    let deposit = parse::amount("--deposit", &proposing.deposit)?;
    let session = Session::open(context, &proposing.sending)?;
    let params = all_params(&session.rpc).await?;
    let action = action(&session, &what, &params).await?;
    let effect = effect(&action, proposing, deposit, &params);
    let call = IGovernance::proposeCall {
        kind: action.kind().to_abi(),
        isExpedited: proposing.expedited,
        title: proposing.title.clone(),
        payload: action.encode().into(),
    };
    let after = Fields::new().line("see it", "btt gov list");
    session.send(GOVERNANCE, &call, deposit, effect, &Names::default(), after).await
}

async fn action(
    session: &Session<'_>,
    what: &Propose,
    params: &[GovParam],
) -> Result<ProposalAction, CliError> {
    Ok(match what {
        Propose::Param { changes, .. } => {
            let changes = changes.iter().map(|text| values::change(text, params));
            ProposalAction::ChangeParams { changes: changes.collect::<Result<_, _>>()? }
        }
        Propose::Spend { to, amount, .. } => ProposalAction::SpendTreasury {
            to: parse::address_or_name("ADDRESS", to, &session.context.folder)?,
            amount_wei: parse::amount("AMOUNT", amount)?,
        },
        Propose::Feature { name, min_version, .. } => ProposalAction::ActivateFeature {
            feature: name.clone(),
            min_version: min_version.clone(),
        },
        Propose::CancelSlash { validator, .. } => ProposalAction::CancelSlash {
            operator: find(&session.rpc, "VALIDATOR", validator).await?.operator,
        },
        Propose::Unpause { module: text, .. } => ProposalAction::Unpause { module: module(text)? },
    })
}

fn module(text: &str) -> Result<Address, CliError> {
    if let Some((_, address)) = MODULES.iter().find(|(name, _)| *name == text) {
        return Ok(*address);
    }
    if text.starts_with("0x") {
        return parse::address("MODULE", text);
    }
    let names: Vec<&str> = MODULES.iter().map(|(name, _)| *name).collect();
    Err(CliError::new(Code::InvalidArgument, format!("MODULE '{text}' is none"))
        .hint(format!("Known are {}", names.join(", "))))
}

fn effect(
    action: &ProposalAction,
    proposing: &Proposing,
    deposit: U256,
    params: &[GovParam],
) -> Fields {
    let value =
        |name: &str| params.iter().find(|param| param.name == name).map(|param| param.value);
    let times = if proposing.expedited { value(EXPEDITED_TIMES) } else { Some(U256::from(1)) };
    let needed = value(DEPOSIT).zip(times).map(|(deposit, times)| deposit.saturating_mul(times));
    let voting = needed.map(|needed| {
        if deposit >= needed {
            return "begins at once".to_owned();
        }
        let (all, rest) = (format_btt(needed), format_btt(needed.saturating_sub(deposit)));
        format!("begins when {all} are deposited: {rest} more")
    });
    Fields::new()
        .line("proposes", clean(&proposing.title))
        .and(action_lines(action))
        .line("deposit", format!("{}, burnt if a third vetoes", format_btt(deposit)))
        .maybe("voting", voting)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Sending;

    #[test]
    fn modules_have_names() {
        assert_eq!(module("governance"), Ok(GOVERNANCE));
        assert_eq!(module(&GOVERNANCE.to_string()), Ok(GOVERNANCE));
        assert!(module("gov").unwrap_err().sentence().contains("governance"));
    }

    #[test]
    fn it_is_said_what_is_missing_until_voting_begins() {
        let param = |name: &str, value: u64| GovParam {
            name: name.to_owned(),
            value: U256::from(value),
            min: U256::ZERO,
            max: U256::MAX,
            default_value: U256::ZERO,
            unit: "wei".to_owned(),
        };
        let btt = 1_000_000_000_000_000_000;
        let params = [param(DEPOSIT, 2 * btt), param(EXPEDITED_TIMES, 3)];
        let action = ProposalAction::Unpause { module: GOVERNANCE };
        let text = |expedited: bool, deposit: u64| {
            let proposing = Proposing {
                title: "t".to_owned(),
                deposit: String::new(),
                expedited,
                sending: Sending { yes: true, no_wait: false, timeout: 1 },
            };
            effect(&action, &proposing, U256::from(deposit * btt), &params).render()
        };
        assert!(text(false, 2).ends_with("voting    begins at once"), "{}", text(false, 2));
        assert!(text(true, 2).ends_with("begins when 6 BTT are deposited: 4 BTT more"));
    }
}
