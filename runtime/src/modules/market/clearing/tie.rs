//! What decides between equal prices: the smaller hash of the epoch's seed and the id, or the lower id.
#![allow(
    clippy::indexing_slicing,
    reason = "places of runs are within the list they were found in"
)]

use super::{Bid, Book, Offer, TieRule};
use alloy_primitives::{B256, keccak256};

/// First byte of what is hashed for a bid.
const BID: u8 = 1;
/// First byte of what is hashed for an offer.
const OFFER: u8 = 2;

/// The tie keys of a book.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ties {
    rule: TieRule,
    seed: B256,
}

/// What a bid or offer is compared by; smaller comes first.
pub(super) type TieKey = (B256, u64);

impl Ties {
    pub(super) fn of(book: &Book) -> Self {
        Self { rule: book.tie, seed: book.seed }
    }

    /// keccak256(0x01 ‖ seed ‖ id).
    pub(super) fn bid(&self, bid: &Bid) -> TieKey {
        self.key(BID, bid.id)
    }

    /// keccak256(0x02 ‖ seed ‖ id).
    pub(super) fn offer(&self, offer: &Offer) -> TieKey {
        self.key(OFFER, offer.id)
    }

    fn key(&self, kind: u8, id: u64) -> TieKey {
        let mut bytes = [kind; 41];
        bytes[1..33].copy_from_slice(self.seed.as_slice());
        bytes[33..].copy_from_slice(&id.to_be_bytes());
        match self.rule {
            TieRule::Id => (B256::ZERO, id),
            TieRule::Key => (keccak256(bytes), id),
        }
    }

    /// Sorts what stands in the order of ids by keys; ids suffice where they are the rule.
    pub(super) fn sort<T: Copy>(&self, things: &mut [T], key: impl Fn(T) -> TieKey) {
        if self.rule == TieRule::Id || things.len() < 2 {
            return;
        }
        let mut order: Vec<(u64, T)> =
            things.iter().map(|thing| (head(key(*thing).0), *thing)).collect();
        // Stable, so that equal keys, which only one thing's parts have, stay as they are.
        order.sort_by_key(|(head, _)| *head);
        for alike in order.chunk_by_mut(|a, b| a.0 == b.0).filter(|alike| alike.len() > 1) {
            alike.sort_by_cached_key(|(_, thing)| key(*thing));
        }
        for (place, (_, thing)) in things.iter_mut().zip(order) {
            *place = thing;
        }
    }
}

/// The first bytes of a key, which nearly always decide.
fn head(key: B256) -> u64 {
    key.0.first_chunk().map_or(0, |head| u64::from_be_bytes(*head))
}
