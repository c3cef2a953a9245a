//! Every method on a real chain, without a socket.

use super::{fixture, fixture_with};
use crate::{
    rpc::{RpcLimits, catalog::catalog},
    testing::{block, pay, signed, stranger},
};
use alloy_primitives::{Bytes, TxKind, hex};
use btt_genesis::dev_accounts;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Init code that logs 32 zero bytes with topic 5 and leaves `STOP` as code.
const LOGGING_INIT: &[u8] = &hex!("600560206000a1 60006000f3");
/// Returns 42.
const RETURNS_42: &str = "0x602a60005260206000f3";
/// Jumps for ever.
const LOOPS: &str = "0x5b600056";
/// Reverts with nothing.
const REVERTS: &str = "0x60006000fd";

fn account(index: usize) -> String {
    format!("{:?}", dev_accounts()[index].address)
}

/// A call to an account whose code is `code` for this call.
fn call_of(code: &str) -> Value {
    let to = "0x00000000000000000000000000000000000c0de0";
    json!([{"to": to}, "latest", {(to): {"code": code}}])
}

#[tokio::test]
async fn the_catalogue_lists_exactly_what_is_registered() {
    let listed: BTreeSet<&str> = catalog().into_iter().map(|entry| entry.name).collect();
    let registered: BTreeSet<&str> = fixture().methods.method_names().collect();
    assert_eq!(registered, listed);
    let elsewhere = fixture_with(RpcLimits::default(), false);
    let document = elsewhere.ask("rpc.discover", json!([])).await;
    let names = document["methods"].as_array().unwrap().iter();
    let described: BTreeSet<&str> = names.map(|method| method["name"].as_str().unwrap()).collect();
    assert_eq!(described, elsewhere.methods.method_names().collect());
    assert!(!described.contains("evm_mine"));
    assert_eq!(elsewhere.ask("rpc_discover", json!([])).await, document);
}

#[tokio::test]
async fn a_transfer_is_seen_in_its_block_receipt_and_balances() {
    let node = fixture();
    let tx = pay(0, 0, stranger(1), 12_345);
    let block_hash = block(&node.chain, vec![tx.clone()]);
    let hash = json!([tx.hash()]);
    let receipt = node.ask("eth_getTransactionReceipt", hash.clone()).await;
    assert_eq!(receipt["status"], "0x1");
    assert_eq!(receipt["type"], "0x2");
    assert_eq!(receipt["gasUsed"], "0x5208");
    assert_eq!(receipt["blockHash"], json!(block_hash));
    let found = node.ask("eth_getTransactionByHash", hash.clone()).await;
    assert_eq!(found["from"], account(0));
    assert_eq!((&found["blockNumber"], &found["value"]), (&json!("0x1"), &json!("0x3039")));
    assert_eq!(node.ask("eth_getRawTransactionByHash", hash).await, json!(tx.raw()));
    for tag in ["latest", "safe", "finalized", "0x1"] {
        let block = node.ask("eth_getBlockByNumber", json!([tag, true])).await;
        assert_eq!(block["hash"], json!(block_hash), "{tag}");
        assert_eq!(block["transactions"][0], found, "{tag}");
    }
    let by_hash = node.ask("eth_getBlockByHash", json!([block_hash, false])).await;
    assert_eq!(by_hash["transactions"], json!([tx.hash()]));
    let stranger = json!(stranger(1));
    assert_eq!(node.ask("eth_getBalance", json!([stranger, "latest"])).await, "0x3039");
    assert_eq!(node.ask("eth_getBalance", json!([stranger, "earliest"])).await, "0x0");
    let at_block = json!([stranger, {"blockHash": block_hash}]);
    assert_eq!(node.ask("eth_getBalance", at_block).await, "0x3039");
    assert_eq!(node.ask("eth_getTransactionCount", json!([account(0)])).await, "0x1");
    let receipts = node.ask("eth_getBlockReceipts", json!(["latest"])).await;
    assert_eq!(receipts, json!([receipt]));
}

#[tokio::test]
async fn what_waits_is_seen_as_pending() {
    let node = fixture();
    let raw = pay(0, 0, stranger(1), 1).raw().clone();
    let hash = node.ask("eth_sendRawTransaction", json!([raw])).await;
    assert_eq!(
        node.error("eth_sendRawTransaction", json!([raw])).await,
        (-32000, "already known".to_owned())
    );
    let count = |tag| json!([account(0), tag]);
    assert_eq!(node.ask("eth_getTransactionCount", count("pending")).await, "0x1");
    assert_eq!(node.ask("eth_getTransactionCount", count("latest")).await, "0x0");
    let found = node.ask("eth_getTransactionByHash", json!([hash])).await;
    assert!(found["blockHash"].is_null(), "{found}");
    assert_eq!(node.ask("eth_getTransactionReceipt", json!([hash])).await, Value::Null);
    let pending = node.ask("eth_getBlockByNumber", json!(["pending", false])).await;
    assert_eq!((&pending["number"], &pending["transactions"]), (&json!("0x1"), &json!([hash])));
    let status = node.ask("txpool_status", json!([])).await;
    assert_eq!(status, json!({"pending": "0x1", "queued": "0x0"}));
    let from = node.ask("txpool_contentFrom", json!([account(0)])).await;
    assert_eq!(from["pending"]["0"]["hash"], hash);
    assert_eq!(node.mempool.status(), (1, 0));
}

#[tokio::test]
async fn calls_return_revert_and_run_out_as_geth_says() {
    let node = fixture();
    let answer = node.ask("eth_call", call_of(RETURNS_42)).await;
    assert_eq!(answer, format!("0x{:064x}", 42));
    let reverted = node.response("eth_call", call_of(REVERTS)).await["error"].clone();
    assert_eq!(reverted, json!({"code": 3, "message": "execution reverted", "data": "0x"}));
    assert_eq!(node.error("eth_call", call_of("0xfe")).await.1, "invalid opcode: INVALID");
    let unknown = node.error("eth_call", json!([{}, "0x99"])).await;
    assert_eq!(unknown, (-32000, "header not found".to_owned()));
    let poor = json!([{"from": stranger(1), "to": stranger(2), "value": "0x1"}]);
    assert!(node.error("eth_call", poor.clone()).await.1.contains("insufficient funds"));
    assert!(node.error("eth_estimateGas", poor).await.1.contains("insufficient funds"));
}

#[tokio::test]
async fn a_call_that_does_not_end_is_cut_by_gas_or_by_time() {
    let little = RpcLimits { call_gas: 1_000_000, ..RpcLimits::default() };
    let by_gas = fixture_with(little, true).error("eth_call", call_of(LOOPS)).await;
    assert_eq!(by_gas, (-32000, "out of gas".to_owned()));
    let limits = RpcLimits { call_gas: u64::MAX, call_time_ms: 50, ..RpcLimits::default() };
    let by_time = fixture_with(limits, true).error("eth_call", call_of(LOOPS)).await;
    assert_eq!(by_time, (-32000, "execution aborted (timeout = 50 ms)".to_owned()));
}

#[tokio::test]
async fn a_call_is_the_same_whether_it_is_quick_or_not() {
    let node = fixture();
    // The identity precompile and modexp, by plain calls; the second goes to another thread.
    let identity = "0x0000000000000000000000000000000000000004";
    let echo = json!([{"to": identity, "data": "0xabcd"}]);
    assert_eq!(node.ask("eth_call", echo).await, "0xabcd");
    let modexp = "0x0000000000000000000000000000000000000005";
    let word = |n: u8| format!("{n:064x}");
    let data = format!("0x{}{}{}030507", word(1), word(1), word(1));
    assert_eq!(node.ask("eth_call", json!([{"to": modexp, "data": data}])).await, "0x05");
    // Init code that jumps 10,000 times and returns nothing: too many steps to be quick.
    let long = json!([{"data": "0x6127105b6001900380600357"}]);
    assert_eq!(node.ask("eth_call", long).await, "0x");
}

#[tokio::test]
async fn gas_is_estimated_for_transfers_and_calls() {
    let node = fixture();
    let transfer = json!([{"from": account(0), "to": stranger(1), "value": "0x1"}]);
    assert_eq!(node.ask("eth_estimateGas", transfer).await, "0x5208");
    let answer = node.ask("eth_estimateGas", call_of(RETURNS_42)).await;
    let gas = u64::from_str_radix(answer.as_str().unwrap().trim_start_matches("0x"), 16).unwrap();
    assert!((21_018..22_000).contains(&gas), "{gas}");
    assert_eq!(node.error("eth_estimateGas", call_of(REVERTS)).await.0, 3);
}

#[tokio::test]
async fn an_access_list_names_the_slots_that_a_call_reads() {
    let node = fixture();
    // SLOAD(7).
    let result = node.ask("eth_createAccessList", call_of("0x60075450")).await;
    let slots = &result["accessList"][0]["storageKeys"];
    assert_eq!(slots, &json!([format!("0x{:064x}", 7)]), "{result}");
    assert!(result["error"].is_null());
}

#[tokio::test]
async fn logs_are_found_and_too_wide_questions_refused() {
    let limits = RpcLimits { log_blocks: 2, filter_values: 2, ..RpcLimits::default() };
    let node = fixture_with(limits, true);
    let code = Bytes::from_static(LOGGING_INIT);
    block(&node.chain, vec![signed(0, 0, TxKind::Create, 0, code)]);
    let topic = format!("0x{:064x}", 5);
    let query = json!([{"fromBlock": "0x0", "toBlock": "0x1", "topics": [topic]}]);
    let logs = node.ask("eth_getLogs", query).await;
    assert_eq!(logs.as_array().unwrap().len(), 1);
    assert_eq!((&logs[0]["blockNumber"], &logs[0]["logIndex"]), (&json!("0x1"), &json!("0x0")));
    let other = json!([{"fromBlock": "0x0", "topics": [format!("0x{:064x}", 6)]}]);
    assert_eq!(node.ask("eth_getLogs", other).await, json!([]));
    block(&node.chain, vec![]);
    let wide = node.error("eth_getLogs", json!([{"fromBlock": "0x0", "toBlock": "0x2"}])).await;
    assert_eq!(wide.0, -32005);
    assert!(wide.1.contains("max block range 2"), "{}", wide.1);
    let many = json!([{"address": [stranger(1), stranger(2), stranger(3)]}]);
    assert_eq!(node.error("eth_getLogs", many).await.0, -32005);
    let backwards = json!([{"fromBlock": "0x2", "toBlock": "0x1"}]);
    assert_eq!(node.error("eth_getLogs", backwards).await.0, -32602);
}

#[tokio::test]
async fn a_filter_tells_each_block_once() {
    let node = fixture();
    let id = node.ask("eth_newBlockFilter", json!([])).await;
    let hash = block(&node.chain, vec![]);
    assert_eq!(node.ask("eth_getFilterChanges", json!([id])).await, json!([hash]));
    assert_eq!(node.ask("eth_getFilterChanges", json!([id])).await, json!([]));
    assert_eq!(node.ask("eth_uninstallFilter", json!([id])).await, true);
    assert_eq!(node.error("eth_getFilterChanges", json!([id])).await.1, "filter not found");
}

#[tokio::test]
async fn a_fee_history_has_one_base_fee_more_than_blocks() {
    let node = fixture();
    block(&node.chain, vec![pay(0, 0, stranger(1), 1)]);
    block(&node.chain, vec![]);
    let history = node.ask("eth_feeHistory", json!(["0x2", "latest", [10, 90]])).await;
    assert_eq!(history["oldestBlock"], "0x1");
    assert_eq!(history["baseFeePerGas"].as_array().unwrap().len(), 3);
    assert_eq!(history["gasUsedRatio"].as_array().unwrap().len(), 2);
    assert_eq!(history["baseFeePerBlobGas"], json!(["0x0", "0x0", "0x0"]));
    assert_eq!(history["reward"], json!([["0x3b9aca00", "0x3b9aca00"], ["0x0", "0x0"]]));
    let all = node.ask("eth_feeHistory", json!([100, "latest", []])).await;
    assert_eq!(all["oldestBlock"], "0x0", "no more than there are");
    assert_eq!(node.error("eth_feeHistory", json!(["0x1", "0x9"])).await.1, "header not found");
}

#[tokio::test]
async fn a_transaction_is_traced_on_the_state_that_it_met() {
    let node = fixture();
    let (first, second) = (pay(0, 0, stranger(1), 1), pay(0, 1, stranger(2), 2));
    block(&node.chain, vec![first, second.clone()]);
    let call_tracer = json!({"tracer": "callTracer"});
    let trace = node.ask("debug_traceTransaction", json!([second.hash(), call_tracer])).await;
    assert_eq!((&trace["type"], &trace["value"]), (&json!("CALL"), &json!("0x2")));
    assert_eq!((&trace["gasUsed"], &trace["gas"]), (&json!("0x5208"), &json!("0x30d40")));
    let all = node.ask("debug_traceBlockByNumber", json!(["0x1", call_tracer])).await;
    assert_eq!(all.as_array().unwrap().len(), 2);
    assert_eq!(all[1], json!({"txHash": second.hash(), "result": trace}));
    let steps = node.ask("debug_traceTransaction", json!([second.hash()])).await;
    assert_eq!((&steps["failed"], &steps["gas"]), (&json!(false), &json!(21_000)));
}

#[tokio::test]
async fn a_trace_that_grows_too_large_is_refused() {
    let node = fixture_with(RpcLimits { trace_steps: 1_000, ..RpcLimits::default() }, true);
    let to = "0x00000000000000000000000000000000000c0de0";
    let options = json!({"stateOverrides": {(to): {"code": LOOPS}}});
    let error = node.error("debug_traceCall", json!([{"to": to}, "latest", options])).await;
    assert_eq!(error, (-32005, "trace of more than 1000 steps; try callTracer".to_owned()));
}

#[tokio::test]
async fn a_trace_of_huge_inputs_or_outputs_is_refused() {
    let node = fixture_with(RpcLimits { trace_bytes: 10_000, ..RpcLimits::default() }, true);
    let to = "0x00000000000000000000000000000000000c0de0";
    // The first calls address 4 with 65,535 bytes of memory; the second returns as many.
    for code in ["0x5f5f61ffff5f5f60095af1", "0x61ffff5ff3"] {
        let options = json!({"tracer": "callTracer", "stateOverrides": {(to): {"code": code}}});
        let error = node.error("debug_traceCall", json!([{"to": to}, "latest", options])).await;
        assert_eq!(error.0, -32005, "{}", error.1);
        assert!(error.1.contains("more than 10000 bytes"), "{}", error.1);
    }
}

#[tokio::test]
async fn a_proof_is_of_the_state_root() {
    let node = fixture();
    block(&node.chain, vec![pay(0, 0, stranger(1), 7)]);
    let proof = node.ask("eth_getProof", json!([stranger(1), ["0x1"], "latest"])).await;
    assert_eq!((&proof["balance"], &proof["nonce"]), (&json!("0x7"), &json!("0x0")));
    assert_eq!(proof["storageProof"], json!([{"key": "0x1", "value": "0x0", "proof": []}]));
    let nodes: Vec<Bytes> = serde_json::from_value(proof["accountProof"].clone()).unwrap();
    let root = node.chain.head().header.state_root;
    assert_eq!(alloy_primitives::keccak256(&nodes[0]), root);
    let many: Vec<String> = (0..1_025).map(|slot| format!("0x{slot:x}")).collect();
    assert_eq!(node.error("eth_getProof", json!([stranger(1), many])).await.0, -32005);
}

#[tokio::test]
async fn the_dev_methods_reach_the_control() {
    let node = fixture();
    assert_eq!(node.ask("evm_mine", json!([])).await, "0x0");
    assert_eq!(node.ask("evm_increaseTime", json!([60])).await, 60);
    let error = node.error("evm_setNextBlockTimestamp", json!(["0x1"])).await;
    assert_eq!(error.0, -32602);
    assert!(error.1.contains("not after the newest"), "{}", error.1);
}

#[tokio::test]
async fn a_transaction_that_no_block_takes_times_out_with_its_hash() {
    let node = fixture();
    let tx = pay(0, 0, stranger(1), 1);
    let params = json!([tx.raw(), 20]);
    let error = node.response("eth_sendRawTransactionSync", params).await["error"].clone();
    assert_eq!((&error["code"], &error["data"]), (&json!(4), &json!(tx.hash())));
}
