//! Amounts in chain specs: wei as a decimal or 0x-hexadecimal string, or as a JSON number.

use alloy_primitives::U256;
use serde::{Deserialize, Deserializer, Serializer, de};

struct Quantity;

impl de::Visitor<'_> for Quantity {
    type Value = U256;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("wei as a decimal or 0x string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<U256, E> {
        let parsed = match text.strip_prefix("0x") {
            Some(digits) => U256::from_str_radix(digits, 16),
            None => U256::from_str_radix(text, 10),
        };
        match parsed {
            Ok(value) if !text.is_empty() && text != "0x" => Ok(value),
            _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
        }
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<U256, E> {
        Ok(U256::from(value))
    }
}

/// Reads an amount.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<U256, D::Error> {
    from.deserialize_any(Quantity)
}

/// Writes an amount as a decimal string.
pub(crate) fn serialize<S: Serializer>(amount: &U256, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(amount)
}

/// The same for numbers that fit 64 bits.
pub(crate) mod small {
    use super::{Deserializer, U256, de};

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        let value: U256 = super::deserialize(from)?;
        u64::try_from(value).map_err(|_| de::Error::custom(format!("{value} does not fit 64 bits")))
    }
}

/// Storage slots: `{"0x00": "0x01"}`.
pub(crate) fn slots<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<std::collections::BTreeMap<U256, U256>, D::Error> {
    #[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
    struct Word(#[serde(deserialize_with = "deserialize")] U256);
    let map = std::collections::BTreeMap::<Word, Word>::deserialize(from)?;
    Ok(map.into_iter().map(|(slot, value)| (slot.0, value.0)).collect())
}
