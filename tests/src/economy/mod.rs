//! Ways to share out upload capacity, side by side: what they achieve with honest bids, and what a bid gains by
//! not being honest.

mod deviation;
mod mechanism;
mod table;

pub use deviation::{Gain, best_gains};
pub use mechanism::{Mechanism, Shares, best_posted_price};
pub use table::{Row, achievements, percent, render};

use btt_runtime::modules::market::clearing::Book;

use crate::market::{Shape, book, general};
use crate::sim::rng::Rng;

/// A market with so many bids: Zipf swarms, heavy-tailed values, up to three tiers, no fee.
pub fn market(seed: u64, bids: usize, supply_percent: u64) -> Book {
    let (swarms, sellers) = (bids.div_ceil(20), bids * 3 / 40 + 1);
    let shape = Shape { supply_percent, fee_bps: 0, ..general(bids, swarms, sellers, 3) };
    book(&mut Rng::new(seed), &shape)
}
