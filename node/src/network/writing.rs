//! Writing what waits for a peer, each class on a substream of its own.

use super::{
    budget::Budget, frame, limits::Rate, peer::Peer, protocol::Class, session::Done, shared::Shared,
};
use std::{sync::Arc, time::Instant};
use tokio::time::{sleep, timeout};

/// Part of the budget that a peer gives us, in percent, which we use for blocks and transactions: its clock
/// and ours see the same bytes at different times, and honest peers are never to flood.
const USED_PERCENT: u64 = 80;

/// Sends one class as it is queued.
pub(super) async fn write_class(shared: Arc<Shared>, peer: Arc<Peer>, class: Class) -> Done {
    let queue = match class {
        Class::Consensus => &peer.consensus,
        Class::Blocks => &peer.blocks,
        Class::Transactions => &peer.transactions,
        Class::Status | Class::Requests => return Done::Session("a class without a queue"),
    };
    let limits = &shared.limits;
    let frame_bytes = class.limits(limits).frame_bytes;
    let mut budget = Budget::new(granted(&shared, class), frame_bytes, Instant::now());
    let mut bytes = queue.pop().await;
    let open = shared.open(peer.id, peer.connection, class);
    let Ok(Ok(mut stream)) = timeout(limits.frame_timeout, open).await else {
        return Done::Session("a substream could not be opened");
    };
    loop {
        if class != Class::Consensus {
            let now = Instant::now();
            budget.follow(granted(&shared, class), frame_bytes, now);
            sleep(budget.wait(bytes.len(), now)).await;
            budget.take(bytes.len(), Instant::now());
        }
        if frame::write(&mut stream, &bytes, limits.frame_timeout).await.is_err() {
            return Done::Session("it does not take what we send");
        }
        peer.sent(class, bytes.len());
        bytes = queue.pop().await;
    }
}

/// What we may send in a class, kept below what the peer grants if the peer has our limits and our validator set.
pub(super) fn granted(shared: &Shared, class: Class) -> Rate {
    let ours = shared.identity.validator;
    let is_validator = ours.is_some_and(|address| shared.book.is_validator(&address));
    let Rate { messages, bytes } = class.rate(&shared.limits, is_validator);
    let part = |whole: u64| whole.saturating_mul(USED_PERCENT) / 100;
    Rate { messages: part(messages), bytes: part(bytes) }
}

/// Sends our status whenever it changes, the newest only, and as a sign of life.
pub(super) async fn write_status(shared: Arc<Shared>, peer: Arc<Peer>) -> Done {
    let limits = &shared.limits;
    let mut status = shared.status.subscribe();
    let open = shared.open(peer.id, peer.connection, Class::Status);
    let Ok(Ok(mut stream)) = timeout(limits.frame_timeout, open).await else {
        return Done::Session("a substream could not be opened");
    };
    loop {
        let newest = alloy_rlp::encode(*status.borrow_and_update());
        if frame::write(&mut stream, &newest, limits.frame_timeout).await.is_err() {
            return Done::Session("it does not take what we send");
        }
        peer.sent(Class::Status, newest.len());
        sleep(limits.status_gap).await;
        // On its end the sender is gone, and the node with it; then the time runs out.
        let _ = timeout(limits.heartbeat, status.changed()).await;
    }
}
