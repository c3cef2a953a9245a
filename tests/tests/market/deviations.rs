//! Honest bids are the best bids, and a higher bid never gets less.

use btt_runtime::modules::market::clearing::{Bid, Book, Tier};
use btt_tests::market::{Size, cleared, markets, random_book, seeds, shown};
use btt_tests::sim::rng::Rng;

use crate::support::{free_id, utilities, value};

/// Other bids than the honest ones that are tried in each market.
const LIES_PER_MARKET: u64 = 4;

/// Another schedule: scaled, cut, or anything.
pub(crate) fn lie(rng: &mut Rng, bid: &mut Bid, highest: u64) {
    match rng.below(4) {
        0 => {
            let percent = rng.range(10, 300);
            for tier in &mut bid.tiers {
                tier.price = (tier.price * percent / 100).max(1);
            }
        }
        1 => bid.tiers.truncate(rng.range(1, bid.tiers.len() as u64) as usize),
        2 => bid.tiers[0].quantity = rng.range(1, u64::from(bid.tiers[0].quantity) + 3) as u32,
        _ => {
            let mut price = rng.range(1, highest);
            let tier = |rng: &mut Rng| {
                price = rng.range(1, price);
                Tier { price, quantity: rng.range(1, 5) as u32 }
            };
            let mut tier = tier;
            bid.tiers = (0..rng.range(1, 4)).map(|_| tier(rng)).collect();
        }
    }
}

pub(crate) fn highest(book: &Book) -> u64 {
    book.bids.iter().map(|bid| bid.tiers[0].price).max().unwrap_or(0) + 2
}

#[test]
fn no_account_gains_by_bidding_anything_but_its_values() {
    let (mut tried, mut joint) = (0, 0);
    for seed in seeds(markets()) {
        let (book, mut rng) = random_book(seed, Size::Small);
        let honest = utilities(&book, &cleared(&book));
        for _ in 0..LIES_PER_MARKET {
            let liar = rng.pick(&book.bids).buyer;
            let mut lying = book.clone();
            for bid in lying.bids.iter_mut().filter(|bid| bid.buyer == liar) {
                if rng.happens(700_000) {
                    lie(&mut rng, bid, highest(&book));
                }
            }
            if rng.happens(200_000) {
                // A swarm that it does not want.
                let (id, swarm) = (free_id(&book), rng.pick(&book.bids).swarm);
                let price = rng.range(1, highest(&book));
                let tiers = vec![Tier { price, quantity: 1 }];
                lying.bids.push(Bid { id, buyer: liar, swarm, tiers, defaulted: false });
            }
            let outcome = cleared(&lying);
            let gained: i128 = outcome
                .bids
                .iter()
                .filter(|bid| lying.bids.iter().any(|b| b.id == bid.id && b.buyer == liar))
                .map(|bid| {
                    let wanted = book.bids.iter().find(|b| b.id == bid.id);
                    let value = wanted.map_or(0, |b| value(b, u64::from(bid.won)));
                    value - bid.payment as i128
                })
                .sum();
            let honest = honest[&liar];
            assert!(honest >= 0, "seed {seed}: {liar} pays above its values");
            assert!(
                gained <= honest,
                "seed {seed}: {liar} has {honest} when honest and {gained} by a lie\n{}\n{}",
                shown(&book),
                shown(&lying)
            );
            tried += 1;
            joint += u64::from(book.bids.iter().filter(|bid| bid.buyer == liar).count() > 1);
        }
    }
    assert!(tried < 1_000 || joint > tried / 10, "{joint} of {tried} by joint accounts");
}

#[test]
fn a_higher_bid_never_wins_less_and_the_same_units_cost_the_same() {
    let mut unchanged = 0;
    for seed in seeds(markets()) {
        let (book, mut rng) = random_book(seed, Size::Small);
        let before = cleared(&book);
        let raised = rng.below(book.bids.len() as u64) as usize;
        let (id, buyer) = (book.bids[raised].id, book.bids[raised].buyer);
        let mut higher = book.clone();
        let by = rng.range(1, highest(&book));
        let tiers = &mut higher.bids[raised].tiers;
        let count = rng.range(1, tiers.len() as u64) as usize;
        tiers.iter_mut().take(count).for_each(|tier| tier.price += by);
        let after = cleared(&higher);
        let won = |outcome: &btt_runtime::modules::market::clearing::Outcome| {
            outcome.bids.iter().find(|bid| bid.id == id).map(|bid| bid.won)
        };
        let what = || format!("seed {seed}: bid {id} raised by {by}\n{}", shown(&book));
        assert!(won(&after) >= won(&before), "{}", what());
        let own = |outcome: &btt_runtime::modules::market::clearing::Outcome| {
            let is_own = |id: u64| book.bids.iter().any(|bid| bid.id == id && bid.buyer == buyer);
            let own = outcome.bids.iter().filter(|bid| is_own(bid.id));
            own.fold((Vec::new(), 0), |(mut won, paid), bid| {
                won.push(bid.won);
                (won, paid + bid.payment)
            })
        };
        let (own_before, own_after) = (own(&before), own(&after));
        if own_before.0 == own_after.0 {
            assert_eq!(own_before.1, own_after.1, "{}", what());
            unchanged += 1;
        }
    }
    assert!(markets() < 1_000 || unchanged > markets() / 10, "{unchanged} kept their units");
}
