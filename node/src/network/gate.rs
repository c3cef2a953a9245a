//! The gate: which connections are let in, before a byte of ours is exchanged on them.

use super::{
    book::Book,
    handler::{Accepted, Handler, Open},
    limits::NetworkLimits,
    protocol::Protocols,
};
use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::PortUse},
    swarm::{
        ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, NotifyHandler, THandler,
        THandlerInEvent, THandlerOutEvent, ToSwarm,
    },
};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::IpAddr,
    sync::Arc,
    task::{Context, Poll, Waker},
};

/// Why a connection is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Denied {
    #[error("the peer or its address is banned")]
    Banned,
    #[error("too many connections are in their handshake")]
    Pending,
    #[error("too many connections have not said hello")]
    Greeting,
    #[error("too many connections come from its address")]
    Address,
}

/// A substream that a peer opened on a connection.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) connection: ConnectionId,
    pub(super) accepted: Accepted,
}

/// Counts accepted connections, and carries substreams between the task and the handlers.
#[derive(Debug)]
pub(super) struct Gate {
    book: Arc<Book>,
    limits: NetworkLimits,
    protocols: Arc<Protocols>,
    /// Accepted, and in the transport's handshake.
    pending: BTreeMap<ConnectionId, Option<IpAddr>>,
    /// Accepted, and without the proof of a validator of the set.
    unproven: BTreeMap<ConnectionId, Option<IpAddr>>,
    /// Accepted, and without a hello.
    greeting: BTreeSet<ConnectionId>,
    out: VecDeque<ToSwarm<Arrived, Open>>,
    waker: Option<Waker>,
}

impl Gate {
    pub(super) fn new(book: Arc<Book>, limits: NetworkLimits, protocols: Protocols) -> Self {
        Self {
            book,
            limits,
            protocols: Arc::new(protocols),
            pending: BTreeMap::new(),
            unproven: BTreeMap::new(),
            greeting: BTreeSet::new(),
            out: VecDeque::new(),
            waker: None,
        }
    }

    /// Opens a substream. If the connection is gone, the reply is dropped.
    pub(super) fn open(&mut self, peer_id: PeerId, connection: ConnectionId, open: Open) {
        let handler = NotifyHandler::One(connection);
        self.push(ToSwarm::NotifyHandler { peer_id, handler, event: open });
    }

    /// A connection's hello was right.
    pub(super) fn greeted(&mut self, connection: ConnectionId, is_validator: bool) {
        self.greeting.remove(&connection);
        if is_validator {
            self.unproven.remove(&connection);
        }
    }

    fn push(&mut self, event: ToSwarm<Arrived, Open>) {
        self.out.push_back(event);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn of_address(&self, ip: IpAddr) -> usize {
        let both = self.pending.values().chain(self.unproven.values());
        both.filter(|other| **other == Some(ip)).count()
    }

    fn let_pend(&self, ip: Option<IpAddr>) -> Result<(), Denied> {
        if self.pending.len() >= self.limits.max_pending {
            return Err(Denied::Pending);
        }
        match ip {
            Some(ip) if self.book.is_ip_banned(ip) => Err(Denied::Banned),
            Some(ip) if self.of_address(ip) >= self.limits.max_per_ip => Err(Denied::Address),
            _ => Ok(()),
        }
    }

    fn let_in(&self, peer: &PeerId) -> Result<(), Denied> {
        if self.book.is_banned(peer) {
            return Err(Denied::Banned);
        }
        if self.greeting.len() >= self.limits.max_greeting && !self.book.is_trusted(peer) {
            return Err(Denied::Greeting);
        }
        Ok(())
    }
}

impl NetworkBehaviour for Gate {
    type ConnectionHandler = Handler;
    type ToSwarm = Arrived;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        let ip = remote.ip_addr();
        self.let_pend(ip).map_err(ConnectionDenied::new)?;
        self.pending.insert(connection, ip);
        Ok(())
    }

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.pending.remove(&connection);
        self.let_in(&peer).map_err(ConnectionDenied::new)?;
        self.unproven.insert(connection, remote.ip_addr());
        self.greeting.insert(connection);
        Ok(Handler::new(self.protocols.clone()))
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        if self.book.is_banned(&peer) {
            return Err(ConnectionDenied::new(Denied::Banned));
        }
        Ok(Handler::new(self.protocols.clone()))
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        let gone = match event {
            FromSwarm::ConnectionClosed(closed) => closed.connection_id,
            FromSwarm::ListenFailure(failure) => failure.connection_id,
            _ => return,
        };
        self.pending.remove(&gone);
        self.unproven.remove(&gone);
        self.greeting.remove(&gone);
    }

    fn on_connection_handler_event(
        &mut self,
        _: PeerId,
        connection: ConnectionId,
        accepted: THandlerOutEvent<Self>,
    ) {
        self.push(ToSwarm::GenerateEvent(Arrived { connection, accepted }));
    }

    fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        if let Some(event) = self.out.pop_front() {
            return Poll::Ready(event);
        }
        self.waker = Some(context.waker().clone());
        Poll::Pending
    }
}
