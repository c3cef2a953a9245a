//! Starting and stopping the server.

use super::{
    admin::Admin,
    calls::CallsLayer,
    context::{Rpc, RpcConfig, RpcContext},
    dev::Dev,
    discover::Discover,
    layer::FrontLayer,
    limits::{PING_INTERVAL_SECS, PING_PATIENCE_SECS},
};
use btt_api::server::{
    AdminApiServer, ChannelApiServer, ConsensusApiServer, DebugApiServer, DevApiServer,
    DiscoverApiServer, EthBlocksApiServer, EthCallApiServer, EthChainApiServer, EthFeesApiServer,
    EthFiltersApiServer, EthStateApiServer, EthSubscriptionsApiServer, EthTransactionsApiServer,
    GovApiServer, MarketApiServer, NetApiServer, StakingApiServer, TxpoolApiServer, Web3ApiServer,
};
use http::{Method, header};
use jsonrpsee::{
    Methods,
    core::middleware::RpcServiceBuilder,
    server::{
        BatchRequestConfig, PingConfig, RandomStringIdProvider, Server, ServerConfig, ServerHandle,
    },
};
use std::{io, net::SocketAddr, time::Duration};
use tokio::net::TcpListener;
use tower_http::cors::{Any, CorsLayer};

/// How long open requests may take to end when the server stops.
const STOP_PATIENCE: Duration = Duration::from_secs(5);
/// How long a browser remembers what CORS allowed.
const CORS_MAX_AGE: Duration = Duration::from_secs(86_400);
/// Characters of a subscription id: 16 of 62, nobody guesses it.
const SUBSCRIPTION_ID_CHARS: usize = 16;

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Somebody else listens there.
    #[error(
        "port {} is in use by another process; try --port {} (or 0)",
        .0.port(), .0.port().checked_add(1).unwrap_or(8545)
    )]
    PortInUse(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// The socket is broken.
    #[error("RPC socket: {0}")]
    Socket(#[from] io::Error),
    /// Two traits name the same method: a mistake in this program.
    #[error("JSON-RPC methods clash: {0}")]
    Methods(#[from] jsonrpsee::core::RegisterMethodError),
}

/// A running server. It stops when this is dropped.
#[derive(Debug)]
pub struct RpcServer {
    address: SocketAddr,
    handle: ServerHandle,
}

impl RpcServer {
    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more connections, and waits a little for those that are open.
    pub async fn stop(self) {
        // It may have stopped by itself.
        let _ = self.handle.stop();
        if tokio::time::timeout(STOP_PATIENCE, self.handle.stopped()).await.is_err() {
            tracing::warn!("connections to the RPC server were cut");
        }
    }
}

/// Takes the port; nothing is answered before [`start`]. Port 0 takes a free one.
///
/// # Errors
/// [`StartError::PortInUse`] most often.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => StartError::PortInUse(address),
        _ => StartError::Bind { address, error },
    })
}

/// Serves until the returned server is stopped or dropped. Needs a tokio runtime.
///
/// # Errors
/// [`StartError`]: only if the socket is broken or methods clash.
pub fn start(
    listener: TcpListener,
    config: &RpcConfig,
    context: RpcContext,
) -> Result<RpcServer, StartError> {
    let front = FrontLayer::new(context.clone(), &config.hosts);
    let rpc = Rpc::new(context, config.limits.clone());
    let methods = methods(&rpc)?;
    let server = Server::builder()
        .set_config(server_config(config))
        .set_http_middleware(tower::ServiceBuilder::new().layer(cors()).layer(front))
        .set_rpc_middleware(RpcServiceBuilder::new().layer(CallsLayer::new(rpc)))
        .build_from_tcp(listener.into_std()?)?;
    Ok(RpcServer { address: server.local_addr()?, handle: server.start(methods) })
}

/// Every method that this node serves.
pub(super) fn methods(rpc: &Rpc) -> Result<Methods, StartError> {
    let mut all = Methods::new();
    all.merge(EthChainApiServer::into_rpc(rpc.clone()))?;
    all.merge(EthBlocksApiServer::into_rpc(rpc.clone()))?;
    all.merge(EthTransactionsApiServer::into_rpc(rpc.clone()))?;
    all.merge(EthStateApiServer::into_rpc(rpc.clone()))?;
    all.merge(EthCallApiServer::into_rpc(rpc.clone()))?;
    all.merge(EthFeesApiServer::into_rpc(rpc.clone()))?;
    all.merge(EthFiltersApiServer::into_rpc(rpc.clone()))?;
    all.merge(EthSubscriptionsApiServer::into_rpc(rpc.clone()))?;
    all.merge(NetApiServer::into_rpc(rpc.clone()))?;
    all.merge(Web3ApiServer::into_rpc(rpc.clone()))?;
    all.merge(TxpoolApiServer::into_rpc(rpc.clone()))?;
    all.merge(DebugApiServer::into_rpc(rpc.clone()))?;
    all.merge(ConsensusApiServer::into_rpc(rpc.clone()))?;
    all.merge(StakingApiServer::into_rpc(rpc.clone()))?;
    all.merge(GovApiServer::into_rpc(rpc.clone()))?;
    all.merge(ChannelApiServer::into_rpc(rpc.clone()))?;
    all.merge(MarketApiServer::into_rpc(rpc.clone()))?;
    if let Some(admin) = Admin::of(rpc) {
        all.merge(AdminApiServer::into_rpc(admin))?;
    }
    if let Some(dev) = Dev::of(rpc) {
        all.merge(DevApiServer::into_rpc(dev))?;
    }
    // It describes what is there, so it comes last.
    let discover = Discover::new(rpc.chain(), &all);
    all.merge(DiscoverApiServer::into_rpc(discover))?;
    Ok(all)
}

fn server_config(config: &RpcConfig) -> ServerConfig {
    let limits = &config.limits;
    let ping = PingConfig::new()
        .ping_interval(Duration::from_secs(PING_INTERVAL_SECS))
        .inactive_limit(Duration::from_secs(PING_PATIENCE_SECS));
    ServerConfig::builder()
        .max_request_body_size(limits.request_bytes)
        .max_response_body_size(limits.response_bytes)
        .max_connections(limits.connections)
        .max_subscriptions_per_connection(limits.subscriptions_per_connection)
        .set_batch_request_config(BatchRequestConfig::Limit(limits.batch_items))
        .set_message_buffer_capacity(limits.subscription_queue)
        .set_id_provider(RandomStringIdProvider::new(SUBSCRIPTION_ID_CHARS))
        .enable_ws_ping(ping)
        .build()
}

/// Web pages of any origin may ask: wallets in browsers do, and there is nothing here that a page could
/// do in a user's name: the header that opens `admin_` is not among those allowed.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::CONTENT_TYPE])
        .allow_private_network(true)
        .max_age(CORS_MAX_AGE)
}
