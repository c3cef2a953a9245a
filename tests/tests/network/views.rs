//! What people and programs see of a network: wallet, RPC, metrics, health.

use alloy_primitives::B256;
use btt_api::types::{Commit, ConsensusStatus, ValidatorSet};
use btt_runtime::{
    block::{CommitCertificate, CommitSignature},
    config::Validator,
    primitives::LOCALNET_CHAIN_ID,
};
use btt_tests::{
    network::{
        Network,
        load::{Load, SINK},
        watch::{go_on, metrics},
    },
    rpc::{number, typed},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Names in the tables of `docs/metrics.md`.
fn documented() -> BTreeSet<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/metrics.md");
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    rows.map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wallet_rpc_metrics_and_health_tell_how_the_network_is() {
    let mut network = Network::start(4, &["--block-time=100"]);
    let rpcs = network.rpcs();
    let load = Load::start(&rpcs, 2);
    go_on(&rpcs, 20).await;
    load.finish().await;
    for (node, rpc) in rpcs.iter().enumerate() {
        assert_eq!(rpc.call("eth_syncing", json!([])).await, json!(false));
        let status: ConsensusStatus = typed(rpc.call("consensus_status", json!([])).await);
        assert_eq!(
            (status.power, status.total_power, status.validators),
            (1_000_000, 4_000_000, 4)
        );
        assert_eq!(status.share_bps, 2_500);
        assert!(!status.syncing && status.height > status.head_number, "{status:?}");
        assert!(status.since_block_ms.unwrap() < 60_000, "{status:?}");
        let set: ValidatorSet = typed(rpc.call("consensus_validators", json!([])).await);
        let own: Vec<_> = set.validators.iter().filter(|v| v.is_self).collect();
        assert!(own.len() == 1 && Some(own[0].address) == status.validator, "{set:?}");
        for validator in set.validators.iter().filter(|v| !v.is_self) {
            assert_eq!(validator.connected, Some(true), "node {node}: {validator:?}");
        }
        let health = reqwest::get(format!("{}/health", network.node(node).url())).await.unwrap();
        assert!(health.status().is_success());
        let health: Value = health.json().await.unwrap();
        assert_eq!(health["peers"], 3, "{health}");
    }
    check_certificates(&rpcs[1]).await;

    let wallet = network.wallet(2);
    let status = wallet.run(["--json", "net", "status"]).json();
    assert_eq!(
        (&status["total_power"], &status["syncing"]),
        (&json!(4_000_000), &json!(false)),
        "{status}"
    );
    let validators = wallet.run(["net", "validators"]).ok();
    assert_eq!(validators.matches("25.00 %").count(), 4, "{validators}");
    let commit = wallet.run(["--json", "net", "commit"]).json();
    assert!(commit["signed_power"].as_u64().unwrap() >= 3_000_000, "{commit}");

    // The same while one is dead: it is shown as such.
    network.kill(0);
    go_on(&rpcs[1..], 12).await;
    let set: ValidatorSet = typed(rpcs[2].call("consensus_validators", json!([])).await);
    let gone: Vec<_> = set.validators.iter().filter(|v| v.connected == Some(false)).collect();
    assert!(gone.len() == 1 && gone[0].missed_recent > 0, "{set:?}");
    let commit: Commit =
        typed(rpcs[2].call("consensus_commit", json!([rpcs[2].height().await])).await);
    assert_eq!(commit.absent, [gone[0].address], "{commit:?}");
    let text = wallet.run(["net", "validators"]).ok();
    assert!(text.contains(&gone[0].address.to_string()), "{text}");
    network.run(0);

    let shown = metrics(&network.node(2).url()).await;
    let names: BTreeSet<String> = shown
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next().map(str::to_owned))
        .collect();
    let documented = documented();
    assert_eq!(names, documented, "{shown}");
    network.stop_and_verify();
}

/// Takes certificates as the RPC gives them, and checks them as any client can.
async fn check_certificates(rpc: &btt_tests::rpc::Rpc) {
    let top = rpc.height().await;
    for height in [1, 2, top / 2, top] {
        let commit: Commit = typed(rpc.call("consensus_commit", json!([height])).await);
        let set: ValidatorSet = typed(rpc.call("consensus_validators", json!([height])).await);
        let block = rpc.call("eth_getBlockByNumber", json!([format!("{height:#x}"), true])).await;
        let hash: B256 = typed(block["hash"].clone());
        let validators: Vec<Validator> = set
            .validators
            .iter()
            .map(|v| Validator { public_key: v.public_key, operator: v.operator, power: v.power })
            .collect();
        let signatures = commit.signatures.iter().map(|s| CommitSignature {
            validator_index: s.validator_index,
            signature: s.signature,
        });
        let mut certificate = CommitCertificate {
            height: commit.height,
            round: commit.round,
            block_hash: commit.block_hash,
            signatures: signatures.collect(),
        };
        certificate.verify(LOCALNET_CHAIN_ID, height, hash, &validators).unwrap();
        // Of another height, another chain, or with too few signatures it is none.
        assert!(certificate.verify(LOCALNET_CHAIN_ID, height + 1, hash, &validators).is_err());
        assert!(certificate.verify(LOCALNET_CHAIN_ID + 1, height, hash, &validators).is_err());
        certificate.signatures.truncate(2);
        assert!(certificate.verify(LOCALNET_CHAIN_ID, height, hash, &validators).is_err());
    }
    let block = rpc.call("eth_getBalance", json!([SINK, "latest"])).await;
    assert!(number(&block) > 0);
}
