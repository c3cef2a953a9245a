//! The life of a channel: each call that works, its event, and where the money goes.

use super::world::*;
use crate::modules::channels::{
    IChannels::{self, ConditionalVoucher, Tick, Voucher, Watch},
    voucher::{Descriptor, Kind, TickChain},
};
use crate::primitives::DEV_CHAIN_ID;
use alloy_primitives::{Address, B256, keccak256};

#[test]
fn an_open_channel_is_what_its_payer_said() {
    let mut world = World::new();
    let expiry = world.now_s() + 3_600;
    let call = IChannels::openCall {
        operator: account(5),
        signer: account(6),
        salt: B256::repeat_byte(7),
        expiry,
        ..open_call(PAYEE)
    };
    let id = world.pay(PAYER, 500 * BTT + CHANNEL_STORAGE, &call).unwrap();
    let descriptor = Descriptor {
        kind: Kind::Channel,
        payer: account(PAYER),
        payee: account(PAYEE),
        operator: account(5),
        salt: B256::repeat_byte(7),
        signer: account(6),
        open_index: 0,
    };
    assert_eq!(id, descriptor.id(DEV_CHAIN_ID));
    let end_ms = world.facts.time_ms + (3_600 + u64::from(GRACE)) * 1000;
    let end_block = world.facts.number + 3_600 + u64::from(GRACE);
    assert_eq!(
        world.channel(id).unwrap(),
        IChannels::Channel {
            payer: account(PAYER),
            payee: account(PAYEE),
            signer: account(6),
            openIndex: 0,
            depositWei: 500 * BTT,
            graceS: GRACE,
            storageDepositWei: CHANNEL_STORAGE,
            expiresAtMs: end_ms,
            expiresAtBlock: end_block,
            ..IChannels::Channel::default()
        }
    );
    assert_eq!(world.gain(PAYER), -((500 * BTT + CHANNEL_STORAGE) as i128));
    let opened: IChannels::ChannelOpened = world.event();
    assert_eq!((opened.channelId, opened.operator, opened.depositWei), (id, account(5), 500 * BTT));
    let status =
        world.call(STRANGER, &IChannels::payerStatusCall { payer: account(PAYER) }).unwrap();
    assert_eq!((status.nextIndex, status.openCount), (1, 1));
}

#[test]
fn vouchers_pay_what_is_new_and_older_ones_nothing() {
    let mut world = World::new();
    let id = world.open(500 * BTT);
    // Anyone submits; only the payee gains.
    assert_eq!(world.call(STRANGER, &settle(voucher(id, 100 * BTT), PAYER)).unwrap(), 100 * BTT);
    assert_eq!(world.call(STRANGER, &settle(voucher(id, 130 * BTT), PAYER)).unwrap(), 30 * BTT);
    for old in [130 * BTT, 100 * BTT, 0] {
        assert_eq!(world.call(STRANGER, &settle(voucher(id, old), PAYER)).unwrap(), 0);
    }
    assert_eq!((world.gain(PAYEE), world.gain(STRANGER)), ((130 * BTT) as i128, 0));
    let settled: IChannels::Settled = world.event();
    assert_eq!((settled.lane, settled.paidWei, settled.settledWei), (0, 30 * BTT, 130 * BTT));
    assert_eq!(world.call(STRANGER, &settle(voucher(id, 500 * BTT), PAYER)).unwrap(), 370 * BTT);
    assert_eq!(world.channel(id).unwrap().settledWei, 500 * BTT, "the last wei is the payee's");
}

#[test]
fn lanes_are_paid_each_by_itself_out_of_one_deposit() {
    let mut world = World::new();
    let id = world.open(100 * BTT);
    for (lane, wei) in [(0, 10), (3, 20), (1, 30), (3, 25), (0, 15)] {
        world.call(STRANGER, &settle(in_lane(id, lane, wei * BTT), PAYER)).unwrap();
    }
    let channel = world.channel(id).unwrap();
    assert_eq!(channel.laneSettledWei, [15 * BTT, 30 * BTT, 0, 25 * BTT]);
    assert_eq!(channel.settledWei, 70 * BTT);
    // The lanes together may not exceed the deposit.
    let claim = settle(in_lane(id, 2, 30 * BTT + 1), PAYER);
    let above = IChannels::AboveDeposit {
        claimWei: alloy_primitives::U256::from(100 * BTT + 1),
        depositWei: alloy_primitives::U256::from(100 * BTT),
    };
    assert_eq!(world.call(STRANGER, &claim), revert(above));
    assert_eq!(world.call(STRANGER, &settle(in_lane(id, 2, 30 * BTT), PAYER)).unwrap(), 30 * BTT);
}

#[test]
fn ticks_pay_between_vouchers() {
    let mut world = World::new();
    let id = world.open(100 * BTT);
    let chain = TickChain::new(id, 0, 10 * BTT, 1_024, keccak256("secret"));
    let voucher = Voucher {
        tickAnchor: chain.anchor(),
        tickValue: BTT / 100,
        tickMax: 1_024,
        ..voucher(id, 10 * BTT)
    };
    let mut claim = |index: u32| {
        let tick = Tick { index, preimage: chain.tick(index).unwrap_or_default() };
        world.call(PAYEE, &settle_ticks(voucher.clone(), tick, PAYER))
    };
    assert_eq!(claim(0).unwrap(), 10 * BTT);
    assert_eq!(claim(3).unwrap(), 3 * BTT / 100);
    assert_eq!(claim(2).unwrap(), 0, "an earlier tick pays nothing");
    assert_eq!(claim(1_024).unwrap(), 1_021 * BTT / 100);
    assert_eq!(claim(1_025), revert(IChannels::TickTooFar { index: 1_025, max: 1_024 }));
}

#[test]
fn a_condition_pays_whoever_knows_the_secret_in_time() {
    let mut world = World::new();
    let id = world.open(100 * BTT);
    let secret = keccak256("the key of the file");
    let timeout = world.now_s() + 5;
    let voucher = ConditionalVoucher {
        channelId: id,
        lane: 0,
        cumulativeAmount: 7 * BTT,
        hashLock: keccak256(secret),
        timeout,
    };
    let wrong = conditional(voucher.clone(), B256::ZERO, PAYER);
    assert_eq!(world.call(PAYEE, &wrong), revert(IChannels::BadSecret {}));
    let mut late = world.clone();
    world.pass(4);
    let claim = conditional(voucher, secret, PAYER);
    assert_eq!(world.call(PAYEE, &claim).unwrap(), 7 * BTT);
    late.pass(5);
    assert_eq!(late.call(PAYEE, &claim), revert(IChannels::ConditionExpired { timeout }));
}

#[test]
fn two_hops_are_unlocked_by_one_secret() {
    // 1 pays 3 through 2: what 3 reveals to be paid by 2 lets 2 be paid by 1.
    let mut world = World::new();
    let first = world.open(100 * BTT);
    let second = world.pay(PAYEE, 50 * BTT + CHANNEL_STORAGE, &open_call(3)).unwrap();
    let secret = keccak256("route");
    let hop = |id, wei, timeout| ConditionalVoucher {
        channelId: id,
        lane: 0,
        cumulativeAmount: wei,
        hashLock: keccak256(secret),
        timeout,
    };
    let now = world.now_s();
    // The hub keeps a BTT, and time to use what it learns.
    let (to_hub, to_seller) = (hop(first, 11 * BTT, now + 60), hop(second, 10 * BTT, now + 30));
    world.call(3, &conditional(to_seller, secret, PAYEE)).unwrap();
    world.pass(30);
    world.call(PAYEE, &conditional(to_hub, secret, PAYER)).unwrap();
    assert_eq!(world.gain(3), (10 * BTT) as i128);
    // What the hub deposited pays the seller; what it earned is its own.
    assert_eq!(world.gain(PAYEE), (11 * BTT) as i128 - (50 * BTT + CHANNEL_STORAGE) as i128);
}

#[test]
fn a_tower_keeps_its_tip_and_only_the_tower() {
    let mut world = World::new();
    let id = world.open(1_000 * BTT);
    let tower = 5;
    let valid_until = world.now_s();
    let watch =
        Watch { channelId: id, tower: account(tower), tipBps: 100, validUntil: valid_until };
    let call = settle_watched(voucher(id, 999 * BTT + 99), watch.clone(), (PAYER, PAYEE));
    assert_eq!(
        world.call(STRANGER, &call).map(|r| r.paidWei),
        revert(IChannels::WrongTower { caller: account(STRANGER) })
    );
    let paid = world.call(tower, &call).unwrap();
    // Rounded down: the tower asked.
    assert_eq!(
        (paid.paidWei, paid.tipWei),
        (989_010_000_000_000_000_099, 9_990_000_000_000_000_000)
    );
    assert_eq!((world.gain(tower), world.gain(PAYEE)), (paid.tipWei as i128, paid.paidWei as i128));
    let told: IChannels::TowerPaid = world.event();
    assert_eq!((told.tower, told.tipWei), (account(tower), paid.tipWei));

    let refused = |world: &mut World, watch: Watch, by| {
        world
            .call(tower, &settle_watched(voucher(id, 1_000 * BTT), watch, by))
            .map(|returned| returned.tipWei)
    };
    let greedy = Watch { tipBps: 101, ..watch };
    assert_eq!(
        refused(&mut world, greedy, (PAYER, PAYEE)),
        revert(IChannels::TipTooHigh { tipBps: 101, maxBps: 100 })
    );
    assert_eq!(
        refused(&mut world, watch.clone(), (PAYER, tower)),
        revert(IChannels::BadSignature {}),
        "the payee names the tower, not the tower itself"
    );
    world.pass(1);
    assert_eq!(
        refused(&mut world, watch, (PAYER, PAYEE)),
        revert(IChannels::WatchExpired { validUntil: valid_until })
    );
}

#[test]
fn a_top_up_by_anyone_raises_the_deposit_and_by_the_payer_takes_back_a_close_request() {
    let mut world = World::new();
    let id = world.open(10 * BTT);
    let top_up = IChannels::topUpCall { channelId: id };
    world.call(PAYER, &IChannels::requestCloseCall { channelId: id }).unwrap();
    world.pay(STRANGER, BTT, &top_up).unwrap();
    assert_ne!(world.channel(id).unwrap().closesAtMs, 0, "a stranger cannot hold a payer back");
    world.pay(PAYER, BTT, &top_up).unwrap();
    let channel = world.channel(id).unwrap();
    assert_eq!((channel.depositWei, channel.closesAtMs, channel.closesAtBlock), (12 * BTT, 0, 0));
    let cancelled: IChannels::CloseCancelled = world.event();
    assert_eq!(cancelled.payee, account(PAYEE));
    world.pass(u64::from(GRACE));
    assert_eq!(
        world.call(PAYER, &IChannels::withdrawCall { channelId: id }).map(|_| ()),
        revert(IChannels::NotClosing { id })
    );
}

#[test]
fn wallets_find_the_domain_and_every_digest_on_the_chain() {
    let mut world = World::new();
    let found = world.call(STRANGER, &IChannels::eip712DomainCall {}).unwrap();
    assert_eq!((found.name.as_str(), found.version.as_str()), ("BTT Channels", "1"));
    assert_eq!(found.verifyingContract, crate::primitives::addresses::CHANNELS);
    assert_eq!(found.fields.0, [0x0f]);
    let voucher = voucher(B256::repeat_byte(1), 5);
    let digest = world.call(STRANGER, &IChannels::digestCall { voucher: voucher.clone() }).unwrap();
    assert_eq!(digest, domain().digest(&voucher));
    let id = world
        .call(
            STRANGER,
            &IChannels::idOfCall {
                kind: 0,
                payer: account(PAYER),
                payee: account(PAYEE),
                operator: Address::ZERO,
                salt: B256::ZERO,
                signer: account(PAYER),
                openIndex: 0,
            },
        )
        .unwrap();
    assert_eq!(id, world.open(BTT), "an id can be told before its channel is open");
}
