//! No group of buyers could do better with the sellers by itself, and more buyers never bring less money.

use std::collections::BTreeSet;

use alloy_primitives::Address;
use btt_tests::market::{Size, cleared, markets, random_book, seeds, shown};

use crate::support::{surplus, utilities};

#[test]
fn no_coalition_blocks_the_outcome() {
    for seed in seeds(markets()) {
        let (book, mut rng) = random_book(seed, Size::Small);
        let outcome = cleared(&book);
        let utilities = utilities(&book, &outcome);
        let sellers = surplus(&book, &outcome);
        assert!(sellers >= 0, "seed {seed}: payments do not cover the asks");
        for _ in 0..3 {
            let inside: BTreeSet<Address> =
                utilities.keys().filter(|_| rng.happens(500_000)).copied().collect();
            let mut alone = book.clone();
            alone.bids.retain(|bid| inside.contains(&bid.buyer));
            let could = cleared(&alone).welfare as i128;
            let has: i128 = inside.iter().map(|buyer| utilities[buyer]).sum();
            assert!(
                could <= sellers + has,
                "seed {seed}: {inside:?} could have {could}, and with the sellers have {}\n{}",
                sellers + has,
                shown(&book)
            );
        }
    }
}

#[test]
fn another_buyer_never_lowers_what_sellers_could_earn() {
    for seed in seeds(markets()) {
        let (book, mut rng) = random_book(seed, Size::Small);
        let all = cleared(&book);
        let out = rng.pick(&book.bids).buyer;
        let mut fewer = book.clone();
        fewer.bids.retain(|bid| bid.buyer != out);
        let less = cleared(&fewer);
        let (with, without) = (surplus(&book, &all), surplus(&fewer, &less));
        assert!(
            without <= with,
            "seed {seed}: {without} without {out}, {with} with it\n{}",
            shown(&book)
        );
        let paid = |outcome: &btt_runtime::modules::market::clearing::Outcome| {
            outcome.bids.iter().map(|bid| bid.payment).sum::<u128>()
        };
        assert!(paid(&less) <= paid(&all), "seed {seed}: {}", shown(&book));
    }
}
