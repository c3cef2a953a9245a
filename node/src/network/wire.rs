//! Messages on the wire: RLP, after a byte that names the kind where there are several. Consensus messages
//! and blocks are opaque here. A decoder takes no more items than its limit and leaves no byte over.

use super::{
    event::{Request, Response, Status},
    limits::{MAX_ADDRESS_BYTES, MAX_BLOCKS, MAX_ITEMS},
};
use alloy_primitives::{B256, Bytes};
use alloy_rlp::{Decodable, Encodable, Error, Header, RlpDecodable, RlpEncodable};
use libp2p::Multiaddr;

/// First message on a connection, both ways.
#[derive(Debug, Clone, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub(super) struct Hello {
    /// Version of these messages.
    pub(super) version: u32,
    /// The chain.
    pub(super) chain_id: u64,
    /// Hash of its block 0.
    pub(super) genesis_hash: B256,
    /// A number drawn when the process started: a peer that restarted is told from one that dialled twice.
    pub(super) instance: u64,
    /// Where the peer stands.
    pub(super) status: Status,
    /// Of a validator the address of its consensus key (20 bytes) and that key's signature over `peer_digest`
    /// (65 bytes `r ‖ s ‖ v`, v = 27 or 28); empty of others.
    pub(super) proof: Bytes,
}

/// Message of the class of transactions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TransactionsMessage {
    /// Raw EIP-2718 transactions.
    Batch(Vec<Bytes>),
    /// Hashes of transactions that the sender has.
    Hashes(Vec<B256>),
}

impl TransactionsMessage {
    pub(super) fn encode(&self) -> Bytes {
        match self {
            Self::Batch(batch) => with_kind(0, batch),
            Self::Hashes(hashes) => with_kind(1, hashes),
        }
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let (kind, mut rest) = split_kind(bytes)?;
        let message = match kind {
            0 => Self::Batch(list(&mut rest)?),
            1 => Self::Hashes(list(&mut rest)?),
            _ => return Err(Error::Custom("unknown kind of transactions message")),
        };
        nothing_left(rest, message)
    }
}

impl Request {
    pub(super) fn encode(&self) -> Bytes {
        match self {
            Self::Blocks { from, count } => with_kind(0, &Range { from: *from, count: *count }),
            Self::Block { hash } => with_kind(1, hash),
            Self::BlockTransactions { hash, indexes } => {
                with_kind(2, &Indexes { hash: *hash, indexes: indexes.clone() })
            }
            Self::Transactions { hashes } => with_kind(3, hashes),
            Self::SignedStep { address } => with_kind(4, address),
            Self::Peers => Bytes::from_static(&[5]),
        }
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let (kind, mut rest) = split_kind(bytes)?;
        let request = match kind {
            0 => {
                let Range { from, count } = Range::decode(&mut rest)?;
                if count > MAX_BLOCKS {
                    return Err(Error::Custom("too many blocks are asked for"));
                }
                Self::Blocks { from, count }
            }
            1 => Self::Block { hash: B256::decode(&mut rest)? },
            2 => {
                let mut inside = Header::decode_bytes(&mut rest, true)?;
                let hash = B256::decode(&mut inside)?;
                let indexes = list(&mut inside)?;
                nothing_left(inside, Self::BlockTransactions { hash, indexes })?
            }
            3 => Self::Transactions { hashes: list(&mut rest)? },
            4 => Self::SignedStep { address: Decodable::decode(&mut rest)? },
            5 => Self::Peers,
            _ => return Err(Error::Custom("unknown kind of request")),
        };
        nothing_left(rest, request)
    }
}

impl Response {
    pub(super) fn encode(&self) -> Bytes {
        match self {
            Self::Blocks(blocks) => with_kind(0, blocks),
            Self::Block(block) => with_kind(1, &optional(block)),
            Self::Transactions(transactions) => with_kind(2, transactions),
            Self::SignedStep(step) => with_kind(3, &optional(step)),
            Self::Peers(addresses) => {
                let addresses: Vec<Bytes> =
                    addresses.iter().map(|address| address.to_vec().into()).collect();
                with_kind(4, &addresses)
            }
            Self::Refused => Bytes::from_static(&[5]),
        }
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let (kind, mut rest) = split_kind(bytes)?;
        let response = match kind {
            0 => Self::Blocks(list(&mut rest)?),
            1 => Self::Block(at_most_one(&mut rest)?),
            2 => Self::Transactions(list(&mut rest)?),
            3 => Self::SignedStep(at_most_one(&mut rest)?),
            4 => Self::Peers(addresses(&mut rest)?),
            5 => Self::Refused,
            _ => return Err(Error::Custom("unknown kind of response")),
        };
        nothing_left(rest, response)
    }

    /// Whether this is an answer to that, or a refusal.
    pub(super) const fn answers(&self, request: &Request) -> bool {
        matches!(
            (self, request),
            (Self::Refused, _)
                | (Self::Blocks(_), Request::Blocks { .. })
                | (Self::Block(_), Request::Block { .. })
                | (
                    Self::Transactions(_),
                    Request::Transactions { .. } | Request::BlockTransactions { .. }
                )
                | (Self::SignedStep(_), Request::SignedStep { .. })
                | (Self::Peers(_), Request::Peers)
        )
    }
}

#[derive(RlpEncodable, RlpDecodable)]
struct Range {
    from: u64,
    count: u32,
}

#[derive(RlpEncodable)]
struct Indexes {
    hash: B256,
    indexes: Vec<u32>,
}

/// Decodes a whole message.
pub(super) fn decode_exact<T: Decodable>(bytes: &[u8]) -> Result<T, Error> {
    alloy_rlp::decode_exact(bytes)
}

fn with_kind(kind: u8, message: &impl Encodable) -> Bytes {
    let mut out = Vec::with_capacity(1 + message.length());
    out.push(kind);
    message.encode(&mut out);
    out.into()
}

fn split_kind(bytes: &[u8]) -> Result<(u8, &[u8]), Error> {
    bytes.split_first().map(|(kind, rest)| (*kind, rest)).ok_or(Error::InputTooShort)
}

fn nothing_left<T>(rest: &[u8], message: T) -> Result<T, Error> {
    if rest.is_empty() { Ok(message) } else { Err(Error::UnexpectedLength) }
}

/// A list of at most `MAX_ITEMS`.
fn list<T: Decodable>(bytes: &mut &[u8]) -> Result<Vec<T>, Error> {
    let mut payload = Header::decode_bytes(bytes, true)?;
    let mut items = Vec::new();
    while !payload.is_empty() {
        if items.len() == MAX_ITEMS {
            return Err(Error::Custom("too many items"));
        }
        items.push(T::decode(&mut payload)?);
    }
    Ok(items)
}

fn optional(item: &Option<Bytes>) -> Vec<Bytes> {
    item.iter().cloned().collect()
}

fn at_most_one(bytes: &mut &[u8]) -> Result<Option<Bytes>, Error> {
    let mut payload = Header::decode_bytes(bytes, true)?;
    if payload.is_empty() {
        return Ok(None);
    }
    let item = Bytes::decode(&mut payload)?;
    nothing_left(payload, Some(item))
}

/// Addresses; those of protocols that we do not know are left out.
fn addresses(bytes: &mut &[u8]) -> Result<Vec<Multiaddr>, Error> {
    let raw: Vec<Bytes> = list(bytes)?;
    if raw.iter().any(|address| address.len() > MAX_ADDRESS_BYTES) {
        return Err(Error::Custom("an address is too long"));
    }
    Ok(raw.iter().filter_map(|address| Multiaddr::try_from(address.to_vec()).ok()).collect())
}
