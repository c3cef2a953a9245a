//! What is wrong with a text that does not have the form of a book, in words for who wrote it.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{BidFile, OfferFile};

/// Where the text leaves the form. Only then it is read a second time.
pub(super) fn of(text: &str, error: &serde_json::Error) -> String {
    let whole = match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(whole)) => whole,
        Ok(_) => return "it is no JSON object".to_owned(),
        Err(error) if error.is_eof() => {
            return format!("the file ends too early (line {})", error.line());
        }
        Err(error) => return format!("it is no JSON: {error}"),
    };
    first::<OfferFile>("offer", whole.get("offers"))
        .or_else(|| first::<BidFile>("bid", whole.get("bids")))
        .unwrap_or_else(|| in_words(error))
}

/// The first of a list that is none of its kind.
fn first<T: DeserializeOwned>(kind: &str, list: Option<&Value>) -> Option<String> {
    let list = list.and_then(Value::as_array)?;
    list.iter().enumerate().find_map(|(place, item)| {
        let error = T::deserialize(item).err()?;
        let name = match item.get("id").and_then(Value::as_u64) {
            Some(id) => format!("{kind} {id}"),
            None => format!("{kind}s[{place}]"),
        };
        let what = no_tier(item).unwrap_or_else(|| in_words(&error));
        Some(format!("{name}: {what}"))
    })
}

/// Which of a bid's tiers is none.
fn no_tier(bid: &Value) -> Option<String> {
    let tiers = bid.get("tiers")?.as_array()?;
    let place = tiers.iter().position(|tier| {
        let units = match tier.as_array().map(Vec::as_slice) {
            Some([Value::String(_), units]) => units.as_u64(),
            _ => None,
        };
        units.and_then(|units| u32::try_from(units).ok()).is_none()
    })?;
    Some(format!(r#"tiers[{place}] is not ["price", units], such as ["50", 2]"#))
}

/// The reader's words, with what people call the types that it expects.
fn in_words(error: &serde_json::Error) -> String {
    let words = [
        ("expected u16", "expected a whole number below 2^16"),
        ("expected u32", "expected a whole number below 2^32"),
        ("expected u64", "expected a whole number below 2^64"),
        ("struct BookFile", "a book"),
        ("struct OfferFile", "an offer"),
        ("struct BidFile", "a bid"),
    ];
    words.iter().fold(error.to_string(), |text, (from, to)| text.replace(from, to))
}
