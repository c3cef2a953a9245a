//! The swarm's task: the one place that polls the swarm. It never waits for a peer or for the node.

use super::{
    dial::{Dialer, Kind, Wanted, is_dialable},
    greeting::Connection,
    limits::{COMMANDS, TICK},
    shared::{Command, Shared},
    swarm::{Behaviour, SwarmOut},
};
use futures::StreamExt as _;
use libp2p::{
    Multiaddr, PeerId, Swarm,
    core::transport::ListenerId,
    identify,
    swarm::{ConnectionId, DialError, SwarmEvent},
};
use metrics::counter;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    convert::Infallible,
    sync::Arc,
    time::Instant,
};
use tokio::{
    sync::{Semaphore, mpsc, oneshot},
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};

/// The task's state.
pub(super) struct Task {
    pub(super) swarm: Swarm<Behaviour>,
    pub(super) shared: Arc<Shared>,
    pub(super) connections: BTreeMap<ConnectionId, Connection>,
    /// Sessions that have not ended, by peer: the newest of each.
    pub(super) sessions: BTreeMap<PeerId, JoinHandle<()>>,
    /// Sessions that may run, those included whose end the node has not heard of.
    pub(super) session_places: Arc<Semaphore>,
    pub(super) dialer: Dialer,
    /// Dials under way, by the connection that they become.
    pub(super) dials: BTreeMap<ConnectionId, Multiaddr>,
    pub(super) next_exchange: Instant,
    listeners: usize,
    listening: HashMap<ListenerId, BTreeSet<Multiaddr>>,
    asked_listeners: Vec<oneshot::Sender<Vec<Multiaddr>>>,
}

/// What the task has to know of the configuration.
pub(super) struct Known {
    pub(super) persistent: Vec<Multiaddr>,
    pub(super) bootstrap: Vec<Multiaddr>,
    pub(super) listeners: usize,
}

/// The task's ends of channels.
pub(super) struct Ends {
    pub(super) commands: mpsc::Receiver<Command>,
    /// Closes when the last handle is gone.
    pub(super) handles: mpsc::Receiver<Infallible>,
}

impl Task {
    pub(super) fn new(swarm: Swarm<Behaviour>, shared: Arc<Shared>, known: Known) -> Self {
        let now = Instant::now();
        let limits = &shared.limits;
        let mut dialer = Dialer::new(shared.identity.local, limits.clone());
        let persistent = known.persistent.into_iter().map(|address| (address, Kind::Persistent));
        let bootstrap = known.bootstrap.into_iter().map(|address| (address, Kind::Bootstrap));
        for (address, kind) in persistent.chain(bootstrap) {
            dialer.add(&address, kind, now);
        }
        // Twice what can be connected: the end of a session may wait for the node.
        let places =
            2 * (limits.max_inbound + limits.reserved_inbound + limits.target_outbound + COMMANDS);
        Self {
            swarm,
            connections: BTreeMap::new(),
            sessions: BTreeMap::new(),
            session_places: Arc::new(Semaphore::new(places)),
            dialer,
            dials: BTreeMap::new(),
            next_exchange: now,
            listeners: known.listeners,
            listening: HashMap::new(),
            asked_listeners: Vec::new(),
            shared,
        }
    }

    /// Runs until it is stopped or nobody holds a handle.
    pub(super) async fn run(mut self, mut ends: Ends) {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stopped = loop {
            tokio::select! {
                event = self.swarm.select_next_some() => self.on_swarm(event),
                Some(command) = ends.commands.recv() => match command {
                    Command::Stop(done) => break Some(done),
                    command => self.on_command(command),
                },
                _ = ends.handles.recv() => break None,
                _ = tick.tick() => self.on_tick(Instant::now()),
            }
        };
        self.shared.book.close_all();
        drop(self);
        if let Some(done) = stopped {
            let _ = done.send(());
        }
    }

    fn on_swarm(&mut self, event: SwarmEvent<SwarmOut>) {
        match event {
            SwarmEvent::Behaviour(SwarmOut::Arrived(arrived)) => self.on_stream(arrived),
            SwarmEvent::Behaviour(SwarmOut::Identify(event)) => {
                if let identify::Event::Received { connection_id, info, .. } = *event
                    && let Some(connection) = self.connections.get_mut(&connection_id)
                {
                    connection.identify(&info.agent_version, &info.listen_addrs);
                }
            }
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                self.on_connection(peer_id, connection_id, &endpoint);
            }
            SwarmEvent::ConnectionClosed { connection_id, .. } => self.on_closed(connection_id),
            SwarmEvent::OutgoingConnectionError { connection_id, error, .. } => {
                if let Some(target) = self.dials.remove(&connection_id) {
                    self.on_dial_error(&target, &error);
                }
            }
            SwarmEvent::IncomingConnectionError { error, send_back_addr, .. } => {
                tracing::debug!(address = %send_back_addr, %error, "connection refused");
                failure("inbound");
            }
            SwarmEvent::NewListenAddr { listener_id, address } => {
                tracing::info!(%address, "listening for peers");
                self.listening.entry(listener_id).or_default().insert(address);
                self.answer_listeners();
            }
            SwarmEvent::ExpiredListenAddr { listener_id, address } => {
                self.listening.entry(listener_id).or_default().remove(&address);
            }
            SwarmEvent::ListenerClosed { reason, .. } => {
                tracing::error!(?reason, "a listener for peers has closed");
            }
            SwarmEvent::ListenerError { error, .. } => tracing::warn!(%error, "listener"),
            _ => {}
        }
    }

    fn on_command(&mut self, command: Command) {
        let now = Instant::now();
        match command {
            Command::Open { peer, connection, open } => {
                // On a connection that is gone nobody would drop the reply.
                if self.connections.contains_key(&connection) {
                    self.swarm.behaviour_mut().gate.open(peer, connection, open);
                }
            }
            Command::Close(connection) => self.close(connection),
            Command::Greeted { connection, result } => self.on_greeted(connection, result),
            Command::Dial(address) if is_dialable(&address) => {
                self.dialer.add(&address, Kind::Asked, now);
            }
            Command::Dial(address) => tracing::warn!(%address, "cannot dial such an address"),
            Command::Resolved { target, address } => match address {
                Some(address) => self.dial(target, address, None),
                None => self.dialer.failed(&target, now),
            },
            Command::Learnt(addresses) => {
                for address in addresses.iter().take(self.shared.limits.exchange_addresses) {
                    self.dialer.add(address, Kind::Learnt, now);
                }
            }
            Command::Cool(peer) => self.dialer.cool_peer(peer, now),
            Command::ListenAddrs(reply) => {
                self.asked_listeners.push(reply);
                self.answer_listeners();
            }
            Command::Stop(_) => {}
        }
    }

    pub(super) fn on_dial_error(&mut self, target: &Multiaddr, error: &DialError) {
        let now = Instant::now();
        tracing::debug!(address = %target, %error, "dial failed");
        match error {
            DialError::LocalPeerId { .. } => self.dialer.forget(target),
            DialError::DialPeerConditionFalse(_) | DialError::Aborted => {
                self.dialer.released(target, now);
            }
            _ => {
                failure("outbound");
                self.dialer.failed(target, now);
            }
        }
    }

    fn on_tick(&mut self, now: Instant) {
        self.sessions.retain(|_, session| !session.is_finished());
        let (book, limits) = (&self.shared.book, &self.shared.limits);
        for peer in book.all() {
            if peer.silent_for() > limits.silence {
                peer.close("it is silent");
            }
        }
        let wanted = self.wanted();
        for (target, peer) in self.dialer.due(now, wanted, |peer| book.is_connected(peer)) {
            self.start_dial(target, peer);
        }
        if wanted.learnt > 0 && now >= self.next_exchange {
            self.exchange_with_any();
        }
    }

    /// What we lack: peers that we chose ourselves, and validators.
    pub(super) fn wanted(&self) -> Wanted {
        let (book, limits) = (&self.shared.book, &self.shared.limits);
        let (outbound, all) = book.counts();
        let missing = book.missing_validators(self.shared.identity.validator);
        let for_validators = if missing > 0 { limits.max_dials } else { 0 };
        Wanted {
            bootstrap: all < limits.target_outbound,
            learnt: limits.target_outbound.saturating_sub(outbound).max(for_validators),
        }
    }

    fn answer_listeners(&mut self) {
        let up = self.listening.values().filter(|addresses| !addresses.is_empty()).count();
        if up >= self.listeners {
            let addresses: Vec<Multiaddr> = self.listening.values().flatten().cloned().collect();
            for reply in self.asked_listeners.drain(..) {
                let _ = reply.send(addresses.clone());
            }
        }
    }
}

/// Counts a connection that did not come to a hello.
pub(super) fn failure(reason: &'static str) {
    counter!("btt_network_connection_failures_total", "reason" => reason).increment(1);
}
