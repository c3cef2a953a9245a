//! What a module sees of the chain: its block, storage, money, logs. The EVM's journal stands behind it
//! in a call, the block's overlay in a hook.

use super::{
    ModuleError,
    market::{Cleared, clearing},
};
use crate::{
    block::BlockFacts,
    state::{Overlay, StateReader},
    tx::RecoverError,
};
use alloy_primitives::{Address, B256, Log, Signature, U256};
use std::sync::Arc;

/// Access of a module to the state.
pub trait Host {
    /// The block under execution.
    fn block(&self) -> &BlockFacts;
    /// Reads a slot.
    fn load(&mut self, address: Address, slot: U256) -> Result<U256, ModuleError>;
    /// Writes a slot.
    fn store(&mut self, address: Address, slot: U256, value: U256) -> Result<(), ModuleError>;
    /// Balance in wei.
    fn balance(&mut self, address: Address) -> Result<U256, ModuleError>;
    /// Moves wei; `Ok(false)` if `from` has less.
    fn transfer(&mut self, from: Address, to: Address, wei: U256) -> Result<bool, ModuleError>;
    /// Emits an event.
    fn log(&mut self, log: Log) -> Result<(), ModuleError>;
    /// Pays for work that touches no state, in gas.
    fn charge(&mut self, gas: u64) -> Result<(), ModuleError>;

    /// Who signed a digest: from the signers that the node has recovered, else by recovery. Costs no gas here;
    /// callers charge before.
    fn recover(&self, digest: B256, signature: &Signature) -> Result<Address, RecoverError> {
        self.block().recovered.recover(digest, signature)
    }

    /// What the node has cleared elsewhere, if it is this market epoch under this seed. Where it is not there,
    /// the market clears itself, with the same result.
    fn cleared(&self, _epoch: u32, _seed: B256) -> Option<Arc<clearing::Outcome>> {
        None
    }
}

/// A host on the block's overlay: for hooks and genesis. Nothing costs gas.
#[derive(Debug)]
pub struct OverlayHost<'a, S> {
    overlay: &'a mut Overlay<S>,
    block: &'a BlockFacts,
    logs: Vec<Log>,
    cleared: Cleared,
}

impl<'a, S: StateReader> OverlayHost<'a, S> {
    /// A host for one hook.
    pub fn new(overlay: &'a mut Overlay<S>, block: &'a BlockFacts) -> Self {
        Self { overlay, block, logs: Vec::new(), cleared: Cleared::default() }
    }

    /// The same that knows what the node has cleared.
    pub fn with_cleared(self, cleared: Cleared) -> Self {
        Self { cleared, ..self }
    }

    /// Events so far.
    pub fn into_logs(self) -> Vec<Log> {
        self.logs
    }
}

impl<S: StateReader> Host for OverlayHost<'_, S> {
    fn block(&self) -> &BlockFacts {
        self.block
    }

    fn load(&mut self, address: Address, slot: U256) -> Result<U256, ModuleError> {
        Ok(self.overlay.storage(address, slot)?)
    }

    fn store(&mut self, address: Address, slot: U256, value: U256) -> Result<(), ModuleError> {
        Ok(self.overlay.set_storage(address, slot, value)?)
    }

    fn balance(&mut self, address: Address) -> Result<U256, ModuleError> {
        Ok(self.overlay.balance(address)?)
    }

    fn transfer(&mut self, from: Address, to: Address, wei: U256) -> Result<bool, ModuleError> {
        let Some(mut payer) = self.overlay.account(from)? else { return Ok(wei.is_zero()) };
        let Some(left) = payer.balance.checked_sub(wei) else { return Ok(false) };
        payer.balance = left;
        // EIP-161: what is left empty is not there.
        self.overlay.set_account(from, (!payer.is_empty()).then_some(payer))?;
        self.overlay.credit(to, wei)?;
        Ok(true)
    }

    fn log(&mut self, log: Log) -> Result<(), ModuleError> {
        self.logs.push(log);
        Ok(())
    }

    fn charge(&mut self, _gas: u64) -> Result<(), ModuleError> {
        Ok(())
    }

    fn cleared(&self, epoch: u32, seed: B256) -> Option<Arc<clearing::Outcome>> {
        self.cleared.outcome(epoch, seed)
    }
}
