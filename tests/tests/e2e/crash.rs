//! Power cuts: the node is killed under load again and again, and must have lost nothing that it had told.

use crate::support::{draft, transfer};
use alloy_consensus::TxEip1559;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use btt_tests::{
    keys::Key,
    process::{NodeOptions, bttd},
    rpc::{Rpc, number, typed},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};

/// How often the node is killed.
const KILLS: usize = 20;
/// How many accounts send at once.
const SENDERS: usize = 4;
/// Transactions that a sender sends before it looks for the receipts.
const BURST: u64 = 8;
/// Where the transfers go; how many wei came tells how many were counted.
const TO: Address = Address::repeat_byte(0xc4);

/// Hashes of transactions whose receipts were seen, with the block that held them.
type Seen = BTreeMap<B256, Value>;

/// A sender's transaction: a transfer, and now and then a new account with code and storage.
fn transaction(key: &Key, nonce: u64) -> Bytes {
    if nonce % 5 != 4 {
        return transfer(key, nonce, TO, 1);
    }
    // Init code: stores the number 7 in slot 0, and deploys nothing.
    let input = Bytes::from_static(&[0x60, 0x07, 0x5f, 0x55]);
    let create = draft(nonce, alloy_primitives::TxKind::Create, 200_000);
    key.sign_raw(TxEip1559 { input, ..create })
}

/// Sends until the node does not answer any more; what it saw receipts of.
async fn load(rpc: Rpc, key: Key) -> Seen {
    let mut seen = Seen::new();
    let count = json!([key.address(), "latest"]);
    let Some(Ok(nonce)) = rpc.ask("eth_getTransactionCount", count).await else { return seen };
    let mut nonce = number(&nonce);
    loop {
        let mut hashes = Vec::new();
        for _ in 0..BURST {
            let raw = transaction(&key, nonce);
            match rpc.ask("eth_sendRawTransaction", json!([raw])).await {
                Some(Ok(_)) => hashes.push(keccak256(&raw)),
                Some(Err(error)) => panic!("nonce {nonce} was refused: {error}"),
                None => return seen,
            }
            nonce += 1;
        }
        for hash in hashes {
            loop {
                match rpc.ask("eth_getTransactionReceipt", json!([hash])).await {
                    Some(Ok(Value::Null)) => {}
                    Some(Ok(receipt)) => {
                        seen.insert(hash, receipt["blockHash"].clone());
                        break;
                    }
                    Some(Err(error)) => panic!("{error}"),
                    None => return seen,
                }
            }
        }
    }
}

async fn hold(rpc: &Rpc, seen: &Seen) {
    for (hash, block) in seen {
        let receipt = rpc.call("eth_getTransactionReceipt", json!([hash])).await;
        assert_eq!(receipt["blockHash"], *block, "{hash} was final and is not there any more");
    }
}

/// Walks the chain: parents fit, and every sender's nonces rise by one. Returns how many there are by sender.
async fn walk(rpc: &Rpc) -> BTreeMap<Address, u64> {
    let mut next = BTreeMap::new();
    let mut parent = rpc.call("eth_getBlockByNumber", json!(["0x0", false])).await["hash"].clone();
    for height in 1..=rpc.height().await {
        let block = rpc.call("eth_getBlockByNumber", json!([format!("{height:#x}"), true])).await;
        assert_eq!(block["parentHash"], parent, "block {height}");
        for tx in block["transactions"].as_array().expect("transactions") {
            let due = next.entry(typed(tx["from"].clone())).or_insert(0);
            assert_eq!(number(&tx["nonce"]), *due, "block {height}");
            *due += 1;
        }
        parent = block["hash"].clone();
    }
    next
}

fn verify(datadir: &Path) {
    bttd(["verify", "--datadir", datadir.to_str().expect("UTF-8")]).ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_kills_under_load_lose_nothing_that_was_final() {
    let started = Instant::now();
    let folder = tempfile::tempdir().unwrap();
    let datadir = folder.path().join("data");
    let options = || NodeOptions::default().datadir(&datadir);
    let mut all = Seen::new();
    for kill in 0..KILLS {
        // Blocks on demand and by the clock in turn: they are decided in different ways.
        let node = options().block_time(if kill % 2 == 0 { 0 } else { 15 }).start();
        let rpc = Rpc::new(node.rpc_url());
        let senders: Vec<_> =
            (0..SENDERS).map(|index| tokio::spawn(load(rpc.clone(), Key::dev(index)))).collect();
        // Not the same moment of a block's life each time.
        let after = Duration::from_millis(250 + 37 * kill as u64 % 300);
        tokio::time::sleep(after).await;
        node.kill();
        let mut seen = Seen::new();
        for sender in senders {
            seen.extend(sender.await.expect("a sender does not fail"));
        }
        assert!(!seen.is_empty(), "kill {kill}: nothing became final in {after:?}");
        verify(&datadir);
        let node = options().block_time(0).start();
        hold(&Rpc::new(node.rpc_url()), &seen).await;
        all.extend(seen);
        // Half of them are stopped properly before they are killed again.
        if kill % 4 == 0 {
            assert_eq!(node.stop().code, Some(0));
        }
    }
    let node = options().block_time(0).start();
    let rpc = Rpc::new(node.rpc_url());
    hold(&rpc, &all).await;
    let counts = walk(&rpc).await;
    let mut transfers = 0;
    for index in 0..SENDERS {
        let address = Key::dev(index).address();
        let count = rpc.nonce(address).await;
        assert_eq!(counts.get(&address), Some(&count), "{address}");
        transfers += (0..count).filter(|nonce| nonce % 5 != 4).count();
    }
    assert_eq!(rpc.balance(TO).await, U256::from(transfers));
    let next = rpc.nonce(Key::dev(0).address()).await;
    let receipt = rpc.include(&transaction(&Key::dev(0), next)).await;
    assert_eq!(number(&receipt["blockNumber"]), rpc.height().await);
    node.stop();
    verify(&datadir);
    println!("{} receipts, {} kills, {:?}", all.len(), KILLS, started.elapsed());
}
