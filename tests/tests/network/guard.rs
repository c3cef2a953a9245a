//! Nobody signs twice: a data folder out of a backup, a whole machine out of one, two processes of one key.

use btt_tests::{
    network::{
        Network,
        watch::{Watch, agree, all_sign, go_on, metric, top, until_height},
    },
    process::{program, run},
};
use std::{path::Path, process::Command};

/// Copies a folder, as a backup does.
fn copy(from: &Path, to: &Path) {
    let mut command = Command::new("cp");
    command.arg("-a").arg(from).arg(to);
    run(command, None).ok();
}

fn replace(backup: &Path, place: &Path) {
    std::fs::remove_dir_all(place).unwrap();
    copy(backup, place);
}

/// A node comes back from an old copy of its data folder, and of its record outside of it or not.
async fn come_back_from_a_copy(with_guard_outside: bool, told: &str) {
    let mut network = Network::start(4, &["--block-time=100"]);
    let rpcs = network.rpcs();
    let watch = Watch::start(network.rpcs());
    go_on(&rpcs, 5).await;
    network.kill(1);
    let datadir = network.node(1).datadir().to_owned();
    let outside = network.folder().join("guard/node-1");
    let backups = tempfile::tempdir().unwrap();
    let (data, guard) = (backups.path().join("data"), backups.path().join("guard"));
    copy(&datadir, &data);
    copy(&outside, &guard);
    network.run(1);
    go_on(&rpcs, 15).await;
    network.kill(1);
    let signed = top(&[rpcs[0].clone(), rpcs[2].clone()]).await;
    replace(&data, &datadir);
    if with_guard_outside {
        replace(&guard, &outside);
    }
    network.run(1);
    until_height(&rpcs[1], signed + 12).await;
    network.wait_for_log(1, told);
    go_on(&rpcs, 3).await;
    // It is back among the signers, and nobody has seen it sign against itself.
    all_sign(&rpcs[0]).await;
    for node in 0..4 {
        let url = network.node(node).url();
        let seen = metric(&url, "btt_consensus_evidence_total").await;
        assert_eq!(seen.unwrap_or(0.0), 0.0, "node {node}");
        let log = network.node(node).whole_log();
        assert!(!log.contains("signed against itself"), "{log}");
    }
    agree(&rpcs).await;
    watch.finish(&rpcs).await;
    network.stop_and_verify();
}

#[tokio::test]
async fn a_restored_data_folder_is_told_by_the_record_outside_of_it() {
    come_back_from_a_copy(false, "this may be a restored copy").await;
}

#[tokio::test]
async fn a_restored_machine_is_told_by_its_peers() {
    come_back_from_a_copy(true, "peers have seen this validator's key sign further").await;
}

#[tokio::test]
async fn a_second_process_with_the_same_key_does_not_start() {
    let network = Network::start(4, &["--block-time=100"]);
    let rpcs = network.rpcs();
    go_on(&rpcs, 3).await;
    // Its own data, ports and node key; the validator's key and the record outside are the first one's.
    let copies = tempfile::tempdir().unwrap();
    let datadir = copies.path().join("data");
    let spec = network.folder().join("spec.json");
    let words = ["init", "--chain", spec.to_str().unwrap(), "--datadir", datadir.to_str().unwrap()];
    btt_tests::process::bttd(words).ok();
    let mut command = Command::new(program("bttd"));
    command.arg("run").arg("--datadir").arg(&datadir);
    command.args(["--http-port=0", "--p2p-port=0", "--p2p-addr=127.0.0.1"]);
    command.arg("--validator-key").arg(network.node(2).datadir().join("keys/validator"));
    command.arg("--guard-dir").arg(network.folder().join("guard/node-2"));
    let refused = run(command, None).fails(1);
    assert!(refused.contains("another process signs with this validator's key"), "{refused}");
    // And the same data folder is locked as well.
    let mut command = Command::new(program("bttd"));
    command.arg("run").arg("--datadir").arg(network.node(2).datadir());
    command.args(["--http-port=0", "--p2p-port=0"]);
    let refused = run(command, None).fails(1);
    assert!(refused.contains("use"), "{refused}");
    go_on(&rpcs, 3).await;
    let health = reqwest::get(format!("{}/health", network.node(2).url())).await.unwrap();
    assert!(health.status().is_success());
    network.stop_and_verify();
}
