//! Keys of the node: the validator's, which signs blocks and votes, and the node's own, which other nodes know
//! it by. Where they lie, and how they are unlocked.

use alloy_primitives::{Address, B256, FixedBytes, keccak256};
use btt_api::keystore::{KeyFile, KeystoreError};
use btt_runtime::tx::recover::public_key_to_address;
use k256::{SecretKey, ecdsa::SigningKey, elliptic_curve::sec1::ToSec1Point as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Name of the validator's key file in the folder `keys` of the data folder.
pub const VALIDATOR_KEY_NAME: &str = "validator";
/// Longest key or password file that is read, in bytes.
const MAX_SECRET_FILE_BYTES: u64 = 64 * 1024;

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("key file {file}: {reason}")]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// Neither a keystore nor hexadecimal digits.
    #[error("key file {0} holds neither a V3 keystore nor 64 hexadecimal digits")]
    Malformed(PathBuf),
    /// The keystore does not open.
    #[error("key file {file}: {reason}")]
    Keystore {
        /// Which.
        file: PathBuf,
        /// What is wrong, such as the password.
        reason: KeystoreError,
    },
    /// No password was given and nobody can be asked.
    #[error("the key in {0} needs a password: give --password-file, or BTT_PASSWORD")]
    NoPassword(PathBuf),
    /// Typed differently the second time.
    #[error("the two passwords differ; nothing was written")]
    PasswordsDiffer,
}

/// Where a data folder keeps the validator's key.
pub fn validator_key_path(datadir: &Path) -> PathBuf {
    datadir.join("keys").join(VALIDATOR_KEY_NAME)
}

/// Reads a key; `password` is asked only where the file is encrypted.
pub fn load(
    file: &Path,
    password: impl FnOnce() -> Result<Zeroizing<String>, KeyError>,
) -> Result<SecretKey, KeyError> {
    let text = Zeroizing::new(read_limited(file)?);
    let digits = text.trim();
    let bytes = if digits.starts_with('{') {
        let keystore = |reason| KeyError::Keystore { file: file.to_owned(), reason };
        let key = KeyFile::parse(digits).map_err(keystore)?;
        key.decrypt(&password()?).map_err(keystore)?.to_bytes()
    } else {
        let decoded = alloy_primitives::hex::decode(digits).map(Zeroizing::new);
        let decoded = decoded.map_err(|_| KeyError::Malformed(file.to_owned()))?;
        let bytes = <[u8; 32]>::try_from(decoded.as_slice());
        Zeroizing::new(bytes.map_err(|_| KeyError::Malformed(file.to_owned()))?)
    };
    SecretKey::from_slice(bytes.as_slice()).map_err(|_| KeyError::Malformed(file.to_owned()))
}

/// The password from a file's first line, the environment, or a prompt.
pub fn password(
    password_file: Option<&Path>,
    key_file: &Path,
) -> Result<Zeroizing<String>, KeyError> {
    match given_password(password_file)? {
        Some(password) => Ok(password),
        None => ask(&format!("Password of {}: ", key_file.display()), key_file),
    }
}

/// The password of a key to be written: as [`password`], but a prompt asks twice.
pub fn new_password(
    password_file: Option<&Path>,
    key_file: &Path,
) -> Result<Zeroizing<String>, KeyError> {
    if let Some(password) = given_password(password_file)? {
        return Ok(password);
    }
    let first = ask(&format!("New password of {}: ", key_file.display()), key_file)?;
    if ask("The same again: ", key_file)? == first {
        Ok(first)
    } else {
        Err(KeyError::PasswordsDiffer)
    }
}

fn given_password(file: Option<&Path>) -> Result<Option<Zeroizing<String>>, KeyError> {
    if let Some(file) = file {
        let text = Zeroizing::new(read_limited(file)?);
        return Ok(Some(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned())));
    }
    Ok(std::env::var("BTT_PASSWORD").ok().map(Zeroizing::new))
}

fn ask(prompt: &str, key_file: &Path) -> Result<Zeroizing<String>, KeyError> {
    rpassword::prompt_password(prompt)
        .map(Zeroizing::new)
        .map_err(|_| KeyError::NoPassword(key_file.to_owned()))
}

fn read_limited(file: &Path) -> Result<String, KeyError> {
    let unreadable = |reason| KeyError::Unreadable { file: file.to_owned(), reason };
    let size = std::fs::metadata(file).map_err(unreadable)?.len();
    if size > MAX_SECRET_FILE_BYTES {
        return Err(KeyError::Malformed(file.to_owned()));
    }
    std::fs::read_to_string(file).map_err(unreadable)
}

/// Address of a key.
pub fn address_of(secret: &SecretKey) -> Address {
    let point = secret.public_key().to_sec1_point(false);
    let bytes: [u8; 65] = point.as_bytes().try_into().unwrap_or([0; 65]);
    public_key_to_address(&bytes)
}

/// Compressed public key, as chain specs write it.
pub fn public_key_of(secret: &SecretKey) -> FixedBytes<33> {
    let point = secret.public_key().to_sec1_point(true);
    FixedBytes::from_slice(point.as_bytes())
}

/// Stake of a validator of a chain on one machine, in whole BTT.
pub const LOCAL_POWER: u64 = 1_000_000;

/// The validator key of every dev chain: public, so that anyone can continue a dev folder.
pub fn dev_validator_key() -> SecretKey {
    let secret: B256 = keccak256("btt dev validator");
    SecretKey::from_slice(secret.as_slice()).expect("a fixed hash below the group order")
}

/// Signs a digest: `r ‖ s ‖ v`, low `s`, `v` 27 or 28, the same each time (RFC 6979).
pub fn sign_digest(key: &SigningKey, digest: B256) -> FixedBytes<65> {
    let (signature, recovery) = key.sign_prehash_recoverable(digest.as_slice());
    let mut bytes = [0u8; 65];
    bytes[..64].copy_from_slice(&signature.to_bytes());
    bytes[64] = 27 + recovery.to_byte();
    bytes.into()
}
