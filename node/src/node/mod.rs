//! A running node: the one place that knows all parts, starts them in order and stops them in reverse.

use crate::{
    chain::{Chain, Proposer},
    config::Settings,
    consensus::{
        clock::Clock,
        solo::{Pace, Solo},
    },
    mempool::Mempool,
    metrics,
    rpc::{self, RpcConfig, RpcContext, RpcServer},
    storage::Store,
};
use btt_runtime::block::header::time_ms;
use eyre::{Result, WrapErr as _};
use k256::SecretKey;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// Silence that is no problem however fast blocks should come.
const MIN_SILENCE: Duration = Duration::from_secs(10);

/// A node under way.
#[derive(Debug)]
pub struct Node {
    chain: Arc<Chain>,
    solo: Arc<Solo>,
    rpc: RpcServer,
    failed: mpsc::UnboundedReceiver<String>,
}

impl Node {
    /// Starts everything on an open store. With `is_dev`, tests may move the clock and ask for blocks.
    pub async fn start(
        store: Store,
        settings: &Settings,
        validator: SecretKey,
        is_dev: bool,
    ) -> Result<Self> {
        metrics::install().wrap_err("cannot collect metrics")?;
        let chain = Arc::new(Chain::open(store, settings.history())?);
        metrics::chain_opened(&chain.head().header);
        let mempool = Arc::new(Mempool::new(chain.clone(), settings.pool_limits()));
        let proposer = Proposer::new(validator);
        proposer.check_alone(&chain)?;
        let clock = Arc::new(Clock::default());
        let pace = match settings.block_time() {
            zero if zero.is_zero() => Pace::OnDemand,
            interval => Pace::Every(interval),
        };
        // The port first: a node that cannot be asked must not make blocks.
        let listener = rpc::bind(settings.http()).await?;
        let (failure, failed) = mpsc::unbounded_channel();
        let solo = Arc::new(Solo::start(
            chain.clone(),
            mempool.clone(),
            proposer,
            clock.clone(),
            pace,
            move |reason| {
                let _ = failure.send(reason);
            },
        )?);
        let context = RpcContext {
            chain: chain.clone(),
            mempool: mempool.clone(),
            consensus: None,
            network: None,
            admin: settings.admin_token_file.as_deref().map(rpc::AdminToken::load).transpose()?,
            metrics: Arc::new(move || metrics::render(&mempool)),
            health: {
                let chain = chain.clone();
                Arc::new(move || health(&chain, pace))
            },
            dev: is_dev.then(|| {
                Arc::new(DevControl { chain: chain.clone(), solo: solo.clone(), clock }) as _
            }),
        };
        let config = RpcConfig {
            hosts: settings.rpc_hosts.clone().unwrap_or_default(),
            limits: settings.rpc_limits.clone().unwrap_or_default(),
        };
        let rpc = rpc::start(listener, &config, context)?;
        Ok(Self { chain, solo, rpc, failed })
    }

    /// Where the RPC listens.
    pub fn rpc_addr(&self) -> SocketAddr {
        self.rpc.local_addr()
    }

    /// The chain.
    pub fn chain(&self) -> &Arc<Chain> {
        &self.chain
    }

    /// Waits until the node fails by itself; says why.
    pub async fn failure(&mut self) -> String {
        self.failed.recv().await.unwrap_or_else(|| "the validator ended".to_owned())
    }

    /// Stops taking requests, finishes the block under way, flushes.
    pub async fn stop(self) -> Result<()> {
        self.rpc.stop().await;
        let (solo, chain) = (self.solo, self.chain);
        tokio::task::spawn_blocking(move || -> Result<()> {
            solo.stop()?;
            chain.store().settle()?;
            Ok(())
        })
        .await?
    }
}

/// What is wrong: no block for ten intervals, and for ten seconds at least.
fn health(chain: &Chain, pace: Pace) -> rpc::Health {
    let Pace::Every(interval) = pace else { return rpc::Health::default() };
    let block_ms = time_ms(&chain.head().header).unwrap_or(0);
    let silent = Duration::from_millis(Clock::default().now_ms().saturating_sub(block_ms));
    // Genesis carries no time of day.
    let is_silent = chain.head().number > 0 && silent > (10 * interval).max(MIN_SILENCE);
    let problem = is_silent.then(|| format!("no block for {} s", silent.as_secs()));
    rpc::Health { problem, peers: 0 }
}

/// What tests on a dev chain may do to it.
#[derive(Debug)]
struct DevControl {
    chain: Arc<Chain>,
    solo: Arc<Solo>,
    clock: Arc<Clock>,
}

impl rpc::DevControl for DevControl {
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
