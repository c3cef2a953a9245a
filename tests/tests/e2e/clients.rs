//! Other people's clients against the node: cast, viem and ethers, as `scripts/clients` installs them. A test
//! says that it is skipped where they are absent.

use crate::support::{TOKEN_SUPPLY, Token, call, deploy_token, token_code};
use alloy_primitives::{U256, hex};
use btt_tests::{
    keys::Key,
    process::{Finished, Node, Wallet, run},
    rpc::{Rpc, typed},
};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Where the clients are; `None`, told to whoever looks, where they are not installed.
fn clients() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let folder = root.join(".tools/clients");
    if folder.join("installed").is_file() {
        return Some(folder);
    }
    println!("skipped: outside clients are not installed (scripts/clients needs npm)");
    None
}

fn secret(index: usize) -> String {
    btt_genesis::dev_accounts()[index].secret_key.to_string()
}

fn dev(index: usize) -> String {
    Key::dev(index).address().to_string()
}

/// Runs a script of `tests/data/e2e` against a node; what it printed.
fn script(clients: &Path, name: &str, node: &Node) -> Value {
    let code = token_code();
    // The scripts add the constructor's argument themselves.
    let code = hex::encode_prefixed(&code[..code.len() - 32]);
    script_with(clients, name, node, &code)
}

fn script_with(clients: &Path, name: &str, node: &Node, more: &str) -> Value {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/e2e");
    let mut command = Command::new("node");
    command.current_dir(clients).arg(data.join(name)).args([node.rpc_url(), node.ws_url(), more]);
    run(command, None).json()
}

#[tokio::test]
async fn cast_sends_calls_and_traces() {
    let Some(clients) = clients() else { return };
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    let home = tempfile::tempdir().unwrap();
    let cast = |words: &[&str]| -> Finished {
        let mut command = Command::new(clients.join("node_modules/.bin/cast"));
        command.args(words).env("HOME", home.path()).env("ETH_RPC_URL", node.rpc_url());
        run(command, None)
    };
    assert_eq!(cast(&["chain-id"]).ok().trim(), "990003");
    let (key, to) = (secret(0), dev(1));
    let send = ["send", "--json", "--private-key", &key];
    let sent = cast(&[&send[..], &[&to, "--value", "1ether"]].concat()).json();
    assert_eq!(sent["status"], "0x1", "{sent}");
    let hash = sent["transactionHash"].as_str().unwrap();
    assert_eq!(cast(&["block", "finalized", "-f", "number"]).ok().trim(), "1");
    assert_eq!(cast(&["block", "latest", "-f", "number"]).ok().trim(), "1");
    assert_eq!(cast(&["receipt", hash, "status"]).ok().trim(), "true");
    assert_eq!(cast(&["balance", &to, "--ether"]).ok().trim(), "10000001.000000000000000000");
    assert_eq!(cast(&["estimate", &to, "--value", "1", "--from", &dev(0)]).ok().trim(), "21000");
    let legacy = cast(&[&send[..], &["--legacy", &to, "--value", "1"]].concat()).json();
    assert_eq!((&legacy["status"], &legacy["type"]), (&json!("0x1"), &json!("0x0")));
    let token = deploy_token(&rpc, &Key::dev(2), 0).await.to_string();
    let supply = cast(&["call", &token, "totalSupply()(uint256)"]).ok();
    assert!(supply.starts_with(&TOKEN_SUPPLY.to_string()), "{supply}");
    let moved = Token::transferCall { to: Key::dev(1).address(), value: U256::from(4) };
    let receipt = rpc.include(&call(&Key::dev(2), 1, token.parse().unwrap(), &moved)).await;
    let hash = receipt["transactionHash"].as_str().unwrap();
    // `run` replays the block by itself from what the node tells.
    let replayed = cast(&["run", hash, "--quick"]).ok();
    assert!(replayed.contains("transfer") || replayed.contains("a9059cbb"), "{replayed}");
    let refused =
        cast(&["call", &token, "transfer(address,uint256)", &dev(1), "1", "--from", &dev(5)]);
    assert!(refused.stderr.contains("execution reverted"), "{refused:?}");
    assert!(refused.stderr.contains("e450d38c"), "the custom error's selector: {refused:?}");
    let low =
        cast(&[&send[..], &["--nonce", "0", "--gas-limit", "21000", &to, "--value", "1"]].concat());
    assert!(low.stderr.contains("nonce too low"), "{low:?}");
}

#[tokio::test]
async fn key_files_are_the_same_to_btt_and_to_cast() {
    let Some(clients) = clients() else { return };
    let node = Node::on_demand();
    let wallet = Wallet::new(node.rpc_url());
    let password = wallet.home().join("password");
    std::fs::write(&password, "correct horse").unwrap();
    let password = password.to_str().unwrap();
    let keystore = wallet.home().join(".btt/keystore");
    let folder = keystore.to_str().unwrap();
    let made = wallet.run(["--json", "keys", "new", "alice", "--password-file", password]).json();
    let cast = |words: &[&str]| -> Finished {
        let mut command = Command::new(clients.join("node_modules/.bin/cast"));
        command.args(words).env("HOME", wallet.home()).env("ETH_RPC_URL", node.rpc_url());
        run(command, None)
    };
    let listed = cast(&["wallet", "list", "--dir", folder]).ok();
    assert!(listed.contains("alice"), "{listed}");
    let file = keystore.join("alice");
    let address = cast(&[
        "wallet",
        "address",
        "--keystore",
        file.to_str().unwrap(),
        "--password-file",
        password,
    ])
    .ok();
    assert_eq!(address.trim().to_lowercase(), made["address"].as_str().unwrap());
    // And the other way: cast makes one that btt opens.
    let key = secret(3);
    cast(&[
        "wallet",
        "import",
        "carol",
        "--keystore-dir",
        folder,
        "--private-key",
        &key,
        "--unsafe-password",
        "correct horse",
    ])
    .ok();
    let sign = ["sign", "pay bob", "--key", "carol", "--password-file", password];
    let signature = wallet.run(sign).ok();
    let by_cast = cast(&["wallet", "sign", "--private-key", &key, "pay bob"]).ok();
    assert_eq!(signature, by_cast);
    let valid = wallet.run(["verify", "pay bob", signature.trim(), "--address", &dev(3)]).ok();
    assert!(valid.contains(&dev(3)), "{valid}");
}

#[tokio::test]
async fn viem_reads_writes_watches_and_names_its_errors() {
    let Some(clients) = clients() else { return };
    let node = Node::on_demand();
    let seen = script(&clients, "viem.mjs", &node);
    assert_eq!(seen["chainId"], 990_003);
    assert_eq!(seen["balance"], "10000000000000000000000000");
    assert_eq!(seen["transfer"], json!({ "status": "success", "type": "eip1559", "gas": 21_000 }));
    assert_eq!(seen["finalized"], seen["latest"]);
    assert!(
        typed::<U256>(seen["fees"]["max"].clone()) >= U256::from(1_000_000_000),
        "{}",
        seen["fees"]
    );
    assert_eq!(seen["tokens"], "40");
    assert_eq!(seen["logs"], json!(["1000", "40"]));
    assert_eq!(seen["events"], json!(["40"]));
    assert_eq!(seen["customError"], json!(["ERC20InsufficientBalance", dev(1), "40", "41"]));
    assert_eq!(seen["refused"], json!(["Refused", "7", "as asked"]));
    assert_eq!(seen["estimateRevert"], json!(["Refused", "8", "as asked"]));
    let names = |field: &str| -> Vec<String> { typed(seen[field].clone()) };
    for (field, wanted) in [
        ("poor", "InsufficientFundsError"),
        ("poorEstimate", "InsufficientFundsError"),
        ("nonceTooLow", "NonceTooLowError"),
        ("lowGas", "IntrinsicGasTooLowError"),
        ("lowFee", "FeeCapTooLowError"),
    ] {
        let names = names(field);
        assert!(names.iter().any(|name| name == wanted), "{field}: {names:?}");
        assert!(names.iter().all(|name| name != "UnknownRpcError"), "{field}: {names:?}");
    }
    let blocks: Vec<u64> = typed(seen["blocks"].clone());
    assert!(blocks.len() >= 4, "{blocks:?}");
    assert!(blocks.is_sorted_by(|a, b| a + 1 == *b), "no gap, none twice: {blocks:?}");
    assert!(!typed::<Vec<u64>>(seen["heads"].clone()).is_empty());

    let wallet = Wallet::new(node.rpc_url());
    check_typed_data(&wallet, &seen);
    let signer = ["--address", seen["address"].as_str().unwrap()];
    let message = seen["message"].as_str().unwrap();
    wallet.run(["verify", "pay bob", message].iter().chain(&signer)).ok();
    wallet.run(["verify", "pay eve", message].iter().chain(&signer)).fails(1);
}

#[tokio::test]
async fn ethers_reads_writes_listens_and_names_its_errors() {
    let Some(clients) = clients() else { return };
    let node = Node::on_demand();
    let seen = script(&clients, "ethers.mjs", &node);
    assert_eq!(seen["chainId"], 990_003);
    assert_eq!(seen["balance"], "10000000000000000000000000");
    assert_eq!(seen["transfer"], json!({ "status": 1, "gas": 21_000 }));
    assert_eq!(seen["tokens"], "40");
    assert_eq!(seen["logs"], json!(["1000", "40"]));
    let lacking = json!(["CALL_EXCEPTION", "ERC20InsufficientBalance", dev(1), "40", "41"]);
    assert_eq!(seen["customError"], lacking);
    assert_eq!(seen["refused"], json!(["CALL_EXCEPTION", "Refused", "7", "as asked"]));
    assert_eq!(seen["estimateRevert"][0], "CALL_EXCEPTION");
    assert_eq!(seen["poor"], "INSUFFICIENT_FUNDS");
    assert_eq!(seen["nonceTooLow"], "NONCE_EXPIRED");
    assert_eq!(seen["pendingNonce"], 3);
    assert_eq!(seen["event"], "3");
    assert!(seen["head"].as_u64().is_some_and(|head| head >= 3), "{}", seen["head"]);
    let wallet = Wallet::new(node.rpc_url());
    check_typed_data(&wallet, &seen);
    // A key file that ethers wrote opens here.
    let file = wallet.home().join("ethers.json");
    let password = wallet.home().join("password");
    std::fs::write(&file, seen["keystore"].as_str().unwrap()).unwrap();
    std::fs::write(&password, "correct horse\n").unwrap();
    let (file, password) = (file.to_str().unwrap(), password.to_str().unwrap());
    let pay = ["send", "1", "--to", &dev(1), "--yes", "--key", file, "--password-file", password];
    wallet.run(pay).ok();
}

/// A client's EIP-712 signature holds for btt, and btt's own is the same.
fn check_typed_data(wallet: &Wallet, seen: &Value) {
    let file = wallet.home().join("typed.json");
    std::fs::write(&file, seen["typed"]["json"].to_string()).unwrap();
    let file = file.to_str().unwrap();
    let signature = seen["typed"]["signature"].as_str().unwrap();
    let signer = seen["address"].as_str().unwrap();
    wallet.run(["verify", "--typed", file, signature, "--address", signer]).ok();
    wallet.run(["verify", "--typed", file, signature, "--address", &dev(4)]).fails(1);
    let own = wallet.run(["sign", "--typed", file, "--key", &secret(0)]).ok();
    assert_eq!(own.trim(), signature);
}

#[tokio::test]
async fn viem_and_a_contract_use_staking_by_its_abi_file() {
    let Some(clients) = clients() else { return };
    let node = Node::on_demand();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let abi = root.join("runtime/abi/staking.json");
    let seen = script_with(&clients, "staking.mjs", &node, abi.to_str().unwrap());
    let wei = "250000000000000000000";
    assert_eq!(seen["powers"], json!(["1000000"]));
    assert_eq!((&seen["shares"], &seen["stake"]), (&json!(wei), &json!(wei)));
    assert_eq!(seen["event"], json!([true, wei]));
    let more = "250000000000000000001";
    assert_eq!(seen["refused"], json!(["ExceedsDelegation", more, wei]));
    assert_eq!((&seen["through"], &seen["contractStake"]), (&json!("success"), &json!(wei)));
    assert_eq!(seen["epochByContract"], "1");
}

#[tokio::test]
async fn viem_opens_a_channel_and_its_typed_data_is_money() {
    let Some(clients) = clients() else { return };
    let node = Node::on_demand();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let abi = root.join("runtime/abi/channels.json");
    let seen = script_with(&clients, "channels.mjs", &node, abi.to_str().unwrap());
    assert_eq!((&seen["id"], &seen["digest"]), (&json!(true), &json!(true)));
    assert_eq!(seen["settled"], json!(["10000000000000000000"]));
    assert_eq!(seen["compactBytes"], 64);
    assert_eq!(seen["compact"], json!(["15000000000000000000"]));
    for field in ["chainId", "version", "contract", "name"] {
        assert_eq!(seen[field], "BadSignature", "a domain with another {field}");
    }
    assert_eq!((&seen["above"], &seen["badSecret"]), (&json!("AboveDeposit"), &json!("BadSecret")));
    assert_eq!(seen["conditional"], json!(["3000000000000000000"]));
    assert_eq!(seen["pool"], json!(["PoolSettled", "12000000000000000000"]));
    assert_eq!(seen["share"], "AbovePayeeShare");
}
