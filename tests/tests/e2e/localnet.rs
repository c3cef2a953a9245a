//! `bttd localnet`: nodes are supervised, obey, and leave nothing behind.

use btt_tests::{
    localnet::Localnet,
    process::{LOOK_INTERVAL, Wallet, bttd},
    rpc::PATIENCE,
};
use serde_json::json;
use std::time::Instant;

#[test]
fn a_network_starts_obeys_survives_its_nodes_and_resumes() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("net");
    let mut network = Localnet::start(&dir, 1, &["--block-time=50"]);
    network.wait_for("node-0 is ready", 1);
    let banner = network.stdout();
    for wanted in ["1 validator, chain id 990002", "admin-token", "never fund", "Ctrl-C"] {
        assert!(banner.contains(wanted), "no '{wanted}' in {banner}");
    }
    let wallet = Wallet::new(&format!("http://{}", network.rpc(0)));
    let height = || wallet.run(["--json", "status"]).json()["block_number"].as_u64().unwrap();
    let status = wallet.run(["--json", "status"]).json();
    assert_eq!((&status["role"], &status["total_power"]), (&json!("proposer"), &json!(1_000_000)));
    let token = dir.join("admin-token");
    let peers = ["net", "peers", "--admin-token-file", token.to_str().unwrap()];
    assert_eq!(wallet.run(peers).ok(), "no peers\n");

    let second = bttd(["localnet", "--dir", dir.to_str().unwrap()]).fails(1);
    assert!(second.contains("runs already"), "{second}");
    assert!(network.order(&["status"]).ok().contains("runs"));
    let nobody = network.order(&["kill", "7"]).fails(1);
    assert!(nobody.contains("no node 7"), "{nobody}");
    let wrong = network.order(&["kill", "x"]).fails(1);
    assert!(wrong.contains("'x' is no node"), "{wrong}");

    let deadline = Instant::now() + PATIENCE;
    while height() < 2 {
        assert!(Instant::now() < deadline, "no blocks: {}", network.stderr());
        std::thread::sleep(LOOK_INTERVAL);
    }
    let before = height();
    assert_eq!(network.order(&["kill", "0"]).ok(), "node-0 killed\n");
    network.wait_until_silent(0);
    assert!(network.order(&["status"]).ok().contains("killed"));
    assert!(network.order(&["kill", "0"]).fails(1).contains("does not run"));
    assert_eq!(network.order(&["restart", "0"]).ok(), "node-0 started\n");
    network.wait_for("node-0 is ready", 2);
    assert!(height() >= before, "the chain went on from {before} at {}", height());
    // What a node logs is in its folder, from both lives.
    let log = std::fs::read_to_string(dir.join("node-0/log")).unwrap();
    assert_eq!(log.matches("bttd is ready").count(), 2, "{log}");

    assert_eq!(network.stop(), Some(0), "{}", network.stderr());
    network.wait_until_silent(0);
    let gone = network.order(&["status"]).fails(1);
    assert!(gone.contains("no network runs"), "{gone}");
    bttd(["verify", "--datadir", dir.join("node-0").to_str().unwrap()]).ok();

    let mut again = Localnet::start(&dir, 1, &[]);
    again.wait_for("node-0 is ready", 1);
    let wallet = Wallet::new(&format!("http://{}", again.rpc(0)));
    let resumed = wallet.run(["--json", "status"]).json()["block_number"].as_u64().unwrap();
    assert!(resumed >= before, "{resumed} after {before}");
    assert_eq!(again.order(&["stop"]).ok(), "all nodes stopped\n");
    assert_eq!(again.ended(), Some(0));
}

#[test]
fn nodes_end_with_a_supervisor_that_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut network = Localnet::start(folder.path(), 1, &["--block-time=50"]);
    network.wait_for("node-0 is ready", 1);
    network.kill();
    network.wait_until_silent(0);
    // It stops as after SIGTERM: cleanly, and a moment after its port closes it has let go of its data.
    let datadir = folder.path().join("node-0");
    let verify = || bttd(["verify", "--datadir", datadir.to_str().unwrap()]);
    let deadline = Instant::now() + PATIENCE;
    let mut verified = verify();
    while verified.code != Some(0) && Instant::now() < deadline {
        std::thread::sleep(LOOK_INTERVAL);
        verified = verify();
    }
    verified.ok();
    let log = std::fs::read_to_string(datadir.join("log")).unwrap();
    assert!(log.contains("stopping"), "{log}");
}

#[test]
fn a_port_in_use_is_told_before_anything_starts() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let network = Localnet::start(first.path(), 1, &[]);
    network.wait_for("node-0 is ready", 1);
    let port = network.base_port().to_string();
    let dir = second.path().to_str().unwrap();
    let refused = bttd(["localnet", "1", "--dir", dir, "--base-port", &port]).fails(1);
    for wanted in [&format!("port {port} (RPC of node-0)"), "nothing was started", "--base-port"] {
        assert!(refused.contains(wanted), "no '{wanted}' in {refused}");
    }
    assert!(!second.path().join("node-0/log").exists());
}
