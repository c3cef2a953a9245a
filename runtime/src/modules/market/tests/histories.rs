//! Random histories: whatever people do, after every call and block the invariants hold, the escrow is what the
//! records owe and no coin appears or vanishes (the world checks); a node that clears beside the chain and one
//! that does not have the same state; and when everybody has left, nothing is left.

use super::world::*;
use crate::{
    modules::market::IMarket::{self, Phase},
    primitives::addresses::MARKET,
};
use alloy_primitives::U256;
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Op {
    Offer(u8, u32, u64, u8),
    Withdraw(usize),
    Change(usize, u32),
    TopUp(u8, u64),
    Bid(u8, u8, Vec<(u64, u32)>, u32),
    RevealAll(bool),
    Cancel(usize),
    Receipts(u64),
    Void(bool),
    Blocks(u64),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let tiers = prop::collection::vec((1u64..80, 1u32..4), 1..4).prop_map(|mut tiers| {
        tiers.sort_by(|a, b| b.cmp(a));
        tiers
    });
    let op = prop_oneof![
        2 => (1u8..4, 1u32..6, 1u64..30, 1u8..5).prop_map(|(a, b, c, d)| Op::Offer(a, b, c, d)),
        1 => (0usize..8).prop_map(Op::Withdraw),
        1 => (0usize..8, 1u32..6).prop_map(|(a, b)| Op::Change(a, b)),
        1 => (1u8..4, 1u64..100).prop_map(|(a, b)| Op::TopUp(a, b)),
        8 => (10u8..18, 1u8..5, tiers, 1u32..4).prop_map(|(a, b, c, d)| Op::Bid(a, b, c, d)),
        3 => any::<bool>().prop_map(Op::RevealAll),
        1 => (0usize..20).prop_map(Op::Cancel),
        3 => (0u64..=100).prop_map(Op::Receipts),
        1 => prop::bool::weighted(0.2).prop_map(Op::Void),
        8 => (1u64..8).prop_map(Op::Blocks),
    ];
    prop::collection::vec(op, 1..60)
}

/// Buyer, id, tiers.
type Sealed = (u8, u64, Vec<(u64, u32)>);

#[derive(Default)]
struct Known {
    offers: Vec<(u8, u64)>,
    bids: Vec<Sealed>,
}

fn run(world: &mut World, known: &mut Known, op: &Op) {
    match op {
        Op::Blocks(count) => world.blocks(*count),
        Op::Void(votes) => world.votes_void = *votes,
        Op::Offer(seller, capacity, reserve, swarms) => {
            let swarms: Vec<u8> = (*swarms..=4).collect();
            let call = post(*capacity, *reserve, &swarms, FOREVER);
            let value = world.offer_value(&call);
            // Refused where an earlier default has burnt of the bond.
            if let Ok(id) = world.pay(*seller, value, &call) {
                known.offers.push((*seller, id));
            }
        }
        Op::Withdraw(index) => {
            if let Some((seller, id)) = known.offers.get(*index).copied() {
                let _ = world.call(seller, &IMarket::withdrawOfferCall { offerId: id });
            }
        }
        Op::Change(index, capacity) => {
            let Some((seller, id)) = known.offers.get(*index).copied() else { return };
            let new = post(*capacity, 5, &[1, 3], FOREVER);
            let value = world.offer_value(&new);
            let call = IMarket::changeOfferCall {
                offerId: id,
                capacity: new.capacity,
                reserveTicks: new.reserveTicks,
                swarms: new.swarms,
                toEpoch: new.toEpoch,
            };
            if let Ok(id) = world.pay(seller, value, &call) {
                known.offers.push((seller, id));
            }
        }
        Op::TopUp(seller, wei) => {
            world.pay(*seller, u128::from(*wei) * BTT, &IMarket::topUpBondCall {}).unwrap();
        }
        Op::Bid(buyer, swarm, of, epochs) => {
            let call = world.commit_call(*buyer, *swarm, of, *epochs);
            let value = ticks(call.lockTicks) * u128::from(*epochs);
            if let Ok(id) = world.pay(*buyer, value, &call) {
                known.bids.push((*buyer, id, of.clone()));
            }
        }
        Op::RevealAll(every_second) => {
            let step = if *every_second { 2 } else { 1 };
            for (buyer, id, of) in known.bids.iter().step_by(step) {
                let _ = world.reveal(*buyer, *id, of);
            }
        }
        Op::Cancel(index) => {
            if let Some((buyer, id, _)) = known.bids.get(*index) {
                let _ = world.call(*buyer, &IMarket::cancelBidCall { bidId: *id });
            }
        }
        Op::Receipts(percent) => hand_in(world, *percent),
    }
}

/// Receipts for so much of every lease.
fn hand_in(world: &mut World, percent: u64) {
    for epoch in 1..=world.epoch() {
        let page = IMarket::leasesOfCall { epoch, offset: 0, limit: 1_000 };
        for id in world.call(STRANGER, &page).unwrap().leaseIds {
            let lease = world.lease(id).unwrap();
            let buyer = (10..18).find(|buyer| account(*buyer) == lease.signer).unwrap();
            let bytes = lease.dueBytes * u128::from(percent) / 100;
            let _ = world.receipt(id, bytes, buyer);
        }
    }
}

/// Everybody leaves, and everything ends.
fn leave(world: &mut World, known: &Known) {
    for (seller, id) in &known.offers {
        let _ = world.call(*seller, &IMarket::withdrawOfferCall { offerId: *id });
    }
    for (buyer, id, _) in &known.bids {
        let _ = world.call(*buyer, &IMarket::cancelBidCall { bidId: *id });
    }
    for _ in 0..200 {
        world.block();
    }
    for seller in 1..4 {
        let (bond, required, _) = world.bond(seller);
        assert_eq!(required, 0);
        let all = IMarket::withdrawBondCall { amountWei: U256::from(bond) };
        world.call(seller, &all).unwrap();
    }
    assert_eq!(world.balance(MARKET), 0, "nothing is left");
    let clock = world.clock();
    assert_eq!((clock.bids, clock.offers, clock.edges, clock.applyingEpoch), (0, 0, 0, 0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whatever_people_do_money_is_conserved_and_everybody_can_leave(ops in ops()) {
        let (mut world, mut known) = (World::new(), Known::default());
        let (mut other, mut others_known) = (World::new(), Known::default());
        other.has_memo = false;
        for op in &ops {
            run(&mut world, &mut known, op);
            run(&mut other, &mut others_known, op);
        }
        leave(&mut world, &known);
        leave(&mut other, &others_known);
        prop_assert_eq!(&world.logs, &other.logs, "clearing elsewhere changes nothing");
        prop_assert_eq!(world.state.into_changes(), other.state.into_changes());
    }
}

/// A book that takes many slices, and people who act between any two of them.
#[test]
fn a_result_is_applied_in_slices_while_the_next_epoch_fills() {
    let mut world = World::new();
    for seller in 1..=3 {
        world.offer(seller, 5, 10, &[seller]);
    }
    world.until_event::<IMarket::PhaseChanged>();
    for buyer in 10..26 {
        for number in 1..=3 {
            world.bid(buyer, number, &[(20 + u64::from(buyer), 1)]);
        }
    }
    let epoch = world.epoch();
    world.until(Phase::Clearing);
    while world.clock().applyingEpoch == 0 {
        world.block();
    }
    let mut slices = 0;
    while world.clock().applyingEpoch == epoch {
        let clock = world.clock();
        assert_eq!((clock.epoch, clock.phase), (epoch + 1, Phase::Commit), "the next waits");
        world.bid(30 + slices, 1, &[(50, 1)]);
        slices += 1;
        world.block();
    }
    // 48 bids, 15 leases and 3 swarms, then 48 bids again, five a block.
    assert_eq!(slices, (48 + 15 + 3 + 48u8).div_ceil(5) - 1);
    assert_eq!(world.events::<IMarket::LeaseOpened>().len(), 15);
    assert_eq!(world.clock().bids, u32::from(slices));
}
