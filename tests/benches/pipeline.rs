//! What a transfer costs, step by step. Compare within one run: signature recovery is the floor.
//!
//! `cargo bench -p btt-tests --bench pipeline`

use alloy_consensus::TxEip1559;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use btt_node::{
    chain::Chain as NodeChain,
    mempool::{Mempool, PoolLimits},
    storage::{GenesisWriter, History, Store, StoreOptions},
};
use btt_runtime::{
    block::Body,
    state::trie,
    tx::{
        RecoveryMemo, Transaction, UnrecoveredTransaction, recover::recover_signer, signing_hash,
    },
};
use btt_tests::{
    chain::{Chain, Queue, memo_of},
    keys::Key,
};
use divan::{Bencher, counter::ItemsCount};
use std::sync::Arc;

/// Transfers in the block under test.
const TRANSFERS: usize = 1_000;

fn main() {
    divan::main();
}

/// Transfers to as many recipients, signed by the ten funded keys.
fn transfers(chain_id: u64) -> Vec<Transaction> {
    (0..TRANSFERS)
        .map(|i| {
            let to = Address::left_padding_from(&(0x10_0000 + i as u64).to_be_bytes());
            Key::dev(i % 10).sign(TxEip1559 {
                chain_id,
                nonce: (i / 10) as u64,
                gas_limit: 21_000,
                max_fee_per_gas: 100_000_000_000,
                max_priority_fee_per_gas: 1_000_000_000,
                to: TxKind::Call(to),
                value: U256::from(1),
                access_list: Default::default(),
                input: Bytes::new(),
            })
        })
        .collect()
}

#[divan::bench]
fn recover_signatures(bencher: Bencher<'_, '_>) {
    let txs = transfers(990_003);
    bencher.counter(ItemsCount::new(TRANSFERS)).bench(|| {
        for tx in &txs {
            let hash = signing_hash(tx.envelope());
            divan::black_box(recover_signer(hash, tx.envelope().signature()).unwrap());
        }
    });
}

#[divan::bench]
fn decode_transactions(bencher: Bencher<'_, '_>) {
    let txs = transfers(990_003);
    bencher.counter(ItemsCount::new(TRANSFERS)).bench(|| {
        for tx in &txs {
            divan::black_box(UnrecoveredTransaction::decode(tx.raw().clone()).unwrap());
        }
    });
}

#[divan::bench]
fn body_rlp_round_trip(bencher: Bencher<'_, '_>) {
    let transactions = transfers(990_003).iter().map(|tx| tx.raw().clone()).collect();
    let body = Body { transactions, system: Vec::new() };
    bencher
        .counter(ItemsCount::new(TRANSFERS))
        .bench(|| divan::black_box(Body::decode(&body.encode()).unwrap()));
}

/// Everything from waiting transactions to a header with its state root; senders are known.
#[divan::bench]
fn build_block(bencher: Bencher<'_, '_>) {
    let chain = Chain::dev();
    let txs = transfers(chain.config.chain_id);
    bencher
        .counter(ItemsCount::new(TRANSFERS))
        .with_inputs(|| Queue::new(txs.clone()))
        .bench_values(|mut queue| chain.build(&mut queue).unwrap());
}

/// What a validator does with another's block: with every sender recovered before, and with none.
#[divan::bench(args = [true, false])]
fn check_block(bencher: Bencher<'_, '_>, senders_are_known: bool) {
    let chain = Chain::dev();
    let executed = chain.build(&mut Queue::new(transfers(chain.config.chain_id))).unwrap();
    let memo =
        if senders_are_known { memo_of(&executed.transactions) } else { RecoveryMemo::default() };
    bencher
        .counter(ItemsCount::new(TRANSFERS))
        .bench(|| chain.check(&executed.block, &memo).unwrap());
}

#[divan::bench]
fn state_root_of_a_block(bencher: Bencher<'_, '_>) {
    let chain = Chain::dev();
    let executed = chain.build(&mut Queue::new(transfers(chain.config.chain_id))).unwrap();
    bencher
        .counter(ItemsCount::new(TRANSFERS))
        .with_inputs(|| executed.changes.clone())
        .bench_values(|mut changes| trie::apply(&chain.store, &mut changes).unwrap());
}

/// Admission to the mempool of a node with its database: decode, recover, check, keep.
#[divan::bench]
fn admit_batch(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), StoreOptions::default()).unwrap();
    let mut writer = GenesisWriter::new(&store).unwrap();
    let validator = Key::numbered(1).validator(1);
    let (spec, _) = btt_genesis::Preset::Dev.spec(vec![validator]).stream(&mut writer).unwrap();
    writer.finish(&spec).unwrap();
    let chain = Arc::new(NodeChain::open(store, History::Archive).unwrap());
    let raws: Vec<Bytes> =
        transfers(chain.config().chain_id).iter().map(|tx| tx.raw().clone()).collect();
    bencher
        .counter(ItemsCount::new(TRANSFERS))
        .with_inputs(|| (Mempool::new(chain.clone(), PoolLimits::default()), raws.clone()))
        .bench_values(|(mempool, raws)| {
            let results = mempool.submit_batch(raws);
            assert!(results.iter().all(Result::is_ok));
            let _: Vec<B256> = results.into_iter().filter_map(Result::ok).collect();
            mempool
        });
}
