//! Nodes for the tests: a swarm on loopback and everything that it told.

use crate::network::{
    Keypair, Multiaddr, Network, NetworkConfig, NetworkEvent, NetworkLimits, PeerId,
};
use alloy_primitives::{B256, Bytes};
use k256::SecretKey;
use std::time::Duration;
use tokio::{sync::mpsc, time::timeout};

/// A loaded machine may need this long for what takes milliseconds on an idle one.
pub(super) const DEADLINE: Duration = Duration::from_secs(30);
/// Between two looks at something that changes.
pub(super) const LOOK: Duration = Duration::from_millis(20);

/// A running node.
pub(super) struct Node {
    pub(super) network: Network,
    pub(super) events: mpsc::Receiver<NetworkEvent>,
    pub(super) address: Multiaddr,
}

/// Short times, so that tests end soon.
pub(super) fn limits() -> NetworkLimits {
    NetworkLimits {
        handshake_timeout: Duration::from_secs(5),
        exchange_interval: Duration::from_millis(200),
        heartbeat: Duration::from_millis(500),
        ..NetworkLimits::default()
    }
}

/// A node of a test chain that knows nobody and listens on a free port of loopback.
pub(super) fn config() -> NetworkConfig {
    NetworkConfig {
        listen: vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()],
        persistent_peers: Vec::new(),
        bootstrap_peers: Vec::new(),
        node_key: Keypair::generate_ed25519(),
        consensus_key: None,
        chain_id: 990_003,
        genesis_hash: B256::repeat_byte(7),
        limits: limits(),
    }
}

/// A consensus key.
pub(super) fn key(byte: u8) -> SecretKey {
    SecretKey::from_slice(&[byte; 32]).unwrap()
}

impl Node {
    pub(super) async fn start(config: NetworkConfig) -> Self {
        let (network, events) = Network::start(config).unwrap();
        let address = within(network.listen_addrs()).await.remove(0);
        Self { network, events, address }
    }

    /// A node that is to be connected with others at all times.
    pub(super) async fn joining(others: &[&Self]) -> Self {
        let persistent_peers = others.iter().map(|other| other.address.clone()).collect();
        Self::start(NetworkConfig { persistent_peers, ..config() }).await
    }

    pub(super) fn id(&self) -> PeerId {
        self.network.local_peer()
    }

    /// The next event that fits; others are passed over.
    pub(super) async fn wait<T>(&mut self, fits: impl Fn(NetworkEvent) -> Option<T>) -> T {
        let next = async {
            loop {
                let event = self.events.recv().await.expect("the swarm runs");
                if let Some(found) = fits(event) {
                    return found;
                }
            }
        };
        timeout(DEADLINE, next).await.expect("the event comes in time")
    }

    pub(super) async fn connected(&mut self, other: PeerId) {
        self.wait(|event| match event {
            NetworkEvent::Connected { peer, .. } if peer == other => Some(()),
            _ => None,
        })
        .await;
    }

    pub(super) async fn disconnected(&mut self, other: PeerId) {
        self.wait(|event| match event {
            NetworkEvent::Disconnected { peer } if peer == other => Some(()),
            _ => None,
        })
        .await;
    }

    pub(super) async fn consensus(&mut self) -> Bytes {
        self.wait(|event| match event {
            NetworkEvent::Consensus { bytes, .. } => Some(bytes),
            _ => None,
        })
        .await
    }

    pub(super) fn knows(&self, other: PeerId) -> bool {
        self.network.peers().iter().any(|info| info.peer == other)
    }
}

/// Two nodes that have said hello.
pub(super) async fn pair(one: NetworkConfig, two: NetworkConfig) -> (Node, Node) {
    let mut one = Node::start(one).await;
    let mut two =
        Node::start(NetworkConfig { persistent_peers: vec![one.address.clone()], ..two }).await;
    one.connected(two.id()).await;
    two.connected(one.id()).await;
    (one, two)
}

/// Ends a test that hangs.
pub(super) async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(DEADLINE, future).await.expect("it ends in time")
}

/// Looks until it is so.
pub(super) async fn eventually(mut is_so: impl FnMut() -> bool) {
    within(async {
        while !is_so() {
            tokio::time::sleep(LOOK).await;
        }
    })
    .await;
}
