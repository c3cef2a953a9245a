//! Settings of the network between nodes, and of the keys and records that go with it.

use super::Settings;
use crate::{keys, network};
use alloy_primitives::B256;
use eyre::{Result, eyre};
use serde::{Deserialize, Serialize};
use std::{
    ffi::OsString,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    str::FromStr,
};

/// Default port that other nodes connect to.
pub const DEFAULT_P2P_PORT: u16 = 30303;

/// A block that is known to be final (rule C.7), written `HEIGHT:HASH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Trusted {
    /// Its number.
    pub height: u64,
    /// Its hash.
    pub hash: B256,
}

impl FromStr for Trusted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (height, hash) = text.split_once(':').ok_or("write it as HEIGHT:HASH")?;
        Ok(Self {
            height: height.parse().map_err(|error| format!("height: {error}"))?,
            hash: hash.parse().map_err(|error| format!("hash of 32 bytes in hex: {error}"))?,
        })
    }
}

impl TryFrom<String> for Trusted {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Trusted> for String {
    fn from(trusted: Trusted) -> Self {
        format!("{}:{}", trusted.height, trusted.hash)
    }
}

impl Settings {
    /// Where other nodes connect to.
    pub fn p2p(&self) -> SocketAddr {
        let ip = self.p2p_addr.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        SocketAddr::new(ip, self.p2p_port.unwrap_or(DEFAULT_P2P_PORT))
    }

    /// Nodes to stay connected to, as multiaddrs.
    pub fn persistent_peers(&self) -> &[String] {
        self.persistent_peers.as_deref().unwrap_or_default()
    }

    /// Nodes to ask for others, as multiaddrs.
    pub fn bootstrap_peers(&self) -> &[String] {
        self.bootstrap_peers.as_deref().unwrap_or_default()
    }

    /// Whether the node has no validator's key and votes on nothing.
    pub fn is_full_node(&self) -> bool {
        self.full_node.unwrap_or(false)
    }

    /// File of the key that other nodes know this one by.
    pub fn node_key(&self, datadir: &Path) -> PathBuf {
        self.node_key.clone().unwrap_or_else(|| network::node_key_path(datadir))
    }

    /// File of the validator's key.
    pub fn validator_key(&self, datadir: &Path) -> PathBuf {
        self.validator_key.clone().unwrap_or_else(|| keys::validator_key_path(datadir))
    }

    /// Folder of the second record of what was signed last (rule C.6).
    pub fn guard_dir(&self) -> Result<PathBuf> {
        match &self.guard_dir {
            Some(folder) => Ok(folder.clone()),
            None => default_guard_dir(std::env::var_os("XDG_STATE_HOME"), std::env::var_os("HOME")),
        }
    }
}

/// In the user's state folder, as the XDG base directory specification places it.
fn default_guard_dir(state_home: Option<OsString>, home: Option<OsString>) -> Result<PathBuf> {
    // The specification has relative paths ignored.
    let state = state_home.map(PathBuf::from).filter(|path| path.is_absolute());
    let state = state.or_else(|| Some(PathBuf::from(home?).join(".local/state")));
    let state = state.ok_or_else(|| eyre!("HOME is not set; give --guard-dir"))?;
    Ok(state.join("btt").join("guard"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trusted_block_is_read_and_written_as_height_and_hash() {
        let hash = B256::repeat_byte(0xab);
        let toml = format!("trusted = \"812:{hash}\"");
        let settings: Settings = toml::from_str(&toml).unwrap();
        assert_eq!(settings.trusted, Some(Trusted { height: 812, hash }));
        assert_eq!(toml::to_string(&settings).unwrap().trim(), toml);
        for wrong in ["812", "x:0x00", "812:0xab", ":"] {
            assert!(wrong.parse::<Trusted>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn defaults_are_what_the_help_says() {
        let settings = Settings::default();
        assert_eq!(settings.p2p(), "0.0.0.0:30303".parse().unwrap());
        assert!(settings.persistent_peers().is_empty() && !settings.is_full_node());
        let datadir = Path::new("data");
        assert_eq!(settings.node_key(datadir), Path::new("data/keys/node"));
        assert_eq!(settings.validator_key(datadir), Path::new("data/keys/validator"));
    }

    #[test]
    fn the_guard_lies_in_the_users_state_folder() {
        let of = |state: Option<&str>, home: Option<&str>| {
            default_guard_dir(state.map(Into::into), home.map(Into::into))
        };
        assert_eq!(of(None, Some("/h")).unwrap(), Path::new("/h/.local/state/btt/guard"));
        assert_eq!(of(Some("/s"), Some("/h")).unwrap(), Path::new("/s/btt/guard"));
        assert_eq!(of(Some("s"), Some("/h")).unwrap(), Path::new("/h/.local/state/btt/guard"));
        assert!(of(None, None).unwrap_err().to_string().contains("--guard-dir"));
    }
}
