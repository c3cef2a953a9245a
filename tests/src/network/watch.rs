//! What the chains of several nodes must show at all times: one block a height, for ever.

use crate::{
    process::LOOK_INTERVAL,
    rpc::{Rpc, number, typed},
};
use alloy_primitives::{Address, B256};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// How often the watch looks at every node.
const WATCH_INTERVAL: Duration = Duration::from_millis(100);
/// How long a test waits for what nodes do together, on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Hash and state root of a block.
pub type Seen = (B256, B256);

/// Looks at all nodes as long as it lives; notes every block that a node shows as newest.
#[derive(Debug)]
pub struct Watch {
    state: Arc<Mutex<State>>,
    is_over: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Debug, Default)]
struct State {
    blocks: BTreeMap<u64, (Seen, usize)>,
    forks: Vec<String>,
}

impl Watch {
    /// Begins.
    pub fn start(nodes: Vec<Rpc>) -> Self {
        let (state, is_over) = (Arc::new(Mutex::new(State::default())), Arc::default());
        let (into, end): (_, Arc<AtomicBool>) = (state.clone(), Arc::clone(&is_over));
        let task = tokio::spawn(async move {
            while !end.load(Ordering::Relaxed) {
                for (node, rpc) in nodes.iter().enumerate() {
                    // One that does not answer is down.
                    let Some(Ok(block)) = latest(rpc).await else { continue };
                    into.lock().expect("no watcher panics").note(node, &block);
                }
                tokio::time::sleep(WATCH_INTERVAL).await;
            }
        });
        Self { state, is_over, task }
    }

    /// Ends; every block that any node has ever shown must be what all of these have now.
    ///
    /// # Panics
    /// If two nodes, or one at two times, showed different blocks of a height.
    pub async fn finish(self, nodes: &[Rpc]) {
        self.is_over.store(true, Ordering::Relaxed);
        self.task.await.expect("the watcher does not panic");
        let State { blocks, forks } =
            std::mem::take(&mut *self.state.lock().expect("no watcher panics"));
        assert!(forks.is_empty(), "{forks:?}");
        for (node, rpc) in nodes.iter().enumerate() {
            for (height, (seen, by)) in &blocks {
                let now = block(rpc, *height).await;
                assert_eq!(now, Some(*seen), "block {height} of node {node}, seen at node {by}");
            }
        }
    }
}

impl State {
    fn note(&mut self, node: usize, block: &Value) {
        let (height, seen) = (number(&block["number"]), seen(block));
        let (first, by) = *self.blocks.entry(height).or_insert((seen, node));
        if first != seen {
            self.forks.push(format!("block {height}: {first:?} at {by}, {seen:?} at {node}"));
        }
    }
}

async fn latest(rpc: &Rpc) -> Option<Result<Value, crate::rpc::Refused>> {
    rpc.ask("eth_getBlockByNumber", json!(["latest", false])).await
}

fn seen(block: &Value) -> Seen {
    (typed(block["hash"].clone()), typed(block["stateRoot"].clone()))
}

/// Hash and state root of a node's block, if it has it.
pub async fn block(rpc: &Rpc, height: u64) -> Option<Seen> {
    let block = rpc.call("eth_getBlockByNumber", json!([format!("{height:#x}"), false])).await;
    (!block.is_null()).then(|| seen(&block))
}

/// Waits until a node that may be down has a block of at least this height; how long that took.
///
/// # Panics
/// If it does not come to have it.
#[track_caller]
pub fn until_height(rpc: &Rpc, height: u64) -> impl Future<Output = Duration> {
    let place = std::panic::Location::caller();
    async move {
        let started = Instant::now();
        loop {
            let answer = rpc.ask("eth_blockNumber", json!([])).await;
            let at = answer.and_then(Result::ok).as_ref().map(number);
            if at.is_some_and(|at| at >= height) {
                return started.elapsed();
            }
            assert!(started.elapsed() < PATIENCE, "{place}: still at {at:?}, not {height}");
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    }
}

/// Waits until every validator has signed some new block, as this node has their certificates: each holds
/// the precommits that came before it decided.
///
/// # Panics
/// If one does not.
pub async fn all_sign(rpc: &Rpc) {
    let (started, mut height) = (Instant::now(), rpc.height().await);
    let mut missing: Option<BTreeSet<Address>> = None;
    while missing.as_ref().is_none_or(|missing| !missing.is_empty()) {
        assert!(started.elapsed() < PATIENCE, "{missing:?} did not sign up to block {height}");
        let commit = rpc.call("consensus_commit", json!([height])).await;
        if commit.is_null() {
            tokio::time::sleep(LOOK_INTERVAL).await;
            continue;
        }
        let absent: BTreeSet<Address> = typed(commit["absent"].clone());
        missing = Some(missing.map_or(absent.clone(), |missing| &missing & &absent));
        height += 1;
    }
}

/// The highest of the nodes' heights; one that does not answer has none.
pub async fn top(nodes: &[Rpc]) -> u64 {
    let mut top = 0;
    for rpc in nodes {
        let answer = rpc.ask("eth_blockNumber", json!([])).await;
        top = top.max(answer.and_then(Result::ok).as_ref().map_or(0, number));
    }
    top
}

/// Waits until all nodes have so many blocks more than the highest of them has now; that height.
pub async fn go_on(nodes: &[Rpc], blocks: u64) -> u64 {
    let height = top(nodes).await + blocks;
    for rpc in nodes {
        until_height(rpc, height).await;
    }
    height
}

/// Blocks a second of all these nodes, over so many blocks.
pub async fn rate(nodes: &[Rpc], blocks: u64) -> f64 {
    let (started, before) = (Instant::now(), top(nodes).await);
    let after = go_on(nodes, blocks).await;
    (after - before) as f64 / started.elapsed().as_secs_f64()
}

/// Compares all blocks that all nodes have: same hash and state root at every height. The last such height.
///
/// # Panics
/// If two nodes differ.
pub async fn agree(nodes: &[Rpc]) -> u64 {
    let mut common = u64::MAX;
    for rpc in nodes {
        common = common.min(rpc.height().await);
    }
    for height in 0..=common {
        let first = block(&nodes[0], height).await;
        assert!(first.is_some(), "node 0 lacks block {height}");
        for (node, rpc) in nodes.iter().enumerate().skip(1) {
            assert_eq!(block(rpc, height).await, first, "block {height} of node {node} and node 0");
        }
    }
    common
}

/// A metric of a node, without labels.
///
/// # Panics
/// If the node does not answer.
pub async fn metric(rpc_url: &str, name: &str) -> Option<f64> {
    let text = metrics(rpc_url).await;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|value| value.trim().parse().ok())
}

/// All metrics of a node, as it serves them.
///
/// # Panics
/// If the node does not answer.
pub async fn metrics(rpc_url: &str) -> String {
    let answer = reqwest::get(format!("{rpc_url}/metrics")).await.expect("an answer");
    answer.text().await.expect("text")
}
