//! Books that are hard on purpose: chains in which a unit more moves all others, ties everywhere, few thin
//! connections between large buyers, deep graphs.

use alloy_primitives::B256;
use btt_runtime::modules::market::clearing::{
    Bid, Book, MAX_BID_UNITS, MAX_CAPACITY_UNITS, MAX_PRICE_TICKS, Offer, TieRule, Tier,
};

use super::draw::{account, swarm};
use crate::sim::rng::Rng;

/// Kinds of hard books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hard {
    /// Each seller lists two neighbours; prices fall along the chain.
    FallingChain,
    /// The same with rising prices.
    RisingChain,
    /// All prices and asks are the same.
    AllTied,
    /// A binary tree of swarms, each seller between a swarm and its parent.
    DeepTree,
    /// Large buyers that reach large sellers only over sellers of one unit.
    Whales,
    /// Sellers of one unit for up to eight random swarms.
    UnitSellers,
    /// Pairs of popular swarms whose prices alternate, joined one by one.
    Peeling,
    /// Everything at its limit: prices, quantities, capacities.
    Limits,
}

/// All kinds.
pub const HARD: [Hard; 8] = [
    Hard::FallingChain,
    Hard::RisingChain,
    Hard::AllTied,
    Hard::DeepTree,
    Hard::Whales,
    Hard::UnitSellers,
    Hard::Peeling,
    Hard::Limits,
];

struct Draft {
    offers: Vec<Offer>,
    bids: Vec<Bid>,
}

impl Draft {
    fn offer(&mut self, capacity: u32, reserve: u64, of: &[usize]) {
        let id = self.offers.len() as u64 + 1;
        let mut swarms: Vec<B256> = of.iter().map(|number| swarm(*number)).collect();
        swarms.sort_unstable();
        swarms.dedup();
        self.offers.push(Offer { id, seller: account(0x5e, id), capacity, reserve, swarms });
    }

    fn bid(&mut self, number: usize, tiers: &[(u64, u32)]) {
        let id = self.bids.len() as u64 + 1;
        let tier = |(price, quantity): &(u64, u32)| Tier { price: *price, quantity: *quantity };
        self.bids.push(Bid {
            id,
            buyer: account(0xb0, id),
            swarm: swarm(number),
            tiers: tiers.iter().map(tier).collect(),
            defaulted: false,
        });
    }

    /// Gives some bids to the account of another, and lets some default.
    fn mix(&mut self, rng: &mut Rng) {
        for place in 0..self.bids.len() {
            if rng.happens(200_000) {
                let other = rng.below(self.bids.len() as u64) as usize;
                self.bids[place].buyer = self.bids[other].buyer;
            }
            self.bids[place].defaulted = rng.happens(100_000);
        }
    }
}

/// A hard book of about `size` bids.
pub fn hard_book(rng: &mut Rng, kind: Hard, size: usize) -> Book {
    let mut draft = Draft { offers: Vec::new(), bids: Vec::new() };
    let size = size.max(4);
    match kind {
        Hard::FallingChain | Hard::RisingChain => chain(&mut draft, rng, kind, size),
        Hard::AllTied => all_tied(&mut draft, rng, size),
        Hard::DeepTree => deep_tree(&mut draft, rng, size),
        Hard::Whales => whales(&mut draft, rng, size),
        Hard::UnitSellers => unit_sellers(&mut draft, rng, size),
        Hard::Peeling => peeling(&mut draft, rng, size),
        Hard::Limits => limits(&mut draft, rng, size),
    }
    if rng.happens(500_000) {
        draft.mix(rng);
    }
    let seed = B256::from(alloy_primitives::U256::from(rng.draw()));
    let tie = if rng.happens(500_000) { TieRule::Id } else { TieRule::Key };
    Book { seed, tie, min_ask: 1, fee_bps: 0, offers: draft.offers, bids: draft.bids }
}

fn chain(draft: &mut Draft, rng: &mut Rng, kind: Hard, size: usize) {
    let swarms = size / 2;
    for at in 0..swarms {
        let rank = if kind == Hard::RisingChain { at } else { swarms - at } as u64;
        draft.bid(at, &[(10 * rank + 20 + rng.below(5), 1)]);
        draft.bid(at, &[(10 * rank + 10 + rng.below(5), 1 + rng.below(2) as u32)]);
    }
    for at in 0..swarms {
        let next = (at + 1).min(swarms - 1);
        draft.offer(1 + u32::from(rng.happens(200_000)), rng.range(1, 9), &[at, next]);
    }
}

fn all_tied(draft: &mut Draft, rng: &mut Rng, size: usize) {
    let swarms = size as u64 / 5 + 1;
    for _ in 0..size {
        draft.bid(rng.below(swarms) as usize, &[(7, rng.range(1, 3) as u32)]);
    }
    for _ in 0..size / 3 + 1 {
        let listed = [rng.below(swarms) as usize, rng.below(swarms) as usize];
        draft.offer(rng.range(1, 3) as u32, 7, &listed);
    }
}

fn deep_tree(draft: &mut Draft, rng: &mut Rng, size: usize) {
    let swarms = size / 2;
    for at in 0..swarms {
        draft.bid(at, &[(rng.range(1, 60), rng.range(1, 2) as u32)]);
        draft.bid(at, &[(rng.range(1, 60), 1)]);
        draft.offer(1, rng.range(1, 12), &[at, at.saturating_sub(1) / 2]);
    }
}

fn whales(draft: &mut Draft, rng: &mut Rng, size: usize) {
    let pairs = size / 4;
    for at in 0..pairs {
        let (rich, poor) = (2 * at, 2 * at + 1);
        draft.bid(rich, &[(rng.range(50, 99), 32), (rng.range(20, 49), 32)]);
        draft.bid(poor, &[(rng.range(10, 30), 32), (rng.range(1, 9), 32)]);
        draft.bid(rich, &[(rng.range(1, 90), 1)]);
        draft.bid(poor, &[(rng.range(1, 90), 1)]);
        draft.offer(rng.range(20, 60) as u32, rng.range(1, 15), &[poor]);
        draft.offer(rng.range(5, 25) as u32, rng.range(1, 15), &[rich]);
        // Thin: one unit at a time gets across, and on to the next pair.
        draft.offer(1, rng.range(1, 5), &[rich, poor]);
        draft.offer(1, rng.range(1, 5), &[poor, (2 * at + 2) % (2 * pairs)]);
    }
}

fn unit_sellers(draft: &mut Draft, rng: &mut Rng, size: usize) {
    let swarms = size as u64 / 4 + 1;
    for _ in 0..size {
        draft.bid(rng.below(swarms) as usize, &[(rng.range(1, 99), rng.range(1, 4) as u32)]);
    }
    for _ in 0..size {
        let listed: Vec<usize> = (0..rng.range(1, 8)).map(|_| rng.below(swarms) as usize).collect();
        draft.offer(1, rng.range(1, 30), &listed);
    }
}

fn peeling(draft: &mut Draft, rng: &mut Rng, size: usize) {
    let swarms = size / 3 + 1;
    for at in 0..swarms {
        // Each swarm is a little dearer than the one before it: thresholds part one swarm at a time.
        let base = 3 * at as u64;
        draft.bid(at, &[(base + 30, 2), (base + 20, 2)]);
        draft.bid(at, &[(base + 25, 1)]);
        draft.bid(at, &[(base + 10 + rng.below(3), 2)]);
        draft.offer(3, rng.range(1, 20), &[at]);
        draft.offer(1, rng.range(1, 20), &[at, (at + 1) % swarms]);
    }
}

fn limits(draft: &mut Draft, rng: &mut Rng, size: usize) {
    let swarms = 3;
    for _ in 0..size {
        let price = MAX_PRICE_TICKS - rng.below(3);
        let (first, rest) = (MAX_BID_UNITS - 1, 1);
        draft.bid(rng.below(swarms) as usize, &[(price, first), (price - 1, rest)]);
    }
    for _ in 0..size {
        let listed = [rng.below(swarms) as usize, rng.below(swarms) as usize];
        let reserve = *rng.pick(&[0, 1, MAX_PRICE_TICKS - 1, MAX_PRICE_TICKS]);
        draft.offer(MAX_CAPACITY_UNITS - rng.below(2) as u32, reserve, &listed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hard_books_can_be_cleared() {
        for kind in HARD {
            for size in [4, 10, 40] {
                let book = hard_book(&mut Rng::new(size as u64), kind, size);
                assert_eq!(book.check(), Ok(()), "{kind:?}");
                assert!(book.bids.len() >= size / 2 && !book.offers.is_empty(), "{kind:?}");
            }
        }
    }
}
