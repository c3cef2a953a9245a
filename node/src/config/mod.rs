//! Settings of a running node: one struct, read from flags and environment, then the TOML file, then defaults.

use crate::{mempool::PoolLimits, rpc::RpcLimits, storage::History};
use clap::Args;
use serde::{Deserialize, Serialize};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

/// Default port of the RPC.
pub const DEFAULT_HTTP_PORT: u16 = 8545;

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

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
    /// Milliseconds between blocks; 0 makes a block as soon as a transaction waits, and no empty ones.
    #[arg(long = "block-time", env = "BTT_BLOCK_TIME", value_name = "MS")]
    #[serde(rename = "block_time")]
    pub block_time_ms: Option<u64>,
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
    /// File of the validator's key: a V3 keystore, or 64 hexadecimal digits. Default: `keys/validator` in
    /// the data folder.
    #[arg(long, env = "BTT_VALIDATOR_KEY", value_name = "FILE")]
    pub validator_key: Option<PathBuf>,
    /// File whose first line is the password of the validator's key.
    #[arg(long, env = "BTT_PASSWORD_FILE", value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Form of the log.
    #[arg(long, env = "BTT_LOG_FORMAT", value_enum)]
    pub log_format: Option<LogFormat>,
    /// What is logged, as `tracing` filters: `info`, `btt_node=debug`, ….
    #[arg(long, env = "BTT_LOG", value_name = "FILTER")]
    pub log: Option<String>,
    /// Limits of the RPC; in the file only, as the table `[rpc_limits]`.
    #[arg(skip)]
    pub rpc_limits: Option<RpcLimits>,
}

mod history {
    use super::History;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(
        value: &Option<History>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(history) => to.collect_str(history),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<History>, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Form {
            Text(String),
            Blocks(u64),
        }
        match Form::deserialize(from)? {
            Form::Text(text) => text.parse().map(Some).map_err(D::Error::custom),
            Form::Blocks(blocks) => blocks.to_string().parse().map(Some).map_err(D::Error::custom),
        }
    }
}

/// A configuration file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("config file {file}: {reason}")]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// It is not TOML, or names a setting that does not exist.
    #[error("config file {file}: {reason}")]
    Malformed {
        /// Which.
        file: PathBuf,
        /// Line, and what is wrong.
        reason: Box<toml::de::Error>,
    },
}

impl Settings {
    /// Reads a TOML file.
    pub fn from_file(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file)
            .map_err(|reason| ConfigError::Unreadable { file: file.to_owned(), reason })?;
        toml::from_str(&text).map_err(|reason| ConfigError::Malformed {
            file: file.to_owned(),
            reason: Box::new(reason),
        })
    }

    /// These settings, and `below` where they say nothing.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        Self {
            http_addr: self.http_addr.or(below.http_addr),
            http_port: self.http_port.or(below.http_port),
            rpc_hosts: self.rpc_hosts.or(below.rpc_hosts),
            block_time_ms: self.block_time_ms.or(below.block_time_ms),
            history: self.history.or(below.history),
            txpool_max: self.txpool_max.or(below.txpool_max),
            txpool_per_sender: self.txpool_per_sender.or(below.txpool_per_sender),
            cache_mib: self.cache_mib.or(below.cache_mib),
            validator_key: self.validator_key.or(below.validator_key),
            password_file: self.password_file.or(below.password_file),
            log_format: self.log_format.or(below.log_format),
            log: self.log.or(below.log),
            rpc_limits: self.rpc_limits.or(below.rpc_limits),
        }
    }

    /// Where the RPC listens.
    pub fn http(&self) -> SocketAddr {
        let ip = self.http_addr.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        SocketAddr::new(ip, self.http_port.unwrap_or(DEFAULT_HTTP_PORT))
    }

    /// Time between blocks; zero means on demand.
    pub fn block_time(&self) -> Duration {
        Duration::from_millis(self.block_time_ms.unwrap_or(1_000))
    }

    /// How long old state is kept.
    pub fn history(&self) -> History {
        self.history.unwrap_or(History::Archive)
    }

    /// Limits of the mempool.
    pub fn pool_limits(&self) -> PoolLimits {
        let default = PoolLimits::default();
        PoolLimits {
            max_transactions: self.txpool_max.unwrap_or(default.max_transactions),
            max_per_sender: self.txpool_per_sender.unwrap_or(default.max_per_sender),
            ..default
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_file_and_the_file_over_defaults() {
        let text = "http_port = 1\nblock_time = 5\nhistory = 300\n[rpc_limits]\nlogs = 7";
        let file: Settings = toml::from_str(text).unwrap();
        let flags = Settings { http_port: Some(2), ..Settings::default() };
        let settings = flags.over(file);
        assert_eq!(settings.http(), "127.0.0.1:2".parse().unwrap());
        assert_eq!(settings.block_time(), Duration::from_millis(5));
        assert_eq!(settings.history(), History::Blocks(300));
        assert_eq!(settings.rpc_limits.map(|limits| limits.logs), Some(7));
        assert_eq!(Settings::default().history(), History::Archive);
    }

    #[test]
    fn an_unknown_setting_is_named() {
        let error = toml::from_str::<Settings>("http_prot = 1").unwrap_err().to_string();
        assert!(error.contains("http_prot"), "{error}");
        assert!(toml::from_str::<Settings>("history = \"some\"").is_err());
        assert!(toml::from_str::<Settings>("history = 3").is_err());
    }
}
