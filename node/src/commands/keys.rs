//! `bttd keys`: the validator's key and the node's.

use crate::{keys, network, storage::Store};
use alloy_primitives::{Address, FixedBytes};
use btt_api::keystore::{KeyFile, SecretKey, kdf::ScryptParams, possession};
use clap::{Args, Subcommand};
use eyre::{Result, WrapErr as _, eyre};
use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// Make and show the validator's key and the node's.
#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// Make a validator's key as a file of mode 0600. Print its public key.
    New(New),
    /// Print public key and address of a validator's key file.
    Show(Show),
    /// Print the peer id of a node's key file.
    Node(Node),
    /// Prove that an operator has the validator's key: what `btt stake create-validator` needs of it, so that
    /// the key never leaves this machine.
    Possession(Possession),
}

#[derive(Debug, Args)]
pub(super) struct New {
    /// Where to write it.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    protection: Protection,
}

#[derive(Debug, Args)]
pub(super) struct Show {
    /// A V3 keystore, or 64 hexadecimal digits.
    file: PathBuf,
    /// File whose first line is the password.
    #[arg(long, env = "BTT_PASSWORD_FILE", value_name = "FILE")]
    password_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Node {
    /// 64 hexadecimal digits; `keys/node` in the data folder.
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Possession {
    /// Data folder; tells the chain, and holds the key. The node may be running.
    #[arg(long, env = "BTT_DATADIR", value_name = "FOLDER")]
    datadir: PathBuf,
    /// Account that will operate the validator, and send the transaction.
    #[arg(long, value_name = "ADDRESS")]
    operator: Address,
    /// The validator's key file; default `keys/validator` in the data folder.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// File whose first line is the password.
    #[arg(long, env = "BTT_PASSWORD_FILE", value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// How a new key lies on disk.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Protection {
    /// Encrypt the validator's key as a V3 keystore, under a password that is asked for.
    #[arg(long)]
    encrypt: bool,
    /// File whose first line is the password (else BTT_PASSWORD, else asked for).
    #[arg(long, requires = "encrypt", value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl Keys {
    pub(super) fn run(self) -> Result<()> {
        let key = match self {
            Self::New(New { out, protection }) => {
                let key = new_validator_key(&out, &protection)?;
                eprintln!("key        {} ({}; back it up)", out.display(), protection.words());
                key
            }
            Self::Show(Show { file, password_file }) => {
                keys::load(&file, || keys::password(password_file.as_deref(), &file))?
            }
            Self::Node(Node { file }) => {
                println!("{}", network::node_key(&file)?.public().to_peer_id());
                return Ok(());
            }
            Self::Possession(options) => return options.run(),
        };
        eprintln!("address    {}", keys::address_of(&key));
        println!("{}", keys::public_key_of(&key));
        Ok(())
    }
}

impl Possession {
    fn run(self) -> Result<()> {
        let spec = Store::read_spec(&self.datadir)?;
        let file = self.key_file.unwrap_or_else(|| keys::validator_key_path(&self.datadir));
        let key = keys::load(&file, || keys::password(self.password_file.as_deref(), &file))?;
        let proof = prove(&key, spec.chain_id, self.operator)?;
        eprintln!("chain      {} (id {})", spec.name, spec.chain_id);
        eprintln!("operator   {}", self.operator);
        eprintln!("next       with the operator's key: btt stake create-validator --name NAME \\");
        eprintln!("             --commission 5% --self-stake AMOUNT \\");
        println!("--public-key {} --possession {proof}", keys::public_key_of(&key));
        Ok(())
    }
}

fn prove(key: &k256::SecretKey, chain_id: u64, operator: Address) -> Result<FixedBytes<65>> {
    let bytes = Zeroizing::new(<[u8; 32]>::from(key.to_bytes()));
    Ok(possession::prove(&SecretKey::from_bytes(&bytes)?, chain_id, operator))
}

impl Protection {
    /// Where the password is.
    pub(super) fn password_file(&self) -> Option<&Path> {
        self.password_file.as_deref()
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.encrypt
    }

    /// For people.
    pub(super) fn words(&self) -> &'static str {
        if self.encrypt { "encrypted, mode 0600" } else { "mode 0600" }
    }

    /// What the key's file shall hold.
    fn text(&self, key: &SecretKey, file: &Path) -> Result<Zeroizing<String>> {
        if !self.encrypt {
            return Ok(key.to_hex());
        }
        let password = keys::new_password(self.password_file.as_deref(), file)?;
        if password.is_empty() {
            return Err(eyre!("the password is empty: it protects nothing; leave --encrypt out"));
        }
        let encrypted = KeyFile::encrypt(key, &password, ScryptParams::STANDARD)?;
        Ok(Zeroizing::new(encrypted.to_json()))
    }
}

/// Makes a validator's key as a new file.
pub(super) fn new_validator_key(file: &Path, protection: &Protection) -> Result<k256::SecretKey> {
    let key = SecretKey::random()?;
    // Before the password is asked for.
    check_free(file)?;
    write_secret(file, &protection.text(&key, file)?)?;
    Ok(k256::SecretKey::from_slice(key.to_bytes().as_slice())?)
}

fn check_free(file: &Path) -> Result<()> {
    match file.try_exists() {
        Ok(true) => Err(eyre!("cannot write {}: there is a file already", file.display())),
        _ => Ok(()),
    }
}

/// Writes a line that nobody else may read; never over a file that is there.
pub(super) fn write_secret(file: &Path, text: &str) -> Result<()> {
    let write = || {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
        out.write_all(text.as_bytes())?;
        out.write_all(b"\n")?;
        out.sync_all()
    };
    write().wrap_err_with(|| format!("cannot write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn mode(file: &Path) -> u32 {
        file.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn possession_is_proven_for_one_operator_on_one_chain() {
        let key = keys::dev_validator_key();
        let operator = Address::repeat_byte(7);
        let proof = prove(&key, 990_003, operator).unwrap();
        let signature = alloy_primitives::Signature::from_raw(proof.as_slice()).unwrap();
        let signer = |chain_id, operator| {
            btt_api::keystore::recover(&signature, &possession::digest(chain_id, operator))
        };
        assert_eq!(signer(990_003, operator), Some(keys::address_of(&key)));
        assert_ne!(signer(990_002, operator), Some(keys::address_of(&key)));
        assert_ne!(signer(990_003, Address::ZERO), Some(keys::address_of(&key)));
    }

    #[test]
    fn a_key_is_written_plain_or_encrypted_and_never_over_another() {
        let folder = tempfile::tempdir().unwrap();
        let (plain, encrypted) = (folder.path().join("plain"), folder.path().join("encrypted"));
        let password = folder.path().join("password");
        fs::write(&password, "correct horse\n").unwrap();
        let protection = Protection { encrypt: true, password_file: Some(password.clone()) };
        let none = || panic!("no password is needed");
        let key = new_validator_key(&plain, &Protection::default()).unwrap();
        assert_eq!(keys::load(&plain, none).unwrap(), key);
        let key = new_validator_key(&encrypted, &protection).unwrap();
        let asked = || keys::password(Some(&password), &encrypted);
        assert_eq!(keys::load(&encrypted, asked).unwrap(), key);
        assert!(fs::read_to_string(&encrypted).unwrap().starts_with('{'));
        assert_eq!((mode(&plain), mode(&encrypted)), (0o600, 0o600));
        let again = new_validator_key(&plain, &Protection::default()).unwrap_err();
        assert!(again.to_string().contains("there is a file already"), "{again}");
        fs::write(&password, "\n").unwrap();
        let empty = new_validator_key(&folder.path().join("other"), &protection).unwrap_err();
        assert!(empty.to_string().contains("the password is empty"), "{empty}");
    }
}
