//! Receipts and the end of leases: every delivery pattern, and what it costs whom.

use super::world::*;
use crate::{
    modules::{
        ModuleError,
        market::{
            IMarket::{self, Phase, SignedReceipt},
            hooks::{Division, divide},
        },
    },
    primitives::addresses::{BURNT, FEE_POOL, TREASURY},
};
use alloy_primitives::{B256, U256};
use alloy_sol_types::SolError as _;
use proptest::prelude::*;

/// One lease of 2 units for 70 ticks, and the bond of its seller.
fn leased() -> (World, B256, u128) {
    let mut world = World::new();
    let offer = world.offer(SELLER, 2, 10, &[1]);
    world.until_event::<IMarket::PhaseChanged>();
    let bids: [(u8, u8, Prices<'_>); 3] =
        [(BUYER, 1, &[(50, 2)]), (BUYER + 1, 1, &[(40, 1)]), (BUYER + 2, 1, &[(30, 1)])];
    let ids = world.auction(&bids);
    let epoch = world.epoch() - 1;
    let id = world.lease_id(epoch, ids[0], offer);
    assert_eq!(world.lease(id).unwrap().sellerWei, U256::from(ticks(70)));
    (world, id, ticks(22) / 5)
}

#[test]
fn only_higher_receipts_of_the_signer_count() {
    let (mut world, id, _) = leased();
    let due = 2 * UNIT;
    assert_eq!(world.receipt(id, 5, BUYER + 1), revert(IMarket::BadSignature {}));
    let broken = IMarket::submitReceiptCall {
        leaseId: id,
        deliveredBytes: 5,
        signature: vec![1; 64].into(),
    };
    assert_eq!(world.call(SELLER, &broken).map(|_| ()), revert(IMarket::BadSignature {}));
    let above = world.receipt(id, due + 1, BUYER);
    assert_eq!(above, revert(IMarket::AboveLease { deliveredBytes: due + 1, dueBytes: due }));
    world.receipt(id, 5, BUYER).unwrap();
    for low in [5, 4, 0] {
        let error = IMarket::ReceiptNotIncreasing { deliveredBytes: low, known: 5 };
        assert_eq!(world.receipt(id, low, BUYER), revert(error));
    }
    let unknown = B256::repeat_byte(3);
    assert_eq!(
        world.receipt(unknown, 5, BUYER),
        revert(IMarket::UnknownLease { leaseId: unknown })
    );
    let item = |id, bytes, by| SignedReceipt {
        leaseId: id,
        deliveredBytes: bytes,
        signature: signed(id, bytes, by),
    };
    let receipts = vec![
        item(id, 7, BUYER),
        item(id, 6, BUYER),
        item(unknown, 6, BUYER),
        item(id, due + 1, BUYER),
        item(id, 8, STRANGER),
        item(id, due, BUYER),
    ];
    let statuses = world.call(STRANGER, &IMarket::submitReceiptsCall { receipts }).unwrap();
    assert_eq!(statuses.to_vec(), [0, 1, 2, 4, 5, 0]);
    assert_eq!(world.lease(id).unwrap().deliveredBytes, due);
    let many = IMarket::submitReceiptsCall { receipts: vec![item(id, 1, BUYER); 513] };
    assert_eq!(
        world.call(STRANGER, &many).map(|_| ()),
        revert(IMarket::TooMany { count: U256::from(513), max: U256::from(512) })
    );
}

#[test]
fn receipts_are_taken_until_their_time_is_over() {
    let (mut world, id, _) = leased();
    let lease = world.lease(id).unwrap();
    let (until_ms, until_block) = (lease.receiptsUntilMs, lease.receiptsUntilBlock);
    while world.facts.time_ms + 1_000 < until_ms {
        world.block();
    }
    world.receipt(id, 5, BUYER).unwrap();
    // The chain stands still at the last moment: the hook closes the lease in the very block that is late.
    let mut late = world.clone();
    late.facts.time_ms = until_ms;
    late.facts.number = until_block;
    let error = IMarket::ReceiptTooLate { untilMs: until_ms, untilBlock: until_block };
    assert_eq!(late.receipt(id, 6, BUYER), revert(error));
    world.block();
    assert_eq!(world.receipt(id, 6, BUYER), revert(IMarket::UnknownLease { leaseId: id }));
}

#[test]
fn what_is_not_delivered_costs_both_and_gives_neither_the_others_penalty() {
    let (mut world, id, bond) = leased();
    let before = [SELLER, BUYER].map(|who| world.gain(who));
    // A quarter is delivered of 70 ticks: 17.5 earned; 52.5 missing, of which a fifth is burnt.
    world.receipt(id, UNIT / 2, BUYER).unwrap();
    let closed: IMarket::LeaseClosed = world.until_event();
    let gross = ticks(70) / 4;
    let (missing, penalty) = (ticks(70) - gross, (ticks(70) - gross) / 5);
    let fee = gross / 50;
    assert_eq!(closed.netWei, U256::from(gross - fee));
    assert_eq!(closed.refundWei, U256::from(missing - penalty));
    assert_eq!(closed.burntWei, U256::from(penalty));
    // As much again goes from the bond, as far as it goes.
    assert_eq!(closed.bondBurntWei, U256::from(bond), "the bond is 4.4 ticks, the penalty 10.5");
    assert_eq!(world.gain(SELLER) - before[0], (gross - fee) as i128);
    assert_eq!(world.gain(BUYER) - before[1], (missing - penalty) as i128);
    assert_eq!(world.balance(BURNT), penalty + bond + fee / 2);
    assert_eq!(world.balance(FEE_POOL), fee / 2);
    assert_eq!(world.balance(TREASURY), 0);
    assert_eq!(world.bond(SELLER), (0, bond, false));
}

#[test]
fn who_has_burnt_its_bond_is_in_no_book_until_it_mends_it() {
    let (mut world, _, bond) = leased();
    world.until_event::<IMarket::LeaseClosed>();
    let active = |world: &mut World| {
        world.call(STRANGER, &IMarket::bondCall { seller: account(SELLER) }).unwrap().activeFrom
    };
    let sold = |world: &mut World| {
        world.logs.clear();
        world.auction(&[(BUYER, 1, &[(50, 1)])]);
        (world.epoch() - 1, world.events::<IMarket::LeaseOpened>().len())
    };
    let burnt_in = world.epoch();
    assert_eq!((world.clock().phase, active(&mut world)), (Phase::Commit, u32::MAX));
    assert_eq!(sold(&mut world), (burnt_in, 1), "nobody can leave an open book");
    assert_eq!(sold(&mut world), (burnt_in + 1, 0), "phantom supply is gone");
    world.until(Phase::Commit);
    let epoch = world.epoch();
    world.pay(SELLER, bond, &IMarket::topUpBondCall {}).unwrap();
    assert_eq!(active(&mut world), epoch + 1);
    assert_eq!(sold(&mut world), (epoch, 0), "nor enter one");
    assert_eq!(sold(&mut world), (epoch + 1, 1));
}

#[test]
fn a_buyer_who_signs_nothing_for_one_unit_does_not_take_a_seller_out_of_the_market() {
    let mut world = World::new();
    world.offer(SELLER, 10, 10, &[1]);
    world.clear();
    let mut burnt = 0;
    for round in 0..4 {
        world.logs.clear();
        world.auction(&[(BUYER, 1, &[(50, 1)])]);
        assert_eq!(world.events::<IMarket::LeaseOpened>().len(), 1, "round {round}");
        burnt += world.until_event::<IMarket::LeaseClosed>().bondBurntWei.to::<u128>();
        let (bond, required, is_enough) = world.bond(SELLER);
        assert_eq!((bond + burnt, is_enough), (required, false));
    }
    assert!(burnt > 0);
    // More can be offered only with all of the bond.
    let more = post(1, 10, &[1], FOREVER);
    let value = world.offer_value(&more);
    let Err(ModuleError::Revert(data)) = world.pay(SELLER, value, &more) else { panic!("posted") };
    let short = IMarket::BondTooLow::abi_decode(&data).unwrap();
    assert_eq!(short.requiredWei - short.bondWei, U256::from(burnt));
}

#[test]
fn an_offer_that_is_over_binds_its_bond_until_the_last_lease_is_closed() {
    let (mut world, id, bond) = leased();
    let offer = world.lease(id).unwrap().offerId;
    world.call(SELLER, &IMarket::withdrawOfferCall { offerId: offer }).unwrap();
    world.until_event::<IMarket::OfferEnded>();
    assert_eq!(world.offer_of(offer).unwrap().openLeases, 1);
    assert_eq!(world.bond(SELLER), (bond, bond, true));
    world.receipt(id, 2 * UNIT, BUYER).unwrap();
    world.until_event::<IMarket::LeaseClosed>();
    assert_eq!(world.offer_of(offer), revert(IMarket::UnknownOffer { offerId: offer }));
    assert_eq!(world.bond(SELLER), (bond, 0, true));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// Rule E.5 on unequal leases: no payout above the escrow, nobody gains by receipts withheld.
    #[test]
    fn every_delivery_pattern_stays_within_the_lease(
        seller in 1u128..1_000_000_000_000,
        buyer in 0u128..1_000_000_000_000,
        units in 1u64..=256,
        share in 0u64..=1_000,
        fee_bps in 0u16..2_000,
        penalty_bps in 500u16..=10_000,
    ) {
        let due = units * 8 * 1024 * 1024;
        let delivered = due / 1_000 * share;
        let at = |delivered| divide(seller, buyer, delivered, due, fee_bps, penalty_bps).unwrap();
        let Division { net_wei, fee_wei, refund_wei, penalty_wei, rest_wei } = at(delivered);
        prop_assert_eq!(net_wei + fee_wei + refund_wei + penalty_wei + rest_wei, seller);
        prop_assert!(refund_wei <= buyer);
        // A byte more never pays the seller less, nor the buyer more, whatever it costs elsewhere.
        let more = at((delivered + 1).min(due));
        prop_assert!(more.net_wei + more.fee_wei >= net_wei + fee_wei);
        prop_assert!(more.refund_wei <= refund_wei);
        // Both together are best off with all delivered and signed: less the fee, which is at most a fifth.
        let all = at(due);
        prop_assert_eq!((all.refund_wei, all.penalty_wei, all.rest_wei), (0, 0, 0));
        if penalty_bps >= fee_bps && delivered < due {
            let bond_burnt = penalty_wei;
            prop_assert!(net_wei + refund_wei <= all.net_wei + bond_burnt + 2);
        }
    }
}
