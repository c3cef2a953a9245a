//! Tracers, and the replay of a block up to one of its transactions.

use super::{RpcError, context::Rpc, guard::too_many_bytes, simulate::Simulation};
use crate::storage::{StateView, StoredBlock};
use alloy_primitives::Bytes;
use btt_api::types::trace::{
    CallConfig, GethDebugBuiltInTracerType as BuiltIn, GethDebugTracerType,
    GethDebugTracingOptions, GethDefaultTracingOptions, GethTrace, NoopFrame,
};
use btt_runtime::{
    block::{BlockFacts, ConsensusFacts},
    evm::{block_env, modules_of, tx_env},
    executor::{Machine, TxError, begin_block},
    modules::market::Cleared,
    state::{Overlay, StateReader},
    tx::Transaction,
};
use revm::context::TxEnv;
use revm_inspectors::tracing::{
    TraceLimitBehavior, TraceLimits, TracingInspector, TracingInspectorConfig,
};

/// A tracer with its options.
#[derive(Debug, Clone)]
pub(super) enum Tracer {
    Calls(CallConfig),
    Steps(GethDefaultTracingOptions),
    Nothing,
}

impl Tracer {
    /// Reads the options; the struct logger is the default, as in geth.
    pub(super) fn of(options: GethDebugTracingOptions) -> Result<Self, RpcError> {
        let invalid = |text: String| Err(RpcError::InvalidParams(text));
        match options.tracer {
            None => Ok(Self::Steps(options.config)),
            Some(GethDebugTracerType::BuiltInTracer(BuiltIn::CallTracer)) => {
                match options.tracer_config.into_call_config() {
                    Ok(config) => Ok(Self::Calls(config)),
                    Err(error) => invalid(format!("tracerConfig: {error}")),
                }
            }
            Some(GethDebugTracerType::BuiltInTracer(BuiltIn::NoopTracer)) => Ok(Self::Nothing),
            Some(other) => {
                let name: String = other.as_str().chars().take(40).collect();
                invalid(format!(
                    "tracer '{name}' is not served; there are callTracer, noopTracer and, without \
                     a name, the struct logger"
                ))
            }
        }
    }

    fn inspector(&self, max_bytes: usize) -> TracingInspector {
        let config = match self {
            Self::Calls(config) => TracingInspectorConfig::from_geth_call_config(config),
            Self::Steps(options) => TracingInspectorConfig::from_geth_config(options),
            Self::Nothing => TracingInspectorConfig::none(),
        };
        let limits = TraceLimits::default()
            .set_max_recorded_bytes(Some(max_bytes))
            .set_behavior(TraceLimitBehavior::Skip);
        TracingInspector::new(config).with_limits(limits)
    }

    /// Runs a transaction and tells what the tracer saw.
    pub(super) fn trace<S: StateReader>(
        &self,
        simulation: &mut Simulation<'_, S>,
        env: TxEnv,
        max_bytes: usize,
    ) -> Result<GethTrace, RpcError> {
        let gas_limit = env.gas_limit;
        let (result, inspector) = simulation.inspect(env, self.inspector(max_bytes))?;
        if inspector.limit_exceeded() {
            return Err(too_many_bytes(max_bytes));
        }
        let gas_used = result.tx_gas_used();
        let returned = || result.output().cloned().unwrap_or_else(Bytes::new);
        Ok(match self {
            Self::Calls(config) => {
                let builder = inspector.with_transaction_gas_limit(gas_limit).into_geth_builder();
                builder.geth_call_traces(*config, gas_used).into()
            }
            Self::Steps(options) => {
                inspector.into_geth_builder().geth_traces(gas_used, returned(), *options).into()
            }
            Self::Nothing => GethTrace::NoopTracer(NoopFrame::default()),
        })
    }
}

impl Rpc {
    /// Bounds of a trace.
    pub(super) fn trace_guard(&self, tracer: &Tracer) -> super::guard::Guard {
        let steps =
            if matches!(tracer, Tracer::Steps(_)) { self.limits.trace_steps } else { u32::MAX };
        self.guard().recording(steps, self.limits.trace_calls, self.limits.trace_bytes)
    }

    /// The state and block in which the first transaction of `block` ran.
    pub(super) fn replay<'r>(
        &'r self,
        block: &StoredBlock,
        tracer: &Tracer,
    ) -> Result<Simulation<'r, StateView<'r>>, RpcError> {
        let header = &block.block.header;
        let config = self.chain().config();
        let parents = self.chain().validators_at(header.number.saturating_sub(1))?;
        let consensus = ConsensusFacts::of_decided(config.chain_id, &block.block.body, &parents)
            .map_err(|error| RpcError::Internal(format!("replay: {error}")))?;
        let facts = BlockFacts { consensus: consensus.into(), ..BlockFacts::of(config, header) };
        let parent = header.number.checked_sub(1).ok_or(RpcError::UnknownBlock)?;
        let mut overlay = Overlay::new(self.chain().state_at(parent)?);
        begin_block(config, &facts, header.parent_hash, &mut overlay, &Cleared::default())?;
        Ok(Simulation { config, facts, overlay, guard: self.trace_guard(tracer) })
    }
}

impl<'c, S: StateReader> Simulation<'c, S> {
    /// At the base fee that the next transaction paid, which in the payment lane is not the header's.
    pub(super) fn at_base_fee(mut self, base_fee_wei: Option<u64>) -> Self {
        self.facts.base_fee_wei = base_fee_wei.unwrap_or(self.facts.base_fee_wei);
        self
    }

    /// Executes a transaction for good, by the rules of a block.
    pub(super) fn execute(self, tx: &Transaction) -> Result<Self, RpcError> {
        let Self { config, facts, overlay, guard } = self;
        guard.check()?;
        let block_env = block_env(&facts);
        let mut machine =
            Machine::new(config, facts.clone(), block_env, modules_of(config), overlay);
        machine.execute(tx, tx.recovered()).map_err(|error| match error {
            TxError::Store(error) => error.into(),
            TxError::Refused(refusal) => RpcError::Internal(format!("replay: {refusal}")),
        })?;
        Ok(Self { config, facts, overlay: machine.into_overlay()?, guard })
    }

    /// A transaction of a block as the EVM takes it.
    pub(super) fn env_of(&self, tx: &Transaction) -> TxEnv {
        tx_env(self.config, tx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tracer(json: &str) -> Result<Tracer, RpcError> {
        Tracer::of(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn the_call_tracer_and_the_struct_logger_are_served() {
        assert!(matches!(tracer("{}"), Ok(Tracer::Steps(_))));
        let with_log = tracer(r#"{"tracer":"callTracer","tracerConfig":{"withLog":true}}"#);
        match with_log {
            Ok(Tracer::Calls(config)) => assert_eq!(config.with_log, Some(true)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn other_tracers_are_refused_by_name() {
        let text = tracer(r#"{"tracer":"prestateTracer"}"#).unwrap_err().to_string();
        assert!(text.contains("'prestateTracer' is not served"), "{text}");
        let script = tracer(r#"{"tracer":"{ result: function() {} }"}"#).unwrap_err();
        assert_eq!(script.code(), -32602);
    }
}
