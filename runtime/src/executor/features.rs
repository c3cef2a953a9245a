//! A node that lacks a feature of the chain does not execute blocks under its rules: it could only be wrong.

use super::{BlockError, sets::on_state};
use crate::{
    config::ChainConfig,
    modules::governance::{ActiveFeature, unknown_feature_at},
    state::StateReader,
};

/// Refuses the child of block `number` where it is under the rules of a feature that the configuration
/// lacks; `state` is the one after that block.
///
/// # Errors
/// [`BlockError::UnknownFeature`], and [`BlockError::Store`].
pub fn check<S: StateReader>(
    config: &ChainConfig,
    state: &S,
    number: u64,
) -> Result<(), BlockError> {
    if !config.modules {
        return Ok(());
    }
    let next = number.saturating_add(1);
    match on_state(config, state, |host| unknown_feature_at(host, &config.features, next))? {
        Some(ActiveFeature { name, min_version, block }) => {
            Err(BlockError::UnknownFeature { name, min_version, block })
        }
        None => Ok(()),
    }
}
