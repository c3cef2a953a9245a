//! The node's own key (ed25519): who it is to other nodes. It signs nothing of the chain.

use super::{KeyError, read_limited};
use libp2p::{PeerId, identity::Keypair};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Name of the node's key file in the folder `keys` of the data folder.
const NODE_KEY_NAME: &str = "node";

/// Where a data folder keeps the node's key.
pub fn node_key_path(datadir: &Path) -> PathBuf {
    datadir.join("keys").join(NODE_KEY_NAME)
}

/// The seed of an ed25519 key. Its file holds it as 64 hexadecimal digits.
#[derive(Debug, Clone)]
pub struct NodeKey(Keypair);

impl NodeKey {
    /// The key that grows from a seed.
    pub fn from_seed(mut seed: [u8; 32]) -> Self {
        // It fails for other lengths only. libp2p wipes the seed once it has it.
        Self(Keypair::ed25519_from_bytes(&mut seed[..]).expect("an ed25519 seed has 32 bytes"))
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// [`KeyError`], with the file's name.
    pub fn load(file: &Path) -> Result<Self, KeyError> {
        let text = Zeroizing::new(read_limited(file)?);
        let malformed = || KeyError::MalformedNodeKey(file.to_owned());
        let seed = alloy_primitives::hex::decode(text.trim()).map(Zeroizing::new);
        let seed = seed.map_err(|_| malformed())?;
        Ok(Self::from_seed(seed.as_slice().try_into().map_err(|_| malformed())?))
    }

    /// As libp2p takes it.
    pub fn keypair(&self) -> &Keypair {
        &self.0
    }

    /// What other nodes call this one: the part of a multiaddr after `/p2p/`.
    pub fn peer_id(&self) -> PeerId {
        self.0.public().to_peer_id()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peer_id_follows_from_the_seed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("node");
        std::fs::write(&file, format!("{}\n", "07".repeat(32))).unwrap();
        let key = NodeKey::load(&file).unwrap();
        assert_eq!(key.peer_id(), NodeKey::from_seed([7; 32]).peer_id());
        assert!(key.peer_id().to_string().starts_with("12D3KooW"), "{}", key.peer_id());
        assert_ne!(key.peer_id(), NodeKey::from_seed([8; 32]).peer_id());
    }

    #[test]
    fn a_file_of_something_else_is_named_and_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("node");
        for wrong in ["", "07", "letters of my grandmother", &"07".repeat(33)] {
            std::fs::write(&file, wrong).unwrap();
            let error = NodeKey::load(&file).unwrap_err().to_string();
            assert!(error.contains("node") && error.contains("64 hexadecimal"), "{error}");
            assert!(!error.contains("grandmother"), "{error}");
        }
    }
}
