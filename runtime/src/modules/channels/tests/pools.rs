//! Pools: shares, the burn of an over-promiser's collateral, records of payees and their end.

use super::world::*;
use crate::modules::channels::{
    IChannels::{self, Tick},
    voucher::{TickChain, pool_tick_id},
};
use alloy_primitives::{Address, U256, keccak256};

/// What a payee's first claim pays for its record.
const RECORD: u128 = SLOT;

#[test]
fn payees_are_paid_out_of_one_deposit() {
    let mut world = World::new();
    let id = world.open_pool(800 * BTT);
    assert_eq!(world.gain(PAYER), -((1_600 * BTT + POOL_STORAGE) as i128));
    assert_eq!(
        world.call(STRANGER, &settle_pool(pool_voucher(id, 2, 50 * BTT), PAYER)).unwrap(),
        49 * BTT
    );
    assert_eq!(
        world.call(STRANGER, &settle_pool(pool_voucher(id, 2, 60 * BTT), PAYER)).unwrap(),
        10 * BTT
    );
    assert_eq!(
        world.call(STRANGER, &settle_pool(pool_voucher(id, 2, 60 * BTT), PAYER)).unwrap(),
        0
    );
    assert_eq!(
        world.call(STRANGER, &settle_pool(pool_voucher(id, 3, 5 * BTT), PAYER)).unwrap(),
        4 * BTT
    );
    let pool = world.pool(id).unwrap();
    assert_eq!(
        (pool.depositWei, pool.settledWei, pool.collateralWei),
        (800 * BTT, 65 * BTT, 800 * BTT)
    );
    let claim = IChannels::poolClaimCall { poolId: id, payee: account(2) };
    let claim = world.call(STRANGER, &claim).unwrap();
    assert_eq!((claim.laneSettledWei, claim.storageDepositWei), ([60 * BTT, 0, 0, 0], RECORD));
    let settled: IChannels::PoolSettled = world.event();
    assert_eq!(
        (settled.payee, settled.paidWei, settled.settledWei),
        (account(3), 4 * BTT, 5 * BTT)
    );
}

#[test]
fn one_wei_promised_too_much_burns_the_collateral_and_pays_what_remains() {
    let mut world = World::new();
    let id = world.open_pool(800 * BTT);
    for payee in 2..=9 {
        let wei = if payee == 9 { 100 * BTT - 1 } else { 100 * BTT };
        world.call(payee, &settle_pool(pool_voucher(id, payee, wei), PAYER)).unwrap();
    }
    let mut exact = world.clone();
    exact.call(9, &settle_pool(pool_voucher(id, 9, 100 * BTT), PAYER)).unwrap();
    assert!(!exact.pool(id).unwrap().isFrozen, "the last wei was there");

    // A tenth payee comes with a voucher for two wei more than its record costs; one wei is left.
    let before = world.gain(10);
    let paid = world.call(10, &settle_pool(pool_voucher(id, 10, 2), PAYER)).unwrap();
    assert_eq!((paid, world.gain(10) - before), (1, 1));
    assert_eq!(world.burnt(), 800 * BTT, "the collateral is nobody's");
    let frozen: IChannels::PoolFrozen = world.event();
    assert_eq!(
        (frozen.payer, frozen.payee, frozen.burntWei),
        (account(PAYER), account(10), 800 * BTT)
    );
    let pool = world.pool(id).unwrap();
    assert!(pool.isFrozen);
    assert_eq!((pool.collateralWei, pool.settledWei), (0, 800 * BTT));
    let refused = world.call(11, &settle_pool(pool_voucher(id, 11, 50 * BTT), PAYER));
    assert_eq!(refused, revert(IChannels::PoolIsFrozen { poolId: id }));
    let top_up = IChannels::poolTopUpCall { poolId: id, collateralWei: BTT };
    let refused = world.pay(PAYER, 2 * BTT, &top_up).map(|_| ());
    assert_eq!(refused, revert(IChannels::PoolIsFrozen { poolId: id }));
    // What is left of it may go at once.
    world.call(STRANGER, &IChannels::poolCloseCall { poolId: id }).unwrap();
    assert_eq!(world.pool(id), revert(IChannels::UnknownPool { poolId: id }));
    assert_eq!(world.gain(PAYER), -((1_600 * BTT + POOL_STORAGE / 10) as i128));
}

#[test]
fn no_payee_claims_more_than_its_share_and_an_over_promiser_gains_nothing() {
    let mut world = World::new();
    let id = world.open_pool(800 * BTT);
    for wei in [100 * BTT + 1, u128::MAX] {
        let above =
            IChannels::AbovePayeeShare { claimWei: U256::from(wei), maxWei: U256::from(100 * BTT) };
        let refused = world.call(2, &settle_pool(pool_voucher(id, 2, wei), PAYER));
        assert_eq!(refused, revert(above));
    }
    // Across its lanes, too.
    let lane = |lane, wei| IChannels::PoolVoucher { lane, ..pool_voucher(id, 2, wei) };
    world.call(2, &settle_pool(lane(1, 60 * BTT), PAYER)).unwrap();
    let above = IChannels::AbovePayeeShare {
        claimWei: U256::from(100 * BTT + 1),
        maxWei: U256::from(100 * BTT),
    };
    let refused = world.call(2, &settle_pool(lane(0, 40 * BTT + 1), PAYER));
    assert_eq!(refused, revert(above));
    assert!(!world.pool(id).unwrap().isFrozen, "what nobody could be owed burns nothing");

    // Payer and all payees are one: it pays itself the deposit, over-promises, and loses the collateral.
    for payee in 3..=10 {
        world.call(payee, &settle_pool(pool_voucher(id, payee, 100 * BTT), PAYER)).unwrap();
    }
    assert_eq!(world.burnt(), 800 * BTT);
}

#[test]
fn vouchers_of_a_pool_name_their_payee_and_are_signed() {
    let mut world = World::new();
    let id = world.open_pool(800 * BTT);
    let call = settle_pool(pool_voucher(id, 2, 50 * BTT), PAYER);
    let stolen = IChannels::poolSettleCall { voucher: pool_voucher(id, 3, 50 * BTT), ..call };
    let bad = revert(IChannels::BadSignature {});
    assert_eq!(world.call(3, &stolen), bad);
    assert_eq!(world.call(3, &settle_pool(pool_voucher(id, 3, BTT), 3)), bad);
    // A channel's voucher is none of a pool, and the other way round.
    let unknown = IChannels::UnknownChannel { channelId: id };
    assert_eq!(world.call(3, &settle(voucher(id, BTT), PAYER)), revert(unknown));
    let channel = world.open(BTT);
    let unknown = IChannels::UnknownPool { poolId: channel };
    let refused = world.call(2, &settle_pool(pool_voucher(channel, 2, BTT), PAYER));
    assert_eq!(refused, revert(unknown));
    // The first claim pays for its record.
    let small = IChannels::ClaimTooSmall { claimWei: RECORD, storageDepositWei: RECORD };
    let refused = world.call(2, &settle_pool(pool_voucher(id, 2, RECORD), PAYER));
    assert_eq!(refused, revert(small));
}

#[test]
fn ticks_of_a_pool_are_bound_to_their_payee() {
    let mut world = World::new();
    let id = world.open_pool(800 * BTT);
    let chain = TickChain::new(pool_tick_id(id, account(2)), 0, 10 * BTT, 8, keccak256("s"));
    let tick = Tick { index: 5, preimage: chain.tick(5).unwrap() };
    let call = |payee| {
        let voucher = IChannels::PoolVoucher {
            tickAnchor: chain.anchor(),
            tickValue: BTT,
            tickMax: 8,
            ..pool_voucher(id, payee, 10 * BTT)
        };
        IChannels::poolSettleCall { tick: tick.clone(), ..settle_pool(voucher, PAYER) }
    };
    assert_eq!(world.call(2, &call(2)).unwrap(), 15 * BTT - RECORD);
    assert_eq!(world.call(3, &call(3)), revert(IChannels::BadTick { index: 5 }));
}

#[test]
fn a_pool_is_opened_with_collateral_for_many() {
    let mut world = World::new();
    let deposit = 80 * BTT;
    let value = 2 * deposit + POOL_STORAGE;
    let low = IChannels::poolOpenCall { collateralWei: deposit - 1, ..open_pool_call(0) };
    let refused = world.pay(PAYER, value - 1, &low);
    let too_low = IChannels::CollateralTooLow { collateralWei: deposit - 1, depositWei: deposit };
    assert_eq!(refused, revert(too_low));
    let few = IChannels::poolOpenCall { minPayees: 7, ..open_pool_call(deposit) };
    let refused = world.pay(PAYER, value, &few);
    assert_eq!(refused, revert(IChannels::BadMinPayees { minPayees: 7, min: 8 }));
    let all = IChannels::poolOpenCall { collateralWei: u128::MAX, ..open_pool_call(0) };
    let refused = world.pay(PAYER, value, &all);
    let nothing =
        IChannels::DepositTooLow { depositWei: U256::ZERO, minWei: U256::from(BTT / 1_000) };
    assert_eq!(refused, revert(nothing));

    let id = world.open_pool(deposit);
    let top_up = IChannels::poolTopUpCall { poolId: id, collateralWei: 5 * BTT };
    let refused = world.pay(PAYER, 11 * BTT, &top_up).map(|_| ());
    let too_low = IChannels::CollateralTooLow { collateralWei: 85 * BTT, depositWei: 86 * BTT };
    assert_eq!(refused, revert(too_low));
    let refused = world.pay(STRANGER, 10 * BTT, &top_up).map(|_| ());
    assert_eq!(refused, revert(IChannels::NotPayer { caller: account(STRANGER) }));
    world.call(PAYER, &IChannels::poolRequestCloseCall { poolId: id }).unwrap();
    world.pay(PAYER, 10 * BTT, &top_up).unwrap();
    let pool = world.pool(id).unwrap();
    assert_eq!((pool.depositWei, pool.collateralWei, pool.closesAtMs), (85 * BTT, 85 * BTT, 0));
}

#[test]
fn a_pool_ends_after_its_grace_and_its_records_are_pruned() {
    let mut world = World::new();
    let id = world.open_pool(800 * BTT);
    let lane = IChannels::PoolVoucher { lane: 2, ..pool_voucher(id, 3, 10 * BTT) };
    world.call(3, &settle_pool(lane, PAYER)).unwrap();
    world.call(2, &settle_pool(pool_voucher(id, 2, 10 * BTT), PAYER)).unwrap();
    let close = IChannels::poolCloseCall { poolId: id };
    let prune = |payees: &[u8]| IChannels::poolPruneCall {
        poolId: id,
        payees: payees.iter().map(|payee| account(*payee)).collect(),
    };
    let refused = world.call(STRANGER, &close).map(|_| ());
    assert_eq!(refused, revert(IChannels::NotClosing { id }));
    let refused = world.call(STRANGER, &prune(&[2])).map(|_| ());
    assert_eq!(refused, revert(IChannels::PoolIsOpen { poolId: id }));
    world.call(PAYER, &IChannels::poolRequestCloseCall { poolId: id }).unwrap();
    let again = world.call(PAYER, &IChannels::poolRequestCloseCall { poolId: id }).map(|_| ());
    assert_eq!(again, revert(IChannels::AlreadyClosing { id }));
    world.pass(u64::from(GRACE) - 1);
    assert!(world.call(PAYER, &close).is_err());
    // Until it is gone, vouchers are paid.
    world.call(2, &settle_pool(pool_voucher(id, 2, 20 * BTT), PAYER)).unwrap();
    world.pass(1);
    world.call(PAYER, &close).unwrap();
    assert_eq!(world.gain(PAYER), -((30 * BTT) as i128));

    let stray = IChannels::NoClaim { poolId: id, payee: account(4) };
    assert_eq!(world.call(STRANGER, &prune(&[4])).map(|_| ()), revert(stray));
    let twice = IChannels::NoClaim { poolId: id, payee: account(2) };
    assert_eq!(world.call(STRANGER, &prune(&[2, 2])).map(|_| ()), revert(twice));
    let many = IChannels::poolPruneCall { poolId: id, payees: vec![Address::ZERO; 257] };
    let too_many = IChannels::TooMany { count: U256::from(257), max: U256::from(256) };
    assert_eq!(world.call(STRANGER, &many).map(|_| ()), revert(too_many));
    // The payee by itself gets all; somebody else a tenth.
    world.call(2, &prune(&[2])).unwrap();
    world.call(STRANGER, &prune(&[3])).unwrap();
    assert_eq!(world.gain(2), (20 * BTT) as i128);
    assert_eq!(world.gain(STRANGER), (2 * SLOT / 10) as i128);
    assert_eq!(world.gain(3), (10 * BTT - 2 * SLOT / 10) as i128);
    let totals = world.call(STRANGER, &IChannels::totalsCall {}).unwrap();
    assert_eq!((totals.escrowWei, totals.pools), (0, 0));
}
