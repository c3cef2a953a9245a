//! What happens to lines: split networks that heal, and lines that are slow and lose packets.

use btt_tests::{
    network::{
        Network,
        link::{Link, Quality},
        load::{Load, hold},
        space,
        watch::{Watch, agree, go_on, rate, top, until_height},
    },
    rpc::Rpc,
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const SENDERS: usize = 4;

/// A network on slow lines: every pair has two, one for each that dials. They live as long as their list.
async fn slow_network(quality: Quality) -> (Network, Vec<Link>) {
    let mut network = Network::prepare(4, &["--block-time=100"]);
    let mut links = Vec::new();
    for node in 0..4 {
        let mut config = network.node(node).config();
        let mut peers = Vec::new();
        for peer in config["persistent_peers"].as_array().unwrap() {
            let peer = peer.as_str().unwrap();
            let other = (0..4)
                .find(|other| peer.contains(&format!("/{}/", network.node(*other).original_p2p())));
            let link = Link::open(network.node(other.unwrap()).p2p_addr(), quality).await;
            let id = peer.rsplit('/').next().unwrap();
            let port = link.address.port();
            peers.push(toml::Value::from(format!("/ip4/127.0.0.1/tcp/{port}/p2p/{id}")));
            links.push(link);
        }
        config.insert("persistent_peers".into(), peers.into());
        network.node(node).set_config(&config);
    }
    network.run_all();
    (network, links)
}

async fn slow_lines_are_no_obstacle(blocks: u64) {
    let quality = Quality { delay: Duration::from_millis(100), loss_percent: 5 };
    let (network, links) = slow_network(quality).await;
    let rpcs = network.rpcs();
    let watch = Watch::start(network.rpcs());
    go_on(&rpcs, 3).await;
    let load = Load::start(&rpcs, SENDERS);
    println!("{:.2} blocks/s over lines of 100 ms that lose 5 %", rate(&rpcs, blocks).await);
    let included = load.finish().await;
    go_on(&rpcs, 1).await;
    // Nobody has found a way around the slow lines.
    let token = network.folder().join("admin-token");
    let flags = ["--json", "net", "peers", "--admin-token-file", token.to_str().unwrap()];
    for node in 0..4 {
        let peers: Value = network.wallet(node).run(flags).json();
        for peer in peers["peers"].as_array().unwrap().iter().filter(|p| p["inbound"] == false) {
            let address = peer["address"].as_str().unwrap();
            let is_slow = |link: &Link| address.contains(&format!("/{}", link.address.port()));
            assert!(links.iter().any(is_slow), "{peers}");
        }
    }
    let mut rounds = 0;
    for height in 1..=top(&rpcs).await {
        let commit = rpcs[0].call("consensus_commit", json!([height])).await;
        rounds += btt_tests::rpc::number(&commit["round"]);
    }
    println!("{rounds} rounds were lost in {} blocks", top(&rpcs).await);
    for rpc in &rpcs {
        hold(rpc, &included, SENDERS).await;
    }
    agree(&rpcs).await;
    watch.finish(&rpcs).await;
    network.stop_and_verify();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_of_a_tenth_of_a_second_that_lose_packets_are_no_obstacle() {
    slow_lines_are_no_obstacle(10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "minutes long: make network-test"]
async fn slow_lines_for_long() {
    slow_lines_are_no_obstacle(150).await;
}

/// Splits a network of namespaces for a while; what each half did meanwhile is checked.
async fn split(network: &Network, away: &[usize], lasts: Duration) {
    let rpcs = network.rpcs();
    let here: Vec<Rpc> =
        (0..4).filter(|n| !away.contains(n)).map(|node| network.rpc(node)).collect();
    let there: Vec<Rpc> = away.iter().map(|node| network.rpc(*node)).collect();
    away.iter().for_each(|node| space::plug(*node, 1));
    let started = Instant::now();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (at_here, at_there) = (top(&here).await, top(&there).await);
    let goes_on = here.len() == 3;
    if goes_on {
        go_on(&here, 5).await;
    }
    tokio::time::sleep(lasts.saturating_sub(started.elapsed())).await;
    // A decision may have been on its way.
    assert!(top(&there).await <= at_there + 1, "the minority went on");
    if !goes_on {
        assert!(top(&here).await <= at_here + 1, "half of the validators went on");
    }
    let height = top(&rpcs).await;
    away.iter().for_each(|node| space::plug(*node, 0));
    let healed = Instant::now();
    for rpc in &rpcs {
        until_height(rpc, height + 1).await;
    }
    println!(
        "{}|{} for {:?}: height {height}, all beyond it {:?} after it healed",
        here.len(),
        there.len(),
        lasts,
        healed.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs root: make network-test"]
async fn split_networks_heal_without_a_fork() {
    if !space::is_inside("links::split_networks_heal_without_a_fork") {
        return;
    }
    let mut network = Network::prepare(4, &["--block-time=100"]);
    space::spread(&mut network);
    network.run_all();
    let rpcs = network.rpcs();
    let watch = Watch::start(network.rpcs());
    go_on(&rpcs, 5).await;
    let load = Load::start(&rpcs, SENDERS);
    for (away, seconds) in
        [(&[2, 3][..], 3), (&[3][..], 5), (&[1, 2][..], 15), (&[0][..], 30), (&[0, 3][..], 60)]
    {
        split(&network, away, Duration::from_secs(seconds)).await;
        go_on(&rpcs, 10).await;
    }
    let included = load.finish().await;
    go_on(&rpcs, 1).await;
    for rpc in &rpcs {
        hold(rpc, &included, SENDERS).await;
    }
    println!("{} transfers, common height {}", included.len(), agree(&rpcs).await);
    watch.finish(&rpcs).await;
    network.stop_and_verify();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs root: make network-test"]
async fn slow_and_lossy_lines_of_the_kernel_are_no_obstacle() {
    if !space::is_inside("links::slow_and_lossy_lines_of_the_kernel_are_no_obstacle") {
        return;
    }
    let mut network = Network::prepare(4, &["--block-time=100"]);
    space::spread(&mut network);
    if !space::impair(4, "delay 100ms loss 5%") {
        println!(
            "skipped: this kernel has no netem; slow_lines_for_long has lines of the test's own"
        );
        return;
    }
    network.run_all();
    let rpcs = network.rpcs();
    let load = Load::start(&rpcs, SENDERS);
    println!("{:.2} blocks/s over netem's lines", rate(&rpcs, 100).await);
    let included = load.finish().await;
    go_on(&rpcs, 1).await;
    for rpc in &rpcs {
        hold(rpc, &included, SENDERS).await;
    }
    agree(&rpcs).await;
    network.stop_and_verify();
}
