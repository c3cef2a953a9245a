//! Where chains live on disk, and how a store in one is opened and filled.

use crate::storage::{GenesisWriter, Store, StoreOptions};
use alloy_primitives::B256;
use btt_genesis::{ChainSpec, Preset, Totals, stream_spec};
use eyre::{Result, WrapErr as _, eyre};
use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

/// `~/.btt/<chain>`.
pub(super) fn default_datadir(chain: &str) -> Result<PathBuf> {
    let home = std::env::var_os("HOME").ok_or_else(|| eyre!("HOME is not set; give --datadir"))?;
    Ok(PathBuf::from(home).join(".btt").join(chain))
}

/// Settings of the store from the cache size asked for.
pub(super) fn store_options(cache_mib: Option<usize>) -> StoreOptions {
    let mut options = StoreOptions::default();
    if let Some(mib) = cache_mib {
        options.block_cache_bytes = mib << 20;
    }
    options
}

/// A chain spec by preset name, or a file of one.
#[derive(Debug, Clone)]
pub(super) enum SpecSource {
    /// In memory.
    Spec(Box<ChainSpec>),
    /// To be streamed.
    File(PathBuf),
}

impl SpecSource {
    pub(super) fn named(name: &str) -> Result<Self> {
        if let Some(preset) = Preset::by_name(name) {
            return Ok(Self::Spec(Box::new(preset.spec(Vec::new()))));
        }
        let file = PathBuf::from(name);
        if file.exists() && !file.is_dir() {
            return Ok(Self::File(file));
        }
        let presets = Preset::names().join(", ");
        Err(eyre!("'{name}' is neither a preset ({presets}) nor a file"))
    }

    /// Fills an empty store. Returns the spec, what it holds and the genesis hash.
    pub(super) fn write(self, store: &Store) -> Result<(ChainSpec, Totals, B256)> {
        let mut writer = GenesisWriter::new(store)?;
        let (spec, totals) = match self {
            Self::Spec(spec) => spec.stream(&mut writer)?,
            Self::File(file) => {
                let opened =
                    File::open(&file).wrap_err_with(|| format!("spec {}", file.display()))?;
                stream_spec(BufReader::with_capacity(1 << 20, opened), &mut writer)
                    .wrap_err_with(|| format!("spec {}", file.display()))?
            }
        };
        let hash = writer.finish(&spec)?;
        Ok((spec, totals, hash))
    }
}

/// Opens a folder that must hold a chain.
pub(super) fn open_existing(datadir: &Path, cache_mib: Option<usize>) -> Result<Store> {
    if !datadir.is_dir() {
        let folder = datadir.display();
        return Err(eyre!(
            "there is no data folder {folder}; make one with: bttd init --chain PRESET --datadir {folder}"
        ));
    }
    let store = Store::open(datadir, store_options(cache_mib))?;
    // Says so if it is empty.
    store.spec(None)?;
    Ok(store)
}
