//! What proposals do: checked when they are made and again before they take effect, so that an effect
//! cannot stop half way.

use super::{
    IGovernance, check_together, features,
    payload::Payload,
    state::{FeatureList, Head},
};
use crate::{
    modules::{Host, ModuleError, accounts, hooks, params, staking::slashing},
    primitives::addresses::{SYSTEM_ACCOUNTS, TREASURY, is_module},
};
use alloy_primitives::{Address, U256};

/// Why a proposal cannot take effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A change does not fit.
    Change { name: String, reason: String },
    /// Its target cannot be.
    Target(String),
}

impl Refusal {
    fn target(reason: &str) -> Self {
        Self::Target(reason.to_owned())
    }

    /// The module's error for it.
    pub(super) fn into_error(self) -> ModuleError {
        match self {
            Self::Change { name, reason } => {
                ModuleError::revert(IGovernance::BadChange { name, reason })
            }
            Self::Target(reason) => ModuleError::revert(IGovernance::NotAllowed { reason }),
        }
    }

    /// It in words.
    pub(super) fn into_reason(self) -> String {
        match self {
            Self::Change { name, reason } => format!("{name}: {reason}"),
            Self::Target(reason) => reason,
        }
    }
}

type Checked = Result<Result<(), Refusal>, ModuleError>;

/// Whether a payload could take effect now. `slash_since` is the block of the slash to cancel, where that
/// is known.
pub(super) fn check(host: &mut dyn Host, payload: &Payload, slash_since: Option<u64>) -> Checked {
    match payload {
        Payload::ChangeParams(changes) => check_changes(host, changes),
        Payload::SpendTreasury { to, wei } => check_spend(host, *to, *wei),
        Payload::ActivateFeature { name, .. } => check_feature(host, name),
        Payload::CancelSlash { operator } => {
            let open = slashing::open_since(host, *operator)?;
            Ok(match open {
                Some(since) if slash_since.is_none_or(|wanted| wanted == since) => Ok(()),
                Some(_) => Err(Refusal::target("the slash is another one by now")),
                None => Err(Refusal::target("the validator has no open slash")),
            })
        }
        Payload::Unpause { module } if !is_module(module) => {
            Ok(Err(Refusal::target("it is no module")))
        }
        Payload::Unpause { module } => Ok(match hooks::is_paused(host, *module)? {
            true => Ok(()),
            false => Err(Refusal::target("the module is not paused")),
        }),
    }
}

fn check_changes(host: &mut dyn Host, changes: &[IGovernance::Change]) -> Checked {
    let mut checked: Vec<(&'static str, u128)> = Vec::with_capacity(changes.len());
    for IGovernance::Change { name, value } in changes {
        let refused = |reason: String| Refusal::Change { name: name.clone(), reason };
        let Some(param) = params::find(name) else {
            return Ok(Err(refused("no parameter has this name".to_owned())));
        };
        let value = match u128::try_from(*value) {
            Ok(small) if param.allows(*value) => small,
            _ => {
                let (min, max) = (param.min, param.max);
                return Ok(Err(refused(format!("{value} is not between {min} and {max}"))));
            }
        };
        if checked.iter().any(|(other, _)| *other == param.name) {
            return Ok(Err(refused("it is changed twice".to_owned())));
        }
        checked.push((param.name, value));
    }
    let together = check_together(|param| match checked.iter().find(|(n, _)| *n == param.name) {
        Some((_, value)) => Ok(*value),
        None => params::value(host, param),
    })?;
    Ok(together.map_err(|(name, reason)| Refusal::Change { name: name.to_owned(), reason }))
}

fn check_spend(host: &mut dyn Host, to: Address, wei: U256) -> Checked {
    if is_module(&to) || SYSTEM_ACCOUNTS.contains(&to) || to.is_zero() {
        return Ok(Err(Refusal::target("modules, system accounts and nobody are not paid")));
    }
    let has = host.balance(TREASURY)?;
    if has < wei {
        return Ok(Err(Refusal::Target(format!("the treasury holds {has} wei only"))));
    }
    Ok(Ok(()))
}

fn check_feature(host: &mut dyn Host, name: &str) -> Checked {
    let known = FeatureList::all(host)?;
    Ok(if known.iter().any(|feature| feature.name == name) {
        Err(Refusal::target("the feature is turned on already"))
    } else if FeatureList::len(host)? >= FeatureList::MAX {
        Err(Refusal::target("the list of features is full"))
    } else if Head::load(host)?.features >= features::MAX_WAITING {
        Err(Refusal::target("too many features wait for their first block"))
    } else {
        Ok(())
    })
}

/// Makes a payload take effect; [`check`] has just allowed it.
pub(super) fn apply(host: &mut dyn Host, payload: Payload) -> Result<(), ModuleError> {
    match payload {
        Payload::ChangeParams(changes) => {
            for IGovernance::Change { name, value } in changes {
                let param = params::find(&name)
                    .ok_or_else(|| super::state::broken("a checked parameter is unknown"))?;
                params::set(host, param, value)?;
            }
            Ok(())
        }
        Payload::SpendTreasury { to, wei } => accounts::transfer(host, TREASURY, to, wei),
        Payload::ActivateFeature { name, min_version } => features::add(host, name, min_version),
        Payload::CancelSlash { operator } => slashing::cancel(host, operator),
        Payload::Unpause { module } => params::unpause(host, module),
    }
}
