//! Points in time.

use std::time::{SystemTime, UNIX_EPOCH};

use super::grouped;

/// Seconds since 1970 as `2026-11-20 11:25:18 UTC`.
///
/// # Source
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
pub fn utc(unix_seconds: u64) -> String {
    let (days, second_of_day) = (unix_seconds / 86_400, unix_seconds % 86_400);
    // Days since 1 March of year 0, in eras of 400 years.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) =
        (second_of_day / 3_600, second_of_day / 60 % 60, second_of_day % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// Milliseconds since 1970, in the same form.
pub fn utc_ms(unix_ms: u64) -> String {
    utc(unix_ms / 1_000)
}

/// This machine's clock, in milliseconds since 1970.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A time span in its two largest units: `20 d 23 h`, `3 min 5 s`, `42 s`, `0.4 s`.
pub fn span(ms: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")];
    if ms < 1_000 {
        return format!("0.{} s", ms / 100);
    }
    let Some(first) = UNITS.iter().position(|(size, _)| ms >= *size) else {
        return "0 s".to_owned();
    };
    let mut rest = ms;
    let mut parts = Vec::new();
    for (size, unit) in UNITS.iter().skip(first).take(2) {
        if rest >= *size {
            parts.push(format!("{} {unit}", rest / size));
        }
        rest %= size;
    }
    parts.join(" ")
}

/// A moment as seen from `now_ms`: `in 20 d 23 h (2026-11-20 11:25:18 UTC)`, or `since …`.
pub fn moment(at_ms: u64, now_ms: u64) -> String {
    match at_ms.checked_sub(now_ms) {
        Some(left) if left > 0 => format!("in {} ({})", span(left), utc_ms(at_ms)),
        _ => format!("since {}", utc_ms(at_ms)),
    }
}

/// A deadline, which needs time and block: `in 21 d (…), not before block 12,345`.
pub fn deadline(at_ms: u64, at_block: u64, now_ms: u64) -> String {
    if at_ms > now_ms {
        return format!("{}, not before block {}", moment(at_ms, now_ms), grouped(at_block));
    }
    format!("as soon as block {} has come", grouped(at_block))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_two_units_at_most() {
        for (ms, text) in [
            (0, "0.0 s"),
            (450, "0.4 s"),
            (42_000, "42 s"),
            (185_000, "3 min 5 s"),
            (180_000, "3 min"),
            (3_600_000, "1 h"),
            (3_605_000, "1 h"),
            (1_814_399_000, "20 d 23 h"),
            (1_814_400_000, "21 d"),
        ] {
            assert_eq!(span(ms), text, "{ms}");
        }
    }

    #[test]
    fn a_moment_is_told_from_now() {
        let at = 1_795_173_918_000;
        assert_eq!(moment(at, at - 42_000), "in 42 s (2026-11-20 11:25:18 UTC)");
        assert_eq!(moment(at, at), "since 2026-11-20 11:25:18 UTC");
        assert_eq!(moment(at, at + 1), "since 2026-11-20 11:25:18 UTC");
        assert_eq!(
            deadline(at, 1_812, at - 42_000),
            "in 42 s (2026-11-20 11:25:18 UTC), not before block 1,812"
        );
        assert_eq!(deadline(at, 1_812, at), "as soon as block 1,812 has come");
    }

    #[test]
    fn known_moments_are_written_right() {
        assert_eq!(utc(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(utc(951_782_400), "2000-02-29 00:00:00 UTC");
        assert_eq!(utc(951_868_800), "2000-03-01 00:00:00 UTC");
        assert_eq!(utc(4_107_542_399), "2100-02-28 23:59:59 UTC");
        assert_eq!(utc(4_107_542_400), "2100-03-01 00:00:00 UTC");
        assert_eq!(utc(1_795_173_918), "2026-11-20 11:25:18 UTC");
    }

    #[test]
    fn no_moment_a_node_may_send_is_too_late() {
        assert!(utc(u64::MAX).ends_with(" UTC"));
    }
}
