//! Strangers at the port of peers: noise, half-open connections, old news.

use btt_tests::{
    network::{
        Network,
        watch::{Watch, agree, go_on, top},
    },
    rpc::number,
};
use serde_json::json;
use std::{
    io::Write as _,
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Half-open connections that a stranger holds to each node.
const HELD: usize = 100;
/// Threads that write noise as fast as they are let.
const NOISY: usize = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_that_floods_the_port_harms_nobody() {
    let mut network = Network::start(4, &["--block-time=100"]);
    let rpcs = network.rpcs();
    let watch = Watch::start(network.rpcs());
    go_on(&rpcs, 5).await;
    let addresses: Vec<_> = (0..4).map(|node| network.node(node).p2p_addr()).collect();
    // Connections that never say anything.
    let mut held = Vec::new();
    for address in &addresses {
        for _ in 0..HELD {
            held.extend(TcpStream::connect_timeout(address, Duration::from_secs(1)));
        }
    }
    let (is_over, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let noise = |index: usize| {
        let (addresses, is_over, sent) = (addresses.clone(), is_over.clone(), sent.clone());
        std::thread::spawn(move || {
            let bytes: Vec<u8> = (0..65_536_u32).map(|i| (i * 31 + index as u32) as u8).collect();
            for address in addresses.iter().cycle() {
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(mut stream) = TcpStream::connect_timeout(address, Duration::from_secs(1))
                else {
                    continue;
                };
                let _ = stream.set_write_timeout(Some(Duration::from_millis(100)));
                while let Ok(()) = stream.write_all(&bytes) {
                    sent.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        })
    };
    let noisy: Vec<_> = (0..NOISY).map(noise).collect();
    let started = Instant::now();
    let before = top(&rpcs).await;
    let height = go_on(&rpcs, 40).await;
    println!("{} blocks in {:?} under noise", height - before, started.elapsed());
    // A validator that comes back finds the others in spite of it.
    network.kill(1);
    go_on(&[rpcs[0].clone(), rpcs[2].clone(), rpcs[3].clone()], 3).await;
    network.run(1);
    go_on(&rpcs, 10).await;
    is_over.store(true, Ordering::Relaxed);
    noisy.into_iter().for_each(|thread| thread.join().unwrap());
    println!(
        "{} connections held, {} bytes of noise taken",
        held.len(),
        sent.load(Ordering::Relaxed)
    );
    drop(held);
    for node in 0..4 {
        let log = network.node(node).log();
        let lines = log.lines().count();
        assert!(lines < 100, "node {node} says too much: {lines} lines\n{log}");
        assert!(network.node(node).resident_kib() < 1 << 20);
    }
    let status = rpcs[0].call("consensus_status", json!([])).await;
    assert_eq!(number(&status["totalPower"]), 4_000_000);
    agree(&rpcs).await;
    watch.finish(&rpcs).await;
    network.stop_and_verify();
}
