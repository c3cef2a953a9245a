//! A result with more records than a block's hook works on: it is applied over many blocks, while the chain goes on.

use super::world::{World, events_of, swarm, ticks};
use alloy_primitives::U256;
use btt_runtime::{
    executor::{BlockContext, Input, execute_block},
    modules::market::{
        Cleared,
        IMarket::{self, Phase},
        clear_frozen,
        limits::SLICE_RECORDS,
    },
    tx::RecoveryMemo,
};
use btt_tests::keys::Key;

const BUYERS: u64 = 150;
/// Swarms, in each of which every buyer bids.
const SWARMS: u32 = 8;
/// Bids of a block, as much as its gas allows.
const BIDS_A_BLOCK: usize = 150;

#[test]
fn a_long_result_is_applied_over_blocks_that_are_the_same_with_and_without_memo() {
    let buyers: Vec<Key> = (1..=BUYERS).map(|n| Key::numbered(0xb_0000 + n)).collect();
    let mut world = World::new(&buyers);
    world.chain.config.params.market.commit_blocks = 20;
    let seller = Key::dev(0);
    let swarms: Vec<_> = (1..=SWARMS).map(swarm).collect();
    let offer = world.offer(&seller, 100_000, 10, swarms, U256::ZERO);
    world.block(vec![offer]);
    let first = world.clock().epoch;
    world.until(|world| world.clock().epoch > first);
    let mut bids = Vec::new();
    for buyer in &buyers {
        bids.extend((1..=SWARMS).map(|n| world.commit(buyer, swarm(n), 20, &[(20, 2)], 1)));
    }
    let count = bids.len() as u32;
    while !bids.is_empty() {
        let rest = bids.split_off(bids.len().min(BIDS_A_BLOCK));
        world.block(std::mem::replace(&mut bids, rest));
    }
    assert_eq!(world.clock().phase, Phase::Commit, "all of them came in time");
    let before: Vec<U256> = buyers.iter().map(|key| world.balance(key)).collect();
    world.until(World::is_due);
    let epoch = world.clock().epoch;
    let cleared = world.ask(|host| clear_frozen(host, &Cleared::default()).unwrap());

    // Refunds, leases, swarms, then the bids go: so many records, and a slice of them in each block.
    let records = count * 3 + SWARMS;
    let mut won = 0;
    let mut opened = 0;
    for slice in 1..=records.div_ceil(SLICE_RECORDS) {
        let plain = world.chain.build(&mut ()).unwrap();
        let context = BlockContext { cleared: cleared.clone(), ..world.chain.context() };
        let memo = RecoveryMemo::default();
        let checked = execute_block(&context, Input::Check(&plain.block, &memo)).unwrap();
        assert_eq!((checked.hash, &checked.changes), (plain.hash, &plain.changes));
        world.decide(&plain);
        won += events_of::<IMarket::Won>(&plain).len() as u32;
        opened += events_of::<IMarket::LeaseOpened>(&plain).len() as u32;
        let done = slice * SLICE_RECORDS;
        assert_eq!(won, count.min(done), "refunds after block {slice}");
        assert_eq!(opened, count.min(done.saturating_sub(count)), "leases after block {slice}");
        let is_over = done >= records;
        assert_eq!(world.clock().applyingEpoch, if is_over { 0 } else { epoch });
    }
    // Supply exceeds demand: everybody wins and pays the ask, ⌈10 × 10,000 / 9,800⌉ a unit.
    let after = buyers.iter().map(|key| world.balance(key));
    let refund = ticks(u64::from(SWARMS) * 2 * (20 - 11));
    assert!(after.zip(before).all(|(after, before)| after - before == refund));
    // Leases that nobody served are closed in slices too, and then only the bond is left.
    world.until(|world| world.owed().0 == world.owed().1);
    let left = world.view(&IMarket::bidsOfCall { account: buyers[0].address() }).unwrap();
    assert!(left.is_empty(), "{left:?}");
}
