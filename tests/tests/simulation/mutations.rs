//! The simulator itself under test: each planted fault is noticed, and the same seed does the same again.

use btt_tests::sim::{mutation::Mutation, run, scenario::by_name};

/// Seeds within which a planted fault must be noticed.
const MAX_SEEDS: u64 = 400;

/// Where a fault shows, and the beginning of what the oracle says.
fn scenario_of(mutation: Mutation) -> &'static str {
    match mutation {
        Mutation::ActionsBeforeFlush
        | Mutation::NoReplay
        | Mutation::NoReplayGuarded
        | Mutation::VotesNotLogged
        | Mutation::BlocksNotLogged
        | Mutation::TimeoutsNotLogged
        | Mutation::ParentForgotten
        | Mutation::GuardBeforeLog => "crashes",
        Mutation::EvidenceDropped => "equivocators",
        Mutation::SecondLogForgotten => "behind",
        Mutation::DoctoredPower => "network",
        Mutation::StaleSets => "sets",
        Mutation::RotationForgotten => "away",
        Mutation::CopyWithItsGuard | Mutation::GuardForgotten => "copies",
        Mutation::VerdictsAlwaysValid
        | Mutation::DoctoredSet
        | Mutation::LostTimers
        | Mutation::ClaimedSigners => "byzantine",
    }
}

fn notice(mutations: impl IntoIterator<Item = Mutation>) {
    let mut missed = Vec::new();
    for mutation in mutations {
        let scenario = by_name(scenario_of(mutation)).expect("a scenario");
        let found =
            (0..MAX_SEEDS).find_map(|seed| run(scenario, seed, Some(mutation), false).err());
        match found {
            Some(failure) => println!(
                "{mutation:?} in {}: noticed at seed {}: {}",
                scenario.name, failure.seed, failure.reason
            ),
            None => {
                println!("{mutation:?} in {}: NOT noticed in {MAX_SEEDS} seeds", scenario.name);
                missed.push(mutation);
            }
        }
    }
    assert!(missed.is_empty(), "not noticed in {MAX_SEEDS} seeds: {missed:?}");
}

#[test]
fn planted_faults_are_noticed() {
    notice(Mutation::ALL.into_iter().step_by(2));
}

#[test]
fn the_other_planted_faults_are_noticed() {
    notice(Mutation::ALL.into_iter().skip(1).step_by(2));
}

#[test]
fn the_same_seed_does_the_same_again() {
    for name in ["crashes", "everything"] {
        let scenario = by_name(name).expect("a scenario");
        for seed in 0..3 {
            let runs = [0; 2].map(|_| run(scenario, seed, None, false).expect("a run that passes"));
            assert_eq!(runs[0], runs[1], "seed {seed} of {name}");
        }
    }
}
