//! A dev chain: one process decides, and tests may move its clock.

use super::silence;
use crate::{
    chain::{Chain, Proposer},
    config::Settings,
    consensus::{
        clock::Clock,
        solo::{Pace, Solo},
    },
    mempool::Mempool,
    rpc::{self, RpcContext},
};
use eyre::Result;
use k256::SecretKey;
use std::sync::Arc;

/// The validator of a dev chain.
#[derive(Debug, Clone)]
pub(super) struct Alone {
    chain: Arc<Chain>,
    solo: Arc<Solo>,
    clock: Arc<Clock>,
    pace: Pace,
}

impl Alone {
    pub(super) fn start(
        chain: &Arc<Chain>,
        mempool: &Arc<Mempool>,
        settings: &Settings,
        key: SecretKey,
        on_stop: impl FnOnce(String) + Send + 'static,
    ) -> Result<Self> {
        chain.check_features()?;
        let proposer = Proposer::new(key);
        proposer.check_alone(chain)?;
        let clock = Arc::new(Clock::default());
        let pace = match settings.block_time() {
            zero if zero.is_zero() => Pace::OnDemand,
            interval => Pace::Every(interval),
        };
        let (solo_chain, pool) = (chain.clone(), mempool.clone());
        let solo = Solo::start(solo_chain, pool, proposer, clock.clone(), pace, on_stop)?;
        Ok(Self { chain: chain.clone(), solo: Arc::new(solo), clock, pace })
    }

    /// Adds to what the RPC shows.
    pub(super) fn show(&self, context: &mut RpcContext) {
        context.dev = Some(Arc::new(self.clone()));
        let (chain, pace) = (self.chain.clone(), self.pace);
        context.health = Arc::new(move || {
            let problem = match pace {
                Pace::OnDemand => None,
                Pace::Every(interval) => silence(&chain, interval),
            };
            rpc::Health { problem, peers: 0 }
        });
    }

    pub(super) async fn stop(self) -> Result<()> {
        tokio::task::spawn_blocking(move || self.solo.stop()).await??;
        Ok(())
    }
}

impl rpc::DevControl for Alone {
    fn mine(&self, blocks: u64) -> futures::future::BoxFuture<'_, Result<()>> {
        Box::pin(async move { self.solo.mine(blocks).await.map_err(|e| eyre::eyre!(e)) })
    }

    fn increase_time(&self, seconds: u64) -> Result<u64, String> {
        self.clock.advance(seconds).map_err(|error| error.to_string())
    }

    fn set_next_block_timestamp(&self, seconds: u64) -> Result<(), String> {
        let newest_s = self.chain.head().header.timestamp;
        self.clock.set_next(seconds, newest_s).map_err(|error| error.to_string())
    }
}
