//! One call of a module: who calls, with what, and the host behind it.

use super::{Host, ModuleError};
use crate::block::BlockFacts;
use alloy_primitives::{Address, B256, Log, LogData, U256, keccak256};
use alloy_sol_types::SolEvent;

/// Gas of hashing: base and a 32-byte word (yellow paper, appendix G).
const KECCAK_BASE_GAS: u64 = 30;
const KECCAK_WORD_GAS: u64 = 6;
/// Gas for a word of input, as Ethereum's `identity` precompile charges.
const INPUT_WORD_GAS: u64 = 3;
/// Gas of entering a module.
const CALL_GAS: u64 = 100;

/// A call under way.
pub struct Call<'a> {
    /// The module called.
    pub module: Address,
    /// Who calls: an account or a contract.
    pub caller: Address,
    /// Wei that came with the call; already in the module's account.
    pub value_wei: U256,
    /// Whether writes are forbidden.
    pub is_static: bool,
    host: &'a mut dyn Host,
}

impl std::fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call")
            .field("module", &self.module)
            .field("caller", &self.caller)
            .field("value_wei", &self.value_wei)
            .field("is_static", &self.is_static)
            .finish_non_exhaustive()
    }
}

impl<'a> Call<'a> {
    /// Enters a module: pays for the call and its input.
    pub fn enter(
        host: &'a mut dyn Host,
        module: Address,
        caller: Address,
        value_wei: U256,
        is_static: bool,
        input_bytes: usize,
    ) -> Result<Self, ModuleError> {
        host.charge(entry_gas(input_bytes))?;
        Ok(Self { module, caller, value_wei, is_static, host })
    }

    /// The block under execution.
    pub fn block(&self) -> &BlockFacts {
        self.host.block()
    }

    /// Reads one of the module's slots.
    pub fn load(&mut self, slot: U256) -> Result<U256, ModuleError> {
        self.host.load(self.module, slot)
    }

    /// Writes one of the module's slots.
    pub fn store(&mut self, slot: U256, value: U256) -> Result<(), ModuleError> {
        self.may_write()?;
        self.host.store(self.module, slot, value)
    }

    /// Emits an event of the module.
    pub fn emit(&mut self, event: &impl SolEvent) -> Result<(), ModuleError> {
        self.may_write()?;
        let data: LogData = event.encode_log_data();
        self.host.log(Log { address: self.module, data })
    }

    /// keccak256, paid for.
    pub fn keccak(&mut self, bytes: &[u8]) -> Result<B256, ModuleError> {
        let words = words_of(bytes.len()).saturating_mul(KECCAK_WORD_GAS);
        self.host.charge(KECCAK_BASE_GAS.saturating_add(words))?;
        Ok(keccak256(bytes))
    }

    /// The host, for rooms that move money or read other accounts.
    pub fn host(&mut self) -> &mut dyn Host {
        self.host
    }

    /// Refuses a write in a static call.
    pub fn may_write(&self) -> Result<(), ModuleError> {
        if self.is_static { Err(ModuleError::StaticViolation) } else { Ok(()) }
    }
}

/// Gas of entering a module with an input of this size.
pub fn entry_gas(input_bytes: usize) -> u64 {
    CALL_GAS.saturating_add(words_of(input_bytes).saturating_mul(INPUT_WORD_GAS))
}

fn words_of(bytes: usize) -> u64 {
    u64::try_from(bytes.div_ceil(32)).unwrap_or(u64::MAX)
}
