//! The network: who reaches whom, how late, and how often not at all.

use super::rng::Rng;
use alloy_primitives::B256;
use btt_node::consensus::{driver::Decided, message::Message};
use btt_runtime::block::{Block, Evidence};
use std::sync::Arc;

/// What travels.
#[derive(Debug, Clone)]
pub enum Packet {
    /// A message of the voting, as its bytes decoded.
    Message(Message),
    /// Bytes that are no message.
    Garbage,
    /// An undecided block.
    Block(Arc<Block>),
    /// Decided blocks that the sender has.
    Status {
        /// Newest.
        height: u64,
        /// Oldest.
        earliest: u64,
    },
    /// Asks for an undecided block.
    FetchBlock(B256),
    /// Asks for decided blocks.
    FetchBlocks {
        /// First height.
        from: u64,
        /// How many at most.
        count: u32,
    },
    /// The answer.
    Fetched(Vec<Decided>),
    /// Asks what the receiver saw signed by the sender's key.
    AskStep,
    /// Misbehaviour.
    Evidence(Evidence),
}

/// One direction of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    /// Least delay.
    pub low_us: u64,
    /// Most delay.
    pub high_us: u64,
    /// Lost in a million.
    pub loss: u32,
    /// Delivered twice in a million.
    pub twice: u32,
    /// Nothing passes.
    pub is_cut: bool,
}

impl Link {
    /// A good link.
    pub const GOOD: Self = Self { low_us: 500, high_us: 4_000, loss: 0, twice: 0, is_cut: false };
}

/// All links and connections.
#[derive(Debug)]
pub struct Net {
    links: Vec<Vec<Link>>,
    /// Whether two nodes are connected, as far as they know.
    up: Vec<Vec<bool>>,
}

impl Net {
    /// Good links, nobody connected.
    pub fn new(nodes: usize) -> Self {
        Self { links: vec![vec![Link::GOOD; nodes]; nodes], up: vec![vec![false; nodes]; nodes] }
    }

    /// The link from one node to another.
    pub fn link(&mut self, from: usize, to: usize) -> &mut Link {
        &mut self.links[from][to]
    }

    /// Whether two nodes are connected.
    pub fn is_up(&self, a: usize, b: usize) -> bool {
        self.up[a.min(b)][a.max(b)]
    }

    /// Connects or disconnects; whether that changed anything.
    pub fn set_up(&mut self, a: usize, b: usize, is_up: bool) -> bool {
        let old = std::mem::replace(&mut self.up[a.min(b)][a.max(b)], is_up);
        old != is_up
    }

    /// The delays with which a packet arrives: none if it is lost, two if it arrives twice.
    pub fn arrivals(&self, from: usize, to: usize, rng: &mut Rng) -> Vec<u64> {
        let link = &self.links[from][to];
        if link.is_cut || !self.is_up(from, to) || rng.happens(link.loss) {
            return Vec::new();
        }
        let copies = if rng.happens(link.twice) { 2 } else { 1 };
        (0..copies).map(|_| rng.range(link.low_us, link.high_us)).collect()
    }

    /// All links are good again.
    pub fn heal(&mut self) {
        self.links.iter_mut().flatten().for_each(|link| *link = Link::GOOD);
    }
}

/// A packet in a few words.
pub fn words(packet: &Packet) -> String {
    match packet {
        Packet::Message(message) => words_of_message(message),
        Packet::Garbage => "garbage".to_owned(),
        Packet::Block(block) => {
            format!("block {} {}", block.header.number, short(block.hash()))
        }
        Packet::Status { height, earliest } => format!("status {earliest}..{height}"),
        Packet::FetchBlock(hash) => format!("fetch block {}", short(*hash)),
        Packet::FetchBlocks { from, count } => format!("fetch {count} blocks from {from}"),
        Packet::Fetched(blocks) => {
            format!(
                "fetched {:?}",
                blocks.iter().map(|b| b.block.header.number).collect::<Vec<_>>()
            )
        }
        Packet::AskStep => "ask step".to_owned(),
        Packet::Evidence(e) => format!("evidence kind {} of {}/{}", e.kind, e.height, e.round),
    }
}

/// A message in a few words.
pub fn words_of_message(message: &Message) -> String {
    match message {
        Message::Vote(vote) => {
            let said = vote.vote();
            let (height, round) = (said.height, said.round);
            let hash = short(said.block_hash);
            format!("{:?} {height}/{round} {hash} by {}", said.kind, short_id(vote.voter.0))
        }
        Message::Proposal(proposal) => {
            let said = proposal.proposal();
            let (height, round, hash) = (said.height, said.round, short(said.block_hash));
            let (pol, by) = (said.pol_round, short_id(proposal.proposer.0));
            format!("proposal {height}/{round} {hash} pol {pol} by {by}")
        }
        Message::Polka(polka) => {
            let signers = polka.polka_signatures.len();
            format!(
                "polka {}/{} {} of {signers}",
                polka.height,
                polka.round,
                short(polka.value_id.0)
            )
        }
        Message::Round(round) => {
            let signers = round.round_signatures.len();
            format!("round {}/{} {:?} of {signers}", round.height, round.round, round.cert_type)
        }
    }
}

/// The first bytes of a hash.
pub fn short(hash: B256) -> String {
    if hash.is_zero() { "nil".to_owned() } else { alloy_primitives::hex::encode(&hash[..3]) }
}

fn short_id(address: alloy_primitives::Address) -> String {
    alloy_primitives::hex::encode(&address[..2])
}
