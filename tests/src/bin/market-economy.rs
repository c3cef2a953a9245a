//! `market-economy`: why the chain charges what it charges. Two tables from seeded random markets: what mechanisms
//! achieve with honest bids, and what a buyer gains by a dishonest one.

use btt_tests::economy::{
    Mechanism, achievements, best_gains, best_posted_price, market, percent, render,
};
use btt_tests::sim::rng::Rng;

/// Seeds whose mean each figure is.
const SEEDS: u64 = 3;
/// Capacity, in percent of what is wanted.
const SUPPLIES: [u64; 3] = [30, 60, 120];
/// Bids of a market whose mechanisms are compared.
const BIDS: usize = 4_000;
/// Bids of a market in which buyers lie.
const BIDS_TO_LIE_IN: usize = 400;
/// Buyers that try, and lies that each tries.
const LIARS: (usize, usize) = (60, 40);

fn main() {
    println!(
        "Honest bids: welfare / payments of buyers (the asks are in them), in percent of the greatest welfare"
    );
    println!("({BIDS} bids, {} swarms, mean of {SEEDS} markets)\n", BIDS / 20);
    println!("{}\n", render(&honest()));
    println!("One dishonest bid among honest ones: the best of {} lies of each buyer", LIARS.1);
    println!("({} buyers of {BIDS_TO_LIE_IN}, {SEEDS} markets, supply 50 %)\n", LIARS.0);
    println!("{}", render(&dishonest()));
}

fn honest() -> Vec<Vec<String>> {
    let mut head = vec![String::new()];
    head.extend(SUPPLIES.iter().map(|supply| format!("supply {supply} %")));
    let mut table: Vec<Vec<String>> = vec![head];
    for supply in SUPPLIES {
        let runs: Vec<_> =
            (0..SEEDS).map(|seed| achievements(&market(seed, BIDS, supply))).collect();
        for (number, row) in runs[0].iter().enumerate() {
            if table.len() <= number + 1 {
                table.push(vec![row.name.to_owned()]);
            }
            let seeds = i128::from(SEEDS);
            let welfare: i128 = runs.iter().map(|rows| rows[number].welfare).sum::<i128>() / seeds;
            let paid: i128 = runs.iter().map(|rows| rows[number].payments).sum::<i128>() / seeds;
            table[number + 1].push(format!("{} / {}", percent(welfare), percent(paid)));
        }
    }
    table
}

fn dishonest() -> Vec<Vec<String>> {
    let head = ["", "buyers who gain, %", "gain, % of the value won"];
    let mut table = vec![head.map(str::to_owned).to_vec()];
    let posted = |seed| Mechanism::Posted(best_posted_price(&market(seed, BIDS_TO_LIE_IN, 50)));
    let names = ["VCG (the chain's)", "uniform price", "pay as bid", "posted price", "equal split"];
    for (number, name) in names.into_iter().enumerate() {
        let (mut buyers, mut liars, mut gained, mut value) = (0, 0, 0, 0);
        for seed in 0..SEEDS {
            let mechanism = [
                Mechanism::Vcg,
                Mechanism::Uniform,
                Mechanism::PayAsBid,
                posted(seed),
                Mechanism::EqualSplit,
            ][number];
            let book = market(seed, BIDS_TO_LIE_IN, 50);
            let gain = best_gains(mechanism, &book, &mut Rng::new(seed), LIARS.0, LIARS.1);
            (buyers, liars) = (buyers + gain.buyers, liars + gain.liars);
            (gained, value) = (gained + gain.gained, value + gain.value);
        }
        let liars = i128::from(liars * 10_000 / buyers.max(1));
        let gained = gained as i128 * 10_000 / (value as i128).max(1);
        let two = format!("{}.{:02}", gained / 100, gained % 100);
        table.push(vec![name.to_owned(), percent(liars), two]);
    }
    table
}
