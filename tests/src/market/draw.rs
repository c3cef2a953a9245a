//! A book of a shape.

use alloy_primitives::{Address, B256, keccak256};
use btt_runtime::modules::market::clearing::{Bid, Book, Offer, Tier};

use super::shape::Shape;
use super::values::{Zipf, price};
use crate::sim::rng::Rng;

/// A swarm by its number; in no order.
pub(super) fn swarm(number: usize) -> B256 {
    keccak256((number as u64).to_be_bytes())
}

/// An account by its number.
pub(super) fn account(kind: u8, number: u64) -> Address {
    let mut bytes = [0; 20];
    bytes[0] = kind;
    bytes[12..].copy_from_slice(&number.to_be_bytes());
    Address::from(bytes)
}

/// Ids from 1 in a random order, so that neither order nor position tell anything.
fn ids(rng: &mut Rng, count: usize) -> Vec<u64> {
    let mut ids: Vec<u64> = (1..=count as u64).collect();
    rng.shuffle(&mut ids);
    ids
}

/// A random book of this shape.
pub fn book(rng: &mut Rng, shape: &Shape) -> Book {
    let zipf = Zipf::new(shape.swarms);
    let popular = |rng: &mut Rng| match shape.is_even {
        true => rng.below(shape.swarms as u64) as usize,
        false => zipf.draw(rng),
    };
    let names: Vec<B256> = (0..shape.swarms).map(swarm).collect();
    let mut wanted = 0;
    let bid_ids = ids(rng, shape.bids);
    let mut bids = Vec::with_capacity(shape.bids);
    for (place, id) in bid_ids.into_iter().enumerate() {
        let tiers = tiers(rng, shape);
        wanted += tiers.iter().map(|tier| u64::from(tier.quantity)).sum::<u64>();
        // The first bids are of different accounts, so that there are as many as the shape says.
        let buyer = match place < shape.buyers {
            true => place as u64,
            false => rng.below(shape.buyers as u64),
        };
        bids.push(Bid {
            id,
            buyer: account(0xb0, buyer),
            swarm: names[popular(rng)],
            tiers,
            defaulted: rng.below(100) < shape.defaulted_percent,
        });
    }
    let average = (wanted * shape.supply_percent / 100).div_ceil(shape.sellers as u64).max(1);
    let offer_ids = ids(rng, shape.sellers);
    let offers = offer_ids.into_iter().enumerate().map(|(place, id)| {
        let mut swarms: Vec<B256> = (0..rng.range(1, shape.swarms_per_seller as u64))
            .map(|_| names[popular(rng)])
            .collect();
        swarms.sort_unstable();
        swarms.dedup();
        Offer {
            id,
            seller: account(0x5e, place as u64),
            capacity: rng.range(1, 2 * average - 1) as u32,
            reserve: price(rng, shape.prices.1) - u64::from(rng.happens(100_000)),
            swarms,
        }
    });
    Book {
        offers: offers.collect(),
        bids,
        seed: keccak256(rng.draw().to_be_bytes()),
        tie: shape.tie,
        min_ask: shape.min_ask,
        fee_bps: shape.fee_bps,
    }
}

/// The same with ids that rise, as a node reads a book from its state.
pub fn rising_book(rng: &mut Rng, shape: &Shape) -> Book {
    let mut book = book(rng, shape);
    for (id, bid) in (1..).zip(&mut book.bids) {
        bid.id = id;
    }
    for (id, offer) in (1..).zip(&mut book.offers) {
        offer.id = id;
    }
    book
}

/// A falling schedule.
fn tiers(rng: &mut Rng, shape: &Shape) -> Vec<Tier> {
    let count = rng.range(1, shape.tiers as u64);
    let mut most = price(rng, shape.prices.0);
    let mut tiers = Vec::with_capacity(count as usize);
    for _ in 0..count {
        tiers.push(Tier { price: most, quantity: rng.range(1, u64::from(shape.quantity)) as u32 });
        most = rng.range(most.div_ceil(2), most);
    }
    tiers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::shape::{Size, general, random_shape};

    #[test]
    fn every_random_book_can_be_cleared_and_a_seed_gives_it_again() {
        for seed in 0..500 {
            let size = [Size::Tiny, Size::Small, Size::Medium][seed as usize % 3];
            let draw = || {
                let mut rng = Rng::new(seed);
                let shape = random_shape(&mut rng, size);
                book(&mut rng, &shape)
            };
            let first = draw();
            assert_eq!(first.check(), Ok(()), "seed {seed}");
            assert_eq!(draw(), first);
        }
    }

    #[test]
    fn half_of_what_is_wanted_is_offered() {
        let book = book(&mut Rng::new(1), &general(10_000, 500, 1_000, 3));
        let units = |bid: &Bid| bid.tiers.iter().map(|tier| u64::from(tier.quantity)).sum::<u64>();
        let wanted: u64 = book.bids.iter().map(units).sum();
        let offered: u64 = book.offers.iter().map(|offer| u64::from(offer.capacity)).sum();
        assert!((45..55).contains(&(offered * 100 / wanted)), "{offered} of {wanted}");
    }
}
