//! The one way into a module: pays, checks value and pause, finds the selector, maps the outcome.

use super::{
    Call, Host, MalformedArguments, Module, ModuleError, ModulePaused, UnexpectedValue,
    UnknownSelector, hooks,
};
use alloy_primitives::{Address, Bytes, FixedBytes, U256};

/// What came of a call.
pub type Outcome = Result<Bytes, ModuleError>;

/// Runs `input` on `module`.
pub fn dispatch(
    module: &dyn Module,
    host: &mut dyn Host,
    caller: Address,
    value_wei: U256,
    is_static: bool,
    input: &[u8],
) -> Outcome {
    let address = module.address();
    let mut call = Call::enter(host, address, caller, value_wei, is_static, input.len())?;
    let Some((selector, arguments)) = input.split_first_chunk::<4>() else {
        let refusal = if value_wei.is_zero() {
            ModuleError::revert(UnknownSelector { selector: FixedBytes::ZERO })
        } else {
            ModuleError::revert(UnexpectedValue {})
        };
        return Err(refusal);
    };
    if !value_wei.is_zero() && !module.is_payable(*selector) {
        return Err(ModuleError::revert(UnexpectedValue {}));
    }
    if !module.is_exit(*selector) && hooks::is_paused(call.host(), address)? {
        return Err(ModuleError::revert(ModulePaused { module: address }));
    }
    module.call(&mut call, *selector, arguments)
}

/// The revert for arguments that do not decode.
pub(super) fn malformed<E>(_error: E) -> ModuleError {
    ModuleError::revert(MalformedArguments {})
}

/// The revert for a selector nobody answers.
pub(super) fn unknown(selector: [u8; 4]) -> ModuleError {
    ModuleError::revert(UnknownSelector { selector: selector.into() })
}
