//! `eth_call`, `eth_estimateGas`, `eth_createAccessList`.

use super::{
    RpcError,
    context::Rpc,
    estimate::estimate,
    resolve::At,
    simulate::{Simulation, output},
};
use alloy_primitives::{Bytes, U64, U256};
use btt_api::{
    server::EthCallApiServer,
    types::{AccessListResult, BlockId, BlockOverrides, StateOverride, TransactionRequest},
};
use btt_runtime::state::StateReader;
use jsonrpsee::core::RpcResult;
use revm::context::TxEnv;
use revm_inspectors::access_list::AccessListInspector;

/// An access list that still changes after so many runs is given as it is.
const MAX_ACCESS_LIST_RUNS: usize = 8;

/// Runs until the list that a run touches is the one that it was given.
fn access_list<S: StateReader>(
    simulation: &mut Simulation<'_, S>,
    mut env: TxEnv,
) -> Result<AccessListResult, RpcError> {
    env.tx_type = env.tx_type.max(1);
    for _ in 1..MAX_ACCESS_LIST_RUNS {
        let inspector = AccessListInspector::new(env.access_list.clone());
        let (_, inspector) = simulation.inspect(env.clone(), inspector)?;
        let touched = inspector.into_access_list();
        if touched == env.access_list {
            break;
        }
        env.access_list = touched;
    }
    let access_list = env.access_list.clone();
    let result = simulation.run(env)?;
    let gas_used = U256::from(result.tx_gas_used());
    let error = output(result).err().map(|error| error.to_string());
    Ok(AccessListResult { access_list, gas_used, error })
}

impl Rpc {
    /// The call run here and now on the newest state; `None` if it is more than that allows.
    ///
    /// Most calls read a slot or two. Handing one to another thread and back costs more than all it does.
    fn quick_call(&self, request: TransactionRequest) -> Option<Result<Bytes, RpcError>> {
        let simulation = self.simulation(At::Head, self.guard().quick(), None, None);
        let mut simulation = match simulation {
            Ok(simulation) => simulation,
            Err(error) => return Some(Err(error)),
        };
        let result = simulation
            .tx_env(request, self.limits.call_gas)
            .and_then(|env| simulation.run(env))
            .and_then(output);
        (!simulation.guard.was_too_much()).then_some(result)
    }
}

#[jsonrpsee::core::async_trait]
impl EthCallApiServer for Rpc {
    async fn call(
        &self,
        request: TransactionRequest,
        block: Option<BlockId>,
        state_overrides: Option<StateOverride>,
        block_overrides: Option<Box<BlockOverrides>>,
    ) -> RpcResult<Bytes> {
        let is_plain = state_overrides.is_none() && block_overrides.is_none();
        if is_plain
            && self.at(block)? == At::Head
            && let Some(result) = self.quick_call(request.clone())
        {
            return Ok(result?);
        }
        let guard = self.guard();
        let work = move |rpc: &Self| {
            let at = rpc.at(block)?;
            let mut simulation =
                rpc.simulation(at, guard, state_overrides, block_overrides.as_deref())?;
            let env = simulation.tx_env(request, rpc.limits.call_gas)?;
            output(simulation.run(env)?)
        };
        Ok(self.slowly(work).await?)
    }

    async fn estimate_gas(
        &self,
        request: TransactionRequest,
        block: Option<BlockId>,
        state_overrides: Option<StateOverride>,
        block_overrides: Option<Box<BlockOverrides>>,
    ) -> RpcResult<U64> {
        let guard = self.guard();
        let work = move |rpc: &Self| {
            let at = rpc.at(block)?;
            let mut simulation =
                rpc.simulation(at, guard, state_overrides, block_overrides.as_deref())?;
            let gas_limit = simulation.facts.gas_limit;
            let max_gas = if request.gas.is_some() { rpc.limits.call_gas } else { gas_limit };
            let env = simulation.tx_env(request, max_gas.min(rpc.limits.call_gas))?;
            estimate(&mut simulation, env)
        };
        Ok(self.slowly(work).await.map(U64::from)?)
    }

    async fn create_access_list(
        &self,
        request: TransactionRequest,
        block: Option<BlockId>,
        state_overrides: Option<StateOverride>,
    ) -> RpcResult<AccessListResult> {
        let guard = self.guard();
        let work = move |rpc: &Self| {
            let mut simulation = rpc.simulation(rpc.at(block)?, guard, state_overrides, None)?;
            let env = simulation.tx_env(request, rpc.limits.call_gas)?;
            access_list(&mut simulation, env)
        };
        Ok(self.slowly(work).await?)
    }
}
