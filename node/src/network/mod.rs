//! The network between nodes: one libp2p swarm in one task, behind a handle that can be cloned.
//!
//! ```text
//! Network ─► queues of a peer ─► writers ─► substreams ─► readers ─► budgets ─► inbox ─► NetworkEvent
//!        └─► commands ─► the swarm's task: connections, hellos, dials
//! ```
//! It moves bytes and typed requests and knows nothing of the chain. Votes, blocks, transactions, statuses and
//! requests each have substreams of their own. Nothing is read from a peer before its hello was right, no
//! sender waits, nothing grows without bound.

mod bans;
mod book;
mod budget;
mod dial;
mod event;
mod exchange;
mod frame;
mod gate;
mod greeting;
mod handler;
mod hello;
mod inbox;
mod limits;
mod node_key;
mod peer;
mod protocol;
mod queue;
mod reading;
mod requests;
mod session;
mod shared;
mod swarm;
mod task;
#[cfg(test)]
mod tests;
mod wire;
mod writing;

pub use event::{
    NetworkEvent, Offence, PeerInfo, Reply, Request, RequestError, Response, Status, Target,
    Traffic,
};
pub use libp2p::{Multiaddr, PeerId, identity::Keypair};
pub use limits::{ClassLimits, NetworkLimits, Rate};
pub use node_key::{NODE_KEY_NAME, NodeKeyError, node_key, node_key_path};
pub use protocol::Class;

use alloy_primitives::{Address, B256, Bytes};
use book::Book;
use hello::Identity;
use inbox::Inbox;
use k256::SecretKey;
use limits::{COMMANDS, MAX_ITEMS};
use shared::{Command, Shared, dropped};
use std::{collections::BTreeSet, convert::Infallible, io, sync::Arc};
use task::{Ends, Known, Task};
use tokio::sync::{mpsc, oneshot, watch};
use wire::TransactionsMessage;

/// What a swarm needs to start.
#[derive(Clone)]
pub struct NetworkConfig {
    /// Where to listen: `/ip4/…/tcp/…` or `/ip4/…/udp/…/quic-v1`, also `ip6`; port 0 takes a free one.
    pub listen: Vec<Multiaddr>,
    /// Peers to be connected with at all times, with or without `/p2p/ID`; also `/dns4/…`.
    pub persistent_peers: Vec<Multiaddr>,
    /// Peers to begin with, dialled while there are few.
    pub bootstrap_peers: Vec<Multiaddr>,
    /// The node's own key; see [`node_key`].
    pub node_key: Keypair,
    /// The validator's key, if this node is one: it proves so to its peers.
    pub consensus_key: Option<SecretKey>,
    /// The chain.
    pub chain_id: u64,
    /// Hash of its block 0.
    pub genesis_hash: B256,
    /// Every limit.
    pub limits: NetworkLimits,
}

/// Why a swarm does not start.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// An address cannot be listened on, such as when its port is taken.
    #[error("cannot listen for peers on {address}: {reason}")]
    Listen {
        /// Which.
        address: Multiaddr,
        /// What the system says.
        reason: io::Error,
    },
    /// An address of the configuration has a form that is not dialled.
    #[error("cannot dial {0}: not of the form /ip4/…/tcp/… or /ip4/…/udp/…/quic-v1")]
    Undialable(Multiaddr),
    /// A transport cannot be set up.
    #[error("network transport: {0}")]
    Transport(String),
}

/// A handle to the swarm. The swarm ends with [`Network::stop`] or with its last handle.
#[derive(Debug, Clone)]
pub struct Network {
    shared: Arc<Shared>,
    _alive: mpsc::Sender<Infallible>,
}

impl Network {
    /// Binds the listeners and starts the swarm on the current tokio runtime. Gives the handle and the events.
    pub fn start(
        config: NetworkConfig,
    ) -> Result<(Self, mpsc::Receiver<NetworkEvent>), NetworkError> {
        let local = config.node_key.public().to_peer_id();
        let persistent = &config.persistent_peers;
        let dialled = persistent.iter().chain(&config.bootstrap_peers);
        if let Some(address) = dialled.clone().find(|address| !dial::is_dialable(address)) {
            return Err(NetworkError::Undialable(address.clone()));
        }
        let trusted = persistent.iter().filter_map(|address| exchange::split_id(address).1);
        let book = Arc::new(Book::new(local, config.limits.clone(), trusted.collect()));
        let swarm = swarm::build(&config, book.clone())?;
        let (inbox, events) = Inbox::start(&config.limits);
        let (commands, commands_out) = mpsc::channel(COMMANDS);
        let (alive, handles) = mpsc::channel(1);
        let key = config.consensus_key.as_ref();
        let shared = Arc::new(Shared {
            identity: Identity::new(local, config.chain_id, config.genesis_hash, key),
            limits: config.limits.clone(),
            book,
            inbox,
            commands,
            status: watch::Sender::new(Status::default()),
        });
        let known = Known {
            listeners: config.listen.len(),
            persistent: config.persistent_peers,
            bootstrap: config.bootstrap_peers,
        };
        let task = Task::new(swarm, shared.clone(), known);
        tokio::spawn(task.run(Ends { commands: commands_out, handles }));
        Ok((Self { shared, _alive: alive }, events))
    }

    /// Our id.
    pub fn local_peer(&self) -> PeerId {
        self.shared.identity.local
    }

    /// Where we listen, without our id; waits until every listener is up. Empty after the end.
    pub async fn listen_addrs(&self) -> Vec<Multiaddr> {
        let (reply, addresses) = oneshot::channel();
        let _ = self.shared.commands.send(Command::ListenAddrs(reply)).await;
        addresses.await.unwrap_or_default()
    }

    /// Sends a vote, proposal or certificate. A peer whose queue is full is disconnected: it comes back and
    /// catches up.
    pub fn send_consensus(&self, to: Target, bytes: impl Into<Bytes>) {
        let bytes = bytes.into();
        if self.is_too_long(Class::Consensus, &bytes) {
            return;
        }
        for peer in self.shared.book.select(to) {
            if !peer.consensus.push(bytes.clone()) {
                dropped("queue_full", 1);
                peer.close("its queue of consensus messages is full");
            }
        }
    }

    /// Sends an undecided block. In a full queue it takes the place of the oldest ones.
    pub fn send_block(&self, to: Target, bytes: impl Into<Bytes>) {
        let bytes = bytes.into();
        if self.is_too_long(Class::Blocks, &bytes) {
            return;
        }
        for peer in self.shared.book.select(to) {
            dropped("queue_full", peer.blocks.push_over_oldest(bytes.clone()));
        }
    }

    /// Sends raw transactions, in as many messages as they need. What a full queue does not take is dropped.
    pub fn send_transactions(&self, to: Target, batch: Vec<Bytes>) {
        let peers = self.shared.book.select(to);
        if peers.is_empty() {
            return;
        }
        // Room for the message's kind and list header.
        let room = self.shared.limits.transactions.frame_bytes.saturating_sub(8);
        for part in parts(batch, room, MAX_ITEMS) {
            self.push_transactions(&peers, &TransactionsMessage::Batch(part));
        }
    }

    /// Tells hashes of transactions that we have.
    pub fn announce_transactions(&self, to: Target, hashes: Vec<B256>) {
        let peers = self.shared.book.select(to);
        if peers.is_empty() {
            return;
        }
        let mut rest = hashes;
        while !rest.is_empty() {
            let after = rest.split_off(rest.len().min(MAX_ITEMS));
            let part = std::mem::replace(&mut rest, after);
            self.push_transactions(&peers, &TransactionsMessage::Hashes(part));
        }
    }

    fn push_transactions(&self, peers: &[Arc<peer::Peer>], message: &TransactionsMessage) {
        let bytes = message.encode();
        if self.is_too_long(Class::Transactions, &bytes) {
            return;
        }
        for peer in peers {
            if !peer.transactions.push(bytes.clone()) {
                dropped("queue_full", 1);
            }
        }
    }

    fn is_too_long(&self, class: Class, bytes: &Bytes) -> bool {
        let limit = class.limits(&self.shared.limits).frame_bytes;
        if bytes.len() > limit {
            let (class, bytes) = (class.name(), bytes.len());
            tracing::error!(class, bytes, limit, "a message is too long for the network: not sent");
            dropped("too_long", 1);
        }
        bytes.len() > limit
    }

    /// Where our chain stands: told to every peer, now and when it connects. The newest wins.
    pub fn set_status(&self, status: Status) {
        self.shared.status.send_if_modified(|old| std::mem::replace(old, status) != status);
    }

    /// Asks a peer.
    pub async fn request(&self, peer: PeerId, request: Request) -> Result<Response, RequestError> {
        requests::ask(&self.shared, peer, request).await
    }

    /// Who counts as a validator now: for [`Target::Validators`], budgets, reserved slots and the full mesh.
    pub fn set_validators(&self, addresses: BTreeSet<Address>) {
        self.shared.book.set_validators(addresses);
    }

    /// Charges a peer for an offence; enough of them ban it.
    pub fn report(&self, peer: PeerId, offence: Offence) {
        self.shared.book.report(peer, None, offence);
        if offence == Offence::WrongChain {
            let _ = self.shared.commands.try_send(Command::Cool(peer));
            self.disconnect(peer);
        }
    }

    /// Every connected peer.
    pub fn peers(&self) -> Vec<PeerInfo> {
        self.shared.book.infos()
    }

    /// Tries an address a few times, whether or not peers are wanted.
    pub fn dial(&self, address: Multiaddr) {
        if self.shared.commands.try_send(Command::Dial(address)).is_err() {
            dropped("busy", 1);
        }
    }

    /// Closes the connection to a peer. A persistent one is dialled again.
    pub fn disconnect(&self, peer: PeerId) {
        if let Some(peer) = self.shared.book.get(&peer) {
            peer.close("the node asked for it");
        }
    }

    /// Bans a peer for as long as the limits say.
    pub fn ban(&self, peer: PeerId) {
        self.shared.book.ban(peer, None);
    }

    /// Ends the swarm: closes listeners and connections.
    pub async fn stop(self) {
        let (done, stopped) = oneshot::channel();
        if self.shared.commands.send(Command::Stop(done)).await.is_ok() {
            let _ = stopped.await;
        }
    }
}

/// Splits a batch so that each part fits into a message.
fn parts(batch: Vec<Bytes>, room: usize, most: usize) -> Vec<Vec<Bytes>> {
    let mut parts = Vec::new();
    let mut part = Vec::new();
    let mut bytes = 0;
    for item in batch {
        let length = alloy_rlp::Encodable::length(&item);
        if !part.is_empty() && (bytes + length > room || part.len() == most) {
            parts.push(std::mem::take(&mut part));
            bytes = 0;
        }
        bytes += length;
        part.push(item);
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts
}
