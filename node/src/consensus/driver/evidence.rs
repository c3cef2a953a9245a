//! Evidence that waits for a block.

use alloy_primitives::B256;
use btt_runtime::{
    block::{Block, Evidence, MAX_EVIDENCE},
    config::ChainConfig,
};
use std::collections::{BTreeMap, VecDeque};

/// Most proofs that wait; more say nothing new of so many validators.
const MAX_WAITING: usize = 256;
/// Hashes of proofs that blocks carried, remembered so that they are not brought again.
const MAX_CARRIED: usize = 1_024;

/// Proofs by hash.
#[derive(Debug, Default)]
pub(super) struct EvidencePool {
    waiting: BTreeMap<B256, Evidence>,
    carried: VecDeque<B256>,
}

impl EvidencePool {
    /// Takes a proof in if it proves something and is new.
    pub(super) fn add(&mut self, evidence: &Evidence, config: &ChainConfig, height: u64) -> bool {
        let hash = evidence.hash();
        let is_known = self.waiting.contains_key(&hash) || self.carried.contains(&hash);
        if is_known || self.waiting.len() >= MAX_WAITING || evidence.verify(config, height).is_err()
        {
            return false;
        }
        self.waiting.insert(hash, evidence.clone());
        true
    }

    /// For the next block: rising by hash.
    pub(super) fn next(&self) -> Vec<Evidence> {
        self.waiting.values().take(MAX_EVIDENCE).cloned().collect()
    }

    /// A block carries some.
    pub(super) fn carried(&mut self, block: &Block) {
        for evidence in block.body.evidence() {
            let hash = evidence.hash();
            self.waiting.remove(&hash);
            self.carried.push_back(hash);
        }
        while self.carried.len() > MAX_CARRIED {
            self.carried.pop_front();
        }
    }

    /// All that wait, for a peer that connects.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Evidence> {
        self.waiting.values()
    }
}
