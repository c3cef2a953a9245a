//! Network namespaces: every node with an address of its own behind a switch that can be split.
//!
//! All of it lies in namespaces that the test makes, in a mount and process namespace of its own, so that
//! nothing is left when it ends, however it ends. Needs root and iproute2.
//!
//! ```text
//! node i: eth0 10.77.0.(i+1)/24 ── switch 0 or 1        for peers
//!         mgmt 10.78.i.2/30     ── 10.78.i.1, the test  for RPC
//! ```

use super::Network;
use crate::process::{Finished, run};
use std::{
    net::SocketAddr,
    process::{Command, ExitStatus},
};

/// Set for the test inside.
const INSIDE: &str = "NETWORK_TEST_INSIDE";
/// Port for peers of every node.
const P2P_PORT: u16 = 30_303;
/// Port for RPC of every node.
const RPC_PORT: u16 = 8_545;
/// Gives the test a `/run/netns` that nobody else sees.
const PRIVATE: &str =
    "mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns && exec \"$0\" \"$@\"";

fn unshare() -> Command {
    let mut command = Command::new("unshare");
    command.args(["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]);
    command.args(["sh", "-c", PRIVATE]);
    command
}

/// Whether the test runs in its namespaces; if not, runs it there, and says so if that cannot be done.
///
/// # Panics
/// If it fails there.
pub fn is_inside(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let mut probe = unshare();
    probe.args(["ip", "netns", "add", "probe"]);
    let can = probe.output().is_ok_and(|output| output.status.success());
    if !can {
        println!("skipped: {test} needs root and iproute2 to make network namespaces");
        return false;
    }
    let status: ExitStatus = unshare()
        .arg(std::env::current_exe().expect("a running program has a path"))
        .args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .status()
        .expect("it was started a moment ago");
    assert!(status.success(), "{test} fails in its namespaces: {status}");
    false
}

fn ip(words: &str) -> Finished {
    let mut command = Command::new("ip");
    command.args(words.split_whitespace());
    run(command, None)
}

/// Gives every node of a network a namespace, and settings for it.
///
/// # Panics
/// If that cannot be done.
#[track_caller]
pub fn spread(network: &mut Network) {
    ip("link set lo up").ok();
    for switch in 0..2 {
        ip(&format!("link add br{switch} type bridge")).ok();
        ip(&format!("link set br{switch} up")).ok();
    }
    for node in 0..network.count() {
        let (space, peer_ip) = (format!("n{node}"), format!("10.77.0.{}", node + 1));
        ip(&format!("netns add {space}")).ok();
        ip(&format!("-n {space} link set lo up")).ok();
        ip(&format!("link add v{node} type veth peer name eth0 netns {space}")).ok();
        ip(&format!("-n {space} addr add {peer_ip}/24 dev eth0")).ok();
        ip(&format!("-n {space} link set eth0 up")).ok();
        ip(&format!("link set v{node} master br0 up")).ok();
        ip(&format!("link add m{node} type veth peer name mgmt netns {space}")).ok();
        ip(&format!("addr add 10.78.{node}.1/30 dev m{node}")).ok();
        ip(&format!("link set m{node} up")).ok();
        ip(&format!("-n {space} addr add 10.78.{node}.2/30 dev mgmt")).ok();
        ip(&format!("-n {space} link set mgmt up")).ok();
        settle(network, node, &peer_ip);
    }
}

/// Settings and place of a node.
fn settle(network: &mut Network, node: usize, peer_ip: &str) {
    let mut config = network.node(node).config();
    let addresses: Vec<(String, usize)> = (0..network.count())
        .map(|other| (format!("/tcp/{}/p2p/", network.node(other).original_p2p()), other))
        .collect();
    let peers = config["persistent_peers"].as_array().expect("a list").clone();
    let moved = peers.iter().filter_map(|peer| {
        let peer = peer.as_str()?;
        let (_, other) = addresses.iter().find(|(part, _)| peer.contains(part))?;
        let id = peer.rsplit('/').next()?;
        Some(format!("/ip4/10.77.0.{}/tcp/{P2P_PORT}/p2p/{id}", other + 1).into())
    });
    config.insert("persistent_peers".into(), toml::Value::Array(moved.collect()));
    let rpc_ip = format!("10.78.{node}.2");
    config.insert("http_addr".into(), rpc_ip.clone().into());
    config.insert("http_port".into(), i64::from(RPC_PORT).into());
    config.insert("p2p_addr".into(), peer_ip.into());
    config.insert("p2p_port".into(), i64::from(P2P_PORT).into());
    network.node(node).set_config(&config);
    let words = ["ip", "netns", "exec", &format!("n{node}")].map(str::to_owned);
    let rpc: SocketAddr = format!("{rpc_ip}:{RPC_PORT}").parse().expect("an address");
    network.node_mut(node).place(words.to_vec(), rpc);
}

/// Plugs a node into switch 0 or 1.
///
/// # Panics
/// If that cannot be done.
#[track_caller]
pub fn plug(node: usize, switch: usize) {
    ip(&format!("link set v{node} master br{switch}")).ok();
}

/// Makes the lines of all nodes slow and lossy; whether this kernel can.
pub fn impair(nodes: usize, netem: &str) -> bool {
    (0..nodes).all(|node| {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &format!("n{node}"), "tc", "qdisc", "add", "dev", "eth0"]);
        command.args(["root", "netem"]).args(netem.split_whitespace());
        run(command, None).code == Some(0)
    })
}
