//! Being told: subscriptions over WebSocket, filters over HTTP.

use crate::support::{Token, call, deploy_token, transfer};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolEvent as _;
use btt_tests::{
    keys::Key,
    process::{LOOK_INTERVAL, Node, NodeOptions},
    rpc::{PATIENCE, Params, Rpc, number, typed},
};
use jsonrpsee::{
    core::client::{ClientT as _, Subscription, SubscriptionClientT as _},
    ws_client::{WsClient, WsClientBuilder},
};
use serde_json::{Value, json};
use std::time::Instant;

async fn connect(node: &Node) -> WsClient {
    WsClientBuilder::default().build(node.ws_url()).await.expect("a WebSocket")
}

async fn subscribe(client: &WsClient, params: Value) -> Subscription<Value> {
    let subscribed = client.subscribe("eth_subscribe", Params(params), "eth_unsubscribe").await;
    subscribed.expect("a subscription")
}

async fn next(subscription: &mut Subscription<Value>) -> Value {
    let event = tokio::time::timeout(PATIENCE, subscription.next()).await.expect("in time");
    event.expect("the subscription goes on").expect("JSON")
}

#[tokio::test]
async fn new_heads_come_without_a_gap() {
    let node = NodeOptions::default().block_time(20).start();
    let rpc = Rpc::new(node.rpc_url());
    let client = connect(&node).await;
    let mut heads = subscribe(&client, json!(["newHeads"])).await;
    let first = next(&mut heads).await;
    let (mut parent, mut height) = (first["hash"].clone(), number(&first["number"]));
    for nonce in 0..60 {
        if nonce % 3 == 0 {
            rpc.send(&transfer(&Key::dev(0), nonce / 3, Address::repeat_byte(1), 1)).await;
        }
        let head = next(&mut heads).await;
        assert_eq!(number(&head["number"]), height + 1);
        assert_eq!(head["parentHash"], parent);
        (parent, height) = (head["hash"].clone(), height + 1);
    }
    // Whoever hears of a block can read it at once.
    let block: Value =
        client.request("eth_getBlockByHash", Params(json!([parent, false]))).await.unwrap();
    assert_eq!(number(&block["number"]), height);
}

#[tokio::test]
async fn logs_and_waiting_transactions_are_told_to_those_who_asked() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    let owner = Key::dev(0);
    let token = deploy_token(&rpc, &owner, 0).await;
    let other = deploy_token(&rpc, &owner, 1).await;
    let client = connect(&node).await;
    let to = Key::dev(1).address();
    let filter = json!({
        "address": token,
        "topics": [Token::Transfer::SIGNATURE_HASH, null, to.into_word()],
    });
    let mut logs = subscribe(&client, json!(["logs", filter])).await;
    let mut pending = subscribe(&client, json!(["newPendingTransactions"])).await;
    let mut full = subscribe(&client, json!(["newPendingTransactions", true])).await;
    let value = U256::from(3);
    let sent = [
        call(&owner, 2, other, &Token::transferCall { to, value }),
        call(&owner, 3, token, &Token::transferCall { to: Key::dev(2).address(), value }),
        call(&owner, 4, token, &Token::transferCall { to, value }),
    ];
    let mut hashes = Vec::new();
    for raw in &sent {
        hashes.push(rpc.send(raw).await);
    }
    for hash in &hashes {
        assert_eq!(typed::<B256>(next(&mut pending).await), *hash);
        let tx = next(&mut full).await;
        assert_eq!(typed::<B256>(tx["hash"].clone()), *hash);
        assert_eq!(typed::<Address>(tx["from"].clone()), owner.address());
    }
    let log = next(&mut logs).await;
    assert_eq!(typed::<B256>(log["transactionHash"].clone()), hashes[2], "only what was asked for");
    assert_eq!(typed::<U256>(log["data"].clone()), value);
    assert_eq!(log["removed"], false);
    let refused = client
        .subscribe::<Value, _>("eth_subscribe", Params(json!(["everything"])), "eth_unsubscribe")
        .await;
    assert!(refused.is_err());
    let over_http = rpc.error("eth_subscribe", json!(["newHeads"])).await;
    assert!(over_http.message.contains("WebSocket"), "{over_http}");
}

#[tokio::test]
async fn filters_tell_every_thing_once() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    let owner = Key::dev(0);
    let token = deploy_token(&rpc, &owner, 0).await;
    let log_filter =
        rpc.call("eth_newFilter", json!([{ "address": token, "fromBlock": "earliest" }])).await;
    let blocks = rpc.call("eth_newBlockFilter", json!([])).await;
    let pending = rpc.call("eth_newPendingTransactionFilter", json!([])).await;
    let to = Key::dev(1).address();
    let moved = call(&owner, 1, token, &Token::transferCall { to, value: U256::from(1) });
    let receipt = rpc.include(&moved).await;
    let changes = async |id: &Value| rpc.call("eth_getFilterChanges", json!([id])).await;
    assert_eq!(changes(&blocks).await, json!([receipt["blockHash"]]));
    assert_eq!(changes(&pending).await, json!([receipt["transactionHash"]]));
    let logs = changes(&log_filter).await;
    assert_eq!(logs.as_array().map(Vec::len), Some(1), "{logs}");
    assert_eq!(logs[0]["transactionHash"], receipt["transactionHash"]);
    for id in [&blocks, &pending, &log_filter] {
        assert_eq!(changes(id).await, json!([]));
    }
    let all = rpc.call("eth_getFilterLogs", json!([log_filter])).await;
    assert_eq!(all.as_array().map(Vec::len), Some(2), "those before it, too");
    assert_eq!(rpc.call("eth_uninstallFilter", json!([blocks])).await, true);
    assert_eq!(rpc.call("eth_uninstallFilter", json!([blocks])).await, false);
    let gone = rpc.error("eth_getFilterChanges", json!([blocks])).await;
    assert_eq!(gone.message, "filter not found");
}

/// Files that the process has open: sockets are among them.
fn open_files(node: &Node) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", node.pid())).expect("Linux").count()
}

#[tokio::test]
async fn connections_that_go_leave_nothing_behind() {
    let node = NodeOptions::default().block_time(20).start();
    let rpc = Rpc::new(node.rpc_url());
    rpc.height().await;
    let before = open_files(&node);
    for _ in 0..20 {
        let client = connect(&node).await;
        let mut heads = subscribe(&client, json!(["newHeads"])).await;
        next(&mut heads).await;
        let logs = subscribe(&client, json!(["logs", {}])).await;
        logs.unsubscribe().await.expect("unsubscribed");
        // One ends its subscription, the other just goes.
        drop(heads);
        drop(client);
    }
    // Connections end some time after their clients are gone.
    let deadline = Instant::now() + PATIENCE;
    while open_files(&node) > before + 3 {
        assert!(Instant::now() < deadline, "{before} files before, {} now", open_files(&node));
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    let limit = 32;
    let client = connect(&node).await;
    let mut kept = Vec::new();
    for _ in 0..limit {
        kept.push(subscribe(&client, json!(["newHeads"])).await);
    }
    let more = client
        .subscribe::<Value, _>("eth_subscribe", Params(json!(["newHeads"])), "eth_unsubscribe")
        .await;
    assert!(more.is_err(), "the limit of a connection is {limit}");
    assert!(number(&next(&mut kept[0]).await["number"]) > 0);
}
