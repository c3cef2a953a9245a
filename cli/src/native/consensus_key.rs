//! A validator's consensus key, and the proof that one has it.

use std::path::Path;

use alloy_primitives::{Address, Bytes};
use btt_api::keystore::{KeyFile, MAX_FILE_BYTES, SecretKey, possession as proof};
use zeroize::Zeroizing;

use crate::args::ConsensusKey;
use crate::error::{CliError, Code};
use crate::keys::password::Passwords;
use crate::parse;

/// Bytes of a compressed public key.
const PUBLIC_KEY_BYTES: usize = 33;
/// Bytes of a signature.
const SIGNATURE_BYTES: usize = 65;

/// A consensus key as the contract wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Possession {
    /// The compressed public key.
    pub public_key: Bytes,
    /// Its signature over operator and chain.
    pub signature: Bytes,
}

/// What the options say, or what the key in their file proves.
///
/// # Errors
/// [`Code::InvalidArgument`], [`Code::Keystore`], [`Code::WrongPassword`], [`Code::PasswordRequired`].
pub fn possession(
    options: &ConsensusKey,
    chain_id: u64,
    operator: Address,
) -> Result<Possession, CliError> {
    if let Some(file) = &options.consensus_key_file {
        let passwords = Passwords::new(options.consensus_password_file.clone());
        let key = read(file, &passwords)?;
        let signature = Bytes::copy_from_slice(proof::prove(&key, chain_id, operator).as_slice());
        return Ok(Possession {
            public_key: Bytes::copy_from_slice(key.public_key().as_slice()),
            signature,
        });
    }
    let given = |argument: &str, text: &Option<String>, size: usize| {
        let bytes = parse::bytes(argument, text.as_deref().unwrap_or_default())?;
        if bytes.len() == size {
            return Ok(bytes);
        }
        let text = format!("{argument} has {} of {size} bytes", bytes.len());
        Err(CliError::new(Code::InvalidArgument, text)
            .hint("Print it: bttd keys possession --datadir DIR --operator ADDRESS"))
    };
    Ok(Possession {
        public_key: given("--public-key", &options.public_key, PUBLIC_KEY_BYTES)?,
        signature: given("--possession", &options.possession, SIGNATURE_BYTES)?,
    })
}

/// The key in a file of `bttd`: 64 hex digits, or a V3 keystore.
fn read(file: &Path, passwords: &Passwords) -> Result<SecretKey, CliError> {
    let shown = file.display();
    let unreadable = |why: String| {
        CliError::new(Code::Keystore, format!("the consensus key file {shown} {why}"))
    };
    let size = std::fs::metadata(file).map_err(|e| unreadable(format!("cannot be read: {e}")))?;
    if size.len() > MAX_FILE_BYTES as u64 {
        return Err(unreadable("is no key file: it is too large".to_owned()));
    }
    let text = std::fs::read_to_string(file)
        .map(Zeroizing::new)
        .map_err(|error| unreadable(format!("cannot be read: {error}")))?;
    if !text.trim_start().starts_with('{') {
        return SecretKey::from_hex(&text)
            .map_err(|error| unreadable(format!("is wrong: {error}")));
    }
    let key_file = KeyFile::parse(&text)?;
    let password = passwords.existing(&format!("the consensus key {shown}"))?;
    Ok(key_file.decrypt(&password)?)
}

#[cfg(test)]
mod tests {
    use btt_api::keystore::kdf::ScryptParams;

    use super::*;

    const KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

    fn options() -> ConsensusKey {
        ConsensusKey {
            consensus_key_file: None,
            consensus_password_file: None,
            public_key: None,
            possession: None,
        }
    }

    #[test]
    fn a_plain_file_and_a_keystore_prove_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str, text: &str| {
            let file = folder.path().join(name);
            std::fs::write(&file, text).unwrap();
            Some(file)
        };
        let key = SecretKey::from_hex(KEY).unwrap();
        let light = ScryptParams { n: 1 << 12, r: 8, p: 1 };
        let keystore = KeyFile::encrypt(&key, "secret", light).unwrap().to_json();
        let plain = ConsensusKey { consensus_key_file: at("plain", KEY), ..options() };
        let encrypted = ConsensusKey {
            consensus_key_file: at("encrypted", &keystore),
            consensus_password_file: at("password", "secret\n"),
            ..options()
        };
        let operator = Address::repeat_byte(1);
        let proven = possession(&plain, 990_003, operator).unwrap();
        assert_eq!(possession(&encrypted, 990_003, operator).unwrap(), proven);
        assert_eq!((proven.public_key.len(), proven.signature.len()), (33, 65));
        assert_ne!(possession(&plain, 990_002, operator).unwrap().signature, proven.signature);
        let broken = ConsensusKey { consensus_key_file: at("broken", &KEY[..20]), ..options() };
        let error = possession(&broken, 1, operator).unwrap_err();
        assert!(error.message.contains("64 hex digits") && !error.message.contains("ac0974"));
    }

    #[test]
    fn what_is_given_in_hex_must_have_its_size() {
        let given = ConsensusKey {
            public_key: Some(format!("0x02{}", "11".repeat(32))),
            possession: Some("0x1234".to_owned()),
            ..options()
        };
        let error = possession(&given, 1, Address::ZERO).unwrap_err();
        assert_eq!(error.message, "--possession has 2 of 65 bytes");
        let whole = ConsensusKey { possession: Some(format!("0x{}", "22".repeat(65))), ..given };
        assert_eq!(possession(&whole, 1, Address::ZERO).unwrap().signature.len(), 65);
    }
}
