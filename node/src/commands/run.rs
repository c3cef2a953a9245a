//! `bttd run`, and the running of any node until a signal or a failure ends it.

use super::{datadir, logs};
use crate::{config::Settings, keys, node::Node, storage::Store};
use btt_runtime::primitives::DEV_CHAIN_ID;
use clap::Args;
use eyre::{Result, WrapErr as _, eyre};
use k256::SecretKey;
use std::path::PathBuf;
use tokio::signal::unix::{SignalKind, signal};

/// Run the validator of a data folder.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// Data folder, made by `bttd init`.
    #[arg(long, env = "BTT_DATADIR", value_name = "FOLDER")]
    datadir: PathBuf,
    /// Settings as TOML; flags and environment win over it. Default: `config.toml` in the data folder.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

impl Run {
    pub(super) fn run(self) -> Result<()> {
        let default = self.datadir.join("config.toml");
        let settings = match self.config {
            Some(file) => self.settings.over(Settings::from_file(&file)?),
            None if default.is_file() => self.settings.over(Settings::from_file(&default)?),
            None => self.settings,
        };
        logs::start(&settings, logs::DEFAULT);
        let store = datadir::open_existing(&self.datadir, settings.cache_mib)?;
        let spec = store.spec(None)?;
        let is_dev = spec.chain_id == DEV_CHAIN_ID;
        let key_file = match &settings.validator_key {
            Some(file) => file.clone(),
            None => keys::validator_key_path(&self.datadir),
        };
        let key = if is_dev && !key_file.exists() {
            keys::dev_validator_key()
        } else {
            keys::load(&key_file, || keys::password(settings.password_file.as_deref(), &key_file))?
        };
        let name = spec.name;
        run_node(store, &settings, key, is_dev, |node| {
            let head = node.chain().head();
            let addr = node.rpc_addr();
            tracing::info!(chain = name, height = head.number, rpc = %addr, "bttd is ready");
            Ok(())
        })
    }
}

/// Runs a node until SIGINT, SIGTERM or a failure. `ready` is called once it answers.
pub(super) fn run_node(
    store: Store,
    settings: &Settings,
    key: SecretKey,
    is_dev: bool,
    ready: impl FnOnce(&Node) -> Result<()>,
) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .wrap_err("cannot start the runtime")?;
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut node = Node::start(store, settings, key, is_dev).await?;
        ready(&node)?;
        let failure = tokio::select! {
            _ = interrupt.recv() => None,
            _ = terminate.recv() => None,
            reason = node.failure() => Some(reason),
        };
        tracing::info!("stopping");
        let stopped = node.stop().await;
        match failure {
            Some(reason) => Err(eyre!("the validator stopped: {reason}")),
            None => stopped,
        }
    })
}
