//! Waiting transactions. Their senders are recovered once, on arrival, and stay with them, so that neither
//! building nor importing a block recovers again.
//!
//! ```text
//! bytes ► decode ► recover ► stateless rules ► (lock) account rules ► pool ► source of a block
//! ```
//! The rules are the executor's own ([`btt_runtime::tx::validate`]).

mod error;
mod limits;
mod pool;
mod source;
#[cfg(test)]
mod tests;

pub use error::SubmitError;
pub use limits::PoolLimits;
pub use pool::PoolContent;
pub use source::BlockSource;

use crate::{chain::Chain, recovery::recover_all, storage::StoredBlock};
use alloy_primitives::{Address, B256, Bytes};
use btt_runtime::{
    evm::{gas_params, modules_of, tx_env},
    executor::carried_signatures,
    state::{StateChanges, StateReader as _},
    tx::{
        InvalidTransaction, RecoveryMemo, Transaction, UnrecoveredTransaction,
        validate::{validate_fee, validate_stateless},
    },
};
use parking_lot::Mutex;
use pool::{Pool, SenderState};
use revm::context_interface::cfg::GasParams;
use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};
use tokio::sync::broadcast;

/// Admitted transactions that a slow reader may lag behind before it misses one.
const ADMITTED_BACKLOG: usize = 4_096;

/// No signature in calldata costs its transaction less gas.
const LEAST_GAS_PER_SIGNATURE: u64 = 3_000;

/// What is told when a transaction is admitted.
type Wake = Box<dyn Fn() + Send + Sync>;

/// The mempool.
pub struct Mempool {
    chain: Arc<Chain>,
    gas_params: GasParams,
    pool: Mutex<Pool>,
    admitted: broadcast::Sender<Arc<Transaction>>,
    wake: OnceLock<Wake>,
}

impl std::fmt::Debug for Mempool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mempool").field("status", &self.status()).finish_non_exhaustive()
    }
}

impl Mempool {
    /// An empty pool on a chain.
    pub fn new(chain: Arc<Chain>, limits: PoolLimits) -> Self {
        Self {
            gas_params: gas_params(chain.config()),
            chain,
            pool: Mutex::new(Pool::new(limits)),
            admitted: broadcast::channel(ADMITTED_BACKLOG).0,
            wake: OnceLock::new(),
        }
    }

    /// Calls `wake` whenever a transaction was admitted. Once only.
    pub fn on_admitted(&self, wake: impl Fn() + Send + Sync + 'static) {
        let _ = self.wake.set(Box::new(wake));
    }

    /// Takes in one signed transaction and returns its hash.
    pub fn submit(&self, raw: Bytes) -> Result<B256, SubmitError> {
        let tx = self.check(raw)?;
        let hash = tx.hash();
        let result = self.admit(&mut self.pool.lock(), tx.clone());
        self.announce([tx].into_iter().filter(|_| result.is_ok()));
        result.map(|()| hash)
    }

    /// Takes in many under one lock. Each has its own result.
    pub fn submit_batch(&self, raws: Vec<Bytes>) -> Vec<Result<B256, SubmitError>> {
        let checked: Vec<_> = raws.into_iter().map(|raw| self.check(raw)).collect();
        let mut pool = self.pool.lock();
        let mut admitted = Vec::with_capacity(checked.len());
        let results = checked
            .into_iter()
            .map(|checked| {
                let tx = checked?;
                self.admit(&mut pool, tx.clone())?;
                let hash = tx.hash();
                admitted.push(tx);
                Ok(hash)
            })
            .collect();
        drop(pool);
        self.announce(admitted.into_iter());
        results
    }

    /// Everything that needs no state: the costly part, outside of the lock.
    fn check(&self, raw: Bytes) -> Result<Arc<Transaction>, SubmitError> {
        let tx = UnrecoveredTransaction::decode(raw)?;
        if self.pool.lock().contains(&tx.hash) {
            return Err(SubmitError::AlreadyKnown);
        }
        let tx = tx.recover(&RecoveryMemo::default()).map_err(InvalidTransaction::from)?;
        let config = self.chain.config();
        validate_stateless(config, &self.gas_params, &tx, &tx_env(config, &tx))?;
        let recovered = self.recover_carried(&tx)?;
        Ok(Arc::new(tx.with_recovered(recovered)))
    }

    /// Who signed the vouchers that a transaction carries, recovered while it waits and not while its block
    /// does. Only of what is next of a sender who can pay for it: others have not earned the work.
    fn recover_carried(&self, tx: &Transaction) -> Result<RecoveryMemo, SubmitError> {
        let carried = carried_signatures(self.chain.config(), tx.envelope());
        let gas = alloy_consensus::Transaction::gas_limit(tx.envelope());
        if carried.is_empty() || (gas / LEAST_GAS_PER_SIGNATURE) < carried.len() as u64 {
            return Ok(RecoveryMemo::default());
        }
        let account = self.sender_state(tx.sender())?.account;
        let next = self.pending_nonce(tx.sender()).unwrap_or(account.nonce);
        let can_pay = tx.max_cost_wei().is_some_and(|cost| cost <= account.balance);
        if tx.nonce() != next || !can_pay {
            return Ok(RecoveryMemo::default());
        }
        Ok(recover_all(&carried))
    }

    fn admit(&self, pool: &mut Pool, tx: Arc<Transaction>) -> Result<(), SubmitError> {
        let head = self.chain.head();
        let gas_limit = head.next_gas_limit;
        let gas = alloy_consensus::Transaction::gas_limit(tx.envelope());
        if gas > gas_limit {
            return Err(InvalidTransaction::BlockGas { left: gas_limit, gas }.into());
        }
        // Below the floor it could never be included.
        validate_fee(&tx, self.floor_wei())?;
        // Read under the lock: a commit updates the pool under it afterwards, so nothing stale stays.
        let sender = tx.sender();
        let state = match pool.sender_state(&sender) {
            Some(state) => state,
            None => self.sender_state(sender)?,
        };
        pool.insert(tx, state)
    }

    fn floor_wei(&self) -> u64 {
        self.chain.head().min_base_fee_wei
    }

    fn sender_state(&self, sender: Address) -> Result<SenderState, SubmitError> {
        let account = self.chain.head_account(sender)?.unwrap_or_default();
        let has_code = account.code_hash != btt_runtime::state::account::KECCAK256_EMPTY
            && self.chain.store().code(account.code_hash)?.is_some_and(|code| !code.is_eip7702());
        Ok(SenderState { account, has_code })
    }

    fn announce(&self, admitted: impl Iterator<Item = Arc<Transaction>>) {
        let mut any = false;
        let has_readers = self.admitted.receiver_count() > 0;
        for tx in admitted {
            any = true;
            if has_readers {
                let _ = self.admitted.send(tx);
            }
        }
        if any && let Some(wake) = self.wake.get() {
            wake();
        }
    }

    /// After a commit: what it included goes, what it changed of senders is taken over.
    pub fn on_block(&self, block: &StoredBlock, changes: &StateChanges) {
        let mut pool = self.pool.lock();
        pool.remove_included(&block.transactions);
        for (address, change) in &changes.accounts {
            if pool.sender_state(address).is_some() {
                let account = change.after.unwrap_or_default();
                let has_code = pool.sender_state(address).is_some_and(|state| state.has_code);
                pool.update_sender(*address, SenderState { account, has_code });
            }
        }
        pool.expire();
    }

    /// Never again takes in a transaction that broke the machine (rule C.3).
    pub fn ban(&self, hash: B256) {
        self.pool.lock().ban(hash);
    }

    /// Takes a transaction out.
    pub fn remove(&self, hash: &B256) {
        self.pool.lock().remove(hash);
    }

    /// Executable transactions in the order of a block, best first.
    pub fn source(self: &Arc<Self>) -> BlockSource {
        let head = self.chain.head();
        let fees = (head.next_base_fee_wei, head.next_lane_fee_wei);
        let executable = self.pool.lock().executable();
        BlockSource::new(self.clone(), modules_of(self.chain.config()), executable, fees)
    }

    /// Whether making blocks brings in a transaction: at once, or after empty ones have lowered the base
    /// fee as far as it goes.
    pub fn has_work(&self) -> bool {
        self.pool.lock().has_executable(self.floor_wei())
    }

    /// A waiting transaction.
    pub fn get(&self, hash: &B256) -> Option<Arc<Transaction>> {
        self.pool.lock().get(hash)
    }

    /// The nonce after the sender's last executable transaction; `None` if it has none.
    pub fn pending_nonce(&self, address: Address) -> Option<u64> {
        self.pool.lock().pending_nonce(&address)
    }

    /// Hashes of what waits, at most so many; each sender's in the order of their nonces.
    pub fn hashes(&self, most: usize) -> Vec<B256> {
        self.pool.lock().hashes(most)
    }

    /// Everything that waits.
    pub fn content(&self) -> PoolContent {
        self.pool.lock().content()
    }

    /// What waits of one sender: executable, and not yet.
    pub fn content_of(
        &self,
        address: Address,
    ) -> (BTreeMap<u64, Arc<Transaction>>, BTreeMap<u64, Arc<Transaction>>) {
        self.pool.lock().content_of(&address)
    }

    /// How many wait: executable, and not yet.
    pub fn status(&self) -> (usize, usize) {
        self.pool.lock().status()
    }

    /// Every transaction admitted from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Transaction>> {
        self.admitted.subscribe()
    }
}
