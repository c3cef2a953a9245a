//! What checking vouchers costs. It is charged for all of a call before the first signature is checked
//! (rule A.3), so that nobody's work goes unpaid.

use super::voucher::MAX_TICKS;
use crate::modules::{Host, ModuleError};

/// Recovering a signer: what Ethereum's `ecrecover` costs.
const SIGNATURE_GAS: u64 = 3_000;
/// Hashing a message to its digest.
const DIGEST_GAS: u64 = 150;
/// One step back in a chain of ticks: keccak256 of 85 bytes.
const TICK_GAS: u64 = 48;

/// Gas of so many signatures over messages.
pub(super) fn of_signatures(count: u64) -> u64 {
    SIGNATURE_GAS.saturating_add(DIGEST_GAS).saturating_mul(count)
}

/// Gas of walking back from a tick. What is beyond the last is refused before it is walked.
pub(super) fn of_ticks(index: u32) -> u64 {
    TICK_GAS.saturating_mul(u64::from(index.min(MAX_TICKS)))
}

/// Charges for signatures and one chain of ticks.
pub(super) fn charge(
    host: &mut dyn Host,
    signatures: u64,
    tick_index: u32,
) -> Result<(), ModuleError> {
    host.charge(of_signatures(signatures).saturating_add(of_ticks(tick_index)))
}
