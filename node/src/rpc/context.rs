//! What the server is given, and what its methods share.

use super::{
    AdminToken, ConsensusView, NetworkView, RpcError, RpcLimits, dev::DevControl, fees::TipOracle,
    filters::Filters, slow::Slow,
};
use crate::{chain::Chain, mempool::Mempool, tower::Tower};
use btt_runtime::{evm::modules_of, modules::Modules};
use serde::{Deserialize, Serialize};
use std::{ops::Deref, sync::Arc};

/// How the server serves.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RpcConfig {
    /// Host names, beside loopback names and IP addresses, under which requests may come. `*` allows
    /// all and so switches the guard against DNS rebinding off.
    pub hosts: Vec<String>,
    /// Limits.
    pub limits: RpcLimits,
}

/// How the node is, for `/health` and `net_`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    /// What is wrong; `None` if nothing is.
    pub problem: Option<String>,
    /// Connected nodes.
    pub peers: u64,
}

/// Text of `/metrics`.
pub type MetricsText = Arc<dyn Fn() -> String + Send + Sync>;
/// How the node is now.
pub type HealthCheck = Arc<dyn Fn() -> Health + Send + Sync>;

/// What the server serves.
#[derive(Clone)]
pub struct RpcContext {
    /// The chain.
    pub chain: Arc<Chain>,
    /// Waiting transactions.
    pub mempool: Arc<Mempool>,
    /// Time and blocks at will; dev chains only.
    pub dev: Option<Arc<dyn DevControl>>,
    /// Where consensus is; `None` where one process decides alone.
    pub consensus: Option<Arc<dyn ConsensusView>>,
    /// Other nodes; `None` on a chain of one process.
    pub network: Option<Arc<dyn NetworkView>>,
    /// Opens `admin_`; `None` leaves it out.
    pub admin: Option<AdminToken>,
    /// Keeps vouchers for payees that are offline; `None` if it is off.
    pub tower: Option<Arc<Tower>>,
    /// Text of `/metrics`.
    pub metrics: MetricsText,
    /// How the node is.
    pub health: HealthCheck,
}

impl std::fmt::Debug for RpcContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RpcContext").field("chain", &self.chain).finish_non_exhaustive()
    }
}

/// `web3_clientVersion`, in geth's form: name, version, platform.
pub(super) fn client_version() -> String {
    let (version, os, arch) =
        (env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH);
    format!("bttd/v{version}/{os}-{arch}")
}

/// Shared by all methods.
pub(super) struct Shared {
    pub(super) context: RpcContext,
    pub(super) limits: RpcLimits,
    /// The native modules that answer.
    pub(super) modules: Modules,
    pub(super) slow: Slow,
    pub(super) filters: Filters,
    pub(super) tips: TipOracle,
}

/// Implements every namespace; each in the file of its subject.
#[derive(Clone)]
pub(super) struct Rpc(Arc<Shared>);

impl Rpc {
    pub(super) fn new(context: RpcContext, limits: RpcLimits) -> Self {
        let modules = modules_of(context.chain.config());
        Self::with_modules(context, limits, modules)
    }

    /// With other modules than the chain's, for tests.
    pub(super) fn with_modules(context: RpcContext, limits: RpcLimits, modules: Modules) -> Self {
        Self(Arc::new(Shared {
            modules,
            slow: Slow::new(&limits),
            filters: Filters::new(&limits),
            tips: TipOracle::default(),
            context,
            limits,
        }))
    }

    pub(super) fn chain(&self) -> &Chain {
        &self.context.chain
    }

    pub(super) fn mempool(&self) -> &Mempool {
        &self.context.mempool
    }

    /// Connected nodes.
    pub(super) fn peers(&self) -> u64 {
        match &self.context.network {
            Some(network) => network.peer_count(),
            None => (self.context.health)().peers,
        }
    }

    /// Runs what takes long off the threads that serve quick requests.
    pub(super) async fn slowly<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, RpcError> + Send + 'static,
    ) -> Result<T, RpcError> {
        let rpc = self.clone();
        self.slow.run(move || work(&rpc)).await
    }
}

impl Deref for Rpc {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
