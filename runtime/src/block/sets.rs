//! Which validators decide which height, for the heights that a block may speak of.

use super::{late::LATE_BLOCKS, rotation::SKIP_AFTER_MISSED};
use crate::config::Validator;
use std::sync::Arc;

/// The heights before its own that a block's rules ask the validators of, in blocks: the rotation looks at
/// the last [`SKIP_AFTER_MISSED`] blocks, and each of them may carry precommits [`LATE_BLOCKS`] older.
pub const REACH_BLOCKS: u64 = LATE_BLOCKS + SKIP_AFTER_MISSED + 1;

/// A set and the height from which on it decides.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    from_height: u64,
    validators: Arc<[Validator]>,
}

/// The sets of the heights that a block may speak of, oldest first. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidatorSets {
    oldest: Entry,
    newer: Vec<Entry>,
}

impl Default for ValidatorSets {
    /// Nobody, at any height.
    fn default() -> Self {
        Self::fixed(Vec::new())
    }
}

impl ValidatorSets {
    /// One set for all heights.
    pub fn fixed(validators: impl Into<Arc<[Validator]>>) -> Self {
        Self::starting(0, validators)
    }

    /// One set from a height on; nothing is known of the heights before.
    pub fn starting(from_height: u64, validators: impl Into<Arc<[Validator]>>) -> Self {
        let oldest = Entry { from_height, validators: validators.into() };
        Self { oldest, newer: Vec::new() }
    }

    /// The validators that decide block `height`, in canonical order (rule B.5). Below the oldest set that
    /// is kept: that one.
    pub fn at(&self, height: u64) -> &Arc<[Validator]> {
        let newest = self.newer.iter().rfind(|entry| entry.from_height <= height);
        &newest.unwrap_or(&self.oldest).validators
    }

    /// The same; `None` below the oldest set that is kept.
    pub fn get(&self, height: u64) -> Option<&Arc<[Validator]>> {
        (height >= self.oldest.from_height).then(|| self.at(height))
    }

    /// The set of the heights from `from_height` on is another one. Sets that no block at that height or
    /// above asks for are forgotten.
    pub fn push(&mut self, from_height: u64, validators: Arc<[Validator]>) {
        self.append(from_height, validators);
        let asked_from = from_height.saturating_sub(REACH_BLOCKS);
        while self.newer.first().is_some_and(|second| second.from_height <= asked_from) {
            self.oldest = self.newer.remove(0);
        }
    }

    /// The same, and nothing is forgotten. What was said of these heights before is replaced.
    pub fn append(&mut self, from_height: u64, validators: Arc<[Validator]>) {
        self.newer.retain(|entry| entry.from_height < from_height);
        if self.oldest.from_height >= from_height {
            *self = Self::starting(from_height, validators);
        } else if **self.at(from_height) != *validators {
            self.newer.push(Entry { from_height, validators });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Address, FixedBytes};

    fn set(power: u64) -> Arc<[Validator]> {
        let public_key = FixedBytes::ZERO;
        Arc::from([Validator { public_key, operator: Address::ZERO, power }])
    }

    #[test]
    fn each_height_has_the_newest_set_that_began_before() {
        let mut sets = ValidatorSets::fixed(set(1));
        sets.push(5, set(2));
        sets.push(9, set(3));
        let powers = [0, 4, 5, 8, 9, u64::MAX].map(|height| sets.at(height)[0].power);
        assert_eq!(powers, [1, 1, 2, 2, 3, 3]);
    }

    #[test]
    fn what_no_block_can_ask_for_is_forgotten() {
        let mut sets = ValidatorSets::fixed(set(1));
        sets.push(100, set(2));
        sets.push(100 + REACH_BLOCKS - 1, set(3));
        assert_eq!(sets.get(99), Some(&set(1)));
        sets.push(100 + REACH_BLOCKS, set(4));
        assert_eq!((sets.get(99), sets.get(100)), (None, Some(&set(2))));
        assert_eq!(sets.at(99), &set(2), "below the oldest: the oldest");
    }

    #[test]
    fn the_same_set_again_is_no_change_and_a_later_word_replaces_an_earlier_one() {
        let mut sets = ValidatorSets::fixed(set(1));
        sets.push(5, set(1));
        assert_eq!(sets, ValidatorSets::fixed(set(1)));
        sets.push(7, set(2));
        sets.push(6, set(3));
        assert_eq!((sets.at(5), sets.at(6), sets.at(7)), (&set(1), &set(3), &set(3)));
        sets.push(0, set(4));
        assert_eq!(sets, ValidatorSets::fixed(set(4)));
    }
}
