//! Key files: Web3 secret storage version 3, one file an account, in one folder.
//!
//! ```text
//! SecretKey ──encrypt──► KeyFile ──create──► Folder      kdf: password → 32 bytes
//!           ◄─decrypt───         ◄──read────             cipher: AES-128-CTR and its MAC
//! ```
//! Written with scrypt N = 2¹⁸, r = 8, p = 1, as geth does; read with whatever N, r, p or PBKDF2 count
//! the file names, within [`kdf::MAX_SCRYPT_WORK`] and [`kdf::MAX_PBKDF2_ROUNDS`]. The file is named as
//! the account, without an extension, as Foundry names its own.
//!
//! # Source
//! <https://ethereum.org/en/developers/docs/data-structures-and-encoding/web3-secret-storage/>

mod cipher;
mod error;
mod file;
mod folder;
pub mod kdf;
pub mod possession;
mod secret;

pub use error::KeystoreError;
pub use file::{KeyFile, MAX_FILE_BYTES};
pub use folder::{Account, Folder};
pub use secret::{InvalidKey, SecretKey, recover};
