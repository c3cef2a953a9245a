//! Every limit of the swarm, with its unit and its default.

use std::time::Duration;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// What a peer may send in a second, on average. It may save up [`BURST_SECONDS`] of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Messages a second.
    pub messages: u64,
    /// Bytes a second.
    pub bytes: u64,
}

/// Seconds of a [`Rate`] that may come at once.
pub(super) const BURST_SECONDS: u64 = 2;

/// Limits of one class of traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassLimits {
    /// Longest frame, in bytes; a longer one is refused by its length prefix.
    pub frame_bytes: usize,
    /// Most messages that wait to be sent to one peer.
    pub queue_messages: usize,
    /// Most bytes that wait to be sent to one peer.
    pub queue_bytes: usize,
    /// What a peer that is no validator may send.
    pub peer: Rate,
    /// What a validator may send.
    pub validator: Rate,
}

/// Limits of the swarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkLimits {
    /// Most accepted peers that are not validators.
    pub max_inbound: usize,
    /// Further accepted peers, which must be validators or persistent peers.
    pub reserved_inbound: usize,
    /// Most accepted connections of one address without a proof of a validator key.
    pub max_per_ip: usize,
    /// Most accepted connections in the transport's handshake.
    pub max_pending: usize,
    /// Most accepted connections that have not said hello.
    pub max_greeting: usize,
    /// Most dials under way.
    pub max_dials: usize,
    /// Peers that are sought by peer exchange and bootstrap peers.
    pub target_outbound: usize,
    /// From the first byte of a connection to the end of its hello, for each of its two handshakes.
    pub handshake_timeout: Duration,
    /// Within this a frame must be complete once it began; long frames have a second more for each 64 KiB.
    pub frame_timeout: Duration,
    /// How long an answer to a request may take, queueing included.
    pub request_timeout: Duration,
    /// Requests under way to one peer, and of one peer.
    pub requests_at_once: usize,
    /// Longest response, in bytes.
    pub response_bytes: usize,
    /// A status is sent this often even when nothing changed: it is also the sign of life.
    pub heartbeat: Duration,
    /// Shortest time between two statuses; newer ones replace those that wait.
    pub status_gap: Duration,
    /// A peer that sends nothing this long is gone.
    pub silence: Duration,
    /// First wait before a dial is repeated.
    pub redial_first: Duration,
    /// Longest wait before a dial is repeated.
    pub redial_max: Duration,
    /// How long a peer of another chain is not dialled.
    pub wrong_chain_cooldown: Duration,
    /// Peers are asked for addresses this often while there are too few.
    pub exchange_interval: Duration,
    /// Most addresses in an answer to that.
    pub exchange_addresses: usize,
    /// Most addresses remembered.
    pub known_addresses: usize,
    /// How long a ban lasts.
    pub ban_duration: Duration,
    /// Penalty points that bring a ban; one is forgiven each second.
    pub ban_points: u32,
    /// Banned peers of one address that get the address banned, loopback excepted.
    pub bans_per_ip: usize,
    /// Most peers for which penalty points or bans are remembered.
    pub remembered_peers: usize,
    /// Events that wait for the node in the channel itself.
    pub events: usize,
    /// Consensus messages of one peer that wait for the node; then the peer is not read.
    pub waiting_consensus: usize,
    /// Bytes of blocks and transactions that wait for the node, of all peers; more are dropped.
    pub waiting_bytes: usize,
    /// Votes, proposals, certificates.
    pub consensus: ClassLimits,
    /// Undecided blocks.
    pub blocks: ClassLimits,
    /// Transactions and their hashes.
    pub transactions: ClassLimits,
    /// Statuses.
    pub status: ClassLimits,
    /// Requests; answers are slowed down to the same bytes a second.
    pub requests: ClassLimits,
}

impl Default for NetworkLimits {
    fn default() -> Self {
        Self {
            max_inbound: 64,
            reserved_inbound: 64,
            max_per_ip: 16,
            max_pending: 64,
            max_greeting: 64,
            max_dials: 16,
            target_outbound: 8,
            handshake_timeout: Duration::from_secs(7),
            frame_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(10),
            requests_at_once: 8,
            response_bytes: 8 * MIB,
            heartbeat: Duration::from_secs(2),
            status_gap: Duration::from_millis(50),
            silence: Duration::from_secs(8),
            redial_first: Duration::from_millis(150),
            redial_max: Duration::from_secs(10),
            wrong_chain_cooldown: Duration::from_secs(60),
            exchange_interval: Duration::from_secs(5),
            exchange_addresses: 32,
            known_addresses: 1_024,
            ban_duration: Duration::from_secs(15 * 60),
            ban_points: 100,
            bans_per_ip: 3,
            remembered_peers: 4_096,
            events: 16,
            waiting_consensus: 64,
            waiting_bytes: 64 * MIB,
            consensus: ClassLimits {
                frame_bytes: 64 * KIB,
                queue_messages: 4_096,
                queue_bytes: 8 * MIB,
                peer: rate(500, MIB),
                validator: rate(5_000, 16 * MIB),
            },
            blocks: ClassLimits {
                frame_bytes: 2 * MIB + 256 * KIB,
                queue_messages: 16,
                queue_bytes: 16 * MIB,
                peer: rate(100, 8 * MIB),
                validator: rate(500, 64 * MIB),
            },
            transactions: ClassLimits {
                frame_bytes: 256 * KIB,
                queue_messages: 256,
                queue_bytes: 8 * MIB,
                peer: rate(200, 4 * MIB),
                validator: rate(1_000, 32 * MIB),
            },
            status: ClassLimits {
                frame_bytes: 256,
                queue_messages: 1,
                queue_bytes: 256,
                peer: rate(100, 16 * KIB),
                validator: rate(100, 16 * KIB),
            },
            requests: ClassLimits {
                frame_bytes: 64 * KIB,
                queue_messages: 0,
                queue_bytes: 0,
                peer: rate(100, 16 * MIB),
                validator: rate(400, 64 * MIB),
            },
        }
    }
}

const fn rate(messages: u64, bytes: usize) -> Rate {
    Rate { messages, bytes: bytes as u64 }
}

/// Longest hello, in bytes.
pub(super) const HELLO_BYTES: usize = 512;
/// Most transactions in a batch or in an answer, hashes in an announcement or a request, indexes asked for.
pub(super) const MAX_ITEMS: usize = 4_096;
/// Most blocks asked for at once.
pub(super) const MAX_BLOCKS: u32 = 1_024;
/// Most bytes of one address on the wire.
pub(super) const MAX_ADDRESS_BYTES: usize = 128;
/// Addresses that are kept of those a peer says it listens on.
pub(super) const MAX_LISTEN_ADDRESSES: usize = 8;
/// Characters that are kept of a peer's client version.
pub(super) const MAX_AGENT_CHARS: usize = 64;
/// Substreams of one connection: hello, identify, four classes each way, requests each way, and room.
pub(super) const MAX_SUBSTREAMS: usize = 64;
/// Accepted substreams of one connection that wait for the end of its hello.
pub(super) const MAX_HELD_STREAMS: usize = 16;
/// Peers that may have proved the same validator key and count as it: the old and the new machine.
pub(super) const PEERS_PER_VALIDATOR: usize = 2;
/// Commands that wait for the swarm's task.
pub(super) const COMMANDS: usize = 1_024;
/// Consensus messages and comings and goings that wait for the node, of all peers.
pub(super) const WAITING_URGENT: usize = 4_096;
/// Other events that wait for the node, of all peers.
pub(super) const WAITING_OTHERS: usize = 1_024;
/// Failed dials after which an address learnt from peers is forgotten.
pub(super) const MAX_FAILED_DIALS: u32 = 6;
/// A session that lasted this long was a success: its peer is dialled again at once.
pub(super) const STEADY: Duration = Duration::from_secs(5);
/// Peer ids remembered for each validator of the set, so that its connections find their slots.
pub(super) const KNOWN_PER_VALIDATOR: usize = 2;
/// How often the swarm's task looks for dials to make and silent peers.
pub(super) const TICK: Duration = Duration::from_millis(50);
