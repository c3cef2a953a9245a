//! Evidence that waits for a block.

use alloy_primitives::B256;
use btt_runtime::{
    block::{Block, Evidence, MAX_EVIDENCE, MAX_EVIDENCE_AGE_BLOCKS},
    config::Validator,
};
use std::collections::{BTreeMap, VecDeque};

/// Most proofs that wait; more say nothing new of so many validators.
const MAX_WAITING: usize = 256;
/// Hashes of proofs that blocks carried, remembered so that they are not brought again.
const MAX_CARRIED: usize = 1_024;

/// Proofs by hash.
#[derive(Debug, Default)]
pub(super) struct EvidencePool {
    chain_id: u64,
    waiting: BTreeMap<B256, Evidence>,
    carried: VecDeque<B256>,
    /// What this node's newest block was offered.
    offered: Vec<B256>,
}

impl EvidencePool {
    pub(super) fn new(chain_id: u64) -> Self {
        Self { chain_id, ..Self::default() }
    }

    /// Takes a proof in if it is new and proves something against one of `validators`, the set of its height.
    pub(super) fn add(
        &mut self,
        evidence: &Evidence,
        validators: &[Validator],
        height: u64,
    ) -> bool {
        let hash = evidence.hash();
        let is_known = self.waiting.contains_key(&hash) || self.carried.contains(&hash);
        if is_known
            || self.waiting.len() >= MAX_WAITING
            || evidence.verify(self.chain_id, height, validators).is_err()
        {
            return false;
        }
        self.waiting.insert(hash, evidence.clone());
        true
    }

    /// For the next block: rising by hash.
    pub(super) fn next(&mut self) -> Vec<Evidence> {
        let next = self.waiting.iter().take(MAX_EVIDENCE);
        let (offered, next) = next.map(|(hash, evidence)| (*hash, evidence.clone())).unzip();
        self.offered = offered;
        next
    }

    /// A block carries some; what is too old for the next is forgotten.
    pub(super) fn carried(&mut self, block: &Block) {
        let oldest = block.header.number.saturating_sub(MAX_EVIDENCE_AGE_BLOCKS);
        self.waiting.retain(|_, evidence| evidence.height > oldest);
        self.settled(block.body.evidence().iter().map(Evidence::hash));
    }

    /// This node's newest block was offered some and left it out: no block may carry it any more.
    pub(super) fn left_out(&mut self, own: &Block) {
        let taken: Vec<B256> = own.body.evidence().iter().map(Evidence::hash).collect();
        let offered = std::mem::take(&mut self.offered).into_iter();
        self.settled(offered.filter(|hash| !taken.contains(hash)));
    }

    fn settled(&mut self, hashes: impl IntoIterator<Item = B256>) {
        for hash in hashes {
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
