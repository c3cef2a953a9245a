//! Native modules: chain logic that wallets and contracts reach by ABI at fixed addresses.
//!
//! ```text
//! host (storage, logs, gas) ◄ accounts (money) ◄ params ◄ staking ◄ channels ◄ market ◄ governance ◄ … (left never sees right)
//! ```
//! A module runs iff the call's scheme is CALL or STATICCALL and its target is the module (rule A.3). Gas
//! is metered by slots touched and bytes hashed, with Ethereum's prices. An error reverts everything the
//! call did; its ABI encoding is the revert data.

pub mod accounts;
mod call;
pub mod channels;
mod deadline;
mod decode;
mod dispatch;
pub mod governance;
mod hooks;
mod host;
pub mod market;
pub mod params;
pub mod staking;
#[cfg(test)]
pub(crate) mod tests_support;

pub use call::{Call, entry_gas};
pub use deadline::Deadline;
pub use dispatch::{Outcome, dispatch};
pub use hooks::{HookFailure, Moment, run_hooks};
pub use host::{Host, OverlayHost};

use alloy_primitives::{Address, Bytes};
use alloy_sol_types::SolError;

/// A module's error as Solidity sees it.
pub use abi::UnexpectedValue;

mod abi {
    alloy_sol_types::sol! {
        /// The call carries value and is not one that takes money, or its selector is unknown.
        error UnexpectedValue();
        /// No call of this module has the selector.
        error UnknownSelector(bytes4 selector);
        /// The arguments do not decode.
        error MalformedArguments();
        /// A hook of this module failed; only exits and claims stay open until governance clears it.
        error ModulePaused(address module);
    }
}
pub(crate) use abi::{MalformedArguments, ModulePaused, UnknownSelector};

/// Why a module call did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModuleError {
    /// A rule was broken: the call is rolled back, the ABI-encoded error goes to the caller.
    Revert(Bytes),
    /// The call's gas is used up.
    OutOfGas,
    /// A write in a static call.
    StaticViolation,
    /// The store failed: the node stops, nobody is blamed.
    Store(String),
    /// An invariant of the module broke: the transaction is dropped, or the module paused (rule C.3).
    Broken(String),
}

impl ModuleError {
    /// A revert with an ABI error.
    #[expect(clippy::needless_pass_by_value, reason = "errors are made for this call")]
    pub fn revert(error: impl SolError) -> Self {
        Self::Revert(error.abi_encode().into())
    }
}

impl From<crate::state::StoreError> for ModuleError {
    fn from(error: crate::state::StoreError) -> Self {
        Self::Store(error.0)
    }
}

/// One module: its calls and its hooks.
pub trait Module: Sync {
    /// Where it is reached.
    fn address(&self) -> Address;

    /// Its name, as in `runtime/abi/<name>.json`.
    fn name(&self) -> &'static str;

    /// What governance may change about it.
    fn params(&self) -> &'static [params::Param] {
        &[]
    }

    /// Whether the call with this selector takes money.
    fn is_payable(&self, _selector: [u8; 4]) -> bool {
        false
    }

    /// Whether the call with this selector lets people out, and so works while the module is paused.
    fn is_exit(&self, _selector: [u8; 4]) -> bool {
        false
    }

    /// Whether transactions that call this selector ride in the payment lane (rule D.9).
    fn is_payment(&self, _selector: [u8; 4]) -> bool {
        false
    }

    /// Runs one call. `selector` are the first four bytes of the input, `arguments` the rest.
    fn call(
        &self,
        call: &mut Call<'_>,
        selector: [u8; 4],
        arguments: &[u8],
    ) -> Result<Bytes, ModuleError>;

    /// Work at one moment of every block; bounded, and total: an error pauses the module.
    fn hook(&self, _moment: Moment, _host: &mut dyn Host) -> Result<(), ModuleError> {
        Ok(())
    }
}

/// The modules of a chain, in the fixed order in which their hooks run.
pub type Modules = &'static [&'static dyn Module];

/// Every native module.
pub static NATIVE: Modules = &[
    &params::Params,
    &staking::Staking,
    &channels::Channels,
    &market::Market,
    &governance::Governance,
];

/// No modules: plain Ethereum.
pub static NONE: Modules = &[];

/// Checks what always holds of every module's records: after every block in simulations, and by
/// `bttd verify`.
///
/// # Errors
/// [`ModuleError::Broken`] names the first that does not hold.
pub fn check_invariants(host: &mut dyn Host) -> Result<(), ModuleError> {
    staking::check_invariants(host)?;
    channels::check_invariants(host)?;
    market::check_invariants(host)?;
    governance::check_invariants(host)
}

/// The module at `address`.
pub fn find(modules: Modules, address: Address) -> Option<&'static dyn Module> {
    modules.iter().find(|module| module.address() == address).copied()
}
