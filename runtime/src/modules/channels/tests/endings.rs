//! The ends of a channel: everything that remains is paid to the last wei, and nothing after it.

use super::world::*;
use crate::modules::{
    ModuleError,
    channels::IChannels::{self, CoopClose, Tick, Voucher},
};
use alloy_primitives::B256;

fn gone(world: &mut World, id: B256) {
    let unknown = IChannels::UnknownChannel { channelId: id };
    assert_eq!(world.channel(id), revert(unknown.clone()));
    assert_eq!(world.call(PAYEE, &settle(voucher(id, BTT), PAYER)), revert(unknown));
    let totals = world.call(STRANGER, &IChannels::totalsCall {}).unwrap();
    assert_eq!((totals.escrowWei, totals.channels), (0, 0), "no record and no coin is left");
    let status =
        world.call(STRANGER, &IChannels::payerStatusCall { payer: account(PAYER) }).unwrap();
    assert_eq!((status.nextIndex, status.openCount), (1, 0));
}

#[test]
fn the_payee_closes_with_its_last_voucher() {
    let mut world = World::new();
    let id = world.open(100 * BTT);
    world.call(PAYEE, &settle(in_lane(id, 2, 5 * BTT), PAYER)).unwrap();
    world.call(PAYEE, &close(voucher(id, 40 * BTT), 30 * BTT, PAYER)).unwrap();
    assert_eq!(world.gain(PAYEE), (35 * BTT) as i128, "it captures less than it could");
    assert_eq!(world.gain(PAYER), -((35 * BTT) as i128));
    let closed: IChannels::ChannelClosed = world.event();
    assert_eq!((closed.paidWei, closed.refundedWei), (30 * BTT, 65 * BTT));
    gone(&mut world, id);
}

#[test]
fn the_payee_closes_without_a_voucher() {
    let mut world = World::new();
    let id = world.open(100 * BTT);
    world.call(PAYEE, &settle(voucher(id, 5 * BTT), PAYER)).unwrap();
    let call = IChannels::closeCall {
        voucher: voucher(id, 0),
        tick: Tick::default(),
        signature: Default::default(),
        captureWei: 5 * BTT,
    };
    world.call(PAYEE, &call).unwrap();
    assert_eq!(world.gain(PAYER), -((5 * BTT) as i128));
    gone(&mut world, id);
}

#[test]
fn nobody_else_closes_and_not_for_more_than_was_signed() {
    let mut world = World::new();
    let id = world.open(100 * BTT);
    for caller in [PAYER, STRANGER] {
        let refused = world.call(caller, &close(voucher(id, BTT), BTT, PAYER)).map(|_| ());
        assert_eq!(refused, revert(IChannels::NotPayee { caller: account(caller) }));
    }
    world.call(PAYEE, &settle(voucher(id, 5 * BTT), PAYER)).unwrap();
    for capture in [4 * BTT, 6 * BTT + 1] {
        let refused = world.call(PAYEE, &close(voucher(id, 6 * BTT), capture, PAYER)).map(|_| ());
        let bad =
            IChannels::BadCapture { captureWei: capture, settledWei: 5 * BTT, claimWei: 6 * BTT };
        assert_eq!(refused, revert(bad));
    }
    let forged = world.call(PAYEE, &close(voucher(id, 6 * BTT), 6 * BTT, PAYEE)).map(|_| ());
    assert_eq!(forged, revert(IChannels::BadSignature {}));
}

#[test]
fn the_operator_that_the_id_names_closes_for_the_payee() {
    let mut world = World::new();
    let (operator, salt) = (5, B256::repeat_byte(3));
    let open = IChannels::openCall { operator: account(operator), salt, ..open_call(PAYEE) };
    let id = world.pay(PAYER, 10 * BTT + CHANNEL_STORAGE, &open).unwrap();
    let call = |salt| {
        let IChannels::closeCall { voucher, tick, signature, captureWei } =
            close(voucher(id, 4 * BTT), 4 * BTT, PAYER);
        IChannels::closeAsOperatorCall { voucher, tick, signature, captureWei, salt }
    };
    let refused = |caller| revert::<()>(IChannels::NotPayee { caller: account(caller) });
    assert_eq!(world.call(STRANGER, &call(salt)).map(|_| ()), refused(STRANGER));
    assert_eq!(world.call(operator, &call(B256::ZERO)).map(|_| ()), refused(operator));
    world.call(operator, &call(salt)).unwrap();
    assert_eq!((world.gain(PAYEE), world.gain(operator)), ((4 * BTT) as i128, 0));
    gone(&mut world, id);
}

#[test]
fn both_sides_split_what_remains_and_not_the_deposit() {
    let mut world = World::new();
    let id = world.open(100 * BTT);
    world.call(PAYEE, &settle(voucher(id, 40 * BTT), PAYER)).unwrap();
    let split = |settled, payer, payee| CoopClose {
        channelId: id,
        settled: settled * BTT,
        payerPart: payer * BTT,
        payeePart: payee * BTT,
    };
    let bad = IChannels::BadSplit { settledWei: 40 * BTT, remainingWei: 60 * BTT };
    // The whole deposit after a settlement, too little, an older state, an overflow.
    for wrong in [split(40, 50, 50), split(40, 0, 59), split(0, 50, 50), split(39, 30, 30)] {
        let refused = world.call(STRANGER, &coop_close(wrong, PAYER, PAYEE)).map(|_| ());
        assert_eq!(refused, revert(bad.clone()));
    }
    let overflow = CoopClose { payerPart: u128::MAX, payeePart: 60 * BTT + 1, ..split(40, 0, 0) };
    let refused = world.call(STRANGER, &coop_close(overflow, PAYER, PAYEE)).map(|_| ());
    assert_eq!(refused, revert(bad));
    for (payer, payee) in [(PAYER, PAYER), (PAYEE, PAYEE), (PAYEE, PAYER)] {
        let refused = world.call(PAYEE, &coop_close(split(40, 35, 25), payer, payee)).map(|_| ());
        assert_eq!(refused, revert(IChannels::BadSignature {}), "{payer} {payee}");
    }
    world.call(STRANGER, &coop_close(split(40, 35, 25), PAYER, PAYEE)).unwrap();
    assert_eq!(world.gain(PAYEE), (65 * BTT) as i128);
    assert_eq!(world.gain(PAYER), -((65 * BTT) as i128));
    gone(&mut world, id);
}

#[test]
fn after_the_grace_and_no_second_earlier_the_rest_returns() {
    let mut world = World::new();
    let id = world.open(100 * BTT);
    let withdraw = IChannels::withdrawCall { channelId: id };
    let unasked = world.call(PAYER, &withdraw).map(|_| ());
    assert_eq!(unasked, revert(IChannels::NotClosing { id }));
    let request = IChannels::requestCloseCall { channelId: id };
    for caller in [PAYEE, STRANGER] {
        let refused = world.call(caller, &request).map(|_| ());
        assert_eq!(refused, revert(IChannels::NotPayer { caller: account(caller) }));
    }
    world.call(PAYER, &request).unwrap();
    let again = world.call(PAYER, &request).map(|_| ());
    assert_eq!(again, revert(IChannels::AlreadyClosing { id }));
    let told: IChannels::CloseRequested = world.event();
    let (until_ms, until_block) =
        (world.facts.time_ms + u64::from(GRACE) * 1000, world.facts.number + u64::from(GRACE));
    assert_eq!((told.closesAtMs, told.closesAtBlock), (until_ms, until_block));

    let early = revert::<()>(IChannels::TooEarly { untilMs: until_ms, untilBlock: until_block });
    world.pass(u64::from(GRACE) - 1);
    assert_eq!(world.call(PAYER, &withdraw).map(|_| ()), early);
    // Time alone does not do it: after an outage the first block is past every grace.
    world.facts.time_ms += 86_400_000;
    assert_eq!(world.call(PAYER, &withdraw).map(|_| ()), early);
    world.facts.number += 1;
    // In the very second: whoever comes first in the block.
    assert_eq!(world.call(PAYEE, &settle(voucher(id, 30 * BTT), PAYER)).unwrap(), 30 * BTT);
    world.call(PAYER, &withdraw).unwrap();
    assert_eq!(world.gain(PAYER), -((30 * BTT) as i128));
    gone(&mut world, id);
}

#[test]
fn whoever_ends_what_another_left_gets_a_tenth_of_the_storage_deposit() {
    let mut world = World::new();
    let expiry = world.now_s() + 60;
    let open = IChannels::openCall { expiry, ..open_call(PAYEE) };
    let id = world.pay(PAYER, 100 * BTT + CHANNEL_STORAGE, &open).unwrap();
    let expire = IChannels::expireCall { channelId: id };
    world.pass(60 + u64::from(GRACE) - 1);
    let early = world.call(STRANGER, &expire).map(|_| ());
    assert!(matches!(early, Err(ModuleError::Revert(_))));
    world.pass(1);
    world.call(STRANGER, &expire).unwrap();
    assert_eq!(world.gain(STRANGER), (CHANNEL_STORAGE / 10) as i128);
    assert_eq!(world.gain(PAYER), -((CHANNEL_STORAGE / 10) as i128));
    gone(&mut world, id);
}

#[test]
fn what_never_expires_is_never_expired() {
    let mut world = World::new();
    let id = world.open(BTT);
    world.pass(1_000_000);
    let refused = world.call(STRANGER, &IChannels::expireCall { channelId: id }).map(|_| ());
    assert_eq!(refused, revert(IChannels::NoExpiry { id }));
}

#[test]
fn reopening_gives_another_id_and_old_vouchers_are_worth_nothing() {
    let mut world = World::new();
    let id = world.open(100 * BTT);
    let old = settle(voucher(id, 50 * BTT), PAYER);
    world.call(PAYEE, &close(Voucher::clone(&old.voucher), 50 * BTT, PAYER)).unwrap();
    let second = world.open(100 * BTT);
    assert_ne!(id, second);
    let unknown = IChannels::UnknownChannel { channelId: id };
    assert_eq!(world.call(PAYEE, &old), revert(unknown));
    assert_eq!(world.channel(second).unwrap().settledWei, 0);
}
