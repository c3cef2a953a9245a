//! What a voucher and the ticks after it claim.

use super::MAX_TICKS;

/// Why ticks cannot be claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// Beyond the voucher's last tick, or the voucher names more than there may be.
    #[error("tick {index} is beyond the voucher's {max}")]
    TickTooFar {
        /// The tick claimed.
        index: u32,
        /// The last that counts.
        max: u32,
    },
    /// The sum has more than 128 bits.
    #[error("the claim overflows 128 bits")]
    Overflow,
}

/// cumulative amount + ticks · tick value.
///
/// # Errors
/// If there are too many ticks, or the sum does not fit.
pub fn claim_wei(
    cumulative_amount_wei: u128,
    tick_value_wei: u128,
    tick_max: u32,
    ticks: u32,
) -> Result<u128, ClaimError> {
    let max = tick_max.min(MAX_TICKS);
    if ticks > max {
        return Err(ClaimError::TickTooFar { index: ticks, max });
    }
    u128::from(ticks)
        .checked_mul(tick_value_wei)
        .and_then(|more| cumulative_amount_wei.checked_add(more))
        .ok_or(ClaimError::Overflow)
}
