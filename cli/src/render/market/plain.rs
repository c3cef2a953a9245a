//! The node's answers in the wallet's writing of JSON: snake case, amounts as decimal strings, counts as numbers.

use alloy_primitives::U256;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// An answer of `market_` as `--json` prints it.
pub fn plain(answer: &impl Serialize) -> Value {
    // What came as JSON goes as JSON.
    convert("", serde_json::to_value(answer).unwrap_or_default())
}

fn convert(name: &str, value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| {
                let name = snake_case(&name);
                let value = convert(&name, value);
                (name, value)
            });
            Value::Object(fields.collect::<Map<_, _>>())
        }
        Value::Array(values) => values.into_iter().map(|value| convert(name, value)).collect(),
        Value::String(text) => number(name, &text).unwrap_or(Value::String(text)),
        other => other,
    }
}

/// A quantity. Hashes, addresses and bytes have more digits or another name.
fn number(name: &str, text: &str) -> Option<Value> {
    let digits = text.strip_prefix("0x")?;
    let quantity = || U256::from_str_radix(digits, 16).ok();
    if name.ends_with("_wei") {
        return Some(json!(quantity()?.to_string()));
    }
    let is_hash = digits.len() == 40 || digits.len() >= 64;
    if is_hash || name == "signature" {
        return None;
    }
    let quantity = quantity()?;
    match u64::try_from(quantity) {
        Ok(number) => Some(json!(number)),
        Err(_) => Some(json!(quantity.to_string())),
    }
}

fn snake_case(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_become_numbers_and_amounts_decimal_strings() {
        let hash = format!("0x{}", "ab".repeat(32));
        let address = format!("0x{}", "01".repeat(20));
        let answer = json!({
            "paymentWei": "0xde0b6b3a7640000", "epoch": 3, "bid": "0x10", "swarm": hash, "buyer": address,
            "sellerTicks": "0xffffffffffffffffff", "tiers": [{ "priceTicks": "0xc350", "quantity": 4 }],
            "end": null, "phase": "commit",
        });
        assert_eq!(
            plain(&answer),
            json!({
                "payment_wei": "1000000000000000000", "epoch": 3, "bid": 16, "swarm": hash, "buyer": address,
                "seller_ticks": "4722366482869645213695", "tiers": [{ "price_ticks": 50_000, "quantity": 4 }],
                "end": null, "phase": "commit",
            })
        );
    }
}
