//! Payments through whole blocks: what a batch costs in gas, the payment lane, and that recovering signers
//! elsewhere changes nothing.

use alloy_consensus::{Transaction as _, TxEip1559};
use alloy_primitives::{Address, B256, TxKind, U256};
use alloy_sol_types::SolCall;
use btt_genesis::Preset;
use btt_runtime::{
    executor::{carried_signatures, is_payment},
    modules::{
        NATIVE,
        channels::{
            IChannels,
            batch::{BatchItem, Payment},
            voucher::{Domain, SigningKey, Voucher, sign},
        },
    },
    primitives::{
        DEV_CHAIN_ID, WEI_PER_BTT,
        addresses::{BURNT, CHANNELS, FEE_POOL},
        limits::TX_GAS_LIMIT_CAP,
    },
    state::StateReader as _,
    tx::{RecoveryMemo, Transaction, recover::recover_signer},
};
use btt_tests::{
    chain::{Chain, Queue, memo_of},
    keys::Key,
};

const GWEI: u64 = 1_000_000_000;
/// Who signs vouchers for the payer's channels.
const SIGNER: [u8; 32] = [7; 32];

fn signer() -> SigningKey {
    SigningKey::from_byte_array(SIGNER).unwrap()
}

fn signer_address() -> Address {
    Key::new(B256::new(SIGNER)).address()
}

fn tx(key: &Key, nonce: u64, gas_limit: u64, value: u128, call: &impl SolCall) -> Transaction {
    key.sign(TxEip1559 {
        chain_id: DEV_CHAIN_ID,
        nonce,
        gas_limit,
        max_fee_per_gas: u128::from(GWEI) * 100,
        to: TxKind::Call(CHANNELS),
        value: U256::from(value),
        input: call.abi_encode().into(),
        ..TxEip1559::default()
    })
}

fn open(nonce: u64, payee: Address) -> Transaction {
    let call = IChannels::openCall {
        payee,
        operator: Address::ZERO,
        signer: signer_address(),
        salt: B256::ZERO,
        graceS: 60,
        expiry: 0,
    };
    tx(&Key::dev(0), nonce, 400_000, 100 * WEI_PER_BTT, &call)
}

/// A chain with so many channels of the first dev account, for `payees` in turn.
fn with_channels(count: u64, payees: &[Address]) -> (Chain, Vec<B256>) {
    let validator = Key::numbered(1);
    let mut spec = Preset::Dev.spec(vec![validator.validator(1)]);
    spec.params.channels.max_channels_per_pair = 10_000;
    let mut chain = Chain::of_spec(spec, vec![validator]);
    let mut ids = Vec::new();
    let mut nonces = 0..count;
    loop {
        let opens: Vec<_> = nonces
            .by_ref()
            .take(100)
            .map(|nonce| open(nonce, payees[nonce as usize % payees.len()]))
            .collect();
        if opens.is_empty() {
            return (chain, ids);
        }
        let block = chain.produce(opens);
        for receipt in &block.receipts {
            assert!(receipt.success);
            ids.push(receipt.logs[0].data.topics()[1]);
        }
    }
}

fn item(id: B256, wei: u128) -> BatchItem {
    let voucher = Voucher { channelId: id, cumulativeAmount: wei, ..Voucher::default() };
    let signature = sign(Domain::of(DEV_CHAIN_ID).digest(&voucher), &signer());
    BatchItem::new(Payment::Voucher(voucher, Default::default()), &signature)
}

fn batch(nonce: u64, gas_limit: u64, items: impl Iterator<Item = BatchItem>) -> Transaction {
    let mut bytes = Vec::new();
    items.for_each(|item| item.encode(&mut bytes));
    let call = IChannels::batchSettleCall { items: bytes.into() };
    tx(&Key::dev(9), nonce, gas_limit, 0, &call)
}

/// The target of the design: 15,000 gas for each item, all in, so that a full batch fits a transaction. A tower
/// that settles for as many payees as there are items pays for each of them besides.
#[test]
fn a_full_batch_fits_one_transaction() {
    let payee = |n: u64| Address::from_word(U256::from(n + 9_999).into());
    for (items, payees) in [(1_024u64, 1u64), (1_024, 8), (800, 800)] {
        let payees: Vec<_> = (0..payees).map(payee).collect();
        let (mut chain, ids) = with_channels(items, &payees);
        let settle = batch(0, TX_GAS_LIMIT_CAP, ids.iter().map(|id| item(*id, WEI_PER_BTT)));
        assert!(settle.raw().len() <= 128 * 1024);
        let block = chain.produce([settle]);
        assert!(block.receipts[0].success);
        let gas = block.receipts[0].cumulative_gas_used;
        println!("{items} items, {} payees: {gas} gas, {} an item", payees.len(), gas / items);
        assert!(gas <= 15_000 * items || payees.len() > 8, "{gas}");
        let share = items / payees.len() as u64;
        let paid = chain.store.account(payees[0]).unwrap().unwrap().balance;
        assert_eq!(paid, U256::from(u128::from(share) * WEI_PER_BTT));
    }
}

#[test]
fn signers_recovered_elsewhere_change_nothing() {
    let payee = Address::repeat_byte(0x77);
    let (chain, ids) = with_channels(20, &[payee]);
    let mut items: Vec<_> = ids.iter().map(|id| item(*id, WEI_PER_BTT)).collect();
    items[3].signature[40] ^= 1;
    let settle = batch(0, 3_000_000, items.into_iter());
    let carried = carried_signatures(&chain.config, settle.envelope());
    assert_eq!(carried.len(), 20);
    let mut known = RecoveryMemo::default();
    for (digest, signature) in &carried {
        if let Ok(signer) = recover_signer(*digest, signature) {
            known.insert(*digest, signature, signer);
        }
    }
    let plain = chain.build(&mut Queue::new([settle.clone()])).unwrap();
    let helped = chain.build(&mut Queue::new([settle.with_recovered(known.clone())])).unwrap();
    assert_eq!(plain.hash, helped.hash);
    let mut memo = memo_of(&plain.transactions);
    memo.extend(&known);
    for memo in [RecoveryMemo::default(), known, memo] {
        assert_eq!(chain.check(&plain.block, &memo).unwrap().hash, plain.hash);
    }
}

fn transfer(nonce: u64, gas_limit: u64) -> Transaction {
    Key::dev(1).sign(TxEip1559 {
        chain_id: DEV_CHAIN_ID,
        nonce,
        gas_limit,
        max_fee_per_gas: u128::from(GWEI) * 100,
        to: TxKind::Call(Address::repeat_byte(1)),
        ..TxEip1559::default()
    })
}

#[test]
fn other_load_makes_the_general_fee_rise_and_not_the_lanes() {
    let payee = Address::repeat_byte(0x77);
    let (mut chain, ids) = with_channels(2, &[payee]);
    // Blocks full of other things.
    let mut nonce = 0;
    for _ in 0..8 {
        let load: Vec<_> = (0..2_500).map(|i| transfer(nonce + i, 21_000)).collect();
        nonce += 2_500;
        let block = chain.produce(load);
        assert!(block.lane_fees.places.is_empty());
    }
    let settle = batch(0, 100_000, std::iter::once(item(ids[0], WEI_PER_BTT)));
    assert!(is_payment(NATIVE, settle.envelope()));
    let burnt = chain.store.account(BURNT).unwrap().map_or(U256::ZERO, |a| a.balance);
    let pool = chain.store.account(FEE_POOL).unwrap().unwrap().balance;
    let sender = settle.sender();
    let before = chain.store.account(sender).unwrap().unwrap().balance;
    let block = chain.produce([transfer(nonce, 21_000), settle.clone()]);
    let header_fee = block.block.header.base_fee_per_gas.unwrap();
    assert!(header_fee > GWEI * 3 / 2, "{header_fee}");
    assert_eq!((block.lane_fees.places.as_slice(), block.lane_fees.base_fee_wei), (&[1][..], GWEI));
    assert_eq!(block.lane_fees.base_fee_of(0, Some(header_fee)), Some(header_fee));
    assert_eq!(block.lane_fees.base_fee_of(1, Some(header_fee)), Some(GWEI));
    let gas = block.receipts[1].cumulative_gas_used - block.receipts[0].cumulative_gas_used;
    let after = chain.store.account(sender).unwrap().unwrap().balance;
    assert_eq!(before - after, U256::from(gas) * U256::from(GWEI), "it paid the lane's fee");
    let fees = U256::from(21_000 * header_fee + gas * GWEI);
    assert_eq!(chain.store.account(FEE_POOL).unwrap().unwrap().balance - pool, fees);
    assert_eq!(chain.store.account(BURNT).unwrap().map_or(U256::ZERO, |a| a.balance), burnt);
    assert!(settle.envelope().gas_limit() > gas);
}

#[test]
fn a_busy_lane_gets_dearer_and_what_is_above_the_floor_is_burnt() {
    let payee = Address::repeat_byte(0x77);
    let (mut chain, ids) = with_channels(1_000, &[payee]);
    let lane_limit = chain.head.gas_limit / 4;
    let (mut batches, mut transfers) = (0, 0);
    let mut fees = Vec::new();
    for round in 1..=3u128 {
        let fill = batch(batches, lane_limit, ids.iter().map(|id| item(*id, round * WEI_PER_BTT)));
        // As large as the whole lane: it finds no room there, and pays like everybody.
        let one = std::iter::once(item(ids[0], (round + 10) * WEI_PER_BTT));
        let over = batch(batches + 1, lane_limit, one);
        batches += 2;
        let load = (0..1_400).map(|i| transfer(transfers + i, 21_000));
        let burnt = chain.store.account(BURNT).unwrap().map_or(U256::ZERO, |a| a.balance);
        let block = chain.produce([fill, over].into_iter().chain(load));
        transfers += 1_400;
        assert!(block.receipts.iter().all(|receipt| receipt.success));
        assert_eq!(block.lane_fees.places, [0]);
        let lane_fee = block.lane_fees.base_fee_wei;
        assert!(lane_fee <= block.block.header.base_fee_per_gas.unwrap());
        let gas = block.receipts[0].cumulative_gas_used;
        let now = chain.store.account(BURNT).unwrap().map_or(U256::ZERO, |a| a.balance);
        assert_eq!(now - burnt, U256::from(gas) * U256::from(lane_fee - GWEI));
        fees.push(lane_fee);
    }
    assert_eq!(fees[0], GWEI);
    assert!(fees[0] < fees[1] && fees[1] < fees[2], "{fees:?}");
}

#[test]
fn what_is_more_than_a_plain_payment_rides_with_the_others() {
    let plain = TxEip1559 {
        chain_id: DEV_CHAIN_ID,
        gas_limit: 100_000,
        to: TxKind::Call(CHANNELS),
        input: IChannels::requestCloseCall { channelId: B256::ZERO }.abi_encode().into(),
        ..TxEip1559::default()
    };
    let rides = |tx: TxEip1559| is_payment(NATIVE, Key::dev(0).sign(tx).envelope());
    assert!(rides(plain.clone()));
    let listed = alloy_eips::eip2930::AccessList(vec![Default::default()]);
    assert!(!rides(TxEip1559 { access_list: listed, ..plain.clone() }));
    assert!(!rides(TxEip1559 { to: TxKind::Call(Address::repeat_byte(1)), ..plain.clone() }));
    assert!(!rides(TxEip1559 { to: TxKind::Create, ..plain.clone() }));
    let view = IChannels::channelCall { channelId: B256::ZERO }.abi_encode();
    assert!(!rides(TxEip1559 { input: view.into(), ..plain.clone() }));
    assert!(!rides(TxEip1559 { input: Default::default(), ..plain }));
}
