//! The watchtower: keeps the newest vouchers of payees that may be offline, and settles them when their payer
//! asks to close (rule D.8). It needs no secret of the payee and can take nothing but the tip that the payee
//! has signed; what it sends pays gas from the tower's own key.
//!
//! ```text
//! channel_watch ─► admit (the module tries the voucher) ─► kept (synced to disk, then memory)
//! blocks, clock ─► service ─► duty: closing or expiring? ─► sender (own nonce, rising fees) ─► mempool
//! ```
//! What is due follows from state and from what is kept, at every look anew: a start, a missed event or a
//! transaction that was lost need nothing of their own.

mod admit;
mod duty;
mod kept;
mod sender;
mod service;
mod settings;
#[cfg(test)]
mod tests;

pub use admit::WatchError;
pub use service::{Running, TowerError};
pub use settings::WatchtowerSettings;

use crate::{chain::Chain, mempool::Mempool};
use alloy_primitives::{Address, B256};
use btt_api::types::WatchedVoucher;
use k256::ecdsa::SigningKey;
use kept::Kept;
use parking_lot::Mutex;
use sender::Attempt;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A channel's lane.
type Lane = (B256, u8);

/// What a tower knows.
#[derive(Debug, Default)]
struct Watch {
    /// The newest voucher of each lane.
    kept: BTreeMap<Lane, Kept>,
    /// Channels whose payer has asked to close, or that may be expired soon.
    closing: BTreeSet<B256>,
    /// Settlements under way.
    attempts: BTreeMap<Lane, Attempt>,
    /// Lanes of which the log says why they are not settled.
    hindered: BTreeSet<Lane>,
}

/// The watchtower of a node.
pub struct Tower {
    chain: Arc<Chain>,
    mempool: Arc<Mempool>,
    key: SigningKey,
    address: Address,
    settings: WatchtowerSettings,
    watch: Mutex<Watch>,
}

impl std::fmt::Debug for Tower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tower").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Tower {
    /// The account that pays for settlements, and that payees name.
    pub fn address(&self) -> Address {
        self.address
    }

    /// What is kept of a channel, by lane.
    pub fn watched(&self, id: B256) -> Vec<WatchedVoucher> {
        let watch = self.watch.lock();
        let lanes = watch.kept.range((id, 0)..=(id, u8::MAX));
        lanes.map(|(_, kept)| kept.shown(self.address)).collect()
    }
}
