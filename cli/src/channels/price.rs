//! What a deposit buys: prices such as `3 BTT/MiB`.

use btt_runtime::primitives::amount;

use crate::error::{CliError, Code};
use crate::render::grouped;

/// Sizes that a price can be for, in bytes, smallest first.
const UNITS: [(&str, u64); 9] = [
    ("B", 1),
    ("kB", 1_000),
    ("KiB", 1 << 10),
    ("MB", 1_000_000),
    ("MiB", 1 << 20),
    ("GB", 1_000_000_000),
    ("GiB", 1 << 30),
    ("TB", 1_000_000_000_000),
    ("TiB", 1 << 40),
];
/// Sizes that an answer is given in: the largest that fits.
const SHOWN: [(&str, u64); 5] =
    [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// So much for so many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    wei: u128,
    bytes: u64,
}

impl Price {
    /// Reads `AMOUNT/UNIT`.
    ///
    /// # Errors
    /// [`Code::InvalidAmount`] and [`Code::InvalidArgument`].
    pub fn parse(argument: &str, text: &str) -> Result<Self, CliError> {
        let refuse = |why: &str| {
            CliError::new(Code::InvalidArgument, format!("{argument} '{text}' {why}"))
                .hint("Write it like \"3 BTT/MiB\" or \"0.5 BTT/GB\"")
        };
        let (amount, unit) = text.split_once('/').ok_or_else(|| refuse("is no price"))?;
        let unit = unit.trim();
        let found = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit));
        let (_, bytes) = found.ok_or_else(|| refuse("names no size that is known"))?;
        let wei = amount::parse_amount(amount).map_err(|error| {
            CliError::new(Code::InvalidAmount, format!("{argument} '{text}': {error}"))
        })?;
        if wei == 0 {
            return Err(refuse("costs nothing"));
        }
        Ok(Self { wei, bytes: *bytes })
    }

    /// What so many wei buy, rounded down to a tenth: `166.6 MiB`.
    pub fn buys(self, wei: u128) -> String {
        let bytes = self.bytes_for(wei);
        let (name, size) =
            SHOWN.into_iter().find(|(_, size)| bytes >= u128::from(*size)).unwrap_or(("B", 1));
        let tenths = bytes.saturating_mul(10) / u128::from(size);
        let whole = grouped(u64::try_from(tenths / 10).unwrap_or(u64::MAX));
        if size == 1 { format!("{whole} B") } else { format!("{whole}.{} {name}", tenths % 10) }
    }

    fn bytes_for(self, wei: u128) -> u128 {
        let (whole, rest) = (wei / self.wei, wei % self.wei);
        let bytes = u128::from(self.bytes);
        let part = rest.checked_mul(bytes).map_or(0, |product| product / self.wei);
        whole.saturating_mul(bytes).saturating_add(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BTT: u128 = 1_000_000_000_000_000_000;

    #[test]
    fn what_a_deposit_buys_is_rounded_down() {
        for (price, deposit, bought) in [
            ("3 BTT/MiB", 500 * BTT, "166.6 MiB"),
            ("3/mib", 6_000 * BTT, "1.9 GiB"),
            ("0.5 BTT/GB", BTT, "1.8 GiB"),
            ("1 BTT/B", 999 * BTT + 1, "999 B"),
        ] {
            let price = Price::parse("--price", price).unwrap();
            assert_eq!(price.buys(deposit), bought);
        }
        // Nobody sells so cheap; it must not break all the same.
        let cheapest = Price::parse("--price", "1 wei/TiB").unwrap();
        assert!(cheapest.buys(990_000_000_000 * BTT).starts_with("18,446,744,073,709,551,615."));
    }

    #[test]
    fn a_price_needs_an_amount_and_a_size() {
        for bad in ["3", "3 BTT", "3 BTT/", "3 BTT/piece", "0/MiB"] {
            let error = Price::parse("--price", bad).unwrap_err();
            assert_eq!(error.code, Code::InvalidArgument, "{bad}");
        }
        assert_eq!(Price::parse("--price", "x/MiB").unwrap_err().code, Code::InvalidAmount);
    }
}
