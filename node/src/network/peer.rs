//! One connected peer: its queues, its counters, and what it told.

use super::{
    budget::Budget,
    event::{PeerInfo, Status, Traffic},
    limits::{MAX_AGENT_CHARS, MAX_LISTEN_ADDRESSES, NetworkLimits},
    protocol::Class,
    queue::Queue,
};
use alloy_primitives::Address;
use libp2p::{Multiaddr, PeerId, swarm::ConnectionId};
use metrics::counter;
use parking_lot::Mutex;
use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};
use tokio::sync::{Semaphore, watch};

/// A peer that said hello.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) id: PeerId,
    pub(super) connection: ConnectionId,
    pub(super) address: Multiaddr,
    pub(super) outbound: bool,
    pub(super) validator: Option<Address>,
    pub(super) instance: u64,
    /// Votes, proposals, certificates to send.
    pub(super) consensus: Queue,
    /// Blocks to send.
    pub(super) blocks: Queue,
    /// Transactions to send.
    pub(super) transactions: Queue,
    /// Requests to it that may be under way.
    pub(super) asking: Semaphore,
    /// Questions that it grants us.
    pub(super) questions: Mutex<Budget>,
    /// Consensus messages of it that may wait for the node.
    pub(super) waiting: Arc<Semaphore>,
    since: SystemTime,
    started: Instant,
    heard_millis: AtomicU64,
    traffic: [[AtomicU64; 2]; Class::ALL.len()],
    told: Mutex<Told>,
    closing: watch::Sender<Option<&'static str>>,
}

/// What a peer says of itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    pub(super) status: Status,
    pub(super) agent: String,
    pub(super) listens: Vec<Multiaddr>,
}

impl Told {
    /// Takes over what identify says, cut to what is bearable.
    pub(super) fn identify(&mut self, agent: &str, listens: &[Multiaddr]) {
        let printable = agent.chars().filter(|c| c.is_ascii_graphic() || *c == ' ');
        self.agent = printable.take(MAX_AGENT_CHARS).collect();
        self.listens = listens.iter().take(MAX_LISTEN_ADDRESSES).cloned().collect();
    }
}

/// How a connection came about.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) peer: PeerId,
    pub(super) connection: ConnectionId,
    pub(super) address: Multiaddr,
    pub(super) outbound: bool,
}

impl Peer {
    pub(super) fn new(
        link: &Link,
        validator: Option<Address>,
        instance: u64,
        told: Told,
        limits: &NetworkLimits,
    ) -> Self {
        Self {
            id: link.peer,
            connection: link.connection,
            address: link.address.clone(),
            outbound: link.outbound,
            validator,
            instance,
            consensus: Queue::new(&limits.consensus),
            blocks: Queue::new(&limits.blocks),
            transactions: Queue::new(&limits.transactions),
            asking: Semaphore::new(limits.requests_at_once),
            questions: Mutex::new(Budget::new(
                limits.requests.peer,
                limits.requests.frame_bytes,
                Instant::now(),
            )),
            waiting: Arc::new(Semaphore::new(limits.waiting_consensus)),
            since: SystemTime::now(),
            started: Instant::now(),
            heard_millis: AtomicU64::new(0),
            traffic: Default::default(),
            told: Mutex::new(told),
            closing: watch::Sender::new(None),
        }
    }

    /// The address's host; `None` of names.
    pub(super) fn ip(&self) -> Option<IpAddr> {
        self.address.ip_addr()
    }

    /// Ends the session, for that reason; the first reason counts.
    pub(super) fn close(&self, reason: &'static str) {
        self.closing.send_if_modified(|old| {
            let is_first = old.is_none();
            if is_first {
                *old = Some(reason);
            }
            is_first
        });
    }

    /// Whether somebody wants the session closed.
    pub(super) fn is_closing(&self) -> bool {
        self.closing.borrow().is_some()
    }

    /// Waits until somebody wants the session closed, and says why.
    pub(super) async fn closed(&self) -> &'static str {
        let mut closing = self.closing.subscribe();
        let reason = closing.wait_for(Option::is_some).await.ok().and_then(|reason| *reason);
        reason.unwrap_or("gone")
    }

    /// Counts a frame from it, which is a sign of life too.
    pub(super) fn received(&self, class: Class, bytes: usize) {
        let millis = self.started.elapsed().as_millis() as u64;
        self.heard_millis.store(millis, Ordering::Relaxed);
        self.traffic[class as usize][0].fetch_add(bytes as u64, Ordering::Relaxed);
        counter!("btt_network_in_bytes_total", "class" => class.name()).increment(bytes as u64);
    }

    /// Counts a frame to it.
    pub(super) fn sent(&self, class: Class, bytes: usize) {
        self.traffic[class as usize][1].fetch_add(bytes as u64, Ordering::Relaxed);
        counter!("btt_network_out_bytes_total", "class" => class.name()).increment(bytes as u64);
    }

    /// How long ago it said hello.
    pub(super) fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// How long it has sent nothing.
    pub(super) fn silent_for(&self) -> Duration {
        let heard = Duration::from_millis(self.heard_millis.load(Ordering::Relaxed));
        self.started.elapsed().saturating_sub(heard)
    }

    pub(super) fn set_status(&self, status: Status) {
        self.told.lock().status = status;
    }

    pub(super) fn identify(&self, agent: &str, listens: &[Multiaddr]) {
        self.told.lock().identify(agent, listens);
    }

    /// Where it says that it listens.
    pub(super) fn listens(&self) -> Vec<Multiaddr> {
        self.told.lock().listens.clone()
    }

    pub(super) fn info(&self, in_set: bool, points: u32) -> PeerInfo {
        let told = self.told.lock().clone();
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let traffic = Class::ALL.into_iter().map(|class| {
            let [bytes_in, bytes_out] = &self.traffic[class as usize];
            Traffic { class, bytes_in: count(bytes_in), bytes_out: count(bytes_out) }
        });
        PeerInfo {
            peer: self.id,
            address: self.address.clone(),
            outbound: self.outbound,
            validator: self.validator,
            in_set,
            client_version: told.agent,
            status: told.status,
            score: -i64::from(points),
            traffic: traffic.collect(),
            connected_since: self.since,
        }
    }
}
