//! What a node has cleared beside the chain. It changes when work is done, and nothing else: an epoch that is not
//! there, or is there under another seed, is cleared in execution.

use super::clearing::Outcome;
use alloy_primitives::B256;
use std::sync::Arc;

/// One epoch's result, or none. A copy costs nothing.
#[derive(Debug, Clone, Default)]
pub struct Cleared(Option<Arc<Epoch>>);

#[derive(Debug)]
struct Epoch {
    number: u32,
    seed: B256,
    root: B256,
    outcome: Arc<Outcome>,
}

impl Cleared {
    /// Of an epoch whose frozen book was cleared under a seed.
    pub fn new(epoch: u32, seed: B256, outcome: Outcome) -> Self {
        let root = outcome.root(epoch, seed);
        let outcome = Arc::new(outcome);
        Self(Some(Arc::new(Epoch { number: epoch, seed, root, outcome })))
    }

    /// The result of this epoch under this seed, if it is there.
    pub fn outcome(&self, epoch: u32, seed: B256) -> Option<Arc<Outcome>> {
        let found = self.0.as_ref().filter(|found| found.number == epoch && found.seed == seed);
        found.map(|found| Arc::clone(&found.outcome))
    }

    /// Its root, whatever epoch it is of.
    pub fn root(&self) -> Option<B256> {
        self.0.as_ref().map(|epoch| epoch.root)
    }
}
