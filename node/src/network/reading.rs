//! Reading the substreams that a peer pushes on.

use super::{
    budget::Budget,
    event::{NetworkEvent, Offence, Status},
    frame::{self, FrameError},
    inbox::Closed,
    peer::Peer,
    protocol::Class,
    session::Done,
    shared::{Shared, dropped},
    wire::{self, TransactionsMessage},
};
use alloy_primitives::Bytes;
use libp2p::Stream;
use std::{sync::Arc, time::Instant};

/// Reads one class until the stream or the session ends.
pub(super) async fn read_class(
    shared: Arc<Shared>,
    peer: Arc<Peer>,
    class: Class,
    mut stream: Stream,
) -> Done {
    let limits = &shared.limits;
    let frame_bytes = class.limits(limits).frame_bytes;
    let rate = || class.rate(limits, shared.book.in_set(&peer));
    let report = |offence| shared.book.report(peer.id, peer.ip(), offence);
    let mut budget = Budget::new(rate(), frame_bytes, Instant::now());
    loop {
        let bytes = match frame::read(&mut stream, frame_bytes, limits.frame_timeout).await {
            Ok(bytes) => bytes,
            Err(error) => return Done::Session(end(&error, report)),
        };
        peer.received(class, bytes.len());
        let now = Instant::now();
        budget.follow(rate(), frame_bytes, now);
        if !budget.take(bytes.len(), now) {
            dropped("flood", 1);
            report(Offence::Flood);
            continue;
        }
        match pass_on(&shared, &peer, class, bytes.into()).await {
            Ok(()) => {}
            Err(Refused::Malformed) => {
                dropped("malformed", 1);
                report(Offence::Malformed);
            }
            Err(Refused::Closed) => return Done::Session("the node takes no events"),
        }
    }
}

/// What a frame that did not come costs the peer, and what to say of it.
pub(super) fn end(error: &FrameError, report: impl Fn(Offence)) -> &'static str {
    match error {
        FrameError::Io(_) => "a substream ended",
        FrameError::Oversize { .. } => {
            report(Offence::Oversize);
            "it sent a frame that is too long"
        }
        FrameError::Timeout => {
            report(Offence::Timeout);
            "it did not complete a frame"
        }
    }
}

enum Refused {
    Malformed,
    Closed,
}

impl From<Closed> for Refused {
    fn from(_: Closed) -> Self {
        Self::Closed
    }
}

impl From<alloy_rlp::Error> for Refused {
    fn from(_: alloy_rlp::Error) -> Self {
        Self::Malformed
    }
}

async fn pass_on(shared: &Shared, from: &Peer, class: Class, bytes: Bytes) -> Result<(), Refused> {
    let (peer, length, inbox) = (from.id, bytes.len(), &shared.inbox);
    let taken = match class {
        Class::Consensus => {
            // Waits here when the node is behind with this peer: then this stream is not read, others are.
            let permit = from.waiting.clone().acquire_owned().await.map_err(|_| Closed)?;
            inbox.urgent(NetworkEvent::Consensus { peer, bytes }, Some(permit)).await?;
            true
        }
        Class::Blocks => inbox.bulk(NetworkEvent::Block { peer, bytes }, length),
        Class::Transactions => {
            let event = match TransactionsMessage::decode(&bytes)? {
                TransactionsMessage::Batch(batch) => NetworkEvent::Transactions { peer, batch },
                TransactionsMessage::Hashes(hashes) => {
                    NetworkEvent::TransactionHashes { peer, hashes }
                }
            };
            inbox.bulk(event, length)
        }
        Class::Status => {
            let status: Status = wire::decode_exact(&bytes)?;
            from.set_status(status);
            inbox.status(NetworkEvent::Status { peer, status })
        }
        Class::Requests => return Err(Refused::Malformed),
    };
    if !taken {
        dropped("node_busy", 1);
    }
    Ok(())
}
