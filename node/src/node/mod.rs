//! A running node: the one place that knows all parts, starts them in order and stops them in reverse.
//!
//! | file | subject |
//! |---|---|
//! | `alone` | a dev chain: one process decides |
//! | `member` | a node of a network: swarm, consensus, what runs between them |
//! | `relay`, `answer`, `transactions` | what peers say, what they ask, their transactions |
//! | `wire`, `compact`, `peers` | bytes and names of what goes between |
//! | `views` | what the RPC shows of it |

mod alone;
mod answer;
mod compact;
mod member;
mod peers;
mod relay;
mod transactions;
mod trust;
mod views;
mod wire;

use crate::{
    chain::{Chain, ClearingWorker},
    config::Settings,
    consensus::clock::Clock,
    mempool::Mempool,
    metrics,
    rpc::{self, RpcConfig, RpcContext, RpcServer},
    storage::Store,
    tower::{self, Tower},
};
use alone::Alone;
use btt_runtime::block::header::time_ms;
use eyre::{Result, WrapErr as _};
use k256::SecretKey;
use member::Member;
use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// Silence that is no problem however fast blocks should come.
const MIN_SILENCE: Duration = Duration::from_secs(10);

/// What a node is on its chain.
pub enum Role {
    /// The validator that decides a dev chain alone; tests may move its clock and ask for blocks.
    Dev(SecretKey),
    /// One of several nodes, with the key of a validator or none.
    Member {
        /// The validator's key; without one the node follows.
        key: Option<SecretKey>,
        /// The data folder, for log, guard and node key.
        datadir: PathBuf,
    },
}

impl std::fmt::Debug for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Dev(_) => "Dev",
            Self::Member { key: Some(_), .. } => "Validator",
            Self::Member { key: None, .. } => "Follower",
        })
    }
}

/// How blocks come about.
#[derive(Debug)]
enum Mode {
    Alone(Alone),
    Member(Box<Member>),
}

/// A node under way.
#[derive(Debug)]
pub struct Node {
    chain: Arc<Chain>,
    mode: Mode,
    rpc: RpcServer,
    tower: Option<tower::Running>,
    failed: mpsc::UnboundedReceiver<String>,
}

impl Node {
    /// Starts everything on an open store.
    pub async fn start(store: Store, settings: &Settings, role: Role) -> Result<Self> {
        metrics::install().wrap_err("cannot collect metrics")?;
        let chain = Arc::new(Chain::open(store, settings.history())?);
        ClearingWorker::start(&chain).wrap_err("cannot start the market's worker")?;
        metrics::chain_opened(&chain.head().header);
        let mempool = Arc::new(Mempool::new(chain.clone(), settings.pool_limits()));
        // The port first: a node that cannot be asked must not make blocks.
        let listener = rpc::bind(settings.http()).await?;
        let (failure, failed) = mpsc::unbounded_channel();
        let on_stop = move |reason| {
            let _ = failure.send(reason);
        };
        let mut context = RpcContext {
            chain: chain.clone(),
            mempool: mempool.clone(),
            consensus: None,
            network: None,
            admin: settings.admin_token_file.as_deref().map(rpc::AdminToken::load).transpose()?,
            dev: None,
            tower: None,
            metrics: {
                let mempool = mempool.clone();
                Arc::new(move || metrics::render(&mempool))
            },
            health: Arc::new(rpc::Health::default),
        };
        let mode = match role {
            Role::Dev(key) => {
                let alone = Alone::start(&chain, &mempool, settings, key, on_stop)?;
                alone.show(&mut context);
                Mode::Alone(alone)
            }
            Role::Member { key, datadir } => {
                let member =
                    Member::start(&chain, &mempool, settings, key, &datadir, on_stop).await?;
                member.show(&mut context);
                Mode::Member(Box::new(member))
            }
        };
        let settings_of_tower = settings.watchtower.clone().unwrap_or_default();
        let tower = Tower::start(&chain, &mempool, &settings_of_tower)?;
        context.tower = tower.as_ref().map(|running| running.tower().clone());
        let config = RpcConfig {
            hosts: settings.rpc_hosts.clone().unwrap_or_default(),
            limits: settings.rpc_limits.clone().unwrap_or_default(),
        };
        let rpc = rpc::start(listener, &config, context)?;
        Ok(Self { chain, mode, rpc, tower, failed })
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
        drop(self.tower);
        match self.mode {
            Mode::Alone(alone) => alone.stop().await?,
            Mode::Member(member) => member.stop().await?,
        }
        let chain = self.chain;
        tokio::task::spawn_blocking(move || chain.store().settle()).await??;
        Ok(())
    }
}

/// How long no block may come when they should come so often: ten intervals, and ten seconds at least.
fn patience(interval: Duration) -> Duration {
    (10 * interval).max(MIN_SILENCE)
}

/// What is wrong when blocks should come so often.
fn silence(chain: &Chain, interval: Duration) -> Option<String> {
    let block_ms = time_ms(&chain.head().header).unwrap_or(0);
    let silent = Duration::from_millis(Clock::default().now_ms().saturating_sub(block_ms));
    // Genesis carries no time of day.
    let is_silent = chain.head().number > 0 && silent > patience(interval);
    is_silent.then(|| format!("no block for {} s", silent.as_secs()))
}
