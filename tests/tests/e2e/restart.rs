//! Stopping, starting again, and the commands for the data folder of a node that does not run.

use crate::support::{BTT, Token, call, deploy_token, transfer};
use alloy_primitives::{Address, U256};
use btt_tests::{
    keys::Key,
    process::{Finished, Node, NodeOptions, bttd},
    rpc::{Rpc, typed},
};
use serde_json::{Value, json};
use std::path::Path;

const TO: Address = Address::repeat_byte(0x70);

fn on(datadir: &Path) -> NodeOptions {
    NodeOptions::default().block_time(0).datadir(datadir)
}

/// A command on a data folder: `bttd COMMAND --datadir FOLDER MORE…`.
#[track_caller]
fn maintain(command: &str, datadir: &Path, more: &[&str]) -> Finished {
    let datadir = datadir.to_str().expect("a path in UTF-8");
    bttd([command, "--datadir", datadir].iter().chain(more))
}

/// The state root that `bttd verify` recomputes.
#[track_caller]
fn verified(datadir: &Path) -> String {
    maintain("verify", datadir, &[]).ok().trim().to_owned()
}

async fn header(rpc: &Rpc, tag: &str) -> Value {
    rpc.call("eth_getBlockByNumber", json!([tag, false])).await
}

#[tokio::test]
async fn a_chain_goes_on_where_it_was_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let datadir = folder.path().join("data");
    let key = Key::dev(0);
    let node = on(&datadir).start();
    let rpc = Rpc::new(node.rpc_url());
    let receipt = rpc.include(&transfer(&key, 0, TO, BTT)).await;
    let before = header(&rpc, "latest").await;
    let finished = node.stop();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(verified(&datadir), before["stateRoot"].as_str().unwrap());

    let node = on(&datadir).start();
    let rpc = Rpc::new(node.rpc_url());
    assert_eq!(header(&rpc, "latest").await, before);
    assert_eq!(rpc.receipt(typed(receipt["transactionHash"].clone())).await, receipt);
    assert_eq!(rpc.balance(TO).await, U256::from(BTT));
    let next = rpc.include(&transfer(&key, 1, TO, BTT)).await;
    assert_eq!(next["blockNumber"], "0x2");
    assert_eq!(header(&rpc, "latest").await["parentHash"], before["hash"]);
    // Height is told before anything happens.
    node.stop();
    let node = on(&datadir).start();
    let metrics =
        reqwest::get(format!("{}/metrics", node.rpc_url())).await.unwrap().text().await.unwrap();
    assert!(metrics.lines().any(|line| line == "btt_consensus_height 2"), "{metrics}");
}

#[tokio::test]
async fn a_folder_that_does_not_fit_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let datadir = folder.path().join("data");
    let node = on(&datadir).start();
    let locked = maintain("verify", &datadir, &[]).fails(1);
    assert!(locked.contains("is in use by another bttd"), "{locked}");
    node.stop();
    let path = datadir.to_str().unwrap();
    let dev = |more: &[&str]| {
        bttd(["dev", "--http-port=0", "--datadir", path].iter().chain(more)).fails(1)
    };
    let other = dev(&["--chain-id=4242"]);
    assert!(other.contains("--chain-id 4242") && other.contains("990003"), "{other}");
    let other = dev(&["--gas-limit=99000000"]);
    assert!(other.contains("--gas-limit 99000000") && other.contains("60000000"), "{other}");
    let again = bttd(["init", "--chain", "localnet", "--datadir", path]).fails(1);
    assert!(again.contains(path) && again.contains("dev"), "{again}");

    let empty = folder.path().join("nothing");
    let missing = maintain("verify", &empty, &[]).fails(1);
    assert!(
        missing.contains("there is no data folder") && missing.contains("bttd init"),
        "{missing}"
    );
    let unknown = bttd(["init", "--chain", "bitcoin", "--datadir", path]).fails(1);
    assert!(unknown.contains("'bitcoin' is neither a preset"), "{unknown}");
    // A database that is none any more: told, and left as it is.
    let current = datadir.join("db/CURRENT");
    std::fs::write(&current, "letters of my grandmother\n").unwrap();
    for refused in [dev(&[]), maintain("verify", &datadir, &[]).fails(1)] {
        assert!(refused.contains(path), "{refused}");
    }
    assert_eq!(std::fs::read_to_string(&current).unwrap(), "letters of my grandmother\n");
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let refused = bttd(["dev", "--http-port=0", "--datadir", file.to_str().unwrap()]).fails(1);
    assert!(refused.contains(file.to_str().unwrap()), "{refused}");
    let config = folder.path().join("config.toml");
    std::fs::write(&config, "http_prot = 1\n").unwrap();
    let wrong = maintain("run", &datadir, &["--config", config.to_str().unwrap()]).fails(1);
    assert!(wrong.contains("http_prot") && wrong.contains("config.toml"), "{wrong}");
}

#[tokio::test]
async fn an_export_begins_a_chain_with_the_same_state() {
    let folder = tempfile::tempdir().unwrap();
    let datadir = folder.path().join("data");
    let owner = Key::dev(0);
    let node = on(&datadir).start();
    let rpc = Rpc::new(node.rpc_url());
    let token = deploy_token(&rpc, &owner, 0).await;
    let to = Key::dev(1).address();
    let moved = Token::transferCall { to, value: U256::from(11) };
    rpc.include(&call(&owner, 1, token, &moved)).await;
    let middle = header(&rpc, "0x1").await["stateRoot"].clone();
    let root = header(&rpc, "latest").await["stateRoot"].clone();
    node.stop();

    for (height, wanted) in [("1", middle), ("2", root)] {
        let spec = folder.path().join(format!("spec-{height}.json"));
        let spec = spec.to_str().unwrap();
        maintain("export", &datadir, &["--height", height, "--out", spec]).ok();
        bttd(["genesis", "validate", spec]).ok();
        let copy = folder.path().join(format!("copy-{height}"));
        let hash = bttd(["init", "--chain", spec, "--datadir", copy.to_str().unwrap()]).ok();
        assert_eq!(bttd(["genesis", "hash", spec]).ok(), hash);
        assert_eq!(verified(&copy), wanted.as_str().unwrap(), "after block {height}");
    }
    // The copy is a chain that goes on: its block 0 is what was exported.
    let node = on(&folder.path().join("copy-2")).start();
    let rpc = Rpc::new(node.rpc_url());
    assert_eq!(rpc.height().await, 0);
    rpc.include(&call(&owner, 2, token, &moved)).await;
    let slot = rpc.call(
        "eth_call",
        json!([{
        "to": token,
        "input": alloy_primitives::Bytes::from(
            alloy_sol_types::SolCall::abi_encode(&Token::balanceOfCall { owner: to })),
    }, "latest"]),
    );
    assert_eq!(typed::<U256>(slot.await), U256::from(22));
}

#[tokio::test]
async fn a_rollback_makes_an_older_block_the_newest() {
    let folder = tempfile::tempdir().unwrap();
    let datadir = folder.path().join("data");
    let key = Key::dev(0);
    let node = on(&datadir).start();
    let rpc = Rpc::new(node.rpc_url());
    let mut receipts = Vec::new();
    for nonce in 0..6 {
        receipts.push(rpc.include(&transfer(&key, nonce, TO, BTT)).await);
    }
    let kept = header(&rpc, "0x3").await;
    node.stop();
    let hash = maintain("rollback", &datadir, &["--to", "3"]).ok();
    assert_eq!(hash.trim(), kept["hash"].as_str().unwrap());
    assert_eq!(verified(&datadir), kept["stateRoot"].as_str().unwrap());
    let above = maintain("rollback", &datadir, &["--to", "9"]).fails(1);
    assert!(above.contains('9') && above.contains('3'), "{above}");

    let node = on(&datadir).start();
    let rpc = Rpc::new(node.rpc_url());
    assert_eq!(header(&rpc, "latest").await, kept);
    assert_eq!(rpc.balance(TO).await, U256::from(3 * BTT));
    let gone = receipts[5]["transactionHash"].clone();
    assert_eq!(rpc.call("eth_getTransactionReceipt", json!([gone])).await, Value::Null);
    let next = rpc.include(&transfer(&key, 3, TO, 7 * BTT)).await;
    assert_eq!(next["blockNumber"], "0x4");
    assert_ne!(next["blockHash"], receipts[3]["blockHash"]);
    node.stop();
    verified(&datadir);
}

#[tokio::test]
async fn a_validator_of_its_own_chain_runs_with_its_own_key() {
    let folder = tempfile::tempdir().unwrap();
    let datadir = folder.path().join("data");
    let path = datadir.to_str().unwrap();
    let hash = bttd(["init", "--chain", "localnet", "--datadir", path]).ok();
    assert_eq!(hash.trim().len(), 66, "{hash}");
    let key = datadir.join("keys/validator");
    let mode = std::os::unix::fs::PermissionsExt::mode(&key.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    assert_ne!(verified(&datadir), "");
    std::fs::write(&key, "not a key\n").unwrap();
    let broken = maintain("run", &datadir, &["--http-port=0"]).fails(1);
    assert!(broken.contains(key.to_str().unwrap()), "{broken}");
    assert!(!broken.contains("not a key\n"), "{broken}");
}

#[test]
fn init_makes_the_nodes_key_and_on_request_an_encrypted_validators_key() {
    let folder = tempfile::tempdir().unwrap();
    let (datadir, password) = (folder.path().join("data"), folder.path().join("password"));
    std::fs::write(&password, "correct horse\n").unwrap();
    let password = password.to_str().unwrap();
    let encrypted = ["--chain", "localnet", "--encrypt", "--password-file", password];
    let made = maintain("init", &datadir, &encrypted);
    let (validator, node) = (datadir.join("keys/validator"), datadir.join("keys/node"));
    let id = bttd(["keys", "node", node.to_str().unwrap()]).ok();
    assert!(id.starts_with("12D3KooW") && made.stderr.contains(id.trim()), "{}", made.stderr);
    made.ok();
    assert!(std::fs::read_to_string(&validator).unwrap().starts_with('{'));
    let show = ["keys", "show", validator.to_str().unwrap(), "--password-file"];
    assert_eq!(bttd(show.iter().chain(&[password])).ok().trim().len(), 2 + 66);
    // Any other file's first line is the wrong password.
    let wrong = bttd(show.iter().chain(&[node.to_str().unwrap()])).fails(1);
    assert!(wrong.contains("password"), "{wrong}");
    let named = maintain("init", &folder.path().join("dev"), &["--chain", "dev", "--encrypt"]);
    assert!(named.fails(1).contains("bttd keys new --encrypt"));
}

#[tokio::test]
async fn old_state_beyond_the_history_asked_for_is_refused_by_name() {
    let node: Node = NodeOptions::default().block_time(0).argument("--history=256").start();
    let rpc = Rpc::new(node.rpc_url());
    rpc.call("evm_mine", json!(["0x12c"])).await;
    assert_eq!(rpc.height().await, 300);
    rpc.include(&transfer(&Key::dev(0), 0, TO, BTT)).await;
    let balance = json!([TO, "0x64"]);
    assert_eq!(rpc.call("eth_getBalance", balance).await, "0x0");
    let old = rpc.error("eth_getBalance", json!([TO, "0x5"])).await;
    assert_eq!(old.code, -32000, "{old}");
    assert!(old.message.contains('5'), "{old}");
    // Blocks and receipts stay.
    assert_eq!(header(&rpc, "0x5").await["number"], "0x5");
}
