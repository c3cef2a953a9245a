//! `bttd genesis`: chain specs as files.

use super::datadir::{SpecSource, store_options};
use crate::storage::Store;
use alloy_primitives::{Address, FixedBytes};
use btt_genesis::{ChainSpec, Preset};
use btt_runtime::config::Validator;
use clap::{Args, Subcommand};
use eyre::{Result, WrapErr as _, eyre};
use std::{path::PathBuf, str::FromStr};

/// Build, check and hash chain specs.
#[derive(Debug, Subcommand)]
pub(super) enum Genesis {
    /// Write a preset as a file, with these validators.
    Build(Build),
    /// Check a spec; print nothing if it is right.
    Validate(Named),
    /// Print the genesis hash of a spec.
    Hash(Named),
}

#[derive(Debug, Args)]
pub(super) struct Build {
    /// The preset to begin with: dev, localnet, testnet, mainnet.
    #[arg(long, value_name = "PRESET")]
    chain: String,
    /// A validator; again for each.
    #[arg(long = "validator", value_name = "PUBLIC_KEY:OPERATOR:POWER")]
    validators: Vec<ValidatorArg>,
    /// Another name for the chain.
    #[arg(long)]
    name: Option<String>,
    /// Another chain id.
    #[arg(long, value_name = "ID")]
    chain_id: Option<u64>,
    /// Time of block 0, in ms since 1970.
    #[arg(long, value_name = "MS")]
    time_ms: Option<u64>,
    /// Where to write it; default stdout.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Named {
    /// A preset, or the file of a spec.
    #[arg(value_name = "PRESET|FILE")]
    chain: String,
}

/// A validator on the command line.
#[derive(Debug, Clone)]
struct ValidatorArg(Validator);

impl FromStr for ValidatorArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split(':').collect();
        let [key, operator, power] = parts[..] else {
            return Err("write it as PUBLIC_KEY:OPERATOR:POWER".into());
        };
        let public_key: FixedBytes<33> =
            key.parse().map_err(|e| format!("public key of 33 bytes: {e}"))?;
        let operator: Address = operator.parse().map_err(|e| format!("operator address: {e}"))?;
        let power = power.parse().map_err(|e| format!("power in whole BTT: {e}"))?;
        Ok(Self(Validator { public_key, operator, power }))
    }
}

impl Genesis {
    pub(super) fn run(self) -> Result<()> {
        match self {
            Self::Build(build) => build.run(),
            Self::Validate(named) => {
                let (spec, accounts, _) = named.build()?;
                eprintln!("{}: right, {accounts} accounts, chain id {}", spec.name, spec.chain_id);
                Ok(())
            }
            Self::Hash(named) => {
                println!("{}", named.build()?.2);
                Ok(())
            }
        }
    }
}

impl Build {
    fn run(self) -> Result<()> {
        let presets = Preset::names().join(", ");
        let preset = Preset::by_name(&self.chain)
            .ok_or_else(|| eyre!("'{}' is no preset; known are {presets}", self.chain))?;
        let mut spec = preset.spec(self.validators.into_iter().map(|v| v.0).collect());
        spec.name = self.name.unwrap_or(spec.name);
        spec.chain_id = self.chain_id.unwrap_or(spec.chain_id);
        spec.genesis_time_ms = self.time_ms.unwrap_or(spec.genesis_time_ms);
        spec.validate()?;
        let json = spec.to_json()?;
        match self.out {
            Some(file) => std::fs::write(&file, json + "\n")
                .wrap_err_with(|| format!("cannot write {}", file.display()))?,
            None => println!("{json}"),
        }
        Ok(())
    }
}

impl Named {
    /// Builds the whole genesis state in a temporary folder: nothing less finds every fault.
    fn build(self) -> Result<(ChainSpec, u64, alloy_primitives::B256)> {
        let folder = tempfile::tempdir()?;
        let store = Store::open(folder.path(), store_options(None))?;
        let (spec, totals, hash) = SpecSource::named(&self.chain)?.write(&store)?;
        Ok((spec, totals.accounts, hash))
    }
}
