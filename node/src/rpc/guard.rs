//! Keeps a simulated call within its time, and a trace within what may be recorded.

use super::RpcError;
use revm::{
    Inspector,
    context_interface::{ContextTr, context::ContextError},
    interpreter::{CallInputs, CallOutcome, CreateInputs, CreateOutcome, Interpreter},
};
use std::time::Instant;

/// The clock is read once for so many steps.
const STEPS_PER_LOOK: u32 = 1_024;

/// Why a call was aborted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Abort {
    Time,
    Steps,
    Calls,
}

/// Aborts execution at a deadline or a bound.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    deadline: Instant,
    time_ms: u64,
    steps: u32,
    max_steps: u32,
    calls: u32,
    max_calls: u32,
    abort: Option<Abort>,
}

impl Guard {
    /// Bounds the time only.
    pub(super) fn until(deadline: Instant, time_ms: u64) -> Self {
        Self {
            deadline,
            time_ms,
            steps: 0,
            max_steps: u32::MAX,
            calls: 0,
            max_calls: u32::MAX,
            abort: None,
        }
    }

    /// Bounds what is recorded as well.
    pub(super) fn recording(self, max_steps: u32, max_calls: u32) -> Self {
        Self { max_steps, max_calls, ..self }
    }

    /// Whether there is time left; for work outside of the EVM.
    pub(super) fn check(&self) -> Result<(), RpcError> {
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
        })
    }

    fn look_at_clock(&mut self) {
        if Instant::now() >= self.deadline {
            self.abort = Some(Abort::Time);
        }
    }

    fn count_call(&mut self) {
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
        } else if self.steps.is_multiple_of(STEPS_PER_LOOK) {
            self.look_at_clock();
        }
        if self.abort.is_some() {
            *context.error() = Err(ContextError::Custom("aborted".to_owned()));
            interpreter.halt_fatal();
        }
    }

    fn call(&mut self, _: &mut CTX, _: &mut CallInputs) -> Option<CallOutcome> {
        self.count_call();
        None
    }

    fn create(&mut self, _: &mut CTX, _: &mut CreateInputs) -> Option<CreateOutcome> {
        self.count_call();
        None
    }
}
