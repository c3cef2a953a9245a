//! Nobody gains by bidding under several names, and the fall-back's price lies between the exact one and the value.

use btt_runtime::modules::market::clearing::{Bid, Book, Tier};
use btt_tests::market::{Size, cleared, markets, random_book, seeds, shown};
use btt_tests::sim::rng::Rng;

use crate::deviations::{highest, lie};
use crate::support::{free_id, utilities, value};
use alloy_primitives::Address;

/// The bid's units, dealt to two names; each may bid something else in the end.
fn split(rng: &mut Rng, book: &Book, bid: &Bid) -> [Bid; 2] {
    let mut tiers = [Vec::new(), Vec::new()];
    for tier in &bid.tiers {
        let first = rng.range(0, u64::from(tier.quantity)) as u32;
        let price = tier.price;
        tiers[0].push(Tier { price, quantity: first });
        tiers[1].push(Tier { price, quantity: tier.quantity - first });
    }
    let id = free_id(book);
    let mut number = 0;
    tiers.map(|mut tiers| {
        tiers.retain(|tier| tier.quantity > 0);
        if tiers.is_empty() {
            // A shill that wants nothing.
            tiers.push(Tier { price: rng.range(1, highest(book)), quantity: 1 });
        }
        number += 1;
        let buyer = Address::repeat_byte(0xf0 + number);
        let mut part = Bid { id: id + u64::from(number), buyer, tiers, ..bid.clone() };
        if rng.happens(400_000) {
            lie(rng, &mut part, highest(book));
        }
        part
    })
}

#[test]
fn nobody_gains_by_bidding_under_two_names() {
    for seed in seeds(markets()) {
        let (mut book, mut rng) = random_book(seed, Size::Small);
        // One account with one bid.
        let place = rng.below(book.bids.len() as u64) as usize;
        let buyer = Address::repeat_byte(0xf0);
        book.bids[place].buyer = buyer;
        let bid = book.bids[place].clone();
        let honest = utilities(&book, &cleared(&book))[&buyer];
        let mut split_book = book.clone();
        split_book.bids.remove(place);
        let parts = split(&mut rng, &book, &bid);
        split_book.bids.extend(parts.clone());
        let outcome = cleared(&split_book);
        let own = outcome.bids.iter().filter(|r| parts.iter().any(|part| part.id == r.id));
        let (won, paid) = own.fold((0u64, 0u128), |(won, paid), result| {
            (won + u64::from(result.won), paid + result.payment)
        });
        let gained = value(&bid, won) - paid as i128;
        assert!(
            gained <= honest,
            "seed {seed}: bid {} has {honest} by one name and {gained} by two\n{}\n{}",
            bid.id,
            shown(&book),
            shown(&split_book)
        );
    }
}

#[test]
fn the_price_of_the_fall_back_lies_between_the_exact_one_and_the_value() {
    let mut above = 0;
    for seed in seeds(markets()) {
        let (book, _) = random_book(seed, Size::Small);
        let outcome = cleared(&book);
        for result in outcome.bids.iter().filter(|bid| bid.won > 0) {
            let bid = book.bids.iter().find(|bid| bid.id == result.id).unwrap();
            if book.bids.iter().filter(|other| other.buyer == bid.buyer).count() > 1 {
                continue;
            }
            let swarm = outcome.swarms.iter().find(|swarm| swarm.swarm == bid.swarm).unwrap();
            let price = u128::from(swarm.marginal_price) * u128::from(result.won);
            let what = || format!("seed {seed}: bid {}\n{}", bid.id, shown(&book));
            assert!(result.payment <= price, "{}", what());
            assert!(price as i128 <= value(bid, u64::from(result.won)), "{}", what());
            above += u64::from(result.payment < price);
        }
    }
    assert!(markets() < 1_000 || above > markets() / 20, "in {above} cases they differ");
}
