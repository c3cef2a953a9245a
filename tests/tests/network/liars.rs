//! Peers that say a right hello and then lie: about heights, blocks, what a validator has signed.

use alloy_primitives::{B256, Bytes};
use btt_node::network::{
    Keypair, Multiaddr, Network as Swarm, NetworkConfig, NetworkEvent, NetworkLimits, Request,
    Response, Status, Target,
};
use btt_runtime::primitives::LOCALNET_CHAIN_ID;
use btt_tests::{
    network::{
        Network,
        watch::{Watch, agree, all_sign, go_on, top},
    },
    rpc::typed,
};
use serde_json::json;
use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{sync::mpsc::Receiver, task::JoinHandle};

/// Liars with keys of their own at a time.
const LIARS: usize = 3;
/// How long each stays.
const STAY: Duration = Duration::from_secs(6);
/// What they pretend to have.
const HEIGHT: u64 = 1_000_000_000;
/// A signed step far ahead: height, round, step and digest.
type Step = (u64, u32, u8, B256);

fn step_bytes((height, round, step, digest): Step) -> Bytes {
    let mut payload = Vec::new();
    for part in [
        alloy_rlp::encode(height),
        alloy_rlp::encode(round),
        alloy_rlp::encode(step),
        alloy_rlp::encode(digest),
    ] {
        payload.extend(part);
    }
    let mut bytes = Vec::new();
    alloy_rlp::Header { list: true, payload_length: payload.len() }.encode(&mut bytes);
    bytes.extend(payload);
    bytes.into()
}

/// A stranger in the swarm, connected to some nodes.
fn join(genesis_hash: B256, peers: Vec<Multiaddr>) -> (Swarm, Receiver<NetworkEvent>) {
    let mut secret = rand::random::<[u8; 32]>();
    let config = NetworkConfig {
        listen: vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()],
        persistent_peers: peers,
        bootstrap_peers: Vec::new(),
        node_key: Keypair::ed25519_from_bytes(&mut secret).unwrap(),
        consensus_key: None,
        chain_id: LOCALNET_CHAIN_ID,
        genesis_hash,
        limits: NetworkLimits::default(),
    };
    Swarm::start(config).unwrap()
}

/// Answers every question with a lie, and says noise of every class; counts the questions.
fn lie(swarm: &Swarm, mut events: Receiver<NetworkEvent>, asked: Arc<AtomicU64>) -> JoinHandle<()> {
    let swarm = swarm.clone();
    tokio::spawn(async move {
        let mut old = Vec::new();
        while let Some(event) = events.recv().await {
            match event {
                NetworkEvent::Connected { peer, .. } => {
                    let status = Status { height: HEIGHT, head_hash: B256::ZERO, earliest: 1 };
                    swarm.set_status(status);
                    if old.is_empty() {
                        // Blocks that were decided, each with its right certificate: to be replayed.
                        let question = Request::Blocks { from: 1, count: 3 };
                        if let Ok(Response::Blocks(blocks)) = swarm.request(peer, question).await {
                            old = blocks;
                        }
                    }
                    swarm.send_consensus(Target::Peer(peer), vec![7; 200]);
                    swarm.send_block(Target::Peer(peer), vec![9; 5_000]);
                    let noise = vec![Bytes::from(vec![2; 300]), Bytes::new()];
                    swarm.send_transactions(Target::Peer(peer), noise);
                }
                NetworkEvent::Request { request, reply, .. } => {
                    asked.fetch_add(1, Ordering::Relaxed);
                    match request {
                        Request::Blocks { .. } => reply.send(Response::Blocks(old.clone())),
                        Request::SignedStep { .. } => {
                            let step = step_bytes((HEIGHT, 0, 2, B256::repeat_byte(1)));
                            reply.send(Response::SignedStep(Some(step)));
                        }
                        // The others never have an answer.
                        _ => std::mem::forget(reply),
                    }
                }
                _ => {}
            }
        }
    })
}

async fn leave((swarm, task): (Swarm, JoinHandle<()>)) {
    swarm.stop().await;
    // It holds a handle of the swarm, and so would wait for itself.
    task.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn liars_stop_nobody_and_old_certificates_decide_nothing() {
    let mut network = Network::start(4, &["--block-time=100"]);
    let rpcs = network.rpcs();
    let watch = Watch::start(network.rpcs());
    go_on(&rpcs, 5).await;
    let genesis = rpcs[0].call("eth_getBlockByNumber", json!(["0x0", false])).await;
    let genesis: B256 = typed(genesis["hash"].clone());
    let ports: Vec<u16> = (0..4).map(|node| network.node(node).p2p_addr().port()).collect();
    let peers = move || -> Vec<Multiaddr> {
        ports.iter().map(|port| format!("/ip4/127.0.0.1/tcp/{port}").parse().unwrap()).collect()
    };
    // Whoever is found out comes back under another name.
    let is_over = Arc::new(AtomicBool::new(false));
    let carousel = tokio::spawn({
        let is_over = is_over.clone();
        async move {
            let (mut liars, asked) = (VecDeque::new(), Arc::new(AtomicU64::new(0)));
            while !is_over.load(Ordering::Relaxed) {
                let (swarm, events) = join(genesis, peers());
                let task = lie(&swarm, events, asked.clone());
                liars.push_back((swarm, task));
                tokio::time::sleep(STAY / LIARS as u32).await;
                if liars.len() > LIARS {
                    leave(liars.pop_front().unwrap()).await;
                }
            }
            for liar in liars {
                leave(liar).await;
            }
            asked.load(Ordering::Relaxed)
        }
    });
    let (started, before) = (Instant::now(), top(&rpcs).await);
    let height = go_on(&rpcs, 50).await;
    let took = started.elapsed();
    println!("{} blocks in {took:?} among liars", height - before);
    // Ten a second without them; a liar must not hold them up for as long as it takes to find it out.
    assert!(took < Duration::from_secs(25), "{took:?}");
    // One that starts asks everybody what its key has signed.
    network.kill(2);
    go_on(&[rpcs[0].clone(), rpcs[1].clone(), rpcs[3].clone()], 2).await;
    network.run(2);
    go_on(&rpcs, 5).await;
    all_sign(&rpcs[0]).await;
    for (node, rpc) in rpcs.iter().enumerate() {
        rpc.until("eth_syncing", json!([]), |answer| *answer == json!(false)).await;
        let log = network.node(node).log();
        assert!(!log.contains("peers have seen this validator's key"), "node {node}: {log}");
        assert!(log.lines().filter(|line| !line.contains("INFO")).count() < 50, "{log}");
    }
    is_over.store(true, Ordering::Relaxed);
    let asked = carousel.await.unwrap();
    println!("{asked} questions to liars");
    assert!(asked > 0, "nobody asked them anything");
    agree(&rpcs).await;
    watch.finish(&rpcs).await;
    network.stop_and_verify();
}
