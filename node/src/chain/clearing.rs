//! The market's frozen book, cleared on a thread of its own while blocks go on (rule E.8). The result goes to the
//! executor as a memo: what is not there in time is cleared in the block that needs it.

use super::Chain;
use crate::storage::{StateView, StoredBlock};
use btt_runtime::{
    block::BlockFacts,
    modules::{
        Host, ModuleError, OverlayHost,
        market::{self, Cleared},
    },
    state::{Overlay, StoreError},
};
use metrics::{gauge, histogram};
use std::{
    sync::{Arc, Weak},
    thread,
    time::Instant,
};
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// Clears books as they are frozen, until the chain is dropped.
#[derive(Debug)]
pub struct ClearingWorker {
    chain: Weak<Chain>,
}

impl ClearingWorker {
    /// Starts the thread; a book that is frozen already is its first.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn start(chain: &Arc<Chain>) -> std::io::Result<()> {
        if !chain.config().modules {
            return Ok(());
        }
        let blocks = chain.subscribe();
        let worker = Self { chain: Arc::downgrade(chain) };
        thread::Builder::new().name("clearing".to_owned()).spawn(move || worker.run(blocks))?;
        Ok(())
    }

    fn run(&self, mut blocks: Receiver<Arc<StoredBlock>>) {
        loop {
            let Some(chain) = self.chain.upgrade() else { return };
            if let Err(error) = chain.clear_frozen() {
                // Execution will meet the same and say what it means for the block.
                tracing::error!(%error, "the market's book cannot be read");
            }
            drop(chain);
            match blocks.blocking_recv() {
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }
}

impl Chain {
    /// Clears the book that is frozen in the newest state, unless that was done.
    fn clear_frozen(&self) -> Result<(), StoreError> {
        let frozen = self.ask_market(market::frozen_epoch)?;
        let Some((epoch, seed)) = frozen else { return Ok(()) };
        if self.cleared.load().outcome(epoch, seed).is_some() {
            return Ok(());
        }
        let started = Instant::now();
        let cleared = self.ask_market(|host| market::clear_frozen(host, &Cleared::default()))?;
        if let Some(outcome) = cleared.outcome(epoch, seed) {
            histogram!("btt_market_clearing_seconds").record(started.elapsed());
            gauge!("btt_market_epoch").set(f64::from(epoch));
            gauge!("btt_market_bids").set(outcome.bids.len() as f64);
            gauge!("btt_market_offers").set(outcome.offers.len() as f64);
            tracing::debug!(
                epoch,
                bids = outcome.bids.len(),
                offers = outcome.offers.len(),
                ops = outcome.ops,
                ms = started.elapsed().as_millis() as u64,
                "the market's epoch is cleared"
            );
        }
        self.cleared.store(Arc::new(cleared));
        Ok(())
    }

    /// Whether the result of the epoch that is frozen in the newest state is there; also where there is none.
    pub fn is_epoch_cleared(&self) -> bool {
        match self.ask_market(market::frozen_epoch) {
            Ok(Some((epoch, seed))) => self.cleared.load().outcome(epoch, seed).is_some(),
            _ => true,
        }
    }

    /// Whether an epoch of the market waits for blocks (rule E.2).
    ///
    /// # Errors
    /// Only if the store fails.
    pub fn epoch_waits(&self) -> Result<bool, StoreError> {
        if !self.config.modules {
            return Ok(false);
        }
        self.ask_market(market::is_pending)
    }

    /// Asks the market on the newest state. Damaged records answer nothing, as in the executor: the hook of the
    /// next block meets the same and pauses the module; only a store that fails stops a node (rule C.3).
    fn ask_market<T: Default>(
        &self,
        ask: impl FnOnce(&mut dyn Host) -> Result<T, ModuleError>,
    ) -> Result<T, StoreError> {
        let head = self.head();
        let facts = BlockFacts::of(&self.config, &head.header);
        let view: StateView<'_> = self.store.newest_state().map_err(StoreError::new)?;
        let mut overlay = Overlay::new(view);
        match ask(&mut OverlayHost::new(&mut overlay, &facts)) {
            Err(ModuleError::Broken(what)) => {
                tracing::warn!(what, "the market's records are damaged");
                Ok(T::default())
            }
            asked => asked.map_err(|error| StoreError::new(format!("{error:?}"))),
        }
    }
}
