//! `bttd init`: a data folder for a chain.

use super::{
    datadir::{self, SpecSource},
    keys::{Protection, new_validator_key},
};
use crate::{keys, network, storage::Store};
use btt_genesis::{Preset, dev_accounts};
use btt_runtime::config::Validator;
use clap::Args;
use eyre::{Result, eyre};
use std::path::{Path, PathBuf};

/// Make a data folder for a chain.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// A preset (dev, localnet, testnet, mainnet), or the file of a chain spec.
    #[arg(long, value_name = "PRESET|FILE")]
    chain: String,
    /// Data folder; default `~/.btt/<chain>`.
    #[arg(long, env = "BTT_DATADIR", value_name = "FOLDER")]
    datadir: Option<PathBuf>,
    #[command(flatten)]
    protection: Protection,
}

impl Init {
    pub(super) fn run(self) -> Result<()> {
        let mut source = SpecSource::named(&self.chain)?;
        let folder = match &self.datadir {
            Some(folder) => folder.clone(),
            None => datadir::default_datadir(file_stem(&self.chain))?,
        };
        let mut made_key = None;
        if self.protection.is_encrypted()
            && !matches!(Preset::by_name(&self.chain), Some(Preset::Localnet))
        {
            return Err(eyre!(
                "--encrypt: the validators of chain '{}' are named already, so no key is made; make one \
                 with: bttd keys new --encrypt --out FILE",
                self.chain
            ));
        }
        if let SpecSource::Spec(spec) = &mut source
            && spec.validators.is_empty()
        {
            let key = match Preset::by_name(&self.chain) {
                Some(Preset::Dev) => keys::dev_validator_key(),
                // A chain on one machine: whoever makes it is its validator.
                Some(Preset::Localnet) => {
                    let (key, file) = validator_key(&folder, &self.protection)?;
                    made_key = Some(file);
                    key
                }
                _ => {
                    return Err(eyre!(
                        "preset {} has no validators yet; make a spec that names them: \
                         bttd genesis build --chain {} --validator PUBLIC_KEY:OPERATOR:POWER --out FILE",
                        self.chain,
                        self.chain
                    ));
                }
            };
            let validator = Validator {
                public_key: keys::public_key_of(&key),
                operator: dev_accounts()[0].address,
                power: keys::LOCAL_POWER,
            };
            spec.validators.push(validator.into());
        }
        let store = Store::open(&folder, datadir::store_options(None))?;
        if !store.is_empty()? {
            let spec = store.spec(None)?;
            return Err(eyre!(
                "data folder {} holds chain '{}' already; choose another --datadir",
                folder.display(),
                spec.name
            ));
        }
        let (spec, totals, hash) = source.write(&store)?;
        let node_key_file = network::node_key_path(&folder);
        let peer_id = network::node_key(&node_key_file)?.public().to_peer_id();
        eprintln!("chain      {} (id {})", spec.name, spec.chain_id);
        eprintln!("accounts   {}", totals.accounts);
        eprintln!("data       {}", folder.display());
        if let Some(file) = made_key {
            let how = self.protection.words();
            eprintln!("validator  {} ({how}; back it up)", file.display());
        }
        eprintln!("node       {peer_id} ({})", node_key_file.display());
        eprintln!("next       bttd run --datadir {}", folder.display());
        println!("{hash}");
        Ok(())
    }
}

fn file_stem(chain: &str) -> &str {
    Path::new(chain).file_stem().and_then(|stem| stem.to_str()).unwrap_or("chain")
}

/// The validator's key in a data folder; makes one if there is none.
fn validator_key(folder: &Path, protection: &Protection) -> Result<(k256::SecretKey, PathBuf)> {
    let file = keys::validator_key_path(folder);
    let key = if file.exists() {
        keys::load(&file, || keys::password(protection.password_file(), &file))?
    } else {
        new_validator_key(&file, protection)?
    };
    Ok((key, file))
}
