//! Amounts of BTT. Code and RPC count in wei (10⁻¹⁸ BTT); people read and write BTT.

use alloy_primitives::U256;

/// Wei in one BTT.
pub const WEI_PER_BTT: u128 = 1_000_000_000_000_000_000;
/// All the BTT there is and will ever be: 990,000,000,000 BTT.
pub const SUPPLY_WEI: u128 = 990_000_000_000 * WEI_PER_BTT;
/// Decimals of BTT on this chain.
pub const DECIMALS: usize = 18;

/// Why a text is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Nothing but spaces or a unit.
    #[error("the amount is empty; write it like 12.5 or \"12.5 BTT\"")]
    Empty,
    /// A character that no amount has.
    #[error("'{0}' is not an amount; write it like 12.5, \"12.5 BTT\", \"3 gwei\" or \"100 wei\"")]
    Malformed(String),
    /// A unit nobody knows.
    #[error("unknown unit '{0}'; known are BTT, gwei and wei")]
    UnknownUnit(String),
    /// More decimals than the unit has.
    #[error("{unit} has {allowed} decimals, the amount has {given}")]
    TooManyDecimals {
        /// The unit as written.
        unit: &'static str,
        /// Decimals the unit has.
        allowed: usize,
        /// Decimals that were given.
        given: usize,
    },
    /// More than all the BTT there is.
    #[error("the amount is larger than the whole supply of 990,000,000,000 BTT")]
    AboveSupply,
}

/// Reads `12.5`, `12.5 BTT`, `3 gwei`, `100 wei`; thousands may be grouped as `1,000` or `1_000`.
///
/// # Units
/// The result is wei; without a unit the text is BTT.
pub fn parse_amount(text: &str) -> Result<u128, AmountError> {
    let text = text.trim();
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let (unit, decimals) = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "btt" => ("BTT", DECIMALS),
        "gwei" => ("gwei", 9),
        "wei" => ("wei", 0),
        _ => return Err(AmountError::UnknownUnit(unit.trim().to_owned())),
    };
    let number = number.trim();
    if number.is_empty() {
        return Err(AmountError::Empty);
    }
    let malformed = || AmountError::Malformed(text.to_owned());
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let fraction_is_empty = number.contains('.') && fraction.is_empty();
    if whole.is_empty() || fraction_is_empty || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return Err(malformed());
    }
    if fraction.len() > decimals {
        return Err(AmountError::TooManyDecimals {
            unit,
            allowed: decimals,
            given: fraction.len(),
        });
    }
    if !grouped_well(whole) {
        return Err(malformed());
    }
    let digits = whole
        .bytes()
        .filter(u8::is_ascii_digit)
        .chain(fraction.bytes())
        .chain(std::iter::repeat_n(b'0', decimals.saturating_sub(fraction.len())));
    let mut wei = 0u128;
    for digit in digits {
        wei = wei
            .checked_mul(10)
            .and_then(|w| w.checked_add(u128::from(digit.saturating_sub(b'0'))))
            .filter(|w| *w <= SUPPLY_WEI)
            .ok_or(AmountError::AboveSupply)?;
    }
    Ok(wei)
}

/// Digits, with separators only between full groups of three.
fn grouped_well(whole: &str) -> bool {
    let groups: Vec<&str> = whole.split([',', '_']).collect();
    let digits = |g: &&str| !g.is_empty() && g.bytes().all(|b| b.is_ascii_digit());
    match groups.as_slice() {
        [single] => digits(single),
        [first, rest @ ..] => {
            digits(first) && first.len() <= 3 && rest.iter().all(|g| digits(g) && g.len() == 3)
        }
        [] => false,
    }
}

/// Writes wei as people read it: `12,345.678 BTT`, without trailing zeros.
pub fn format_btt(wei: U256) -> String {
    format!("{} BTT", format_btt_number(wei))
}

/// Like [`format_btt`] without the unit.
pub fn format_btt_number(wei: U256) -> String {
    let digits = format!("{wei:0>width$}", width = DECIMALS.saturating_add(1));
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(DECIMALS));
    let mut text = String::with_capacity(digits.len().saturating_add(12));
    for (index, digit) in whole.chars().enumerate() {
        let left = whole.len().saturating_sub(index);
        if index > 0 && left.is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    let fraction = fraction.trim_end_matches('0');
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// serde for 128-bit amounts as decimal strings: JSON numbers lose digits above 2^53.
pub mod decimal {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    /// Writes a decimal string.
    pub fn serialize<S: Serializer>(amount: &u128, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(amount)
    }

    /// Reads a decimal string.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u128, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        text.parse()
            .map_err(|_| D::Error::custom(format!("'{text}' is not a decimal amount of wei")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_in_every_unit() {
        assert_eq!(parse_amount("12.5"), Ok(12_500_000_000_000_000_000));
        assert_eq!(parse_amount(" 12.5 BTT "), Ok(12_500_000_000_000_000_000));
        assert_eq!(parse_amount("3gwei"), Ok(3_000_000_000));
        assert_eq!(parse_amount("100 wei"), Ok(100));
        assert_eq!(parse_amount("1,000,000"), Ok(1_000_000 * WEI_PER_BTT));
        assert_eq!(parse_amount("990000000000"), Ok(SUPPLY_WEI));
    }

    #[test]
    fn bad_amounts_say_what_is_wrong() {
        assert_eq!(parse_amount(""), Err(AmountError::Empty));
        assert_eq!(parse_amount("BTT"), Err(AmountError::Empty));
        assert_eq!(
            parse_amount("0.0000000000000000001"),
            Err(AmountError::TooManyDecimals { unit: "BTT", allowed: 18, given: 19 })
        );
        assert_eq!(
            parse_amount("1.5 wei"),
            Err(AmountError::TooManyDecimals { unit: "wei", allowed: 0, given: 1 })
        );
        assert_eq!(parse_amount("990000000000.1"), Err(AmountError::AboveSupply));
        assert_eq!(parse_amount("1 doge"), Err(AmountError::UnknownUnit("doge".into())));
        for bad in ["-1", "1.", ".5", "1,00", "1,,000", "12,345,6", "+3", "1.2.3", "０"] {
            assert!(matches!(parse_amount(bad), Err(AmountError::Malformed(_))), "{bad}");
        }
    }

    #[test]
    fn amounts_are_written_as_people_read_them() {
        assert_eq!(format_btt(U256::ZERO), "0 BTT");
        assert_eq!(format_btt(U256::from(1)), "0.000000000000000001 BTT");
        assert_eq!(format_btt(U256::from(10_001_500_000_000_000_000_000u128)), "10,001.5 BTT");
        assert_eq!(format_btt(U256::from(SUPPLY_WEI)), "990,000,000,000 BTT");
    }
}
