//! Bad input: each with its own error, and nothing changed (the world checks that after every call).

use super::world::*;
use crate::modules::{
    ModuleError, UnexpectedValue,
    market::{
        IMarket::{self, Phase},
        calls::{self, NewBid, NewOffer},
        limits::{MAX_BIDS, MAX_EDGES, MAX_OFFERS},
        state::Book,
    },
};
use alloy_primitives::{B256, U256};

fn fails(world: &mut World, call: &IMarket::commitBidCall) -> Result<u64, ModuleError> {
    let value = ticks(call.lockTicks) * u128::from(call.epochs) + call.maxBookFeeWei.to::<u128>();
    world.pay(BUYER, value, call)
}

#[test]
fn bids_that_are_none_are_refused() {
    let mut world = World::new();
    let good = world.commit_call(BUYER, 1, &[(50, 2)], 1);
    let mut try_with = |change: fn(&mut IMarket::commitBidCall)| {
        let mut call = good.clone();
        change(&mut call);
        fails(&mut world, &call)
    };
    assert_eq!(try_with(|c| c.swarm = B256::ZERO), revert(IMarket::NoSwarm {}));
    assert_eq!(try_with(|c| c.qmax = 0), revert(IMarket::BadQuantity { qmax: 0, max: 256 }));
    assert_eq!(
        try_with(|c| (c.qmax, c.lockTicks) = (257, 257)),
        revert(IMarket::BadQuantity { qmax: 257, max: 256 })
    );
    assert_eq!(
        try_with(|c| c.lockTicks = 101),
        revert(IMarket::LockNotMultiple { lockTicks: 101, qmax: 2 })
    );
    assert_eq!(
        try_with(|c| c.lockTicks = 0),
        revert(IMarket::LockNotMultiple { lockTicks: 0, qmax: 2 })
    );
    assert_eq!(try_with(|c| c.epochs = 0), revert(IMarket::BadEpochs { epochs: 0, max: 60 }));
    assert_eq!(try_with(|c| c.epochs = 61), revert(IMarket::BadEpochs { epochs: 61, max: 60 }));
    assert_eq!(try_with(|c| c.epoch = 2), revert(IMarket::WrongEpoch { epoch: 2, current: 1 }));
    assert!(try_with(|_| ()).is_ok());
    assert_eq!(try_with(|_| ()), revert(IMarket::BidTwice { swarm: swarm(1) }));
    // The locks of the largest numbers add up without a turn.
    let huge = IMarket::commitBidCall {
        qmax: 1,
        lockTicks: u64::MAX,
        epochs: 60,
        maxBookFeeWei: U256::MAX,
        ..good.clone()
    };
    assert_eq!(
        world.pay(BUYER, 5, &huge),
        revert(IMarket::WrongValue { valueWei: U256::from(5), wantedWei: U256::MAX })
    );
    for wrong in [ticks(100) - 1, ticks(100) + 1] {
        let call = IMarket::commitBidCall { swarm: swarm(2), ..good.clone() };
        let error =
            IMarket::WrongValue { valueWei: U256::from(wrong), wantedWei: U256::from(ticks(100)) };
        assert_eq!(world.pay(BUYER, wrong, &call), revert(error));
    }
    for number in 2..=8 {
        world.bid(BUYER, number, &[(50, 2)]);
    }
    let ninth = world.commit_call(BUYER, 9, &[(50, 2)], 1);
    assert_eq!(fails(&mut world, &ninth), revert(IMarket::TooManyBids { max: U256::from(8) }));
    world.until(Phase::Reveal);
    assert_eq!(fails(&mut world, &ninth), revert(IMarket::WrongPhase { phase: Phase::Reveal }));
}

#[test]
fn reveals_that_are_not_what_was_sealed_are_refused() {
    let mut world = World::new();
    let sealed = [(50, 2), (40, 1)];
    let id = world.bid(BUYER, 1, &sealed);
    let early = world.reveal(BUYER, id, &sealed);
    assert_eq!(early, revert(IMarket::WrongPhase { phase: Phase::Commit }));
    world.until(Phase::Reveal);
    let other = account(BUYER + 1);
    assert_eq!(world.reveal(BUYER + 1, id, &sealed), revert(IMarket::NotBuyer { caller: other }));
    assert_eq!(world.reveal(BUYER, 7, &sealed), revert(IMarket::UnknownBid { bidId: 7 }));
    let (none, five) = ([], [(10, 1); 5]);
    let count = |count| IMarket::BadTierCount { count: U256::from(count), max: U256::from(4) };
    assert_eq!(world.reveal(BUYER, id, &none), revert(count(0)));
    assert_eq!(world.reveal(BUYER, id, &five), revert(count(5)));
    assert_eq!(world.reveal(BUYER, id, &[(0, 1)]), revert(IMarket::ZeroPrice {}));
    assert_eq!(world.reveal(BUYER, id, &[(1, 0)]), revert(IMarket::ZeroQuantity {}));
    let rising = world.reveal(BUYER, id, &[(40, 1), (41, 1)]);
    assert_eq!(rising, revert(IMarket::RisingPrice { price: 41 }));
    let above = world.reveal(BUYER, id, &[(51, 1)]);
    assert_eq!(above, revert(IMarket::AboveCeiling { price: 51, ceiling: 50 }));
    let many = world.reveal(BUYER, id, &[(1, u32::MAX), (1, u32::MAX)]);
    let units = U256::from(u64::from(u32::MAX) * 2);
    assert_eq!(many, revert(IMarket::TooManyUnits { units, qmax: 3 }));
    let hash = world
        .call(
            STRANGER,
            &IMarket::commitHashCall {
                epoch: 1,
                buyer: account(BUYER),
                swarm: swarm(1),
                tiers: reveal_call(id, &[(50, 2)]).tiers,
                salt: SALT,
            },
        )
        .unwrap();
    let many = IMarket::commitHashCall {
        epoch: 1,
        buyer: account(BUYER),
        swarm: swarm(1),
        tiers: reveal_call(id, &five).tiers,
        salt: SALT,
    };
    assert_eq!(world.call(STRANGER, &many).map(|_| ()), revert(count(5)), "a view hashes no more");
    let mismatch = world.reveal(BUYER, id, &[(50, 2)]);
    assert_eq!(mismatch, revert(IMarket::RevealMismatch { hash }));
    world.reveal(BUYER, id, &sealed).unwrap();
    assert_eq!(world.reveal(BUYER, id, &sealed), revert(IMarket::AlreadyRevealed { bidId: id }));
    let bid = world.call(STRANGER, &IMarket::bidCall { bidId: id }).unwrap();
    assert_eq!(bid.tiers, reveal_call(id, &sealed).tiers);
    world.until(Phase::Clearing);
    let late = world.reveal(BUYER, id, &sealed);
    assert_eq!(late, revert(IMarket::WrongPhase { phase: Phase::Clearing }));
}

#[test]
fn offers_that_are_none_are_refused() {
    let mut world = World::new();
    let mut fails = |call: &IMarket::postOfferCall| world.pay(SELLER, WEALTH / 2, call);
    let max = 1 << 20;
    assert_eq!(fails(&post(0, 10, &[1], 5)), revert(IMarket::BadCapacity { capacity: 0, max }));
    assert_eq!(
        fails(&post(max + 1, 10, &[1], 5)),
        revert(IMarket::BadCapacity { capacity: max + 1, max })
    );
    let reserve = 1 << 63;
    assert_eq!(
        fails(&post(1, reserve, &[1], 5)),
        revert(IMarket::BadReserve { reserveTicks: reserve })
    );
    let count = |count| IMarket::BadSwarmCount { count: U256::from(count), max: U256::from(16) };
    assert_eq!(fails(&post(1, 10, &[], 5)), revert(count(0)));
    let seventeen: Vec<u8> = (1..=17).collect();
    assert_eq!(fails(&post(1, 10, &seventeen, 5)), revert(count(17)));
    assert_eq!(fails(&post(1, 10, &[0, 1], 5)), revert(IMarket::NoSwarm {}));
    for wrong in [[2, 1], [1, 1]] {
        assert_eq!(fails(&post(1, 10, &wrong, 5)), revert(IMarket::SwarmsNotRising {}));
    }
    let last = 10_081;
    for to_epoch in [1, last + 1] {
        let error = IMarket::BadLastEpoch { toEpoch: to_epoch, first: 2, last };
        assert_eq!(fails(&post(1, 10, &[1], to_epoch)), revert(error));
    }
    // The highest reserve of the largest capacity has a bond that nobody has, and no sum turns over.
    let dearest = post(max, reserve - 1, &[1], 5);
    let bond = world.call(
        STRANGER,
        &IMarket::offerCostCall { capacity: max, reserveTicks: reserve - 1, swarmCount: 1 },
    );
    let required = bond.unwrap().bondWei;
    let wei = U256::from(WEALTH / 2 - 5 * SLOT);
    assert_eq!(
        world.pay(SELLER, WEALTH / 2, &dearest),
        revert(IMarket::BondTooLow { bondWei: wei, requiredWei: required })
    );
}

#[test]
fn an_offer_needs_its_bond_to_the_wei() {
    let mut world = World::new();
    let call = post(2, 10, &[1], 5);
    let value = world.offer_value(&call);
    let bond = ticks(22) / 5;
    for (value, has) in [(value - 1, bond - 1), (5 * SLOT - 1, 0), (0, 0)] {
        let error = IMarket::BondTooLow { bondWei: U256::from(has), requiredWei: U256::from(bond) };
        assert_eq!(world.pay(SELLER, value, &call), revert(error));
    }
    let id = world.pay(SELLER, value, &call).unwrap();
    let withdraw = |wei: u128| IMarket::withdrawBondCall { amountWei: U256::from(wei) };
    assert_eq!(
        world.call(SELLER, &withdraw(1)).map(|_| ()),
        revert(IMarket::BondBound { amountWei: U256::from(1), freeWei: U256::ZERO })
    );
    world.pay(SELLER, 7, &IMarket::topUpBondCall {}).unwrap();
    world.call(SELLER, &withdraw(7)).unwrap();
    let end = IMarket::withdrawOfferCall { offerId: id };
    assert_eq!(
        world.call(STRANGER, &end).map(|_| ()),
        revert(IMarket::NotSeller { caller: account(STRANGER) })
    );
    world.call(SELLER, &end).unwrap();
    assert_eq!(
        world.call(SELLER, &end).map(|_| ()),
        revert(IMarket::OfferEnding { offerId: id, lastEpoch: 1 })
    );
    let unknown = IMarket::withdrawOfferCall { offerId: 9 };
    assert_eq!(
        world.call(SELLER, &unknown).map(|_| ()),
        revert(IMarket::UnknownOffer { offerId: 9 })
    );
}

/// The rooms are asked directly: a world with so many places taken would not pass its checks.
#[test]
fn full_books_take_no_more_and_evict_nobody() {
    let world = World::new();
    let new = NewBid {
        epoch: 1,
        swarm: swarm(1),
        qmax: 256,
        lock_ticks: 256_000_000,
        commit_hash: B256::ZERO,
        signer: account(BUYER),
        max_book_fee_wei: U256::ZERO,
        epochs: 1,
    };
    let with = |change: fn(&mut Book)| {
        let mut copy = world.clone();
        let changed = |book: &mut Book| {
            change(book);
            Ok(())
        };
        Book::change(&mut copy.host(), changed).unwrap();
        copy
    };
    let mut bids = with(|book| book.renewing = MAX_BIDS);
    let refused = calls::commit(&mut bids.host(), account(BUYER), &new, ticks(new.lock_ticks));
    assert_eq!(refused, revert(IMarket::BookFull { max: MAX_BIDS }));
    let swarms = [swarm(1)];
    let offer = NewOffer { capacity: 1, reserve_ticks: 1, swarms: &swarms, to_epoch: 5 };
    let mut offers = with(|book| book.offers = MAX_OFFERS);
    let refused = calls::post(&mut offers.host(), account(SELLER), &offer, BTT);
    assert_eq!(refused, revert(IMarket::TooManyOffers { max: MAX_OFFERS }));
    let mut edges = with(|book| book.edges = MAX_EDGES);
    let refused = calls::post(&mut edges.host(), account(SELLER), &offer, BTT);
    assert_eq!(refused, revert(IMarket::TooManyEdges { max: MAX_EDGES }));
}

#[test]
fn a_call_with_money_that_takes_none_is_refused() {
    let mut world = World::new();
    let refused = world.pay(BUYER, 1, &IMarket::cancelBidCall { bidId: 1 }).map(|_| ());
    assert_eq!(refused, revert(UnexpectedValue {}));
    assert_eq!(
        world.call(BUYER, &IMarket::cancelBidCall { bidId: 1 }).map(|_| ()),
        revert(IMarket::UnknownBid { bidId: 1 })
    );
}
