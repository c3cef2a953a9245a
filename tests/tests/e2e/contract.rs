//! The life of a Solidity contract: creation, calls, events, and the ways in which a call fails.

use crate::support::{TOKEN_SUPPLY, Token, call, deploy_token, draft};
use alloy_consensus::TxEip1559;
use alloy_primitives::{Address, B256, Bytes, U256, hex};
use alloy_sol_types::{SolCall, SolError as _, SolEvent as _};
use btt_tests::{
    keys::Key,
    process::Node,
    rpc::{Rpc, number, typed},
};
use serde_json::{Value, json};

/// Asks a contract and reads its answer.
async fn ask<C: SolCall>(rpc: &Rpc, to: Address, call: &C) -> C::Return {
    let request = json!({ "to": to, "input": Bytes::from(call.abi_encode()) });
    let data: Bytes = typed(rpc.call("eth_call", json!([request, "latest"])).await);
    C::abi_decode_returns_validate(&data).expect("what the contract returns")
}

fn request(from: &Key, to: Address, call: &impl SolCall) -> Value {
    json!({ "from": from.address(), "to": to, "data": Bytes::from(call.abi_encode()) })
}

#[tokio::test]
async fn a_token_is_created_moves_and_tells_of_it() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    let (owner, to) = (Key::dev(0), Key::dev(1).address());
    let token = deploy_token(&rpc, &owner, 0).await;
    assert_eq!(token, owner.address().create(0));
    let code: Bytes = typed(rpc.call("eth_getCode", json!([token, "latest"])).await);
    assert!(code.len() > 500);
    assert_eq!(ask(&rpc, token, &Token::nameCall {}).await, "Test Token");

    let moved = Token::transferCall { to, value: U256::from(77) };
    let estimate =
        number(&rpc.call("eth_estimateGas", json!([request(&owner, token, &moved)])).await);
    let exact = TxEip1559 { input: moved.abi_encode().into(), ..draft(1, token, estimate) };
    let receipt = rpc.include(&owner.sign_raw(exact)).await;
    assert_eq!(receipt["status"], "0x1", "the estimate is enough");
    let used = number(&receipt["gasUsed"]);
    assert!(used <= estimate && estimate <= used + used / 16, "{used} of {estimate}");
    assert_eq!(ask(&rpc, token, &Token::balanceOfCall { owner: to }).await, U256::from(77));

    let [log] = receipt["logs"].as_array().unwrap().as_slice() else { panic!("{receipt}") };
    let topics = [Token::Transfer::SIGNATURE_HASH, owner.address().into_word(), to.into_word()];
    assert_eq!(typed::<[B256; 3]>(log["topics"].clone()), topics);
    assert_eq!(typed::<U256>(log["data"].clone()), U256::from(77));
    assert_eq!(log["blockHash"], receipt["blockHash"]);
    assert_eq!(log["transactionHash"], receipt["transactionHash"]);
}

#[tokio::test]
async fn logs_are_found_by_address_topics_and_blocks() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    let owner = Key::dev(0);
    let token = deploy_token(&rpc, &owner, 0).await;
    let other = deploy_token(&rpc, &owner, 1).await;
    for (nonce, index) in [(2, 1), (3, 2), (4, 1)] {
        let to = Key::dev(index).address();
        let value = U256::from(nonce);
        rpc.include(&call(&owner, nonce, token, &Token::transferCall { to, value })).await;
    }
    let event = Token::Transfer::SIGNATURE_HASH;
    let to_first = Key::dev(1).address().into_word();
    let found = async |filter: Value| -> Vec<u64> {
        let logs = rpc.call("eth_getLogs", json!([filter])).await;
        let blocks = logs.as_array().unwrap().iter().map(|log| number(&log["blockNumber"]));
        blocks.collect()
    };
    let all = json!({ "fromBlock": "earliest", "toBlock": "latest" });
    assert_eq!(found(all.clone()).await, [1, 2, 3, 4, 5]);
    let with = |more: Value| {
        let mut filter = all.clone();
        filter.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        filter
    };
    assert_eq!(found(with(json!({ "address": token }))).await, [1, 3, 4, 5]);
    assert_eq!(found(with(json!({ "address": [token, other] }))).await, [1, 2, 3, 4, 5]);
    assert_eq!(found(with(json!({ "topics": [event, null, to_first] }))).await, [3, 5]);
    let either = json!({ "topics": [null, B256::ZERO, [to_first, owner.address().into_word()]] });
    assert_eq!(found(with(either)).await, [1, 2]);
    assert!(found(with(json!({ "topics": [to_first] }))).await.is_empty());
    assert_eq!(found(json!({ "fromBlock": "0x4", "toBlock": "0x4" })).await, [4]);
    // Whoever follows the chain asks from the next block on.
    for to in [json!({ "fromBlock": "0x6" }), json!({ "fromBlock": "0x6", "toBlock": "latest" })] {
        assert!(found(to).await.is_empty());
    }
    let hash = rpc.call("eth_getBlockByNumber", json!(["0x5", false])).await["hash"].clone();
    assert_eq!(found(json!({ "blockHash": hash })).await, [5]);
}

#[tokio::test]
async fn a_revert_is_told_with_its_reason_and_its_data() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    let (owner, poor) = (Key::dev(0), Key::dev(1));
    let token = deploy_token(&rpc, &owner, 0).await;
    let to = Key::dev(2).address();

    let reason = Token::transferCall { to: Address::ZERO, value: U256::from(1) };
    let words = hex::encode_prefixed(
        alloy_sol_types::Revert::from("transfer to the zero address").abi_encode(),
    );
    let lacking = Token::ERC20InsufficientBalance {
        sender: poor.address(),
        balance: U256::ZERO,
        needed: U256::from(5),
    };
    let panic = alloy_sol_types::Panic { code: U256::from(0x11) }.abi_encode();
    let refused = Token::Refused { code: U256::from(9), why: "as asked".into() };
    let cases = [
        (
            request(&owner, token, &reason),
            "execution reverted: transfer to the zero address",
            words,
        ),
        (
            request(&poor, token, &Token::transferCall { to, value: U256::from(5) }),
            "execution reverted",
            hex::encode_prefixed(lacking.abi_encode()),
        ),
        (
            request(&owner, token, &Token::refuseCall { code: U256::from(9) }),
            "execution reverted",
            hex::encode_prefixed(refused.abi_encode()),
        ),
        (
            request(&owner, token, &Token::overflowCall { value: U256::from(1) }),
            "execution reverted: panic: ",
            hex::encode_prefixed(panic),
        ),
    ];
    for (request, words, data) in cases {
        for method in ["eth_call", "eth_estimateGas"] {
            let error = rpc.error(method, json!([request, "latest"])).await;
            assert_eq!(error.code, 3, "{method}: {error}");
            assert!(error.message.starts_with(words), "{method}: {error}");
            assert_eq!(error.data, data, "{method}");
        }
    }
}

#[tokio::test]
async fn a_transaction_that_reverts_is_included_and_changes_only_its_sender() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    let (owner, poor) = (Key::dev(0), Key::dev(1));
    let token = deploy_token(&rpc, &owner, 0).await;
    let before = rpc.balance(poor.address()).await;
    let value = U256::from(5);
    let to = owner.address();
    let receipt = rpc.include(&call(&poor, 0, token, &Token::transferCall { to, value })).await;
    assert_eq!((&receipt["status"], &receipt["logs"]), (&json!("0x0"), &json!([])));
    let gas: U256 = typed(receipt["gasUsed"].clone());
    let price: U256 = typed(receipt["effectiveGasPrice"].clone());
    assert_eq!(before - rpc.balance(poor.address()).await, gas * price);
    assert_eq!(rpc.nonce(poor.address()).await, 1);
    let owned = ask(&rpc, token, &Token::balanceOfCall { owner: to }).await;
    assert_eq!(owned, U256::from(TOKEN_SUPPLY));
}
