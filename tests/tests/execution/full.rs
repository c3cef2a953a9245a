//! A body that is full: what does not fit waits, what fits still goes in.

use alloy_consensus::TxEip1559;
use alloy_primitives::{Address, Bytes, TxKind};
use btt_genesis::Preset;
use btt_runtime::{
    executor::Refusal,
    primitives::limits::{MAX_BODY_BYTES, MAX_TX_BYTES},
    tx::{RecoveryMemo, Transaction},
};
use btt_tests::{
    chain::{Chain, Queue},
    keys::Key,
};

fn with_input(key: &Key, nonce: u64, bytes: usize) -> Transaction {
    key.sign(TxEip1559 {
        chain_id: btt_runtime::primitives::DEV_CHAIN_ID,
        nonce,
        gas_limit: 6_000_000,
        max_fee_per_gas: 10_000_000_000,
        to: TxKind::Call(Address::repeat_byte(0xde)),
        input: Bytes::from(vec![1; bytes]),
        ..TxEip1559::default()
    })
}

#[test]
fn a_large_transaction_that_does_not_fit_leaves_its_room_to_smaller_ones() {
    let validator = Key::numbered(1);
    let mut spec = Preset::Dev.spec(vec![validator.validator(1)]);
    spec.params.block_gas_limit = 1 << 32;
    let chain = Chain::of_spec(spec, vec![validator]);
    let large = MAX_TX_BYTES - 200;
    let count = (MAX_BODY_BYTES / large + 1) as u64;
    let mut offered: Vec<Transaction> =
        (0..count).map(|nonce| with_input(&Key::dev(0), nonce, large)).collect();
    let small = with_input(&Key::dev(1), 0, 0);
    let last = offered.last().expect("one at least").hash();
    offered.push(small.clone());

    let mut queue = Queue::new(offered);
    let built = chain.build(&mut queue).expect("a block");
    let [(refused, Refusal::NoRoom { size, left })] = &queue.refused[..] else {
        panic!("refused: {:?}", queue.refused);
    };
    assert_eq!(*refused, last);
    assert!(size > left);
    assert_eq!(built.transactions.last().map(|tx| tx.hash()), Some(small.hash()));
    assert!(built.block.body.encoded_len() <= MAX_BODY_BYTES);
    assert!(chain.check(&built.block, &RecoveryMemo::default()).is_ok());
}
