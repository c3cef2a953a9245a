//! `bttd verify`, `export`, `rollback`: work on the data folder of a node that does not run.

use super::datadir::open_existing;
use btt_runtime::executor::check_invariants;
use btt_runtime::primitives::amount::format_btt;
use clap::Args;
use eyre::{Result, WrapErr as _, eyre};
use std::{
    fs::File,
    io::{BufWriter, Write},
    path::PathBuf,
};

/// Recompute the state root from the state, compare the trie, sum the supply.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// Data folder.
    #[arg(long, env = "BTT_DATADIR", value_name = "FOLDER")]
    datadir: PathBuf,
}

impl Verify {
    pub(super) fn run(self) -> Result<()> {
        let store = open_existing(&self.datadir, None)?;
        let report = store.verify()?;
        check_invariants(&store.spec(None)?.config(), &store)?;
        eprintln!("state      block {}", report.number);
        eprintln!("accounts   {}", report.accounts);
        eprintln!("slots      {}", report.slots);
        eprintln!("branches   {}", report.branches);
        let supply = alloy_primitives::U256::from(btt_runtime::primitives::SUPPLY_WEI);
        eprintln!("supply     {}", format_btt(supply));
        eprintln!("modules    the escrows of staking and governance hold what they owe");
        println!("{}", report.state_root);
        Ok(())
    }
}

/// Write the state after a block as a chain spec.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// Data folder.
    #[arg(long, env = "BTT_DATADIR", value_name = "FOLDER")]
    datadir: PathBuf,
    /// The block; default the newest.
    #[arg(long, value_name = "NUMBER")]
    height: Option<u64>,
    /// Where to write it; default stdout.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Export {
    pub(super) fn run(self) -> Result<()> {
        let store = open_existing(&self.datadir, None)?;
        let (head, _) = store.head()?.unwrap_or_default();
        let height = self.height.unwrap_or(head);
        let mut spec = store.spec(None)?;
        spec.alloc.clear();
        // All of the supply is in the accounts now.
        spec.remainder_to = None;
        let json = spec.to_json()?;
        let (before, after) = json
            .split_once("\"alloc\": {}")
            .ok_or_else(|| eyre!("the spec of this chain cannot be written"))?;
        let mut out: BufWriter<Box<dyn Write>> = BufWriter::new(match &self.out {
            Some(file) => Box::new(
                File::create(file).wrap_err_with(|| format!("cannot write {}", file.display()))?,
            ),
            None => Box::new(std::io::stdout().lock()),
        });
        write!(out, "{before}\"alloc\": {{")?;
        let mut is_first = true;
        store.export(height, |address, account| {
            let comma = if std::mem::take(&mut is_first) { "" } else { "," };
            write!(out, "{comma}\n    \"{address}\": {}", serde_json::to_string(&account)?)
        })?;
        writeln!(out, "\n  }}{after}")?;
        out.flush()?;
        eprintln!("state after block {height}");
        Ok(())
    }
}

/// Make an older block the newest again.
#[derive(Debug, Args)]
pub(super) struct Rollback {
    /// Data folder.
    #[arg(long, env = "BTT_DATADIR", value_name = "FOLDER")]
    datadir: PathBuf,
    /// The block that shall be the newest. Every later one is deleted.
    #[arg(long, value_name = "NUMBER")]
    to: u64,
}

impl Rollback {
    pub(super) fn run(self) -> Result<()> {
        let store = open_existing(&self.datadir, None)?;
        let (head, _) = store.head()?.unwrap_or_default();
        store.rollback(self.to)?;
        eprintln!("rolled back from block {head} to block {}", self.to);
        let (_, hash) = store.head()?.unwrap_or_default();
        println!("{hash}");
        Ok(())
    }
}
