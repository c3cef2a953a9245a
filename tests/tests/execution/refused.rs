//! Blocks that no validator accepts, each for the reason that its error names.

use alloy_consensus::TxEip1559;
use alloy_primitives::{Address, B64, B256, Bloom, Bytes, TxKind, U256};
use btt_genesis::Preset;
use btt_runtime::{
    block::{
        Block, Body, BodyError, CertificateError, CommitCertificate, Header, HeaderError,
        SystemItem,
    },
    executor::{BlockError, Refusal},
    tx::{DecodeError, InvalidTransaction, RecoveryMemo, Transaction},
};
use btt_tests::{
    chain::{Chain, Queue, certificate},
    keys::Key,
};

/// Breaks one field of a header.
type Change = fn(&mut Header);

fn pay(key: &Key, nonce: u64, wei: u64) -> Transaction {
    key.sign(TxEip1559 {
        chain_id: btt_runtime::primitives::DEV_CHAIN_ID,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 10_000_000_000,
        to: TxKind::Call(Address::repeat_byte(0xde)),
        value: U256::from(wei),
        ..TxEip1559::default()
    })
}

/// A chain of four validators at height 1, and a good block 2 with three transactions of two senders.
fn chain_and_block() -> (Chain, Block) {
    let mut chain = Chain::new(Preset::Dev, (1..=4).map(Key::numbered).collect());
    chain.produce([]);
    let a = Key::dev(0);
    let with_input = Key::dev(1).sign(TxEip1559 {
        chain_id: chain.config.chain_id,
        gas_limit: 30_000,
        max_fee_per_gas: 10_000_000_000,
        to: TxKind::Call(a.address()),
        input: Bytes::from_static(b"hello"),
        ..TxEip1559::default()
    });
    let mut queue = Queue::new([pay(&a, 0, 1), pay(&a, 1, 2), with_input]);
    let built = chain.build(&mut queue).expect("a block");
    assert!(queue.refused.is_empty());
    assert!(chain.check(&built.block, &RecoveryMemo::default()).is_ok());
    (chain, built.block)
}

fn error_of(chain: &Chain, block: &Block) -> BlockError {
    match chain.check(block, &RecoveryMemo::default()) {
        Ok(_) => panic!("the block was accepted: {:?}", block.header),
        Err(error) => error,
    }
}

/// The error after a change of the header.
fn with_header(change: impl FnOnce(&mut Header)) -> BlockError {
    let (chain, mut block) = chain_and_block();
    change(&mut block.header);
    error_of(&chain, &block)
}

/// The error after a change of the body that the header follows.
fn with_body(change: impl FnOnce(&Chain, &mut Body)) -> BlockError {
    let (chain, mut block) = chain_and_block();
    change(&chain, &mut block.body);
    block.header.transactions_root = block.body.transactions_root();
    block.header.requests_hash = Some(block.body.system_hash());
    error_of(&chain, &block)
}

/// The error after a change of the parent's certificate.
fn with_certificate(change: impl FnOnce(&Chain, &mut CommitCertificate)) -> CertificateError {
    let error = with_body(|chain, body| match body.system.first_mut() {
        Some(SystemItem::ParentCertificate(certificate)) => change(chain, certificate),
        other => panic!("no certificate: {other:?}"),
    });
    match error {
        BlockError::Certificate(error) => error,
        other => panic!("not the certificate's error: {other}"),
    }
}

#[test]
fn a_header_that_does_not_follow_its_parent_is_refused() {
    let (chain, _) = chain_and_block();
    let (want, parent_ms) = (chain.head_hash, 1_000);
    let wrong = B256::repeat_byte(1);
    let header = |change: fn(&mut Header)| match with_header(change) {
        BlockError::Header(error) => error,
        other => panic!("not the header's error: {other}"),
    };
    assert_eq!(
        header(|h| h.parent_hash = B256::repeat_byte(1)),
        HeaderError::Parent { have: wrong, want }
    );
    assert_eq!(header(|h| h.number = 3), HeaderError::Number { have: 3, want: 2 });
    assert_eq!(header(|h| h.extra_data = Bytes::from(vec![0; 7])), HeaderError::ExtraData(7));
    assert_eq!(header(|h| h.extra_data = Bytes::from(vec![0; 33])), HeaderError::ExtraData(33));
    assert_eq!(
        header(|h| h.extra_data = Bytes::copy_from_slice(&1_000u64.to_be_bytes())),
        HeaderError::Time { time_ms: 1_000, parent_ms }
    );
    assert_eq!(
        header(|h| h.timestamp += 1),
        HeaderError::Timestamp { timestamp: 3, time_ms: 2_000 }
    );
    assert_eq!(
        header(|h| h.gas_limit += 1),
        HeaderError::GasLimit { have: 60_000_001, want: 60_000_000 }
    );
    assert_eq!(
        header(|h| h.base_fee_per_gas = Some(7)),
        HeaderError::BaseFee { have: Some(7), want: 1_000_000_000 }
    );
}

#[test]
fn header_fields_without_a_use_here_are_constant() {
    let changes: [(Change, &str); 10] = [
        (|h| h.ommers_hash = B256::ZERO, "sha3Uncles"),
        (|h| h.beneficiary = Address::ZERO, "miner"),
        (|h| h.difficulty = U256::from(1), "difficulty"),
        (|h| h.nonce = B64::repeat_byte(1), "nonce"),
        (|h| h.withdrawals_root = None, "withdrawalsRoot"),
        (|h| h.blob_gas_used = Some(1), "blobGasUsed"),
        (|h| h.excess_blob_gas = None, "excessBlobGas"),
        (|h| h.parent_beacon_block_root = Some(B256::repeat_byte(1)), "parentBeaconBlockRoot"),
        (|h| h.block_access_list_hash = Some(B256::ZERO), "blockAccessListHash"),
        (|h| h.slot_number = Some(1), "slotNumber"),
    ];
    for (change, field) in changes {
        assert_eq!(with_header(change), BlockError::Header(HeaderError::Constant(field)));
    }
}

#[test]
fn a_header_that_does_not_name_its_body_is_refused() {
    let wrong = |change: fn(&mut Header)| with_header(change);
    assert_eq!(
        wrong(|h| h.transactions_root = B256::ZERO),
        BlockError::Header(HeaderError::Body("transactionsRoot"))
    );
    assert_eq!(
        wrong(|h| h.requests_hash = None),
        BlockError::Header(HeaderError::Body("requestsHash"))
    );
    assert_eq!(wrong(|h| h.mix_hash = B256::ZERO), BlockError::Mix);
}

#[test]
fn a_header_that_lies_about_execution_is_refused() {
    let changes: [(Change, &str); 4] = [
        (|h| h.state_root = B256::ZERO, "stateRoot"),
        (|h| h.receipts_root = B256::ZERO, "receiptsRoot"),
        (|h| h.gas_used += 1, "gasUsed"),
        (|h| h.logs_bloom = Bloom::repeat_byte(1), "logsBloom"),
    ];
    for (change, want) in changes {
        match with_header(change) {
            BlockError::Mismatch { field, .. } => assert_eq!(field, want),
            other => panic!("{want}: {other}"),
        }
    }
}

#[test]
fn a_block_without_certificate_or_vrf_proof_is_refused() {
    let without = |kind: u8| with_body(|_, body| body.system.retain(|item| item.kind() != kind));
    assert_eq!(without(1), BlockError::SystemItemMissing("parent certificate"));
    assert_eq!(without(7), BlockError::SystemItemMissing("VRF proof"));
}

#[test]
fn a_vrf_proof_of_another_validator_or_height_is_refused() {
    let with_proof = |prove: &dyn Fn(&Chain) -> SystemItem| {
        with_body(|chain, body| {
            body.system.retain(|item| item.kind() != 7);
            body.system.push(prove(chain));
        })
    };
    let foreign = |chain: &Chain| {
        // Validator 1 is the proposer; 0 gives the proof.
        chain.proposer_item(1, chain.vrf_proof(&chain.validators()[0]))
    };
    assert_eq!(with_proof(&foreign), BlockError::Vrf);
    let stranger = |chain: &Chain| chain.proposer_item(9, chain.vrf_proof(chain.proposer()));
    assert_eq!(with_proof(&stranger), BlockError::UnknownProposer(9));
    let later = |chain: &Chain| {
        let mut later = chain.clone();
        later.head.number += 1;
        chain.proposer_item(1, later.vrf_proof(chain.proposer()))
    };
    assert_eq!(with_proof(&later), BlockError::Vrf);
}

#[test]
fn a_certificate_that_does_not_certify_the_parent_is_refused() {
    let (chain, _) = chain_and_block();
    let (hash, other) = (chain.head_hash, B256::repeat_byte(1));
    assert_eq!(
        with_certificate(|_, c| c.block_hash = B256::repeat_byte(1)),
        CertificateError::WrongBlock {
            have_height: 1,
            have_hash: other,
            want_height: 1,
            want_hash: hash
        }
    );
    assert_eq!(
        with_certificate(|_, c| c.signatures.truncate(2)),
        CertificateError::Quorum { signed: 2, total: 4 }
    );
    assert_eq!(with_certificate(|_, c| c.signatures.reverse()), CertificateError::Order);
    assert_eq!(
        with_certificate(|_, c| {
            let again = c.signatures[0].clone();
            c.signatures.insert(0, again);
        }),
        CertificateError::Order
    );
    assert_eq!(
        with_certificate(|_, c| c.signatures[3].validator_index = 9),
        CertificateError::UnknownValidator(9)
    );
    let wrong_signature = |error| match error {
        CertificateError::Signature { index, .. } => index,
        other => panic!("{other}"),
    };
    let foreign = with_certificate(|_, c| c.signatures[1].signature = c.signatures[2].signature);
    assert_eq!(wrong_signature(foreign), 1);
    // The same signature in another notation.
    let parity = with_certificate(|_, c| c.signatures[2].signature.0[64] -= 27);
    assert_eq!(wrong_signature(parity), 2);
    // Signed for another chain, and for another round.
    let other_chain = with_certificate(|chain, c| {
        *c = certificate(chain.validators(), 1, c.height, c.block_hash);
    });
    assert_eq!(wrong_signature(other_chain), 0);
    assert_eq!(wrong_signature(with_certificate(|_, c| c.round = 1)), 0);
}

#[test]
fn a_validator_set_with_three_of_four_signatures_decides() {
    let (chain, _) = chain_and_block();
    let mut system = chain.system();
    if let Some(SystemItem::ParentCertificate(certificate)) = system.first_mut() {
        certificate.signatures.remove(0);
    }
    let block = chain.build_with(system).unwrap().block;
    assert!(chain.check(&block, &RecoveryMemo::default()).is_ok());
}

#[test]
fn transactions_in_another_order_are_refused() {
    match with_body(|_, body| body.transactions.swap(0, 1)) {
        BlockError::Transaction { index: 0, refusal, .. } => {
            let want = InvalidTransaction::NonceTooHigh { tx: 1, state: 0 };
            assert_eq!(refusal, Refusal::Invalid(want));
        }
        other => panic!("{other}"),
    }
    // Of different senders each can run, but the receipts tell the order.
    match with_body(|_, body| body.transactions.swap(1, 2)) {
        BlockError::Mismatch { field, .. } => assert_eq!(field, "receiptsRoot"),
        other => panic!("{other}"),
    }
}

#[test]
fn transactions_that_cannot_be_make_the_block_invalid() {
    let (chain, _) = chain_and_block();
    let refusal_of = |tx: Transaction| match with_body(move |_, body| {
        body.transactions.push(tx.raw().clone())
    }) {
        BlockError::Transaction { index: 3, refusal: Refusal::Invalid(refusal), .. } => refusal,
        other => panic!("{other}"),
    };
    let again = pay(&Key::dev(0), 0, 1);
    assert_eq!(refusal_of(again), InvalidTransaction::NonceTooLow { tx: 0, state: 2 });
    let poor = Key::numbered(99);
    let balance_wei = U256::ZERO;
    let cost_wei = U256::from(210_000_000_000_000u64);
    assert_eq!(
        refusal_of(pay(&poor, 0, 0)),
        InvalidTransaction::InsufficientFunds { balance_wei, cost_wei }
    );
    let unprotected = Key::dev(2).sign(alloy_consensus::TxLegacy {
        gas_limit: 21_000,
        gas_price: 10_000_000_000,
        ..Default::default()
    });
    assert_eq!(refusal_of(unprotected), InvalidTransaction::NotReplayProtected);
    let greedy = Key::dev(2).sign(TxEip1559 {
        chain_id: chain.config.chain_id,
        gas_limit: (1 << 24) + 1,
        max_fee_per_gas: 10_000_000_000,
        ..Default::default()
    });
    let cap = InvalidTransaction::GasLimitCap { cap: 1 << 24, gas: (1 << 24) + 1 };
    assert_eq!(refusal_of(greedy), cap);
}

#[test]
fn bytes_that_are_no_transaction_make_the_block_invalid() {
    let blob = with_body(|_, body| body.transactions.push(Bytes::from_static(&[3, 0xc0])));
    assert_eq!(
        blob,
        BlockError::Body(BodyError::Transaction { index: 3, error: DecodeError::Blob })
    );
    let empty = with_body(|_, body| body.transactions.push(Bytes::new()));
    assert_eq!(
        empty,
        BlockError::Body(BodyError::Transaction { index: 3, error: DecodeError::Empty })
    );
}

#[test]
fn system_items_out_of_order_do_not_come_off_the_wire() {
    let (_, mut block) = chain_and_block();
    block.body.system.reverse();
    assert_eq!(Body::decode(&block.body.encode()), Err(BodyError::SystemOrder));
}
