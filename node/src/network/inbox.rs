//! The way of events to the node: consensus first, all of it bounded.
//!
//! Three lanes feed one short channel. A full lane makes the reader of that peer wait where waiting is right
//! (consensus, requests) and drops where it is not (blocks, transactions, statuses).

use super::{
    event::NetworkEvent,
    limits::{NetworkLimits, WAITING_OTHERS, WAITING_URGENT},
};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// An event with what it holds of a limit; the permit is given back when the node takes the event.
type Waiting = (NetworkEvent, Option<OwnedSemaphorePermit>);

/// Where readers of peers put events.
#[derive(Debug, Clone)]
pub(super) struct Inbox {
    urgent: mpsc::Sender<Waiting>,
    bulk: mpsc::Sender<Waiting>,
    others: mpsc::Sender<Waiting>,
    bulk_bytes: Arc<Semaphore>,
}

/// The node does not take events any more.
#[derive(Debug)]
pub(super) struct Closed;

impl Inbox {
    /// Starts the task that hands events to the node, and gives the node's end.
    pub(super) fn start(limits: &NetworkLimits) -> (Self, mpsc::Receiver<NetworkEvent>) {
        let (urgent, urgent_out) = mpsc::channel(WAITING_URGENT);
        let (bulk, bulk_out) = mpsc::channel(WAITING_OTHERS);
        let (others, others_out) = mpsc::channel(WAITING_OTHERS);
        let (events, node) = mpsc::channel(limits.events.max(1));
        tokio::spawn(pump(urgent_out, bulk_out, others_out, events));
        let bulk_bytes = Arc::new(Semaphore::new(limits.waiting_bytes));
        (Self { urgent, bulk, others, bulk_bytes }, node)
    }

    /// A consensus message or a coming or going; waits for room.
    pub(super) async fn urgent(
        &self,
        event: NetworkEvent,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Result<(), Closed> {
        self.urgent.send((event, permit)).await.map_err(|_| Closed)
    }

    /// A request; waits for room.
    pub(super) async fn request(&self, event: NetworkEvent) -> Result<(), Closed> {
        self.others.send((event, None)).await.map_err(|_| Closed)
    }

    /// A status; says whether there was room.
    pub(super) fn status(&self, event: NetworkEvent) -> bool {
        self.others.try_send((event, None)).is_ok()
    }

    /// A block or transactions of that many bytes; says whether there was room.
    pub(super) fn bulk(&self, event: NetworkEvent, bytes: usize) -> bool {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let Ok(permit) = self.bulk_bytes.clone().try_acquire_many_owned(bytes) else {
            return false;
        };
        self.bulk.try_send((event, Some(permit))).is_ok()
    }
}

async fn pump(
    mut urgent: mpsc::Receiver<Waiting>,
    mut bulk: mpsc::Receiver<Waiting>,
    mut others: mpsc::Receiver<Waiting>,
    events: mpsc::Sender<NetworkEvent>,
) {
    loop {
        // The slot first: what is urgent at the moment of sending goes, not what was when waiting began.
        let Ok(slot) = events.reserve().await else { return };
        let next = tokio::select! {
            biased;
            next = urgent.recv() => next,
            next = bulk.recv() => next,
            next = others.recv() => next,
        };
        let Some((event, permit)) = next else { return };
        slot.send(event);
        drop(permit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use libp2p::PeerId;

    fn consensus(byte: u8) -> NetworkEvent {
        NetworkEvent::Consensus { peer: PeerId::random(), bytes: vec![byte].into() }
    }

    fn block(length: usize) -> NetworkEvent {
        NetworkEvent::Block { peer: PeerId::random(), bytes: vec![0; length].into() }
    }

    #[tokio::test]
    async fn consensus_overtakes_blocks_and_blocks_are_dropped_above_the_limit() {
        let limits = NetworkLimits { events: 1, waiting_bytes: 100, ..NetworkLimits::default() };
        let (inbox, mut node) = Inbox::start(&limits);
        // Fills the channel itself, so that all else waits.
        inbox.urgent(consensus(0), None).await.unwrap();
        while node.is_empty() {
            tokio::task::yield_now().await;
        }
        assert!(inbox.bulk(block(60), 60));
        assert!(!inbox.bulk(block(60), 60));
        inbox.urgent(consensus(1), None).await.unwrap();
        assert!(matches!(node.recv().await, Some(NetworkEvent::Consensus { .. })));
        assert!(matches!(node.recv().await, Some(NetworkEvent::Consensus { .. })));
        assert!(matches!(node.recv().await, Some(NetworkEvent::Block { .. })));
        assert!(inbox.bulk(block(60), 60));
    }
}
