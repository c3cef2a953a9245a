//! Each scenario with its seeds. `SIM_SEEDS` multiplies them, `SIM_COUNT` says how many, from `SIM_FIRST`;
//! `SEED` runs one, loudly.

use btt_tests::sim::{Report, byzantine::Behaviour, market::Tally, run, scenario::by_name};
use std::time::Instant;

/// Fewer seeds than this may come to an end before a lease does.
const DULL_SEEDS: u64 = 4;
/// Scenarios whose runs have so few blocks that they end before a lease does.
const SHORT: [&str; 2] = ["crashes", "behind"];

/// Seeds that found a fault, and which.
const FOUND: [(&str, u64, &str); 1] = [(
    "staking",
    40_150,
    "blocks that came too late were kept in the places of those that are missing",
)];

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Runs so many seeds of a scenario, unless the environment says otherwise.
fn seeds(name: &str, count: u64) {
    let scenario = by_name(name).expect("a scenario of this name");
    if let Some(seed) = number("SEED") {
        match run(scenario, seed, None, true) {
            Ok(report) => return println!("seed {seed} of {name} passes: {report:?}"),
            Err(failure) => panic!("{failure}"),
        }
    }
    let count = number("SIM_COUNT").unwrap_or(count * number("SIM_SEEDS").unwrap_or(1)).max(1);
    let first = number("SIM_FIRST").unwrap_or(0);
    let started = Instant::now();
    let mut failed = Vec::new();
    let (mut sum, mut slowest) = (Report::default(), 0);
    for seed in first..first + count {
        match run(scenario, seed, None, false) {
            Ok(report) => {
                sum.steps += report.steps;
                sum.virtual_ms += report.virtual_ms;
                sum.height += report.height;
                sum.late_rounds += report.late_rounds;
                sum.starts += report.starts;
                sum.accused += report.accused;
                sum.market.add(&report.market);
                slowest = slowest.max(report.healed_ms);
            }
            Err(failure) => failed.push(failure),
        }
    }
    let real = started.elapsed().as_secs_f64();
    println!(
        "{name}: {} of {count} seeds pass, {:.1} seeds/s, {:.0} s virtual in {real:.1} s ({:.0}:1), {} events, \
         {} blocks, {} of them after round 0, {} starts, {} accused, slowest recovery {slowest} ms",
        count - failed.len() as u64,
        count as f64 / real,
        sum.virtual_ms as f64 / 1_000.0,
        sum.virtual_ms as f64 / 1_000.0 / real,
        sum.steps,
        sum.height,
        sum.late_rounds,
        sum.starts,
        sum.accused,
    );
    println!("{name}: {:?}", sum.market);
    if let Some(first) = failed.first() {
        for failure in failed.iter().take(40) {
            println!("seed {}: {}", failure.seed, failure.reason);
        }
        panic!("{first}");
    }
    // A run finds nothing in a market where nothing happens.
    let Tally { cleared, closed, lies, .. } = sum.market;
    let has_liar = scenario.byzantine == [Behaviour::MarketLiar];
    let is_short = SHORT.contains(&name);
    let is_dull = cleared == 0 || (closed == 0 && !is_short) || (has_liar && lies == 0);
    assert!(!is_dull || count < DULL_SEEDS, "{name}: {:?}", sum.market);
}

#[test]
fn what_was_found_once() {
    for (name, seed, what) in FOUND {
        if let Err(failure) = run(by_name(name).expect("a scenario"), seed, None, false) {
            panic!("{what}: {failure}");
        }
    }
}

#[test]
fn calm() {
    seeds("calm", 4);
}

#[test]
fn crashes() {
    seeds("crashes", 60);
}

#[test]
fn staking() {
    seeds("staking", 20);
}

#[test]
fn market() {
    seeds("market", 20);
}

#[test]
fn network() {
    seeds("network", 20);
}

#[test]
fn byzantine() {
    seeds("byzantine", 30);
}

#[test]
fn equivocators() {
    seeds("equivocators", 30);
}

#[test]
fn sets() {
    seeds("sets", 40);
}

#[test]
fn clocks() {
    seeds("clocks", 30);
}

#[test]
fn copies() {
    seeds("copies", 30);
}

#[test]
fn away() {
    seeds("away", 15);
}

#[test]
fn behind() {
    seeds("behind", 60);
}

#[test]
fn everything() {
    seeds("everything", 40);
}
