//! The wallet against a node: money, contracts, parameters, and what it says when something is wrong.

use crate::support::{TOKEN_SUPPLY, Token, token_code};
use alloy_primitives::{Address, U256, hex};
use alloy_sol_types::SolEvent as _;
use btt_tests::{
    keys::Key,
    process::{Node, NodeOptions, Wallet, run},
    rpc::{Rpc, typed},
};
use serde_json::{Value, json};

/// A dev account's private key, as `--key` takes it.
fn secret(index: usize) -> String {
    btt_genesis::dev_accounts()[index].secret_key.to_string()
}

fn dev(index: usize) -> String {
    Key::dev(index).address().to_string()
}

#[test]
fn a_transfer_is_final_and_both_sides_see_it() {
    let node = NodeOptions::default().block_time(100).start();
    let wallet = Wallet::new(node.rpc_url());
    assert_eq!(wallet.run(["balance", &dev(1)]).ok(), "10,000,000 BTT\n");
    let sent = wallet.run(["send", "1.5", "--to", &dev(1), "--key", &secret(0), "--yes"]).ok();
    assert!(sent.starts_with("finalized in block "), "{sent}");
    let hash = sent.split_whitespace().find(|word| word.len() == 66).expect("a hash");
    assert_eq!(wallet.run(["balance", &dev(1)]).ok(), "10,000,001.5 BTT\n");
    let balance = wallet.run(["--json", "balance", &dev(1)]).json();
    assert_eq!(balance["balance_wei"], "10000001500000000000000000");
    let wei = wallet.run(["balance", &dev(1), "--unit", "wei"]).ok();
    assert_eq!(wei.trim().replace(',', "").trim_end_matches(" wei"), "10000001500000000000000000");
    let receipt = wallet.run(["receipt", hash, "--json"]).json();
    assert_eq!((&receipt["status"], &receipt["is_final"]), (&json!("success"), &json!(true)));
    assert_eq!(receipt["gas_used"], 21_000);
    let tx = wallet.run(["tx", hash, "--json"]).json();
    let same_address =
        |value: &Value, index| typed::<Address>(value.clone()) == Key::dev(index).address();
    assert!(same_address(&tx["from"], 0) && same_address(&tx["to"], 1), "{tx}");
    let block = wallet.run(["block", &receipt["block_number"].to_string(), "--json"]).json();
    assert!(block.to_string().contains(hash), "{block}");
}

#[tokio::test]
async fn a_transfer_as_json_accounts_for_every_wei() {
    let node = Node::on_demand();
    let (wallet, rpc) = (Wallet::new(node.rpc_url()), Rpc::new(node.rpc_url()));
    let before = rpc.balance(Key::dev(0).address()).await;
    let arguments = ["--json", "send", "--amount", "12.5 BTT", "--to", &dev(2), "--yes", "--key"];
    let sent = wallet.run(arguments.into_iter().chain([secret(0).as_str()])).json();
    assert_eq!(sent["status"], "success");
    assert_eq!(sent["value_wei"], "12500000000000000000");
    let amount = |name: &str| sent[name].as_str().unwrap().parse::<U256>().unwrap();
    let after = rpc.balance(Key::dev(0).address()).await;
    assert_eq!(before - after, amount("value_wei") + amount("fee_wei"));
    let info = wallet.run(["--json", "chain", "info"]).json();
    assert_eq!((&info["chain_id"], &info["block_number"]), (&json!(990_003), &json!(1)));
    assert_eq!(info["finalized_block_number"], info["block_number"]);
}

#[test]
fn a_contract_is_created_called_and_sent_to_by_signature() {
    let node = Node::on_demand();
    let wallet = Wallet::new(node.rpc_url());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token.hex");
    // The file without the constructor's argument, which is the last word.
    let code = token_code();
    std::fs::write(&file, hex::encode(&code[..code.len() - 32])).unwrap();
    let supply = TOKEN_SUPPLY.to_string();
    let file = file.to_str().unwrap();
    let create = ["--json", "send", "--create", file, "--sig", "constructor(uint256)", &supply];
    let key = secret(0);
    let sign = ["--yes", "--key", &key];
    let created = wallet.run(create.into_iter().chain(sign)).json();
    assert_eq!(created["status"], "success", "{created}");
    let token = created["contract_address"].as_str().unwrap();
    let ask = |owner: &str| wallet.run(["call", token, "balanceOf(address)(uint256)", owner]).ok();
    assert!(ask(&dev(0)).starts_with("1000000"), "{}", ask(&dev(0)));
    let to = dev(1);
    let send = ["--json", "send", "--to", token, "--sig", "transfer(address,uint256)", &to, "42"];
    let sent = wallet.run(send.into_iter().chain(sign)).json();
    let receipt =
        wallet.run(["--json", "receipt", sent["transaction_hash"].as_str().unwrap()]).json();
    let topics = &receipt["logs"][0]["topics"];
    assert_eq!(topics[0], Token::Transfer::SIGNATURE_HASH.to_string());
    assert!(ask(&to).starts_with("42"), "{}", ask(&to));
    let name = wallet.run(["--json", "call", token, "function name() returns (string)"]).json();
    assert_eq!(name["values"], json!(["Test Token"]));
    // What would revert is told before anything is signed, with the reason.
    let too_much =
        ["--json", "send", "--to", token, "--sig", "transfer(address,uint256)", &to, "9999999"];
    let error: Value =
        serde_json::from_str(&wallet.run(too_much.into_iter().chain(sign)).fails(1)).unwrap();
    assert_eq!(error["error"]["code"], "reverted");
    let message = error["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("ERC20InsufficientBalance(") && message.contains("999958"),
        "{message}"
    );
}

#[test]
fn the_chains_parameters_are_shown_with_their_bounds() {
    let node = Node::on_demand();
    let wallet = Wallet::new(node.rpc_url());
    let params = wallet.run(["--json", "chain", "params"]).json();
    let rows = params["params"].as_array().unwrap();
    let row = rows.iter().find(|row| row["name"] == "blockGasLimit").expect("the gas limit");
    assert_eq!((&row["value"], &row["unit"]), (&json!("60000000"), &json!("gas")));
    let asked = wallet.run([
        "call",
        "0x0000000000000000000000000000000000b77001",
        "get(string)(uint256)",
        "blockGasLimit",
    ]);
    assert!(asked.ok().starts_with("60000000"));
}

#[test]
fn an_account_of_the_keystore_signs_and_a_wrong_password_does_not() {
    let node = Node::on_demand();
    let wallet = Wallet::new(node.rpc_url());
    let password = wallet.home().join("password");
    let wrong = wallet.home().join("wrong");
    std::fs::write(&password, "correct horse\n").unwrap();
    std::fs::write(&wrong, "battery staple\n").unwrap();
    let (password, wrong) = (password.to_str().unwrap(), wrong.to_str().unwrap());
    let made = wallet.run(["--json", "keys", "new", "alice", "--password-file", password]).json();
    let alice = made["address"].as_str().unwrap().to_owned();
    let listed = wallet.run(["--json", "keys", "list"]).json();
    let [account] = listed["accounts"].as_array().unwrap().as_slice() else { panic!("{listed}") };
    assert_eq!((&account["name"], &account["address"]), (&json!("alice"), &json!(alice)));
    let file = wallet.home().join(".btt/keystore/alice");
    let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    wallet.run(["send", "3", "--to", "alice", "--key", &secret(0), "--yes"]).ok();
    let pay = |password: &str| {
        let words = ["send", "1", "--to", &dev(1), "--key", "alice", "--yes", "--password-file"];
        wallet.run(words.into_iter().chain([password]))
    };
    let stderr = pay(wrong).fails(1);
    assert!(stderr.contains("wrong password for alice"), "{stderr}");
    pay(password).ok();
    let left: U256 = typed(wallet.run(["--json", "balance", &alice]).json()["balance_wei"].clone());
    let spent = U256::from(3 * crate::support::BTT) - left;
    assert!(spent > U256::from(crate::support::BTT), "{spent}");
}

#[test]
fn errors_say_what_why_and_what_to_try() {
    let node = Node::on_demand();
    let wallet = Wallet::new(node.rpc_url());
    let fails = |code: i32, words: &[&str], wanted: &[&str]| {
        let stderr = wallet.run(words).fails(code);
        for part in wanted {
            assert!(stderr.contains(part), "{words:?} without '{part}': {stderr}");
        }
        assert!(!stderr.contains("panicked") && !stderr.contains("backtrace"), "{stderr}");
    };
    let (to, key) = (dev(1), secret(0));
    fails(2, &["balance", "0x12"], &["ADDRESS", "2 of 40 hex digits"]);
    fails(
        2,
        &["send", "1.0000000000000000001", "--to", &to, "--key", &key, "--yes"],
        &["18 decimals"],
    );
    // Nobody is there to say yes: nothing is sent, nothing hangs.
    fails(2, &["send", "1", "--to", &to, "--key", &key], &["--yes"]);
    fails(1, &["send", "99999999", "--to", &to, "--key", &key, "--yes"], &["10,000,000"]);
    fails(1, &["receipt", &format!("0x{}", "7".repeat(64))], &["0x777"]);
    fails(1, &["call", &to, "name()(string)"], &["there is no contract at"]);
    fails(1, &["rpc", "evm_snapshot"], &["evm_snapshot", "final"]);
    let url = node.rpc_url().to_owned();
    node.kill();
    fails(1, &["balance", &to], &[&url, "refused", "bttd dev"]);
}

#[test]
fn output_for_programs_has_no_colours_and_stdout_only_results() {
    let node = Node::on_demand();
    let wallet = Wallet::new(node.rpc_url());
    for words in [vec!["block", "latest"], vec!["chain", "info"], vec!["chain", "params"]] {
        let finished = wallet.run(&words);
        assert!(!finished.stdout.contains('\u{1b}'), "{words:?}: {}", finished.stdout);
        finished.ok();
    }
    let error = run(wallet.command(["--json", "balance", "0x12"]), None);
    assert_eq!(error.stdout, "");
    let json: Value = serde_json::from_str(&error.fails(2)).unwrap();
    assert_eq!(json["error"]["code"], "invalid_address");
}
