//! Book fees: crowding others out gets dear, swarms that trade keep places at the base fee.

use super::world::*;
use crate::{
    modules::market::{
        IMarket::{self, Phase},
        limits::MAX_BIDS,
        state::Book,
        views::book_fee,
    },
    primitives::addresses::FEE_POOL,
};
use alloy_primitives::U256;

const BASE: u128 = BTT / 100;

fn with_fee() -> World {
    let mut world = World::new();
    world.facts.params.market.book_fee_wei = BASE;
    world
}

#[test]
fn the_fee_goes_to_the_pool_and_what_it_leaves_returns_at_once() {
    let mut world = with_fee();
    let call = world.commit_call(BUYER, 1, &[(50, 2)], 3);
    let max = U256::from(10 * BASE);
    let call = IMarket::commitBidCall { maxBookFeeWei: max, ..call };
    world.pay(BUYER, 3 * ticks(100) + 10 * BASE, &call).unwrap();
    // A place in each of three epochs.
    assert_eq!(world.balance(FEE_POOL), 3 * BASE);
    assert_eq!(world.gain(BUYER), -((3 * ticks(100) + 3 * BASE) as i128));
    let low = IMarket::commitBidCall { swarm: swarm(2), maxBookFeeWei: U256::from(BASE), ..call };
    let error = IMarket::BookFeeTooHigh { feeWei: U256::from(3 * BASE), maxWei: U256::from(BASE) };
    assert_eq!(world.pay(BUYER, 3 * ticks(100) + BASE, &low), revert(error));
    let offer = post(2, 10, &[1], 5);
    // Epochs 2 to 5.
    let value = world.offer_value(&offer) + 4 * BASE;
    world.pay(SELLER, value, &offer).unwrap();
    assert_eq!(world.balance(FEE_POOL), 7 * BASE);
}

#[test]
fn swarms_that_trade_keep_places_at_the_base_fee() {
    let mut world = with_fee();
    world.facts.params.market.book_fee_wei = 0;
    world.offer(SELLER, 2, 10, &[1]);
    world.until_event::<IMarket::PhaseChanged>();
    world.auction(&[(BUYER, 1, &[(50, 2)])]);
    world.until(Phase::Commit);
    world.facts.params.market.book_fee_wei = BASE;
    let fees = |world: &mut World, number| {
        let fee = world.call(STRANGER, &IMarket::bookFeeCall { swarm: swarm(number) }).unwrap();
        (fee.bidWei.to::<u128>(), fee.offerWei.to::<u128>())
    };
    assert_eq!(fees(&mut world, 1), (BASE, BASE));
    // Three quarters full; the world's own checks would find no such bids.
    let mut full = world.clone();
    Book::change(&mut full.host(), |book| {
        book.renewing = MAX_BIDS / 4 * 3;
        Ok(())
    })
    .unwrap();
    let mut fee = |number| book_fee(&mut full.host(), swarm(number)).unwrap().bidWei;
    assert_eq!(fee(1), U256::from(BASE));
    assert_eq!(fee(2), U256::from(BASE * 16));
}
