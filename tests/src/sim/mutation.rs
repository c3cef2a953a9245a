//! Planted faults: each breaks one rule of the shell or the driver's surroundings, and some oracle must
//! notice. A simulator that finds nothing wrong with these would find nothing wrong at all.

use btt_node::consensus::driver::{Identity, SignedStep, StartPoint, WalRecord};
use btt_runtime::config::Validator;

/// A planted fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// Votes leave before log and guard are flushed.
    ActionsBeforeFlush,
    /// The log is written but not fed again, and the guard is forgotten.
    NoReplay,
    /// The log is not fed again; the guard is there.
    NoReplayGuarded,
    /// Own votes and others' are not logged.
    VotesNotLogged,
    /// Blocks are not logged before they are voted for.
    BlocksNotLogged,
    /// Timeouts are not logged.
    TimeoutsNotLogged,
    /// The guard is forgotten while the log is whole.
    GuardForgotten,
    /// A block that does not execute is said to be valid.
    VerdictsAlwaysValid,
    /// Each driver is told that its own node and the next have most of the power.
    DoctoredPower,
    /// Drivers are told of a set that lacks one validator.
    DoctoredSet,
    /// Timers stop after a while.
    LostTimers,
    /// Evidence is left out of blocks and never passed on.
    EvidenceDropped,
    /// The newest blocks are not given to a driver that starts: its rotation differs.
    RotationForgotten,
    /// A driver starts with a parent time of zero.
    ParentForgotten,
    /// A node believes the signer that a message claims.
    ClaimedSigners,
    /// The guard reaches the disk before the log.
    GuardBeforeLog,
    /// The log of the height after an undurable block is not fed again.
    SecondLogForgotten,
    /// A driver is told of an older height's validators.
    StaleSets,
    /// An old copy of data folder and guard runs, and peers are not asked.
    CopyWithItsGuard,
}

impl Mutation {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::ActionsBeforeFlush,
        Self::NoReplay,
        Self::NoReplayGuarded,
        Self::VotesNotLogged,
        Self::BlocksNotLogged,
        Self::TimeoutsNotLogged,
        Self::GuardForgotten,
        Self::VerdictsAlwaysValid,
        Self::DoctoredPower,
        Self::DoctoredSet,
        Self::LostTimers,
        Self::EvidenceDropped,
        Self::RotationForgotten,
        Self::ParentForgotten,
        Self::ClaimedSigners,
        Self::GuardBeforeLog,
        Self::SecondLogForgotten,
        Self::StaleSets,
        Self::CopyWithItsGuard,
    ];

    /// Whether a record reaches the log. Entries begin with a tag: 0 message, 1 timeout, 3 block.
    pub fn writes(self, record: &WalRecord) -> bool {
        let WalRecord::Entry(bytes) = record else { return true };
        let lost = match self {
            Self::VotesNotLogged => 0,
            Self::TimeoutsNotLogged => 1,
            Self::BlocksNotLogged => 3,
            _ => return true,
        };
        bytes.first() != Some(&lost)
    }

    /// Whether this timer is lost.
    pub fn loses_timer(self, now_us: u64) -> bool {
        self == Self::LostTimers && now_us > 500_000
    }

    /// The validators that a driver is told of.
    pub fn doctored(self, validators: &[Validator], node: usize) -> Vec<Validator> {
        let mut told = validators.to_vec();
        let count = told.len().max(1);
        match self {
            Self::DoctoredPower => {
                for (index, validator) in told.iter_mut().enumerate() {
                    validator.power = if index / 2 == (node % count) / 2 { 100 } else { 1 };
                }
            }
            Self::DoctoredSet => {
                told.pop();
            }
            _ => {}
        }
        told
    }

    /// What a driver starts with.
    pub fn spoil_start(self, start: &mut StartPoint, identity: &mut Identity, _node: usize) {
        match self {
            Self::NoReplay => {
                start.wal.clear();
                identity.last_signed = SignedStep::default();
            }
            Self::NoReplayGuarded => start.wal.clear(),
            Self::SecondLogForgotten => start.wal_after.clear(),
            Self::GuardForgotten => {
                identity.last_signed = SignedStep::default();
                identity.closed_until = 0;
            }
            Self::RotationForgotten => start.recent.clear(),
            Self::ParentForgotten => start.certificate = None,
            _ => {}
        }
    }
}
