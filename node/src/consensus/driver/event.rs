//! What the driver is told, and what it asks for.

use super::super::message::Message;
use alloy_primitives::B256;
use btt_runtime::{
    block::{Block, CommitCertificate, Evidence, LatePrecommit, ValidatorSets},
    config::Validator,
};
use std::sync::Arc;

/// A connected node, by the number that the shell gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer(pub u32);

/// The time of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Now {
    /// A clock that only runs forward; timers go by it. In ms.
    pub mono_ms: u64,
    /// The time of day, for block times. In ms since 1970.
    pub wall_ms: u64,
}

/// How far a validator has signed: never again at or below it, unless it is the same digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct SignedStep {
    /// Height.
    pub height: u64,
    /// Round.
    pub round: u32,
    /// 0 proposal, 1 prevote, 2 precommit.
    pub step: u8,
    /// What was signed.
    pub digest: B256,
}

impl SignedStep {
    /// Its place in time, without what was said.
    pub fn place(&self) -> (u64, u32, u8) {
        (self.height, self.round, self.step)
    }
}

/// A decided block as a peer hands it on.
#[derive(Debug, Clone)]
pub struct Decided {
    /// The block.
    pub block: Arc<Block>,
    /// Who decided it.
    pub certificate: CommitCertificate,
}

/// What execution says of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It follows the rules, and its roots are right.
    Valid,
    /// It does not; why.
    Invalid(String),
}

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// Nothing but time passing; timers are looked at in every step.
    Tick,
    /// A peer said something.
    Message(Peer, Message),
    /// A peer sent an undecided block, asked for or not.
    Block(Peer, Arc<Block>),
    /// The block that [`Action::Build`] asked for, executed.
    Built {
        /// As asked.
        height: u64,
        /// As asked.
        round: u32,
        /// The block.
        block: Arc<Block>,
    },
    /// The block that [`Action::Execute`] asked about.
    Executed(B256, Verdict),
    /// A decided block was applied; the next height may start.
    Applied {
        /// Its number.
        height: u64,
        /// The validators of the next height and of the last ones before it.
        validators: ValidatorSets,
        /// Whether transactions wait for the next block.
        has_work: bool,
    },
    /// Transactions wait.
    Work,
    /// An epoch of the market waits for blocks.
    EpochWaits,
    /// A peer was connected.
    PeerUp(Peer),
    /// A peer is gone.
    PeerDown(Peer),
    /// A peer has decided blocks from `earliest` to `height`.
    Status {
        /// Who.
        peer: Peer,
        /// Newest.
        height: u64,
        /// Oldest.
        earliest: u64,
    },
    /// Answer to [`Action::FetchBlocks`]: rising from what was asked; may be fewer.
    Fetched(Peer, Vec<Decided>),
    /// [`Action::FetchBlocks`] got no answer.
    FetchFailed(Peer),
    /// Somebody says to have proof that a validator signed against itself.
    Evidence {
        /// The proof, unchecked.
        evidence: Evidence,
        /// The validators of its height, where whoever runs the driver knows them.
        validators: Option<Arc<[Validator]>>,
    },
}

/// What a peer did wrong; the shell decides what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offence {
    /// Handed on a block whose certificate does not hold, or not what was asked for.
    FalseBlock,
    /// Does not answer.
    Silent,
}

/// What to do, in order.
#[derive(Debug, Clone)]
pub enum Action {
    /// Tell all validators.
    Broadcast(Message),
    /// Tell one peer.
    Send(Peer, Message),
    /// Give a block that this node proposes to one peer, or to all validators.
    SendBlock(Option<Peer>, Arc<Block>),
    /// Make a block; answered by [`Event::Built`] if it can be made.
    Build(BuildOrder),
    /// Execute a block on the newest applied one; answered by [`Event::Executed`].
    Execute(B256, Arc<Block>),
    /// Ask a peer for an undecided block; answered by [`Event::Block`].
    FetchBlock(Peer, B256),
    /// Apply a decided block that was executed; answered by [`Event::Applied`].
    Apply(B256, CommitCertificate),
    /// Ask a peer for decided blocks.
    FetchBlocks {
        /// Whom.
        peer: Peer,
        /// First height.
        from: u64,
        /// How many at most.
        count: u32,
    },
    /// Ask a peer what it saw signed by this node's key.
    AskSignedStep(Peer),
    /// A peer did wrong.
    Report(Peer, Offence),
    /// Tell everybody of misbehaviour.
    Accuse(Evidence),
    /// An invariant is broken: stop, for good.
    Stop(String),
}

impl Action {
    /// Whether everything that was to be written so far must be durable before: what others may see, or
    /// what is final.
    pub fn is_binding(&self) -> bool {
        matches!(self, Self::Broadcast(_) | Self::Send(..) | Self::SendBlock(..) | Self::Apply(..))
    }
}

/// What a block of this node is made of, besides transactions.
#[derive(Debug, Clone)]
pub struct BuildOrder {
    /// Height.
    pub height: u64,
    /// Round.
    pub round: u32,
    /// Block time, in ms since 1970.
    pub time_ms: u64,
    /// Certificate of the parent with all precommits known; none for block 1.
    pub certificate: Option<CommitCertificate>,
    /// Late precommits to bring.
    pub late: Vec<LatePrecommit>,
    /// Evidence to bring.
    pub evidence: Vec<Evidence>,
}

/// A record for the write-ahead log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WalRecord {
    /// A height starts, or goes on after a crash: what follows belongs to it, what the log holds of it
    /// already stays, and what it holds of heights before the last one may go. A log that was just opened
    /// is at the height after the newest durable block.
    Start(u64),
    /// Something of the height under way, as [`super::wal`] encodes it.
    Entry(Vec<u8>),
}

/// What a step comes to.
#[derive(Debug, Default)]
pub struct Output {
    /// To be durable before any binding action, of this output or a later one, is done.
    pub wal: Vec<WalRecord>,
    /// The newest step signed, to be durable in the guard likewise.
    pub signed: Option<SignedStep>,
    /// To be done.
    pub actions: Vec<Action>,
}
