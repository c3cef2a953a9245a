//! A module's host in a call: revm's journal, with Ethereum's gas prices for every slot touched.

use crate::block::BlockFacts;
use crate::modules::{Host, ModuleError};
use alloy_primitives::{Address, Log, U256};
use revm::{
    Database,
    context::{Cfg, CfgEnv, ContextTr, JournalTr},
    context_interface::{context::ContextError, journaled_state::JournalLoadError},
    interpreter::Gas,
};

/// A write needs more gas than this left (EIP-2200).
const STIPEND: u64 = 2_300;
/// Gas of emitting a log before topics and data.
const LOG_BASE_GAS: u64 = 375;

pub(super) struct JournalHost<'a, CTX> {
    context: &'a mut CTX,
    gas: Gas,
}

impl<'a, CTX> JournalHost<'a, CTX> {
    pub(super) fn new(context: &'a mut CTX, gas: Gas) -> Self {
        Self { context, gas }
    }

    pub(super) fn into_gas(self) -> Gas {
        self.gas
    }

    fn spend(&mut self, gas: u64) -> Result<(), ModuleError> {
        if self.gas.record_regular_cost(gas) { Ok(()) } else { Err(ModuleError::OutOfGas) }
    }
}

/// A cold load that the gas left could not pay is never made.
fn refused<CTX: ContextTr>(
    context: &mut CTX,
    error: JournalLoadError<DbError<CTX>>,
) -> ModuleError {
    match error {
        JournalLoadError::ColdLoadSkipped => ModuleError::OutOfGas,
        JournalLoadError::DBError(error) => fault(context, error),
    }
}

type DbError<CTX> = <<CTX as ContextTr>::Db as Database>::Error;

/// The store failed: the context keeps its error, so that the executor does not blame the transaction.
fn fault<CTX: ContextTr>(context: &mut CTX, error: DbError<CTX>) -> ModuleError {
    let reason = error.to_string();
    *context.error() = Err(ContextError::Db(error));
    ModuleError::Store(reason)
}

impl<CTX> Host for JournalHost<'_, CTX>
where
    CTX: ContextTr<Cfg = CfgEnv, Chain = BlockFacts>,
{
    fn block(&self) -> &BlockFacts {
        self.context.chain()
    }

    fn load(&mut self, address: Address, slot: U256) -> Result<U256, ModuleError> {
        let prices = self.context.cfg().gas_params();
        let (warm, cold) = (prices.warm_storage_read_cost(), prices.cold_storage_cost());
        self.spend(warm)?;
        let extra = cold.saturating_sub(warm);
        let skip_cold = self.gas.remaining() < extra;
        load_account(self.context, address)?;
        let loaded = self
            .context
            .journal_mut()
            .sload_skip_cold_load(address, slot, skip_cold)
            .map_err(|error| refused(self.context, error))?;
        if loaded.is_cold {
            self.spend(extra)?;
        }
        Ok(loaded.data)
    }

    fn store(&mut self, address: Address, slot: U256, value: U256) -> Result<(), ModuleError> {
        if self.gas.remaining() <= STIPEND {
            return Err(ModuleError::OutOfGas);
        }
        let prices = self.context.cfg().gas_params().clone();
        self.spend(prices.sstore_static_gas())?;
        let skip_cold = self.gas.remaining() < prices.cold_storage_cost();
        load_account(self.context, address)?;
        let stored = self
            .context
            .journal_mut()
            .sstore_skip_cold_load(address, slot, value, skip_cold)
            .map_err(|error| refused(self.context, error))?;
        self.spend(prices.sstore_dynamic_gas(true, &stored.data, stored.is_cold))?;
        self.gas.record_refund(prices.sstore_refund(true, &stored.data));
        Ok(())
    }

    fn balance(&mut self, address: Address) -> Result<U256, ModuleError> {
        let loaded = self
            .context
            .journal_mut()
            .load_account(address)
            .map(|account| (account.data.info.balance, account.is_cold))
            .map_err(|error| fault(self.context, error))?;
        self.charge_account(loaded.1)?;
        Ok(loaded.0)
    }

    fn transfer(&mut self, from: Address, to: Address, wei: U256) -> Result<bool, ModuleError> {
        for address in [from, to] {
            let is_cold = load_account(self.context, address)?;
            self.charge_account(is_cold)?;
        }
        let failed = self
            .context
            .journal_mut()
            .transfer(from, to, wei)
            .map_err(|error| fault(self.context, error))?;
        Ok(failed.is_none())
    }

    fn log(&mut self, log: Log) -> Result<(), ModuleError> {
        let topics = u8::try_from(log.topics().len()).unwrap_or(u8::MAX);
        let bytes = u64::try_from(log.data.data.len()).unwrap_or(u64::MAX);
        let price = self.context.cfg().gas_params().log_cost(topics, bytes);
        self.spend(LOG_BASE_GAS.saturating_add(price))?;
        self.context.journal_mut().log(log);
        Ok(())
    }

    fn charge(&mut self, gas: u64) -> Result<(), ModuleError> {
        self.spend(gas)
    }
}

impl<CTX: ContextTr<Cfg = CfgEnv>> JournalHost<'_, CTX> {
    /// EIP-2929's price of touching an account.
    fn charge_account(&mut self, is_cold: bool) -> Result<(), ModuleError> {
        let prices = self.context.cfg().gas_params();
        let warm = prices.warm_storage_read_cost();
        let extra = if is_cold { prices.cold_account_additional_cost() } else { 0 };
        self.spend(warm.saturating_add(extra))
    }
}

/// The journal wants an account loaded before its storage or balance is touched.
fn load_account<CTX: ContextTr>(context: &mut CTX, address: Address) -> Result<bool, ModuleError> {
    context
        .journal_mut()
        .load_account(address)
        .map(|account| account.is_cold)
        .map_err(|error| fault(context, error))
}
