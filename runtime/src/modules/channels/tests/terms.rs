//! What a channel may not be opened with.

use super::world::*;
use crate::{
    modules::channels::{
        IChannels::{self, openCall},
        params::{MAX_CHANNELS, MAX_PAIR_CHANNELS},
    },
    primitives::{addresses, packed::MAX_U104},
};
use alloy_primitives::{Address, U256};

fn refuses(world: &mut World, value: u128, call: &openCall, error: impl alloy_sol_types::SolError) {
    assert_eq!(world.pay(PAYER, value, call), revert(error));
}

#[test]
fn nobody_is_paid_who_cannot_be() {
    let mut world = World::new();
    for payee in [Address::ZERO, account(PAYER), addresses::CHANNELS, addresses::STAKING] {
        let call = openCall { payee, ..open_call(PAYEE) };
        refuses(&mut world, 10 * BTT + CHANNEL_STORAGE, &call, IChannels::BadPayee { payee });
    }
}

#[test]
fn grace_and_expiry_have_bounds() {
    let mut world = World::new();
    let value = 10 * BTT + CHANNEL_STORAGE;
    for grace in [0, 1, 604_801, u32::MAX] {
        let call = openCall { graceS: grace, ..open_call(PAYEE) };
        let bad = IChannels::BadGrace { graceS: grace, minS: 2, maxS: 604_800 };
        refuses(&mut world, value, &call, bad);
    }
    let now = world.now_s();
    for expiry in [1, now, now + 10 * 365 * 86_400 + 1, u64::MAX] {
        let call = openCall { expiry, ..open_call(PAYEE) };
        refuses(&mut world, value, &call, IChannels::BadExpiry { expiry });
    }
    for (grace, expiry) in [(2, 0), (604_800, now + 1), (2, now + 10 * 365 * 86_400)] {
        let call = openCall { graceS: grace, expiry, ..open_call(PAYEE) };
        assert!(world.pay(PAYER, value, &call).is_ok(), "{grace} {expiry}");
    }
}

#[test]
fn dust_opens_nothing() {
    let mut world = World::new();
    let min = BTT / 1_000;
    for (value, deposit) in
        [(0, 0), (CHANNEL_STORAGE, 0), (CHANNEL_STORAGE + min - 1, min - 1), (min, 0)]
    {
        let low =
            IChannels::DepositTooLow { depositWei: U256::from(deposit), minWei: U256::from(min) };
        refuses(&mut world, value, &open_call(PAYEE), low);
    }
    assert!(world.pay(PAYER, CHANNEL_STORAGE + min, &open_call(PAYEE)).is_ok());
}

#[test]
fn a_payer_has_no_more_open_than_it_may() {
    let mut world = World::new();
    world.facts.params.channels.max_channels_per_pair = 3;
    world.facts.params.channels.max_channels_per_payer = 5;
    assert_eq!((MAX_PAIR_CHANNELS.default)(&world.facts.params), 3);
    assert_eq!((MAX_CHANNELS.default)(&world.facts.params), 5);
    let value = BTT + CHANNEL_STORAGE;
    let first = world.open(BTT);
    for _ in 0..2 {
        world.open(BTT);
    }
    let full = IChannels::TooManyToPayee { payee: account(PAYEE), max: 3 };
    refuses(&mut world, value, &open_call(PAYEE), full);
    world.pay(PAYER, value, &open_call(3)).unwrap();
    world.open_pool(BTT);
    refuses(&mut world, value, &open_call(4), IChannels::TooManyChannels { max: 5 });
    // One that ends makes room for another.
    world.call(PAYEE, &close(voucher(first, 0), 0, PAYER)).unwrap();
    world.open(BTT);
}

#[test]
fn a_top_up_that_overflows_is_refused() {
    let mut world = World::new();
    let id = world.open(BTT);
    let call = IChannels::topUpCall { channelId: id };
    // More coins than there will ever be.
    let wei = MAX_U104 - BTT + 1;
    world.state.credit(account(50), U256::from(wei)).unwrap();
    assert_eq!(world.pay_unchecked(50, wei, &call), revert(IChannels::AmountOverflow {}));
    assert!(world.pay_unchecked(50, wei - 1, &call).is_ok());
    assert_eq!(world.channel_unchecked(id).depositWei, MAX_U104);
}

#[test]
fn thousands_of_small_channels_cost_their_payer_and_leave_nothing() {
    let mut world = World::new();
    world.facts.params.channels.max_channels_per_pair = 100;
    let mut ids = Vec::new();
    for payee in (2..=PEOPLE).cycle().take(2_000) {
        ids.push(world.pay(PAYER, BTT + CHANNEL_STORAGE, &open_call(payee)).unwrap());
    }
    ids.dedup();
    assert_eq!(ids.len(), 2_000);
    assert_eq!(world.gain(PAYER), -((2_000 * (BTT + CHANNEL_STORAGE)) as i128));
    for id in &ids {
        world.call(PAYER, &IChannels::requestCloseCall { channelId: *id }).unwrap();
    }
    world.pass(u64::from(GRACE));
    for id in &ids {
        world.call(PAYER, &IChannels::withdrawCall { channelId: *id }).unwrap();
    }
    assert_eq!(world.gain(PAYER), 0);
}
