//! The mechanisms. Each sees bids and offers, and says who gets how much and pays what.

use std::collections::BTreeMap;

use alloy_primitives::B256;
use btt_runtime::modules::market::clearing::{Bid, Book, clear};

use crate::sim::rng::Rng;

/// Candidates for the best posted price.
const POSTED_PRICES: usize = 48;

/// A way to share out capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// The chain's: best allocation, everyone pays what the others lose by it.
    Vcg,
    /// Best allocation, every unit of a swarm at the best losing bid that could take its place.
    Uniform,
    /// Best allocation, winners pay what they bid.
    PayAsBid,
    /// One price in ticks for all units, first come first served, in a random order.
    Posted(u64),
    /// Every seller deals its units round to those who ask, for nothing, as peers without a market do.
    EqualSplit,
}

/// What comes of it, by place of bid and offer in the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shares {
    /// Units by bid.
    pub won: Vec<u64>,
    /// Ticks by bid.
    pub paid: Vec<u128>,
    /// Units by offer.
    pub sold: Vec<u64>,
}

/// What so many units are worth to a bid.
pub(super) fn value(bid: &Bid, units: u64) -> u128 {
    let mut left = units;
    let tiers = bid.tiers.iter().map(|tier| {
        let taken = left.min(u64::from(tier.quantity));
        left -= taken;
        u128::from(tier.price) * u128::from(taken)
    });
    tiers.sum()
}

impl Mechanism {
    /// Runs it on what is bid.
    ///
    /// # Panics
    /// If the book cannot be cleared.
    pub fn run(self, book: &Book) -> Shares {
        match self {
            Self::Vcg | Self::Uniform | Self::PayAsBid => self.best_allocation(book),
            Self::Posted(price) => posted(book, price),
            Self::EqualSplit => equal_split(book),
        }
    }

    fn best_allocation(self, book: &Book) -> Shares {
        let outcome = clear(book).unwrap_or_else(|error| panic!("{error}"));
        let won: BTreeMap<u64, _> = outcome.bids.iter().map(|bid| (bid.id, bid)).collect();
        let sold: BTreeMap<u64, u32> = outcome.offers.iter().map(|o| (o.id, o.sold)).collect();
        let losing: BTreeMap<B256, u64> =
            outcome.swarms.iter().map(|swarm| (swarm.swarm, swarm.marginal_price)).collect();
        let paid = |bid: &Bid| {
            let result = won[&bid.id];
            let units = u64::from(result.won);
            match self {
                Self::Uniform => u128::from(losing[&bid.swarm]) * u128::from(units),
                Self::PayAsBid => value(bid, units),
                _ => result.payment,
            }
        };
        Shares {
            won: book.bids.iter().map(|bid| u64::from(won[&bid.id].won)).collect(),
            paid: book.bids.iter().map(paid).collect(),
            sold: book.offers.iter().map(|offer| u64::from(sold[&offer.id])).collect(),
        }
    }
}

/// For each swarm its offers, by place.
fn sellers_of(book: &Book) -> BTreeMap<B256, Vec<usize>> {
    let mut sellers: BTreeMap<B256, Vec<usize>> = BTreeMap::new();
    for (place, offer) in book.offers.iter().enumerate() {
        offer.swarms.iter().for_each(|swarm| sellers.entry(*swarm).or_default().push(place));
    }
    sellers
}

fn nothing(book: &Book) -> Shares {
    let (bids, offers) = (book.bids.len(), book.offers.len());
    Shares { won: vec![0; bids], paid: vec![0; bids], sold: vec![0; offers] }
}

fn posted(book: &Book, price: u64) -> Shares {
    let mut shares = nothing(book);
    let ask = |offer: usize| book.offers[offer].ask(book.min_ask, book.fee_bps);
    let mut sellers = sellers_of(book);
    for sellers in sellers.values_mut() {
        sellers.retain(|offer| ask(*offer) <= price);
        sellers.sort_by_key(|offer| ask(*offer));
    }
    let mut order: Vec<usize> = (0..book.bids.len()).collect();
    Rng::new(1).shuffle(&mut order);
    for place in order {
        let bid = &book.bids[place];
        let wanted = bid.tiers.iter().filter(|tier| tier.price >= price);
        let mut wanted: u64 = wanted.map(|tier| u64::from(tier.quantity)).sum();
        for offer in sellers.get(&bid.swarm).into_iter().flatten() {
            let units = wanted.min(u64::from(book.offers[*offer].capacity) - shares.sold[*offer]);
            shares.sold[*offer] += units;
            shares.won[place] += units;
            wanted -= units;
        }
        shares.paid[place] = u128::from(price) * u128::from(shares.won[place]);
    }
    shares
}

fn equal_split(book: &Book) -> Shares {
    let mut shares = nothing(book);
    let mut bids_of: BTreeMap<B256, Vec<usize>> = BTreeMap::new();
    for (place, bid) in book.bids.iter().enumerate() {
        bids_of.entry(bid.swarm).or_default().push(place);
    }
    let wanted: Vec<u64> = book
        .bids
        .iter()
        .map(|bid| bid.tiers.iter().map(|tier| u64::from(tier.quantity)).sum())
        .collect();
    for (offer, of) in book.offers.iter().enumerate() {
        let mut peers: Vec<usize> =
            of.swarms.iter().filter_map(|swarm| bids_of.get(swarm)).flatten().copied().collect();
        // Not every seller begins with the same peer.
        let first = offer % peers.len().max(1);
        peers.rotate_left(first);
        let mut left = u64::from(of.capacity);
        while left > 0 {
            peers.retain(|bid| shares.won[*bid] < wanted[*bid]);
            if peers.is_empty() {
                break;
            }
            for bid in peers.iter().take(usize::try_from(left).unwrap_or(usize::MAX)) {
                shares.won[*bid] += 1;
                shares.sold[offer] += 1;
                left -= 1;
            }
        }
    }
    shares
}

/// Values of units won less asks of units sold.
pub(super) fn welfare(book: &Book, shares: &Shares) -> i128 {
    let values: u128 = book.bids.iter().zip(&shares.won).map(|(bid, won)| value(bid, *won)).sum();
    let ask = |offer: &btt_runtime::modules::market::clearing::Offer| {
        u128::from(offer.ask(book.min_ask, book.fee_bps))
    };
    let asks = book.offers.iter().zip(&shares.sold);
    let asks: u128 = asks.map(|(offer, sold)| ask(offer) * u128::from(*sold)).sum();
    values as i128 - asks as i128
}

/// The single price that would have given the greatest welfare, among prices that were bid.
pub fn best_posted_price(book: &Book) -> u64 {
    let mut prices: Vec<u64> =
        book.bids.iter().flat_map(|bid| bid.tiers.iter().map(|tier| tier.price)).collect();
    prices.sort_unstable();
    let step = prices.len().div_ceil(POSTED_PRICES).max(1);
    let candidates = prices.into_iter().step_by(step);
    candidates.max_by_key(|price| welfare(book, &posted(book, *price))).unwrap_or(1)
}
