//! `params`: the numbers that governance may change, each with unit, range and default.
//!
//! | slot | value |
//! |---|---|
//! | keccak256("btt.param" ‖ name) | value + 1; zero means the default of the chain spec |
//! | keccak256("btt.paused" ‖ module) | 1 while a module is paused after a failed hook |
//!
//! Invariants: every stored value lies in its range. A change takes effect with the next block, whose
//! header checks read the parent's state. Nobody but governance writes.

mod abi;
mod calls;
mod change;
mod registry;
mod state;
#[cfg(test)]
mod tests;
mod views;

pub use abi::IParams;
pub use change::{set, unpause};
pub use registry::{MAX_BLOCK_INTERVAL, Param, ParamValues, STORAGE_DEPOSIT, find, registry};
pub use state::{effective, narrow, value, value_at};

use super::{Call, Module, ModuleError, decode, dispatch};
use crate::primitives::addresses::PARAMS;
use alloy_primitives::{Address, Bytes};
use alloy_sol_types::{SolCall, SolInterface};

/// The module.
#[derive(Debug)]
pub struct Params;

impl Module for Params {
    fn address(&self) -> Address {
        PARAMS
    }

    fn name(&self) -> &'static str {
        "params"
    }

    fn params(&self) -> &'static [Param] {
        registry::CHAIN
    }

    /// `params` paused must still be able to clear pauses, its own among them.
    fn is_exit(&self, selector: [u8; 4]) -> bool {
        selector == IParams::unpauseCall::SELECTOR
    }

    fn call(
        &self,
        call: &mut Call<'_>,
        selector: [u8; 4],
        arguments: &[u8],
    ) -> Result<Bytes, ModuleError> {
        use IParams::{IParamsCalls as Calls, allCall, getCall, namesCall};
        if !Calls::valid_selector(selector) {
            return Err(dispatch::unknown(selector));
        }
        let decoded = decode::arguments(selector, arguments)?;
        let returned = match decoded {
            Calls::all(_) => allCall::abi_encode_returns(&views::all(call)?),
            Calls::get(get) => getCall::abi_encode_returns(&views::get(call, &get.name)?),
            Calls::names(_) => namesCall::abi_encode_returns(&views::names()),
            Calls::set(set) => {
                calls::set(call, &set.name, set.value)?;
                Vec::new()
            }
            Calls::unpause(unpause) => {
                calls::unpause(call, unpause.module)?;
                Vec::new()
            }
        };
        Ok(returned.into())
    }
}
