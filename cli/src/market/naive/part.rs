//! Parts of a market that no seller joins: what happens in one does not touch another.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256};
use btt_runtime::modules::market::clearing::{Bid, Book, Offer};

/// Offers, the swarms that they reach from one another, and the bids there.
pub(super) struct Part<'b> {
    pub(super) swarms: Vec<B256>,
    pub(super) sellers: Vec<Seller<'b>>,
    pub(super) bids: Vec<Claim<'b>>,
}

pub(super) struct Seller<'b> {
    /// In the book.
    pub(super) place: usize,
    pub(super) offer: &'b Offer,
    pub(super) ask: u128,
    pub(super) capacity: u64,
    /// Places in the part.
    pub(super) swarms: Vec<usize>,
}

pub(super) struct Claim<'b> {
    /// In the book.
    pub(super) place: usize,
    pub(super) bid: &'b Bid,
    pub(super) buyer: Address,
    /// Place in the part.
    pub(super) swarm: usize,
}

impl Part<'_> {
    /// What all capacity is worth to its sellers.
    pub(super) fn idle_value(&self) -> u128 {
        self.sellers.iter().map(|seller| seller.ask * u128::from(seller.capacity)).sum()
    }
}

/// All parts that have an offer. Bids for swarms that nobody offers win nothing.
pub(super) fn parts(book: &Book) -> Vec<Part<'_>> {
    let mut root: BTreeMap<B256, B256> = BTreeMap::new();
    for offer in &book.offers {
        let mut joined: Option<B256> = None;
        for swarm in &offer.swarms {
            root.entry(*swarm).or_insert(*swarm);
            let found = find(&mut root, *swarm);
            match joined {
                Some(first) => drop(root.insert(found, first)),
                None => joined = Some(found),
            }
        }
    }
    let mut parts: Vec<Part<'_>> = Vec::new();
    let mut part_of: BTreeMap<B256, usize> = BTreeMap::new();
    let mut place: BTreeMap<B256, (usize, usize)> = BTreeMap::new();
    let swarms: Vec<B256> = root.keys().copied().collect();
    for swarm in swarms {
        let number = *part_of.entry(find(&mut root, swarm)).or_insert(parts.len());
        if number == parts.len() {
            parts.push(Part { swarms: Vec::new(), sellers: Vec::new(), bids: Vec::new() });
        }
        place.insert(swarm, (number, parts[number].swarms.len()));
        parts[number].swarms.push(swarm);
    }
    for (offer_place, offer) in book.offers.iter().enumerate() {
        let Some((number, _)) = offer.swarms.first().map(|swarm| place[swarm]) else { continue };
        parts[number].sellers.push(Seller {
            place: offer_place,
            offer,
            ask: u128::from(offer.ask(book.min_ask, book.fee_bps)),
            capacity: u64::from(offer.capacity),
            swarms: offer.swarms.iter().map(|swarm| place[swarm].1).collect(),
        });
    }
    for (bid_place, bid) in book.bids.iter().enumerate() {
        if let Some((number, swarm)) = place.get(&bid.swarm).copied() {
            parts[number].bids.push(Claim { place: bid_place, bid, buyer: bid.buyer, swarm });
        }
    }
    parts
}

/// Follows the joins to their end, and makes the way shorter for the next time.
fn find(root: &mut BTreeMap<B256, B256>, swarm: B256) -> B256 {
    let mut at = swarm;
    while root[&at] != at {
        let beyond = root[&root[&at]];
        root.insert(at, beyond);
        at = beyond;
    }
    at
}
