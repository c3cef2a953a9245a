//! Ethereum's ABITests through the encoder that the wallet uses.

use alloy_dyn_abi::{DynSolType, DynSolValue};
use alloy_primitives::hex;
use btt_tests::vectors::{find, read_json};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Test {
    args: Vec<Value>,
    result: String,
    types: Vec<String>,
}

/// A file's argument. Its `bytes…` are texts, unlike what people type.
fn argument(ty: &DynSolType, value: &Value) -> eyre::Result<DynSolValue> {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Ok(match ty {
        DynSolType::Bytes => DynSolValue::Bytes(text.into_bytes()),
        DynSolType::FixedBytes(size) => {
            let mut word = [0; 32];
            word[..text.len()].copy_from_slice(text.as_bytes());
            DynSolValue::FixedBytes(word.into(), *size)
        }
        _ => ty.coerce_str(&text)?,
    })
}

#[test]
fn arguments_are_encoded_as_the_abi_says() -> eyre::Result<()> {
    let Some(path) = find("ethereum-tests/ABITests/basic_abi_tests.json") else { return Ok(()) };
    let tests: BTreeMap<String, Test> = read_json(&path)?;
    assert!(!tests.is_empty());
    for (name, test) in tests {
        let mut values = Vec::new();
        for (ty, value) in test.types.iter().zip(&test.args) {
            values.push(argument(&DynSolType::parse(ty)?, value)?);
        }
        let encoded = DynSolValue::Tuple(values).abi_encode_params();
        assert_eq!(hex::encode(encoded), test.result, "{name}");
    }
    Ok(())
}
