//! Whole numbers of the command line.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// Reads a whole number of these.
///
/// # Errors
/// The reader's is what people are told.
pub fn whole<T>(
    range: RangeInclusive<T>,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static
where
    T: FromStr + PartialOrd + Display + Clone + Send + Sync + 'static,
{
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number
            .ok_or_else(|| format!("not a whole number from {} to {}", range.start(), range.end()))
    }
}

/// Reads any whole number.
///
/// # Errors
/// What people are told.
pub fn any<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| "not a whole number".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_of_the_range_is_said_with_the_range() {
        let read = whole(1..=256u32);
        assert_eq!((read("1"), read("256")), (Ok(1), Ok(256)));
        for text in ["0", "257", "x", "", "-1", "1.5", "99999999999"] {
            let said = read(text).unwrap_err();
            assert_eq!(said, "not a whole number from 1 to 256", "{text}");
        }
        assert_eq!((any("7"), any::<u32>("-7")), (Ok(7u32), Err("not a whole number".to_owned())));
    }
}
