//! The tower under way: blocks and the clock make it look.

use super::{Kept, Tower, Watch, WatchtowerSettings, admit::now_ms};
use crate::{
    chain::Chain,
    keys::{self, KeyError},
    mempool::Mempool,
    metrics,
};
use btt_runtime::{block::header::time_ms, state::StoreError};
use k256::{SecretKey, ecdsa::SigningKey};
use parking_lot::Mutex;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    task::JoinHandle,
};

/// Without a block it looks this often.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Why a tower does not start.
#[derive(Debug, thiserror::Error)]
pub enum TowerError {
    /// Its key cannot be read.
    #[error("watchtower: {0}")]
    Key(#[from] KeyError),
    /// What it kept cannot be read.
    #[error("watchtower: {0}")]
    Store(#[from] StoreError),
    /// What it kept does not decode.
    #[error("watchtower: the database is damaged: a voucher does not decode: {0}")]
    Damaged(#[from] alloy_rlp::Error),
}

/// A tower that looks by itself, until this is dropped.
#[derive(Debug)]
pub struct Running {
    tower: Arc<Tower>,
    task: JoinHandle<()>,
}

impl Running {
    /// The tower.
    pub fn tower(&self) -> &Arc<Tower> {
        &self.tower
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Tower {
    /// Starts the tower that the settings ask for; `None` without a key file.
    ///
    /// # Errors
    /// [`TowerError`]: a key or voucher that cannot be read.
    pub fn start(
        chain: &Arc<Chain>,
        mempool: &Arc<Mempool>,
        settings: &WatchtowerSettings,
    ) -> Result<Option<Running>, TowerError> {
        let Some(file) = &settings.key_file else { return Ok(None) };
        let password = || keys::password(settings.password_file.as_deref(), file);
        let key = keys::load(file, password)?;
        let tower = Arc::new(Self::open(chain, mempool, settings.clone(), &key)?);
        let vouchers = tower.watch.lock().kept.len();
        tracing::info!(address = %tower.address, vouchers, "the watchtower watches");
        let (task, blocks) = (tower.clone(), chain.subscribe());
        let task = tokio::spawn(async move { task.run(blocks).await });
        Ok(Some(Running { tower, task }))
    }

    /// The tower with what it kept before.
    pub(super) fn open(
        chain: &Arc<Chain>,
        mempool: &Arc<Mempool>,
        settings: WatchtowerSettings,
        key: &SecretKey,
    ) -> Result<Self, TowerError> {
        let mut watch = Watch::default();
        for row in chain.store().watched()? {
            let kept: Kept = alloy_rlp::decode_exact(&row)?;
            watch.kept.insert(kept.lane(), kept);
        }
        metrics::tower_started();
        metrics::tower_keeps(watch.kept.len());
        let tower = Self {
            chain: chain.clone(),
            mempool: mempool.clone(),
            key: SigningKey::from(key),
            address: keys::address_of(key),
            settings,
            watch: Mutex::new(watch),
        };
        tower.look_at_all();
        Ok(tower)
    }

    async fn run(self: Arc<Self>, mut blocks: Receiver<Arc<crate::storage::StoredBlock>>) {
        let mut clock = tokio::time::interval(LOOK_INTERVAL);
        loop {
            tokio::select! {
                block = blocks.recv() => match block {
                    Ok(block) => self.on_block(&block),
                    Err(RecvError::Lagged(_)) => self.look_at_all(),
                    Err(RecvError::Closed) => return,
                },
                _ = clock.tick() => {}
            }
            let tower = self.clone();
            let looked = tokio::task::spawn_blocking(move || tower.act(tower.now_ms())).await;
            match looked {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "the watchtower could not look"),
                Err(error) => tracing::error!(%error, "the watchtower failed"),
            }
        }
    }

    /// Now, by the clock or by the newest block: a dev chain's time may run ahead.
    fn now_ms(&self) -> u64 {
        time_ms(&self.chain.head().header).unwrap_or(0).max(now_ms())
    }
}
