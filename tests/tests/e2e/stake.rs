//! Staking from the wallet, as a new user would try it: look, delegate, earn, take out; make a validator.

use btt_tests::{
    keys::Key,
    process::{Node, Wallet, bttd},
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

/// The dev chain's one validator.
async fn validator(rpc: &Rpc) -> (String, String) {
    let page: Value = rpc.call("staking_validators", json!([])).await;
    let text = |name: &str| page["validators"][0][name].as_str().unwrap().to_owned();
    (text("operator"), text("name"))
}

/// Makes blocks until the next epoch has begun.
async fn next_epoch(rpc: &Rpc) {
    let epoch = || rpc.call("staking_epoch", json!([]));
    let before = epoch().await["number"].clone();
    for _ in 0..100 {
        rpc.call("evm_mine", json!(["0x5"])).await;
        if epoch().await["number"] != before {
            return;
        }
    }
    panic!("epoch {before} does not end");
}

#[tokio::test]
async fn a_delegator_earns_takes_out_and_is_told_when() {
    let node = Node::on_demand();
    let (wallet, rpc) = (Wallet::new(node.rpc_url()), Rpc::new(node.rpc_url()));
    let (operator, name) = validator(&rpc).await;
    let key = secret(1);
    let run = |words: &[&str]| wallet.run(words.iter().chain(&["--key", key.as_str(), "--yes"]));

    let listed = wallet.run(["stake", "list"]).ok();
    assert!(listed.contains(&name) && listed.contains("active"), "{listed}");
    // By name; what it says is what the event says.
    let sent = run(&["stake", "delegate", "1000", "--to", &name]).ok();
    assert!(sent.contains(&format!("1,000 BTT to {name}")), "{sent}");
    assert!(sent.contains("earns from") && sent.contains("epoch"), "{sent}");
    let shown = wallet.run(["--json", "stake", "show", &dev(1)]).json();
    let delegation = &shown["delegator"]["delegations"][0];
    assert_eq!(delegation["stake_wei"], "1000000000000000000000");
    assert_eq!(delegation["entering_wei"], delegation["stake_wei"]);

    next_epoch(&rpc).await;
    next_epoch(&rpc).await;
    let rewards = wallet.run(["--json", "stake", "rewards", &dev(1)]).json();
    let owed: alloy_primitives::U256 = typed(rewards["total_wei"].clone());
    assert!(!owed.is_zero(), "{rewards}");
    let claimed = run(&["--json", "stake", "claim"]).json();
    assert_eq!(claimed["events"][0]["event"], "RewardsClaimed");
    assert_eq!(claimed["events"][0]["amount_wei"], rewards["total_wei"]);

    // More than there is: refused with a sentence, before anything is signed.
    let refused = run(&["stake", "undelegate", "5000", "--from", &operator]).fails(1);
    assert!(refused.contains("5,000 BTT is more than the delegation holds free"), "{refused}");
    let out = run(&["--json", "stake", "undelegate", "--all", "--from", &operator]).json();
    let event = &out["events"][0];
    assert_eq!(event["event"], "Undelegated");
    let waiting = wallet.run(["--json", "stake", "unbonding", &dev(1)]).json();
    let entry = &waiting["unbondings"][0];
    assert_eq!(
        (&entry["unlocks_at_ms"], &entry["unlocks_at_block"], &entry["is_unlocked"]),
        (&event["unlocks_at_ms"], &event["unlocks_at_block"], &json!(false))
    );
    let early = run(&["stake", "withdraw"]).fails(1);
    assert!(early.contains("there is no unlocked stake yet"), "{early}");
    // Forty seconds and as many blocks on a dev chain.
    rpc.call("evm_increaseTime", json!([60])).await;
    rpc.call("evm_mine", json!(["0x2d"])).await;
    let paid = run(&["stake", "withdraw"]).ok();
    assert!(paid.contains("withdrawn") && paid.contains("1,000 BTT from"), "{paid}");
    let left = wallet.run(["--json", "stake", "show", &dev(1)]).json();
    assert_eq!(left["delegator"]["unbondings"], json!([]));
}

#[tokio::test]
async fn a_validator_is_made_with_a_key_that_stays_on_its_machine() {
    let node = Node::on_demand();
    let wallet = Wallet::new(node.rpc_url());
    let folder = wallet.home().join("validator.key");
    let file = folder.to_str().unwrap();
    bttd(["keys", "new", "--out", file]).ok();
    // The node runs on its folder meanwhile.
    let datadir = node.datadir().to_str().unwrap().to_owned();
    let words =
        ["keys", "possession", "--datadir", &datadir, "--operator", &dev(2), "--key-file", file];
    let printed = bttd(words).ok();
    let proof: Vec<&str> = printed.split_whitespace().collect();
    assert_eq!((proof[0], proof[2]), ("--public-key", "--possession"));

    let key = secret(2);
    let create = ["stake", "create-validator", "--name", "second", "--commission", "5%"];
    let rest = ["--self-stake", "2,000 BTT", "--key", &key, "--yes", "--json"];
    // The proof is for another account.
    let foreign = secret(3);
    let wrong = ["--self-stake", "2,000 BTT", "--key", &foreign, "--yes"];
    let refused = wallet.run(create.iter().chain(&proof).chain(&wrong)).fails(1);
    assert!(refused.contains("the proof of possession is not"), "{refused}");

    let made = wallet.run(create.iter().chain(&proof).chain(&rest)).json();
    assert_eq!(made["events"].as_array().unwrap().last().unwrap()["event"], "ValidatorRanked");
    let shown = wallet.run(["--json", "stake", "show", "second"]).json();
    let validator = &shown["validator"];
    assert_eq!(
        (&validator["public_key"], &validator["commission_bps"]),
        (&json!(proof[1]), &json!(500))
    );
    let again = wallet.run(create.iter().chain(&proof).chain(&rest)).fails(1);
    assert!(again.contains("operates a validator already"), "{again}");
    let key_flag = ["--key", key.as_str(), "--yes"];
    let edit = ["stake", "edit", "--name", "renamed"];
    wallet.run(edit.iter().chain(&key_flag)).ok();
    let too_much = ["stake", "commission", "9%"];
    let refused = wallet.run(too_much.iter().chain(&key_flag)).fails(1);
    assert!(refused.contains("it may rise by 1.00 % a day"), "{refused}");
    let unknown = wallet.run(["stake", "show", "second"]).fails(1);
    assert!(unknown.contains("no validator is called 'second'"), "{unknown}");
}
