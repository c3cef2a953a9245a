//! Proof of stake on a network of processes, as people would live it: a fifth validator joins by the wallet,
//! earns, and pays its delegators; one signs twice and is slashed; a parameter is changed by vote, by which
//! one that stops is jailed, and comes back.

use alloy_primitives::{B256, Bytes, U256};
use btt_node::keys;
use btt_runtime::{
    block::{Evidence, Statement, Vote, VoteKind},
    modules::staking::IStaking,
    primitives::{LOCALNET_CHAIN_ID, addresses::STAKING},
};
use btt_tests::{
    keys::Key,
    native::call,
    network::{
        Network,
        watch::{agree, go_on},
    },
    process::{Wallet, bttd},
    rpc::{Rpc, number},
};
use serde_json::{Value, json};
use std::{
    path::Path,
    time::{Duration, Instant},
};

fn secret(index: usize) -> String {
    btt_genesis::dev_accounts()[index].secret_key.to_string()
}

fn dev(index: usize) -> String {
    Key::dev(index).address().to_string()
}

/// Runs a verb of the wallet with a test account's key.
fn sign_off(wallet: &Wallet, account: usize, words: &[&str]) -> Value {
    let key = secret(account);
    let tail = ["--key", key.as_str(), "--yes", "--json"];
    wallet.run(words.iter().chain(&tail)).json()
}

async fn validator(rpc: &Rpc, account: usize) -> Value {
    rpc.call("staking_validator", json!([dev(account)])).await
}

/// Waits longer than for one call: for epochs, jails, votes.
async fn until(rpc: &Rpc, method: &str, params: Value, wanted: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + Duration::from_secs(90);
    loop {
        let answer = rpc.call(method, params.clone()).await;
        if wanted(&answer) {
            return answer;
        }
        assert!(Instant::now() < deadline, "{method} {params} still answers {answer}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Waits until a validator has this status.
async fn becomes(rpc: &Rpc, account: usize, status: &str) -> Value {
    until(rpc, "staking_validator", json!([dev(account)]), |v| v["status"] == status).await
}

/// Two precommits of the key in this data folder for one height.
fn double_vote(datadir: &Path, height: u64) -> IStaking::submitEvidenceCall {
    let key = keys::load(&keys::validator_key_path(datadir), || panic!("plain")).unwrap();
    let side = |byte| {
        let block_hash = B256::repeat_byte(byte);
        let vote = Vote { kind: VoteKind::Precommit, height, round: 9, block_hash };
        let signature = keys::sign_digest(&(&key).into(), vote.digest(LOCALNET_CHAIN_ID));
        Statement { block_hash, pol_round_plus_one: 0, signature }
    };
    let evidence = Evidence::new(1, height, 9, side(1), side(2));
    let statement = |s: &Statement| IStaking::Statement {
        blockHash: s.block_hash,
        polRoundPlusOne: s.pol_round_plus_one,
        signature: Bytes::copy_from_slice(s.signature.as_slice()),
    };
    let (first, second) = (statement(&evidence.first), statement(&evidence.second));
    IStaking::submitEvidenceCall { kind: 1, height, round: 9, first, second }
}

#[tokio::test]
async fn validators_join_earn_fail_and_come_back_and_rules_change_by_vote() {
    let mut network = Network::prepare(4, &["--block-time=100"]);
    let fifth = network.add_follower(&[0, 1, 2, 3]);
    let mut config = network.node(fifth).config();
    config.remove("full_node");
    network.node(fifth).set_config(&config);
    let datadir = network.node(fifth).datadir().to_owned();
    let key_file = keys::validator_key_path(&datadir);
    bttd(["keys", "new", "--out", key_file.to_str().unwrap()]).ok();
    let operator = dev(5);
    let words = ["keys", "possession", "--datadir", datadir.to_str().unwrap(), "--operator"];
    let proof = bttd(words.into_iter().chain([operator.as_str()])).ok();
    let proof: Vec<&str> = proof.split_whitespace().collect();
    network.run_all();
    let (wallet, rpc) = (network.wallet(1), network.rpc(1));

    // It joins.
    let create = ["stake", "create-validator", "--name", "fifth", "--commission", "5%"];
    let stake = ["--self-stake", "400,000 BTT"];
    let words: Vec<&str> = create.iter().chain(&stake).chain(&proof).copied().collect();
    sign_off(&wallet, 5, &words);
    sign_off(&wallet, 6, &["stake", "delegate", "100,000", "--to", "fifth"]);
    becomes(&rpc, 5, "active").await;
    let status = network.rpc(fifth);
    let power = |s: &Value| number(&s["power"]) > 0;
    until(&status, "consensus_status", json!([]), power).await;
    let signs = |v: &Value| number(&v["signedBlocks"]) > 0;
    until(&rpc, "staking_validator", json!([dev(5)]), signs).await;

    // It earns, and so does who delegates.
    let owed = |r: &Value| r["totalWei"] != "0x0";
    until(&rpc, "staking_rewards", json!([dev(6)]), owed).await;
    let claimed = sign_off(&wallet, 6, &["stake", "claim"]);
    assert_eq!(claimed["events"][0]["event"], "RewardsClaimed", "{claimed}");

    // One signs twice: anybody proves it.
    let height = rpc.height().await - 1;
    let proof = double_vote(network.node(3).datadir(), height);
    let proven = call(&Key::dev(7), LOCALNET_CHAIN_ID, 0, STAKING, 0, &proof);
    assert_eq!(rpc.include(proven.raw()).await["status"], "0x1");
    let slashed = validator(&rpc, 3).await;
    assert_eq!(slashed["status"], "tombstoned");
    let left: U256 = btt_tests::rpc::typed(slashed["stakeWei"].clone());
    assert_eq!(left, U256::from(950_000) * U256::from(10).pow(U256::from(18)));
    let gone = |v: &Value| number(&v["power"]) == 0;
    until(&rpc, "staking_validator", json!([dev(3)]), gone).await;
    go_on(&network.rpcs(), 5).await;

    // A rule changes by vote: from now on the absent are jailed.
    let propose = ["gov", "propose", "param", "minSignedBps=50%", "--title", "Jail the absent"];
    let deposit = ["--deposit", "1,000 BTT"];
    let words: Vec<&str> = propose.iter().chain(&deposit).copied().collect();
    sign_off(&wallet, 8, &words);
    for account in [0, 1, 2] {
        sign_off(&wallet, account, &["gov", "vote", "1", "yes"]);
    }
    let is_enacted = |p: &Value| p["status"] == "enacted";
    until(&rpc, "gov_proposal", json!(["0x1"]), is_enacted).await;
    let params = rpc.call("gov_params", json!([])).await;
    let changed = params.as_array().unwrap().iter().find(|p| p["name"] == "minSignedBps").unwrap();
    assert_eq!(number(&changed["value"]), 5_000, "{changed}");

    // One stops, is jailed, and comes back.
    network.kill(fifth);
    becomes(&rpc, 5, "jailed").await;
    network.run(fifth);
    let jailed = validator(&rpc, 5).await;
    let until_ms = number(&jailed["jailedUntilMs"]);
    let is_over = |block: &Value| number(&block["timestamp"]) * 1_000 > until_ms;
    until(&rpc, "eth_getBlockByNumber", json!(["latest", false]), is_over).await;
    sign_off(&wallet, 5, &["stake", "unjail"]);
    becomes(&rpc, 5, "active").await;
    agree(&network.rpcs()).await;
    network.stop_and_verify();
}
