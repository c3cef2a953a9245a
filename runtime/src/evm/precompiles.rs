//! Ethereum's precompiles and, beside them, the native modules.

use super::journal_host::JournalHost;
use crate::block::BlockFacts;
use crate::modules::{self, ModuleError, Modules};
use alloy_primitives::{Address, Bytes};
use revm::{
    context::{Cfg, CfgEnv, ContextTr},
    handler::{EthPrecompiles, PrecompileProvider},
    interpreter::{CallInputs, CallScheme, Gas, InstructionResult, InterpreterResult},
    primitives::{AddressSet, hardfork::SpecId},
};

/// What answers at fixed addresses.
#[derive(Clone)]
pub struct NativePrecompiles {
    ethereum: EthPrecompiles,
    modules: Modules,
    warm: AddressSet,
}

impl std::fmt::Debug for NativePrecompiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.modules.iter().map(|module| module.name());
        f.debug_list().entries(names).finish()
    }
}

impl NativePrecompiles {
    /// Ethereum's precompiles of a fork, and these modules.
    pub fn new(spec: SpecId, modules: Modules) -> Self {
        let ethereum = EthPrecompiles::new(spec);
        let warm = warm_addresses(&ethereum, modules);
        Self { ethereum, modules, warm }
    }
}

fn warm_addresses(ethereum: &EthPrecompiles, modules: Modules) -> AddressSet {
    let mut warm = ethereum.warm_addresses().clone();
    warm.extend(modules.iter().map(|module| module.address()));
    warm
}

impl<CTX> PrecompileProvider<CTX> for NativePrecompiles
where
    CTX: ContextTr<Cfg = CfgEnv, Chain = BlockFacts>,
{
    type Output = InterpreterResult;

    fn set_spec(&mut self, spec: <CTX::Cfg as Cfg>::Spec) -> bool {
        let changed =
            <EthPrecompiles as PrecompileProvider<CTX>>::set_spec(&mut self.ethereum, spec);
        if changed {
            self.warm = warm_addresses(&self.ethereum, self.modules);
        }
        changed
    }

    fn run(
        &mut self,
        context: &mut CTX,
        inputs: &CallInputs,
    ) -> Result<Option<InterpreterResult>, String> {
        let Some(module) = modules::find(self.modules, inputs.bytecode_address) else {
            return self.ethereum.run(context, inputs);
        };
        let direct = matches!(inputs.scheme, CallScheme::Call | CallScheme::StaticCall)
            && inputs.target_address == inputs.bytecode_address;
        let gas = Gas::new_with_regular_gas_and_reservoir(inputs.gas_limit, inputs.reservoir);
        if !direct {
            // A module's code is `INVALID`: borrowed by DELEGATECALL or CALLCODE it must not run.
            return Ok(Some(halt(InstructionResult::InvalidFEOpcode, gas)));
        }
        // Before the input is copied: unpaid copies of megabytes would be a free way to stall a block.
        if gas.remaining() < modules::entry_gas(inputs.input.len()) {
            return Ok(Some(halt(InstructionResult::PrecompileOOG, gas)));
        }
        let input = inputs.input.bytes(context);
        let is_static = inputs.is_static || inputs.scheme == CallScheme::StaticCall;
        let value_wei = inputs.transfer_value().unwrap_or_default();
        let mut host = JournalHost::new(context, gas);
        let outcome =
            modules::dispatch(module, &mut host, inputs.caller, value_wei, is_static, &input);
        let gas = host.into_gas();
        Ok(Some(match outcome {
            Ok(output) => InterpreterResult::new(InstructionResult::Return, output, gas),
            Err(ModuleError::Revert(data)) => {
                InterpreterResult::new(InstructionResult::Revert, data, gas)
            }
            Err(ModuleError::OutOfGas) => halt(InstructionResult::PrecompileOOG, gas),
            Err(ModuleError::StaticViolation) => {
                halt(InstructionResult::StateChangeDuringStaticCall, gas)
            }
            Err(ModuleError::Store(reason) | ModuleError::Broken(reason)) => return Err(reason),
        }))
    }

    fn warm_addresses(&self) -> &AddressSet {
        &self.warm
    }

    fn contains(&self, address: &Address) -> bool {
        self.warm.contains(address)
    }
}

fn halt(result: InstructionResult, mut gas: Gas) -> InterpreterResult {
    gas.spend_all();
    InterpreterResult::new(result, Bytes::new(), gas)
}
