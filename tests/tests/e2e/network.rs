//! Consensus and the network over RPC and in the wallet, on a dev chain.

use btt_tests::{
    process::{NodeOptions, Wallet},
    rpc::Rpc,
};
use serde_json::{Value, json};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

#[tokio::test]
async fn a_dev_chain_tells_who_decides_and_who_signed() {
    let node = NodeOptions::default().block_time(0).start();
    let (rpc, wallet) = (Rpc::new(node.rpc_url()), Wallet::new(node.rpc_url()));
    rpc.call("evm_mine", json!([3])).await;
    let status = rpc.call("consensus_status", json!([])).await;
    assert_eq!((&status["height"], &status["role"]), (&json!("0x4"), &json!("proposer")));
    let set = rpc.call("consensus_validators", json!([])).await;
    let address = set["validators"][0]["address"].clone();
    assert_eq!((&status["proposer"], &status["validator"]), (&address, &address));
    let commit = rpc.call("consensus_commit", json!([2])).await;
    let block = rpc.call("eth_getBlockByNumber", json!(["0x2", false])).await;
    assert_eq!((&commit["blockHash"], &commit["height"]), (&block["hash"], &json!("0x2")));
    assert_eq!(commit["signatures"][0]["address"], address);
    assert_eq!(rpc.call("consensus_commit", json!([4])).await, Value::Null);

    for words in [&["status"][..], &["net", "status"]] {
        let status = wallet.run([&["--json"], words].concat()).json();
        assert_eq!((&status["height"], &status["role"]), (&json!(4), &json!("proposer")));
        assert_eq!((&status["missed_recent"], &status["recent_blocks"]), (&json!(0), &json!(3)));
    }
    let text = wallet.run(["status"]).ok();
    for wanted in
        ["deciding    4, round 0, waiting", "100.00 % of 1,000,000", "0 of the last 3 blocks"]
    {
        assert!(text.contains(wanted), "no '{wanted}' in {text}");
    }
    let text = wallet.run(["net", "validators"]).ok();
    let checksummed: alloy_primitives::Address = serde_json::from_value(address).unwrap();
    assert!(text.contains(&checksummed.to_string()) && text.contains("self"), "{text}");
    let newest = wallet.run(["--json", "net", "commit"]).json();
    assert_eq!((&newest["block_number"], &newest["signed_power"]), (&json!(3), &json!(1_000_000)));
    let text = wallet.run(["net", "commit", "1"]).ok();
    assert!(
        text.contains("1,000,000 of 1,000,000 power") && text.contains(&checksummed.to_string()),
        "{text}"
    );
    let missing = wallet.run(["net", "commit", "99"]).fails(1);
    assert!(missing.contains("block 99 has no certificate"), "{missing}");
    let undecided = wallet.run(["net", "validators", "99"]).fails(1);
    assert!(undecided.contains("next is 4"), "{undecided}");
}

#[tokio::test]
async fn admin_methods_are_off_and_say_how_to_have_them() {
    let node = NodeOptions::default().block_time(0).start();
    let rpc = Rpc::new(node.rpc_url());
    for method in ["admin_peers", "admin_nodeInfo"] {
        let refused = rpc.error(method, json!([])).await;
        assert!(
            refused.code == -32601 && refused.message.contains("--admin-token-file"),
            "{refused}"
        );
    }
    let wallet = Wallet::new(node.rpc_url());
    let text = wallet.run(["net", "peers"]).fails(1);
    assert!(text.contains("0 peers") && text.contains("--admin-token-file FILE"), "{text}");
}

#[tokio::test]
async fn admin_methods_answer_to_the_token_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (token, wrong) = (folder.path().join("token"), folder.path().join("wrong"));
    std::fs::write(&token, format!("{TOKEN}\n")).unwrap();
    std::fs::write(&wrong, "fedcba9876543210\n").unwrap();
    let flag = format!("--admin-token-file={}", token.display());
    let node = NodeOptions::default().block_time(0).argument(flag).start();
    let refused = Rpc::new(node.rpc_url()).error("admin_peers", json!([])).await;
    assert!(refused.code == -32001 && refused.message.contains("Bearer"), "{refused}");
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "admin_nodeInfo", "params": [] });
    let post = async |token: &str| -> Value {
        let request = reqwest::Client::new().post(node.rpc_url()).bearer_auth(token);
        request.json(&call).send().await.unwrap().json().await.unwrap()
    };
    assert_eq!(post(TOKEN).await["result"]["chainId"], "0xf1b33");
    assert_eq!(post("fedcba9876543210").await["error"]["code"], -32001);

    let wallet = Wallet::new(node.rpc_url());
    let peers = |file: &std::path::Path| {
        let file = file.to_str().unwrap().to_owned();
        wallet.run(["--json", "net", "peers", "--admin-token-file", &file])
    };
    assert_eq!(peers(&token).json(), json!({ "peers": [] }));
    let refused: Value = serde_json::from_str(&peers(&wrong).fails(1)).unwrap();
    assert_eq!(refused["error"]["code"], "unauthorized");
}
