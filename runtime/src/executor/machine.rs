//! Executes transactions one by one on a block's overlay.

use super::{
    Lane, Refusal,
    commit::{BaseFee, CommitError, commit},
};
use crate::{
    block::{BlockFacts, Receipt},
    config::ChainConfig,
    evm::{self, NativeEvm, block_evm, tx_env},
    modules::Modules,
    state::{Account, Overlay, StateReader, StoreError},
    tx::{
        InvalidTransaction, RecoveryMemo, Transaction,
        validate::{NonceRule, validate_fee, validate_sender, validate_stateless},
    },
};
use alloy_consensus::{Transaction as _, TxType};
use alloy_primitives::U256;
use revm::{
    ExecuteEvm as _,
    context::{BlockEnv, result::EVMError},
    context_interface::{cfg::GasParams, context::ContextError, result::ExecutionResult},
    state::EvmState,
};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a transaction came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TxOutcome {
    /// As revm tells it.
    pub result: ExecutionResult,
    /// Gas it used.
    pub gas_used: u64,
    /// Whether it rode in the payment lane.
    pub in_lane: bool,
}

/// Why a transaction was not executed.
#[derive(Debug)]
pub enum TxError {
    /// The transaction's fault.
    Refused(Refusal),
    /// The store's fault.
    Store(StoreError),
}

impl From<StoreError> for TxError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<InvalidTransaction> for TxError {
    fn from(error: InvalidTransaction) -> Self {
        Self::Refused(error.into())
    }
}

/// One block's machine.
pub struct Machine<'a, S: StateReader> {
    config: &'a ChainConfig,
    gas_params: GasParams,
    block_env: BlockEnv,
    modules: Modules,
    // None only while a machine that panicked is built anew.
    evm: Option<NativeEvm<Overlay<S>>>,
    gas_used: u64,
    lane: Lane,
}

impl<S: StateReader> std::fmt::Debug for Machine<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Machine").field("gas_used", &self.gas_used).finish_non_exhaustive()
    }
}

impl<'a, S: StateReader> Machine<'a, S> {
    /// A machine for the block that `facts` and `block_env` describe.
    pub fn new(
        config: &'a ChainConfig,
        facts: BlockFacts,
        block_env: BlockEnv,
        modules: Modules,
        overlay: Overlay<S>,
    ) -> Self {
        let evm = block_evm(config, facts, block_env.clone(), modules, overlay);
        let gas_params = evm::gas_params(config);
        let lane = Lane::default();
        Self { config, gas_params, block_env, modules, evm: Some(evm), gas_used: 0, lane }
    }

    /// The same with a payment lane.
    pub fn with_lane(self, lane: Lane) -> Self {
        Self { lane, ..self }
    }

    /// The payment lane as it is now.
    pub fn lane(&self) -> &Lane {
        &self.lane
    }

    /// Gas used so far.
    pub fn gas_used(&self) -> u64 {
        self.gas_used
    }

    /// Gas that the block still has.
    pub fn gas_left(&self) -> u64 {
        self.block_env.gas_limit.saturating_sub(self.gas_used)
    }

    /// Ends the block's transactions and gives the overlay back.
    pub fn into_overlay(self) -> Result<Overlay<S>, StoreError> {
        self.evm.map(|evm| evm.ctx.journaled_state.database).ok_or_else(gone)
    }

    /// Executes one transaction and writes what it did. A refused one leaves no trace. What it asks signers of
    /// is taken from `recovered` where that has it.
    pub fn execute(
        &mut self,
        tx: &Transaction,
        recovered: &RecoveryMemo,
    ) -> Result<TxOutcome, TxError> {
        let (gas, left) = (tx.envelope().gas_limit(), self.gas_left());
        if gas > left {
            return Err(InvalidTransaction::BlockGas { left, gas }.into());
        }
        let env = tx_env(self.config, tx);
        validate_stateless(self.config, &self.gas_params, tx, &env)?;
        let in_lane = self.lane.takes(self.modules, tx.envelope());
        let base_fee_wei = if in_lane { self.lane.base_fee_wei() } else { self.block_env.basefee };
        validate_fee(tx, base_fee_wei)?;
        let mut evm = self.evm.take().ok_or_else(gone)?;
        evm.ctx.block.basefee = base_fee_wei;
        evm.ctx.chain.recovered = recovered.clone();
        let overlay = &mut evm.ctx.journaled_state.database;
        if let Err(error) = check_sender(overlay, tx) {
            self.evm = Some(evm);
            return Err(error);
        }
        let ran = catch_unwind(AssertUnwindSafe(|| {
            let result = evm.transact_one(env);
            (result, evm.finalize())
        }));
        let (result, state) = match ran {
            Ok(ran) => {
                // Set where the store failed below a module; left in, it would hit the next one.
                let context_error = std::mem::replace(&mut evm.ctx.error, Ok(()));
                self.evm = Some(evm);
                if let Err(ContextError::Db(error)) = context_error {
                    return Err(error.into());
                }
                ran
            }
            Err(panic) => {
                // The overlay is written only by `commit`, so it is whole; the machine may not be.
                let facts = evm.ctx.chain.clone();
                let overlay = evm.ctx.journaled_state.database;
                let fresh =
                    block_evm(self.config, facts, self.block_env.clone(), self.modules, overlay);
                self.evm = Some(fresh);
                return Err(TxError::Refused(Refusal::Broken(panic_text(panic.as_ref()))));
            }
        };
        self.settle(result, state, in_lane)
    }

    fn settle(
        &mut self,
        result: Result<ExecutionResult, EVMError<StoreError>>,
        state: EvmState,
        in_lane: bool,
    ) -> Result<TxOutcome, TxError> {
        let result = result.map_err(|error| match error {
            EVMError::Transaction(error) => {
                TxError::Refused(InvalidTransaction::Evm(error.to_string()).into())
            }
            EVMError::Database(error) => TxError::Store(error),
            other => TxError::Refused(Refusal::Broken(format!("{other:?}"))),
        })?;
        let gas_used = result.tx_gas_used();
        let per_gas = |wei: u64| U256::from(gas_used).saturating_mul(U256::from(wei));
        let base_fee = if in_lane {
            let burnt_wei = per_gas(self.lane.burnt_wei());
            BaseFee { all_wei: per_gas(self.lane.base_fee_wei()), burnt_wei }
        } else {
            BaseFee { all_wei: per_gas(self.block_env.basefee), burnt_wei: U256::ZERO }
        };
        let fees = self.config.fees;
        commit(self.overlay()?, state, fees, base_fee).map_err(|error| match error {
            CommitError::Store(error) => TxError::Store(error),
            CommitError::Supply(error) => TxError::Refused(Refusal::Broken(error.to_string())),
        })?;
        self.gas_used = self.gas_used.saturating_add(gas_used);
        if in_lane {
            self.lane.use_gas(gas_used);
        }
        Ok(TxOutcome { result, gas_used, in_lane })
    }

    /// The overlay below the machine.
    pub fn overlay(&mut self) -> Result<&mut Overlay<S>, StoreError> {
        self.evm.as_mut().map(|evm| &mut evm.ctx.journaled_state.database).ok_or_else(gone)
    }
}

/// The sender's nonce, code and balance.
fn check_sender<S: StateReader>(overlay: &mut Overlay<S>, tx: &Transaction) -> Result<(), TxError> {
    let account = overlay.account(tx.sender())?.unwrap_or_default();
    let has_code = account.code_hash != Account::default().code_hash
        && !overlay.code(account.code_hash)?.is_eip7702();
    Ok(validate_sender(tx, &account, has_code, NonceRule::Exact)?)
}

/// The receipt of a transaction after `cumulative_gas_used` gas of its block.
pub(super) fn receipt_of(ty: TxType, outcome: TxOutcome, cumulative_gas_used: u64) -> Receipt {
    let success = outcome.result.is_success();
    let logs = if success { outcome.result.into_logs() } else { Vec::new() };
    Receipt { tx_type: ty, success, cumulative_gas_used, logs }
}

fn gone() -> StoreError {
    StoreError::new("the block's machine was not rebuilt after a panic")
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "panic without a message".to_owned())
}
