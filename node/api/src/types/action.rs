//! What a proposal does, and its ABI encoding in a proposal's payload.

use super::ProposalKind;
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolValue;
use btt_runtime::modules::governance::IGovernance;
use serde::{Deserialize, Serialize};

/// What a proposal does, in detail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ProposalAction {
    /// Changes chain parameters.
    ChangeParams {
        /// Each with its new value.
        changes: Vec<ParamChange>,
    },
    /// Pays out of the treasury.
    SpendTreasury {
        /// To whom.
        to: Address,
        /// How much, in wei.
        amount_wei: U256,
    },
    /// Turns new rules on.
    ActivateFeature {
        /// Their name.
        feature: String,
        /// The least version of `bttd` that knows them.
        min_version: String,
    },
    /// Cancels an open slash.
    CancelSlash {
        /// Whose.
        operator: Address,
    },
    /// Lets a module whose hook failed work again.
    Unpause {
        /// Which.
        module: Address,
    },
}

/// A parameter and its new value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParamChange {
    /// Its name.
    pub name: String,
    /// Its new value.
    pub value: U256,
    /// Its value now, where there is such a parameter.
    pub current_value: Option<U256>,
    /// Its unit in words.
    pub unit: Option<String>,
}

impl ProposalAction {
    /// What it is in a word.
    pub const fn kind(&self) -> ProposalKind {
        match self {
            Self::ChangeParams { .. } => ProposalKind::ChangeParams,
            Self::SpendTreasury { .. } => ProposalKind::SpendTreasury,
            Self::ActivateFeature { .. } => ProposalKind::ActivateFeature,
            Self::CancelSlash { .. } => ProposalKind::CancelSlash,
            Self::Unpause { .. } => ProposalKind::Unpause,
        }
    }

    /// The payload that says it, as Solidity's `abi.encode(…)`.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::ChangeParams { changes } => {
                let change =
                    |c: &ParamChange| IGovernance::Change { name: c.name.clone(), value: c.value };
                changes.iter().map(change).collect::<Vec<_>>().abi_encode()
            }
            Self::SpendTreasury { to, amount_wei } => (*to, *amount_wei).abi_encode_params(),
            Self::ActivateFeature { feature, min_version } => {
                (feature.as_str(), min_version.as_str()).abi_encode_params()
            }
            Self::CancelSlash { operator: address } | Self::Unpause { module: address } => {
                address.abi_encode()
            }
        }
    }

    /// What a payload says; `None` where it says nothing of this kind.
    pub fn decode(kind: ProposalKind, payload: &[u8]) -> Option<Self> {
        Some(match kind {
            ProposalKind::ChangeParams => {
                let changes = Vec::<IGovernance::Change>::abi_decode_validate(payload).ok()?;
                let change = |c: IGovernance::Change| ParamChange {
                    name: c.name,
                    value: c.value,
                    current_value: None,
                    unit: None,
                };
                Self::ChangeParams { changes: changes.into_iter().map(change).collect() }
            }
            ProposalKind::SpendTreasury => {
                let (to, amount_wei) =
                    <(Address, U256)>::abi_decode_params_validate(payload).ok()?;
                Self::SpendTreasury { to, amount_wei }
            }
            ProposalKind::ActivateFeature => {
                let (feature, min_version) =
                    <(String, String)>::abi_decode_params_validate(payload).ok()?;
                Self::ActivateFeature { feature, min_version }
            }
            ProposalKind::CancelSlash => {
                Self::CancelSlash { operator: Address::abi_decode_validate(payload).ok()? }
            }
            ProposalKind::Unpause => {
                Self::Unpause { module: Address::abi_decode_validate(payload).ok()? }
            }
        })
    }
}

impl ProposalKind {
    /// The kind as the contract counts it.
    pub const fn to_abi(self) -> IGovernance::Kind {
        match self {
            Self::ChangeParams => IGovernance::Kind::ChangeParams,
            Self::SpendTreasury => IGovernance::Kind::SpendTreasury,
            Self::ActivateFeature => IGovernance::Kind::ActivateFeature,
            Self::CancelSlash => IGovernance::Kind::CancelSlash,
            Self::Unpause => IGovernance::Kind::Unpause,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::hex;

    fn all() -> Vec<ProposalAction> {
        let change = |name: &str, value: u64| ParamChange {
            name: name.to_owned(),
            value: U256::from(value),
            current_value: None,
            unit: None,
        };
        vec![
            ProposalAction::ChangeParams {
                changes: vec![change("a", 1), change("blockGasLimit", 7)],
            },
            ProposalAction::SpendTreasury {
                to: Address::repeat_byte(1),
                amount_wei: U256::from(9),
            },
            ProposalAction::ActivateFeature {
                feature: "market".into(),
                min_version: "0.2.0".into(),
            },
            ProposalAction::CancelSlash { operator: Address::repeat_byte(2) },
            ProposalAction::Unpause { module: Address::repeat_byte(3) },
        ]
    }

    #[test]
    fn what_is_encoded_is_decoded_and_nothing_else() {
        for action in all() {
            let payload = action.encode();
            assert_eq!(ProposalAction::decode(action.kind(), &payload), Some(action.clone()));
            assert_eq!(ProposalAction::decode(action.kind(), &payload[..payload.len() - 32]), None);
        }
    }

    #[test]
    fn payloads_are_what_soliditys_abi_encode_makes() {
        let word = |n: u64| format!("{n:064x}");
        let [_, spend, feature, cancel, _] = all().try_into().unwrap();
        assert_eq!(hex::encode(spend.encode()), format!("{:0>64}", "01".repeat(20)) + &word(9));
        // abi.encode("market", "0.2.0"): two offsets, then each with its length.
        let text = |text: &str| word(text.len() as u64) + &format!("{:0<64}", hex::encode(text));
        assert_eq!(
            hex::encode(feature.encode()),
            word(64) + &word(128) + &text("market") + &text("0.2.0")
        );
        assert_eq!(hex::encode(cancel.encode()), format!("{:0>64}", "02".repeat(20)));
    }

    #[test]
    fn an_action_says_its_kind_in_json() {
        let [_, spend, _, _, unpause] = <[ProposalAction; 5]>::try_from(all()).unwrap();
        let json = serde_json::to_value(&unpause).unwrap();
        assert_eq!(json["kind"], "unpause");
        assert_eq!(serde_json::from_value::<ProposalAction>(json).unwrap(), unpause);
        let spend = serde_json::to_value(&spend).unwrap();
        assert_eq!((&spend["kind"], &spend["amountWei"]), (&"spendTreasury".into(), &"0x9".into()));
    }
}
