//! One connection's substreams: hands accepted ones to the swarm's task and opens those that it asks for.
//!
//! libp2p-stream does the same by peer id; here substreams belong to a connection, so that a hello speaks for
//! the connection that it came on, and what is kept of a connection goes with it.

use super::{
    limits::MAX_HELD_STREAMS,
    protocol::{Protocols, Purpose},
};
use futures::future::{Ready, ready};
use libp2p::{
    StreamProtocol,
    core::upgrade::{InboundUpgrade, ReadyUpgrade, UpgradeInfo},
    swarm::{
        ConnectionHandler, ConnectionHandlerEvent, Stream, SubstreamProtocol,
        handler::{
            ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound,
        },
    },
};
use std::{
    collections::VecDeque,
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll, Waker},
    vec,
};
use tokio::sync::oneshot;

/// Where an opened substream goes; dropped when there is none.
pub(super) type StreamReply = oneshot::Sender<Stream>;

/// Asks for a substream.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) purpose: Purpose,
    pub(super) reply: StreamReply,
}

/// A substream that the peer opened.
#[derive(Debug)]
pub(super) struct Accepted {
    pub(super) purpose: Purpose,
    pub(super) stream: Stream,
}

/// Substreams of one connection.
#[derive(Debug)]
pub(super) struct Handler {
    protocols: Arc<Protocols>,
    to_open: VecDeque<Open>,
    accepted: VecDeque<Accepted>,
    waker: Option<Waker>,
}

impl Handler {
    pub(super) fn new(protocols: Arc<Protocols>) -> Self {
        Self { protocols, to_open: VecDeque::new(), accepted: VecDeque::new(), waker: None }
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Open;
    type ToBehaviour = Accepted;
    type InboundProtocol = Offer;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = StreamReply;

    fn listen_protocol(&self) -> SubstreamProtocol<Offer> {
        SubstreamProtocol::new(Offer(self.protocols.clone()), ())
    }

    /// The swarm's task closes connections; none is closed for being quiet.
    fn connection_keep_alive(&self) -> bool {
        true
    }

    fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, StreamReply, Accepted>> {
        if let Some(accepted) = self.accepted.pop_front() {
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(accepted));
        }
        while let Some(Open { purpose, reply }) = self.to_open.pop_front() {
            if let Some(name) = self.protocols.name(purpose).filter(|_| !reply.is_closed()) {
                let protocol = SubstreamProtocol::new(ReadyUpgrade::new(name), reply);
                return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol });
            }
        }
        self.waker = Some(context.waker().clone());
        Poll::Pending
    }

    fn on_behaviour_event(&mut self, open: Open) {
        self.to_open.push_back(open);
        self.wake();
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<'_, Offer, Self::OutboundProtocol, (), StreamReply>,
    ) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound {
                protocol: accepted,
                ..
            }) => {
                // More than these at once are dropped, which resets them.
                if let Some(accepted) = accepted.filter(|_| self.accepted.len() < MAX_HELD_STREAMS)
                {
                    self.accepted.push_back(accepted);
                    self.wake();
                }
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound {
                protocol: stream,
                info: reply,
            }) => {
                let _ = reply.send(stream);
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { info: reply, error }) => {
                tracing::debug!(?error, "a substream was not opened");
                drop(reply);
            }
            _ => {}
        }
    }
}

/// Takes substreams of our protocols.
#[derive(Debug, Clone)]
pub(super) struct Offer(Arc<Protocols>);

impl UpgradeInfo for Offer {
    type Info = StreamProtocol;
    type InfoIter = vec::IntoIter<StreamProtocol>;

    fn protocol_info(&self) -> Self::InfoIter {
        self.0.names().into_iter()
    }
}

impl InboundUpgrade<Stream> for Offer {
    type Output = Option<Accepted>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Output, Infallible>>;

    fn upgrade_inbound(self, stream: Stream, name: StreamProtocol) -> Self::Future {
        ready(Ok(self.0.purpose(&name).map(|purpose| Accepted { purpose, stream })))
    }
}
