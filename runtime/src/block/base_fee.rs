//! The base fee of the next block (EIP-1559) with this chain's floor.

/// Block gas limit over gas target.
pub const ELASTICITY: u64 = 2;
/// The base fee moves by at most one part in this many a block.
pub const MAX_CHANGE_DENOMINATOR: u64 = 8;

/// Base fee after a block that used `gas_used` of `gas_limit` at `base_fee_wei`; never below `floor_wei`.
///
/// # Units
/// wei per gas
pub fn next_base_fee(gas_used: u64, gas_limit: u64, base_fee_wei: u64, floor_wei: u64) -> u64 {
    let target = u128::from((gas_limit / ELASTICITY).max(1));
    let (used, fee) = (u128::from(gas_used), u128::from(base_fee_wei));
    let denominator = target.saturating_mul(u128::from(MAX_CHANGE_DENOMINATOR)).max(1);
    let share = |gas: u128| fee.saturating_mul(gas).checked_div(denominator).unwrap_or(0);
    let next = match used.cmp(&target) {
        std::cmp::Ordering::Equal => fee,
        std::cmp::Ordering::Greater => {
            fee.saturating_add(share(used.saturating_sub(target)).max(1))
        }
        std::cmp::Ordering::Less => fee.saturating_sub(share(target.saturating_sub(used))),
    };
    u64::try_from(next).unwrap_or(u64::MAX).max(floor_wei)
}

#[cfg(test)]
mod tests {
    use super::next_base_fee;

    #[test]
    fn the_base_fee_moves_as_eip_1559_says() {
        // The vectors of EIP-1559's reference tests, with no floor.
        let base = [1_000_000_000, 1_000_000_000, 1_000_000_000, 1_072_671_875, 1_059_263_476];
        let used = [10_000_000, 10_000_000, 10_000_000, 9_000_000, 10_001_000];
        let limit = [10_000_000, 12_000_000, 14_000_000, 10_000_000, 14_000_000];
        let next = [1_125_000_000, 1_083_333_333, 1_053_571_428, 1_179_939_062, 1_116_028_649];
        for i in 0..base.len() {
            assert_eq!(next_base_fee(used[i], limit[i], base[i], 0), next[i], "vector {i}");
        }
    }

    #[test]
    fn an_idle_chain_sinks_to_the_floor_and_stays_there() {
        let mut fee = 50_000;
        for _ in 0..200 {
            fee = next_base_fee(0, 60_000_000, fee, 10_000);
        }
        assert_eq!(fee, 10_000);
    }

    #[test]
    fn the_extremes_do_not_overflow() {
        assert_eq!(next_base_fee(u64::MAX, u64::MAX, u64::MAX, 0), u64::MAX);
        assert_eq!(next_base_fee(0, 0, 0, 7), 7);
    }
}
