//! A node that lacks a feature of its chain stops before the first block under its rules, and says so.

use super::*;
use crate::{
    consensus::{
        clock::Clock,
        solo::{Pace, Solo},
    },
    keys,
    mempool::PoolLimits,
    storage::History,
    testing::{block, dev_chain_with},
};
use alloy_primitives::{U256, keccak256};
use btt_genesis::AllocAccount;
use btt_runtime::primitives::addresses::GOVERNANCE;
use std::sync::mpsc::channel;
use tempfile::TempDir;

/// First block under the rules of `blue`, which no node knows.
const ACTIVATION: u64 = 3;
const REASON: &str = "feature blue is a rule of the chain from block 3 on, and this node lacks it: it needs version \
                      9.9.0 or newer";

/// A chain whose votes have turned `blue` on, at block 1.
fn chain() -> (TempDir, Arc<Chain>, Arc<Mempool>) {
    let folder = tempfile::tempdir().unwrap();
    let key = |record: &[u8]| U256::from_be_bytes(keccak256(record).0);
    let text = |text: &str| {
        let mut word = [0u8; 32];
        word[..text.len()].copy_from_slice(text.as_bytes());
        U256::from_be_bytes(word)
    };
    let feature = key(&[b"btt.governance.feature".as_slice(), &[0; 8]].concat());
    let head = U256::from(ACTIVATION) | U256::from(4) << 64 | U256::from(5) << 72;
    let storage = [
        (key(b"btt.governance.features"), U256::from(1)),
        (feature, head),
        (feature + U256::from(1), text("blue")),
        (feature + U256::from(3), text("9.9.0")),
    ];
    let chain = dev_chain_with(folder.path(), History::Archive, |spec| {
        let account = AllocAccount { storage: storage.into(), ..AllocAccount::default() };
        spec.alloc.insert(GOVERNANCE, account);
    });
    block(&chain, Vec::new());
    let chain = Arc::new(chain);
    let mempool = Arc::new(Mempool::new(chain.clone(), PoolLimits::default()));
    (folder, chain, mempool)
}

/// What a fresh executor says to these jobs.
fn run(chain: &Arc<Chain>, mempool: &Arc<Mempool>, jobs: Vec<Job>) -> Vec<Done> {
    let proposer = Proposer::new(keys::dev_validator_key());
    let executor = Executor::new(chain.clone(), mempool.clone(), Some(proposer), None);
    let (orders, inbox) = channel();
    jobs.into_iter().for_each(|job| orders.send(job).unwrap());
    drop(orders);
    let said = std::cell::RefCell::new(Vec::new());
    executor.run(&inbox, |done| said.borrow_mut().push(done));
    said.into_inner()
}

fn order(chain: &Chain, height: u64) -> Job {
    Job::Build(Box::new(BuildOrder {
        height,
        round: 0,
        time_ms: 1_000 * height,
        certificate: chain.store().certificate(height - 1).unwrap(),
        late: Vec::new(),
        evidence: Vec::new(),
    }))
}

fn is_stopped(done: Option<&Done>) -> bool {
    matches!(done, Some(Done::Failed(reason)) if reason == REASON)
}

#[test]
fn the_last_block_under_known_rules_is_final_and_then_the_node_stops() {
    let (_folder, chain, mempool) = chain();
    let proposer = Proposer::new(keys::dev_validator_key());
    let mut source = mempool.source();
    let executed = proposer.propose(&chain, 2_000, &mut source).unwrap();
    let certificate = proposer.certify_alone(&chain, &executed).unwrap();
    let checked = Job::Execute(executed.hash, Arc::new(executed.block.clone()));
    assert!(chain.check_features().is_ok());
    let said = run(&chain, &mempool, vec![checked, Job::Apply(executed.hash, certificate)]);
    assert!(matches!(said[0], Done::Executed(_, Verdict::Valid, _)), "{:?}", said[0]);
    assert_eq!(chain.head().number, 2);
    assert!(is_stopped(said.get(1)), "{said:?}");

    // Nor does it go on when it is started again: it makes no block, and takes a stranger's for no
    // invalid one, for it knows nothing of it.
    assert_eq!(chain.check_features().unwrap_err().to_string(), REASON);
    let said = run(&chain, &mempool, vec![order(&chain, 3)]);
    assert!(is_stopped(said.first()), "{said:?}");
    let mut stranger = executed.block;
    stranger.header.number = 3;
    let said = run(&chain, &mempool, vec![Job::Execute(stranger.hash(), Arc::new(stranger))]);
    assert!(is_stopped(said.first()), "{said:?}");
    assert_eq!(chain.head().number, 2);
}

#[tokio::test]
async fn a_dev_chain_stops_with_the_same_words() {
    let (_folder, chain, mempool) = chain();
    let (stopped, reason) = channel();
    let proposer = Proposer::new(keys::dev_validator_key());
    let clock = Arc::new(Clock::default());
    let on_stop = move |reason| stopped.send(reason).unwrap();
    let solo =
        Solo::start(chain.clone(), mempool, proposer, clock, Pace::OnDemand, on_stop).unwrap();
    solo.mine(1).await.unwrap();
    assert_eq!(solo.mine(1).await, Err(format!("cannot propose: {REASON}")));
    assert_eq!(reason.recv().unwrap(), format!("cannot propose: {REASON}"));
    assert_eq!(chain.head().number, 2);
}
