//! From a connection to a session, and back: the task's part that knows connections.

use super::{
    dial::{is_named, resolve},
    event::{Offence, Request, Response},
    exchange::split_id,
    frame::FrameError,
    gate::Arrived,
    handler::Open,
    hello::{self, Greeted, HelloError},
    limits::{MAX_HELD_STREAMS, STEADY},
    peer::{Link, Peer, Told},
    protocol::{Class, Purpose},
    requests::ask,
    session::Session,
    shared::{Command, Shared},
    task::{Task, failure},
};
use futures::AsyncWriteExt as _;
use libp2p::{
    Multiaddr, PeerId, Stream,
    core::ConnectedPoint,
    swarm::{
        ConnectionId,
        dial_opts::{DialOpts, PeerCondition},
    },
};
use rand::seq::IndexedRandom as _;
use std::{io, sync::Arc, time::Instant};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

/// An established connection.
pub(super) struct Connection {
    link: Link,
    /// What we dialled to get it.
    target: Option<Multiaddr>,
    told: Told,
    stage: Stage,
}

enum Stage {
    /// Before the hello. Substreams of a peer that is done with it before us are kept, unread.
    Greeting { hello: Option<oneshot::Sender<Stream>>, held: Vec<(Class, Stream)> },
    /// After it.
    Session { peer: Arc<Peer>, streams: mpsc::Sender<(Class, Stream)> },
}

impl Connection {
    /// Takes over what the peer says of itself.
    pub(super) fn identify(&mut self, agent: &str, listens: &[Multiaddr]) {
        match &self.stage {
            Stage::Greeting { .. } => self.told.identify(agent, listens),
            Stage::Session { peer, .. } => peer.identify(agent, listens),
        }
    }
}

impl Task {
    /// A connection is there: say hello.
    pub(super) fn on_connection(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        endpoint: &ConnectedPoint,
    ) {
        let target = self.dials.remove(&connection);
        if let Some(target) = &target {
            self.dialer.found(target, peer);
        }
        let outbound = endpoint.is_dialer();
        let address = split_id(endpoint.get_remote_address()).0;
        let link = Link { peer, connection, address, outbound };
        let (sender, stream) = oneshot::channel();
        let hello = if outbound {
            let open = Open { purpose: Purpose::Hello, reply: sender };
            self.swarm.behaviour_mut().gate.open(peer, connection, open);
            None
        } else {
            Some(sender)
        };
        let stage = Stage::Greeting { hello, held: Vec::new() };
        self.connections
            .insert(connection, Connection { link, target, told: Told::default(), stage });
        tokio::spawn(greet(self.shared.clone(), peer, connection, outbound, stream));
    }

    /// A substream is there: the hello's, or for the session, or for later.
    pub(super) fn on_stream(&mut self, arrived: Arrived) {
        let Arrived { connection, accepted } = arrived;
        let Some(connection) = self.connections.get_mut(&connection) else { return };
        match (&mut connection.stage, accepted.purpose) {
            (Stage::Greeting { hello, .. }, Purpose::Hello) => {
                if let Some(hello) = hello.take() {
                    let _ = hello.send(accepted.stream);
                }
            }
            (Stage::Greeting { held, .. }, Purpose::Class(class)) => {
                if held.len() < MAX_HELD_STREAMS {
                    held.push((class, accepted.stream));
                }
            }
            (Stage::Session { streams, .. }, Purpose::Class(class)) => {
                // A session that is behind with so many resets more.
                let _ = streams.try_send((class, accepted.stream));
            }
            (Stage::Session { .. }, Purpose::Hello) => {}
        }
    }

    /// The hello is over: take the peer in, or close.
    pub(super) fn on_greeted(
        &mut self,
        connection: ConnectionId,
        result: Result<Greeted, HelloError>,
    ) {
        let Some(entry) = self.connections.get(&connection) else { return };
        let link = entry.link.clone();
        let greeted = match result {
            Ok(greeted) => greeted,
            Err(error) => {
                self.on_refused(&link, &error);
                return self.close(connection);
            }
        };
        if let Err(reason) = self.take_in(connection, &link, &greeted) {
            tracing::debug!(peer = %link.peer, %reason, "peer is not taken in");
            self.close(connection);
        }
    }

    fn take_in(
        &mut self,
        connection: ConnectionId,
        link: &Link,
        greeted: &Greeted,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let shared = self.shared.clone();
        let entry = self.connections.get_mut(&connection).ok_or("it is gone")?;
        let place = self.session_places.clone().try_acquire_owned()?;
        let told = Told { status: greeted.status, ..std::mem::take(&mut entry.told) };
        let (validator, instance) = (greeted.validator, greeted.instance);
        let peer = Arc::new(Peer::new(link, validator, instance, told, &shared.limits));
        shared.book.admit(&peer)?;
        let (streams, arrivals) = mpsc::channel(MAX_HELD_STREAMS);
        let stage = Stage::Session { peer: peer.clone(), streams: streams.clone() };
        if let Stage::Greeting { held, .. } = std::mem::replace(&mut entry.stage, stage) {
            for stream in held {
                let _ = streams.try_send(stream);
            }
        }
        if let Some(target) = &entry.target {
            self.dialer.succeeded(target);
        }
        self.swarm.behaviour_mut().gate.greeted(connection, shared.book.in_set(&peer));
        let before = self.sessions.remove(&link.peer);
        let session = Session { shared, peer, streams: arrivals, before };
        let status = greeted.status;
        let running = tokio::spawn(async move {
            session.run(status).await;
            drop(place);
        });
        self.sessions.insert(link.peer, running);
        if self.wanted().learnt > 0 {
            self.exchange_with(link.peer);
        }
        Ok(())
    }

    fn on_refused(&mut self, link: &Link, error: &HelloError) {
        failure("hello");
        let (peer, address) = (link.peer, &link.address);
        if link.outbound {
            tracing::warn!(%peer, %address, %error, "peer refused");
        } else {
            // Strangers may come as often as they like; that is no reason to fill a log.
            tracing::debug!(%peer, %address, %error, "peer refused");
        }
        let offence = match error {
            HelloError::BadProof => Offence::BadProof,
            HelloError::Malformed => Offence::Malformed,
            HelloError::Frame(FrameError::Oversize { .. }) => Offence::Oversize,
            HelloError::WrongChain { .. } | HelloError::Version(_) => {
                if let Some(target) = self.target_of(link.connection) {
                    self.dialer.cool(&target, Instant::now());
                }
                return;
            }
            HelloError::Frame(_) | HelloError::Timeout => return,
        };
        self.shared.book.report(peer, address.ip_addr(), offence);
    }

    /// Takes the target from a connection, so that its end does not count once more.
    fn target_of(&mut self, connection: ConnectionId) -> Option<Multiaddr> {
        self.connections.get_mut(&connection).and_then(|entry| entry.target.take())
    }

    pub(super) fn close(&mut self, connection: ConnectionId) {
        self.swarm.close_connection(connection);
    }

    /// A connection is gone.
    pub(super) fn on_closed(&mut self, connection: ConnectionId) {
        let Some(entry) = self.connections.remove(&connection) else { return };
        let now = Instant::now();
        match (&entry.stage, &entry.target) {
            (Stage::Session { peer, .. }, target) => {
                peer.close("the connection closed");
                match target {
                    // A peer whose slots are taken says hello and closes: it is not to be dialled at full speed.
                    Some(target) if peer.age() < STEADY => self.dialer.failed(target, now),
                    Some(target) => self.dialer.lost(target, now),
                    None => {}
                }
            }
            // A second connection to a peer that is there is no failure.
            (Stage::Greeting { .. }, Some(target))
                if self.shared.book.is_connected(&entry.link.peer) =>
            {
                self.dialer.succeeded(target);
            }
            (Stage::Greeting { .. }, Some(target)) => self.dialer.failed(target, now),
            (Stage::Greeting { .. }, None) => {}
        }
    }

    /// Dials an address that is due; a name is looked up first.
    pub(super) fn start_dial(&mut self, target: Multiaddr, peer: Option<PeerId>) {
        if !is_named(&target) {
            return self.dial(target.clone(), target, peer);
        }
        let shared = self.shared.clone();
        tokio::spawn(async move {
            let patience = shared.limits.handshake_timeout;
            let address = timeout(patience, resolve(&target)).await.ok().flatten();
            let _ = shared.commands.send(Command::Resolved { target, address }).await;
        });
    }

    pub(super) fn dial(&mut self, target: Multiaddr, address: Multiaddr, peer: Option<PeerId>) {
        // A port of its own: from the listening port, two peers that dial each other would meet in one TCP
        // connection in which both believe to have dialled.
        let options: DialOpts = match peer {
            Some(peer) => DialOpts::peer_id(peer)
                .condition(PeerCondition::DisconnectedAndNotDialing)
                .addresses(vec![address])
                .allocate_new_port()
                .build(),
            None => DialOpts::unknown_peer_id().address(address).allocate_new_port().build(),
        };
        let connection = options.connection_id();
        match self.swarm.dial(options) {
            Ok(()) => {
                self.dials.insert(connection, target);
            }
            Err(error) => self.on_dial_error(&target, &error),
        }
    }

    /// Asks any peer for addresses.
    pub(super) fn exchange_with_any(&mut self) {
        self.next_exchange = Instant::now() + self.shared.limits.exchange_interval;
        let peers = self.shared.book.all();
        if let Some(peer) = peers.choose(&mut rand::rng()) {
            self.exchange_with(peer.id);
        }
    }

    fn exchange_with(&self, peer: PeerId) {
        let shared = self.shared.clone();
        tokio::spawn(async move {
            if let Ok(Response::Peers(addresses)) = ask(&shared, peer, Request::Peers).await {
                let _ = shared.commands.send(Command::Learnt(addresses)).await;
            }
        });
    }
}

/// Runs the hello of one connection.
async fn greet(
    shared: Arc<Shared>,
    peer: PeerId,
    connection: ConnectionId,
    is_dialer: bool,
    stream: oneshot::Receiver<Stream>,
) {
    let patience = shared.limits.handshake_timeout;
    let exchange = async {
        let gone = |_| FrameError::Io(io::ErrorKind::ConnectionReset.into());
        let mut stream = stream.await.map_err(gone)?;
        let status = *shared.status.borrow();
        let greeted =
            hello::exchange(&mut stream, &shared.identity, peer, is_dialer, status, patience).await;
        // So that ours arrives even when theirs is refused.
        let _ = stream.close().await;
        greeted
    };
    let result = timeout(patience, exchange).await.unwrap_or(Err(HelloError::Timeout));
    let _ = shared.commands.send(Command::Greeted { connection, result }).await;
}
