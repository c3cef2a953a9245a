//! Prices as people write them: BTT for a unit of 8 MiB. The chain counts in ticks, millionths of a BTT.

use alloy_primitives::U256;
use btt_api::types::{BidTier, Number};
use btt_runtime::modules::market::limits::{MAX_TIERS, MAX_UNITS, TICK_WEI, UNIT_BYTES};
use btt_runtime::primitives::amount::format_btt;

use crate::error::{CliError, Code};
use crate::parse;

/// Units in a GiB.
const UNITS_PER_GIB: u64 = (1 << 30) / UNIT_BYTES;

/// A price of a unit, in ticks.
///
/// # Errors
/// [`Code::InvalidAmount`] for what is no amount, nothing, or no multiple of a tick.
pub fn ticks(argument: &str, text: &str) -> Result<u64, CliError> {
    let wei: u128 = parse::amount(argument, text)?.saturating_to();
    let refuse = |why: &str| {
        CliError::new(Code::InvalidAmount, format!("{argument} '{text}' {why}"))
            .hint("A price is BTT for a unit of 8 MiB, with at most six decimals: 0.05")
    };
    if wei == 0 {
        return Err(refuse("is no price"));
    }
    if !wei.is_multiple_of(TICK_WEI) {
        return Err(refuse("is no multiple of 0.000001 BTT"));
    }
    u64::try_from(wei / TICK_WEI).map_err(|_| refuse("is more than any price"))
}

/// Ticks in wei.
pub fn wei(ticks: u64) -> U256 {
    U256::from(ticks).saturating_mul(U256::from(TICK_WEI))
}

/// A price: `0.05 BTT a unit (6.4 BTT/GiB)`.
pub fn price(ticks: u64) -> String {
    let gib = wei(ticks).saturating_mul(U256::from(UNITS_PER_GIB));
    format!("{} a unit ({}/GiB)", format_btt(wei(ticks)), format_btt(gib))
}

/// What so many wei for so many units are for one, rounded up to a tick; the same form.
pub fn average(paid: U256, units: u32) -> String {
    let ticks = paid.div_ceil(U256::from(TICK_WEI).saturating_mul(U256::from(units.max(1))));
    price(ticks.saturating_to())
}

/// What a bid locks that stands for so many epochs: `0.14 BTT an epoch, 0.42 BTT in all`.
pub fn locked(each: U256, epochs: u32) -> String {
    match epochs {
        0 | 1 => format_btt(each),
        _ => {
            let all = each.saturating_mul(U256::from(epochs));
            format!("{} an epoch, {} in all", format_btt(each), format_btt(all))
        }
    }
}

/// What units are of: `4 units (32 MiB)`.
pub fn units(units: u32) -> String {
    let mib = u64::from(units).saturating_mul(UNIT_BYTES >> 20);
    let name = if units == 1 { "unit" } else { "units" };
    match mib {
        1_024.. if mib % 1_024 == 0 => format!("{units} {name} ({} GiB)", mib / 1_024),
        _ => format!("{units} {name} ({mib} MiB)"),
    }
}

/// So many units at this price, and those of tiers such as `0.03x4`; the dearest first, as the chain wants them.
///
/// # Errors
/// [`Code::InvalidAmount`] and [`Code::InvalidArgument`] name what the chain would refuse.
pub fn tiers(units: u32, first: &str, more: &[String]) -> Result<Vec<BidTier>, CliError> {
    let refuse = |why: String| {
        CliError::new(Code::InvalidArgument, why).hint(
            "Tiers are price x units, the dearest first: --units 2 --price 0.05 --tier 0.03x4",
        )
    };
    let mut all = vec![BidTier { price_ticks: Number(ticks("--price", first)?), quantity: units }];
    for text in more {
        let (price, quantity) = text
            .rsplit_once(['x', 'X', '×'])
            .ok_or_else(|| refuse(format!("--tier '{text}' is not price x units")))?;
        let quantity = quantity.trim().parse().map_err(|_| {
            refuse(format!("--tier '{text}' ends in '{quantity}', which is no number of units"))
        })?;
        all.push(BidTier { price_ticks: Number(ticks("--tier", price)?), quantity });
    }
    let sum = all.iter().map(|tier| u64::from(tier.quantity)).sum::<u64>();
    if all.iter().any(|tier| tier.quantity == 0) {
        return Err(refuse("a bid for no units".to_owned()));
    }
    if all.len() > MAX_TIERS {
        return Err(refuse(format!("{} prices are too many: at most {MAX_TIERS}", all.len())));
    }
    if sum > u64::from(MAX_UNITS) {
        return Err(refuse(format!("{sum} units are too many: at most {MAX_UNITS} for one bid")));
    }
    if let Some([_, dearer]) = all.windows(2).find_map(|pair| match pair {
        [a, b] if b.price_ticks.0 > a.price_ticks.0 => Some([a, b]),
        _ => None,
    }) {
        let shown = format_btt(wei(dearer.price_ticks.0));
        return Err(refuse(format!("a tier of {shown} is above the one before it")));
    }
    Ok(all)
}

/// Tiers in words: `2 at 0.05 BTT, 4 at 0.03 BTT`.
pub fn in_words(tiers: &[BidTier]) -> String {
    let one = |t: &BidTier| format!("{} at {}", t.quantity, format_btt(wei(t.price_ticks.0)));
    tiers.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_whole_ticks_and_shown_by_the_gib_too() {
        assert_eq!(ticks("--price", "0.05"), Ok(50_000));
        assert_eq!(
            ticks("--price", "1 gwei"),
            Err(refused("1 gwei", "is no multiple of 0.000001 BTT"))
        );
        assert_eq!(
            ticks("--price", "0.0000005"),
            Err(refused("0.0000005", "is no multiple of 0.000001 BTT"))
        );
        assert_eq!(ticks("--price", "0"), Err(refused("0", "is no price")));
        assert_eq!(price(50_000), "0.05 BTT a unit (6.4 BTT/GiB)");
        assert_eq!(locked(wei(140_000), 1), "0.14 BTT");
        assert_eq!(locked(wei(140_000), 3), "0.14 BTT an epoch, 0.42 BTT in all");
        assert_eq!(average(wei(100_001), 2), "0.050001 BTT a unit (6.400128 BTT/GiB)");
        assert_eq!(
            [units(1), units(4), units(256)],
            ["1 unit (8 MiB)", "4 units (32 MiB)", "256 units (2 GiB)"]
        );
    }

    fn refused(text: &str, why: &str) -> CliError {
        CliError::new(Code::InvalidAmount, format!("--price '{text}' {why}"))
            .hint("A price is BTT for a unit of 8 MiB, with at most six decimals: 0.05")
    }

    #[test]
    fn tiers_fall_and_are_bounded() {
        let of = |units, price, more: &[&str]| {
            let more: Vec<String> = more.iter().map(|&text| text.to_owned()).collect();
            tiers(units, price, &more)
        };
        assert_eq!(in_words(&of(2, "0.05", &["0.03x4"]).unwrap()), "2 at 0.05 BTT, 4 at 0.03 BTT");
        for (more, why) in [
            (&["0.06x1"][..], "a tier of 0.06 BTT is above the one before it"),
            (&["0.03"], "--tier '0.03' is not price x units"),
            (&["0.03xa"], "--tier '0.03xa' ends in 'a', which is no number of units"),
            (&["0.03x0"], "a bid for no units"),
            (&["0.03x255"], "257 units are too many: at most 256 for one bid"),
            (&["3x1", "2x1", "1x1", "1x1"], "5 prices are too many: at most 4"),
        ] {
            assert_eq!(of(2, "0.05", more).unwrap_err().message, why);
        }
    }
}
