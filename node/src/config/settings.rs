//! The settings themselves: their flags, environment variables and names in the file.

use super::{ConsensusSettings, LogFormat, Trusted, history};
use crate::{rpc::RpcLimits, storage::History, tower::WatchtowerSettings};
use clap::Args;
use serde::{Deserialize, Serialize};
use std::{net::IpAddr, path::PathBuf};

/// Every setting, each optional: what is left out comes from the next layer.
///
/// In the TOML file the names are those of the flags with `_` for `-`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Address that the RPC listens on.
    #[arg(long, env = "BTT_HTTP_ADDR", value_name = "ADDRESS")]
    pub http_addr: Option<IpAddr>,
    /// Port of the RPC, HTTP and WebSocket; 0 takes a free one.
    #[arg(long, visible_alias = "port", env = "BTT_HTTP_PORT", value_name = "PORT")]
    pub http_port: Option<u16>,
    /// Host names that requests may carry, separated by commas; `*` allows all. Loopback and plain
    /// addresses are always allowed.
    #[arg(long, env = "BTT_RPC_HOSTS", value_delimiter = ',', value_name = "HOSTS")]
    pub rpc_hosts: Option<Vec<String>>,
    /// File whose first line is the token that `admin_` methods ask for, in the header
    /// `Authorization: Bearer TOKEN`. Without it there are no such methods.
    #[arg(long, env = "BTT_ADMIN_TOKEN_FILE", value_name = "FILE")]
    pub admin_token_file: Option<PathBuf>,
    /// Address that other nodes connect to.
    #[arg(long, env = "BTT_P2P_ADDR", value_name = "ADDRESS")]
    pub p2p_addr: Option<IpAddr>,
    /// Port that other nodes connect to; 0 takes a free one.
    #[arg(long, env = "BTT_P2P_PORT", value_name = "PORT")]
    pub p2p_port: Option<u16>,
    /// Nodes to stay connected to, separated by commas, such as `/ip4/10.0.0.2/tcp/30303/p2p/12D3Koo…`.
    #[arg(long, env = "BTT_PERSISTENT_PEERS", value_delimiter = ',', value_name = "MULTIADDRS")]
    pub persistent_peers: Option<Vec<String>>,
    /// Nodes to ask for others, separated by commas.
    #[arg(long, env = "BTT_BOOTSTRAP_PEERS", value_delimiter = ',', value_name = "MULTIADDRS")]
    pub bootstrap_peers: Option<Vec<String>>,
    /// File of the key that the node is known by to other nodes: 64 hexadecimal digits. Default:
    /// `keys/node` in the data folder.
    #[arg(long, env = "BTT_NODE_KEY", value_name = "FILE")]
    pub node_key: Option<PathBuf>,
    /// Shorthand: sets both block intervals, where they are not set themselves. 0 makes a block as soon as
    /// a transaction waits, and no empty ones.
    #[arg(long = "block-time", env = "BTT_BLOCK_TIME", value_name = "MS")]
    #[serde(rename = "block_time")]
    pub block_time_ms: Option<u64>,
    /// Least time between two blocks while transactions wait.
    #[arg(long = "min-block-interval", env = "BTT_MIN_BLOCK_INTERVAL", value_name = "MS")]
    pub min_block_interval_ms: Option<u64>,
    /// Time until an empty block while none waits; 0 makes no empty ones.
    #[arg(long = "empty-block-interval", env = "BTT_EMPTY_BLOCK_INTERVAL", value_name = "MS")]
    pub empty_block_interval_ms: Option<u64>,
    /// How long old state stays readable: `archive`, or a number of blocks (at least 256).
    #[arg(long, env = "BTT_HISTORY", value_name = "archive|BLOCKS")]
    #[serde(with = "history")]
    pub history: Option<History>,
    /// Most transactions that wait in the mempool.
    #[arg(long, env = "BTT_TXPOOL_MAX", value_name = "COUNT")]
    pub txpool_max: Option<usize>,
    /// Most transactions of one sender that wait.
    #[arg(long, env = "BTT_TXPOOL_PER_SENDER", value_name = "COUNT")]
    pub txpool_per_sender: Option<usize>,
    /// Memory for the database's blocks, in MiB.
    #[arg(long, env = "BTT_CACHE_MIB", value_name = "MIB")]
    pub cache_mib: Option<usize>,
    /// Follow the chain without a validator's key: check every block, vote on none.
    #[arg(
        long,
        env = "BTT_FULL_NODE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_name = "BOOL"
    )]
    pub full_node: Option<bool>,
    /// File of the validator's key: a V3 keystore, or 64 hexadecimal digits. Default: `keys/validator` in
    /// the data folder.
    #[arg(long, env = "BTT_VALIDATOR_KEY", value_name = "FILE")]
    pub validator_key: Option<PathBuf>,
    /// File whose first line is the password of the validator's key.
    #[arg(long, env = "BTT_PASSWORD_FILE", value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Folder outside of the data folder for a second record of what the validator signed last, so that a
    /// restored data folder cannot sign twice. Default: `~/.local/state/btt/guard`.
    #[arg(long, env = "BTT_GUARD_DIR", value_name = "FOLDER")]
    pub guard_dir: Option<PathBuf>,
    /// Sign again from above this height although the record of what was signed last is lost or older than
    /// what other nodes have seen. Only if no other process uses the key.
    #[arg(long, env = "BTT_ACCEPT_STATE", value_name = "HEIGHT")]
    pub accept_state: Option<u64>,
    /// A block known to be final from a source you trust. A node that was away for long needs it.
    #[arg(long, env = "BTT_TRUSTED", value_name = "HEIGHT:HASH")]
    pub trusted: Option<Trusted>,
    /// Form of the log.
    #[arg(long, env = "BTT_LOG_FORMAT", value_enum)]
    pub log_format: Option<LogFormat>,
    /// What is logged, as `tracing` filters: `info`, `btt_node=debug`, ….
    #[arg(long, env = "BTT_LOG", value_name = "FILTER")]
    pub log: Option<String>,
    /// Timeouts of consensus; in the file only, as the table `[consensus]`.
    #[arg(skip)]
    pub consensus: Option<ConsensusSettings>,
    /// Limits of the RPC; in the file only, as the table `[rpc_limits]`.
    #[arg(skip)]
    pub rpc_limits: Option<RpcLimits>,
    /// The watchtower; in the file only, as the table `[watchtower]`.
    #[arg(skip)]
    pub watchtower: Option<WatchtowerSettings>,
}

impl Settings {
    /// These settings, and `below` where they say nothing.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        Self {
            http_addr: self.http_addr.or(below.http_addr),
            http_port: self.http_port.or(below.http_port),
            rpc_hosts: self.rpc_hosts.or(below.rpc_hosts),
            admin_token_file: self.admin_token_file.or(below.admin_token_file),
            p2p_addr: self.p2p_addr.or(below.p2p_addr),
            p2p_port: self.p2p_port.or(below.p2p_port),
            persistent_peers: self.persistent_peers.or(below.persistent_peers),
            bootstrap_peers: self.bootstrap_peers.or(below.bootstrap_peers),
            node_key: self.node_key.or(below.node_key),
            block_time_ms: self.block_time_ms.or(below.block_time_ms),
            min_block_interval_ms: self.min_block_interval_ms.or(below.min_block_interval_ms),
            empty_block_interval_ms: self.empty_block_interval_ms.or(below.empty_block_interval_ms),
            history: self.history.or(below.history),
            txpool_max: self.txpool_max.or(below.txpool_max),
            txpool_per_sender: self.txpool_per_sender.or(below.txpool_per_sender),
            cache_mib: self.cache_mib.or(below.cache_mib),
            full_node: self.full_node.or(below.full_node),
            validator_key: self.validator_key.or(below.validator_key),
            password_file: self.password_file.or(below.password_file),
            guard_dir: self.guard_dir.or(below.guard_dir),
            accept_state: self.accept_state.or(below.accept_state),
            trusted: self.trusted.or(below.trusted),
            log_format: self.log_format.or(below.log_format),
            log: self.log.or(below.log),
            consensus: self.consensus.or(below.consensus),
            rpc_limits: self.rpc_limits.or(below.rpc_limits),
            watchtower: self.watchtower.or(below.watchtower),
        }
    }
}
