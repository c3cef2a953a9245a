//! The supply rule and equal results (rules C.1, H.6).

use crate::{
    actions::{Action, World, action},
    program::{Child, Step, deployment},
};
use alloy_consensus::{TxEip1559, TxType};
use alloy_primitives::{Address, B256, TxKind, U256};
use btt_runtime::{
    executor::{ExecutedBlock, Refusal},
    primitives::{SUPPLY_WEI, addresses::BURNT},
    state::StateReader as _,
    tx::{InvalidTransaction, RecoveryMemo, signing_hash},
};
use btt_tests::{
    chain::{Chain, Queue, memo_of},
    keys::Key,
};
use proptest::{prelude::*, test_runner::TestRunner};
use std::cell::RefCell;

fn balance(chain: &Chain, address: Address) -> U256 {
    chain.store.account(address).unwrap().map_or(U256::ZERO, |account| account.balance)
}

/// What everybody must agree on, and what the node stores.
fn assert_same(have: &ExecutedBlock, want: &ExecutedBlock, memo: &str) {
    assert_eq!(have.hash, want.hash, "hash with {memo} memo");
    assert_eq!(have.block, want.block, "block with {memo} memo");
    assert_eq!(have.receipts, want.receipts, "receipts with {memo} memo");
    assert_eq!(have.transactions, want.transactions, "transactions with {memo} memo");
    assert_eq!(have.changes, want.changes, "changes with {memo} memo");
    assert_eq!(have.trie, want.trie, "trie with {memo} memo");
}

/// Builds a block, checks it as other validators do, decides it, counts all coins.
fn live_one_block(chain: &mut Chain, world: &mut World, actions: &[Action], seen: &mut Seen) {
    let mut queue = Queue::new(world.sign(chain, actions));
    let built = chain.build(&mut queue).expect("a block");
    for (hash, refusal) in &queue.refused {
        assert!(matches!(refusal, Refusal::Invalid(_)), "{hash} broke the machine: {refusal}");
    }
    seen.block(&built, queue.refused.len());
    let full = memo_of(&built.transactions);
    let mut shuffled = memo_of(built.transactions.iter().rev().step_by(2));
    for tx in &built.transactions {
        // A stranger's entry, for a digest that nobody signed.
        let digest = !signing_hash(tx.envelope());
        shuffled.insert(digest, tx.envelope().signature(), Address::repeat_byte(0xbb));
    }
    let memos = [("an empty", RecoveryMemo::default()), ("a full", full), ("a shuffled", shuffled)];
    for (name, memo) in memos {
        let checked = chain.check(&built.block, &memo).expect("the block that we built");
        assert_same(&checked, &built, name);
    }
    chain.decide(&built);
    assert_eq!(chain.store.state_root(), built.block.header.state_root);
    assert_eq!(chain.store.total_balance(), Some(U256::from(SUPPLY_WEI)));
}

#[test]
fn no_sequence_of_transactions_makes_or_loses_a_coin_and_all_validators_agree() {
    let config = ProptestConfig { cases: 192, failure_persistence: None, ..Default::default() };
    let blocks = prop::collection::vec(prop::collection::vec(action(), 0..10), 1..4);
    let seen = RefCell::new(Seen::default());
    TestRunner::new(config)
        .run(&blocks, |blocks| {
            let mut chain = Chain::dev();
            let mut world = World::new();
            for actions in &blocks {
                live_one_block(&mut chain, &mut world, actions, &mut seen.borrow_mut());
            }
            seen.borrow_mut().chains_that_burnt += u32::from(!balance(&chain, BURNT).is_zero());
            Ok(())
        })
        .unwrap();
    // The sequences reach what they are for.
    let seen = seen.into_inner();
    println!("{seen:?}");
    let all = [seen.succeeded, seen.failed, seen.refused, seen.delegations, seen.chains_that_burnt];
    assert!(all.iter().all(|count| *count > 5), "{seen:?}");
    assert!(seen.succeeded + seen.failed > 4 * seen.refused, "{seen:?}");
}

/// What random sequences came to.
#[derive(Debug, Default)]
struct Seen {
    succeeded: u32,
    failed: u32,
    refused: u32,
    delegations: u32,
    chains_that_burnt: u32,
}

impl Seen {
    fn block(&mut self, built: &ExecutedBlock, refused: usize) {
        for receipt in &built.receipts {
            *(if receipt.success { &mut self.succeeded } else { &mut self.failed }) += 1;
            self.delegations += u32::from(receipt.tx_type == TxType::Eip7702);
        }
        self.refused += refused as u32;
    }
}

#[test]
fn coins_that_selfdestruct_destroys_are_held_by_the_burnt_account() {
    let mut chain = Chain::dev();
    let key = Key::dev(0);
    let mut nonce = 0;
    let mut burnt_by = |init: &[Step], wei: u64| {
        let before = balance(&chain, BURNT);
        let tx = TxEip1559 {
            chain_id: chain.config.chain_id,
            nonce,
            gas_limit: 1_000_000,
            max_fee_per_gas: 10_000_000_000,
            value: U256::from(wei),
            to: TxKind::Create,
            input: deployment(init, &[Step::SelfDestruct(None)]).into(),
            ..TxEip1559::default()
        };
        nonce += 1;
        let created = key.address().create(nonce - 1);
        let executed = chain.produce([key.sign(tx)]);
        assert_eq!(chain.store.total_balance(), Some(U256::from(SUPPLY_WEI)));
        (balance(&chain, BURNT) - before, executed.receipts[0].success, created)
    };
    let own = burnt_by(&[Step::SelfDestruct(None)], 1_000);
    assert_eq!((own.0, own.1), (U256::from(1_000), true));
    let heir = Address::repeat_byte(0xde);
    assert_eq!(burnt_by(&[Step::SelfDestruct(Some(heir))], 1_000).0, U256::ZERO);
    // Coins of a child, and coins that reach it after its end, in the same transaction.
    let child = Step::Create { child: Child::DiesAtOnce, wei: 300 };
    assert_eq!(burnt_by(&[child, Step::CallChild { wei: 70 }], 1_000).0, U256::from(370));
    let child = Step::Create { child: Child::DiesWhenCalled, wei: 300 };
    let calls = [child, Step::CallChild { wei: 5 }, Step::CallChild { wei: 6 }];
    assert_eq!(burnt_by(&calls, 1_000).0, U256::from(311));
    let undone = [child, Step::CallChild { wei: 5 }, Step::Revert];
    let undone = burnt_by(&undone, 1_000);
    assert_eq!((undone.0, undone.1), (U256::ZERO, false));
    // Since EIP-6780 a contract of an earlier transaction keeps its coins.
    let (_, success, old) = burnt_by(&[], 1_000);
    assert!(success);
    let call = TxEip1559 {
        chain_id: chain.config.chain_id,
        nonce,
        gas_limit: 100_000,
        max_fee_per_gas: 10_000_000_000,
        to: TxKind::Call(old),
        ..TxEip1559::default()
    };
    let before = balance(&chain, BURNT);
    assert!(chain.produce([key.sign(call)]).receipts[0].success);
    assert_eq!(balance(&chain, old), U256::from(1_000));
    assert_eq!(balance(&chain, BURNT), before);
}

#[test]
fn a_transaction_that_cannot_be_is_left_out_and_the_others_go_on() {
    let chain = Chain::dev();
    let pay = |key: &Key, nonce, chain_id| {
        key.sign(TxEip1559 {
            chain_id,
            nonce,
            gas_limit: 21_000,
            max_fee_per_gas: 10_000_000_000,
            to: TxKind::Call(Address::repeat_byte(0xde)),
            ..TxEip1559::default()
        })
    };
    let id = chain.config.chain_id;
    let (a, b) = (Key::dev(0), Key::dev(1));
    let offered = [
        pay(&a, 0, id),
        pay(&a, 2, id),
        pay(&b, 0, 1),
        pay(&Key::numbered(9), 0, id),
        pay(&b, 0, id),
    ];
    let hashes: Vec<B256> = offered.iter().map(|tx| tx.hash()).collect();
    let mut queue = Queue::new(offered);
    let built = chain.build(&mut queue).unwrap();
    let included: Vec<B256> = built.transactions.iter().map(|tx| tx.hash()).collect();
    assert_eq!(included, [hashes[0], hashes[4]]);
    let reasons: Vec<_> = queue.refused.iter().map(|(_, refusal)| refusal.clone()).collect();
    assert_eq!(
        reasons,
        [
            Refusal::Invalid(InvalidTransaction::NonceTooHigh { tx: 2, state: 1 }),
            Refusal::Invalid(InvalidTransaction::ChainId { have: 1, want: id }),
            Refusal::Invalid(InvalidTransaction::InsufficientFunds {
                balance_wei: U256::ZERO,
                cost_wei: U256::from(210_000_000_000_000u64),
            }),
        ]
    );
}
