//! Between the network and the rest: what peers say goes to consensus and mempool, what consensus asks for
//! goes to peers.

use super::{
    answer::Answers,
    compact,
    peers::Peers,
    transactions::{self, Admission},
    wire::{self, Consensus},
};
use crate::{
    chain::Chain,
    consensus::{
        context::ValidatorId,
        driver::{self, Action, Event, Peer},
        message::MessageError,
        shell::Shell,
    },
    mempool::Mempool,
    network::{Network, NetworkEvent, Offence, PeerId, Request, Response, Target},
};
use alloy_primitives::{B256, Bytes};
use btt_runtime::block::{Block, Evidence};
use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};
use tokio::{runtime::Handle, sync::mpsc};

/// Everything that carries messages needs.
pub(super) struct Relay {
    pub(super) chain: Arc<Chain>,
    pub(super) network: Network,
    pub(super) mempool: Arc<Mempool>,
    pub(super) peers: Peers,
    pub(super) own: Option<ValidatorId>,
    pub(super) runtime: Handle,
    /// Set once consensus runs.
    pub(super) shell: OnceLock<Arc<Shell>>,
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay").field("network", &self.network).finish_non_exhaustive()
    }
}

impl Relay {
    fn tell(&self, event: Event) {
        if let Some(shell) = self.shell.get() {
            shell.tell(event);
        }
    }

    fn report(&self, peer: PeerId, offence: Offence, what: &dyn std::fmt::Display) {
        tracing::debug!(%peer, ?offence, %what, "a peer did wrong");
        self.network.report(peer, offence);
    }

    /// Takes what the network tells until it ends.
    pub(super) async fn run(
        self: Arc<Self>,
        mut events: mpsc::Receiver<NetworkEvent>,
        admission: Admission,
        answers: Arc<Answers>,
    ) {
        while let Some(event) = events.recv().await {
            match event {
                NetworkEvent::Connected { peer, .. } => {
                    self.tell(Event::PeerUp(self.peers.add(peer)));
                    transactions::offer(&self.network, &self.mempool, Target::Peer(peer));
                }
                NetworkEvent::Disconnected { peer } => {
                    if let Some(number) = self.peers.remove(&peer) {
                        self.tell(Event::PeerDown(number));
                    }
                }
                NetworkEvent::Status { peer, status } => {
                    if let Some(peer) = self.peers.number_of(&peer) {
                        let (height, earliest) = (status.height, status.earliest);
                        self.tell(Event::Status { peer, height, earliest });
                    }
                }
                NetworkEvent::Consensus { peer, bytes } => self.on_consensus(peer, &bytes),
                NetworkEvent::Block { peer, bytes } => {
                    let relay = self.clone();
                    tokio::spawn(async move { relay.on_block(peer, &bytes).await });
                }
                NetworkEvent::Transactions { peer, batch } => admission.take(peer, batch),
                NetworkEvent::TransactionHashes { peer, hashes } => {
                    let unknown: Vec<B256> =
                        hashes.into_iter().filter(|h| self.mempool.get(h).is_none()).collect();
                    if !unknown.is_empty() {
                        tokio::spawn(self.clone().fetch_transactions(
                            peer,
                            unknown,
                            admission.clone(),
                        ));
                    }
                }
                NetworkEvent::Request { request, reply, .. } => {
                    let answers = answers.clone();
                    tokio::spawn(async move { reply.send(answers.answer(request).await) });
                }
            }
        }
    }

    fn on_consensus(self: &Arc<Self>, peer: PeerId, bytes: &Bytes) {
        let Some(number) = self.peers.number_of(&peer) else { return };
        match wire::decode_consensus(bytes, self.chain.config().chain_id) {
            Ok(Consensus::Message(message)) => self.tell(Event::Message(number, message)),
            Ok(Consensus::Evidence(evidence)) => self.on_evidence(peer, evidence),
            Err(error @ MessageError::Signature(_)) => self.report(peer, Offence::Invalid, &error),
            Err(error) => self.report(peer, Offence::Malformed, &error),
        }
    }

    /// A proof of misbehaviour: consensus knows the validators of the newest heights; for older ones they
    /// are read from state.
    fn on_evidence(self: &Arc<Self>, peer: PeerId, evidence: Evidence) {
        if self.chain.head().validators.get(evidence.height).is_some() {
            return self.tell(Event::Evidence { evidence, validators: None });
        }
        let relay = self.clone();
        self.runtime.spawn_blocking(move || {
            // Above the head, or forgotten: nobody's fault.
            let Ok(set) = relay.chain.validators_at(evidence.height) else { return };
            match evidence.verify(relay.chain.config().chain_id, evidence.height, &set) {
                Ok(_) => relay.tell(Event::Evidence { evidence, validators: Some(set) }),
                Err(error) => relay.report(peer, Offence::Invalid, &error),
            }
        });
    }

    /// A proposed block: what of it is missing here is asked of who sent it.
    async fn on_block(&self, peer: PeerId, bytes: &[u8]) {
        let compact = match compact::decode(bytes) {
            Ok(compact) => compact,
            Err(error) => return self.report(peer, Offence::Malformed, &error),
        };
        let hash = compact.hash();
        let block = match self.transactions_of(peer, hash, &compact.hashes).await {
            Some(transactions) => Some(compact.with(transactions)),
            None => self.fetch_block(peer, hash).await,
        };
        if let (Some(block), Some(number)) = (block, self.peers.number_of(&peer)) {
            self.tell(Event::Block(number, Arc::new(block)));
        }
    }

    /// The transactions with these hashes, from the mempool and the rest from the peer.
    async fn transactions_of(
        &self,
        peer: PeerId,
        block: B256,
        hashes: &[B256],
    ) -> Option<Vec<Bytes>> {
        let mut known: BTreeMap<u32, Bytes> = BTreeMap::new();
        let mut missing = Vec::new();
        for (index, hash) in (0u32..).zip(hashes) {
            match self.mempool.get(hash) {
                Some(tx) => {
                    known.insert(index, tx.raw().clone());
                }
                None => missing.push(index),
            }
        }
        metrics::counter!("btt_consensus_block_transactions_missing_total")
            .increment(missing.len() as u64);
        if missing.len() > hashes.len() / 2 {
            return None;
        }
        if !missing.is_empty() {
            let request = Request::BlockTransactions { hash: block, indexes: missing.clone() };
            let Ok(Response::Transactions(given)) = self.network.request(peer, request).await
            else {
                return None;
            };
            if given.len() != missing.len() {
                return None;
            }
            known.extend(missing.into_iter().zip(given));
        }
        Some(known.into_values().collect())
    }

    async fn fetch_block(&self, peer: PeerId, hash: B256) -> Option<Block> {
        let Ok(Response::Block(Some(bytes))) =
            self.network.request(peer, Request::Block { hash }).await
        else {
            return None;
        };
        match Block::decode(&bytes) {
            Ok(block) if block.hash() == hash => Some(block),
            Ok(_) => {
                self.report(peer, Offence::Lie, &"another block than was asked for");
                None
            }
            Err(error) => {
                self.report(peer, Offence::Malformed, &error);
                None
            }
        }
    }

    async fn fetch_transactions(
        self: Arc<Self>,
        peer: PeerId,
        hashes: Vec<B256>,
        admission: Admission,
    ) {
        for part in hashes.chunks(1_024) {
            let request = Request::Transactions { hashes: part.to_vec() };
            if let Ok(Response::Transactions(batch)) = self.network.request(peer, request).await {
                admission.take(peer, batch);
            }
        }
    }

    /// Does what consensus asks of peers.
    pub(super) fn act(self: &Arc<Self>, action: Action) {
        match action {
            Action::Broadcast(message) => {
                self.network.send_consensus(Target::Validators, message.encode());
            }
            Action::Send(peer, message) => {
                if let Some(id) = self.peers.id_of(peer) {
                    self.network.send_consensus(Target::Peer(id), message.encode());
                }
            }
            Action::SendBlock(peer, block) => {
                let target = match peer {
                    None => Target::Validators,
                    Some(peer) => match self.peers.id_of(peer) {
                        Some(id) => Target::Peer(id),
                        None => return,
                    },
                };
                // Hashing thousands of transactions must not keep votes waiting.
                let network = self.network.clone();
                self.runtime
                    .spawn(async move { network.send_block(target, compact::encode(&block)) });
            }
            Action::FetchBlock(peer, hash) => {
                let Some(id) = self.peers.id_of(peer) else { return };
                let relay = self.clone();
                self.runtime.spawn(async move {
                    if let Some(block) = relay.fetch_block(id, hash).await {
                        relay.tell(Event::Block(peer, Arc::new(block)));
                    }
                });
            }
            Action::FetchBlocks { peer, from, count } => {
                let relay = self.clone();
                self.runtime.spawn(async move { relay.fetch_blocks(peer, from, count).await });
            }
            Action::AskSignedStep(peer) => {
                let (Some(id), Some(own)) = (self.peers.id_of(peer), self.own) else { return };
                let relay = self.clone();
                self.runtime.spawn(async move {
                    let request = Request::SignedStep { address: own.0 };
                    if let Ok(Response::SignedStep(Some(bytes))) =
                        relay.network.request(id, request).await
                    {
                        // The message itself, signed: nobody can claim it who has not seen it.
                        relay.on_consensus(id, &bytes);
                    }
                });
            }
            Action::Report(peer, offence) => {
                if let Some(id) = self.peers.id_of(peer) {
                    let offence = match offence {
                        driver::Offence::FalseBlock => Offence::Lie,
                        driver::Offence::Silent => Offence::Timeout,
                    };
                    self.report(id, offence, &"while catching up");
                }
            }
            Action::Accuse(evidence) => self.accuse(&evidence),
            // The shell keeps these to itself.
            Action::Build(_) | Action::Execute(..) | Action::Apply(..) | Action::Stop(_) => {}
        }
    }

    fn accuse(&self, evidence: &Evidence) {
        tracing::warn!(
            height = evidence.height,
            round = evidence.round,
            kind = evidence.kind,
            "a validator signed against itself"
        );
        metrics::counter!("btt_consensus_evidence_total").increment(1);
        self.network.send_consensus(Target::Validators, wire::encode_evidence(evidence));
    }

    async fn fetch_blocks(&self, peer: Peer, from: u64, count: u32) {
        let Some(id) = self.peers.id_of(peer) else {
            return self.tell(Event::FetchFailed(peer));
        };
        match self.network.request(id, Request::Blocks { from, count }).await {
            Ok(Response::Blocks(blocks)) => {
                let decoded: Option<Vec<_>> =
                    blocks.iter().map(|bytes| wire::decode_decided(bytes)).collect();
                match decoded {
                    Some(decided) => self.tell(Event::Fetched(peer, decided)),
                    None => {
                        self.report(id, Offence::Malformed, &"decided blocks");
                        self.tell(Event::FetchFailed(peer));
                    }
                }
            }
            Ok(_) | Err(_) => self.tell(Event::FetchFailed(peer)),
        }
    }
}
