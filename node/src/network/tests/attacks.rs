//! What peers do that mean ill, or are broken.

use super::harness::{DEADLINE, Node, config, eventually, key, limits, pair, within};
use crate::{
    keys,
    network::{
        Multiaddr, NetworkConfig, NetworkEvent, NetworkLimits, Offence, PeerId, Status, Target,
        book::Book,
        frame,
        handler::Open,
        hello::{self, Identity},
        protocol::{Class, Purpose},
        swarm,
    },
};
use futures::{AsyncReadExt as _, AsyncWriteExt as _, StreamExt as _};
use libp2p::{Stream, swarm::SwarmEvent};
use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
};

/// A connection whose owner writes what it likes.
struct Raw {
    peer: PeerId,
    identity: Identity,
    streams: Vec<Stream>,
    running: JoinHandle<()>,
}

impl Drop for Raw {
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl Raw {
    async fn dial(address: &Multiaddr, purposes: &[Purpose]) -> Self {
        let config = config();
        let peer = config.node_key.public().to_peer_id();
        let book = Arc::new(Book::new(peer, limits(), BTreeSet::new()));
        let mut swarm = swarm::build(&config, book).unwrap();
        swarm.dial(address.clone()).unwrap();
        let (at, connection) = loop {
            let event = within(swarm.select_next_some()).await;
            if let SwarmEvent::ConnectionEstablished { peer_id, connection_id, .. } = event {
                break (peer_id, connection_id);
            }
        };
        let mut opened = Vec::new();
        for purpose in purposes {
            let (reply, stream) = oneshot::channel();
            let open = Open { purpose: *purpose, reply };
            swarm.behaviour_mut().gate.open(at, connection, open);
            opened.push(stream);
        }
        let running = tokio::spawn(async move {
            // What the other side opens is kept, unread.
            let mut kept = Vec::new();
            loop {
                kept.extend(swarm.next().await);
            }
        });
        let mut streams = Vec::new();
        for stream in opened {
            streams.push(within(stream).await.unwrap());
        }
        let identity = Identity::new(peer, config.chain_id, config.genesis_hash, None);
        Self { peer, identity, streams, running }
    }

    /// Dials and says a right hello on the first substream.
    async fn greeted(address: &Multiaddr, class: Class) -> Self {
        let mut raw = Self::dial(address, &[Purpose::Hello, Purpose::Class(class)]).await;
        let peer = PeerId::random();
        let stream = &mut raw.streams[0];
        let said = hello::exchange(stream, &raw.identity, peer, true, Status::default(), DEADLINE);
        within(said).await.unwrap();
        raw
    }

    /// Waits until a substream is closed or reset.
    async fn ended(&mut self, stream: usize) {
        let mut rest = Vec::new();
        let _ = within(self.streams[stream].read_to_end(&mut rest)).await;
    }
}

fn is_banned(node: &Node, peer: PeerId) -> bool {
    node.network.shared.book.is_banned(&peer)
}

#[tokio::test]
async fn a_forged_proof_is_refused_and_bans() {
    let mut victim = Node::start(config()).await;
    let mut raw = Raw::dial(&victim.address, &[Purpose::Hello]).await;
    // A validator's proof, said by another peer.
    let validator =
        Identity::new(PeerId::random(), config().chain_id, config().genesis_hash, Some(&key(1)));
    let forged = alloy_rlp::encode(validator.hello(Status::default()));
    frame::write(&mut raw.streams[0], &forged, DEADLINE).await.unwrap();
    raw.ended(0).await;
    eventually(|| is_banned(&victim, raw.peer)).await;
    assert!(victim.network.peers().is_empty() && victim.events.try_recv().is_err());
}

#[tokio::test]
async fn without_a_hello_nothing_is_taken_and_the_connection_is_closed() {
    let limits = NetworkLimits { handshake_timeout: Duration::from_secs(2), ..limits() };
    let mut victim = Node::start(NetworkConfig { limits, ..config() }).await;
    let begin = Instant::now();
    let mut raw = Raw::dial(&victim.address, &[Purpose::Class(Class::Consensus)]).await;
    frame::write(&mut raw.streams[0], &[1, 2, 3], DEADLINE).await.unwrap();
    raw.ended(0).await;
    assert!(begin.elapsed() < Duration::from_secs(15));
    assert!(victim.events.try_recv().is_err());
}

#[tokio::test]
async fn garbage_and_silence_on_the_port_are_closed() {
    let limits = NetworkLimits { handshake_timeout: Duration::from_secs(1), ..limits() };
    let victim = Node::start(NetworkConfig { limits, ..config() }).await;
    let (socket, _) = swarm::socket(&victim.address).unwrap();
    for sent in [&[][..], b"GET / HTTP/1.1\r\n\r\n", &[0xff; 4_096]] {
        let mut stream = TcpStream::connect(socket).await.unwrap();
        stream.write_all(sent).await.unwrap();
        let mut rest = Vec::new();
        // Closed or reset: in either case it ends.
        let _ = within(stream.read_to_end(&mut rest)).await;
    }
    let friend = Node::joining(&[&victim]).await;
    eventually(|| victim.knows(friend.id())).await;
}

#[tokio::test]
async fn a_frame_that_says_it_is_huge_is_refused_by_its_length() {
    let victim = Node::start(config()).await;
    let mut raw = Raw::greeted(&victim.address, Class::Consensus).await;
    eventually(|| victim.knows(raw.peer)).await;
    raw.streams[1].write_all(&u32::MAX.to_be_bytes()).await.unwrap();
    raw.streams[1].flush().await.unwrap();
    raw.ended(1).await;
    eventually(|| is_banned(&victim, raw.peer) && victim.network.peers().is_empty()).await;
}

#[tokio::test]
async fn a_frame_that_is_never_complete_ends_the_session() {
    let limits = NetworkLimits { frame_timeout: Duration::from_millis(300), ..limits() };
    let victim = Node::start(NetworkConfig { limits, ..config() }).await;
    let mut raw = Raw::greeted(&victim.address, Class::Transactions).await;
    eventually(|| victim.knows(raw.peer)).await;
    raw.streams[1].write_all(&[0, 0, 0, 9, 1]).await.unwrap();
    raw.streams[1].flush().await.unwrap();
    raw.ended(1).await;
    eventually(|| victim.network.peers().is_empty()).await;
}

#[tokio::test]
async fn messages_that_do_not_decode_ban() {
    let victim = Node::start(config()).await;
    let mut raw = Raw::greeted(&victim.address, Class::Transactions).await;
    for _ in 0..3 {
        let _ = frame::write(&mut raw.streams[1], &[9, 9, 9], DEADLINE).await;
    }
    eventually(|| is_banned(&victim, raw.peer)).await;
}

#[tokio::test]
async fn a_peer_that_falls_silent_is_closed() {
    let limits = NetworkLimits { silence: Duration::from_millis(800), ..limits() };
    let victim = Node::start(NetworkConfig { limits, ..config() }).await;
    let raw = Raw::greeted(&victim.address, Class::Status).await;
    let friend = Node::joining(&[&victim]).await;
    eventually(|| victim.knows(friend.id())).await;
    eventually(|| !victim.knows(raw.peer)).await;
}

#[tokio::test]
async fn a_flooding_stranger_is_banned_and_others_are_heard() {
    let mut strict = config();
    strict.limits.consensus.peer.messages = 50;
    let mut victim = Node::start(strict).await;
    let mut friend = Node::joining(&[&victim]).await;
    let mut stranger = Node::joining(&[&victim]).await;
    stranger.connected(victim.id()).await;
    friend.connected(victim.id()).await;
    for _ in 0..1_000 {
        stranger.network.send_consensus(Target::Peer(victim.id()), vec![0]);
    }
    friend.network.send_consensus(Target::All, vec![7]);
    let from = victim
        .wait(|event| match event {
            NetworkEvent::Consensus { peer, bytes } if bytes == vec![7] => Some(peer),
            _ => None,
        })
        .await;
    assert_eq!(from, friend.id());
    eventually(|| {
        // A stranger that the node does not keep up with is not read, and so does not flood.
        while victim.events.try_recv().is_ok() {}
        is_banned(&victim, stranger.id())
    })
    .await;
    stranger.disconnected(victim.id()).await;
    friend.network.send_consensus(Target::All, vec![8]);
    while victim.consensus().await != vec![8] {}
    // It dials again and again, and is not let in.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!victim.knows(stranger.id()) && victim.knows(friend.id()));
}

#[tokio::test]
async fn reports_bring_a_ban_that_ends() {
    let mut short = config();
    short.limits.ban_duration = Duration::from_millis(500);
    let (mut one, mut two) = pair(short, config()).await;
    one.network.report(two.id(), Offence::Lie);
    assert_eq!(one.network.peers()[0].score, -40);
    one.network.report(two.id(), Offence::Lie);
    one.network.report(two.id(), Offence::Lie);
    one.disconnected(two.id()).await;
    two.disconnected(one.id()).await;
    one.connected(two.id()).await;
}

#[tokio::test]
async fn validators_find_room_when_strangers_have_taken_theirs() {
    let full = NetworkLimits { max_inbound: 1, reserved_inbound: 1, ..limits() };
    let victim = Node::start(NetworkConfig { limits: full, ..config() }).await;
    victim.network.set_validators(BTreeSet::from([keys::address_of(&key(5))]));
    let mut first = Node::joining(&[&victim]).await;
    first.connected(victim.id()).await;
    let second = Node::joining(&[&victim]).await;
    let persistent_peers = vec![victim.address.clone()];
    let consensus_key = Some(key(5));
    let validator =
        Node::start(NetworkConfig { consensus_key, persistent_peers, ..config() }).await;
    eventually(|| victim.knows(validator.id())).await;
    assert!(victim.knows(first.id()) && !victim.knows(second.id()));
}

#[tokio::test]
async fn connections_of_one_address_are_limited() {
    let few = NetworkLimits { max_per_ip: 2, ..limits() };
    let victim = Node::start(NetworkConfig { limits: few, ..config() }).await;
    let (socket, _) = swarm::socket(&victim.address).unwrap();
    let mut held = Vec::new();
    for _ in 0..2 {
        held.push(TcpStream::connect(socket).await.unwrap());
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let begin = Instant::now();
    let mut third = TcpStream::connect(socket).await.unwrap();
    let mut rest = Vec::new();
    let _ = within(third.read_to_end(&mut rest)).await;
    assert!(begin.elapsed() < limits().handshake_timeout);
}
