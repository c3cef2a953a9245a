//! What can go wrong with a key file.

use std::path::PathBuf;

use alloy_primitives::Address;

/// Why a key file cannot be read, written or opened.
#[derive(Debug, thiserror::Error)]
pub enum KeystoreError {
    /// No account of this name in the folder.
    #[error("no account '{name}' in {}", .folder.display())]
    NoSuchAccount {
        /// The name that was asked for.
        name: String,
        /// The folder that was looked in.
        folder: PathBuf,
    },
    /// An account of this name is there already; it is never overwritten.
    #[error("an account '{name}' is already in {}", .folder.display())]
    AlreadyExists {
        /// The name that was asked for.
        name: String,
        /// The folder it is in.
        folder: PathBuf,
    },
    /// The text cannot name an account.
    #[error(
        "'{0}' cannot name an account: use 1 to 64 letters, digits, '-', '_' or '.', starting with a \
         letter or digit, and not with 0x"
    )]
    InvalidName(String),
    /// The file system refused.
    #[error("cannot {action} {}: {source}", .path.display())]
    Io {
        /// What was attempted: `read`, `create`, `write`, `delete`, `list`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file is not JSON, or lacks a field, or a field has the wrong form.
    #[error("not a version 3 key file: {0}")]
    Malformed(String),
    /// A version other than 3.
    #[error("key file version {0} is not supported, only 3")]
    UnsupportedVersion(u64),
    /// A cipher other than AES-128-CTR.
    #[error("key file cipher '{0}' is not supported, only aes-128-ctr")]
    UnsupportedCipher(String),
    /// A key derivation other than scrypt and PBKDF2 with HMAC-SHA256.
    #[error("key derivation '{0}' is not supported, only scrypt and pbkdf2 with hmac-sha256")]
    UnsupportedKdf(String),
    /// Parameters that would cost more memory or time than a wallet should spend on a file.
    #[error("key derivation parameters are out of range: {0}")]
    KdfOutOfRange(String),
    /// The MAC does not match: another password, or a damaged file.
    #[error("wrong password")]
    WrongPassword,
    /// The password opens the file, but the key inside is not a secp256k1 key.
    #[error("the key file holds no valid secp256k1 key")]
    InvalidKey,
    /// The file names an address that its key does not have.
    #[error("the key file says address {stated}, but its key has address {actual}")]
    AddressMismatch {
        /// What the file says.
        stated: Address,
        /// What the key says.
        actual: Address,
    },
    /// The system's random number generator failed.
    #[error("the system gives no random numbers: {0}")]
    NoRandomness(String),
}
