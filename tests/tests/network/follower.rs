//! A full node: follows, answers, hands transactions on.

use alloy_primitives::U256;
use btt_tests::{
    keys::Key,
    network::{
        Network,
        load::{SINK, transfer},
        watch::{Watch, agree, go_on, until_height},
    },
    rpc::number,
};
use serde_json::json;

#[tokio::test]
async fn a_full_node_follows_answers_and_hands_transactions_on() {
    let mut network = Network::start(4, &["--block-time=100"]);
    let validators = network.rpcs();
    let follower = network.add_follower(&[0, 1]);
    go_on(&validators, 20).await;
    network.run(follower);
    let rpcs = network.rpcs();
    let watch = Watch::start(network.rpcs());
    let rpc = &rpcs[follower];
    go_on(&rpcs, 5).await;
    let status = rpc.call("consensus_status", json!([])).await;
    assert_eq!(
        (&status["power"], &status["totalPower"]),
        (&json!("0x0"), &json!("0x3d0900")),
        "{status}"
    );
    assert_eq!(rpc.call("eth_syncing", json!([])).await, json!(false));
    let text = network.wallet(follower).run(["net", "status"]).ok();
    assert!(text.contains("full node, without a vote"), "{text}");

    // One at a time, then many at once: all become final though no validator was asked.
    let key = Key::dev(0);
    let receipt = rpc.include(&transfer(&key, 0, SINK)).await;
    let height = number(&receipt["blockNumber"]);
    until_height(&rpcs[3], height).await;
    assert_eq!(rpcs[3].balance(SINK).await, U256::from(1));
    for nonce in 1..40 {
        rpc.send(&transfer(&key, nonce, SINK)).await;
    }
    rpc.until("eth_getTransactionCount", json!([key.address(), "latest"]), |n| number(n) == 40)
        .await;
    // What validators take in reaches the full node's pool or blocks as well.
    let raw = transfer(&Key::dev(1), 0, SINK);
    let hash = rpcs[2].send(&raw).await;
    rpc.receipt(hash).await;

    // It comes back after a kill, and follows when one of its peers is down.
    network.kill(follower);
    network.kill(0);
    go_on(&rpcs[1..4], 5).await;
    network.run(follower);
    go_on(&rpcs[1..], 5).await;
    network.run(0);
    go_on(&rpcs, 3).await;
    agree(&rpcs).await;
    watch.finish(&rpcs).await;
    network.stop_and_verify();
}

#[tokio::test]
async fn a_transaction_taken_while_alone_is_handed_on_when_peers_come() {
    let mut network = Network::prepare(4, &["--block-time=100"]);
    let follower = network.add_follower(&[0, 1]);
    network.run(follower);
    let hash = network.rpc(follower).send(&transfer(&Key::dev(0), 0, SINK)).await;
    network.run_all();
    let receipt = network.rpc(3).receipt(hash).await;
    assert_eq!(receipt["status"], "0x1");
    network.stop_and_verify();
}
