//! Coming together: hellos, proofs, redialling, peer exchange.

use super::harness::{Node, config, eventually, key, limits, pair, within};
use crate::{
    keys,
    network::{Network, NetworkConfig, NetworkError, NetworkEvent, NetworkLimits, Status, Target},
};
use alloy_primitives::B256;
use std::{collections::BTreeSet, time::Duration};

#[tokio::test]
async fn two_nodes_say_hello_and_know_each_other() {
    let (one, two) = pair(config(), config()).await;
    let seen = |of: &Node| of.network.peers().into_iter().next().unwrap();
    assert_eq!((seen(&one).peer, seen(&two).peer), (two.id(), one.id()));
    assert!(seen(&two).outbound && !seen(&one).outbound);
    assert_eq!(seen(&two).address, one.address);
    eventually(|| seen(&one).client_version.starts_with("bttd/")).await;
    within(two.network.stop()).await;
    eventually(|| one.network.peers().is_empty()).await;
}

#[tokio::test]
async fn quic_is_spoken_too() {
    let listen = vec!["/ip4/127.0.0.1/udp/0/quic-v1".parse().unwrap()];
    let (one, mut two) = pair(NetworkConfig { listen, ..config() }, config()).await;
    one.network.send_consensus(Target::All, vec![1, 2, 3]);
    assert_eq!(two.consensus().await, vec![1, 2, 3]);
}

#[tokio::test]
async fn a_validator_proves_its_key_and_is_one_while_the_set_has_it() {
    let consensus_key = Some(key(3));
    let mut one = Node::start(config()).await;
    let persistent_peers = vec![one.address.clone()];
    let mut two = Node::start(NetworkConfig { consensus_key, persistent_peers, ..config() }).await;
    let validator = one
        .wait(|event| match event {
            NetworkEvent::Connected { validator, .. } => Some(validator),
            _ => None,
        })
        .await;
    let address = keys::address_of(&key(3));
    assert_eq!(validator, Some(address));
    two.connected(one.id()).await;
    one.network.send_consensus(Target::Validators, vec![1]);
    one.network.set_validators(BTreeSet::from([address]));
    assert!(one.network.peers()[0].in_set);
    one.network.send_consensus(Target::Validators, vec![2]);
    assert_eq!(two.consensus().await, vec![2]);
}

#[tokio::test]
async fn a_node_of_another_chain_is_refused() {
    let one = Node::start(config()).await;
    let persistent_peers = vec![one.address.clone()];
    let other_genesis = B256::repeat_byte(8);
    let strangers = [
        NetworkConfig { genesis_hash: other_genesis, persistent_peers, ..config() },
        NetworkConfig { chain_id: 1, persistent_peers: vec![one.address.clone()], ..config() },
    ];
    for stranger in strangers {
        let mut stranger = Node::start(stranger).await;
        // A dial goes through and its hello fails, or it would be there by then.
        let nothing = tokio::time::timeout(Duration::from_millis(700), stranger.events.recv());
        assert!(nothing.await.is_err());
        assert!(stranger.network.peers().is_empty() && one.network.peers().is_empty());
    }
}

#[tokio::test]
async fn a_status_is_told_on_connecting_and_on_change() {
    let status = |height| Status { height, head_hash: B256::repeat_byte(1), earliest: 0 };
    let one = Node::start(config()).await;
    one.network.set_status(status(5));
    let mut two = Node::joining(&[&one]).await;
    let heard = |wanted: u64| {
        move |event: NetworkEvent| match event {
            NetworkEvent::Status { status, .. } if status.height == wanted => Some(status),
            _ => None,
        }
    };
    assert_eq!(two.wait(heard(5)).await, status(5));
    for height in 6..=300 {
        one.network.set_status(status(height));
    }
    assert_eq!(two.wait(heard(300)).await, status(300));
    assert_eq!(two.network.peers()[0].status, status(300));
}

#[tokio::test]
async fn four_nodes_that_dial_each_other_end_with_one_session_for_each_pair() {
    let mut nodes = Vec::new();
    for byte in 1..=4 {
        let consensus_key = Some(key(byte));
        nodes.push(Node::start(NetworkConfig { consensus_key, ..config() }).await);
    }
    // Everyone dials everyone at once.
    for one in &nodes {
        for other in nodes.iter().filter(|other| other.id() != one.id()) {
            one.network.dial(other.address.clone());
        }
    }
    eventually(|| nodes.iter().all(|node| node.network.peers().len() == 3)).await;
    // Whatever connections are too many are gone after a while, and the sessions still work.
    tokio::time::sleep(Duration::from_millis(300)).await;
    eventually(|| nodes.iter().all(|node| node.network.peers().len() == 3)).await;
    let (first, rest) = nodes.split_first_mut().unwrap();
    first.network.send_consensus(Target::All, vec![9]);
    for node in rest {
        assert_eq!(node.consensus().await, vec![9]);
    }
}

#[tokio::test]
async fn a_peer_that_restarts_is_found_again() {
    let first = NetworkConfig { node_key: config().node_key, ..config() };
    let mut one = Node::start(first.clone()).await;
    let mut two = Node::joining(&[&one]).await;
    let id = one.id();
    one.connected(two.id()).await;
    two.connected(id).await;
    let listen = vec![one.address.clone()];
    within(one.network.stop()).await;
    drop(one.events);
    two.disconnected(id).await;
    // The port may stay taken for a moment.
    let mut one = within(async {
        loop {
            match Network::start(NetworkConfig { listen: listen.clone(), ..first.clone() }) {
                Ok((network, events)) => {
                    let address = network.listen_addrs().await.remove(0);
                    break Node { network, events, address };
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    })
    .await;
    two.connected(id).await;
    one.connected(two.id()).await;
}

#[tokio::test]
async fn a_third_node_is_found_by_peer_exchange() {
    let one = Node::start(config()).await;
    let two = Node::joining(&[&one]).await;
    let three = Node::joining(&[&one]).await;
    eventually(|| two.knows(three.id()) && three.knows(two.id())).await;
}

#[tokio::test]
async fn missing_validators_are_sought_beyond_the_target() {
    let limits = NetworkLimits { target_outbound: 0, ..limits() };
    let validator =
        |byte| NetworkConfig { consensus_key: Some(key(byte)), limits: limits.clone(), ..config() };
    let one = Node::start(NetworkConfig { limits: limits.clone(), ..config() }).await;
    let known = vec![one.address.clone()];
    let two = Node::start(NetworkConfig { persistent_peers: known.clone(), ..validator(1) }).await;
    let three = Node::start(NetworkConfig { persistent_peers: known, ..validator(2) }).await;
    eventually(|| one.network.peers().len() == 2).await;
    assert!(!two.knows(three.id()));
    let set: BTreeSet<_> = [1, 2].map(|byte| keys::address_of(&key(byte))).into();
    two.network.set_validators(set);
    eventually(|| two.knows(three.id())).await;
}

#[tokio::test]
async fn a_taken_port_is_told_at_the_start() {
    let one = Node::start(config()).await;
    let result = Network::start(NetworkConfig { listen: vec![one.address.clone()], ..config() });
    assert!(matches!(result, Err(NetworkError::Listen { .. })), "{}", one.address);
    let bad = vec!["/memory/1".parse().unwrap()];
    let result = Network::start(NetworkConfig { persistent_peers: bad, ..config() });
    assert!(matches!(result, Err(NetworkError::Undialable(_))));
}
