//! Validators killed at random, for minutes, under load: `make network-test`.
//!
//! `KILL_SECONDS` (300) and `KILL_SEED` (a new one) come from the environment; so does `LOADGEN`, the path of a
//! load generator that knows nothing of this chain, where there is one.

use btt_tests::{
    keys::Key,
    network::{
        Network,
        load::{Load, hold},
        watch::{Watch, agree, go_on, metric, top},
    },
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Accounts that send; the last of the ten is the load generator's.
const SENDERS: usize = 6;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Passes of the other load generator, one after the other, each at some node; a killed node ends its pass.
struct Passes {
    program: String,
    child: Option<Child>,
    count: u64,
    whole: u64,
}

impl Passes {
    fn new() -> Option<Self> {
        let program = std::env::var("LOADGEN").ok().filter(|path| !path.is_empty())?;
        Some(Self { program, child: None, count: 0, whole: 0 })
    }

    fn look(&mut self, url: &str) {
        if let Some(child) = &mut self.child {
            match child.try_wait().expect("a child can be waited for") {
                Some(status) => self.whole += u64::from(status.success()),
                None => return,
            }
        }
        self.count += 1;
        let key = btt_genesis::dev_accounts()[9].secret_key.to_string();
        let mut command = Command::new(&self.program);
        command.args([
            "transfers",
            "--url",
            url,
            "--key",
            &key,
            "-n",
            "1500",
            "-m",
            "30",
            "-c",
            "4",
        ]);
        command.args(["--rate", "200", "--seed", &self.count.to_string()]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.child = Some(command.spawn().expect("LOADGEN names a program"));
    }
}

impl Drop for Passes {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "minutes long: make network-test"]
async fn nodes_killed_at_random_under_load_end_with_the_same_chain() {
    let seconds = setting("KILL_SECONDS").unwrap_or(300);
    let seed = setting("KILL_SEED").unwrap_or_else(rand::random);
    println!("KILL_SEED={seed} KILL_SECONDS={seconds}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut network = Network::start(4, &["--block-time=100"]);
    let rpcs = network.rpcs();
    let watch = Watch::start(network.rpcs());
    go_on(&rpcs, 5).await;
    let load = Load::start(&rpcs, SENDERS);
    let mut passes = Passes::new();
    if passes.is_none() {
        println!("skipped: no LOADGEN; the load is this test's own transfers alone");
    }
    let end = Instant::now() + Duration::from_secs(seconds);
    let (mut kills, mut halts) = (0, 0);
    while Instant::now() < end {
        if let Some(passes) = &mut passes {
            passes.look(&network.node(random.random_range(0..4)).url());
        }
        tokio::time::sleep(Duration::from_millis(random.random_range(0..3_000))).await;
        // Mostly one, at times two or three, now and then all.
        let victims = match random.random_range(0..20) {
            0 => 4,
            1 => 3,
            2..=6 => 2,
            _ => 1,
        };
        let first = random.random_range(0..4);
        let victims: Vec<usize> = (first..first + victims).map(|node| node % 4).collect();
        for victim in &victims {
            network.kill(*victim);
            kills += 1;
            tokio::time::sleep(Duration::from_millis(random.random_range(0..200))).await;
        }
        halts += u64::from(victims.len() > 1);
        tokio::time::sleep(Duration::from_millis(random.random_range(0..2_500))).await;
        victims.iter().for_each(|victim| network.spawn(*victim));
        // At times one dies again before it is ready.
        if random.random_range(0..5) == 0 {
            tokio::time::sleep(Duration::from_millis(random.random_range(0..300))).await;
            network.kill(victims[0]);
            kills += 1;
            network.spawn(victims[0]);
        }
        victims.iter().for_each(|victim| network.wait_ready(*victim));
    }
    let included = load.finish().await;
    if let Some(passes) = passes {
        println!("load generator: {} passes, {} of them whole", passes.count, passes.whole);
    }
    let started = Instant::now();
    let height = go_on(&rpcs, 3).await;
    println!(
        "{kills} kills, {halts} times more than one; height {height}, {} own transfers final; all together \
         again after {:?}",
        included.len(),
        started.elapsed()
    );
    for (node, rpc) in rpcs.iter().enumerate() {
        hold(rpc, &included, SENDERS).await;
        let seen = metric(&network.node(node).url(), "btt_consensus_evidence_total").await;
        assert_eq!(seen.unwrap_or(0.0), 0.0, "node {node} saw somebody sign twice");
        println!("node {node}: {} MiB", network.node(node).resident_kib() / 1_024);
        let log = network.node(node).whole_log();
        let errors: Vec<&str> =
            log.lines().filter(|l| l.contains("ERROR") || l.contains("panicked")).collect();
        assert!(errors.is_empty(), "node {node}: {errors:#?}");
    }
    println!("common height {} of {}", agree(&rpcs).await, top(&rpcs).await);
    watch.finish(&rpcs).await;
    assert!(rpcs[0].nonce(Key::dev(0).address()).await > 0);
    network.stop_and_verify();
}
