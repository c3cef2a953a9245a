//! The chain's clearing and the reference solver find the same.

use btt_cli::market::compare::compare;
use btt_cli::market::naive::solve;
use btt_runtime::modules::market::clearing::Book;
use btt_tests::market::{
    HARD, Size, book, cleared, general, hard_book, markets, one_swarm, random_book, seeds, shown,
};
use btt_tests::sim::rng::Rng;

/// What was met.
#[derive(Debug, Default)]
struct Met {
    winners: usize,
    payments: usize,
    classes: usize,
    /// Accounts that win and have several bids.
    joint: usize,
    /// Books in which something is burnt because of defaulted bids.
    burnt: usize,
}

/// Compares; adds what was met.
fn check(seed: u64, book: &Book, sample: Option<usize>, all: &mut Met) {
    let outcome = cleared(book);
    let reference = solve(book, sample);
    let agreement = compare(book, &outcome, &reference)
        .unwrap_or_else(|difference| panic!("seed {seed}: {difference}\n{}", shown(book)));
    assert_eq!(outcome.pinned_components, 0, "seed {seed}: over its budget");
    all.winners += agreement.winners;
    all.payments += agreement.payments;
    all.classes += agreement.classes;
    all.joint += reference.accounts.iter().filter(|account| account.bids.len() > 1).count();
    all.burnt += usize::from(outcome.burnt > 0);
    assert_eq!(agreement.bounded, 0, "seed {seed}: a fall-back set payments");
}

fn random(size: Size, count: u64) -> Met {
    let mut all = Met::default();
    for seed in seeds(count) {
        check(seed, &random_book(seed, size).0, None, &mut all);
    }
    assert_eq!(all.payments, all.winners);
    let few = count.div_ceil(50) as usize;
    let is_rich =
        all.payments > 20 * few && all.classes > few && all.joint > few && all.burnt > few;
    assert!(count < 1_000 || is_rich, "{all:?}");
    all
}

#[test]
fn on_tiny_markets() {
    random(Size::Tiny, 2 * markets());
}

#[test]
fn on_small_markets() {
    random(Size::Small, markets());
}

#[test]
fn on_medium_markets() {
    random(Size::Medium, markets().div_ceil(10));
}

#[test]
fn on_books_that_are_hard_on_purpose() {
    let mut all = Met::default();
    for kind in HARD {
        for seed in seeds(markets().div_ceil(60)) {
            let mut rng = Rng::new(seed);
            let size = rng.range(4, 60) as usize;
            check(seed, &hard_book(&mut rng, kind, size), None, &mut all);
        }
    }
    assert!(all.payments as u64 > markets(), "{all:?}");
}

/// Books of 20,000 bids: the whole allocation, and of a long run 200 payments of each.
#[test]
fn on_large_markets() {
    let mut shapes = vec![general(20_000, 1_000, 2_000, 3), one_swarm(20_000, 3)];
    shapes[0].buyers = 18_000;
    shapes[0].defaulted_percent = 10;
    let rounds = markets().div_ceil(100_000);
    let sample = if markets() >= 100_000 { 200 } else { 40 };
    for seed in seeds(rounds) {
        for shape in &shapes {
            let mut all = Met::default();
            let book = book(&mut Rng::new(seed), shape);
            check(seed, &book, Some(sample), &mut all);
            assert!(all.payments >= sample * 3 / 4, "{all:?}");
        }
    }
}
