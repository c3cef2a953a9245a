//! Amounts and counts.

use alloy_primitives::{Address, B256, U256};
use btt_runtime::primitives::amount;

use crate::args::Unit;

/// A count with its thousands grouped: `60,000,000`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// So many of something: `1 block`, `1,000 blocks`.
pub fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(count))
}

/// A short time given in microseconds: `1.234 ms`.
pub fn milliseconds(micros: u64) -> String {
    format!("{}.{:03} ms", grouped(micros / 1_000), micros % 1_000)
}

/// A share given in hundredths of a percent: `25.00 %`.
pub fn percent(basis_points: u32) -> String {
    format!("{}.{:02} %", basis_points / 100, basis_points % 100)
}

/// An amount for a table, without its unit: rounded down to six decimals.
pub fn short_btt(wei: U256) -> String {
    let micro = U256::from(1_000_000_000_000u64);
    if !wei.is_zero() && wei < micro {
        return "<0.000001".to_owned();
    }
    amount::format_btt_number(wei - wei % micro)
}

/// The ends of an address, for a table: `0x1234…abcd`.
pub fn short_address(address: Address) -> String {
    let text = address.to_string();
    match (text.get(..6), text.get(text.len().saturating_sub(4)..)) {
        (Some(start), Some(end)) => format!("{start}…{end}"),
        _ => text,
    }
}

/// The beginning of an id, for a table: `0x12345678…`. Verbs of channels take it for the whole.
pub fn short_id(id: B256) -> String {
    let text = id.to_string();
    format!("{}…", text.get(..10).unwrap_or(&text))
}

/// A price of gas: `1.5 gwei`.
pub fn gwei(wei: u128) -> String {
    format!("{} gwei", decimal(U256::from(wei), 9))
}

/// An amount in the unit asked for. BTT is grouped and named, for people; gwei and wei are plain
/// numbers, for scripts.
pub fn in_unit(wei: U256, unit: Unit) -> String {
    match unit {
        Unit::Btt => amount::format_btt(wei),
        Unit::Gwei => decimal(wei, 9),
        Unit::Wei => wei.to_string(),
    }
}

/// A number of units so many decimals below one, with its point and without zeros at the end.
pub(super) fn decimal(number: U256, decimals: usize) -> String {
    let digits = format!("{number:0>width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_prices_are_readable() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(60_000_000), "60,000,000");
        assert_eq!(
            [0, 1, 1_000].map(|count| counted(count, "block")),
            ["0 blocks", "1 block", "1,000 blocks"]
        );
        assert_eq!(gwei(1_500_000_000), "1.5 gwei");
        assert_eq!(percent(2_505), "25.05 %");
        assert_eq!(gwei(7), "0.000000007 gwei");
        assert_eq!(gwei(10_000_000_000_000), "10000 gwei");
    }

    #[test]
    fn tables_have_short_amounts_and_addresses() {
        assert_eq!(short_btt(U256::from(3_214_159_265_358_979_323u64)), "3.214159");
        assert_eq!(short_btt(U256::from(999_999_999_999u64)), "<0.000001");
        assert_eq!(short_btt(U256::ZERO), "0");
        assert_eq!(short_address(Address::repeat_byte(0x11)), "0x1111…1111");
    }

    #[test]
    fn amounts_are_exact_in_every_unit() {
        let wei = U256::from(10_001_500_000_000_000_000_001u128);
        assert_eq!(in_unit(wei, Unit::Btt), "10,001.500000000000000001 BTT");
        assert_eq!(in_unit(wei, Unit::Gwei), "10001500000000.000000001");
        assert_eq!(in_unit(wei, Unit::Wei), "10001500000000000000001");
    }
}
