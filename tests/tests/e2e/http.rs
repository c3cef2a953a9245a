//! What is on the RPC port besides JSON-RPC, and how the node starts.

use crate::support::{BTT, transfer};
use alloy_primitives::Address;
use btt_runtime::primitives::DEV_CHAIN_ID;
use btt_tests::{
    keys::Key,
    process::{Node, NodeOptions, bttd},
    rpc::{Rpc, number},
};
use reqwest::{Client, Method, StatusCode, header};
use serde_json::{Value, json};

#[tokio::test]
async fn a_browser_is_told_what_runs_here_and_how_it_is() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    rpc.include(&transfer(&Key::dev(0), 0, Address::repeat_byte(1), BTT)).await;
    let page: Value = reqwest::get(node.rpc_url()).await.unwrap().json().await.unwrap();
    assert_eq!((&page["chainId"], &page["height"]), (&json!(DEV_CHAIN_ID), &json!(1)));
    assert_eq!(page["version"], env!("CARGO_PKG_VERSION"));
    assert!(page["name"].is_string() && page["links"].is_object(), "{page}");
    let health: Value =
        reqwest::get(format!("{}/health", node.rpc_url())).await.unwrap().json().await.unwrap();
    assert_eq!((&health["status"], &health["height"]), (&json!("ok"), &json!(1)));
    let nowhere = reqwest::get(format!("{}/nowhere", node.rpc_url())).await.unwrap();
    assert_eq!(nowhere.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn metrics_serve_every_documented_name_and_no_other() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    rpc.include(&transfer(&Key::dev(0), 0, Address::repeat_byte(1), BTT)).await;
    let text = include_str!("../../../docs/metrics.md");
    let (table, _) = text.split_once("## Of a node in a network").unwrap();
    let names = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let documented: Vec<&str> = names.collect();
    assert!(documented.len() > 5, "{documented:?}");
    let text =
        reqwest::get(format!("{}/metrics", node.rpc_url())).await.unwrap().text().await.unwrap();
    let served: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    for name in &documented {
        assert!(served.contains(name), "{name} is documented and not served");
    }
    for name in &served {
        assert!(documented.contains(name), "{name} is served and not documented");
    }
    assert!(text.lines().any(|line| line == "btt_consensus_height 1"), "{text}");
    assert!(text.lines().any(|line| line == "btt_block_transactions_total 1"), "{text}");
}

#[tokio::test]
async fn web_pages_may_ask_and_names_that_could_be_rebound_may_not() {
    let node = Node::on_demand();
    let client = Client::new();
    let asked = client
        .request(Method::OPTIONS, node.rpc_url())
        .header(header::ORIGIN, "https://wallet.example")
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "content-type")
        .send()
        .await
        .unwrap();
    assert_eq!(asked.status(), StatusCode::OK);
    assert_eq!(asked.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    let methods = asked.headers()[header::ACCESS_CONTROL_ALLOW_METHODS].to_str().unwrap();
    assert!(methods.contains("POST"), "{methods}");
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": [] });
    let post = || client.post(node.rpc_url()).header(header::ORIGIN, "https://wallet.example");
    let answer = post().json(&call).send().await.unwrap();
    assert_eq!(answer.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    let rebound = post().header(header::HOST, "evil.example").json(&call).send().await.unwrap();
    assert_eq!(rebound.status(), StatusCode::FORBIDDEN);
}

#[test]
fn the_banner_says_what_one_needs_to_begin() {
    let node = NodeOptions::default().block_time(0).start();
    let deadline = std::time::Instant::now() + btt_tests::rpc::PATIENCE;
    while !node.stdout().contains("Ready at block 0") {
        assert!(std::time::Instant::now() < deadline, "{}", node.stdout());
        std::thread::sleep(btt_tests::process::LOOK_INTERVAL);
    }
    let banner = node.stdout();
    let first = btt_genesis::dev_accounts()[0];
    for wanted in [
        env!("CARGO_PKG_VERSION"),
        &first.address.to_string(),
        &first.secret_key.to_string(),
        "never fund",
        "test test test test test test test test test test test junk",
        "Chain id   990003",
        "Base fee",
        &format!("RPC        {}", node.rpc_url()),
        &format!("WebSocket  {}", node.ws_url()),
        "btt send 1.5 --to ",
        "cast send --rpc-url ",
        "MetaMask: ",
    ] {
        assert!(banner.contains(wanted), "no '{wanted}' in {banner}");
    }
}

#[tokio::test]
async fn a_port_in_use_is_named_and_its_owner_is_not_disturbed() {
    let first = Node::on_demand();
    let port = first.port();
    let second = bttd(["dev".to_owned(), format!("--http-port={port}")]);
    let stderr = second.fails(1);
    let next = port.checked_add(1).unwrap_or(8545);
    let wanted = format!("port {port} is in use by another process; try --port {next} (or 0)");
    assert!(stderr.contains(&wanted), "{stderr}");
    let rpc = Rpc::new(first.rpc_url());
    let receipt = rpc.include(&transfer(&Key::dev(0), 0, Address::repeat_byte(1), BTT)).await;
    assert_eq!(number(&receipt["blockNumber"]), 1);
}

#[test]
fn a_node_is_ready_quickly_and_stops_cleanly() {
    let before = std::time::Instant::now();
    let node = Node::on_demand();
    // 2 s are promised to people; the machine of a test may be busy with another.
    assert!(before.elapsed().as_secs() < 10, "{:?}", before.elapsed());
    let finished = node.stop();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
}
