//! Four validators agree, and a transaction that any of them takes is final at all.

use alloy_primitives::{B256, U256};
use btt_tests::{
    keys::Key,
    network::{
        Network,
        load::{Load, SINK, hold, transfer},
        watch::{Watch, agree, all_sign, go_on, top, until_height},
    },
};
use serde_json::json;

#[tokio::test]
async fn four_validators_decide_and_agree_on_every_block() {
    let network = Network::start(4, &["--block-time=100"]);
    let rpcs = network.rpcs();
    let watch = Watch::start(network.rpcs());
    go_on(&rpcs, 10).await;
    // Sent where somebody happens to be connected; final, and seen by all.
    for (node, rpc) in rpcs.iter().enumerate() {
        let key = Key::dev(node);
        let hash: B256 = rpc.send(&transfer(&key, 0, SINK)).await;
        let receipt = rpc.receipt(hash).await;
        let height = btt_tests::rpc::number(&receipt["blockNumber"]);
        for other in &rpcs {
            until_height(other, height).await;
            let same = other.call("eth_getTransactionReceipt", json!([hash])).await;
            assert_eq!(same, receipt);
        }
    }
    for rpc in &rpcs {
        until_height(rpc, top(&rpcs).await).await;
        assert_eq!(rpc.balance(SINK).await, U256::from(4));
    }
    all_sign(&rpcs[0]).await;
    assert!(agree(&rpcs).await >= 10);
    watch.finish(&rpcs).await;
    network.stop_and_verify();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transfers_at_all_nodes_at_once_are_all_final() {
    const SENDERS: usize = 8;
    let network = Network::start(4, &["--block-time=100"]);
    let rpcs = network.rpcs();
    let watch = Watch::start(network.rpcs());
    let load = Load::start(&rpcs, SENDERS);
    go_on(&rpcs, 30).await;
    let included = load.finish().await;
    assert!(included.len() >= SENDERS, "{} transfers", included.len());
    go_on(&rpcs, 1).await;
    for rpc in &rpcs {
        hold(rpc, &included, SENDERS).await;
    }
    agree(&rpcs).await;
    watch.finish(&rpcs).await;
    network.stop_and_verify();
}
