//! The least gas limit with which a transaction succeeds, by bisection.
//!
//! Gas used is not enough: a call passes on at most 63/64 of its gas (EIP-150), refunds come after, and
//! code may ask for `gas()`.

use super::{
    RpcError,
    simulate::{Simulation, output},
};
use alloy_primitives::TxKind;
use btt_runtime::state::StateReader;
use revm::{
    context::TxEnv,
    context_interface::result::{ExecutionResult, HaltReason},
};

/// Gas of a transfer that runs no code.
const TRANSFER_GAS: u64 = 21_000;
/// Gas that a call with value adds for its target, which a caller may need once more.
const CALL_STIPEND: u64 = 2_300;
/// The bisection ends when the bounds are closer than one part in this many, as geth's 1.5 %.
const TOLERANCE_PARTS: u64 = 64;

/// Whether a run with this gas succeeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    Succeeds,
    NeedsMore,
}

/// Estimates; `env.gas_limit` is the most that is tried.
///
/// # Errors
/// As the call itself fails with the most gas.
pub(super) fn estimate<S: StateReader>(
    simulation: &mut Simulation<'_, S>,
    mut env: TxEnv,
) -> Result<u64, RpcError> {
    env.gas_limit = env.gas_limit.min(simulation.payable_gas(&env)?);
    let most = env.gas_limit;
    if is_transfer(simulation, &env)? && most >= TRANSFER_GAS {
        let result = simulation.run(TxEnv { gas_limit: TRANSFER_GAS, ..env.clone() });
        if result.is_ok_and(|result| result.is_success()) {
            return Ok(TRANSFER_GAS);
        }
    }
    let first = simulation.run(env.clone())?;
    let gas = *first.gas();
    if let ExecutionResult::Halt { reason: HaltReason::OutOfGas(_), .. } = &first {
        return Err(RpcError::Failed(format!("gas required exceeds allowance ({most})")));
    }
    output(first)?;
    let likely = (gas.tx_gas_used() + gas.inner_refunded() + CALL_STIPEND) / 63 * 64 + 64;
    bisect(gas.tx_gas_used(), most, likely, |gas_limit| {
        run_with(simulation, TxEnv { gas_limit, ..env.clone() })
    })
}

fn is_transfer<S: StateReader>(
    simulation: &mut Simulation<'_, S>,
    env: &TxEnv,
) -> Result<bool, RpcError> {
    match env.kind {
        TxKind::Call(to)
            if env.data.is_empty()
                && env.access_list.is_empty()
                && env.authorization_list.is_empty() =>
        {
            simulation.has_no_code(to)
        }
        _ => Ok(false),
    }
}

/// Any failure below a gas limit that works is a lack of gas, whatever the code made of it.
fn run_with<S: StateReader>(
    simulation: &mut Simulation<'_, S>,
    env: TxEnv,
) -> Result<Run, RpcError> {
    match simulation.run(env) {
        Ok(result) if result.is_success() => Ok(Run::Succeeds),
        Ok(_) | Err(RpcError::Failed(_)) => Ok(Run::NeedsMore),
        Err(error) => Err(error),
    }
}

/// The least gas, nearly, between what a run `used` and `most`, which succeeds. `likely` is tried first.
fn bisect(
    used: u64,
    most: u64,
    likely: u64,
    mut try_gas: impl FnMut(u64) -> Result<Run, RpcError>,
) -> Result<u64, RpcError> {
    let (mut low, mut high) = (used.saturating_sub(1), most);
    if likely < high {
        match try_gas(likely)? {
            Run::Succeeds => high = likely,
            Run::NeedsMore => low = low.max(likely),
        }
    }
    while low + 1 < high && high - low > high / TOLERANCE_PARTS {
        // Most transactions need little more than they use: look there first.
        let middle = (low + (high - low) / 2).min(low.saturating_mul(2).max(low + 1));
        match try_gas(middle)? {
            Run::Succeeds => high = middle,
            Run::NeedsMore => low = middle,
        }
    }
    Ok(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimated(needed: u64, used: u64, most: u64, likely: u64) -> (u64, usize) {
        let mut runs = 0;
        let gas = bisect(used, most, likely, |gas| {
            runs += 1;
            Ok(if gas >= needed { Run::Succeeds } else { Run::NeedsMore })
        });
        (gas.unwrap(), runs)
    }

    #[test]
    fn an_estimate_suffices_and_is_hardly_more_than_needed() {
        for needed in [21_001, 50_000, 90_000, 1_000_000, 29_000_000] {
            let (gas, runs) = estimated(needed, 21_000, 60_000_000, 30_000);
            assert!(gas >= needed && gas <= needed + needed / 60, "{needed}: {gas}");
            assert!(runs < 40, "{needed}: {runs} runs");
        }
    }

    #[test]
    fn where_nothing_is_odd_one_try_and_its_neighbours_do() {
        let (gas, runs) = estimated(50_500, 50_000, 60_000_000, 50_600);
        assert_eq!((gas, runs), (50_600, 1));
        let (gas, _) = estimated(100, 100, 100, 200);
        assert_eq!(gas, 100, "the most is right where it is needed");
    }

    #[test]
    fn an_abort_ends_the_bisection() {
        let result = bisect(1, 1_000_000, 10, |_| Err(RpcError::TimedOut(5_000)));
        assert_eq!(result, Err(RpcError::TimedOut(5_000)));
    }
}
