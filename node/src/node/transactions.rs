//! Transactions between nodes: what comes in here goes out to the validators once, in batches.
//!
//! Validators are all connected to each other, so whoever takes a transaction in from outside, by RPC or
//! from a node that is no validator, pushes it to all of them, and nobody else does. Other nodes are told
//! hashes, and ask for what they want.

use crate::{
    mempool::Mempool,
    network::{Network, PeerId, Target},
};
use alloy_primitives::{B256, Bytes, keccak256};
use btt_runtime::tx::Transaction;
use metrics::counter;
use parking_lot::Mutex;
use std::{
    collections::{HashSet, VecDeque},
    sync::{
        Arc,
        mpsc::{SyncSender, TrySendError, sync_channel},
    },
    time::Duration,
};
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// Batches of peers that wait for admission.
const MAX_WAITING: usize = 256;
/// Transactions are gathered for so long before they are pushed.
const GATHER: Duration = Duration::from_millis(10);
/// A full batch goes at once.
const MAX_BATCH: usize = 1_024;
/// Hashes remembered of what validators pushed here.
const MAX_FOREIGN: usize = 65_536;

/// What validators pushed here: they have pushed it to all others too.
#[derive(Debug, Default)]
struct Foreign {
    hashes: HashSet<B256>,
    order: VecDeque<B256>,
}

impl Foreign {
    fn insert(&mut self, hash: B256) {
        if self.hashes.insert(hash) {
            self.order.push_back(hash);
            if self.order.len() > MAX_FOREIGN
                && let Some(oldest) = self.order.pop_front()
            {
                self.hashes.remove(&oldest);
            }
        }
    }
}

/// Takes peers' transactions into the mempool, on a thread of its own: recovering senders is work.
#[derive(Debug, Clone)]
pub(super) struct Admission {
    queue: SyncSender<(PeerId, Vec<Bytes>)>,
}

impl Admission {
    /// Starts the thread and the task that pushes what came in here.
    pub(super) fn start(network: &Network, mempool: &Arc<Mempool>) -> std::io::Result<Self> {
        let (queue, inbox) = sync_channel::<(PeerId, Vec<Bytes>)>(MAX_WAITING);
        let foreign = Arc::new(Mutex::new(Foreign::default()));
        tokio::spawn(push(network.clone(), mempool.subscribe(), foreign.clone()));
        let (network, mempool) = (network.clone(), mempool.clone());
        std::thread::Builder::new().name("admit".into()).spawn(move || {
            while let Ok((peer, batch)) = inbox.recv() {
                let is_validator = network.peers().iter().any(|p| p.peer == peer && p.in_set);
                if is_validator {
                    let mut foreign = foreign.lock();
                    batch.iter().for_each(|raw| foreign.insert(keccak256(raw)));
                }
                let refused = mempool.submit_batch(batch).iter().filter(|r| r.is_err()).count();
                counter!("btt_mempool_refused_from_peers_total").increment(refused as u64);
            }
        })?;
        Ok(Self { queue })
    }

    /// Queues what a peer sent; more than can be looked at is dropped.
    pub(super) fn take(&self, peer: PeerId, batch: Vec<Bytes>) {
        if let Err(TrySendError::Full((_, batch))) = self.queue.try_send((peer, batch)) {
            counter!("btt_mempool_dropped_from_peers_total").increment(batch.len() as u64);
        }
    }
}

/// Pushes what came in here.
async fn push(
    network: Network,
    mut admitted: Receiver<Arc<Transaction>>,
    foreign: Arc<Mutex<Foreign>>,
) {
    loop {
        let mut batch = match admitted.recv().await {
            Ok(first) => vec![first],
            // What was missed reaches the others with the block of who has it.
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        let gather = tokio::time::sleep(GATHER);
        tokio::pin!(gather);
        while batch.len() < MAX_BATCH {
            tokio::select! {
                next = admitted.recv() => match next {
                    Ok(tx) => batch.push(tx),
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => break,
                },
                () = &mut gather => break,
            }
        }
        let own: Vec<Bytes> = {
            let foreign = foreign.lock();
            let own = batch.iter().filter(|tx| !foreign.hashes.contains(&tx.hash()));
            own.map(|tx| tx.raw().clone()).collect()
        };
        network.send_transactions(Target::Validators, own);
        let hashes: Vec<B256> = batch.iter().map(|tx| tx.hash()).collect();
        for peer in network.peers().iter().filter(|peer| !peer.in_set) {
            network.announce_transactions(Target::Peer(peer.peer), hashes.clone());
        }
    }
}
