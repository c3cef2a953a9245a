//! `bttd run`, and the running of any node until a signal or a failure ends it.

use super::{datadir, logs};
use crate::{
    config::{CONFIG_FILE_NAME, Settings},
    keys,
    node::{Node, Role},
    storage::Store,
};
use btt_runtime::primitives::DEV_CHAIN_ID;
use clap::Args;
use eyre::{Result, WrapErr as _, eyre};
use k256::SecretKey;
use std::path::{Path, PathBuf};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};

/// Run the validator or the full node of a data folder.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// Data folder, made by `bttd init`.
    #[arg(long, env = "BTT_DATADIR", value_name = "FOLDER")]
    datadir: PathBuf,
    /// Settings as TOML; flags and environment win over it. Default: `config.toml` in the data folder.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// End when stdin ends: nodes that a supervisor started end with it.
    #[arg(long, env = "BTT_EXIT_WITH_PARENT", hide = true)]
    exit_with_parent: bool,
    #[command(flatten)]
    settings: Settings,
}

impl Run {
    pub(super) fn run(self) -> Result<()> {
        let default = self.datadir.join(CONFIG_FILE_NAME);
        let settings = match self.config {
            Some(file) => self.settings.over(Settings::from_file(&file)?),
            None if default.is_file() => self.settings.over(Settings::from_file(&default)?),
            None => self.settings,
        };
        logs::start(&settings, logs::DEFAULT);
        let store = datadir::open_existing(&self.datadir, settings.cache_mib)?;
        let spec = store.spec(None)?;
        let is_dev = spec.chain_id == DEV_CHAIN_ID;
        let key = validator_key(&settings, &self.datadir, is_dev)?;
        let name = spec.name;
        let role = match key {
            Some(secret) if is_dev => Role::Dev(secret),
            key => Role::Member { key, datadir: self.datadir.clone() },
        };
        run_node(store, &settings, role, self.exit_with_parent, |node| {
            let head = node.chain().head();
            let addr = node.rpc_addr();
            tracing::info!(chain = name, height = head.number, rpc = %addr, "bttd is ready");
            Ok(())
        })
    }
}

/// The key that the node signs with; `None` for a full node.
fn validator_key(settings: &Settings, datadir: &Path, is_dev: bool) -> Result<Option<SecretKey>> {
    if settings.is_full_node() {
        return Ok(None);
    }
    let file = settings.validator_key(datadir);
    if file.exists() {
        let password = || keys::password(settings.password_file.as_deref(), &file);
        return Ok(Some(keys::load(&file, password)?));
    }
    if is_dev {
        return Ok(Some(keys::dev_validator_key()));
    }
    let file = file.display();
    Err(eyre!(
        "there is no validator's key {file}; make one with: bttd keys new --out {file}; or follow the chain \
         without a vote: --full-node"
    ))
}

/// Ends when stdin does, if that is to be watched.
async fn parent_gone(is_watched: bool) {
    if !is_watched {
        return std::future::pending().await;
    }
    let (gone, told) = oneshot::channel();
    // A thread of its own: a read of stdin cannot be taken back, and must not hold up the runtime's end.
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = gone.send(());
    });
    let _ = told.await;
}

/// Runs a node until SIGINT, SIGTERM, a failure, or with `exit_with_parent` the end of stdin. `ready` is called once it answers.
pub(super) fn run_node(
    store: Store,
    settings: &Settings,
    role: Role,
    exit_with_parent: bool,
    ready: impl FnOnce(&Node) -> Result<()>,
) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .wrap_err("cannot start the runtime")?;
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut node = Node::start(store, settings, role).await?;
        ready(&node)?;
        let failure = tokio::select! {
            _ = interrupt.recv() => None,
            _ = terminate.recv() => None,
            () = parent_gone(exit_with_parent) => None,
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
