//! Settings of consensus: when blocks come, and how long a step waits for others.

use super::Settings;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Time between blocks where nothing is set.
const DEFAULT_BLOCK_TIME_MS: u64 = 1_000;
/// Least time between blocks of a network where nothing is set: a transaction is final within it.
const DEFAULT_MIN_INTERVAL_MS: u64 = 100;

/// How long each step of a round waits, in ms: the table `[consensus]` of the file.
///
/// A round that fails makes the next wait longer, by the step's delta, up to `max_ms`; so that however slow
/// the network is, a round comes that is long enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConsensusSettings {
    /// For the proposal and its block, in round 0.
    pub propose_ms: u64,
    /// More for the proposal, with each round.
    pub propose_delta_ms: u64,
    /// For the missing prevotes once two thirds have come, in round 0.
    pub prevote_ms: u64,
    /// For the missing precommits once two thirds have come, in round 0.
    pub precommit_ms: u64,
    /// More for either kind of vote, with each round.
    pub vote_delta_ms: u64,
    /// No step waits longer, whatever the round.
    pub max_ms: u64,
}

impl Default for ConsensusSettings {
    fn default() -> Self {
        Self {
            propose_ms: 1_000,
            propose_delta_ms: 250,
            prevote_ms: 500,
            precommit_ms: 500,
            vote_delta_ms: 250,
            max_ms: 30_000,
        }
    }
}

impl ConsensusSettings {
    /// How long round `round` waits for its proposal.
    pub fn propose(&self, round: u32) -> Duration {
        self.grown(self.propose_ms, self.propose_delta_ms, round)
    }

    /// How long round `round` waits for the missing prevotes.
    pub fn prevote(&self, round: u32) -> Duration {
        self.grown(self.prevote_ms, self.vote_delta_ms, round)
    }

    /// How long round `round` waits for the missing precommits.
    pub fn precommit(&self, round: u32) -> Duration {
        self.grown(self.precommit_ms, self.vote_delta_ms, round)
    }

    fn grown(&self, base_ms: u64, delta_ms: u64, round: u32) -> Duration {
        let ms = base_ms.saturating_add(delta_ms.saturating_mul(round.into()));
        Duration::from_millis(ms.min(self.max_ms))
    }
}

/// When blocks are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intervals {
    /// Least time between two blocks while transactions wait.
    pub min: Duration,
    /// Time until an empty block while none waits, at least `min`; `None` makes no empty ones.
    pub empty: Option<Duration>,
}

impl Settings {
    /// Time between blocks; zero means on demand.
    pub fn block_time(&self) -> Duration {
        Duration::from_millis(self.block_time_ms.unwrap_or(DEFAULT_BLOCK_TIME_MS))
    }

    /// When blocks are made: `block_time` gives both intervals that are not set themselves.
    pub fn intervals(&self) -> Intervals {
        let ms = Duration::from_millis;
        let min = self.min_block_interval_ms.or(self.block_time_ms);
        let min = ms(min.unwrap_or(DEFAULT_MIN_INTERVAL_MS));
        let empty = self.empty_block_interval_ms.map_or(self.block_time(), ms);
        Intervals { min, empty: (!empty.is_zero()).then_some(empty.max(min)) }
    }

    /// Timeouts of consensus.
    pub fn consensus(&self) -> ConsensusSettings {
        self.consensus.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_grow_with_the_round_up_to_a_limit() {
        let settings = ConsensusSettings::default();
        let ms = |duration: Duration| duration.as_millis();
        assert_eq!(
            (ms(settings.propose(0)), ms(settings.prevote(0)), ms(settings.precommit(0))),
            (1_000, 500, 500)
        );
        assert_eq!((ms(settings.propose(2)), ms(settings.precommit(3))), (1_500, 1_250));
        assert_eq!(ms(settings.propose(u32::MAX)), 30_000);
    }

    #[test]
    fn block_time_is_a_shorthand_for_both_intervals() {
        let intervals = |toml: &str| toml::from_str::<Settings>(toml).unwrap().intervals();
        let of = |min, empty: Option<u64>| Intervals {
            min: Duration::from_millis(min),
            empty: empty.map(Duration::from_millis),
        };
        assert_eq!(intervals(""), of(100, Some(1_000)));
        assert_eq!(intervals("block_time = 200"), of(200, Some(200)));
        assert_eq!(intervals("block_time = 0"), of(0, None));
        assert_eq!(
            intervals("block_time = 200\nempty_block_interval_ms = 900"),
            of(200, Some(900))
        );
        assert_eq!(intervals("min_block_interval_ms = 0"), of(0, Some(1_000)));
        assert_eq!(intervals("min_block_interval_ms = 2000"), of(2_000, Some(2_000)));
        assert_eq!(intervals("empty_block_interval_ms = 0"), of(100, None));
    }

    #[test]
    fn the_table_may_name_some_timeouts_and_no_unknown_ones() {
        let table = |text: &str| toml::from_str::<Settings>(text).map(|s| s.consensus());
        let settings = table("[consensus]\npropose_ms = 3000").unwrap();
        assert_eq!((settings.propose_ms, settings.prevote_ms), (3_000, 500));
        assert!(table("[consensus]\npropose = 3").is_err());
    }
}
