//! Who wins: down the strict order of all units, a unit wins if it can be served beside those that won already.
//! A seller takes part with its own capacity at its ask; what it keeps it does not sell.

use std::cmp::Reverse;

use alloy_primitives::{B256, keccak256};
use btt_runtime::modules::market::clearing::TieRule;

use super::part::Part;
use super::routes::{Place, Routes};

/// Equal units: of one tier of a bid, or of one seller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element {
    /// Of each, in ticks.
    pub(super) value: u128,
    pub(super) units: u64,
    pub(super) of: Owner,
}

/// Whose units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// A bid; its place in the part.
    Bid(usize),
    /// A seller; its place in the part.
    Keep(usize),
}

/// All units, in their strict order: value, bids before keeps, tie key, id, tier.
pub(super) fn elements(part: &Part<'_>, seed: &B256, tie: TieRule) -> Vec<Element> {
    let key = |kind: u8, id: u64| match tie {
        TieRule::Id => B256::ZERO,
        TieRule::Key => keccak256([&[kind], seed.as_slice(), &id.to_be_bytes()].concat()),
    };
    let mut all = Vec::new();
    for (place, claim) in part.bids.iter().enumerate() {
        let bid_key = key(1, claim.bid.id);
        for (number, tier) in claim.bid.tiers.iter().enumerate() {
            let (value, units) = (u128::from(tier.price), u64::from(tier.quantity));
            let rank = (Reverse(value), false, bid_key, claim.bid.id, number);
            all.push((rank, Element { value, units, of: Owner::Bid(place) }));
        }
    }
    for (place, seller) in part.sellers.iter().enumerate() {
        let rank = (Reverse(seller.ask), true, key(2, seller.offer.id), seller.offer.id, 0);
        let (value, units) = (seller.ask, seller.capacity);
        all.push((rank, Element { value, units, of: Owner::Keep(place) }));
    }
    all.sort_by_key(|(rank, _)| *rank);
    all.into_iter().map(|(_, element)| element).collect()
}

/// The units that win, or are kept.
pub(super) struct Basis {
    /// By each bid of the part.
    pub(super) won: Vec<u64>,
    /// By each seller of the part.
    pub(super) kept: Vec<u64>,
    /// Taken of each element.
    pub(super) taken: Vec<u64>,
    /// Of all that is won or kept.
    pub(super) value: u128,
    pub(super) routes: Routes,
}

impl Basis {
    /// Of these elements, which stand in their strict order.
    pub(super) fn of(part: &Part<'_>, elements: &[Element]) -> Self {
        let mut basis = Self {
            won: vec![0; part.bids.len()],
            kept: vec![0; part.sellers.len()],
            taken: Vec::with_capacity(elements.len()),
            value: 0,
            routes: Routes::new(part),
        };
        for element in elements {
            let (place, count) = match element.of {
                Owner::Bid(bid) => (Place::Swarm(part.bids[bid].swarm), &mut basis.won[bid]),
                Owner::Keep(seller) => (Place::Seller(seller), &mut basis.kept[seller]),
            };
            let taken = basis.routes.place(place, element.units);
            *count += taken;
            basis.value += element.value * u128::from(taken);
            basis.taken.push(taken);
        }
        basis
    }
}
