//! Values of parameters as people write them: `21d`, `33.4%`, `10 BTT`, `80,000,000`.

use alloy_primitives::U256;
use btt_api::types::{GovParam, ParamChange};

use crate::error::{CliError, Code};
use crate::parse::{self, when};
use crate::render::{is_wei, quantity};

/// Reads `NAME=VALUE` by the parameter's unit and range.
///
/// # Errors
/// [`Code::InvalidArgument`] names what is wrong: the form, the name, the value, the range.
pub(super) fn change(text: &str, params: &[GovParam]) -> Result<ParamChange, CliError> {
    let refuse = |why: String| CliError::new(Code::InvalidArgument, why);
    let Some((name, value)) = text.split_once('=') else {
        return Err(refuse(format!("'{text}' is no change of a parameter"))
            .hint("Write it like blockGasLimit=80000000"));
    };
    let (name, value) = (name.trim(), value.trim());
    let Some(param) = params.iter().find(|param| param.name == name) else {
        return Err(refuse(format!("there is no parameter '{name}'"))
            .hint("See all with their ranges: btt gov params"));
    };
    let number = number(value, &param.unit).ok_or_else(|| {
        refuse(format!("'{value}' is no value of {name}, which is in {}", param.unit))
            .hint(example(&param.unit))
    })?;
    if number < param.min || number > param.max {
        let [given, min, max] = [number, param.min, param.max].map(|n| quantity(n, &param.unit));
        return Err(refuse(format!("{name} cannot be {given}: it ranges from {min} to {max}"))
            .hint("See all ranges: btt gov params"));
    }
    if number == param.value {
        return Err(refuse(format!("{name} is {} already", quantity(number, &param.unit))));
    }
    Ok(ParamChange {
        name: name.to_owned(),
        value: number,
        current_value: Some(param.value),
        unit: Some(param.unit.clone()),
    })
}

fn example(unit: &str) -> &'static str {
    match unit {
        "seconds" | "milliseconds" => "Write it like 21d, 12h, 30min, 45s or 500ms",
        _ if is_wei(unit) || unit == "wei per gas" => "Write it like \"10 BTT\" or \"10 gwei\"",
        _ if unit.starts_with("1/10,000") => "Write it like 33.4%",
        _ => "Write it as a whole number",
    }
}

fn number(text: &str, unit: &str) -> Option<U256> {
    if let Some(number) = plain(text) {
        return Some(number);
    }
    match unit {
        "seconds" => {
            let ms = when::span_ms(text)?;
            ms.is_multiple_of(1_000).then(|| U256::from(ms / 1_000))
        }
        "milliseconds" => when::span_ms(text).map(U256::from),
        _ if is_wei(unit) || unit == "wei per gas" => parse::amount("", text).ok(),
        _ if unit.starts_with("1/10,000") => {
            let share = text.strip_suffix('%')?;
            parse::percent("", share).ok().map(U256::from)
        }
        _ => None,
    }
}

/// A whole number in the parameter's own unit; thousands may be grouped.
fn plain(text: &str) -> Option<U256> {
    let digits = text.replace([',', '_'], "");
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn param(name: &str, unit: &str) -> GovParam {
        GovParam {
            name: name.to_owned(),
            value: U256::from(7),
            min: U256::from(1),
            max: U256::from(10).pow(U256::from(24)),
            default_value: U256::from(7),
            unit: unit.to_owned(),
        }
    }

    fn read(text: &str, unit: &str) -> Result<U256, CliError> {
        change(&format!("x={text}"), &[param("x", unit)]).map(|change| change.value)
    }

    #[test]
    fn values_are_read_by_their_unit() {
        let btt = U256::from(10).pow(U256::from(18));
        for (text, unit, number) in [
            ("80000000", "gas", U256::from(80_000_000)),
            ("80,000,000", "gas", U256::from(80_000_000)),
            ("21d", "seconds", U256::from(1_814_400)),
            ("90 min", "seconds", U256::from(5_400)),
            ("2s", "milliseconds", U256::from(2_000)),
            ("33.4%", "1/10,000 of all stake", U256::from(3_340)),
            ("10 BTT", "wei", btt * U256::from(10)),
            ("10", "wei", U256::from(10)),
            ("3 gwei", "wei per gas", U256::from(3_000_000_000u64)),
        ] {
            assert_eq!(read(text, unit), Ok(number), "{text} {unit}");
        }
        for (text, unit) in [
            ("", "gas"),
            ("1.5", "gas"),
            ("21 days", "seconds"),
            ("500ms", "seconds"),
            ("-1", "wei"),
        ] {
            assert_eq!(read(text, unit).unwrap_err().code, Code::InvalidArgument, "{text} {unit}");
        }
    }

    #[test]
    fn what_cannot_be_is_refused_before_it_is_proposed() {
        let params = [param("quorumBps", "1/10,000 of all stake")];
        let why = |text: &str| change(text, &params).unwrap_err().message;
        assert_eq!(why("quorumBps"), "'quorumBps' is no change of a parameter");
        assert_eq!(why("quorum=1"), "there is no parameter 'quorum'");
        assert_eq!(why("quorumBps=7"), "quorumBps is 0.07 % of all stake already");
        assert!(why("quorumBps=0").contains("cannot be 0 % of all stake: it ranges from 0.01 %"));
    }
}
