//! Transfers at all nodes of a network, while some of them die.

use crate::{
    keys::Key,
    process::LOOK_INTERVAL,
    rpc::{Rpc, number},
};
use alloy_consensus::TxEip1559;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use btt_runtime::primitives::LOCALNET_CHAIN_ID;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// Where the transfers go; each carries one wei.
pub const SINK: Address = Address::repeat_byte(0xc4);
/// Transactions that a sender sends before it looks for their receipts.
const BURST: u64 = 4;
/// After this a sender asks how far it has come, and sends again what is missing.
const RECEIPT_PATIENCE: Duration = Duration::from_secs(2);

/// A transaction of a local network, to be changed before it is signed.
pub fn draft(nonce: u64, to: Address, gas_limit: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: LOCALNET_CHAIN_ID,
        nonce,
        gas_limit,
        max_fee_per_gas: 100_000_000_000,
        max_priority_fee_per_gas: 1_000_000_000,
        to: to.into(),
        ..TxEip1559::default()
    }
}

/// A signed transfer of one wei.
pub fn transfer(key: &Key, nonce: u64, to: Address) -> Bytes {
    key.sign_raw(TxEip1559 { value: U256::from(1), ..draft(nonce, to, 21_000) })
}

/// Hashes of transactions whose receipts were seen, with the block that held them.
pub type Included = BTreeMap<B256, Value>;

/// Senders under way.
#[derive(Debug)]
pub struct Load {
    is_over: Arc<AtomicBool>,
    senders: Vec<tokio::task::JoinHandle<Included>>,
}

impl Load {
    /// Starts so many senders, each with a test account of its own; each goes to the next node when one does
    /// not answer.
    pub fn start(nodes: &[Rpc], senders: usize) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let one = |index: usize| {
            let nodes: Vec<Rpc> =
                nodes.iter().cycle().skip(index % nodes.len()).take(nodes.len()).cloned().collect();
            tokio::spawn(send(nodes, Key::dev(index), is_over.clone()))
        };
        let senders = (0..senders).map(one).collect();
        Self { is_over, senders }
    }

    /// Ends; what became final.
    ///
    /// # Panics
    /// If a sender failed.
    pub async fn finish(self) -> Included {
        self.is_over.store(true, Ordering::Relaxed);
        let mut all = Included::new();
        for sender in self.senders {
            all.extend(sender.await.expect("a sender does not fail"));
        }
        all
    }
}

async fn send(nodes: Vec<Rpc>, key: Key, is_over: Arc<AtomicBool>) -> Included {
    let mut included = Included::new();
    let mut waiting: BTreeMap<u64, B256> = BTreeMap::new();
    for rpc in nodes.iter().cycle() {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        // A node that is down, or behind, leaves it to the next one.
        if burst(rpc, &key, &mut waiting, &mut included).await.is_none() {
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    }
    included
}

/// Sends some transfers to a node and waits for their receipts there; `None` if it does not answer, or has
/// not all of them in time.
async fn burst(
    rpc: &Rpc,
    key: &Key,
    waiting: &mut BTreeMap<u64, B256>,
    included: &mut Included,
) -> Option<()> {
    let count = rpc.ask("eth_getTransactionCount", json!([key.address(), "latest"])).await?;
    let first = number(&count.ok()?);
    for nonce in first..first + BURST {
        let raw = transfer(key, nonce, SINK);
        waiting.insert(nonce, keccak256(&raw));
        // It may have it already: the same transfer is the same transaction.
        let _ = rpc.ask("eth_sendRawTransaction", json!([raw])).await?;
    }
    let deadline = Instant::now() + RECEIPT_PATIENCE;
    while let Some((nonce, hash)) = waiting.first_key_value().map(|(n, h)| (*n, *h)) {
        let receipt = rpc.ask("eth_getTransactionReceipt", json!([hash])).await?.ok()?;
        if !receipt.is_null() {
            included.insert(hash, receipt["blockHash"].clone());
            waiting.remove(&nonce);
        } else if Instant::now() > deadline {
            return None;
        } else {
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    }
    Some(())
}

/// Every transaction that was final anywhere is in the same block at this node, and each has moved its wei:
/// the sink holds as many as the senders' nonces count.
///
/// # Panics
/// If one is missing.
pub async fn hold(rpc: &Rpc, included: &Included, senders: usize) {
    for (hash, block) in included {
        let receipt = rpc.call("eth_getTransactionReceipt", json!([hash])).await;
        assert_eq!(receipt["blockHash"], *block, "{hash} was final and is not there any more");
    }
    let mut sent = 0;
    for index in 0..senders {
        sent += rpc.nonce(Key::dev(index).address()).await;
    }
    assert_eq!(rpc.balance(SINK).await, U256::from(sent));
    assert!(sent >= included.len() as u64);
}
