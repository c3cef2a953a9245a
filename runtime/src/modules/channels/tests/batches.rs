//! Batches: every item by itself, one credit for each payee.

use super::world::*;
use crate::modules::channels::{
    IChannels::{self, ConditionalVoucher, Tick, Voucher},
    batch::{BatchItem, Payment, decode_all, signatures_in},
    voucher::{TickChain, sign},
};
use crate::primitives::DEV_CHAIN_ID;
use alloy_primitives::{B256, U256, keccak256};
use alloy_sol_types::SolCall as _;

fn plain(voucher: Voucher, by: u8) -> BatchItem {
    with_ticks(voucher, Tick::default(), by)
}

fn with_ticks(voucher: Voucher, tick: Tick, by: u8) -> BatchItem {
    let signature = sign(domain().digest(&voucher), &key(by));
    BatchItem::new(Payment::Voucher(voucher, tick), &signature)
}

fn of_pool(voucher: IChannels::PoolVoucher, by: u8) -> BatchItem {
    let signature = sign(domain().digest(&voucher), &key(by));
    BatchItem::new(Payment::Pool(voucher, Tick::default()), &signature)
}

fn bytes(items: &[BatchItem]) -> Vec<u8> {
    let mut bytes = Vec::new();
    items.iter().for_each(|item| item.encode(&mut bytes));
    bytes
}

fn batch(items: &[BatchItem]) -> IChannels::batchSettleCall {
    IChannels::batchSettleCall { items: bytes(items).into() }
}

fn statuses(world: &mut World, items: &[BatchItem]) -> Vec<u8> {
    world.call(STRANGER, &batch(items)).unwrap().to_vec()
}

#[test]
fn one_bad_item_in_the_middle_takes_nothing_from_the_others() {
    let mut world = World::new();
    let ids: Vec<B256> = (0..5).map(|_| world.open(100 * BTT)).collect();
    let mut items: Vec<BatchItem> = ids.iter().map(|id| plain(voucher(*id, BTT), PAYER)).collect();
    items[2] = plain(voucher(ids[2], BTT), PAYEE);
    assert_eq!(statuses(&mut world, &items), [0, 0, 3, 0, 0]);
    assert_eq!(world.gain(PAYEE), (4 * BTT) as i128);
    let settled: IChannels::BatchSettled = world.event();
    assert_eq!((settled.payee, settled.items.len()), (account(PAYEE), 4 * 48));
    assert_eq!(settled.items[..32], ids[0][..]);
    assert_eq!(settled.items[32..48], BTT.to_be_bytes());
    assert_eq!(world.channel(ids[2]).unwrap().settledWei, 0);
}

#[test]
fn every_refusal_has_its_status() {
    let mut world = World::new();
    let id = world.open(100 * BTT);
    let pool = world.open_pool(800 * BTT);
    let chain = TickChain::new(id, 0, BTT, 10, keccak256("s"));
    let anchored =
        Voucher { tickAnchor: chain.anchor(), tickValue: BTT, tickMax: 10, ..voucher(id, BTT) };
    let tick = |index: u32, preimage| Tick { index, preimage };
    let conditional = |timeout, secret: B256| {
        let voucher = ConditionalVoucher {
            channelId: id,
            lane: 0,
            cumulativeAmount: 50 * BTT,
            hashLock: keccak256(keccak256("x")),
            timeout,
        };
        let signature = sign(domain().digest(&voucher), &key(PAYER));
        BatchItem::new(Payment::Conditional(voucher, secret), &signature)
    };
    let later = world.now_s() + 1;
    let items = [
        plain(voucher(id, 0), PAYER),
        plain(voucher(B256::ZERO, BTT), PAYER),
        plain(voucher(id, BTT), STRANGER),
        plain(in_lane(id, 4, BTT), PAYER),
        with_ticks(anchored.clone(), tick(11, B256::ZERO), PAYER),
        with_ticks(anchored.clone(), tick(3, B256::ZERO), PAYER),
        with_ticks(
            Voucher { tickValue: u128::MAX, ..anchored.clone() },
            tick(2, B256::ZERO),
            PAYER,
        ),
        plain(voucher(id, 100 * BTT + 1), PAYER),
        of_pool(pool_voucher(pool, 3, 100 * BTT + 1), PAYER),
        of_pool(pool_voucher(pool, 3, SLOT), PAYER),
        of_pool(pool_voucher(id, 3, 2 * BTT), PAYER),
        conditional(later - 1, keccak256("x")),
        // The preimage of another lock is another lock in a batch: nobody signed it.
        conditional(later, keccak256("y")),
        with_ticks(anchored, tick(10, chain.tick(10).unwrap()), PAYER),
        of_pool(pool_voucher(pool, 3, 9 * BTT), PAYER),
        conditional(later, keccak256("x")),
    ];
    let expected = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 2, 13, 3, 0, 0, 0];
    assert_eq!(statuses(&mut world, &items), expected);
    assert_eq!(world.gain(PAYEE), (50 * BTT) as i128);
    assert_eq!(world.gain(3), (9 * BTT - SLOT) as i128);
    let decoded = decode_all(&bytes(&items)).unwrap();
    assert!(bytes(&decoded) == bytes(&items), "what is encoded is decoded");
    assert!(decoded[..12] == items[..12] && decoded[13..] == items[13..]);
}

#[test]
fn duplicates_and_older_vouchers_are_nothing_new() {
    let mut world = World::new();
    let id = world.open(100 * BTT);
    let item = |wei| plain(voucher(id, wei), PAYER);
    let items = [item(5 * BTT), item(5 * BTT), item(3 * BTT), item(9 * BTT)];
    assert_eq!(statuses(&mut world, &items), [0, 1, 1, 0]);
    assert_eq!(world.gain(PAYEE), (9 * BTT) as i128);
    assert_eq!(statuses(&mut world, &items), [1; 4]);
    assert_eq!(statuses(&mut world, &[]), [0u8; 0]);
}

#[test]
fn a_pool_that_breaks_in_a_batch_pays_what_it_had() {
    let mut world = World::new();
    let pool = world.open_pool(8 * BTT);
    let items: Vec<_> =
        (2..12).map(|payee| of_pool(pool_voucher(pool, payee, BTT + 1), PAYER)).collect();
    // A share is a BTT exactly: all are above it.
    assert_eq!(statuses(&mut world, &items), [9; 10]);
    let big = world.open_pool(80 * BTT);
    let items: Vec<_> =
        (2..14).map(|payee| of_pool(pool_voucher(big, payee, 9 * BTT), PAYER)).collect();
    assert_eq!(statuses(&mut world, &items), [0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 10, 10]);
    assert_eq!(world.gain(10), (8 * BTT) as i128, "the ninth gets what remains");
    assert_eq!(world.burnt(), 80 * BTT);
}

#[test]
fn a_batch_has_a_thousand_and_twenty_four_items_and_whole_ones() {
    let mut world = World::new();
    let id = world.open(2_000 * BTT);
    let item = plain(voucher(id, BTT), PAYER);
    let full = vec![item.clone(); 1_024];
    let call = batch(&full);
    assert!(call.abi_encode().len() <= 130 * 1024, "a full batch fits the lane");
    let told = world.call(STRANGER, &call).unwrap();
    assert_eq!((told.len(), told[0], told[1_023]), (1_024, 0, 1));
    let more = vec![item.clone(); 1_025];
    let too_many = IChannels::TooMany { count: U256::from(1_025), max: U256::from(1_024) };
    assert_eq!(world.call(STRANGER, &batch(&more)), revert(too_many));

    let mut cut = bytes(&[item.clone(), item]);
    cut.pop();
    let malformed = IChannels::MalformedBatch { offset: U256::from(113) };
    let call = IChannels::batchSettleCall { items: cut.into() };
    assert_eq!(world.call(STRANGER, &call), revert(malformed));
    let call = IChannels::batchSettleCall { items: vec![9].into() };
    let malformed = IChannels::MalformedBatch { offset: U256::ZERO };
    assert_eq!(world.call(STRANGER, &call), revert(malformed));
}

#[test]
fn the_node_finds_every_signature_that_a_call_asks_for() {
    let mut world = World::new();
    let id = world.open(100 * BTT);
    let items = [plain(voucher(id, BTT), PAYER), of_pool(pool_voucher(id, 3, BTT), 7)];
    let found = signatures_in(DEV_CHAIN_ID, &batch(&items).abi_encode());
    assert_eq!(found.len(), 2);
    let signers: Vec<_> = found
        .iter()
        .map(|(digest, signature)| crate::tx::recover::recover_signer(*digest, signature).unwrap())
        .collect();
    assert_eq!(signers, [account(PAYER), account(7)]);
    let one = settle(voucher(id, BTT), PAYER).abi_encode();
    assert_eq!(signatures_in(DEV_CHAIN_ID, &one).len(), 1);
    let open = open_call(PAYEE).abi_encode();
    assert!(signatures_in(DEV_CHAIN_ID, &open).is_empty());
    assert!(signatures_in(DEV_CHAIN_ID, &[1, 2]).is_empty());
    // With the signers at hand, execution gives the same.
    let mut helped = world.clone();
    for (digest, signature) in &found {
        helped.facts.recovered.insert(*digest, signature, account(PAYER));
    }
    assert_eq!(statuses(&mut helped, &items[..1]), statuses(&mut world, &items[..1]));
}
