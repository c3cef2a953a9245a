//! One peer after its hello: its readers, its writers, its end.

use super::{
    event::{NetworkEvent, Offence, Status},
    peer::Peer,
    protocol::Class,
    reading::read_class,
    requests::{Budgets, serve},
    shared::{Command, Shared},
    writing,
};
use libp2p::Stream;
use std::{collections::BTreeSet, sync::Arc};
use tokio::{
    sync::mpsc,
    task::{JoinHandle, JoinSet},
};

/// A task of a session is over.
#[derive(Debug)]
pub(super) enum Done {
    /// An answer was given; the session goes on.
    Request,
    /// The session ends.
    Session(&'static str),
}

/// What a session needs.
pub(super) struct Session {
    pub(super) shared: Arc<Shared>,
    pub(super) peer: Arc<Peer>,
    /// Substreams that the peer opens; closed with the connection.
    pub(super) streams: mpsc::Receiver<(Class, Stream)>,
    /// The peer's session before this one, whose end the node must hear of first.
    pub(super) before: Option<JoinHandle<()>>,
}

impl Session {
    /// Runs until the connection closes or somebody wants it closed.
    pub(super) async fn run(mut self, status: Status) {
        if let Some(before) = self.before.take() {
            // Its panic, if any, has ended it as well.
            let _ = before.await;
        }
        let (peer, validator) = (self.peer.id, self.peer.validator);
        let inbox = &self.shared.inbox;
        tracing::info!(%peer, address = %self.peer.address, ?validator, "peer connected");
        if inbox.urgent(NetworkEvent::Connected { peer, validator }, None).await.is_ok() {
            inbox.status(NetworkEvent::Status { peer, status });
            let reason = self.serve().await;
            tracing::info!(%peer, reason, "peer disconnected");
        }
        self.shared.book.remove(&self.peer);
        let _ = self.shared.commands.send(Command::Close(self.peer.connection)).await;
        let _ = self.shared.inbox.urgent(NetworkEvent::Disconnected { peer }, None).await;
    }

    async fn serve(&mut self) -> &'static str {
        let (shared, peer) = (&self.shared, &self.peer);
        let mut tasks = JoinSet::new();
        for class in [Class::Consensus, Class::Blocks, Class::Transactions] {
            tasks.spawn(writing::write_class(shared.clone(), peer.clone(), class));
        }
        tasks.spawn(writing::write_status(shared.clone(), peer.clone()));
        let budgets = Arc::new(Budgets::new(shared, peer));
        let mut read = BTreeSet::new();
        let mut requests = 0;
        let reason = loop {
            tokio::select! {
                reason = peer.closed() => break reason,
                arrived = self.streams.recv() => match arrived {
                    None => break "the connection closed",
                    Some((Class::Requests, stream)) => {
                        // More at once are reset.
                        if requests < shared.limits.requests_at_once {
                            requests += 1;
                            let budgets = budgets.clone();
                            tasks.spawn(serve(shared.clone(), peer.clone(), stream, budgets));
                        }
                    }
                    Some((class, stream)) => {
                        if !read.insert(class) {
                            shared.book.report(peer.id, peer.ip(), Offence::Malformed);
                            break "it opened two substreams of one class";
                        }
                        tasks.spawn(read_class(shared.clone(), peer.clone(), class, stream));
                    }
                },
                Some(done) = tasks.join_next() => match done {
                    Ok(Done::Request) => requests -= 1,
                    Ok(Done::Session(reason)) => break reason,
                    Err(_) => break "a task of the session failed",
                },
            }
        };
        tasks.shutdown().await;
        reason
    }
}
