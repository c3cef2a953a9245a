//! What is paid for by gas: the work that hooks and clearing will do for a bid or an offer, in each of its epochs.

use super::world::{OFFER_EPOCHS, World, swarm};
use alloy_primitives::U256;
use btt_runtime::tx::Transaction;
use btt_tests::keys::Key;

/// New slots and words that differ between two calls of one block cost some gas as well.
const OTHER_GAS: u64 = 30_000;

/// Gas of each transaction of a block.
fn gas_of(world: &mut World, sent: Vec<Transaction>) -> Vec<u64> {
    let block = world.block(sent);
    let ends: Vec<u64> = block.receipts.iter().map(|receipt| receipt.cumulative_gas_used).collect();
    let starts = [0].iter().chain(&ends);
    ends.iter().zip(starts).map(|(end, start)| end - start).collect()
}

#[test]
fn offers_and_bids_pay_for_what_each_of_their_epochs_will_cost() {
    let mut world = World::new(&[]);
    let (seller, buyer) = (Key::dev(0), Key::dev(1));
    // The first of a block writes more: lists and the seller's record are new.
    let sent = [(9, 1), (1, 4), (4, 4), (100, 4)].map(|(capacity, swarms)| {
        world.offer(&seller, capacity, 10, (1..=swarms).map(swarm).collect(), U256::ZERO)
    });
    let gas = gas_of(&mut world, sent.into());
    let [_, one_lease, four_leases, many_units] = gas[..] else { panic!("{gas:?}") };
    let wanted = 3 * 2_000 * u64::from(OFFER_EPOCHS);
    assert!((four_leases - one_lease).abs_diff(wanted) < OTHER_GAS, "{gas:?}");
    assert!(many_units.abs_diff(four_leases) < OTHER_GAS, "no more leases than swarms: {gas:?}");

    let bids = [(1, 2), (2, 1), (3, 41)];
    let sent =
        bids.map(|(number, epochs)| world.commit(&buyer, swarm(number), 20, &[(20, 4)], epochs));
    let gas = gas_of(&mut world, sent.into());
    let epoch = 10_000 + 4 * 1_024;
    assert!((gas[2] - gas[1]).abs_diff(40 * epoch) < OTHER_GAS, "{gas:?}");
}
