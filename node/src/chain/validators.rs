//! Who decides which height: the newest heights' sets are at hand, older ones come from state.

use super::Chain;
use crate::storage::ViewError;
use btt_runtime::{block::ValidatorSets, config::Validator, executor::validator_sets_between};
use std::sync::Arc;

impl Chain {
    /// The validators that decide block `height`, in canonical order (rule B.5).
    ///
    /// # Errors
    /// [`ViewError::Unknown`] above the next block, which is all that is decided; [`ViewError::Pruned`]
    /// where neither the newest state nor history reaches.
    pub fn validators_at(&self, height: u64) -> Result<Arc<[Validator]>, ViewError> {
        Ok(self.validator_sets(height, height)?.at(height).clone())
    }

    /// The sets of the heights from `first` to `last`. Of heights before `last` some may be missing where
    /// state has forgotten them ([`ValidatorSets::get`]).
    ///
    /// # Errors
    /// As [`Self::validators_at`], for `last`.
    pub fn validator_sets(&self, first: u64, last: u64) -> Result<ValidatorSets, ViewError> {
        // Nobody decides genesis; its validators are those of block 1.
        let (first, last) = (first.max(1), last.max(1));
        let head = self.head();
        if last > head.number.saturating_add(1) {
            return Err(ViewError::Unknown { number: last, head: head.number });
        }
        if head.validators.get(first).is_some() {
            return Ok(head.validators.clone());
        }
        // Staking keeps epochs for as long as evidence counts.
        let newest = self.store.newest_state()?;
        if let Some(sets) = validator_sets_between(&self.config, &newest, first, last)? {
            return Ok(sets);
        }
        // The state before a block has its epoch.
        let view = self.store.state_at(last.saturating_sub(1))?;
        let sets = validator_sets_between(&self.config, &view, first, last)?;
        sets.ok_or(ViewError::Pruned { number: last, oldest: head.number })
    }
}
