//! What the mempool takes in, what it refuses, and in which words: clients match on them.

use crate::support::{BTT, FEE_CAP_WEI, TIP_WEI, draft, legacy, transfer};
use alloy_consensus::{TxEip1559, TxEip4844};
use alloy_primitives::{Address, B256, Bytes, U256, hex, keccak256};
use btt_runtime::{
    primitives::{DEV_CHAIN_ID, limits::MAX_TX_BYTES},
    tx::recover::HALF_ORDER,
};
use btt_tests::{
    keys::Key,
    process::{Node, NodeOptions},
    rpc::{Rpc, typed},
};
use serde_json::{Value, json};

const TO: Address = Address::repeat_byte(0x70);

/// The error of sending this.
async fn refused(rpc: &Rpc, raw: &Bytes) -> (i32, String) {
    let error = rpc.error("eth_sendRawTransaction", json!([raw])).await;
    (error.code, error.message)
}

/// A node that makes no block while a test looks at the pool.
fn quiet() -> Node {
    NodeOptions::default().block_time(3_600_000).start()
}

#[tokio::test]
async fn a_transaction_with_a_gap_before_it_waits_until_the_gap_is_filled() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    let key = Key::dev(0);
    let late = rpc.send(&transfer(&key, 1, TO, 1)).await;
    let status = rpc.call("txpool_status", json!([])).await;
    assert_eq!(status, json!({ "pending": "0x0", "queued": "0x1" }));
    let waiting = rpc.call("eth_getTransactionByHash", json!([late])).await;
    assert_eq!(waiting["blockNumber"], Value::Null);
    let pending = json!([key.address(), "pending"]);
    assert_eq!(rpc.call("eth_getTransactionCount", pending.clone()).await, "0x0");
    rpc.include(&transfer(&key, 0, TO, 1)).await;
    rpc.receipt(late).await;
    assert_eq!(rpc.nonce(key.address()).await, 2);
    assert_eq!(rpc.call("eth_getTransactionCount", pending).await, "0x2");
    assert_eq!(rpc.balance(TO).await, U256::from(2));
}

#[tokio::test]
async fn a_replacement_offers_a_tenth_more() {
    let node = quiet();
    let rpc = Rpc::new(node.rpc_url());
    let key = Key::dev(0);
    let offer = |fee_cap: u128, tip: u128| {
        key.sign_raw(TxEip1559 {
            max_fee_per_gas: fee_cap,
            max_priority_fee_per_gas: tip,
            ..draft(0, TO, 21_000)
        })
    };
    let first = rpc.send(&offer(FEE_CAP_WEI, TIP_WEI)).await;
    let little = offer(FEE_CAP_WEI * 109 / 100, TIP_WEI * 109 / 100);
    let underpriced = (-32000, "replacement transaction underpriced".to_owned());
    assert_eq!(refused(&rpc, &little).await, underpriced);
    let only_tip = offer(FEE_CAP_WEI, TIP_WEI * 2);
    assert_eq!(refused(&rpc, &only_tip).await, underpriced);
    let second = rpc.send(&offer(FEE_CAP_WEI * 110 / 100, TIP_WEI * 110 / 100)).await;
    assert_eq!(rpc.call("eth_getTransactionByHash", json!([first])).await, Value::Null);
    let content = rpc.call("txpool_contentFrom", json!([key.address()])).await;
    assert_eq!(typed::<B256>(content["pending"]["0"]["hash"].clone()), second);
    assert_eq!(
        refused(&rpc, &offer(FEE_CAP_WEI * 110 / 100, TIP_WEI * 110 / 100)).await.1,
        "already known"
    );
}

#[tokio::test]
async fn a_batch_is_taken_in_whole_but_for_what_is_wrong_in_it() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    let key = Key::dev(0);
    // The bad one stands in the middle and leaves no gap: it has no nonce of its own.
    let call = |id: u64, raw: Value| json!({ "jsonrpc": "2.0", "id": id, "method": "eth_sendRawTransaction", "params": [raw] });
    let mut calls: Vec<Value> =
        (0..49).map(|nonce| call(nonce, json!(transfer(&key, nonce, TO, 1)))).collect();
    calls.insert(25, call(1_000, json!("0x02c0")));
    assert_eq!(calls.len(), 50);
    let client = reqwest::Client::new();
    let post = async |body: &Value| -> Value {
        client.post(node.rpc_url()).json(body).send().await.unwrap().json().await.unwrap()
    };
    let answers = post(&json!(calls)).await;
    let answers = answers.as_array().unwrap();
    assert_eq!(answers.len(), 50);
    for (sent, answer) in calls.iter().zip(answers) {
        assert_eq!(sent["id"], answer["id"], "answers come in the order of the calls");
    }
    assert_eq!(answers[25]["error"]["code"], -32602);
    let message = answers[25]["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("rlp: "), "{message}");
    for answer in answers.iter().filter(|answer| answer["id"] != 1_000) {
        rpc.receipt(typed(answer["result"].clone())).await;
    }
    assert_eq!(rpc.nonce(key.address()).await, 49);
    assert_eq!(rpc.balance(TO).await, U256::from(49));
    // Not hex at all, and no parameter: each has its own error, in its own place.
    let odd = json!([
        call(1, json!("0xzz")),
        call(2, json!(transfer(&key, 49, TO, 1))),
        json!({ "jsonrpc": "2.0", "id": 3, "method": "eth_sendRawTransaction", "params": [] }),
    ]);
    let answers = post(&odd).await;
    assert_eq!(answers[0]["error"]["code"], -32602, "{answers}");
    assert!(answers[1]["result"].is_string(), "{answers}");
    assert_eq!(answers[2]["error"]["code"], -32602, "{answers}");
}

#[tokio::test]
async fn a_transaction_that_cannot_be_is_refused_in_the_words_of_geth() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    let (key, poor) = (Key::dev(0), Key::numbered(0x9001));
    let first = transfer(&key, 0, TO, BTT);
    rpc.include(&first).await;
    let sign = |tx: TxEip1559| key.sign_raw(tx);
    let next = || draft(1, TO, 21_000);
    let cases = [
        (first, "nonce too low"),
        (transfer(&key, 0, TO, 5), "nonce too low: next nonce 1, tx nonce 0"),
        (
            transfer(&poor, 0, TO, 1),
            "insufficient funds for gas * price + value: balance 0, tx cost ",
        ),
        (transfer(&key, 1, TO, 10_000_000 * BTT), "insufficient funds for gas * price + value"),
        (
            sign(TxEip1559 { value: U256::MAX, ..next() }),
            "insufficient funds for gas * price + value: the cost overflows 256 bits",
        ),
        (
            sign(TxEip1559 { chain_id: 1, ..next() }),
            "invalid chain id for signer: have 1 want 990003",
        ),
        (legacy(&key, 1, TO, Some(199)), "invalid chain id for signer: have 199 want 990003"),
        (legacy(&key, 1, TO, None), "only replay-protected (EIP-155) transactions allowed"),
        (sign(draft(1, TO, 20_999)), "intrinsic gas too low: gas 20999, minimum needed 21000"),
        (
            sign(draft(1, TO, (1 << 24) + 1)),
            "transaction gas limit too high (cap: 16777216, tx: 16777217)",
        ),
        (
            sign(TxEip1559 { max_fee_per_gas: 1, max_priority_fee_per_gas: 1, ..next() }),
            "max fee per gas less than block base fee: maxFeePerGas: 1, baseFee: 1000000000",
        ),
        (
            sign(TxEip1559 {
                max_fee_per_gas: TIP_WEI,
                max_priority_fee_per_gas: TIP_WEI + 1,
                ..next()
            }),
            "max priority fee per gas higher than max fee per gas",
        ),
        (sign(draft(1, alloy_primitives::TxKind::Create, 20_000)), "intrinsic gas too low"),
    ];
    for (raw, words) in cases {
        let (code, message) = refused(&rpc, &raw).await;
        assert_eq!(code, -32000, "{message}");
        assert!(message.starts_with(words), "wanted '{words}', got '{message}'");
    }
    assert_eq!(
        rpc.call("txpool_status", json!([])).await,
        json!({ "pending": "0x0", "queued": "0x0" })
    );
}

#[tokio::test]
async fn bytes_that_are_no_transaction_are_refused_by_name() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    let key = Key::dev(0);
    let good = transfer(&key, 0, TO, 1);
    let blob = key.sign_raw(TxEip4844 {
        chain_id: DEV_CHAIN_ID,
        gas_limit: 21_000,
        max_fee_per_gas: FEE_CAP_WEI,
        max_priority_fee_per_gas: TIP_WEI,
        max_fee_per_blob_gas: 1,
        blob_versioned_hashes: vec![B256::with_last_byte(1)],
        to: TO,
        ..TxEip4844::default()
    });
    let mut long = good.to_vec();
    long.push(0);
    let oversized = TxEip1559 { input: vec![1; MAX_TX_BYTES].into(), ..draft(0, TO, 16_000_000) };
    let cases: [(Bytes, &str); 7] = [
        (blob, "transaction type not supported: blob transactions (EIP-4844) do not exist"),
        (good.slice(..good.len() - 1), "rlp: "),
        (good.slice(..1), "rlp: "),
        (Bytes::new(), "empty transaction"),
        (long.into(), "rlp: "),
        (Bytes::from_static(&hex!("05c0")), "transaction type not supported: 0x05"),
        (key.sign_raw(oversized), "oversized data: transaction size "),
    ];
    for (raw, words) in cases {
        let (code, message) = refused(&rpc, &raw).await;
        assert_eq!(code, -32602, "{message}");
        assert!(message.starts_with(words), "wanted '{words}', got '{message}'");
    }
    // The bytes were fine all along.
    rpc.include(&good).await;
}

#[tokio::test]
async fn a_signature_with_its_s_mirrored_is_refused() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    let key = Key::dev(0);
    let tx = draft(0, TO, 21_000);
    let signature = key.sign_digest(alloy_consensus::SignableTransaction::signature_hash(&tx));
    let order = (HALF_ORDER << 1) | U256::from(1);
    let mirrored =
        alloy_primitives::Signature::new(signature.r(), order - signature.s(), !signature.v());
    let mut raw = Vec::new();
    alloy_consensus::transaction::RlpEcdsaEncodableTx::eip2718_encode(&tx, &mirrored, &mut raw);
    let (code, message) = refused(&rpc, &raw.clone().into()).await;
    assert_eq!(code, -32000);
    assert!(message.contains("s is above half of the group order"), "{message}");
    let unknown = rpc.call("eth_getTransactionByHash", json!([keccak256(raw)])).await;
    assert_eq!(unknown, Value::Null);
}

#[tokio::test]
async fn one_sender_may_not_fill_the_pool() {
    let node = NodeOptions::default()
        .block_time(3_600_000)
        .argument("--txpool-per-sender=3")
        .argument("--txpool-max=5")
        .start();
    let rpc = Rpc::new(node.rpc_url());
    for nonce in 0..3 {
        rpc.send(&transfer(&Key::dev(0), nonce, TO, 1)).await;
    }
    let (_, message) = refused(&rpc, &transfer(&Key::dev(0), 3, TO, 1)).await;
    assert_eq!(message, "account limit exceeded: 3 transactions of this sender wait already");
    for nonce in 0..2 {
        rpc.send(&transfer(&Key::dev(1), nonce, TO, 1)).await;
    }
    // Full: equal offers do not push others out, better ones do.
    assert_eq!(
        refused(&rpc, &transfer(&Key::dev(2), 0, TO, 1)).await,
        (-32000, "txpool is full".into())
    );
    let better = TxEip1559 { max_priority_fee_per_gas: 2 * TIP_WEI, ..draft(0, TO, 21_000) };
    rpc.send(&Key::dev(2).sign_raw(better)).await;
    let status = rpc.call("txpool_status", json!([])).await;
    assert_eq!(status, json!({ "pending": "0x5", "queued": "0x0" }));
}

#[tokio::test]
async fn a_transaction_can_be_sent_and_waited_for_in_one_call() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    let raw = transfer(&Key::dev(0), 0, TO, 1);
    let receipt = rpc.call("eth_sendRawTransactionSync", json!([raw])).await;
    assert_eq!(receipt["status"], "0x1");
    assert_eq!(receipt, rpc.receipt(keccak256(&raw)).await);
    let gap = transfer(&Key::dev(0), 5, TO, 1);
    let error = rpc.error("eth_sendRawTransactionSync", json!([gap, "0x64"])).await;
    assert_eq!((error.code, typed::<B256>(error.data)), (4, keccak256(&gap)));
}
