//! Spans and points in time as people type them: `24h`, `30d`, `2027-01-31`, `2027-01-31 12:00`.

use crate::error::{CliError, Code};

const EXAMPLE_SPAN: &str = "Write it like 30d, 24h, 15min or 60s";
const EXAMPLE_TIME: &str =
    "Write it like 30d, 24h (from now on), 2027-01-31 or \"2027-01-31 12:00\" (UTC)";
const DAY_S: u64 = 86_400;

/// A time span with its unit, in ms.
pub fn span_ms(text: &str) -> Option<u64> {
    let split = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(split);
    let size = match unit {
        "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.trim().parse::<u64>().ok()?.checked_mul(size)
}

/// A time span in whole seconds.
///
/// # Errors
/// [`Code::InvalidArgument`].
pub fn span_s(argument: &str, text: &str) -> Result<u64, CliError> {
    match span_ms(text) {
        Some(ms) if ms.is_multiple_of(1_000) => Ok(ms / 1_000),
        _ => Err(CliError::new(
            Code::InvalidArgument,
            format!("{argument} '{text}' is no time span in whole seconds"),
        )
        .hint(EXAMPLE_SPAN)),
    }
}

/// A point in time, in seconds since 1970: a span after `now_s`, a date, or a date with a time of day.
///
/// # Errors
/// [`Code::InvalidArgument`].
pub fn time_s(argument: &str, text: &str, now_s: u64) -> Result<u64, CliError> {
    let span = span_ms(text).map(|ms| now_s.saturating_add(ms / 1_000));
    span.or_else(|| date_s(text)).ok_or_else(|| {
        CliError::new(Code::InvalidArgument, format!("{argument} '{text}' is no time"))
            .hint(EXAMPLE_TIME)
    })
}

/// A date of the Gregorian calendar in UTC, perhaps with a time of day after a space or a `T`.
///
/// # Source
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
fn date_s(text: &str) -> Option<u64> {
    let text = text.trim().trim_end_matches('Z');
    let (date, clock) = text.split_once(['T', ' ']).unwrap_or((text, "00:00"));
    let [year, month, day] = numbers(date, '-')?[..] else { return None };
    let clock = numbers(clock, ':')?;
    let (hour, minute, second) = match clock[..] {
        [hour, minute] => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    let is_leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let days_of_month = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    let is_right = (1970..10_000).contains(&year)
        && (1..=days_of_month).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !is_right {
        return None;
    }
    // Years begin in March, so that the day that comes and goes is the last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year / 400;
    let year_of_era = year % 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = (era * 146_097 + day_of_era).checked_sub(719_468)?;
    Some(days * DAY_S + hour * 3_600 + minute * 60 + second)
}

fn numbers(text: &str, separator: char) -> Option<Vec<u64>> {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    text.split(separator).map(|part| is_number(part).then(|| part.parse().ok())?).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::utc;

    #[test]
    fn spans_are_whole_seconds() {
        for (text, seconds) in [("60s", 60), ("15min", 900), ("24h", 86_400), ("7 d", 604_800)] {
            assert_eq!(span_s("--grace", text), Ok(seconds), "{text}");
        }
        for bad in ["", "24", "h", "1.5h", "-1h", "500ms", "1y", "99999999999999999999s"] {
            assert_eq!(span_s("--grace", bad).unwrap_err().code, Code::InvalidArgument, "{bad}");
        }
    }

    #[test]
    fn a_time_is_a_span_from_now_or_a_date_that_reads_back() {
        assert_eq!(time_s("T", "1h", 1_000), Ok(4_600));
        for (text, read) in [
            ("1970-01-01", "1970-01-01 00:00:00 UTC"),
            ("2000-02-29", "2000-02-29 00:00:00 UTC"),
            ("2026-11-20 11:25:18", "2026-11-20 11:25:18 UTC"),
            ("2027-12-31T23:59Z", "2027-12-31 23:59:00 UTC"),
            ("2100-03-01", "2100-03-01 00:00:00 UTC"),
        ] {
            assert_eq!(utc(time_s("T", text, 0).unwrap()), read);
        }
        for bad in [
            "",
            "soon",
            "2026",
            "2026-13-01",
            "2026-02-29",
            "2100-02-29",
            "2026-11-31",
            "2026-11-20 24:00",
            "2026-11-20 11:60",
            "1969-12-31",
            "2026-11-20T",
            "+2026-11-20",
        ] {
            assert_eq!(time_s("T", bad, 0).unwrap_err().code, Code::InvalidArgument, "{bad}");
        }
    }
}
