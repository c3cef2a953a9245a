//! Keeps a simulated call within its time, a trace within what may be recorded, and a call on a thread
//! that must not block within next to nothing.

use super::RpcError;
use alloy_primitives::{Address, B256, U256};
use btt_runtime::state::{Account, StateReader, StoreError};
use revm::state::Bytecode;
use revm::{
    Inspector,
    context_interface::{ContextTr, context::ContextError},
    interpreter::{CallInputs, CallOutcome, CreateInputs, CreateOutcome, Interpreter},
};
use std::{
    cell::Cell,
    sync::{Arc, Weak},
    time::Instant,
};

/// The clock is read once for so many steps.
const STEPS_PER_LOOK: u32 = 128;
/// And once for so many reads of guarded state.
const READS_PER_LOOK: u32 = 64;

/// Steps of a call that is run where it came in.
const QUICK_STEPS: u32 = 4_000;
/// Gas that one frame of such a call may spend: it bounds memory, hashing and reads of the store.
const QUICK_FRAME_GAS: u64 = 500_000;
/// Calls of such a call.
const QUICK_CALLS: u32 = 64;
/// The last precompile that costs next to nothing (identity).
const LAST_QUICK_PRECOMPILE: u16 = 4;
/// The last precompile there is (EIP-7951).
const LAST_PRECOMPILE: u16 = 0x100;

/// Why a call was aborted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Abort {
    Time,
    Steps,
    Calls,
    Bytes,
    /// Not an answer: the call must be run again where it may take long.
    TooMuch,
}

/// Aborts execution at a deadline or a bound.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    deadline: Instant,
    time_ms: u64,
    /// Gone when the client is.
    asker: Option<Weak<()>>,
    steps: u32,
    max_steps: u32,
    calls: u32,
    max_calls: u32,
    bytes: usize,
    max_bytes: usize,
    is_quick: bool,
    abort: Option<Abort>,
}

impl Guard {
    /// Bounds the time only.
    pub(super) fn until(deadline: Instant, time_ms: u64) -> Self {
        Self {
            deadline,
            time_ms,
            asker: None,
            steps: 0,
            max_steps: u32::MAX,
            calls: 0,
            max_calls: u32::MAX,
            bytes: 0,
            max_bytes: usize::MAX,
            is_quick: false,
            abort: None,
        }
    }

    /// Aborts whatever is not done at once; see [`Self::was_too_much`].
    pub(super) fn quick(self) -> Self {
        Self { max_steps: QUICK_STEPS, max_calls: QUICK_CALLS, is_quick: true, ..self }
    }

    /// Whether a quick call was aborted for what it does, so that its result says nothing.
    pub(super) fn was_too_much(&self) -> bool {
        self.is_quick && self.abort.is_some()
    }

    /// Bounds what is recorded as well.
    pub(super) fn recording(self, max_steps: u32, max_calls: u32, max_bytes: usize) -> Self {
        Self { max_steps, max_calls, max_bytes, ..self }
    }

    /// Ends work outside of the EVM as well when what is returned beside it is dropped: with the request that waits
    /// for the answer.
    pub(super) fn awaited(self) -> (Self, Arc<()>) {
        let asker = Arc::new(());
        (Self { asker: Some(Arc::downgrade(&asker)), ..self }, asker)
    }

    /// Whether there is time left, and somebody who waits; for work outside of the EVM.
    pub(super) fn check(&self) -> Result<(), RpcError> {
        if self.asker.as_ref().is_some_and(|asker| asker.strong_count() == 0) {
            return Err(RpcError::Failed("nobody waits for the answer any more".to_owned()));
        }
        if Instant::now() < self.deadline { Ok(()) } else { Err(RpcError::TimedOut(self.time_ms)) }
    }

    /// Why execution was aborted, if it was.
    pub(super) fn aborted(&self) -> Option<RpcError> {
        Some(match self.abort? {
            Abort::Time => RpcError::TimedOut(self.time_ms),
            Abort::Steps => {
                let limit = self.max_steps;
                RpcError::Limit(format!("trace of more than {limit} steps; try callTracer"))
            }
            Abort::Calls => RpcError::Limit(format!("trace of more than {} calls", self.max_calls)),
            Abort::Bytes => too_many_bytes(self.max_bytes),
            Abort::TooMuch => RpcError::Internal("a quick call was none".to_owned()),
        })
    }

    fn look_at_clock(&mut self) {
        if Instant::now() >= self.deadline {
            self.abort = Some(Abort::Time);
        }
    }

    /// Counts what a trace keeps of a call: what goes in and, later, what comes out.
    fn count_bytes(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.max_bytes {
            self.abort = Some(Abort::Bytes);
        }
    }

    fn count_call(&mut self, input_bytes: usize) {
        self.count_bytes(input_bytes);
        self.calls = self.calls.saturating_add(1);
        if self.calls > self.max_calls {
            self.abort = Some(Abort::Calls);
        }
        // A call may be a precompile, which takes long in no step at all.
        self.look_at_clock();
    }
}

impl<CTX: ContextTr> Inspector<CTX> for Guard {
    fn step(&mut self, interpreter: &mut Interpreter, context: &mut CTX) {
        self.steps = self.steps.saturating_add(1);
        if self.steps > self.max_steps {
            self.abort = Some(Abort::Steps);
        } else if self.is_quick && interpreter.gas.total_gas_spent() > QUICK_FRAME_GAS {
            self.abort = Some(Abort::TooMuch);
        } else if self.steps.is_multiple_of(STEPS_PER_LOOK) {
            self.look_at_clock();
        }
        if self.abort.is_some() {
            *context.error() = Err(ContextError::Custom("aborted".to_owned()));
            interpreter.halt_fatal();
        }
    }

    fn call(&mut self, context: &mut CTX, inputs: &mut CallInputs) -> Option<CallOutcome> {
        self.count_call(inputs.input.len());
        if self.is_quick && is_slow_precompile(&inputs.bytecode_address) {
            self.abort = Some(Abort::TooMuch);
            // It would run before the next step: keep it from running at all.
            *context.error() = Err(ContextError::Custom("aborted".to_owned()));
            let range = inputs.return_memory_offset.clone();
            return Some(CallOutcome::new_oog(inputs.gas_limit, range, inputs.reservoir));
        }
        None
    }

    fn call_end(&mut self, _: &mut CTX, _: &CallInputs, outcome: &mut CallOutcome) {
        self.count_bytes(outcome.output().len());
    }

    fn create(&mut self, _: &mut CTX, inputs: &mut CreateInputs) -> Option<CreateOutcome> {
        self.count_call(inputs.init_code().len());
        None
    }

    fn create_end(&mut self, _: &mut CTX, _: &CreateInputs, outcome: &mut CreateOutcome) {
        self.count_bytes(outcome.output().len());
    }
}

/// State that is read under a guard, for work that reads much of it outside of the EVM. What a guard ends fails as
/// a read: ask the guard why.
pub(super) struct Guarded<S> {
    state: S,
    guard: Guard,
    reads: Cell<u32>,
}

impl<S> Guarded<S> {
    pub(super) fn new(state: S, guard: Guard) -> Self {
        Self { state, guard, reads: Cell::new(0) }
    }

    fn count(&self) -> Result<(), StoreError> {
        let reads = self.reads.get();
        self.reads.set(reads.wrapping_add(1));
        if reads.is_multiple_of(READS_PER_LOOK) {
            self.guard.check().map_err(StoreError::new)?;
        }
        Ok(())
    }
}

impl<S: StateReader> StateReader for Guarded<S> {
    fn account(&self, address: Address) -> Result<Option<Account>, StoreError> {
        self.count()?;
        self.state.account(address)
    }
    fn storage(&self, address: Address, slot: U256) -> Result<U256, StoreError> {
        self.count()?;
        self.state.storage(address, slot)
    }
    fn code(&self, code_hash: B256) -> Result<Option<Bytecode>, StoreError> {
        self.count()?;
        self.state.code(code_hash)
    }
    fn block_hash(&self, number: u64) -> Result<Option<B256>, StoreError> {
        self.count()?;
        self.state.block_hash(number)
    }
}

/// The error of a trace that keeps more than it may.
pub(super) fn too_many_bytes(max_bytes: usize) -> RpcError {
    RpcError::Limit(format!("trace of more than {max_bytes} bytes of inputs, outputs and memory"))
}

/// Whether a precompile answers there whose work its gas does not keep small.
fn is_slow_precompile(address: &Address) -> bool {
    let [zeros @ .., high, low] = address.0.0;
    let number = u16::from_be_bytes([high, low]);
    zeros == [0; 18] && number > LAST_QUICK_PRECOMPILE && number <= LAST_PRECOMPILE
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::address;
    use btt_runtime::state::MemoryStore;
    use std::time::Duration;

    #[test]
    fn only_the_costly_precompiles_are_slow() {
        let precompile = |n: u64| Address::left_padding_from(&n.to_be_bytes());
        for quick in [0, 1, 4, 0x101, 0xb77001] {
            assert!(!is_slow_precompile(&precompile(quick)), "{quick}");
        }
        for slow in [5, 8, 0x11, 0x100] {
            assert!(is_slow_precompile(&precompile(slow)), "{slow}");
        }
        let other = address!("0x1000000000000000000000000000000000000005");
        assert!(!is_slow_precompile(&other));
    }

    #[test]
    fn reads_end_with_the_time_and_with_whoever_asked() {
        let read_much = |guard: &Guard| {
            let state = Guarded::new(MemoryStore::default(), guard.clone());
            let slots = 0..=READS_PER_LOOK;
            slots.map(|n| state.storage(Address::ZERO, U256::from(n))).find_map(Result::err)
        };
        let later = Instant::now() + Duration::from_secs(3_600);
        let (guard, asker) = Guard::until(later, 7).awaited();
        assert_eq!((guard.check(), read_much(&guard)), (Ok(()), None));
        drop(asker);
        let gone = RpcError::Failed("nobody waits for the answer any more".to_owned());
        assert_eq!(read_much(&guard), Some(StoreError::new(&gone)));
        assert_eq!(guard.check(), Err(gone));
        let (late, _asker) = Guard::until(Instant::now(), 7).awaited();
        assert_eq!(read_much(&late), Some(StoreError::new(RpcError::TimedOut(7))));
    }
}
