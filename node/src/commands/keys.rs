//! `bttd keys`: the validator's key.

use crate::keys;
use btt_api::keystore::SecretKey;
use clap::{Args, Subcommand};
use eyre::{Result, WrapErr as _};
use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

/// Make and show the validator's key.
#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// Make a key as a file of mode 0600. Print its public key.
    New(New),
    /// Print public key and address of a key file.
    Show(Show),
}

#[derive(Debug, Args)]
pub(super) struct New {
    /// Where to write it.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Show {
    /// A V3 keystore, or 64 hexadecimal digits.
    file: PathBuf,
    /// File whose first line is the password.
    #[arg(long, env = "BTT_PASSWORD_FILE", value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl Keys {
    pub(super) fn run(self) -> Result<()> {
        let (file, password_file) = match self {
            Self::New(New { out }) => {
                let key = SecretKey::random()?;
                write_plain(&out, &key)
                    .wrap_err_with(|| format!("cannot write {}", out.display()))?;
                eprintln!("key        {} (mode 0600; back it up)", out.display());
                (out, None)
            }
            Self::Show(Show { file, password_file }) => (file, password_file),
        };
        let key = keys::load(&file, || keys::password(password_file.as_deref(), &file))?;
        eprintln!("address    {}", keys::address_of(&key));
        println!("{}", keys::public_key_of(&key));
        Ok(())
    }
}

/// Writes a key as hexadecimal digits; never over a file that is there.
pub(super) fn write_plain(file: &Path, key: &SecretKey) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    out.write_all(key.to_hex().as_bytes())?;
    out.write_all(b"\n")?;
    out.sync_all()
}
