//! The reference solver against markets worked out by hand, and against trying everything.

mod exhaustive;
mod vectors;

use alloy_primitives::{Address, B256};
use btt_runtime::modules::market::clearing::{Bid, Book, Offer, TieRule, Tier};

/// A swarm by its number.
pub(in crate::market) fn swarm(number: u8) -> B256 {
    B256::repeat_byte(number + 1)
}

/// A buyer by its letter.
pub(in crate::market) fn buyer(letter: char) -> Address {
    Address::repeat_byte(letter as u8)
}

/// A seller by its place: capacity, ask, swarms.
pub(super) type OfferLine<'a> = (u32, u64, &'a [u8]);
/// A bid by its place: buyer, swarm, tiers as price and quantity.
pub(super) type BidLine<'a> = (char, u8, &'a [(u64, u32)]);

/// Vector V4: two swarms that share a seller: five units sold for 94 ticks, of which 4 are dust.
pub(in crate::market) fn coupled() -> Book {
    book(
        &[(2, 5, &[0]), (3, 5, &[0, 1])],
        &[
            ('A', 0, &[(30, 2)]),
            ('B', 0, &[(20, 2)]),
            ('E', 0, &[(12, 1)]),
            ('C', 1, &[(25, 2)]),
            ('D', 1, &[(18, 2)]),
        ],
    )
}

/// A book without fees whose ties are decided by the order of these lists; ids count from 1.
pub(super) fn book(offers: &[OfferLine<'_>], bids: &[BidLine<'_>]) -> Book {
    let tier = |(price, quantity): &(u64, u32)| Tier { price: *price, quantity: *quantity };
    Book {
        seed: B256::ZERO,
        tie: TieRule::Id,
        min_ask: 1,
        fee_bps: 0,
        offers: (1u64..)
            .zip(offers)
            .map(|(id, (capacity, reserve, swarms))| Offer {
                id,
                seller: Address::with_last_byte(id as u8),
                capacity: *capacity,
                reserve: *reserve,
                swarms: swarms.iter().map(|number| swarm(*number)).collect(),
            })
            .collect(),
        bids: (1u64..)
            .zip(bids)
            .map(|(id, (letter, number, tiers))| Bid {
                id,
                buyer: buyer(*letter),
                swarm: swarm(*number),
                tiers: tiers.iter().map(tier).collect(),
                defaulted: false,
            })
            .collect(),
    }
}
