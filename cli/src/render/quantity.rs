//! Values of chain parameters, read by the unit that the chain names.

use alloy_primitives::U256;
use btt_runtime::primitives::amount::format_btt;

use super::{gwei, span, units::decimal};

/// Below so many wei an amount is shown in gwei.
const LEAST_SHOWN_AS_BTT: u64 = 1_000_000_000_000;

/// A value with its unit, as people read it: `21 d`, `33.40 % of all stake`, `10,000 BTT`.
pub fn quantity(value: U256, unit: &str) -> String {
    if value == U256::MAX {
        return "no limit".to_owned();
    }
    let small = u64::try_from(value);
    match (unit, small) {
        ("seconds", Ok(seconds)) => span_or_zero(seconds.saturating_mul(1_000)),
        ("milliseconds", Ok(ms)) => span_or_zero(ms),
        ("wei per gas", Ok(wei)) => format!("{} per gas", gwei(wei.into())),
        _ if is_wei(unit) && value < U256::from(LEAST_SHOWN_AS_BTT) && !value.is_zero() => {
            format!("{}{}", gwei(value.saturating_to()), unit.trim_start_matches("wei"))
        }
        _ if is_wei(unit) => format!("{}{}", format_btt(value), unit.trim_start_matches("wei")),
        (_, Ok(number)) => match unit.split_once(' ').unwrap_or((unit, "")) {
            ("1/10,000", whole) => format!("{} % {whole}", decimal(value, 2)),
            ("1/1,000,000", whole) => format!("{} % {whole}", decimal(value, 4)),
            _ => format!("{} {unit}", super::grouped(number)),
        },
        (_, Err(_)) => format!("{value} {unit}"),
    }
}

/// Whether values of this unit are amounts of wei.
pub fn is_wei(unit: &str) -> bool {
    unit == "wei" || unit.starts_with("wei per 32-byte")
}

fn span_or_zero(ms: u64) -> String {
    if ms == 0 { "0 s".to_owned() } else { span(ms) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_of_the_chain_reads_well() {
        let btt = 1_000_000_000_000_000_000u64;
        for (value, unit, text) in [
            (1_814_400, "seconds", "21 d"),
            (0, "seconds", "0 s"),
            (1_500, "milliseconds", "1 s"),
            (3_340, "1/10,000 of all stake", "33.4 % of all stake"),
            (500, "1/10,000 of the stake", "5 % of the stake"),
            (100, "1/1,000,000 of the stake", "0.01 % of the stake"),
            (60_000_000, "gas", "60,000,000 gas"),
            (10 * btt, "wei", "10 BTT"),
            (1_000_000_000, "wei", "1 gwei"),
            (0, "wei per 32-byte slot", "0 BTT per 32-byte slot"),
            (btt, "wei per 32-byte slot", "1 BTT per 32-byte slot"),
            (10_000_000_000_000, "wei per gas", "10000 gwei per gas"),
            (3, "times", "3 times"),
        ] {
            assert_eq!(quantity(U256::from(value), unit), text, "{value} {unit}");
        }
        assert_eq!(quantity(U256::MAX, "blocks"), "no limit");
        assert_eq!(quantity(U256::from(u128::MAX), "x"), format!("{} x", u128::MAX));
    }
}
