//! What may go wrong in a run.

use super::{byzantine::Behaviour, nemesis::Fault};

/// A kind of run.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name, for `SCENARIO`.
    pub name: &'static str,
    /// Fewest and most validators.
    pub validators: (u64, u64),
    /// Whether there is a node without a vote.
    pub has_observer: bool,
    /// Whether one validator starts late, with an empty disk.
    pub has_late_joiner: bool,
    /// How byzantine validators may behave; none if empty.
    pub byzantine: &'static [Behaviour],
    /// What may go wrong.
    pub faults: &'static [Fault],
    /// Fewest and most ms between two faults.
    pub strike_ms: (u64, u64),
    /// For how long things go wrong, in ms.
    pub chaos_ms: u64,
    /// Whether the validator set changes by a plan, every few heights; the chain then has no stake.
    pub changes_sets: bool,
    /// Whether validators join, move stake, are jailed and come back, in epochs of 10 blocks. Elsewhere
    /// nobody is jailed: who lies must not come to hold a third of the power by it.
    pub has_staking: bool,
    /// Whether blocks become durable behind the next height; random if not said.
    pub commits_behind: Option<bool>,
    /// Heights that must follow when all is well again.
    pub heights_after: u64,
}

impl Scenario {
    const CALM: Self = Self {
        name: "calm",
        validators: (4, 4),
        has_observer: false,
        has_late_joiner: false,
        byzantine: &[],
        faults: &[],
        strike_ms: (50, 500),
        chaos_ms: 0,
        changes_sets: false,
        has_staking: false,
        commits_behind: Some(false),
        heights_after: 100,
    };
}

/// Faults of processes and disks.
const CRASHES: &[Fault] = &[
    Fault::Crash,
    Fault::Crash,
    Fault::CrashAtPoint,
    Fault::CrashAtPoint,
    Fault::CrashAtPoint,
    Fault::Blackout,
];
/// Crashes while blocks are slow to become durable.
const SLOW_CRASHES: &[Fault] = &[
    Fault::SlowCommits,
    Fault::SlowCommits,
    Fault::Crash,
    Fault::CrashAtPoint,
    Fault::CrashAtPoint,
    Fault::Blackout,
];
/// Faults of the network.
const NETWORK: &[Fault] =
    &[Fault::Partition, Fault::OneWay, Fault::BadLinks, Fault::Mend, Fault::Mend];
/// Everything but old copies.
const ALL: &[Fault] = &[
    Fault::Crash,
    Fault::CrashAtPoint,
    Fault::CrashAtPoint,
    Fault::Blackout,
    Fault::Partition,
    Fault::OneWay,
    Fault::BadLinks,
    Fault::Mend,
    Fault::Mend,
    Fault::Slow,
    Fault::Skew,
    Fault::Away,
];

/// All scenarios.
pub const SCENARIOS: &[Scenario] = &[
    Scenario::CALM,
    Scenario {
        name: "crashes",
        faults: CRASHES,
        strike_ms: (20, 400),
        chaos_ms: 6_000,
        heights_after: 5,
        ..Scenario::CALM
    },
    Scenario {
        name: "network",
        faults: NETWORK,
        strike_ms: (100, 1_500),
        chaos_ms: 15_000,
        heights_after: 5,
        ..Scenario::CALM
    },
    Scenario {
        name: "byzantine",
        validators: (4, 7),
        byzantine: &super::byzantine::ALL,
        chaos_ms: 4_000,
        heights_after: 5,
        ..Scenario::CALM
    },
    Scenario {
        name: "equivocators",
        validators: (4, 7),
        byzantine: &[Behaviour::TwoVotes, Behaviour::TwoProposals, Behaviour::Amnesiac],
        faults: &[Fault::BadLinks, Fault::Mend, Fault::Slow],
        strike_ms: (100, 1_500),
        chaos_ms: 5_000,
        heights_after: 5,
        ..Scenario::CALM
    },
    Scenario {
        name: "sets",
        validators: (4, 6),
        has_observer: true,
        has_late_joiner: true,
        faults: &[Fault::Crash, Fault::Away, Fault::Slow],
        strike_ms: (200, 1_500),
        chaos_ms: 6_000,
        changes_sets: true,
        heights_after: 5,
        ..Scenario::CALM
    },
    Scenario {
        name: "staking",
        validators: (7, 7),
        has_observer: true,
        faults: &[Fault::Crash, Fault::Away, Fault::Away, Fault::Slow, Fault::Mend],
        strike_ms: (200, 2_000),
        chaos_ms: 15_000,
        has_staking: true,
        heights_after: 25,
        ..Scenario::CALM
    },
    Scenario {
        name: "market",
        validators: (4, 7),
        byzantine: &[Behaviour::MarketLiar],
        faults: &[Fault::Crash, Fault::CrashAtPoint, Fault::Partition, Fault::Mend, Fault::Slow],
        strike_ms: (200, 1_500),
        chaos_ms: 10_000,
        commits_behind: None,
        heights_after: 30,
        ..Scenario::CALM
    },
    Scenario {
        name: "clocks",
        faults: &[Fault::Skew, Fault::Skew, Fault::Slow, Fault::Mend],
        byzantine: &[Behaviour::TimeLiar],
        strike_ms: (100, 1_000),
        chaos_ms: 8_000,
        heights_after: 5,
        ..Scenario::CALM
    },
    Scenario {
        name: "copies",
        faults: &[Fault::OldCopy, Fault::OldCopy, Fault::Slow],
        strike_ms: (200, 1_500),
        chaos_ms: 6_000,
        heights_after: 5,
        ..Scenario::CALM
    },
    Scenario {
        name: "away",
        validators: (4, 5),
        has_late_joiner: true,
        faults: &[Fault::Away, Fault::Slow, Fault::Mend],
        strike_ms: (500, 4_000),
        chaos_ms: 15_000,
        heights_after: 12,
        ..Scenario::CALM
    },
    Scenario {
        name: "behind",
        faults: SLOW_CRASHES,
        strike_ms: (20, 300),
        chaos_ms: 6_000,
        commits_behind: Some(true),
        heights_after: 5,
        ..Scenario::CALM
    },
    Scenario {
        name: "everything",
        validators: (4, 7),
        has_observer: true,
        has_late_joiner: true,
        byzantine: &super::byzantine::ALL,
        faults: ALL,
        strike_ms: (50, 1_000),
        chaos_ms: 12_000,
        changes_sets: true,
        has_staking: false,
        commits_behind: None,
        heights_after: 5,
    },
];

/// A scenario by its name.
pub fn by_name(name: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| scenario.name == name)
}
