//! Names of the status bytes that `batchSettle` returns. Faults that the wallet finds itself have the same names.

/// Names in the order of the bytes.
const NAMES: [&str; 14] = [
    "paid",
    "nothing_new",
    "unknown_channel",
    "bad_signature",
    "bad_lane",
    "tick_too_far",
    "bad_tick",
    "amount_overflow",
    "above_deposit",
    "above_payee_share",
    "pool_is_frozen",
    "claim_too_small",
    "bad_secret",
    "condition_expired",
];

/// The name of a status.
pub fn status_name(status: u8) -> &'static str {
    NAMES.get(usize::from(status)).copied().unwrap_or("unknown_status")
}
