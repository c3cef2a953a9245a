//! What the handle, the swarm's task and the sessions share.

use super::{
    book::Book,
    event::{RequestError, Status},
    handler::{Open, StreamReply},
    hello::{Greeted, HelloError, Identity},
    inbox::Inbox,
    limits::NetworkLimits,
    protocol::{Class, Purpose},
};
use libp2p::{Multiaddr, PeerId, Stream, swarm::ConnectionId};
use metrics::counter;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};

/// Shared by everything that runs.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) limits: NetworkLimits,
    pub(super) book: Arc<Book>,
    pub(super) identity: Identity,
    pub(super) inbox: Inbox,
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) status: watch::Sender<Status>,
}

/// What the swarm's task is asked to do.
#[derive(Debug)]
pub(super) enum Command {
    /// Open a substream on a connection.
    Open { peer: PeerId, connection: ConnectionId, open: Open },
    /// Close a connection: its session has ended.
    Close(ConnectionId),
    /// A connection's hello is over.
    Greeted { connection: ConnectionId, result: Result<Greeted, HelloError> },
    /// Try an address.
    Dial(Multiaddr),
    /// The name in an address was looked up.
    Resolved { target: Multiaddr, address: Option<Multiaddr> },
    /// A peer told addresses of others.
    Learnt(Vec<Multiaddr>),
    /// A peer is of another chain: do not dial it for a while.
    Cool(PeerId),
    /// Say where we listen, once every listener is up.
    ListenAddrs(oneshot::Sender<Vec<Multiaddr>>),
    /// End.
    Stop(oneshot::Sender<()>),
}

impl Shared {
    /// Opens a substream of a class on a connection.
    pub(super) async fn open(
        &self,
        peer: PeerId,
        connection: ConnectionId,
        class: Class,
    ) -> Result<Stream, RequestError> {
        let (reply, opened): (StreamReply, _) = oneshot::channel();
        let open = Open { purpose: Purpose::Class(class), reply };
        let command = Command::Open { peer, connection, open };
        self.commands.send(command).await.map_err(|_| RequestError::Stopped)?;
        opened.await.map_err(|_| RequestError::NotConnected)
    }
}

/// Counts messages that were not passed on.
pub(super) fn dropped(reason: &'static str, messages: usize) {
    if messages > 0 {
        counter!("btt_network_dropped_total", "reason" => reason).increment(messages as u64);
    }
}
