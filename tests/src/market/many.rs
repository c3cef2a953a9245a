//! Many markets in one test, and what is shown of the one that fails.

use btt_runtime::modules::market::clearing::{Book, Outcome, clear};

use super::{Size, book, random_shape};
use crate::sim::rng::Rng;

/// Random markets a test tries, unless `BTT_MARKETS` says how many.
const DEFAULT_MARKETS: u64 = 10_000;
/// Books up to this many bids are shown whole when they fail.
const MAX_SHOWN_BIDS: usize = 60;

/// How many random markets each test tries.
pub fn markets() -> u64 {
    number("BTT_MARKETS").unwrap_or(DEFAULT_MARKETS)
}

/// The seeds of so many markets: from `BTT_MARKET_SEED`, or 0, on.
pub fn seeds(count: u64) -> std::ops::Range<u64> {
    let first = number("BTT_MARKET_SEED").unwrap_or(0);
    first..first + count.max(1)
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")))
}

/// A random market and what is left of its randomness.
pub fn random_book(seed: u64, size: Size) -> (Book, Rng) {
    let mut rng = Rng::new(seed);
    let shape = random_shape(&mut rng, size);
    (book(&mut rng, &shape), rng)
}

/// Clears a book that can be cleared.
///
/// # Panics
/// If it cannot.
pub fn cleared(book: &Book) -> Outcome {
    clear(book).unwrap_or_else(|error| panic!("{error}: {}", shown(book)))
}

/// The book as JSON, unless it is long.
pub fn shown(book: &Book) -> String {
    if book.bids.len() > MAX_SHOWN_BIDS {
        return format!("a book of {} bids", book.bids.len());
    }
    btt_cli::market::to_json(0, book).unwrap_or_default()
}
