//! What a proposal does, in words and in the wallet's JSON.

use btt_api::types::{ProposalAction, ProposalKind, ProposalStatus};
use btt_runtime::primitives::addresses;
use btt_runtime::primitives::amount::format_btt;
use serde_json::{Value, json};

use crate::render::{Fields, clean, quantity};

/// Lines that say what a proposal does.
pub fn action_lines(action: &ProposalAction) -> Fields {
    match action {
        ProposalAction::ChangeParams { changes } => {
            changes.iter().fold(Fields::new(), |lines, change| {
                let unit = change.unit.as_deref().unwrap_or_default();
                let value = quantity(change.value, unit);
                let now = change.current_value.map(|now| format!(", now {}", quantity(now, unit)));
                let text =
                    format!("{} becomes {value}{}", clean(&change.name), now.unwrap_or_default());
                lines.line("changes", text)
            })
        }
        ProposalAction::SpendTreasury { to, amount_wei } => Fields::new()
            .line("spends", format!("{} of the treasury, to {to}", format_btt(*amount_wei))),
        ProposalAction::ActivateFeature { feature, min_version } => Fields::new().line(
            "activates",
            format!("{}, known to bttd {} and later", clean(feature), clean(min_version)),
        ),
        ProposalAction::CancelSlash { operator } => {
            Fields::new().line("cancels", format!("the open slash of validator {operator}"))
        }
        ProposalAction::Unpause { module } => {
            let known = MODULES.iter().find(|(_, address)| address == module);
            let name = known.map_or_else(String::new, |(name, _)| format!("{name}, "));
            Fields::new().line("unpauses", format!("the module {name}{module}"))
        }
    }
}

/// Names and addresses of the native modules.
pub(crate) const MODULES: [(&str, alloy_primitives::Address); 7] = [
    ("params", addresses::PARAMS),
    ("staking", addresses::STAKING),
    ("governance", addresses::GOVERNANCE),
    ("channels", addresses::CHANNELS),
    ("market", addresses::MARKET),
    ("storage", addresses::STORAGE),
    ("bridge", addresses::BRIDGE),
];

/// The action in the wallet's JSON: snake case, amounts as decimal strings.
pub(super) fn action_json(action: &ProposalAction) -> Value {
    let text = ToString::to_string;
    match action {
        ProposalAction::ChangeParams { changes } => {
            let changes = changes.iter().map(|change| {
                json!({
                    "name": change.name,
                    "value": change.value.to_string(),
                    "current_value": change.current_value.as_ref().map(text),
                    "unit": change.unit,
                })
            });
            json!({ "changes": changes.collect::<Vec<_>>() })
        }
        ProposalAction::SpendTreasury { to, amount_wei } => {
            json!({ "to": to, "amount_wei": amount_wei.to_string() })
        }
        ProposalAction::ActivateFeature { feature, min_version } => {
            json!({ "feature": feature, "min_version": min_version })
        }
        ProposalAction::CancelSlash { operator } => json!({ "operator": operator }),
        ProposalAction::Unpause { module } => json!({ "module": module }),
    }
}

/// The kind in words.
pub(super) const fn kind_words(kind: ProposalKind) -> &'static str {
    match kind {
        ProposalKind::ChangeParams => "parameters",
        ProposalKind::SpendTreasury => "spend",
        ProposalKind::ActivateFeature => "feature",
        ProposalKind::CancelSlash => "cancel slash",
        ProposalKind::Unpause => "unpause",
    }
}

/// The status in words.
pub(super) const fn status_words(status: ProposalStatus) -> &'static str {
    match status {
        ProposalStatus::Deposit => "deposit",
        ProposalStatus::Voting => "voting",
        ProposalStatus::Passed => "passed",
        ProposalStatus::Rejected => "rejected",
        ProposalStatus::Vetoed => "vetoed",
        ProposalStatus::NoQuorum => "no quorum",
        ProposalStatus::Expired => "expired",
        ProposalStatus::Enacted => "enacted",
        ProposalStatus::Failed => "failed",
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, U256};
    use btt_api::types::ParamChange;

    use super::*;

    #[test]
    fn a_proposal_says_what_it_does() {
        let change = ParamChange {
            name: "unbondingS".to_owned(),
            value: U256::from(1_209_600),
            current_value: Some(U256::from(1_814_400)),
            unit: Some("seconds".to_owned()),
        };
        let lines = action_lines(&ProposalAction::ChangeParams { changes: vec![change] }).render();
        assert_eq!(lines, "changes  unbondingS becomes 14 d, now 21 d");
        let unpause = ProposalAction::Unpause { module: addresses::STAKING };
        assert!(action_lines(&unpause).render().starts_with("unpauses  the module staking, 0x"));
        let spend = ProposalAction::SpendTreasury {
            to: Address::ZERO,
            amount_wei: U256::from(10).pow(U256::from(18)),
        };
        assert!(action_lines(&spend).render().starts_with("spends  1 BTT of the treasury, to 0x"));
        assert_eq!(action_json(&spend)["amount_wei"], "1000000000000000000");
    }
}
