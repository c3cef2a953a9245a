//! What is paid for by gas: the work that hooks and clearing will do for a bid or an offer, in each of its epochs.

use super::world::{OFFER_EPOCHS, World, swarm};
use alloy_primitives::U256;
use btt_runtime::{executor::ExecutedBlock, tx::Transaction};
use btt_tests::keys::Key;

fn gas(world: &mut World, sent: Transaction) -> u64 {
    let block: ExecutedBlock = world.block(vec![sent]);
    block.receipts.first().unwrap().cumulative_gas_used
}

#[test]
fn offers_and_bids_pay_for_what_each_of_their_epochs_will_cost() {
    let mut world = World::new(&[]);
    let (seller, buyer) = (Key::dev(0), Key::dev(1));
    // The first writes more: the seller's record is new.
    let first = world.offer(&seller, 1, 10, vec![swarm(9)], U256::ZERO);
    world.block(vec![first]);
    let swarms = |count: u32| (1..=count).map(swarm).collect::<Vec<_>>();
    let mut offer = |capacity, count| {
        let sent = world.offer(&seller, capacity, 10, swarms(count), U256::ZERO);
        gas(&mut world, sent)
    };
    let (one, more) = (offer(1, 4), offer(4, 4));
    let epochs = u64::from(OFFER_EPOCHS);
    // Three leases more at once. The words that differ between the calls cost some gas as well.
    let leases = more - one;
    assert!(leases.abs_diff(3 * 2_000 * epochs) < 200, "{one} {more}");
    assert!(offer(100, 4).abs_diff(more) < 200, "no more leases than swarms");

    let mut bid = |number, epochs| {
        let sent = world.commit(&buyer, swarm(number), 20, &[(20, 4)], epochs);
        gas(&mut world, sent)
    };
    bid(1, 1);
    let (one, three) = (bid(2, 1), bid(3, 3));
    let epoch = 10_000 + 4 * 1_024;
    assert!((three - one).abs_diff(2 * epoch) < 5_000, "{one} {three}");
}
