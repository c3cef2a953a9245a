//! What a node must be told of the chain before it believes its peers (rule C.7): validators who have left and
//! taken out their stake can sign another history at no cost, so a node that was away for long follows only a
//! chain that has the block its operator names.

use crate::{chain::Chain, config::Settings};
use btt_runtime::{
    block::header::time_ms,
    modules::{params, staking::params::UNBONDING},
};
use eyre::{Result, eyre};
use std::time::{SystemTime, UNIX_EPOCH};

/// Chains whose stake is free sooner than this are for tests: they stop and start as one likes.
const LEAST_UNBONDING_S: u64 = 86_400;

/// Refuses a chain that is not the one the operator trusts, and a head that is too old to be trusted alone.
pub(super) fn check(chain: &Chain, settings: &Settings) -> Result<()> {
    let head = chain.head();
    if let Some(trusted) = settings.trusted {
        match chain.header(trusted.height)? {
            Some(header) if header.hash_slow() != trusted.hash => {
                return Err(eyre!(
                    "block {} of this data folder is {}, not the trusted {}: it is another chain",
                    trusted.height,
                    header.hash_slow(),
                    trusted.hash
                ));
            }
            _ if trusted.height >= head.number => return Ok(()),
            _ => {}
        }
    }
    let unbonding_s = params::value_at(chain.store(), &chain.config().params, &UNBONDING)?;
    let unbonding_s = u64::try_from(unbonding_s).unwrap_or(u64::MAX);
    let head_ms = time_ms(&head.header).unwrap_or(head.header.timestamp.saturating_mul(1000));
    if is_too_old(head_ms, now_ms(), unbonding_s) {
        return Err(eyre!(
            "the newest block here, {}, is more than {} days old, half of the time in which stake is free again: \
             validators of that time can no longer be held to what they sign. Ask somebody you trust for a recent \
             block and start with: --trusted HEIGHT:HASH",
            head.number,
            unbonding_s / 2 / 86_400
        ));
    }
    Ok(())
}

/// A genesis without a time (0) has no age.
fn is_too_old(head_ms: u64, now_ms: u64, unbonding_s: u64) -> bool {
    let age_ms = now_ms.saturating_sub(head_ms);
    head_ms > 0 && unbonding_s >= LEAST_UNBONDING_S && age_ms > unbonding_s.saturating_mul(500)
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: u64 = 86_400_000;

    #[test]
    fn a_head_is_too_old_after_half_of_the_unbonding_time() {
        let unbonding_s = 20 * 86_400;
        let now = 1_000 * DAY_MS;
        assert!(!is_too_old(now - 10 * DAY_MS, now, unbonding_s));
        assert!(is_too_old(now - 10 * DAY_MS - 1, now, unbonding_s));
        assert!(!is_too_old(now + DAY_MS, now, unbonding_s), "a clock that is behind");
        assert!(!is_too_old(0, now, unbonding_s), "a genesis without a time");
        assert!(!is_too_old(1, now, 40), "a network on one machine");
    }
}
