//! Where the validator set of a height comes from: staking's epochs in state, or what the chain's
//! configuration says where state holds none.

use crate::{
    block::{BlockFacts, Header, ValidatorSets},
    config::{ChainConfig, Validator},
    modules::{self, Host, ModuleError, OverlayHost, staking::epochs},
    state::{Overlay, StateReader, StoreError},
};
use std::sync::Arc;

/// The sets that the child of block `number` may speak of; `state` is the one after that block.
pub fn validator_sets<S: StateReader>(
    config: &ChainConfig,
    state: &S,
    number: u64,
) -> Result<ValidatorSets, StoreError> {
    let stored = on_state(config, state, |host| {
        if has_epochs(config, host)? { epochs::load_sets(host) } else { Ok(None) }
    })?;
    Ok(stored.unwrap_or_else(|| {
        let mut sets = ValidatorSets::fixed(config.validators.clone());
        for (from_height, set) in config.validator_changes.range(..=number.saturating_add(1)) {
            sets.push(*from_height, set.clone().into());
        }
        sets
    }))
}

/// The sets of the heights from `first` to `last`, as far back as `state` keeps them; `None` where it keeps
/// not even that of `last`.
pub fn validator_sets_between<S: StateReader>(
    config: &ChainConfig,
    state: &S,
    first: u64,
    last: u64,
) -> Result<Option<ValidatorSets>, StoreError> {
    on_state(config, state, |host| {
        if has_epochs(config, host)? {
            return epochs::sets_between(host, first, last);
        }
        let mut sets = ValidatorSets::fixed(config.validators.clone());
        for (from_height, set) in &config.validator_changes {
            sets.append(*from_height, set.clone().into());
        }
        Ok(Some(sets))
    })
}

/// The validators of a height as state tells; `None` where that is forgotten.
pub(super) fn of_height(
    config: &ChainConfig,
    host: &mut dyn Host,
    height: u64,
) -> Result<Option<Vec<Validator>>, ModuleError> {
    if !has_epochs(config, host)? {
        return Ok(Some(config.scheduled_validators(height).to_vec()));
    }
    let epoch = epochs::epoch_at(host, height)?;
    epoch.map(|epoch| epochs::set(host, epoch.set_version)).transpose()
}

/// The set from the next block on, where it is another one than that of `block`; after the end hooks.
pub(super) fn next_of<S: StateReader>(
    config: &ChainConfig,
    sets: &ValidatorSets,
    overlay: &mut Overlay<S>,
    block: &BlockFacts,
) -> Result<Option<Arc<[Validator]>>, StoreError> {
    let next_height = block.number.saturating_add(1);
    let host = &mut OverlayHost::new(overlay, block);
    let next = if has_epochs(config, host).map_err(store_error)? {
        starting_at(host, next_height).map_err(store_error)?
    } else {
        config.validator_changes.get(&next_height).cloned()
    };
    Ok(next.filter(|next| **sets.at(block.number) != **next).map(Arc::from))
}

/// The set of the epoch whose first block this is.
fn starting_at(host: &mut dyn Host, height: u64) -> Result<Option<Vec<Validator>>, ModuleError> {
    let epoch = epochs::current(host)?.filter(|epoch| epoch.first_block == height);
    epoch.map(|epoch| epochs::set(host, epoch.set_version)).transpose()
}

/// Whether state says who decides: it does where it holds epochs, unless a simulation plans other sets.
fn has_epochs(config: &ChainConfig, host: &mut dyn Host) -> Result<bool, ModuleError> {
    let is_asked = config.modules && config.validator_changes.is_empty();
    Ok(is_asked && epochs::current(host)?.is_some())
}

/// Checks the modules' invariants in a state.
///
/// # Errors
/// Names the first that does not hold; a store that fails is one too.
pub fn check_invariants<S: StateReader>(config: &ChainConfig, state: &S) -> Result<(), StoreError> {
    if config.modules { on_state(config, state, modules::check_invariants) } else { Ok(()) }
}

/// Asks staking's state something.
pub(super) fn on_state<S: StateReader, T>(
    config: &ChainConfig,
    state: &S,
    ask: impl FnOnce(&mut dyn Host) -> Result<T, ModuleError>,
) -> Result<T, StoreError> {
    // Nothing that is asked here depends on the block.
    let block = BlockFacts::of(config, &Header::default());
    ask(&mut OverlayHost::new(&mut Overlay::new(state), &block)).map_err(store_error)
}

/// Reading fails only where the store does, or holds what nobody can have written.
pub(super) fn store_error(error: ModuleError) -> StoreError {
    match error {
        ModuleError::Store(reason) | ModuleError::Broken(reason) => StoreError::new(reason),
        other => StoreError::new(format!("{other:?}")),
    }
}
