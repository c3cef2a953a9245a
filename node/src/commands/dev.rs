//! `bttd dev`: a chain for development, ready at once.

use super::{
    banner::{Banner, print_banner},
    datadir::{self, SpecSource},
    logs,
    run::run_node,
};
use crate::{config::Settings, keys, node::Role, storage::Store};
use btt_genesis::{ChainSpec, Preset, dev_accounts};
use btt_runtime::{config::Validator, state::StateReader as _};
use clap::Args;
use eyre::{Result, eyre};
use std::path::PathBuf;

/// One validator with funded accounts and nothing to configure.
#[derive(Debug, Args)]
pub(super) struct Dev {
    /// Data folder; a chain in it is continued. Without it the chain lives in a temporary folder and goes
    /// with the process.
    #[arg(long, env = "BTT_DATADIR", value_name = "FOLDER")]
    datadir: Option<PathBuf>,
    /// Settings as TOML, such as a watchtower's; flags and environment win over it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Gas limit of a block. Only for a new chain.
    #[arg(long, value_name = "GAS")]
    gas_limit: Option<u64>,
    /// How many of the test mnemonic's accounts are funded, 0 to 10. Only for a new chain.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u8).range(0..=10))]
    accounts: Option<u8>,
    /// Chain id. Only for a new chain.
    #[arg(long, value_name = "ID")]
    chain_id: Option<u64>,
    /// Write URLs, accounts and keys as JSON into this file when ready.
    #[arg(long, value_name = "FILE")]
    config_out: Option<PathBuf>,
    /// Print no banner, and log warnings only.
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    settings: Settings,
}

impl Dev {
    pub(super) fn run(mut self) -> Result<()> {
        if let Some(file) = &self.config {
            self.settings = std::mem::take(&mut self.settings).over(Settings::from_file(file)?);
        }
        logs::start(&self.settings, if self.quiet { "warn" } else { logs::DEFAULT });
        let temporary;
        let folder = match &self.datadir {
            Some(folder) => folder.clone(),
            None => {
                temporary = tempfile::Builder::new().prefix("bttd-dev-").tempdir()?;
                temporary.path().to_owned()
            }
        };
        let store = Store::open(&folder, datadir::store_options(self.settings.cache_mib))?;
        if store.is_empty()? {
            SpecSource::Spec(Box::new(self.spec())).write(&store)?;
        } else {
            self.check_continued(&store.spec(None)?)?;
        }
        let spec = store.spec(None)?;
        let count = funded_accounts(&store)?;
        if let Some(wanted) = self.accounts.filter(|wanted| usize::from(*wanted) != count) {
            return Err(eyre!(
                "--accounts {wanted}: the chain in the data folder was made with {count}; \
                 choose another --datadir, or leave the flag out"
            ));
        }
        let (quiet, config_out) = (self.quiet, self.config_out);
        run_node(store, &self.settings, Role::Dev(keys::dev_validator_key()), false, |node| {
            let banner = Banner {
                spec: &spec,
                rpc: node.rpc_addr(),
                accounts: &dev_accounts()[..count],
                folder: self.datadir.as_deref(),
                head: node.chain().head(),
            };
            if let Some(file) = &config_out {
                banner.write_json(file)?;
            }
            if !quiet {
                print_banner(&banner)?;
            }
            Ok(())
        })
    }

    fn spec(&self) -> ChainSpec {
        let key = keys::dev_validator_key();
        let validator = Validator {
            public_key: keys::public_key_of(&key),
            // An account that the wallet has the key of.
            operator: dev_accounts()[0].address,
            power: keys::LOCAL_POWER,
        };
        let mut spec = Preset::Dev.spec(vec![validator]);
        if let Some(chain_id) = self.chain_id {
            spec.chain_id = chain_id;
        }
        if let Some(gas_limit) = self.gas_limit {
            spec.params.block_gas_limit = gas_limit;
        }
        if let Some(count) = self.accounts {
            for account in &dev_accounts()[usize::from(count)..] {
                spec.alloc.remove(&account.address);
            }
        }
        spec
    }

    /// What a chain was made with cannot be changed by a flag.
    fn check_continued(&self, spec: &ChainSpec) -> Result<()> {
        let fixed = [
            ("--chain-id", self.chain_id, spec.chain_id),
            ("--gas-limit", self.gas_limit, spec.params.block_gas_limit),
        ];
        for (flag, wanted, have) in fixed {
            if let Some(wanted) = wanted.filter(|wanted| *wanted != have) {
                return Err(eyre!(
                    "{flag} {wanted}: the chain in the data folder was made with {have}; \
                     choose another --datadir, or leave the flag out"
                ));
            }
        }
        Ok(())
    }
}

/// How many of the test accounts genesis funded: they stand in the state of block 0, or, where that is
/// pruned, in the newest.
fn funded_accounts(store: &Store) -> Result<usize> {
    let (head, _) = store.head()?.unwrap_or_default();
    let view = store.state_at(0).or_else(|_| store.state_at(head))?;
    let mut count = 0;
    for account in dev_accounts() {
        count += usize::from(view.account(account.address)?.is_some());
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dev() -> Dev {
        Dev {
            config: None,
            datadir: None,
            gas_limit: Some(100_000_000),
            accounts: Some(3),
            chain_id: Some(4242),
            config_out: None,
            quiet: true,
            settings: Settings::default(),
        }
    }

    #[test]
    fn flags_shape_a_new_chain() {
        let spec = dev().spec();
        assert_eq!((spec.chain_id, spec.params.block_gas_limit), (4242, 100_000_000));
        let funded: Vec<bool> =
            dev_accounts().iter().map(|a| spec.alloc.contains_key(&a.address)).collect();
        assert_eq!(funded, [true, true, true, false, false, false, false, false, false, false]);
        assert_eq!(spec.validate(), Ok(()));
    }

    #[test]
    fn flags_do_not_change_a_chain_that_exists() {
        let made = dev().spec();
        assert!(dev().check_continued(&made).is_ok());
        let other = Dev { chain_id: Some(5), ..dev() };
        let error = other.check_continued(&made).unwrap_err().to_string();
        assert!(error.contains("--chain-id 5") && error.contains("4242"), "{error}");
    }
}
