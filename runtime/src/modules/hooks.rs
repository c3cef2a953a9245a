//! Hooks: what modules do at the beginning and the end of every block. They are total (rule C.3): each runs
//! in a checkpoint, and one that fails is taken back and its module paused, while the chain goes on.

use super::{Host, ModuleError, Modules, OverlayHost, market::Cleared};
use crate::{
    block::BlockFacts,
    primitives::addresses::PARAMS,
    state::{Overlay, StateReader, StoreError},
};
use alloy_primitives::{Address, Log, U256, keccak256};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// When a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before the first transaction.
    BeginBlock,
    /// After the last transaction.
    EndBlock,
}

/// A hook that failed: its module is paused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookFailure {
    /// The module.
    pub module: Address,
    /// When.
    pub moment: Moment,
    /// Why.
    pub reason: String,
}

/// Runs every module's hook in order. `cleared` is what the node has cleared of the market elsewhere. Only a
/// store that fails is an error.
pub fn run_hooks<S: StateReader>(
    modules: Modules,
    moment: Moment,
    overlay: &mut Overlay<S>,
    block: &BlockFacts,
    cleared: &Cleared,
) -> Result<(Vec<Log>, Vec<HookFailure>), StoreError> {
    let (mut logs, mut failures) = (Vec::new(), Vec::new());
    for module in modules {
        let address = module.address();
        let checkpoint = overlay.checkpoint();
        let mut host = OverlayHost::new(overlay, block).with_cleared(cleared.clone());
        let result = match is_paused(&mut host, address) {
            Ok(true) => Ok(()),
            // What the hook wrote before a panic is taken back with the checkpoint.
            Ok(false) => catch_unwind(AssertUnwindSafe(|| module.hook(moment, &mut host)))
                .unwrap_or_else(|_| Err(ModuleError::Broken("the hook panicked".to_owned()))),
            Err(error) => Err(error),
        };
        let emitted = host.into_logs();
        match result {
            Ok(()) => {
                overlay.commit(checkpoint);
                logs.extend(emitted);
            }
            Err(ModuleError::Store(reason)) => {
                overlay.revert(checkpoint);
                return Err(StoreError::new(reason));
            }
            Err(error) => {
                overlay.revert(checkpoint);
                overlay.set_storage(PARAMS, pause_slot(address), U256::from(1))?;
                failures.push(HookFailure {
                    module: address,
                    moment,
                    reason: format!("{error:?}"),
                });
            }
        }
    }
    Ok((logs, failures))
}

/// Whether a hook of the module has failed and governance has not cleared it.
pub(super) fn is_paused(host: &mut dyn Host, module: Address) -> Result<bool, ModuleError> {
    Ok(!host.load(PARAMS, pause_slot(module))?.is_zero())
}

/// Slot of `params` that pauses a module: keccak256("btt.paused" ‖ module).
pub(super) fn pause_slot(module: Address) -> U256 {
    keccak256([b"btt.paused".as_slice(), module.as_slice()].concat()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        modules::{Call, Module, dispatch, tests_support::facts},
        primitives::addresses::MARKET,
        state::MemoryStore,
    };
    use alloy_primitives::Bytes;

    /// Writes, then fails at the end of block 2: by a panic, or by an error.
    struct Clumsy(bool);

    impl Module for Clumsy {
        fn address(&self) -> Address {
            MARKET
        }
        fn name(&self) -> &'static str {
            "clumsy"
        }
        fn is_exit(&self, selector: [u8; 4]) -> bool {
            selector == [1; 4]
        }
        fn call(&self, _: &mut Call<'_>, _: [u8; 4], _: &[u8]) -> Result<Bytes, ModuleError> {
            Ok(Bytes::from_static(b"ok"))
        }
        fn hook(&self, _: Moment, host: &mut dyn Host) -> Result<(), ModuleError> {
            host.store(MARKET, U256::from(host.block().number), U256::from(1))?;
            match host.block().number {
                2 if self.0 => panic!("clumsy"),
                2 => Err(ModuleError::Revert(Bytes::new())),
                _ => Ok(()),
            }
        }
    }

    #[test]
    fn a_failing_hook_is_taken_back_and_pauses_its_module_but_not_the_chain() {
        check(&[&Clumsy(false)]);
        check(&[&Clumsy(true)]);
    }

    fn check(modules: Modules) {
        let mut overlay = Overlay::new(MemoryStore::default());
        let run = |overlay: &mut Overlay<MemoryStore>, number| {
            run_hooks(modules, Moment::EndBlock, overlay, &facts(number), &Cleared::default())
                .unwrap()
                .1
        };
        assert!(run(&mut overlay, 1).is_empty());
        let failures = run(&mut overlay, 2);
        assert_eq!(failures.len(), 1);
        assert_eq!(failures[0].module, MARKET);
        assert!(run(&mut overlay, 3).is_empty(), "a paused module's hook does not run");
        let mut written = |slot: u64| overlay.storage(MARKET, U256::from(slot)).unwrap();
        assert_eq!([written(1), written(2), written(3)], [U256::from(1), U256::ZERO, U256::ZERO]);

        let facts = facts(3);
        let mut host = OverlayHost::new(&mut overlay, &facts);
        let mut call = |selector: [u8; 4]| {
            dispatch(&Clumsy(false), &mut host, MARKET, U256::ZERO, false, &selector)
        };
        assert_eq!(call([1; 4]), Ok(Bytes::from_static(b"ok")), "exits stay open");
        assert_eq!(
            call([2; 4]),
            Err(ModuleError::revert(super::super::ModulePaused { module: MARKET }))
        );
    }
}
