//! Ethereum's RLPTests through alloy's RLP as blocks and transactions use it: whole input, canonical only.

use alloy_primitives::{Bytes, U512, hex};
use alloy_rlp::{BufMut, Decodable, Encodable, Header, PayloadView};
use btt_tests::vectors::{find, json_files, read_json};
use serde::Deserialize;
use serde_json::Value;
use std::{collections::BTreeMap, path::Path};

#[derive(Deserialize)]
struct Test {
    #[serde(rename = "in")]
    input: Value,
    out: String,
}

/// Any RLP item.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Text(Bytes),
    List(Vec<Item>),
}

impl Encodable for Item {
    fn encode(&self, out: &mut dyn BufMut) {
        match self {
            Self::Text(bytes) => bytes.encode(out),
            Self::List(items) => items.encode(out),
        }
    }

    fn length(&self) -> usize {
        match self {
            Self::Text(bytes) => bytes.length(),
            Self::List(items) => items.length(),
        }
    }
}

impl Decodable for Item {
    fn decode(buf: &mut &[u8]) -> alloy_rlp::Result<Self> {
        match Header::decode_raw(buf)? {
            PayloadView::String(bytes) => Ok(Self::Text(Bytes::copy_from_slice(bytes))),
            PayloadView::List(items) => {
                let decoded = items.into_iter().map(alloy_rlp::decode_exact);
                Ok(Self::List(decoded.collect::<Result<_, _>>()?))
            }
        }
    }
}

/// The item that a file's `in` describes: text, number, `#` and a decimal number, or list.
fn item(value: &Value) -> Item {
    match value {
        Value::Array(values) => Item::List(values.iter().map(item).collect()),
        Value::String(text) => match text.strip_prefix('#') {
            Some(number) => integer(number.parse().expect("a decimal number")),
            None => Item::Text(Bytes::copy_from_slice(text.as_bytes())),
        },
        Value::Number(number) => integer(U512::from(number.as_u64().expect("a natural number"))),
        other => panic!("unknown kind of input: {other}"),
    }
}

fn integer(number: U512) -> Item {
    Item::Text(number.to_be_bytes_trimmed_vec().into())
}

fn tests(path: &Path) -> eyre::Result<Vec<(String, Test, Vec<u8>)>> {
    let mut tests = Vec::new();
    for file in json_files(path)? {
        for (name, test) in read_json::<BTreeMap<String, Test>>(&file)? {
            let bytes = hex::decode(&test.out)?;
            tests.push((name, test, bytes));
        }
    }
    assert!(!tests.is_empty(), "no RLP test under {}", path.display());
    Ok(tests)
}

#[test]
fn items_have_their_one_encoding_and_come_back() -> eyre::Result<()> {
    let Some(path) = find("ethereum-tests/RLPTests/rlptest.json") else { return Ok(()) };
    for (name, test, bytes) in tests(&path)? {
        let item = item(&test.input);
        assert_eq!(alloy_rlp::encode(&item), bytes, "{name}");
        assert_eq!(item.length(), bytes.len(), "{name}");
        assert_eq!(alloy_rlp::decode_exact(&bytes), Ok(item), "{name}");
    }
    Ok(())
}

#[test]
fn encodings_that_are_not_canonical_or_not_whole_are_refused() -> eyre::Result<()> {
    let Some(path) = find("ethereum-tests/RLPTests/invalidRLPTest.json") else { return Ok(()) };
    for (name, _, bytes) in tests(&path)? {
        assert!(alloy_rlp::decode_exact::<Item>(&bytes).is_err(), "{name}");
    }
    Ok(())
}

#[test]
fn random_encodings_are_told_apart() -> eyre::Result<()> {
    let Some(path) = find("ethereum-tests/RLPTests/RandomRLPTests") else { return Ok(()) };
    for (name, test, bytes) in tests(&path)? {
        let decoded = alloy_rlp::decode_exact::<Item>(&bytes);
        assert_eq!(decoded.is_ok(), test.input == "VALID", "{name}: {decoded:?}");
        if let Ok(item) = decoded {
            assert_eq!(alloy_rlp::encode(&item), bytes, "{name}");
        }
    }
    Ok(())
}
