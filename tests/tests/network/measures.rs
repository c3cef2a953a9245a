//! How fast a network of real processes is on this machine: numbers, printed; `make network-test`.

use btt_tests::network::{
    Network,
    load::Load,
    watch::{agree, go_on, rate, top, until_height},
};
use std::time::Instant;

/// Blocks over which a rate is taken.
const BLOCKS: u64 = 300;
/// How often what is restarted is measured.
const TIMES: usize = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "prints numbers: make network-test"]
async fn rates_and_times_of_a_network() {
    let mut network = Network::start(4, &["--block-time=1"]);
    let rpcs = network.rpcs();
    go_on(&rpcs, 10).await;
    println!("all alive: {:.1} blocks/s", rate(&rpcs, BLOCKS).await);
    network.kill(3);
    let living = rpcs[..3].to_vec();
    go_on(&living, 20).await;
    println!("one of four dead: {:.1} blocks/s", rate(&living, BLOCKS).await);
    network.run(3);
    go_on(&rpcs, 3).await;

    for _ in 0..TIMES {
        network.kill(1);
        network.kill(2);
        let height = top(&[rpcs[0].clone(), rpcs[3].clone()]).await;
        let started = Instant::now();
        network.run_all();
        let ready = started.elapsed();
        until_height(&rpcs[0], height + 2).await;
        println!("two of four back: answer after {ready:?}, blocks after {:?}", started.elapsed());
        go_on(&rpcs, 3).await;
    }

    let load = Load::start(&rpcs, 4);
    go_on(&rpcs, 1_000).await;
    load.finish().await;
    network.kill(3);
    network.wipe(3);
    let had = top(&living).await;
    network.run(3);
    let started = Instant::now();
    until_height(&rpcs[3], had).await;
    let took = started.elapsed();
    println!("{had} blocks fetched in {took:?}: {:.0} blocks/s", had as f64 / took.as_secs_f64());
    for node in 0..4 {
        println!("node {node}: {} MiB", network.node(node).resident_kib() / 1_024);
    }
    agree(&rpcs).await;
    network.stop_and_verify();
}
