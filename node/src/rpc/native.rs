//! Views of the native modules on the state of a block: the module itself, without the EVM.

use super::{RpcError, context::Rpc, estimate::estimate, resolve::At, simulate::Simulation};
use crate::storage::StateView;
use alloy_primitives::{Address, Bytes, TxKind, U256};
use alloy_sol_types::SolCall;
use btt_api::types::{BlockId, Number, PreparedTransaction, TransactionRequest};
use btt_runtime::modules::{self, ModuleError, Modules, OverlayHost};

/// The modules of the chain on the state after one block.
pub(super) struct Views<'r> {
    simulation: Simulation<'r, StateView<'r>>,
    modules: Modules,
}

impl Rpc {
    /// The modules' views after `block`; after the newest without it.
    pub(super) fn views(&self, block: Option<BlockId>) -> Result<Views<'_>, RpcError> {
        let simulation = self.simulation(self.at(block)?, self.guard(), None, None)?;
        Ok(Views { simulation, modules: self.modules })
    }

    /// A call of a module as a transaction, tried on the newest state.
    pub(super) fn prepared_call(
        &self,
        to: Address,
        from: Address,
        call: &impl SolCall,
        value: U256,
    ) -> Result<PreparedTransaction, RpcError> {
        let data = Bytes::from(call.abi_encode());
        let request = TransactionRequest {
            from: Some(from),
            to: Some(TxKind::Call(to)),
            value: Some(value),
            input: data.clone().into(),
            ..TransactionRequest::default()
        };
        let gas = Some(self.gas_of(request)?);
        Ok(PreparedTransaction { to, data, value, gas, items: None, channel_id: None })
    }

    /// Gas that a call takes in the next block.
    pub(super) fn gas_of(&self, request: TransactionRequest) -> Result<u64, RpcError> {
        let mut simulation = self.simulation(At::Pending, self.guard(), None, None)?;
        let env = simulation.tx_env(request, self.limits.call_gas)?;
        estimate(&mut simulation, env)
    }
}

impl Views<'_> {
    /// What a view of the module at `address` returns. Its revert is the caller's error, with the data.
    pub(super) fn ask<C: SolCall>(
        &mut self,
        address: Address,
        call: &C,
    ) -> Result<C::Return, RpcError> {
        self.simulation.guard.check()?;
        let module = modules::find(self.modules, address)
            .ok_or_else(|| RpcError::Failed(format!("this chain has no module at {address}")))?;
        let Simulation { overlay, facts, .. } = &mut self.simulation;
        let mut host = OverlayHost::new(overlay, facts);
        let (nobody, nothing, input) = (Address::ZERO, U256::ZERO, call.abi_encode());
        let output = modules::dispatch(module, &mut host, nobody, nothing, true, &input)?;
        C::abi_decode_returns_validate(&output).map_err(|error| {
            RpcError::Internal(format!("{} of {}: {error}", C::SIGNATURE, module.name()))
        })
    }

    /// Number of the block that is asked.
    pub(super) fn block(&self) -> u64 {
        self.simulation.facts.number
    }

    /// Its time in ms.
    pub(super) fn block_ms(&self) -> u64 {
        self.simulation.facts.time_ms
    }
}

impl From<ModuleError> for RpcError {
    fn from(error: ModuleError) -> Self {
        match error {
            ModuleError::Revert(data) => Self::Reverted(data),
            ModuleError::OutOfGas => Self::Failed("out of gas".to_owned()),
            ModuleError::StaticViolation => Self::Failed("write protection".to_owned()),
            ModuleError::Store(reason) | ModuleError::Broken(reason) => {
                tracing::error!(%reason, "a module failed to answer a request");
                Self::Internal(reason)
            }
        }
    }
}

/// A part of a list, as a request asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) offset: usize,
    pub(super) limit: usize,
}

impl Part {
    /// Without `limit` it has `default` entries; more than `max` are refused.
    pub(super) fn new(
        offset: Option<Number>,
        limit: Option<Number>,
        default: u64,
        max: u64,
    ) -> Result<Self, RpcError> {
        let limit = limit.map_or(default, |limit| limit.0);
        if limit > max {
            return Err(RpcError::Limit(format!("a list of {limit} entries, limit {max}")));
        }
        let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Ok(Self { offset: size(offset.map_or(0, |offset| offset.0)), limit: size(limit) })
    }

    /// That part of `list`.
    pub(super) fn of<T>(self, list: Vec<T>) -> Vec<T> {
        list.into_iter().skip(self.offset).take(self.limit).collect()
    }
}

/// How many, for the wire.
pub(super) fn count<T>(list: &[T]) -> u64 {
    u64::try_from(list.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_a_default_and_a_bound_and_never_runs_over_the_end() {
        let part = Part::new(Some(Number(2)), None, 2, 3).unwrap();
        assert_eq!(part.of(vec![0, 1, 2, 3, 4]), [2, 3]);
        assert_eq!(part.of(vec![0, 1, 2]), [2]);
        let far = Part::new(Some(Number(u64::MAX)), Some(Number(3)), 2, 3).unwrap();
        assert!(far.of(vec![0]).is_empty());
        assert_eq!(
            Part::new(None, Some(Number(4)), 2, 3),
            Err(RpcError::Limit("a list of 4 entries, limit 3".to_owned()))
        );
    }

    #[test]
    fn a_modules_refusal_is_a_revert_and_its_fault_the_nodes() {
        let data = alloy_primitives::Bytes::from_static(&[1]);
        assert_eq!(RpcError::from(ModuleError::Revert(data.clone())), RpcError::Reverted(data));
        let broken = RpcError::from(ModuleError::Broken("x".to_owned()));
        assert_eq!(broken, RpcError::Internal("x".to_owned()));
    }
}
