//! Tests of clearing. The comparison with an independent solver, and the properties of the mechanism over random
//! markets, are in `tests/tests`.

mod bounds;
mod fallbacks;
mod vectors;
mod whales;

use super::{Bid, Book, Offer, TieRule, Tier};
use alloy_primitives::{Address, B256};

/// An offer as (capacity, ask, swarms), a bid as (buyer, swarm, tiers).
type OfferLine<'a> = (u32, u64, &'a [u16]);
type BidLine<'a> = (u16, u16, &'a [(u64, u32)]);

fn swarm(number: u16) -> B256 {
    let mut swarm = B256::ZERO;
    swarm[..2].copy_from_slice(&number.to_be_bytes());
    swarm
}

fn buyer(number: u16) -> Address {
    let mut buyer = Address::ZERO;
    buyer[..2].copy_from_slice(&number.to_be_bytes());
    buyer
}

/// A book in effective asks, ties by id; ids count from 1.
fn book(offers: &[OfferLine<'_>], bids: &[BidLine<'_>]) -> Book {
    let offers = offers.iter().zip(1..).map(|((capacity, reserve, swarms), id)| Offer {
        id,
        seller: Address::repeat_byte(0xff),
        capacity: *capacity,
        reserve: *reserve,
        swarms: swarms.iter().map(|number| swarm(*number)).collect(),
    });
    let bids = bids.iter().zip(1..).map(|((account, number, tiers), id)| Bid {
        id,
        buyer: buyer(*account),
        swarm: swarm(*number),
        tiers: tiers.iter().map(|&(price, quantity)| Tier { price, quantity }).collect(),
        defaulted: false,
    });
    Book {
        seed: B256::ZERO,
        tie: TieRule::Id,
        min_ask: 1,
        fee_bps: 0,
        offers: offers.collect(),
        bids: bids.collect(),
    }
}
