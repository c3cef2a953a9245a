//! Settings of a running node: one struct, read from flags and environment, then the TOML file, then defaults.
//!
//! ```text
//! settings   every setting with its flag, variable and name in the file
//! consensus  what the block intervals and timeouts mean
//! network    what the settings of peers, keys and records mean
//! ```

mod consensus;
mod history;
mod network;
mod settings;

pub use consensus::{ConsensusSettings, Intervals};
pub use network::{DEFAULT_P2P_PORT, Trusted};
pub use settings::Settings;

use crate::{mempool::PoolLimits, storage::History};
use serde::{Deserialize, Serialize};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

/// Default port of the RPC.
pub const DEFAULT_HTTP_PORT: u16 = 8545;
/// The settings file of a data folder.
pub const CONFIG_FILE_NAME: &str = "config.toml";

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
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

    /// Where the RPC listens.
    pub fn http(&self) -> SocketAddr {
        let ip = self.http_addr.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        SocketAddr::new(ip, self.http_port.unwrap_or(DEFAULT_HTTP_PORT))
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
    use std::time::Duration;

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
    fn every_setting_of_a_file_shows_through_flags_that_say_nothing() {
        let hash = alloy_primitives::B256::repeat_byte(1);
        let text = format!(
            "http_addr = \"::1\"\nhttp_port = 1\nrpc_hosts = [\"a\"]\nadmin_token_file = \"t\"\n\
             p2p_addr = \"::1\"\np2p_port = 2\npersistent_peers = [\"/a\"]\nbootstrap_peers = [\"/b\"]\n\
             node_key = \"n\"\nblock_time = 3\nmin_block_interval_ms = 4\nempty_block_interval_ms = 5\n\
             history = \"256\"\ntxpool_max = 6\ntxpool_per_sender = 7\ncache_mib = 8\nfull_node = true\n\
             validator_key = \"v\"\npassword_file = \"p\"\nguard_dir = \"g\"\naccept_state = 9\n\
             trusted = \"10:{hash}\"\nlog_format = \"json\"\nlog = \"info\"\n\n[consensus]\n"
        );
        let file: Settings = toml::from_str(&text).unwrap();
        assert_eq!(Settings::default().over(file.clone()), file);
        // None of them is left out above, and what is written is read again as it was.
        let written = toml::to_string(&file).unwrap();
        let names = written.lines().take_while(|line| !line.starts_with('[')).count();
        assert_eq!(
            names,
            text.lines().filter(|line| line.contains(" = ")).count() + 1,
            "{written}"
        );
        assert_eq!(toml::from_str::<Settings>(&written).unwrap(), file);
    }

    #[test]
    fn an_unknown_setting_is_named() {
        let error = toml::from_str::<Settings>("http_prot = 1").unwrap_err().to_string();
        assert!(error.contains("http_prot"), "{error}");
        assert!(toml::from_str::<Settings>("history = \"some\"").is_err());
        assert!(toml::from_str::<Settings>("history = 3").is_err());
    }
    #[test]
    fn the_documentation_names_every_setting() {
        let text = include_str!("../../../docs/config.md");
        let command = <Settings as clap::Args>::augment_args(clap::Command::new("bttd"));
        let mut count = 0;
        for argument in command.get_arguments() {
            let flag = format!("| `--{}`", argument.get_long().unwrap());
            assert!(text.contains(&flag), "docs/config.md lacks {flag}");
            let variable = argument.get_env().unwrap().to_str().unwrap();
            let wanted = flag.trim_matches(['|', ' ', '`', '-']).replace('-', "_").to_uppercase();
            assert_eq!(variable, format!("BTT_{wanted}"));
            count += 1;
        }
        assert_eq!(text.lines().filter(|line| line.starts_with("| `--")).count(), count);
    }
}
