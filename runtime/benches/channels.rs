//! What vouchers cost: each figure stands beside one recovery by libsecp256k1, the floor, in the same run.

use alloy_primitives::{Address, B256, Signature, U256, keccak256};
use alloy_sol_types::SolCall;
use btt_runtime::{
    block::{BlockFacts, Header},
    config::{ChainConfig, ChannelDefaults, ParamDefaults},
    modules::{
        OverlayHost,
        channels::{
            Channels, IChannels,
            batch::{BatchItem, Payment},
            signatures_in,
            voucher::{Domain, KnownSigner, SigningKey, Voucher, is_tick_of, sign},
        },
        dispatch,
    },
    primitives::{DEV_CHAIN_ID, WEI_PER_BTT, addresses::CHANNELS},
    state::{MemoryStore, NewAccount, Overlay},
    tx::recover::recover_signer,
};
use divan::{Bencher, counter::ItemsCount};
use std::{collections::BTreeMap, sync::OnceLock};

const BATCH: u64 = 1_024;
const FEW: u64 = 1_024;
const MANY: u64 = 1_000_000;
const PAYER: Address = Address::repeat_byte(1);
/// Channels have payees in turn, so that no pair has too many.
const PAYEES: u64 = 1 << 17;

fn main() {
    divan::main();
}

fn key() -> SigningKey {
    SigningKey::from_byte_array([7; 32]).unwrap()
}

fn facts() -> BlockFacts {
    let channels = ChannelDefaults { max_channels_per_payer: u32::MAX, ..ChannelDefaults::LOCAL };
    let params = ParamDefaults { channels, ..ParamDefaults::LOCAL };
    let config = ChainConfig::new(DEV_CHAIN_ID, params, Vec::new());
    let header = Header { number: 5, timestamp: 1_700_000_000, ..Header::default() };
    BlockFacts::of(&config, &header)
}

fn payee(number: u64) -> Address {
    Address::left_padding_from(&(0x1_0000_0000 + number % PAYEES).to_be_bytes())
}

fn signer() -> Address {
    let digest = B256::repeat_byte(1);
    recover_signer(digest, &sign(digest, &key())).unwrap()
}

fn call(
    overlay: &mut Overlay<&MemoryStore>,
    facts: &BlockFacts,
    wei: u128,
    input: &[u8],
) -> Vec<u8> {
    let mut host = OverlayHost::new(overlay, facts);
    dispatch(&Channels, &mut host, PAYER, U256::from(wei), false, input).unwrap().to_vec()
}

fn open(number: u64) -> Vec<u8> {
    let call = IChannels::openCall {
        payee: payee(number),
        operator: Address::ZERO,
        signer: signer(),
        salt: B256::ZERO,
        graceS: 60,
        expiry: 0,
    };
    call.abi_encode()
}

/// A state with so many open channels, and the ids of the first of them.
fn state(channels: u64) -> &'static (MemoryStore, Vec<B256>) {
    static STATES: [OnceLock<(MemoryStore, Vec<B256>)>; 2] = [const { OnceLock::new() }; 2];
    STATES[usize::from(channels == MANY)].get_or_init(|| {
        let coins = NewAccount {
            nonce: 1,
            balance: U256::from(10_000_000 * WEI_PER_BTT),
            ..NewAccount::default()
        };
        let accounts = BTreeMap::from([(CHANNELS, coins.clone()), (PAYER, coins)]);
        let mut store = MemoryStore::with_accounts(accounts).unwrap();
        let empty = store.clone();
        let mut overlay = Overlay::new(&empty);
        let facts = facts();
        let ids = (0..channels)
            .map(|number| B256::from_slice(&call(&mut overlay, &facts, WEI_PER_BTT, &open(number))))
            .collect();
        store.apply(&mut overlay.into_changes()).unwrap();
        (store, ids)
    })
}

fn voucher(id: B256, wei: u128) -> Voucher {
    Voucher { channelId: id, cumulativeAmount: wei, ..Voucher::default() }
}

fn signed(voucher: &Voucher) -> Signature {
    sign(Domain::of(DEV_CHAIN_ID).digest(voucher), &key())
}

/// The floor.
#[divan::bench]
fn recovery(bencher: Bencher<'_, '_>) {
    let digest = B256::repeat_byte(3);
    let signature = sign(digest, &key());
    bencher.bench_local(|| recover_signer(divan::black_box(digest), &signature).unwrap());
}

/// The ceiling of who knows the signer: one verification.
#[divan::bench]
fn verification_alone(bencher: Bencher<'_, '_>) {
    let digest = B256::repeat_byte(3);
    let signature = sign(digest, &key());
    let signer = KnownSigner::recover(digest, &signature).unwrap();
    bencher.bench_local(|| assert!(signer.has_signed(divan::black_box(digest), &signature)));
}

#[divan::bench]
fn voucher_of_a_known_signer(bencher: Bencher<'_, '_>) {
    let domain = Domain::of(DEV_CHAIN_ID);
    let voucher = voucher(B256::repeat_byte(3), 5);
    let signature = signed(&voucher);
    let signer = KnownSigner::recover(domain.digest(&voucher), &signature).unwrap();
    bencher.bench_local(|| {
        let digest = domain.digest(divan::black_box(&voucher));
        assert!(signer.has_signed(digest, &signature));
    });
}

#[divan::bench]
fn digest(bencher: Bencher<'_, '_>) {
    let domain = Domain::of(DEV_CHAIN_ID);
    let voucher = voucher(B256::repeat_byte(3), 5);
    bencher.bench_local(|| domain.digest(divan::black_box(&voucher)));
}

#[divan::bench]
fn signing(bencher: Bencher<'_, '_>) {
    let digest = B256::repeat_byte(3);
    let key = key();
    bencher.bench_local(|| sign(divan::black_box(digest), &key));
}

#[divan::bench]
fn tick(bencher: Bencher<'_, '_>) {
    let preimage = keccak256("x");
    bencher.bench_local(|| is_tick_of(B256::ZERO, B256::ZERO, 0, 5, 1, divan::black_box(preimage)));
}

fn batch(ids: &[B256]) -> Vec<u8> {
    let mut items = Vec::new();
    for id in ids.iter().take(BATCH as usize) {
        let voucher = voucher(*id, WEI_PER_BTT / 2);
        let signature = signed(&voucher);
        BatchItem::new(Payment::Voucher(voucher, Default::default()), &signature)
            .encode(&mut items);
    }
    IChannels::batchSettleCall { items: items.into() }.abi_encode()
}

/// A full batch, its signers recovered on the way (one core), and with the signers at hand.
#[divan::bench(args = [false, true], sample_count = 10)]
fn batch_of_1024(bencher: Bencher<'_, '_>, signers_are_known: bool) {
    let (store, ids) = state(FEW);
    let input = batch(ids);
    let mut facts = facts();
    if signers_are_known {
        for (digest, signature) in signatures_in(DEV_CHAIN_ID, &input) {
            let signer = recover_signer(digest, &signature).unwrap();
            facts.recovered.insert(digest, &signature, signer);
        }
    }
    bencher.counter(ItemsCount::new(BATCH)).with_inputs(|| Overlay::new(store)).bench_local_values(
        |mut overlay| {
            call(&mut overlay, &facts, 0, &input);
            overlay
        },
    );
}

#[divan::bench(args = [FEW, MANY], sample_count = 200)]
fn open_beside(bencher: Bencher<'_, '_>, channels: u64) {
    let (store, _) = state(channels);
    let (facts, input) = (facts(), open(PAYEES - 1));
    bencher.with_inputs(|| Overlay::new(store)).bench_local_values(|mut overlay| {
        call(&mut overlay, &facts, WEI_PER_BTT, &input);
        overlay
    });
}

#[divan::bench(args = [FEW, MANY], sample_count = 200)]
fn settle_beside(bencher: Bencher<'_, '_>, channels: u64) {
    let (store, ids) = state(channels);
    let voucher = voucher(ids[500], WEI_PER_BTT / 2);
    let signature = signed(&voucher).as_bytes().into();
    let settle = IChannels::settleCall { voucher, tick: Default::default(), signature };
    let (facts, input) = (facts(), settle.abi_encode());
    bencher.with_inputs(|| Overlay::new(store)).bench_local_values(|mut overlay| {
        call(&mut overlay, &facts, 0, &input);
        overlay
    });
}
