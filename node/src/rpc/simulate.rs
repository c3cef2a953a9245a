//! The machine of calls that no block holds, on the state after a block.

use super::{
    RpcError,
    blocks::now_ms,
    context::Rpc,
    guard::Guard,
    overrides::{override_block, override_state},
    request::tx_env,
    resolve::At,
};
use crate::storage::StateView;
use alloy_primitives::{Address, Bytes, U256};
use btt_api::types::{BlockOverrides, StateOverride, TransactionRequest};
use btt_runtime::{
    block::BlockFacts,
    config::ChainConfig,
    evm::{EvmContext, simulation_evm},
    state::{Overlay, StateReader, StoreError},
};
use revm::{
    ExecuteEvm as _, InspectEvm as _, Inspector,
    context::{
        TxEnv,
        result::{EVMError, ExecutionResult},
    },
    interpreter::interpreter::EthInterpreter,
};

/// State, block and bounds of simulated calls. What one call does the next does not see.
pub(super) struct Simulation<'c, S> {
    pub(super) config: &'c ChainConfig,
    pub(super) facts: BlockFacts,
    pub(super) overlay: Overlay<S>,
    pub(super) guard: Guard,
}

impl Rpc {
    /// Simulates after the block `at`, with overrides.
    pub(super) fn simulation(
        &self,
        at: At,
        guard: Guard,
        state: Option<StateOverride>,
        block: Option<&BlockOverrides>,
    ) -> Result<Simulation<'_, StateView<'_>>, RpcError> {
        let number = self.number_at(at);
        let config = self.chain().config();
        let header = self.chain().header(number)?.ok_or(RpcError::UnknownBlock)?;
        let mut facts = BlockFacts::of(config, &header);
        if at == At::Pending {
            facts.number = facts.number.saturating_add(1);
            facts.time_ms = now_ms().max(facts.time_ms.saturating_add(1));
            facts.base_fee_wei = self.chain().next_base_fee();
        }
        if let Some(overrides) = block {
            override_block(&mut facts, overrides)?;
        }
        let mut overlay = Overlay::new(self.chain().state_at(number)?);
        if let Some(overrides) = state {
            override_state(&mut overlay, overrides)?;
        }
        Ok(Simulation { config, facts, overlay, guard })
    }

    /// Bounds of one simulated call.
    pub(super) fn guard(&self) -> Guard {
        Guard::until(self.slow.deadline(), self.limits.call_time_ms)
    }
}

impl<S: StateReader> Simulation<'_, S> {
    /// The request as a transaction. Without a gas limit it has all that the caller can pay, at most
    /// `max_gas`.
    pub(super) fn tx_env(
        &mut self,
        request: TransactionRequest,
        max_gas: u64,
    ) -> Result<TxEnv, RpcError> {
        let caller = self.overlay.account(request.from.unwrap_or_default())?.unwrap_or_default();
        let gas_is_given = request.gas.is_some();
        let mut env = tx_env(self.config, request, max_gas, max_gas, caller.nonce)?;
        if !gas_is_given && env.gas_price > 0 {
            env.gas_limit = env.gas_limit.min(payable_gas(&env, caller.balance)?);
        }
        Ok(env)
    }

    /// The gas that a caller can pay for at the price of a transaction.
    pub(super) fn payable_gas(&mut self, env: &TxEnv) -> Result<u64, RpcError> {
        let balance = self.overlay.balance(env.caller)?;
        payable_gas(env, balance)
    }

    /// Whether the account has no code, so that a transfer to it runs nothing.
    pub(super) fn has_no_code(&mut self, address: Address) -> Result<bool, RpcError> {
        let account = self.overlay.account(address)?.unwrap_or_default();
        Ok(self.overlay.code(account.code_hash)?.is_empty())
    }

    /// Runs one transaction under an inspector.
    pub(super) fn inspect<'o, I>(
        &'o mut self,
        env: TxEnv,
        inspector: I,
    ) -> Result<(ExecutionResult, I), RpcError>
    where
        I: Inspector<EvmContext<&'o mut Overlay<S>>, EthInterpreter>,
    {
        self.guard.check()?;
        let inspectors = (self.guard.clone(), inspector);
        let facts = self.facts.clone();
        let mut evm = simulation_evm(self.config, facts, &mut self.overlay, inspectors);
        let result = evm.inspect_one_tx(env);
        let _discarded = evm.finalize();
        let (guard, inspector) = evm.inspector;
        self.guard = guard;
        // An abort in the last step still leaves a result, of which too much was recorded.
        match self.guard.aborted() {
            Some(error) => Err(error),
            None => result.map(|result| (result, inspector)).map_err(evm_error),
        }
    }

    /// Runs one transaction.
    pub(super) fn run(&mut self, env: TxEnv) -> Result<ExecutionResult, RpcError> {
        Ok(self.inspect(env, revm::inspector::NoOpInspector)?.0)
    }
}

fn payable_gas(env: &TxEnv, balance_wei: U256) -> Result<u64, RpcError> {
    let left = balance_wei.checked_sub(env.value).ok_or_else(|| {
        let (have, want) = (balance_wei, env.value);
        RpcError::Failed(format!("insufficient funds for transfer: balance {have}, value {want}"))
    })?;
    Ok(left.checked_div(U256::from(env.gas_price)).unwrap_or(U256::MAX).saturating_to())
}

fn evm_error(error: EVMError<StoreError>) -> RpcError {
    match error {
        EVMError::Transaction(error) => RpcError::invalid_call(&error),
        EVMError::Database(error) => error.into(),
        EVMError::Header(error) => RpcError::InvalidParams(error.to_string()),
        EVMError::Custom(text) => RpcError::Failed(text),
        other => RpcError::Internal(format!("{other:?}")),
    }
}

/// What a call returned, or why it did not.
pub(super) fn output(result: ExecutionResult) -> Result<Bytes, RpcError> {
    match result {
        ExecutionResult::Success { output, .. } => Ok(output.into_data()),
        ExecutionResult::Revert { output, .. } => Err(RpcError::Reverted(output)),
        ExecutionResult::Halt { reason, .. } => Err(RpcError::halted(&reason)),
    }
}
