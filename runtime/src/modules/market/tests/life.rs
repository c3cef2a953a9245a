//! The life of an epoch, with sums checked by hand.

use super::world::*;
use crate::{
    modules::market::IMarket::{self, Phase},
    primitives::addresses::{BURNT, FEE_POOL, TREASURY},
};
use alloy_primitives::U256;

/// One seller of 2 units at a reserve of 10, whose ask is ⌈10 × 10,000 / 9,800⌉ = 11; A bids 2 × 50, B 1 × 40, C
/// 1 × 30. A wins both and pays what B and C would have: 70. The seller earns 35 a unit.
#[test]
fn offer_commit_reveal_freeze_due_apply_receipt_close() {
    let mut world = World::new();
    assert_eq!((world.epoch(), world.clock().phase), (1, Phase::Commit));
    let offer = world.offer(SELLER, 2, 10, &[1]);
    // β × ask × units = 20 % of 22 ticks; 4 slots and one for the swarm.
    let bond = ticks(22) / 5;
    assert_eq!(world.bond(SELLER), (bond, bond, true));
    assert_eq!(world.gain(SELLER), -((bond + 5 * SLOT) as i128));
    assert_eq!(world.offer_of(offer).unwrap().fromEpoch, 2, "sellers move first");
    world.until(Phase::Commit);
    while world.epoch() == 1 {
        world.block();
    }
    let (a, b, c) = (BUYER, BUYER + 1, BUYER + 2);
    let bids = [(a, [(50, 2)]), (b, [(40, 1)]), (c, [(30, 1)])];
    let ids = bids.map(|(buyer, of)| world.bid(buyer, 1, &of));
    assert_eq!(ids, [1, 2, 3]);
    assert_eq!(world.gain(a), -(ticks(100) as i128), "the lock is the value");
    world.until(Phase::Reveal);
    for (id, (buyer, of)) in ids.into_iter().zip(bids) {
        world.reveal(buyer, id, &of).unwrap();
    }
    world.until(Phase::Clearing);
    let frozen: IMarket::EpochFrozen = world.events().pop().unwrap();
    assert_eq!((frozen.epoch, frozen.bids, frozen.offers), (2, 3, 1));
    assert!(world.clock().seed.is_zero(), "nobody can know what breaks ties yet");
    world.blocks(2);
    let mix = world.facts.mix;
    let seed = alloy_primitives::keccak256([mix.as_slice(), &2u32.to_be_bytes()].concat());
    assert_eq!(world.clock().seed, seed);
    assert_eq!(world.clock().phase, Phase::Clearing);
    world.block();
    let cleared: IMarket::EpochCleared = world.events().pop().unwrap();
    assert_eq!(cleared.epoch, 2);
    assert_eq!(cleared.volumeWei, U256::from(ticks(70)));
    assert_eq!(cleared.welfareWei, U256::from(ticks(100 - 22)));
    assert_eq!((world.epoch(), world.clock().phase), (3, Phase::Commit), "the next one begins");
    while world.clock().applyingEpoch != 0 {
        world.block();
    }
    assert_eq!([a, b, c].map(|who| world.gain(who)), [-(ticks(70) as i128), 0, 0]);
    let priced: IMarket::SwarmPriced = world.events().pop().unwrap();
    assert_eq!((priced.swarm, priced.units, priced.sellers, priced.bids), (swarm(1), 2, 1, 3));
    assert_eq!((priced.marginalTicks, priced.sellerTicks), (40, U256::from(35)));
    let won: Vec<IMarket::Won> = world.events();
    assert_eq!(won.iter().map(|won| won.units).collect::<Vec<_>>(), [2, 0, 0]);

    let lease_id = world.lease_id(2, 1, offer);
    let lease = world.lease(lease_id).unwrap();
    assert_eq!((lease.units, lease.dueBytes), (2, 2 * UNIT));
    assert_eq!(
        (lease.buyer, lease.seller, lease.signer),
        (account(a), account(SELLER), account(a))
    );
    assert_eq!(lease.buyerWei, U256::from(ticks(70)));
    assert_eq!(lease.sellerWei, U256::from(ticks(70)));
    let listed = IMarket::leasesOfCall { epoch: 2, offset: 0, limit: 10 };
    assert_eq!(world.call(STRANGER, &listed).unwrap().leaseIds, [lease_id]);
    world.receipt(lease_id, UNIT, a).unwrap();
    world.receipt(lease_id, 2 * UNIT, a).unwrap();
    let closed: IMarket::LeaseClosed = world.until_event();
    let gross = ticks(70);
    let fee = gross * 2 / 100;
    assert_eq!((closed.leaseId, closed.deliveredBytes), (lease_id, 2 * UNIT));
    assert_eq!((closed.netWei, closed.feeWei), (U256::from(gross - fee), U256::from(fee)));
    assert_eq!((closed.refundWei, closed.burntWei), (U256::ZERO, U256::ZERO));
    assert_eq!(world.gain(SELLER), (gross - fee) as i128 - (bond + 5 * SLOT) as i128);
    assert_eq!(world.balance(FEE_POOL), fee / 2);
    assert_eq!(world.balance(BURNT), fee / 2);
    assert_eq!(world.balance(TREASURY), 0);
    assert_eq!(
        world.lease(lease_id),
        revert(IMarket::UnknownLease { leaseId: lease_id }),
        "what is closed is gone"
    );
}

#[test]
fn what_is_not_revealed_bids_its_ceiling_and_earns_sellers_nothing_by_losing() {
    let mut world = World::new();
    world.offer(SELLER, 1, 10, &[1]);
    world.until_event::<IMarket::PhaseChanged>();
    // B seals 20, does not reveal, and so bids 90: it loses, but A pays it. The seller earns by C's 30.
    let a = world.bid(BUYER, 1, &[(100, 1)]);
    let call =
        IMarket::commitBidCall { lockTicks: 90, ..world.commit_call(BUYER + 1, 1, &[(20, 1)], 1) };
    let b = world.pay(BUYER + 1, ticks(90), &call).unwrap();
    let c = world.bid(BUYER + 2, 1, &[(30, 1)]);
    world.until(Phase::Reveal);
    world.reveal(BUYER, a, &[(100, 1)]).unwrap();
    world.reveal(BUYER + 2, c, &[(30, 1)]).unwrap();
    world.clear();
    let defaulted: Vec<IMarket::BidDefaulted> = world.events();
    assert_eq!(defaulted.iter().map(|bid| bid.bidId).collect::<Vec<_>>(), [b]);
    assert_eq!(world.gain(BUYER), -(ticks(90) as i128));
    assert_eq!(world.balance(BURNT), ticks(60));
    let opened: IMarket::LeaseOpened = world.events().pop().unwrap();
    assert_eq!(opened.sellerWei, U256::from(ticks(30)));
}

#[test]
fn offers_that_end_free_their_bond_even_where_nobody_bids() {
    let mut world = World::new();
    let offer = world.offer(SELLER, 2, 10, &[1, 2]);
    world.call(SELLER, &IMarket::withdrawOfferCall { offerId: offer }).unwrap();
    assert!(world.offer_of(offer).is_ok(), "it stands until the epoch is over");
    let ended: IMarket::OfferEnded = world.until_event();
    assert_eq!((ended.offerId, ended.lastEpoch), (offer, 1));
    let (bond, required, _) = world.bond(SELLER);
    assert_eq!((bond, required), (ticks(22) / 5, 0));
    world.call(SELLER, &IMarket::withdrawBondCall { amountWei: U256::from(bond) }).unwrap();
    assert_eq!(world.gain(SELLER), 0, "everything is back");
    assert_eq!(world.offer_of(offer), revert(IMarket::UnknownOffer { offerId: offer }));
}

#[test]
fn a_void_epoch_returns_all_locks() {
    let mut world = World::new();
    let offer = world.offer(SELLER, 2, 10, &[1]);
    world.until_event::<IMarket::PhaseChanged>();
    world.votes_void = true;
    world.auction(&[(BUYER, 1, &[(50, 2)]), (BUYER + 1, 1, &[(40, 1)])]);
    assert_eq!([BUYER, BUYER + 1].map(|who| world.gain(who)), [0, 0]);
    let voided: Vec<IMarket::EpochVoided> = world.events();
    assert_eq!(voided.len(), 1);
    assert!(world.events::<IMarket::LeaseOpened>().is_empty());
    assert_eq!(world.offer_of(offer).unwrap().openLeases, 0);
    // The next epoch clears as if nothing had been.
    world.votes_void = false;
    world.auction(&[(BUYER, 1, &[(50, 2)]), (BUYER + 1, 1, &[(40, 1)])]);
    assert_eq!(world.gain(BUYER), -(ticks(40 + 11) as i128));
}
