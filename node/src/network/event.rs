//! What the swarm tells the node and what peers ask each other.

use super::protocol::Class;
use alloy_primitives::{Address, B256, Bytes};
use alloy_rlp::{RlpDecodable, RlpEncodable};
use libp2p::{Multiaddr, PeerId};
use std::time::SystemTime;
use tokio::sync::oneshot;

/// Where a peer's chain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, RlpEncodable, RlpDecodable)]
pub struct Status {
    /// Number of its newest final block.
    pub height: u64,
    /// Hash of that block.
    pub head_hash: B256,
    /// Number of the oldest block that it can give.
    pub earliest: u64,
}

/// Something happened. Events of one peer come in the order of their class; of several classes, consensus
/// goes first, so that the last blocks of a peer may come after its `Disconnected`.
#[derive(Debug)]
pub enum NetworkEvent {
    /// A peer said a valid hello.
    Connected {
        /// Who.
        peer: PeerId,
        /// The consensus key that it proved to hold; whether the set has it is another question.
        validator: Option<Address>,
    },
    /// A peer is gone.
    Disconnected {
        /// Who.
        peer: PeerId,
    },
    /// A peer tells where it stands: after its hello, whenever that changes, and every few seconds.
    Status {
        /// Who.
        peer: PeerId,
        /// Where.
        status: Status,
    },
    /// A vote, proposal or certificate.
    Consensus {
        /// From whom.
        peer: PeerId,
        /// The message.
        bytes: Bytes,
    },
    /// An undecided block.
    Block {
        /// From whom.
        peer: PeerId,
        /// The message.
        bytes: Bytes,
    },
    /// Raw EIP-2718 transactions.
    Transactions {
        /// From whom.
        peer: PeerId,
        /// The transactions.
        batch: Vec<Bytes>,
    },
    /// Hashes of transactions that a peer has.
    TransactionHashes {
        /// Who.
        peer: PeerId,
        /// The hashes.
        hashes: Vec<B256>,
    },
    /// A peer asks; never [`Request::Peers`], which the swarm answers.
    Request {
        /// Who.
        peer: PeerId,
        /// What.
        request: Request,
        /// Takes the answer.
        reply: Reply,
    },
}

/// A question to a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Final blocks with their certificates, at most 1,024.
    Blocks {
        /// Number of the first.
        from: u64,
        /// How many.
        count: u32,
    },
    /// One block, decided or not.
    Block {
        /// Its hash.
        hash: B256,
    },
    /// Transactions of a block.
    BlockTransactions {
        /// Hash of the block.
        hash: B256,
        /// Their places in its body, at most 4,096.
        indexes: Vec<u32>,
    },
    /// Transactions that wait, at most 1,900 (a request has 64 KiB).
    Transactions {
        /// Their hashes.
        hashes: Vec<B256>,
    },
    /// The highest step that the peer saw signed by a validator's key.
    SignedStep {
        /// Address of the key.
        address: Address,
    },
    /// Addresses of other peers.
    Peers,
}

/// An answer; on the wire at most `NetworkLimits::response_bytes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// To [`Request::Blocks`]: as many as the peer gives, from the first on.
    Blocks(Vec<Bytes>),
    /// To [`Request::Block`].
    Block(Option<Bytes>),
    /// To [`Request::Transactions`] and [`Request::BlockTransactions`].
    Transactions(Vec<Bytes>),
    /// To [`Request::SignedStep`].
    SignedStep(Option<Bytes>),
    /// To [`Request::Peers`].
    Peers(Vec<Multiaddr>),
    /// The peer cannot or does not want to.
    Refused,
}

/// Takes the answer to a request. Dropping it refuses.
#[derive(Debug)]
pub struct Reply(pub(super) oneshot::Sender<Response>);

impl Reply {
    /// Answers.
    pub fn send(self, response: Response) {
        // Whoever asked may be gone.
        let _ = self.0.send(response);
    }
}

/// Whom a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// One peer.
    Peer(PeerId),
    /// Peers that proved a key of the validator set.
    Validators,
    /// Every peer.
    All,
}

/// What a peer did wrong; each costs it points, and enough of them bring a ban.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offence {
    /// Bytes that no decoder takes.
    Malformed,
    /// A frame longer than its class allows.
    Oversize,
    /// A message above the peer's budget.
    Flood,
    /// A signature, transaction or block that is wrong by itself.
    Invalid,
    /// It said what it does not hold: heights without blocks, wrong blocks.
    Lie,
    /// It did not answer, or not in time.
    Timeout,
    /// Correct, and of no use.
    Useless,
    /// A proof of a validator's key that is none.
    BadProof,
    /// It is of another chain. Costs nothing, but it is not dialled for a while.
    WrongChain,
}

impl Offence {
    /// Points; [`super::NetworkLimits::ban_points`] bring a ban.
    pub(super) const fn points(self) -> u32 {
        match self {
            Self::WrongChain => 0,
            Self::Flood | Self::Useless => 1,
            Self::Timeout => 10,
            Self::Invalid => 20,
            Self::Malformed | Self::Lie => 40,
            Self::Oversize | Self::BadProof => 100,
        }
    }
}

/// Bytes of one class that came from a peer and went to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traffic {
    /// Which class.
    pub class: Class,
    /// Bytes received.
    pub bytes_in: u64,
    /// Bytes sent.
    pub bytes_out: u64,
}

/// A connected peer, for those who look.
#[derive(Debug, Clone)]
pub struct PeerInfo {
    /// Who.
    pub peer: PeerId,
    /// Where it is; of a peer that dialled us, its port is none to dial.
    pub address: Multiaddr,
    /// Whether we dialled.
    pub outbound: bool,
    /// The consensus key that it proved to hold.
    pub validator: Option<Address>,
    /// Whether that key is in the validator set.
    pub in_set: bool,
    /// Its client version; empty until it told.
    pub client_version: String,
    /// Where it stands.
    pub status: Status,
    /// Minus the points of its offences; 0 is best.
    pub score: i64,
    /// Traffic by class.
    pub traffic: Vec<Traffic>,
    /// When it said hello.
    pub connected_since: SystemTime,
}

/// Why a request has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Not connected, or not any more.
    #[error("the peer is not connected")]
    NotConnected,
    /// Too many commands or requests wait.
    #[error("too many requests are under way")]
    Busy,
    /// It does not fit into a frame.
    #[error("the request is too long")]
    TooLong,
    /// No answer in time.
    #[error("the peer did not answer in time")]
    Timeout,
    /// An answer that is none.
    #[error("the peer's answer is malformed")]
    Malformed,
    /// The swarm has stopped.
    #[error("the network has stopped")]
    Stopped,
}
