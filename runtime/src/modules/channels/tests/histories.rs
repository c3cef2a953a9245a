//! Random histories of many channels and pools against a simple model: what each call pays, to whom, and
//! whether it is refused. After every call the harness checks escrow and supply; in the end everybody leaves
//! and nothing is left.

use super::world::*;
use crate::modules::channels::IChannels::{self, CoopClose};
use alloy_primitives::B256;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Payees that pools pay; channels are paid to PAYEE.
const POOL_PAYEES: std::ops::Range<u8> = 10..20;

#[derive(Debug, Clone)]
enum Op {
    Open(u64),
    TopUp(usize, u64),
    Settle(usize, u32, u64),
    Batch(Vec<(usize, u64)>),
    Close(usize, u64, u64),
    Coop(usize, u64),
    RequestClose(usize),
    Withdraw(usize),
    OpenPool(u64),
    PoolTopUp(usize, u64),
    PoolSettle(usize, u8, u64),
    PoolRequestClose(usize),
    PoolClose(usize),
    Pass(u64),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let which = || 0usize..6;
    let btt = || 1u64..300;
    let op = prop_oneof![
        3 => btt().prop_map(Op::Open),
        2 => (which(), btt()).prop_map(|(a, b)| Op::TopUp(a, b)),
        8 => (which(), 0u32..5, btt()).prop_map(|(a, b, c)| Op::Settle(a, b, c)),
        3 => prop::collection::vec((which(), btt()), 0..6).prop_map(Op::Batch),
        2 => (which(), btt(), btt()).prop_map(|(a, b, c)| Op::Close(a, b, c)),
        1 => (which(), btt()).prop_map(|(a, b)| Op::Coop(a, b)),
        2 => which().prop_map(Op::RequestClose),
        2 => which().prop_map(Op::Withdraw),
        2 => (8u64..300).prop_map(Op::OpenPool),
        1 => (which(), btt()).prop_map(|(a, b)| Op::PoolTopUp(a, b)),
        8 => (which(), POOL_PAYEES, 1u64..60).prop_map(|(a, b, c)| Op::PoolSettle(a, b, c)),
        1 => which().prop_map(Op::PoolRequestClose),
        1 => which().prop_map(Op::PoolClose),
        2 => (1u64..8).prop_map(Op::Pass),
    ];
    prop::collection::vec(op, 1..80)
}

#[derive(Debug, Clone, Default)]
struct Channel {
    deposit: u128,
    lanes: [u128; 4],
    closes_s: Option<u64>,
}

impl Channel {
    fn settled(&self) -> u128 {
        self.lanes.iter().sum()
    }
    /// What a claim pays; `None` if it is refused.
    fn settle(&mut self, lane: usize, wei: u128) -> Option<u128> {
        let before = *self.lanes.get(lane)?;
        if wei <= before {
            return Some(0);
        }
        if self.settled() - before + wei > self.deposit {
            return None;
        }
        self.lanes[lane] = wei;
        Some(wei - before)
    }
}

#[derive(Debug, Clone, Default)]
struct Pool {
    deposit: u128,
    collateral: u128,
    paid: u128,
    claims: BTreeMap<u8, u128>,
    frozen: bool,
    closes_s: Option<u64>,
}

#[derive(Default)]
struct Model {
    channels: Vec<(B256, Option<Channel>)>,
    pools: Vec<(B256, Option<Pool>)>,
    payer: i128,
    payee: i128,
    pool_payees: BTreeMap<u8, i128>,
    burnt: u128,
}

impl Model {
    fn channel(&mut self, index: usize) -> Option<(B256, &mut Option<Channel>)> {
        let count = self.channels.len().max(1);
        self.channels.get_mut(index % count).map(|(id, channel)| (*id, channel))
    }
    fn pool(&mut self, index: usize) -> Option<(B256, &mut Option<Pool>)> {
        let count = self.pools.len().max(1);
        self.pools.get_mut(index % count).map(|(id, pool)| (*id, pool))
    }
}

fn wei(btt: u64) -> u128 {
    u128::from(btt) * BTT
}

fn run(world: &mut World, model: &mut Model, op: &Op) {
    let now = world.now_s();
    match op {
        Op::Pass(seconds) => world.pass(*seconds),
        Op::Open(btt) => {
            let id = world.open(wei(*btt));
            let channel = Channel { deposit: wei(*btt), ..Channel::default() };
            model.channels.push((id, Some(channel)));
            model.payer -= (wei(*btt) + CHANNEL_STORAGE) as i128;
        }
        Op::OpenPool(btt) => {
            let id = world.open_pool(wei(*btt));
            let pool = Pool { deposit: wei(*btt), collateral: wei(*btt), ..Pool::default() };
            model.pools.push((id, Some(pool)));
            model.payer -= (2 * wei(*btt) + POOL_STORAGE) as i128;
        }
        Op::PoolTopUp(..) | Op::PoolSettle(..) | Op::PoolRequestClose(_) | Op::PoolClose(_) => {
            run_pool(world, model, op, now);
        }
        Op::Batch(items) => run_batch(world, model, items),
        _ => run_channel(world, model, op, now),
    }
}

fn run_channel(world: &mut World, model: &mut Model, op: &Op, now: u64) {
    let (Op::TopUp(index, _)
    | Op::Settle(index, ..)
    | Op::Close(index, ..)
    | Op::Coop(index, _)
    | Op::RequestClose(index)
    | Op::Withdraw(index)) = op
    else {
        return;
    };
    let Some((id, slot)) = model.channel(*index) else { return };
    let mut after = slot.clone();
    // What payee and payer get; `None` for a refusal.
    let mut expected: Option<(u128, i128)> = None;
    let refund =
        |channel: &Channel| (channel.deposit - channel.settled() + CHANNEL_STORAGE) as i128;
    let outcome = match op {
        Op::TopUp(_, btt) => {
            if let Some(channel) = &mut after {
                channel.deposit += wei(*btt);
                channel.closes_s = None;
                expected = Some((0, -(wei(*btt) as i128)));
            }
            world.pay(PAYER, wei(*btt), &IChannels::topUpCall { channelId: id }).map(|_| ())
        }
        Op::Settle(_, lane, btt) => {
            let paid = after.as_mut().and_then(|c| c.settle(*lane as usize, wei(*btt)));
            expected = paid.map(|paid| (paid, 0));
            let call = settle(in_lane(id, *lane, wei(*btt)), PAYER);
            let outcome = world.call(STRANGER, &call);
            assert_eq!(outcome.clone().ok(), paid);
            outcome.map(|_| ())
        }
        Op::Close(_, btt, capture) => {
            let paid = after.as_mut().and_then(|channel| {
                let before = channel.lanes[0];
                let capture = wei(*capture);
                if capture == before {
                    return Some(0);
                }
                let all = channel.clone().settle(0, wei(*btt));
                (capture > before && capture <= wei(*btt) && all.is_some())
                    .then(|| channel.settle(0, capture))
                    .flatten()
            });
            if let (Some(paid), Some(channel)) = (paid, after.clone()) {
                expected = Some((paid, refund(&channel)));
                after = None;
            }
            world.call(PAYEE, &close(voucher(id, wei(*btt)), wei(*capture), PAYER)).map(|_| ())
        }
        Op::Coop(_, btt) => {
            let mut split = CoopClose { channelId: id, ..CoopClose::default() };
            if let Some(channel) = &after {
                let remaining = channel.deposit - channel.settled();
                split.settled = channel.settled();
                split.payeePart = wei(*btt).min(remaining);
                split.payerPart = remaining - split.payeePart;
                expected = Some((split.payeePart, (split.payerPart + CHANNEL_STORAGE) as i128));
            }
            after = None;
            world.call(STRANGER, &coop_close(split, PAYER, PAYEE)).map(|_| ())
        }
        Op::RequestClose(_) => {
            if let Some(channel) = after.as_mut().filter(|channel| channel.closes_s.is_none()) {
                channel.closes_s = Some(now + u64::from(GRACE));
                expected = Some((0, 0));
            }
            world.call(PAYER, &IChannels::requestCloseCall { channelId: id }).map(|_| ())
        }
        _ => {
            let is_due = |channel: &&Channel| channel.closes_s.is_some_and(|end| now >= end);
            if let Some(channel) = after.as_ref().filter(is_due) {
                expected = Some((0, refund(channel)));
                after = None;
            }
            world.call(PAYER, &IChannels::withdrawCall { channelId: id }).map(|_| ())
        }
    };
    assert_eq!(outcome.is_ok(), expected.is_some(), "{op:?}: {outcome:?}");
    if let Some((paid, returned)) = expected {
        *slot = after;
        model.payee += paid as i128;
        model.payer += returned;
    }
}

fn run_pool(world: &mut World, model: &mut Model, op: &Op, now: u64) {
    let (Op::PoolTopUp(index, _)
    | Op::PoolSettle(index, ..)
    | Op::PoolRequestClose(index)
    | Op::PoolClose(index)) = op
    else {
        return;
    };
    let Some((id, slot)) = model.pool(*index) else { return };
    let mut after = slot.clone();
    let (mut paid, mut returned, mut burnt) = (0, 0i128, 0);
    let mut works = false;
    let outcome = match op {
        Op::PoolTopUp(_, btt) => {
            if let Some(pool) = after.as_mut().filter(|pool| !pool.frozen) {
                pool.deposit += wei(*btt);
                pool.collateral += wei(*btt);
                pool.closes_s = None;
                returned = -(2 * wei(*btt) as i128);
                works = true;
            }
            let call = IChannels::poolTopUpCall { poolId: id, collateralWei: wei(*btt) };
            world.pay(PAYER, 2 * wei(*btt), &call).map(|_| ())
        }
        Op::PoolSettle(_, payee, btt) => {
            if let Some(pool) = &mut after {
                let before = pool.claims.get(payee).copied().unwrap_or(0);
                let (claim, left) = (wei(*btt), pool.deposit - pool.paid);
                let record = if before == 0 { SLOT } else { 0 };
                if claim <= before {
                    works = true;
                } else if !pool.frozen && claim <= pool.deposit / 8 {
                    let asked = claim - before;
                    if asked > left {
                        works = true;
                        (paid, burnt) = (left, pool.collateral);
                        pool.paid = pool.deposit;
                        pool.collateral = 0;
                        pool.frozen = true;
                    } else if asked > record {
                        works = true;
                        paid = asked - record;
                        pool.paid += asked;
                        pool.claims.insert(*payee, claim);
                    }
                }
            }
            let call = settle_pool(pool_voucher(id, *payee, wei(*btt)), PAYER);
            world.call(STRANGER, &call).map(|got| assert_eq!(got, paid, "{op:?}"))
        }
        Op::PoolRequestClose(_) => {
            if let Some(pool) = after.as_mut().filter(|pool| pool.closes_s.is_none()) {
                pool.closes_s = Some(now + u64::from(GRACE));
                works = true;
            }
            world.call(PAYER, &IChannels::poolRequestCloseCall { poolId: id }).map(|_| ())
        }
        _ => {
            let is_due = |pool: &&Pool| pool.frozen || pool.closes_s.is_some_and(|end| now >= end);
            if let Some(pool) = after.as_ref().filter(is_due) {
                returned = (pool.deposit - pool.paid + pool.collateral + POOL_STORAGE) as i128;
                works = true;
                after = None;
            }
            world.call(PAYER, &IChannels::poolCloseCall { poolId: id }).map(|_| ())
        }
    };
    assert_eq!(outcome.is_ok(), works, "{op:?}: {outcome:?}");
    if works {
        *slot = after;
        if let Op::PoolSettle(_, payee, _) = op {
            *model.pool_payees.entry(*payee).or_default() += paid as i128;
        }
        model.payer += returned;
        model.burnt += burnt;
    }
}

fn run_batch(world: &mut World, model: &mut Model, items: &[(usize, u64)]) {
    use crate::modules::channels::{
        batch::{BatchItem, Payment},
        voucher::sign,
    };
    let (mut bytes, mut expected, mut sum) = (Vec::new(), Vec::new(), 0);
    for (index, btt) in items {
        let Some((id, slot)) = model.channel(*index) else { continue };
        let voucher = voucher(id, wei(*btt));
        let signature = sign(domain().digest(&voucher), &key(PAYER));
        BatchItem::new(Payment::Voucher(voucher, Default::default()), &signature)
            .encode(&mut bytes);
        expected.push(match slot {
            None => 2,
            Some(channel) => match channel.settle(0, wei(*btt)) {
                None => 8,
                Some(0) => 1,
                Some(paid) => {
                    sum += paid;
                    0
                }
            },
        });
    }
    let call = IChannels::batchSettleCall { items: bytes.into() };
    assert_eq!(world.call(STRANGER, &call).unwrap().to_vec(), expected);
    model.payee += sum as i128;
}

/// Every record is what the model says.
fn compare(world: &mut World, model: &Model) {
    for (id, channel) in &model.channels {
        match channel {
            None => assert!(world.channel(*id).is_err()),
            Some(channel) => {
                let stored = world.channel(*id).unwrap();
                assert_eq!(
                    (stored.depositWei, stored.laneSettledWei),
                    (channel.deposit, channel.lanes)
                );
                assert!(stored.settledWei <= stored.depositWei);
            }
        }
    }
    for (id, pool) in &model.pools {
        match pool {
            None => assert!(world.pool(*id).is_err()),
            Some(pool) => {
                let stored = world.pool(*id).unwrap();
                let have =
                    (stored.depositWei, stored.settledWei, stored.collateralWei, stored.isFrozen);
                assert_eq!(have, (pool.deposit, pool.paid, pool.collateral, pool.frozen));
            }
        }
    }
    assert_eq!((world.gain(PAYER), world.gain(PAYEE)), (model.payer, model.payee));
    for (payee, gain) in &model.pool_payees {
        assert_eq!(world.gain(*payee), *gain, "payee {payee}");
    }
    assert_eq!(world.burnt(), model.burnt);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn random_histories_go_as_the_model_says(ops in ops()) {
        let mut world = World::new();
        world.facts.params.channels.max_channels_per_pair = 1_000;
        let mut model = Model::default();
        for op in &ops {
            run(&mut world, &mut model, op);
            compare(&mut world, &model);
        }
        // Everybody leaves.
        for index in 0..model.channels.len() {
            run(&mut world, &mut model, &Op::RequestClose(index));
        }
        for index in 0..model.pools.len() {
            run(&mut world, &mut model, &Op::PoolRequestClose(index));
        }
        world.pass(u64::from(GRACE));
        for index in 0..model.channels.len() {
            run(&mut world, &mut model, &Op::Withdraw(index));
        }
        for index in 0..model.pools.len() {
            let (id, claims) = match &model.pools[index] {
                (id, Some(pool)) => (*id, pool.claims.keys().copied().collect::<Vec<_>>()),
                _ => continue,
            };
            run(&mut world, &mut model, &Op::PoolClose(index));
            for payee in claims {
                let call = IChannels::poolPruneCall { poolId: id, payees: vec![account(payee)] };
                world.call(payee, &call).unwrap();
                *model.pool_payees.entry(payee).or_default() += SLOT as i128;
            }
        }
        compare(&mut world, &model);
        prop_assert!(model.channels.iter().all(|(_, channel)| channel.is_none()));
        prop_assert!(model.pools.iter().all(|(_, pool)| pool.is_none()));
    }
}
