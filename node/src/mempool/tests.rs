//! The pool on a real chain.

use super::{Mempool, PoolLimits, SubmitError};
use crate::{
    chain::{Chain, Proposer},
    keys,
    storage::History,
    testing::{dev_chain, pay, sign, stranger, unsigned},
};
use alloy_primitives::{Bytes, TxKind, U256};
use btt_genesis::dev_accounts;
use btt_runtime::{
    executor::{Lane, TransactionSource as _},
    primitives::WEI_PER_BTT,
    tx::{DecodeError, InvalidTransaction, RecoverError, Transaction},
};
use std::sync::Arc;
use tempfile::TempDir;

fn pool(limits: PoolLimits) -> (TempDir, Arc<Chain>, Arc<Mempool>) {
    let folder = tempfile::tempdir().unwrap();
    let chain = Arc::new(dev_chain(folder.path(), History::Archive));
    let mempool = Arc::new(Mempool::new(chain.clone(), limits));
    (folder, chain, mempool)
}

fn submit(mempool: &Mempool, tx: &Transaction) -> Result<(), SubmitError> {
    mempool.submit(tx.raw().clone()).map(|hash| assert_eq!(hash, tx.hash()))
}

fn to() -> TxKind {
    TxKind::Call(stranger(1))
}

/// Makes a block of the pool and gives what it holds.
fn mine(chain: &Chain, mempool: &Arc<Mempool>) -> Vec<Arc<Transaction>> {
    let proposer = Proposer::new(keys::dev_validator_key());
    let mut source = mempool.source();
    let executed = proposer.propose(chain, chain.head().number + 1, &mut source).unwrap();
    let certificate = proposer.certify_alone(chain, &executed).unwrap();
    let (block, changes) = chain.commit(executed, certificate).unwrap();
    mempool.on_block(&block, &changes);
    block.transactions.clone()
}

#[test]
fn a_block_takes_what_waits_and_the_pool_forgets_it() {
    let (_folder, chain, mempool) = pool(PoolLimits::default());
    let txs = [pay(0, 0, stranger(1), 1), pay(0, 1, stranger(2), 2), pay(1, 0, stranger(1), 3)];
    for tx in &txs {
        submit(&mempool, tx).unwrap();
    }
    assert_eq!(mempool.status(), (3, 0));
    assert_eq!(mempool.pending_nonce(txs[0].sender()), Some(2));
    assert_eq!(mine(&chain, &mempool).len(), 3);
    assert_eq!(mempool.status(), (0, 0));
    assert_eq!(mempool.pending_nonce(txs[0].sender()), None);
    assert!(!mempool.has_work());
    assert_eq!(
        submit(&mempool, &txs[0]),
        Err(InvalidTransaction::NonceTooLow { tx: 0, state: 2 }.into())
    );
}

#[test]
fn a_gap_waits_until_it_is_filled() {
    let (_folder, chain, mempool) = pool(PoolLimits::default());
    submit(&mempool, &pay(0, 2, stranger(1), 1)).unwrap();
    submit(&mempool, &pay(0, 1, stranger(1), 1)).unwrap();
    assert_eq!(mempool.status(), (0, 2));
    assert!(!mempool.has_work());
    assert!(mine(&chain, &mempool).is_empty());
    submit(&mempool, &pay(0, 0, stranger(1), 1)).unwrap();
    assert_eq!(mempool.status(), (3, 0));
    let nonces: Vec<u64> = mine(&chain, &mempool).iter().map(|tx| tx.nonce()).collect();
    assert_eq!(nonces, [0, 1, 2]);
}

#[test]
fn the_best_tip_goes_first_and_each_sender_by_nonce() {
    let (_folder, _chain, mempool) = pool(PoolLimits::default());
    for (account, nonce, gwei) in [(0, 0, 1), (0, 1, 9), (1, 0, 5), (2, 0, 3)] {
        let mut tx = unsigned(nonce, to(), 1, Bytes::new());
        tx.max_priority_fee_per_gas = gwei * 1_000_000_000;
        submit(&mempool, &sign(account, tx)).unwrap();
    }
    let mut source = mempool.source();
    let order: Vec<(u64, u128)> = std::iter::from_fn(|| source.next(1_000_000, &Lane::default()))
        .map(|tx| (tx.nonce(), tx.effective_tip_wei(1_000_000_000).unwrap() / 1_000_000_000))
        .collect();
    assert_eq!(order, [(0, 5), (0, 3), (0, 1), (1, 9)]);
}

#[test]
fn a_replacement_must_offer_ten_percent_more() {
    let (_folder, chain, mempool) = pool(PoolLimits::default());
    let priced = |percent: u128, value| {
        let mut tx = unsigned(0, to(), value, Bytes::new());
        tx.max_fee_per_gas = tx.max_fee_per_gas * percent / 100;
        tx.max_priority_fee_per_gas = tx.max_priority_fee_per_gas * percent / 100;
        sign(0, tx)
    };
    submit(&mempool, &priced(100, 1)).unwrap();
    assert_eq!(submit(&mempool, &priced(100, 1)), Err(SubmitError::AlreadyKnown));
    assert_eq!(submit(&mempool, &priced(109, 2)), Err(SubmitError::ReplacementUnderpriced));
    submit(&mempool, &priced(110, 3)).unwrap();
    assert_eq!(mempool.status(), (1, 0));
    assert_eq!(mine(&chain, &mempool), [priced(110, 3)]);
}

#[test]
fn all_waiting_of_a_sender_must_be_affordable_together() {
    let (_folder, _chain, mempool) = pool(PoolLimits::default());
    let rich = |nonce, btt: u128| {
        let mut tx = unsigned(nonce, to(), 0, Bytes::new());
        tx.value = U256::from(btt * WEI_PER_BTT);
        sign(0, tx)
    };
    submit(&mempool, &rich(0, 6_000_000)).unwrap();
    let error = submit(&mempool, &rich(1, 6_000_000)).unwrap_err();
    assert!(error.to_string().starts_with("insufficient funds for gas * price + value"), "{error}");
    submit(&mempool, &rich(1, 3_000_000)).unwrap();
}

#[test]
fn a_full_pool_keeps_the_best() {
    let limits = PoolLimits { max_transactions: 2, ..PoolLimits::default() };
    let (_folder, _chain, mempool) = pool(limits);
    let tipped = |account, nonce, gwei: u128| {
        let mut tx = unsigned(nonce, to(), 1, Bytes::new());
        tx.max_priority_fee_per_gas = gwei * 1_000_000_000;
        sign(account, tx)
    };
    submit(&mempool, &tipped(0, 0, 2)).unwrap();
    submit(&mempool, &tipped(0, 1, 3)).unwrap();
    assert_eq!(submit(&mempool, &tipped(1, 0, 2)), Err(SubmitError::PoolFull));
    submit(&mempool, &tipped(1, 0, 4)).unwrap();
    // The last nonce of the cheapest sender went: no gap is left behind.
    assert_eq!(mempool.status(), (2, 0));
    assert!(mempool.get(&tipped(0, 1, 3).hash()).is_none());
}

#[test]
fn what_waits_for_an_earlier_nonce_blocks_nobody() {
    let limits =
        PoolLimits { max_transactions: 3, max_gapped_per_sender: 2, ..PoolLimits::default() };
    let (_folder, _chain, mempool) = pool(limits);
    let gapped = |account, nonce| {
        let mut tx = unsigned(nonce, to(), 1, Bytes::new());
        tx.max_priority_fee_per_gas = 50_000_000_000;
        sign(account, tx)
    };
    submit(&mempool, &gapped(0, 5)).unwrap();
    submit(&mempool, &gapped(0, 6)).unwrap();
    assert_eq!(submit(&mempool, &gapped(0, 7)), Err(SubmitError::SenderLimit { limit: 2 }));
    submit(&mempool, &gapped(1, 5)).unwrap();
    assert_eq!(submit(&mempool, &gapped(2, 5)), Err(SubmitError::PoolFull));
    // Cheap, but a block could take them.
    for nonce in 0..3 {
        submit(&mempool, &pay(3, nonce, stranger(1), 1)).unwrap();
    }
    assert_eq!(mempool.status(), (3, 0));
    assert_eq!(submit(&mempool, &gapped(2, 5)), Err(SubmitError::PoolFull));
}

#[test]
fn replacements_keep_to_the_pools_bytes() {
    let (_folder, _chain, mempool) = pool(PoolLimits { max_bytes: 1_000, ..PoolLimits::default() });
    submit(&mempool, &pay(0, 0, stranger(1), 1)).unwrap();
    let mut large = unsigned(0, to(), 1, Bytes::from(vec![0; 900]));
    large.max_fee_per_gas *= 2;
    large.max_priority_fee_per_gas *= 2;
    assert_eq!(submit(&mempool, &sign(0, large.clone())), Err(SubmitError::PoolFull));
    large.input = Bytes::from(vec![0; 500]);
    submit(&mempool, &sign(0, large)).unwrap();
    assert_eq!(mempool.status(), (1, 0));
}

#[test]
fn whoever_does_not_get_in_pushes_nobody_out() {
    let (_folder, _chain, mempool) = pool(PoolLimits { max_bytes: 1_000, ..PoolLimits::default() });
    let tipped = |account, gwei: u128, bytes: usize| {
        let mut tx = unsigned(0, to(), 1, Bytes::from(vec![0; bytes]));
        tx.max_priority_fee_per_gas = gwei * 1_000_000_000;
        sign(account, tx)
    };
    submit(&mempool, &tipped(0, 1, 200)).unwrap();
    submit(&mempool, &tipped(1, 5, 200)).unwrap();
    // Needs the room of both, and offers more than one of them only.
    assert_eq!(submit(&mempool, &tipped(2, 3, 800)), Err(SubmitError::PoolFull));
    assert_eq!(mempool.status(), (2, 0));
    submit(&mempool, &tipped(2, 6, 800)).unwrap();
    assert_eq!(mempool.status(), (1, 0));
}

#[test]
fn one_sender_may_not_fill_the_pool() {
    let limits = PoolLimits { max_per_sender: 2, ..PoolLimits::default() };
    let (_folder, _chain, mempool) = pool(limits);
    submit(&mempool, &pay(0, 0, stranger(1), 1)).unwrap();
    submit(&mempool, &pay(0, 1, stranger(1), 1)).unwrap();
    assert_eq!(
        submit(&mempool, &pay(0, 2, stranger(1), 1)),
        Err(SubmitError::SenderLimit { limit: 2 })
    );
}

#[test]
fn what_can_never_be_included_is_refused_by_name() {
    let (_folder, _chain, mempool) = pool(PoolLimits::default());
    let refused = |change: fn(&mut alloy_consensus::TxEip1559)| {
        let mut tx = unsigned(0, to(), 1, Bytes::new());
        change(&mut tx);
        submit(&mempool, &sign(0, tx)).unwrap_err().to_string()
    };
    let cases: [(&str, String); 6] = [
        ("invalid chain id for signer: have 1 want 990003", refused(|tx| tx.chain_id = 1)),
        (
            "intrinsic gas too low: gas 20999, minimum needed 21000",
            refused(|tx| tx.gas_limit = 20_999),
        ),
        ("transaction gas limit too high", refused(|tx| tx.gas_limit = 20_000_000)),
        (
            "max fee per gas less than block base fee",
            refused(|tx| {
                tx.max_fee_per_gas = 1;
                tx.max_priority_fee_per_gas = 1;
            }),
        ),
        (
            "max priority fee per gas higher than max fee per gas",
            refused(|tx| {
                tx.max_priority_fee_per_gas = tx.max_fee_per_gas + 1;
            }),
        ),
        (
            "insufficient funds for gas * price + value",
            refused(|tx| tx.value = U256::MAX / U256::from(2)),
        ),
    ];
    for (words, error) in cases {
        assert!(error.starts_with(words), "{error}");
    }
    assert_eq!(mempool.status(), (0, 0));
}

#[test]
fn broken_bytes_are_refused_by_name() {
    let (_folder, _chain, mempool) = pool(PoolLimits::default());
    let good = pay(0, 0, stranger(1), 1);
    let refused = |raw: Vec<u8>| mempool.submit(raw.into()).unwrap_err();
    assert_eq!(refused(vec![]), DecodeError::Empty.into());
    assert_eq!(refused(vec![3, 0xc0]), DecodeError::Blob.into());
    assert_eq!(refused(vec![9]), DecodeError::UnknownType(9).into());
    assert_eq!(refused([good.raw().as_ref(), &[0]].concat()), DecodeError::TrailingBytes(1).into());
    assert_eq!(refused(vec![2; 200_000]), DecodeError::Oversized { size: 200_000 }.into());
    for cut in 1..good.raw().len() {
        assert!(matches!(refused(good.raw()[..cut].to_vec()), SubmitError::Decode(_)), "{cut}");
    }
    let mut zero_r = good.raw().to_vec();
    let length = zero_r.len();
    zero_r[length - 65..length - 33].fill(0xff);
    let error = refused(zero_r);
    assert!(
        matches!(
            &error,
            SubmitError::Invalid(InvalidTransaction::Signature(RecoverError::Invalid))
        ),
        "{error}"
    );
}

#[test]
fn a_batch_gives_each_its_own_result() {
    let (_folder, _chain, mempool) = pool(PoolLimits::default());
    let raw = |nonce| pay(0, nonce, stranger(1), 1).raw().clone();
    let results = mempool.submit_batch(vec![raw(0), Bytes::from_static(&[1]), raw(1), raw(0)]);
    assert!(results[0].is_ok() && results[2].is_ok());
    assert!(matches!(results[1], Err(SubmitError::Decode(_))));
    assert_eq!(results[3], Err(SubmitError::AlreadyKnown));
}

#[test]
fn what_a_block_makes_unaffordable_is_dropped() {
    let (_folder, chain, mempool) = pool(PoolLimits::default());
    let mut drain = unsigned(0, to(), 0, Bytes::new());
    drain.value = U256::from(9_999_999 * WEI_PER_BTT);
    // The pool holds nonce 1; a block from elsewhere spends the coins at nonce 0.
    let mut later = unsigned(1, to(), 0, Bytes::new());
    later.value = U256::from(5_000_000 * WEI_PER_BTT);
    submit(&mempool, &sign(0, later)).unwrap();
    let proposer = Proposer::new(keys::dev_validator_key());
    let mut foreign = crate::testing::Fixed([sign(0, drain)].into());
    let executed = proposer.propose(&chain, 1, &mut foreign).unwrap();
    let certificate = proposer.certify_alone(&chain, &executed).unwrap();
    let (block, changes) = chain.commit(executed, certificate).unwrap();
    mempool.on_block(&block, &changes);
    assert_eq!(mempool.status(), (0, 0));
}

#[test]
fn a_banned_transaction_does_not_come_back() {
    let (_folder, _chain, mempool) = pool(PoolLimits::default());
    let tx = pay(0, 0, stranger(1), 1);
    submit(&mempool, &tx).unwrap();
    mempool.ban(tx.hash());
    assert_eq!(mempool.status(), (0, 0));
    assert_eq!(submit(&mempool, &tx), Err(SubmitError::Banned));
}

#[test]
fn readers_hear_of_each_admission_once() {
    let (_folder, _chain, mempool) = pool(PoolLimits::default());
    let mut heard = mempool.subscribe();
    let tx = pay(0, 0, stranger(1), 1);
    submit(&mempool, &tx).unwrap();
    let _ = submit(&mempool, &tx);
    assert_eq!(heard.try_recv().unwrap().hash(), tx.hash());
    assert!(heard.try_recv().is_err());
    assert_eq!(dev_accounts()[0].address, tx.sender());
}
