//! How much of a growing stake was there before a vote started, in one slot. Exact for the newest vote;
//! for older ones that are still open it may say less, never more (rule F.5: the weight of a vote is the
//! lesser of the stake at its start and the stake now).

use crate::primitives::packed::{Pack, Unpack};
use alloy_primitives::U256;

/// `old` has been here since block `old_block`, everything since block `grown_block`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct Aged {
    old: u128,
    old_block: u64,
    grown_block: u64,
}

impl Aged {
    pub(super) fn unpack(word: U256) -> Self {
        let mut fields = Unpack::new(word);
        Self { old: fields.u128(), old_block: fields.u64(), grown_block: fields.u64() }
    }

    pub(super) fn pack(self) -> U256 {
        Pack::default().u128(self.old).u64(self.old_block).u64(self.grown_block).word()
    }

    /// Notes that `before` grows in `block`. `newest_start` is the block in which the newest vote started.
    pub(in super::super) fn grow(&mut self, before: u128, block: u64, newest_start: u64) {
        if before == 0 || self.grown_block < newest_start {
            (self.old, self.old_block) = (before, self.grown_block);
        }
        self.grown_block = block;
    }

    /// Notes that only `now` is left.
    pub(in super::super) fn shrink_to(&mut self, now: u128) {
        self.old = self.old.min(now);
    }

    /// What of `now` was there before block `start`.
    pub(in super::super) fn before(self, start: u64, now: u128) -> u128 {
        if self.grown_block < start {
            now
        } else if self.old_block < start {
            self.old.min(now)
        } else {
            0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_comes_after_the_start_does_not_count() {
        let mut aged = Aged::default();
        aged.grow(0, 5, 0);
        assert_eq!(aged.before(10, 100), 100);
        aged.grow(100, 12, 10);
        assert_eq!(aged.before(10, 150), 100);
        aged.grow(150, 14, 10);
        assert_eq!(aged.before(10, 200), 100);
        aged.shrink_to(70);
        assert_eq!(aged.before(10, 70), 70);
    }

    proptest! {
        #[test]
        fn it_is_exact_for_the_newest_vote_and_never_more_for_older_ones(
            steps in proptest::collection::vec((0u8..3, 1u128..1_000), 1..60),
        ) {
            let mut aged = Aged::default();
            let (mut now, mut newest) = (0u128, 0u64);
            // Stake at the start of each vote, and the least since.
            let mut votes: Vec<(u64, u128)> = Vec::new();
            for (block, (step, amount)) in (1u64..).zip(steps) {
                match step {
                    0 => {
                        aged.grow(now, block, newest);
                        now += amount;
                    }
                    1 => {
                        now = now.saturating_sub(amount);
                        aged.shrink_to(now);
                    }
                    _ => {
                        newest = block;
                        votes.push((block, now));
                    }
                }
                for (_, least) in &mut votes {
                    *least = (*least).min(now);
                }
                for (start, least) in &votes {
                    prop_assert!(aged.before(*start, now) <= *least);
                }
                if let Some((start, least)) = votes.last() {
                    prop_assert_eq!(aged.before(*start, now), *least);
                }
            }
        }
    }
}
