//! Big blocks: 10 kB and 1 MB.

use alloy_consensus::TxEip1559;
use alloy_primitives::{Bytes, U256};
use btt_tests::{
    keys::Key,
    network::{
        Network,
        load::{SINK, draft},
        watch::{PATIENCE, Watch, agree, go_on},
    },
    process::LOOK_INTERVAL,
    rpc::number,
};
use serde_json::json;
use std::time::Instant;

/// Bytes of calldata of one transaction.
const CALLDATA: usize = 100_000;
/// Gas for it: 40 a byte that is not zero (EIP-7623), and what any transaction costs.
const GAS: u64 = 40 * CALLDATA as u64 + 21_000;
/// Transactions at once: 60 million gas hold 14 of them.
const AT_ONCE: u64 = 12;

fn big(key: &Key, nonce: u64, bytes: usize) -> Bytes {
    let input: Vec<u8> = (0..bytes).map(|i| (i * 7 + nonce as usize) as u8 | 1).collect();
    let gas = GAS.min(40 * bytes as u64 + 21_000);
    key.sign_raw(TxEip1559 { input: input.into(), value: U256::from(1), ..draft(nonce, SINK, gas) })
}

#[tokio::test]
async fn blocks_of_ten_kilobytes_and_a_megabyte_are_decided() {
    let network = Network::start(4, &["--block-time=500"]);
    let rpcs = network.rpcs();
    let watch = Watch::start(network.rpcs());
    go_on(&rpcs, 2).await;
    let (mut largest, mut nonce) = (0, [0; 4]);
    for (bytes, times) in [(1_000, 1), (CALLDATA, 3)] {
        for _ in 0..times {
            // Many senders at many nodes, so that no node has all of them of itself.
            for index in 0..AT_ONCE as usize {
                let (sender, node) = (index % 4, (index + index / 4) % 4);
                let raw = big(&Key::dev(sender), nonce[sender], bytes);
                nonce[sender] += 1;
                // The one before it may not have arrived at this node yet; then it waits there.
                rpcs[node].send(&raw).await;
            }
            let started = Instant::now();
            loop {
                let mut is_done = true;
                for (sender, count) in nonce.iter().enumerate() {
                    is_done &= rpcs[3].nonce(Key::dev(sender).address()).await == *count;
                }
                if is_done {
                    break;
                }
                assert!(started.elapsed() < PATIENCE, "transactions of {bytes} bytes wait");
                tokio::time::sleep(LOOK_INTERVAL).await;
            }
            println!("{AT_ONCE} transactions of {bytes} bytes final after {:?}", started.elapsed());
        }
        let top = rpcs[3].height().await;
        largest = 0;
        for height in top.saturating_sub(20)..=top {
            let number_ = format!("{height:#x}");
            let block = rpcs[3].call("eth_getBlockByNumber", json!([number_, false])).await;
            largest = largest.max(number(&block["size"]));
        }
        println!("the largest block has {largest} bytes");
    }
    assert!(largest > 500_000, "{largest}");
    go_on(&rpcs, 2).await;
    agree(&rpcs).await;
    watch.finish(&rpcs).await;
    network.stop_and_verify();
}
