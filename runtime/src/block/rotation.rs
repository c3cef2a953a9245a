//! Who proposes: validators take turns by power, and those that seem dead are left out (rule B.4).

use super::{Body, ValidatorSets, certificate::quorum_third};
use crate::config::Validator;
use std::collections::BTreeSet;

/// A validator that is in none of so many commits in a row is left out of the rotation. No less than the
/// blocks that late precommits have, so that nobody is left out whose signature may still come.
pub const SKIP_AFTER_MISSED: u64 = 8;

/// 2⁶⁴ over the golden ratio: steps of it spread evenly over a circle, however many are taken.
const GOLDEN_STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// The place in the set of the proposer of a height and round. `skipped` take no turn.
///
/// Turn `height + round` points at a place on a circle that the validators share by power; consecutive
/// turns lie a golden step apart, so that everybody's share of turns comes close to its share of power
/// within few turns, without any state.
pub fn proposer(
    validators: &[Validator],
    skipped: &BTreeSet<u16>,
    height: u64,
    round: u32,
) -> Option<u16> {
    let active = || {
        let indexed = (0..=u16::MAX).zip(validators);
        indexed.filter(|(index, _)| !skipped.contains(index))
    };
    let total = active().map(|(_, v)| u128::from(v.power)).fold(0, u128::saturating_add);
    let turn = height.wrapping_add(u64::from(round));
    // In units of 2^-64 of the circle; the product of two u64 fits.
    let mut place = u128::from(turn.wrapping_mul(GOLDEN_STEP)).saturating_mul(total) >> 64;
    for (index, validator) in active() {
        match place.checked_sub(u128::from(validator.power)) {
            Some(rest) => place = rest,
            None => return Some(index),
        }
    }
    None
}

/// Validators of `height` to be left out: those that were in the set for the last
/// [`SKIP_AFTER_MISSED`] commits and signed none, as far as the blocks before `height` tell; at most a
/// third of the power, in the order of the set.
///
/// `recent` are the newest blocks before `height` with their numbers, oldest first; with fewer than
/// [`SKIP_AFTER_MISSED`] of them nobody is left out.
pub fn skipped(sets: &ValidatorSets, height: u64, recent: &[(u64, &Body)]) -> BTreeSet<u16> {
    let validators = sets.at(height);
    let mut skipped = BTreeSet::new();
    let certified = recent.iter().filter(|(number, _)| *number > 1).count();
    if u64::try_from(certified).unwrap_or(0) < SKIP_AFTER_MISSED {
        return skipped;
    }
    let mut left = quorum_third(validators);
    for (index, validator) in (0..=u16::MAX).zip(validators.iter()) {
        let is_in = |set: &[Validator], place: u16| {
            set.get(usize::from(place)).is_some_and(|v| v.public_key == validator.public_key)
        };
        let was_always_there =
            recent.iter().filter(|(number, _)| *number > 1).all(|(number, _)| {
                let set = sets.at(number.saturating_sub(1));
                set.iter().any(|v| v.public_key == validator.public_key)
            });
        let has_signed = recent.iter().any(|(_, body)| {
            let certificate = body.parent_certificate();
            let in_certificate = certificate.is_some_and(|c| {
                let set = sets.at(c.height);
                c.signatures.iter().any(|s| is_in(set, s.validator_index))
            });
            let late = body.late_precommits().iter();
            in_certificate || late.clone().any(|l| is_in(sets.at(l.height), l.validator_index))
        });
        if was_always_there && !has_signed && validator.power <= left {
            left = left.saturating_sub(validator.power);
            skipped.insert(index);
        }
    }
    skipped
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Address, FixedBytes};

    fn set(powers: &[u64]) -> Vec<Validator> {
        let validator = |(i, power): (usize, &u64)| Validator {
            public_key: FixedBytes::with_last_byte(i as u8),
            operator: Address::ZERO,
            power: *power,
        };
        powers.iter().enumerate().map(validator).collect()
    }

    fn turns(powers: &[u64], skipped: &[u16], heights: u64) -> Vec<u64> {
        let (set, skipped) = (set(powers), skipped.iter().copied().collect());
        let mut turns = vec![0; powers.len()];
        for height in 0..heights {
            turns[usize::from(proposer(&set, &skipped, height, 0).unwrap())] += 1;
        }
        turns
    }

    #[test]
    fn turns_are_shared_by_power() {
        for (powers, heights) in [(&[1, 1, 1, 1], 400), (&[1, 2, 3, 94], 10_000)] {
            let turns = turns(powers, &[], heights);
            let total: u64 = powers.iter().sum();
            for (have, power) in turns.iter().zip(powers) {
                assert!(have.abs_diff(heights * power / total) <= 4, "{turns:?}");
            }
        }
    }

    #[test]
    fn the_skipped_take_no_turn() {
        let turns = turns(&[1, 1, 1, 1], &[2], 300);
        assert_eq!(turns[2], 0);
        assert!([0, 1, 3].iter().all(|i: &usize| turns[*i].abs_diff(100) <= 4), "{turns:?}");
        assert_eq!(proposer(&set(&[1]), &BTreeSet::from([0]), 1, 0), None);
    }

    #[test]
    fn the_next_round_has_another_proposer_among_equals() {
        let set = set(&[5; 4]);
        for height in 0..1_000 {
            let at = |round| proposer(&set, &BTreeSet::new(), height, round);
            assert_ne!(at(0), at(1));
        }
    }

    #[test]
    fn the_largest_powers_do_not_overflow() {
        let set = set(&[u64::MAX / 3; 3]);
        assert!(proposer(&set, &BTreeSet::new(), u64::MAX, u32::MAX).is_some());
    }
}
