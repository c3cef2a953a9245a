//! What a buyer gains by a dishonest bid, while the others stay honest.

use alloy_primitives::Address;
use btt_runtime::modules::market::clearing::{Bid, Book};

use super::mechanism::{Mechanism, Shares, value};
use crate::sim::rng::Rng;

/// Of some buyers, each at its best lie.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gain {
    /// Buyers that tried.
    pub buyers: u64,
    /// Those that found a lie that pays.
    pub liars: u64,
    /// Their gains, in ticks.
    pub gained: u128,
    /// What the units that all of them won honestly are worth to them, in ticks.
    pub value: u128,
}

/// Tries lies for some of the buyers, each of whom has one bid.
pub fn best_gains(
    mechanism: Mechanism,
    book: &Book,
    rng: &mut Rng,
    buyers: usize,
    lies: usize,
) -> Gain {
    let honest = mechanism.run(book);
    let mut places: Vec<usize> = (0..book.bids.len()).collect();
    rng.shuffle(&mut places);
    let mut all = Gain::default();
    for place in places.into_iter().take(buyers) {
        let bid = &book.bids[place];
        let fair = utility(bid, &honest, &[place]);
        let best = (0..lies).map(|_| {
            let (lying, names) = lie(rng, book, place);
            utility(bid, &mechanism.run(&lying), &names)
        });
        let gained = best.max().unwrap_or(fair) - fair;
        all.buyers += 1;
        all.liars += u64::from(gained > 0);
        all.gained += gained.max(0) as u128;
        all.value += value(bid, honest.won[place]);
    }
    all
}

/// What a buyer has of the units that it got under all its names.
fn utility(bid: &Bid, shares: &Shares, names: &[usize]) -> i128 {
    let units = names.iter().map(|place| shares.won[*place]).sum();
    let paid: u128 = names.iter().map(|place| shares.paid[*place]).sum();
    value(bid, units) as i128 - paid as i128
}

/// The book with one bid that is not honest, and the places of the bids that are the buyer's.
fn lie(rng: &mut Rng, book: &Book, place: usize) -> (Book, Vec<usize>) {
    let mut lying = book.clone();
    let mut names = vec![place];
    let bid = &mut lying.bids[place];
    match rng.below(4) {
        // A fraction of the values.
        0 => scale(bid, rng.range(5, 99)),
        // More than the values.
        1 => scale(bid, rng.range(101, 300)),
        // The same price for all units, or fewer of them.
        2 => {
            let keep = rng.range(1, bid.tiers.len() as u64) as usize;
            let flat = bid.tiers[keep - 1].price;
            let is_flat = rng.happens(500_000);
            bid.tiers.truncate(keep);
            bid.tiers.iter_mut().filter(|_| is_flat).for_each(|tier| tier.price = flat);
        }
        // The same bid under several names.
        _ => {
            for number in 0..rng.range(1, 3) {
                let id = book.bids.iter().map(|bid| bid.id).max().unwrap_or(0) + 1 + number;
                let buyer = Address::repeat_byte(0xf0 + number as u8);
                names.push(lying.bids.len());
                let mut other = Bid { id, buyer, ..book.bids[place].clone() };
                scale(&mut other, rng.range(20, 100));
                lying.bids.push(other);
            }
        }
    }
    (lying, names)
}

fn scale(bid: &mut Bid, percent: u64) {
    bid.tiers.iter_mut().for_each(|tier| tier.price = (tier.price * percent / 100).max(1));
}
