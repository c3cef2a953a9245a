//! Bids that stand for several epochs.

use super::world::*;
use crate::{
    modules::market::IMarket::{self, Phase},
    primitives::addresses::BURNT,
};
use alloy_primitives::U256;

/// One seller of 1 unit for ever.
fn world() -> World {
    let mut world = World::new();
    world.offer(SELLER, 1, 10, &[1]);
    world.until_event::<IMarket::PhaseChanged>();
    world
}

#[test]
fn a_standing_bid_is_in_the_books_of_all_its_epochs_and_pays_in_each() {
    let mut world = world();
    let of = [(50, 1)];
    let id = world.bid_for(BUYER, 1, &of, 3);
    assert_eq!(world.gain(BUYER), -(ticks(150) as i128), "the lock of every epoch");
    let first = world.epoch();
    world.until(Phase::Reveal);
    world.reveal(BUYER, id, &of).unwrap();
    world.clear();
    let bid = world.call(STRANGER, &IMarket::bidCall { bidId: id }).unwrap();
    assert_eq!((bid.epoch, bid.epochsLeft, bid.isRenewed), (first + 1, 2, true));
    assert_eq!(world.clock().bids, 1);
    let twice = world.commit_call(BUYER, 1, &of, 1);
    assert_eq!(world.pay(BUYER, ticks(50), &twice), revert(IMarket::BidTwice { swarm: swarm(1) }));
    world.until(Phase::Reveal);
    assert_eq!(
        world.reveal(BUYER, id, &of),
        revert(IMarket::WrongEpoch { epoch: first + 1, current: first + 1 }),
        "it is revealed in its first epoch or never"
    );
    world.clear();
    world.clear();
    // Alone it pays the ask, 11, in each epoch, and the rest of that epoch's lock returns.
    assert_eq!(world.events::<IMarket::LeaseOpened>().len(), 3);
    let won: Vec<IMarket::Won> = world.events();
    let sums = won.iter().map(|won| (won.paymentWei, won.refundWei)).collect::<Vec<_>>();
    assert_eq!(sums, [(U256::from(ticks(11)), U256::from(ticks(39))); 3]);
    assert_eq!(
        world.call(STRANGER, &IMarket::bidCall { bidId: id }).map(|_| ()),
        revert(IMarket::UnknownBid { bidId: id })
    );
    assert!(
        world.call(STRANGER, &IMarket::bidsOfCall { account: account(BUYER) }).unwrap().is_empty()
    );
    assert!(world.events::<IMarket::BidDefaulted>().is_empty());
}

#[test]
fn what_stands_earns_sellers_nothing_by_losing() {
    let mut world = world();
    let stands = world.bid_for(BUYER, 1, &[(40, 1)], 2);
    let wins = world.bid(BUYER + 1, 1, &[(60, 1)]);
    world.until(Phase::Reveal);
    world.reveal(BUYER, stands, &[(40, 1)]).unwrap();
    world.reveal(BUYER + 1, wins, &[(60, 1)]).unwrap();
    world.clear();
    assert_eq!(world.balance(BURNT), 0, "in its first epoch it is a bid like others");
    world.auction(&[(BUYER + 1, 1, &[(60, 1)])]);
    assert_eq!(world.gain(BUYER + 1), -(ticks(80) as i128), "it pays what it displaces");
    assert_eq!(world.balance(BURNT), ticks(40 - 11), "and the seller earns its ask");
}

#[test]
fn a_standing_bid_can_be_ended_at_any_moment_of_its_life() {
    let cancel = |world: &mut World, id| world.call(BUYER, &IMarket::cancelBidCall { bidId: id });
    // In its first epoch, while its result is applied, and when it has been renewed.
    for blocks in 0..40 {
        let mut world = world();
        let id = world.bid_for(BUYER, 1, &[(50, 1)], 3);
        // Others make the job long enough to be cut.
        for other in 1..9 {
            world.bid(BUYER + other, 1, &[(20, 1)]);
        }
        world.blocks(blocks);
        let left = world.call(STRANGER, &IMarket::bidCall { bidId: id }).map(|bid| bid.epochsLeft);
        let Ok(left) = left else {
            assert_eq!(cancel(&mut world, id), revert(IMarket::UnknownBid { bidId: id }));
            continue;
        };
        if left == 1 {
            assert_eq!(cancel(&mut world, id), revert(IMarket::NotStanding { bidId: id }));
            continue;
        }
        let other = world.call(STRANGER, &IMarket::cancelBidCall { bidId: id });
        assert_eq!(other, revert(IMarket::NotBuyer { caller: account(STRANGER) }));
        let refund = ticks(50) * u128::from(left - 1);
        assert_eq!(cancel(&mut world, id), Ok(U256::from(refund)), "after {blocks} blocks");
        assert_eq!(cancel(&mut world, id), revert(IMarket::NotStanding { bidId: id }));
        let epoch = world.call(STRANGER, &IMarket::bidCall { bidId: id }).unwrap().epoch;
        while world.epoch() == epoch {
            world.block();
        }
        world.blocks(12);
        let leases = world.events::<IMarket::LeaseOpened>().len();
        assert_eq!(leases as u32, 4 - left, "it was in {} epochs", 4 - left);
    }
}

#[test]
fn an_account_has_eight_bids_in_an_epoch_those_that_stand_counted() {
    let mut world = world();
    for number in 1..=8 {
        world.bid_for(BUYER, number, &[(50, 1)], if number <= 3 { 2 } else { 1 });
    }
    world.clear();
    let bids = world.call(STRANGER, &IMarket::bidsOfCall { account: account(BUYER) }).unwrap();
    assert_eq!(bids.len(), 3);
    for number in 4..=8 {
        world.bid(BUYER, number, &[(50, 1)]);
    }
    let ninth = world.commit_call(BUYER, 9, &[(50, 1)], 1);
    assert_eq!(
        world.pay(BUYER, ticks(50), &ninth),
        revert(IMarket::TooManyBids { max: U256::from(8) })
    );
}
