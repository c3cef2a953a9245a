//! Nodes that lost their data, or look like somebody else's.

use btt_tests::{
    network::{
        Network,
        load::{Load, hold},
        watch::{Watch, agree, all_sign, go_on, metric, top, until_height},
    },
    rpc::number,
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wiped_node_fetches_the_chain_and_votes_only_above_what_it_had_signed() {
    const SENDERS: usize = 4;
    const BLOCKS: u64 = 150;
    let mut network = Network::start(4, &["--block-time=50"]);
    let rpcs = network.rpcs();
    let watch = Watch::start(network.rpcs());
    let load = Load::start(&rpcs, SENDERS);
    go_on(&rpcs, BLOCKS).await;
    let included = load.finish().await;
    network.kill(3);
    let had = top(&rpcs[..3]).await;
    network.wipe(3);
    let started = Instant::now();
    network.run(3);
    let ready = started.elapsed();
    let behind = rpcs[3].call("eth_syncing", json!([])).await;
    until_height(&rpcs[3], had).await;
    let took = started.elapsed() - ready;
    println!("{had} blocks in {took:?} after {ready:?}, first eth_syncing {behind}");
    // The record outside the data folder remains: it says how far this key has signed.
    assert!(network.node(3).log().contains("guard"), "{}", network.node(3).log());
    rpcs[3].until("eth_syncing", json!([]), |answer| *answer == json!(false)).await;
    go_on(&rpcs, 3).await;
    all_sign(&rpcs[0]).await;
    for rpc in &rpcs {
        hold(rpc, &included, SENDERS).await;
    }
    for node in 0..3 {
        let url = network.node(node).url();
        assert_eq!(metric(&url, "btt_consensus_evidence_total").await.unwrap_or(0.0), 0.0);
    }
    agree(&rpcs).await;
    watch.finish(&rpcs).await;
    network.stop_and_verify();
}

#[tokio::test]
async fn a_node_of_another_genesis_is_refused_and_harms_nobody() {
    let mut network = Network::start(4, &["--block-time=100"]);
    // Another validator's key, hence another genesis.
    let mut stranger = Network::prepare(1, &["--block-time=100"]);
    let rpcs = network.rpcs();
    go_on(&rpcs, 3).await;
    // The other chain's validator is told to connect to this chain's.
    let mut config = stranger.node(0).config();
    config["persistent_peers"] = network.node(1).config()["persistent_peers"].clone();
    stranger.node(0).set_config(&config);
    stranger.run_all();
    until_height(&stranger.rpc(0), 5).await;
    go_on(&rpcs, 5).await;
    let token = stranger.folder().join("admin-token");
    let flags = ["net", "peers", "--admin-token-file", token.to_str().unwrap()];
    assert_eq!(stranger.wallet(0).run(flags).ok(), "no peers\n");
    // Told once a peer, not again and again.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let log = stranger.node(0).log();
    let told = log.to_lowercase().matches("genesis").count();
    assert!((1..=6).contains(&told), "told {told} times:\n{log}");
    for node in 0..4 {
        let peers = metric_of_peers(&network.node(node).url()).await;
        assert_eq!(peers, 3, "node {node}");
    }
    agree(&rpcs).await;
    stranger.kill(0);
    network.kill(0);
    network.run(0);
    go_on(&rpcs, 3).await;
    network.stop_and_verify();
}

async fn metric_of_peers(url: &str) -> u64 {
    let health = reqwest::get(format!("{url}/health")).await.unwrap();
    let json: Value = health.json().await.unwrap();
    let peers = &json["peers"];
    peers.as_u64().unwrap_or_else(|| number(peers))
}
