//! A node of a network: swarm, consensus, and what runs between them.

use super::{
    answer::Answers,
    patience,
    peers::Peers,
    relay::Relay,
    silence,
    transactions::Admission,
    trust,
    views::{ConsensusWindow, NetworkWindow, progress},
};
use crate::{
    chain::Chain,
    config::Settings,
    consensus::{
        context::ValidatorId,
        driver::DriverConfig,
        shell::{Shell, ShellConfig, Signing},
    },
    keys,
    mempool::Mempool,
    network::{Multiaddr, Network, NetworkConfig, NetworkLimits, Status, node_key},
    rpc::{self, RpcContext},
    storage::StoredBlock,
};
use alloy_primitives::hex;
use arc_malachitebft_core_types::LinearTimeouts;
use btt_runtime::block::validator_address;
use eyre::{Result, WrapErr as _};
use k256::SecretKey;
use std::{
    net::SocketAddr,
    path::Path,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};
use tokio::{runtime::Handle, sync::broadcast::error::RecvError};

/// After a start, peers get so long to tell of another node with the same key.
const GUARD_WAIT_MS: u64 = 500;
/// A block that a peer has decided is fetched when its votes did not come in this time.
const PATIENCE_MS: u64 = 300;
/// Decided blocks asked for at once.
const FETCH_BLOCKS: u32 = 100;
/// Progress of catching up is told so often.
const PROGRESS_EVERY: Duration = Duration::from_secs(5);

/// The parts of a node of a network.
#[derive(Debug)]
pub(super) struct Member {
    chain: Arc<Chain>,
    network: Network,
    shell: Arc<Shell>,
    admission: Admission,
    own: Option<ValidatorId>,
    listening: Vec<Multiaddr>,
    persistent: Vec<Multiaddr>,
    /// Longest time between blocks when all is well.
    interval: Duration,
    starting: u64,
}

impl Member {
    pub(super) async fn start(
        chain: &Arc<Chain>,
        mempool: &Arc<Mempool>,
        settings: &Settings,
        key: Option<SecretKey>,
        datadir: &Path,
        on_stop: impl FnOnce(String) + Send + 'static,
    ) -> Result<Self> {
        chain.check_features()?;
        trust::check(chain, settings)?;
        crate::metrics::network_started();
        let own = key.as_ref().map(|key| ValidatorId(keys::address_of(key)));
        let config = network_config(chain, settings, key.clone(), datadir)?;
        let persistent = config.persistent_peers.clone();
        let (network, events) = Network::start(config)?;
        tell_status(chain, &network)?;
        let relay = Arc::new(Relay {
            chain: chain.clone(),
            network: network.clone(),
            mempool: mempool.clone(),
            peers: Peers::default(),
            own,
            runtime: Handle::current(),
            shell: OnceLock::new(),
        });
        let driver = driver_config(chain, settings);
        let interval = Duration::from_millis(driver.empty_interval_ms);
        let signing = match key {
            Some(secret) => Some(signing(chain, settings, secret, datadir)?),
            None => None,
        };
        warn_stranger(chain, own);
        let wal = datadir.join("wal");
        let outlet = {
            let relay = relay.clone();
            move |action| relay.act(action)
        };
        let trusted = settings.trusted.map(|block| (block.height, block.hash));
        let config = ShellConfig { driver, wal, trusted, signing };
        let shell = Shell::start(config, chain.clone(), mempool.clone(), outlet, on_stop)?;
        let shell = Arc::new(shell);
        let _ = relay.shell.set(shell.clone());
        let admission = Admission::start(&network, mempool)?;
        let answers =
            Answers { chain: chain.clone(), mempool: mempool.clone(), shell: shell.clone() };
        tokio::spawn(relay.run(events, admission.clone(), Arc::new(answers)));
        let starting = chain.head().number;
        tokio::spawn(follow_head(chain.clone(), network.clone(), shell.clone(), own, starting));
        tokio::spawn(watch_silence(chain.clone(), network.clone(), own, interval));
        let listening = network.listen_addrs().await;
        let peer_id = network.local_peer();
        for address in &listening {
            tracing::info!("peers reach this node at {address}/p2p/{peer_id}");
        }
        let chain = chain.clone();
        Ok(Self {
            chain,
            network,
            shell,
            admission,
            own,
            listening,
            persistent,
            interval,
            starting,
        })
    }

    /// Adds to what the RPC shows.
    pub(super) fn show(&self, context: &mut RpcContext) {
        context.consensus = Some(Arc::new(ConsensusWindow {
            chain: self.chain.clone(),
            shell: self.shell.clone(),
            own: self.own,
            starting: self.starting,
        }));
        let ids = self.persistent.iter().filter_map(|address| {
            address.iter().find_map(|part| match part {
                libp2p::multiaddr::Protocol::P2p(id) => Some(id),
                _ => None,
            })
        });
        context.network = Some(Arc::new(NetworkWindow {
            network: self.network.clone(),
            listening: self.listening.clone(),
            persistent: ids.collect(),
        }));
        let (chain, network, interval) = (self.chain.clone(), self.network.clone(), self.interval);
        context.health = Arc::new(move || rpc::Health {
            problem: silence(&chain, interval),
            peers: network.peers().len() as u64,
        });
    }

    pub(super) async fn stop(self) -> Result<()> {
        let (shell, admission) = (self.shell, self.admission);
        // Threads that outlive this would use the store while the process takes it down.
        tokio::task::spawn_blocking(move || {
            shell.stop();
            admission.stop();
        })
        .await?;
        self.network.stop().await;
        Ok(())
    }
}

/// Tells an operator whose key decides nothing here: perhaps not yet, perhaps the wrong file.
fn warn_stranger(chain: &Chain, own: Option<ValidatorId>) {
    if let Some(id) = own.filter(|id| !is_in_set(chain, *id)) {
        tracing::warn!(
            "this node's validator key {id} is not in the validator set: it follows, without a vote"
        );
    }
}

/// Whether a key has a vote at the next height.
fn is_in_set(chain: &Chain, id: ValidatorId) -> bool {
    let head = chain.head();
    head.validators.at(head.number + 1).iter().any(|v| validator_address(v) == Some(id.0))
}

fn network_config(
    chain: &Chain,
    settings: &Settings,
    consensus_key: Option<SecretKey>,
    datadir: &Path,
) -> Result<NetworkConfig> {
    let parse = |addresses: &[String]| -> Result<Vec<Multiaddr>> {
        let parse = |text: &String| text.parse().wrap_err_with(|| format!("peer address {text}"));
        addresses.iter().map(parse).collect()
    };
    Ok(NetworkConfig {
        listen: listen_on(settings.p2p())?,
        persistent_peers: parse(settings.persistent_peers())?,
        bootstrap_peers: parse(settings.bootstrap_peers())?,
        node_key: node_key(&settings.node_key(datadir))?,
        consensus_key,
        chain_id: chain.config().chain_id,
        genesis_hash: chain.genesis_hash(),
        limits: NetworkLimits::default(),
    })
}

/// TCP and QUIC on one port.
fn listen_on(address: SocketAddr) -> Result<Vec<Multiaddr>> {
    let ip = match address {
        SocketAddr::V4(v4) => format!("/ip4/{}", v4.ip()),
        SocketAddr::V6(v6) => format!("/ip6/{}", v6.ip()),
    };
    let port = address.port();
    Ok(vec![format!("{ip}/tcp/{port}").parse()?, format!("{ip}/udp/{port}/quic-v1").parse()?])
}

fn driver_config(chain: &Chain, settings: &Settings) -> DriverConfig {
    let timeouts = settings.consensus();
    let intervals = settings.intervals();
    // Deadlines of the chain count on a block at least so often (rule B.2).
    let longest = Duration::from_millis(chain.config().params.max_block_interval_ms);
    let empty = intervals.empty.unwrap_or(longest).min(longest);
    let ms = Duration::from_millis;
    DriverConfig {
        chain: Arc::new(chain.config().clone()),
        timeouts: LinearTimeouts {
            propose: ms(timeouts.propose_ms),
            propose_delta: ms(timeouts.propose_delta_ms),
            prevote: ms(timeouts.prevote_ms),
            prevote_delta: ms(timeouts.vote_delta_ms),
            precommit: ms(timeouts.precommit_ms),
            precommit_delta: ms(timeouts.vote_delta_ms),
            // The only way a lost vote is said again.
            rebroadcast: ms(timeouts.propose_ms + timeouts.prevote_ms + timeouts.precommit_ms),
            max_timeout: ms(timeouts.max_ms),
        },
        min_interval_ms: intervals.min.as_millis() as u64,
        empty_interval_ms: empty.as_millis() as u64,
        guard_wait_ms: GUARD_WAIT_MS,
        patience_ms: PATIENCE_MS,
        fetch_blocks: FETCH_BLOCKS,
    }
}

fn signing(
    chain: &Chain,
    settings: &Settings,
    secret: SecretKey,
    datadir: &Path,
) -> Result<Signing> {
    let address = keys::address_of(&secret);
    let genesis = hex::encode(&chain.genesis_hash()[..4]);
    Ok(Signing {
        secret,
        guard_inside: datadir.join("guard"),
        guard_outside: settings.guard_dir()?.join(format!("{genesis}-{address}")),
        accept_state: settings.accept_state,
    })
}

/// Tells peers where the chain stands, and whom to take for validators.
fn tell_status(chain: &Chain, network: &Network) -> Result<()> {
    let head = chain.head();
    let validators = head.validators.at(head.number + 1);
    network.set_validators(validators.iter().filter_map(validator_address).collect());
    network.set_status(Status { height: head.number, head_hash: head.hash, earliest: 1 });
    Ok(())
}

/// After each block: peers are told, and who watches the log of a node that catches up.
async fn follow_head(
    chain: Arc<Chain>,
    network: Network,
    shell: Arc<Shell>,
    own: Option<ValidatorId>,
    starting: u64,
) {
    let mut blocks = chain.subscribe();
    let mut is_member = own.is_some_and(|id| is_in_set(&chain, id));
    let mut told = (Instant::now(), starting);
    loop {
        match blocks.recv().await {
            Ok(block) => report(&chain, &shell, &block, starting, &mut told),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
        if let Err(error) = tell_status(&chain, &network) {
            tracing::error!(%error, "cannot tell peers of a block");
        }
        if let Some(id) = own.filter(|id| is_in_set(&chain, *id) != is_member) {
            is_member = !is_member;
            let height = chain.head().number + 1;
            if is_member {
                tracing::info!(height, "this node's validator {id} is in the set: it votes");
            } else {
                tracing::warn!(height, "this node's validator {id} has left the set: it follows");
            }
        }
    }
}

/// Tells when no block comes, ever more rarely, and when one comes again: with how many validators in sight.
async fn watch_silence(
    chain: Arc<Chain>,
    network: Network,
    own: Option<ValidatorId>,
    interval: Duration,
) {
    let mut blocks = chain.subscribe();
    let least = patience(interval);
    let (mut since, mut wait) = (Instant::now(), least);
    loop {
        let is_silent = wait > least;
        match tokio::time::timeout_at((since + wait).into(), blocks.recv()).await {
            Err(_) => {
                let head = chain.head();
                let height = head.number + 1;
                let validators = head.validators.at(height);
                let in_sight = network.peers().iter().filter(|peer| peer.in_set).count();
                let is_one = own.is_some_and(|id| is_in_set(&chain, id));
                tracing::warn!(
                    height,
                    "no block for {} s; {} of {} validators are connected",
                    wait.as_secs(),
                    in_sight + usize::from(is_one),
                    validators.len()
                );
                wait *= 2;
            }
            Ok(Err(RecvError::Closed)) => return,
            Ok(_) => {
                if is_silent {
                    let height = chain.head().number;
                    tracing::info!(height, "blocks again after {} s", since.elapsed().as_secs());
                }
                (since, wait) = (Instant::now(), least);
            }
        }
    }
}

fn report(
    chain: &Chain,
    shell: &Shell,
    block: &StoredBlock,
    starting: u64,
    told: &mut (Instant, u64),
) {
    let progress = progress(chain, &shell.status(), starting);
    let target = progress.map_or(chain.head().number, |p| p.highest);
    metrics::gauge!("btt_sync_target").set(target as f64);
    let Some(progress) = progress else { return crate::metrics::set_sync_speed(0.0, 0.0) };
    let elapsed = told.0.elapsed();
    if elapsed < PROGRESS_EVERY {
        return;
    }
    let height = block.block.header.number;
    let per_s = height.saturating_sub(told.1) as f64 / elapsed.as_secs_f64();
    let left = progress.highest.saturating_sub(height);
    let eta_s = if per_s > 0.0 { left as f64 / per_s } else { f64::INFINITY };
    crate::metrics::set_sync_speed(per_s, eta_s);
    tracing::info!(
        height,
        target = progress.highest,
        "catching up: {per_s:.0} blocks/s, about {eta_s:.0} s to go"
    );
    *told = (Instant::now(), height);
}
