//! The key of a node in the network: an ed25519 key of its own, which says nothing about money or votes.

use alloy_primitives::hex;
use libp2p::identity::Keypair;
use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// Name of the node's key file in the folder `keys` of the data folder.
pub const NODE_KEY_NAME: &str = "node";
/// Longest key file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 1024;

/// Why there is no node key.
#[derive(Debug, thiserror::Error)]
pub enum NodeKeyError {
    /// The file cannot be read or written.
    #[error("node key {file}: {reason}")]
    File {
        /// Which.
        file: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// Not an ed25519 key.
    #[error("node key {0} does not hold 64 hexadecimal digits")]
    Malformed(PathBuf),
}

/// Where a data folder keeps the node's key.
pub fn node_key_path(datadir: &Path) -> PathBuf {
    datadir.join("keys").join(NODE_KEY_NAME)
}

/// Reads the node's key, or makes one as a file of mode 0600. Its `public().to_peer_id()` is the node's id.
pub fn node_key(file: &Path) -> Result<Keypair, NodeKeyError> {
    match read(file) {
        Err(NodeKeyError::File { reason, .. }) if reason.kind() == io::ErrorKind::NotFound => {
            let secret = Zeroizing::new(rand::random::<[u8; 32]>());
            write(file, &secret)
                .map_err(|reason| NodeKeyError::File { file: file.to_owned(), reason })?;
            // What the file holds counts, not what was to be written.
            read(file)
        }
        other => other,
    }
}

fn read(file: &Path) -> Result<Keypair, NodeKeyError> {
    let failed = |reason| NodeKeyError::File { file: file.to_owned(), reason };
    let malformed = || NodeKeyError::Malformed(file.to_owned());
    if fs::metadata(file).map_err(failed)?.len() > MAX_FILE_BYTES {
        return Err(malformed());
    }
    let text = Zeroizing::new(fs::read_to_string(file).map_err(failed)?);
    let mut secret = Zeroizing::new(hex::decode(text.trim()).map_err(|_| malformed())?);
    Keypair::ed25519_from_bytes(secret.as_mut_slice()).map_err(|_| malformed())
}

fn write(file: &Path, secret: &[u8; 32]) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    let digits = Zeroizing::new(hex::encode(secret));
    out.write_all(digits.as_bytes())?;
    out.write_all(b"\n")?;
    out.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_key_is_made_once_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = node_key_path(folder.path());
        let made = node_key(&file).unwrap().public().to_peer_id();
        assert_eq!(node_key(&file).unwrap().public().to_peer_id(), made);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_broken_key_file_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("node");
        for text in ["", "abc", "00", &"0".repeat(2_000)] {
            fs::write(&file, text).unwrap();
            assert!(matches!(node_key(&file), Err(NodeKeyError::Malformed(_))), "{text}");
        }
    }
}
