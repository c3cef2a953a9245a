//! What nodes clear beside the chain. In a run one node's result serves the blocks of others, or comes too late, or not
//! at all: no block may become another one by it.

use super::{super::rng::Rng, Look};
use btt_runtime::{
    block::{Block, MIN_VOID_ROUND, MarketResult},
    modules::market::{Cleared, clear_frozen, frozen_epoch},
};

/// The newest result that some node has.
#[derive(Debug, Default)]
pub struct Memo(Cleared);

impl Memo {
    /// What a node has when it makes or checks the next block: the result, an older one, or none.
    pub fn drawn(&mut self, look: &Look<'_>, luck: &mut Rng) -> Cleared {
        match luck.below(4) {
            0 | 1 => Cleared::default(),
            2 => self.0.clone(),
            _ => self.learnt(look),
        }
    }

    /// The result of the book that is frozen, if there is one.
    fn learnt(&mut self, look: &Look<'_>) -> Cleared {
        let cleared = look.ask(|host| clear_frozen(host, &self.0)).unwrap_or_default();
        if cleared.root().is_some() {
            self.0 = cleared.clone();
        }
        cleared
    }

    /// What a decided block says of the market is right: a root is what its parent's book clears to, and nobody gives
    /// an epoch up in an early round.
    ///
    /// # Errors
    /// What is wrong.
    pub fn agrees(&mut self, look: &Look<'_>, block: &Block, round: u32) -> Result<(), String> {
        let number = block.header.number;
        match block.body.market() {
            None => Ok(()),
            Some(MarketResult::Void) if round < MIN_VOID_ROUND => {
                Err(format!("block {number} of round {round} gives the market's epoch up"))
            }
            Some(MarketResult::Void) => Ok(()),
            Some(MarketResult::Root(root)) if self.learnt(look).root() == Some(root) => Ok(()),
            Some(MarketResult::Root(root)) => {
                Err(format!("block {number} says market root {root}, which is another"))
            }
        }
    }
}

/// Whether an honest proposer of this round gives the epoch up, as `node` decides it.
pub fn voids(look: &Look<'_>, cleared: &Cleared, round: u32) -> bool {
    let frozen = look.ask(|host| frozen_epoch(host)).flatten();
    let is_cleared = frozen.is_none_or(|(epoch, seed)| cleared.outcome(epoch, seed).is_some());
    round >= MIN_VOID_ROUND && (!is_cleared || round >= 2 * MIN_VOID_ROUND)
}
