//! Validators are killed: three of four go on, two wait, and what was final stays.

use btt_tests::{
    network::{
        Network,
        load::{Load, hold},
        watch::{PATIENCE, Watch, agree, all_sign, go_on, top, until_height},
    },
    rpc::number,
};
use serde_json::json;
use std::time::{Duration, Instant};

/// Commits that a validator misses before it is left out of the rotation.
const SKIP_AFTER: u64 = btt_runtime::block::rotation::SKIP_AFTER_MISSED;
/// A network without two thirds is looked at for so long: many times what a block takes, and long enough
/// for its nodes to say so.
const HALT: Duration = Duration::from_secs(11);

#[tokio::test]
async fn three_go_on_without_the_fourth_and_soon_without_its_turns() {
    let mut network = Network::start(4, &["--block-time=100"]);
    let rpcs = network.rpcs();
    let watch = Watch::start(network.rpcs());
    go_on(&rpcs, 5).await;
    network.kill(2);
    let living = [0, 1, 3].map(|node| network.rpc(node));
    let height = go_on(&living, SKIP_AFTER + 4).await;
    // From here on nobody waits for the dead one: whole turns of all four pass in round 0.
    let height = go_on(&living, 8).await.max(height);
    for block in height - 7..=height {
        let commit = living[0].call("consensus_commit", json!([block])).await;
        assert_eq!(number(&commit["round"]), 0, "block {block}: {commit}");
        assert_eq!(
            (&commit["signedPower"], &commit["totalPower"]),
            (&json!("0x2dc6c0"), &json!("0x3d0900"))
        );
    }
    network.run(2);
    go_on(&rpcs, 2).await;
    all_sign(&living[0]).await;
    agree(&rpcs).await;
    watch.finish(&rpcs).await;
    network.stop_and_verify();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_of_four_decide_nothing_and_go_on_when_the_others_are_back() {
    const SENDERS: usize = 4;
    let mut network = Network::start(4, &["--block-time=100"]);
    let rpcs = network.rpcs();
    let watch = Watch::start(network.rpcs());
    let load = Load::start(&rpcs, SENDERS);
    go_on(&rpcs, 10).await;
    network.kill(1);
    network.kill(3);
    let living = [network.rpc(0), network.rpc(2)];
    // One decision may have been under way.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let halted = top(&living).await;
    tokio::time::sleep(HALT).await;
    assert!(top(&living).await <= halted + 1, "{} after {halted}", top(&living).await);
    network.wait_for_log(0, "2 of 4 validators are connected");
    let started = Instant::now();
    network.run_all();
    let ready = started.elapsed();
    for rpc in &rpcs {
        until_height(rpc, halted + 2).await;
    }
    println!("blocks again {:?} after the start, ready {ready:?}", started.elapsed());
    network.wait_for_log(0, "blocks again after");
    let included = load.finish().await;
    let height = go_on(&rpcs, 2).await;
    for rpc in &rpcs {
        until_height(rpc, height).await;
        hold(rpc, &included, SENDERS).await;
    }
    agree(&rpcs).await;
    watch.finish(&rpcs).await;
    network.stop_and_verify();
}

#[tokio::test]
async fn all_killed_at_once_resume_where_they_were() {
    let mut network = Network::start(4, &["--block-time=100"]);
    let rpcs = network.rpcs();
    let watch = Watch::start(network.rpcs());
    for _ in 0..3 {
        let height = go_on(&rpcs, 5).await;
        (0..4).for_each(|node| network.kill(node));
        let started = Instant::now();
        network.run_all();
        for rpc in &rpcs {
            until_height(rpc, height + 2).await;
        }
        println!("blocks again {:?} after the start of all", started.elapsed());
        assert!(started.elapsed() < PATIENCE);
    }
    for node in 0..4 {
        let log = network.node(node).whole_log();
        assert!(!log.contains("guard"), "node {node} was not allowed to sign:\n{log}");
    }
    agree(&rpcs).await;
    watch.finish(&rpcs).await;
    network.stop_and_verify();
}
