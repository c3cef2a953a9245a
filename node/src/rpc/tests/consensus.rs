//! `consensus_`, `admin_`, and what `eth_syncing` and `net_` say of the network.

use super::{Fixture, fixture};
use crate::{
    keys,
    rpc::{
        ConsensusState, ConsensusView, NetworkView, RpcLimits, SyncProgress, context::Rpc, server,
    },
    testing::{block, pay, stranger},
};
use alloy_primitives::{Address, B256, Signature};
use btt_api::types::{ConsensusStep, Endpoint, PeerInfo};
use serde_json::{Value, json};
use std::sync::Arc;

fn own() -> Address {
    keys::address_of(&keys::dev_validator_key())
}

/// Consensus and network of four as seen by one that is behind.
struct Four;

impl ConsensusView for Four {
    fn status(&self) -> ConsensusState {
        ConsensusState {
            height: 3,
            round: 2,
            step: ConsensusStep::Prevote,
            validator: Some(own()),
            sync: Some(SyncProgress { starting: 1, current: 2, highest: 30 }),
        }
    }
    fn proposer(&self, height: u64, round: u32) -> Option<Address> {
        (height < 10).then(|| stranger(height + u64::from(round)))
    }
}

impl NetworkView for Four {
    fn peers(&self) -> Vec<PeerInfo> {
        let peer = |validator| PeerInfo {
            peer_id: "12D3KooWtest".to_owned(),
            address: "/ip4/127.0.0.1/tcp/1".to_owned(),
            inbound: true,
            persistent: false,
            client: None,
            height: Some(30),
            validator,
            connected_secs: 7,
            ping_ms: None,
        };
        vec![peer(Some(stranger(1))), peer(None)]
    }
    fn endpoint(&self) -> Endpoint {
        Endpoint { peer_id: "12D3KooWown".to_owned(), listening: Vec::new() }
    }
    fn add_peer(&self, multiaddr: &str) -> Result<(), String> {
        Err(format!("'{multiaddr}' is no multiaddr"))
    }
    fn remove_peer(&self, _: &str) -> Result<(), String> {
        Ok(())
    }
}

fn among_four() -> Fixture {
    let mut node = fixture();
    node.context.consensus = Some(Arc::new(Four));
    node.context.network = Some(Arc::new(Four));
    node.methods = server::methods(&Rpc::new(node.context.clone(), RpcLimits::default())).unwrap();
    node
}

#[tokio::test]
async fn a_validator_alone_is_its_own_proposer_and_signs_every_block() {
    let node = fixture();
    let fresh = node.ask("consensus_status", json!([])).await;
    assert_eq!((&fresh["sinceBlockMs"], &fresh["recentBlocks"]), (&Value::Null, &json!(0)));
    let hash = block(&node.chain, vec![pay(0, 0, stranger(1), 1)]);
    let status = node.ask("consensus_status", json!([])).await;
    for (field, wanted) in [
        ("height", json!("0x2")),
        ("round", json!("0x0")),
        ("step", json!("waiting")),
        ("role", json!("proposer")),
        ("proposer", json!(own())),
        ("validator", json!(own())),
        ("power", json!("0x1")),
        ("totalPower", json!("0x1")),
        ("shareBps", json!(10_000)),
        ("validators", json!(1)),
        ("headNumber", json!("0x1")),
        ("headHash", json!(hash)),
        ("syncing", json!(false)),
        ("missedRecent", json!(0)),
        ("recentBlocks", json!(1)),
    ] {
        assert_eq!(status[field], wanted, "{field}");
    }
    let set = node.ask("consensus_validators", json!([])).await;
    assert_eq!((&set["height"], &set["recentBlocks"]), (&json!("0x2"), &json!(1)));
    let [validator] = set["validators"].as_array().unwrap().as_slice() else { panic!("{set}") };
    assert_eq!(validator["address"], json!(own()));
    assert_eq!(validator["publicKey"], json!(keys::public_key_of(&keys::dev_validator_key())));
    assert_eq!((&validator["signedRecent"], &validator["missedRecent"]), (&json!(1), &json!(0)));
    assert_eq!((&validator["connected"], &validator["isSelf"]), (&json!(true), &json!(true)));
    let first = node.ask("consensus_validators", json!(["0x1"])).await;
    assert_eq!(first["recentBlocks"], 0);
    let (code, text) = node.error("consensus_validators", json!([3])).await;
    assert!(code == -32602 && text.contains("next is 2"), "{text}");
    assert_eq!(node.ask("consensus_proposer", json!([])).await, json!(own()));
}

#[tokio::test]
async fn a_commit_carries_signatures_that_recover_to_its_validators() {
    let node = fixture();
    let hash = block(&node.chain, vec![]);
    let commit = node.ask("consensus_commit", json!([1])).await;
    assert_eq!((&commit["blockHash"], &commit["round"]), (&json!(hash), &json!("0x0")));
    assert_eq!((&commit["signedPower"], &commit["totalPower"]), (&json!("0x1"), &json!("0x1")));
    assert_eq!(commit["absent"], json!([]));
    let entry = &commit["signatures"][0];
    let bytes: alloy_primitives::Bytes =
        serde_json::from_value(entry["signature"].clone()).unwrap();
    let digest: B256 = serde_json::from_value(commit["digest"].clone()).unwrap();
    let signature = Signature::from_raw(&bytes).unwrap();
    let signer = btt_runtime::tx::RecoveryMemo::default().recover(digest, &signature).unwrap();
    assert_eq!(
        (json!(signer), entry["validatorIndex"].clone()),
        (entry["address"].clone(), json!(0))
    );
    for none in ["0x0", "0x2"] {
        assert_eq!(node.ask("consensus_commit", json!([none])).await, Value::Null, "{none}");
    }
    assert_eq!(node.error("consensus_commit", json!([])).await.0, -32602);
}

#[tokio::test]
async fn a_node_among_others_tells_what_its_parts_say() {
    let node = among_four();
    for _ in 0..2 {
        block(&node.chain, vec![]);
    }
    let status = node.ask("consensus_status", json!([])).await;
    assert_eq!((&status["height"], &status["round"]), (&json!("0x3"), &json!("0x2")));
    assert_eq!((&status["step"], &status["role"]), (&json!("prevote"), &json!("validator")));
    assert_eq!((&status["proposer"], &status["syncing"]), (&json!(stranger(5)), &json!(true)));
    let syncing = node.ask("eth_syncing", json!([])).await;
    assert_eq!(
        (&syncing["startingBlock"], &syncing["currentBlock"], &syncing["highestBlock"]),
        (&json!("0x1"), &json!("0x2"), &json!("0x1e"))
    );
    assert_eq!(node.ask("net_peerCount", json!([])).await, "0x2");
    assert_eq!(node.ask("net_listening", json!([])).await, false);
    let proposer = |params| node.ask("consensus_proposer", params);
    assert_eq!(proposer(json!([])).await, json!(stranger(5)));
    assert_eq!(proposer(json!([3, 0])).await, json!(stranger(3)));
    assert_eq!(proposer(json!([4])).await, json!(stranger(4)));
    assert_eq!(proposer(json!([10])).await, Value::Null);
    assert_eq!(node.error("consensus_proposer", json!([3, "0x100000000"])).await.0, -32602);

    let peers = node.ask("admin_peers", json!([])).await;
    assert_eq!(
        (&peers[0]["height"], &peers[0]["validator"]),
        (&json!("0x1e"), &json!(stranger(1)))
    );
    let info = node.ask("admin_nodeInfo", json!([])).await;
    assert_eq!(
        (&info["network"]["peerId"], &info["peers"]),
        (&json!("12D3KooWown"), &json!("0x2"))
    );
    let (code, text) = node.error("admin_addPeer", json!(["x"])).await;
    assert!(code == -32602 && text.contains("'x' is no multiaddr"), "{text}");
    assert_eq!(node.ask("admin_removePeer", json!(["x"])).await, true);
}

#[tokio::test]
async fn a_chain_of_one_process_has_no_network_to_administer() {
    let node = fixture();
    assert_eq!(node.ask("admin_peers", json!([])).await, json!([]));
    let info = node.ask("admin_nodeInfo", json!([])).await;
    assert_eq!((&info["network"], &info["chainId"]), (&Value::Null, &json!("0xf1b33")));
    let (code, text) = node.error("admin_addPeer", json!(["/ip4/1.2.3.4"])).await;
    assert!(code == -32000 && text.contains("no network"), "{text}");
    assert_eq!(node.ask("net_peerCount", json!([])).await, "0x0");
    assert_eq!(node.ask("net_listening", json!([])).await, true);
}
