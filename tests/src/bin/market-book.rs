//! `market-book --bids N …`: prints a random book of the market as JSON, for `btt market clear` and for the
//! comparison with other solvers.

use std::process::ExitCode;

use btt_tests::market::{Shape, book, general};
use btt_tests::sim::rng::Rng;

const USAGE: &str = "usage: market-book --bids N [--swarms K] [--sellers S] [--tiers T] [--seed SEED]

Prints a book of N bids: heavy-tailed prices, Zipf swarms (default one for 20 bids), sellers (default one for 10
bids) of up to 4 swarms, T tiers a bid at most (default 3; 1 means one unit a bid), half of what is wanted offered.";

fn main() -> ExitCode {
    match parse(std::env::args().skip(1)) {
        Ok(Some((shape, seed))) => print(&shape, seed),
        Ok(None) => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("market-book: {reason}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn print(shape: &Shape, seed: u64) -> ExitCode {
    match btt_cli::market::to_json(0, &book(&mut Rng::new(seed), shape)) {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("market-book: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Option<(Shape, u64)>, String> {
    let (mut bids, mut swarms, mut sellers, mut tiers, mut seed) = (None, None, None, 3, 1);
    while let Some(flag) = words.next() {
        if matches!(flag.as_str(), "--help" | "-h") {
            return Ok(None);
        }
        let value = words.next().ok_or_else(|| format!("{flag} needs a number"))?;
        let number: u64 = value.parse().map_err(|_| format!("{flag} {value} is no number"))?;
        if number == 0 && flag != "--seed" {
            return Err(format!("{flag} must be at least 1"));
        }
        match flag.as_str() {
            "--bids" => bids = Some(number as usize),
            "--swarms" => swarms = Some(number as usize),
            "--sellers" => sellers = Some(number as usize),
            "--tiers" => tiers = number as usize,
            "--seed" => seed = number,
            _ => return Err(format!("unknown flag {flag}")),
        }
    }
    let bids = bids.ok_or("say how many bids: --bids N")?;
    let swarms = swarms.unwrap_or(bids.div_ceil(20));
    let sellers = sellers.unwrap_or(bids.div_ceil(10));
    Ok(Some((general(bids, swarms, sellers, tiers), seed)))
}
