//! The result does not depend on the order in which a book is written, on the names of its swarms, or on the order
//! in which its components are solved.

use alloy_primitives::{B256, keccak256};
use btt_runtime::modules::market::clearing::{Task, clear_with};
use btt_tests::market::{Size, cleared, markets, random_book, seeds, shown};

use crate::support::paid_by_account;

#[test]
fn bids_and_offers_may_stand_in_any_order() {
    for seed in seeds(markets()) {
        let (book, mut rng) = random_book(seed, Size::Small);
        let outcome = cleared(&book);
        let mut shuffled = book.clone();
        rng.shuffle(&mut shuffled.bids);
        rng.shuffle(&mut shuffled.offers);
        let other = cleared(&shuffled);
        assert_eq!(other, outcome, "seed {seed}: {}", shown(&book));
        assert_eq!(other.root(0, book.seed), outcome.root(0, book.seed));
    }
}

#[test]
fn components_may_be_solved_in_any_order() {
    for seed in seeds(markets() / 4) {
        let (book, mut rng) = random_book(seed, Size::Small);
        let outcome = cleared(&book);
        let turned = clear_with(&book, |tasks| {
            rng.shuffle(tasks);
            // Some are left for the end.
            let half = tasks.len() / 2;
            tasks[half..].iter_mut().rev().for_each(Task::run);
        });
        assert_eq!(turned.as_ref(), Ok(&outcome), "seed {seed}: {}", shown(&book));
    }
}

#[test]
fn other_names_of_swarms_give_the_same_money() {
    for seed in seeds(markets()) {
        let (book, _) = random_book(seed, Size::Small);
        let rename = |swarm: &B256| keccak256([swarm.as_slice(), &seed.to_be_bytes()].concat());
        let mut renamed = book.clone();
        renamed.bids.iter_mut().for_each(|bid| bid.swarm = rename(&bid.swarm));
        for offer in &mut renamed.offers {
            offer.swarms = offer.swarms.iter().map(rename).collect();
            offer.swarms.sort_unstable();
        }
        let (one, other) = (cleared(&book), cleared(&renamed));
        let what = || format!("seed {seed}: {}", shown(&book));
        assert_eq!(one.welfare, other.welfare, "{}", what());
        let won = |outcome: &btt_runtime::modules::market::clearing::Outcome| {
            let bids: Vec<_> = outcome.bids.iter().map(|bid| (bid.id, bid.won)).collect();
            let offers: Vec<_> =
                outcome.offers.iter().map(|offer| (offer.id, offer.sold)).collect();
            (bids, offers, outcome.burnt)
        };
        assert_eq!(won(&one), won(&other), "{}", what());
        // The flow decides how one account's payment is split over its bids, and by that what sellers earn.
        assert_eq!(paid_by_account(&book, &one), paid_by_account(&renamed, &other), "{}", what());
        let has_joint = paid_by_account(&book, &one).len() < book.bids.len();
        if !has_joint {
            assert_eq!((&one.bids, &one.offers), (&other.bids, &other.offers), "{}", what());
            assert_eq!(one.dust, other.dust, "{}", what());
        }
    }
}
