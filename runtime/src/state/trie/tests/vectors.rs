//! Ethereum's TrieTests, those of the secure trie. The others cannot apply: their keys are raw and of
//! any length, ours are hashes. The folder is outside the repository; without it the test says so.

use super::*;
use alloy_primitives::{hex, keccak256};
use serde_json::Value;

fn bytes(text: &str) -> Vec<u8> {
    match text.strip_prefix("0x") {
        Some(digits) => hex::decode(digits).unwrap(),
        None => text.as_bytes().to_vec(),
    }
}

/// The steps of a case in the order of the file.
fn steps(input: &Value) -> Vec<(B256, Option<Vec<u8>>)> {
    let step = |key: &str, value: &Value| {
        (keccak256(bytes(key)), value.as_str().filter(|text| !text.is_empty()).map(bytes))
    };
    match input {
        Value::Object(pairs) => pairs.iter().map(|(key, value)| step(key, value)).collect(),
        Value::Array(pairs) => {
            pairs.iter().map(|pair| step(pair[0].as_str().unwrap(), &pair[1])).collect()
        }
        other => panic!("neither object nor array: {other}"),
    }
}

fn check(name: &str, case: &Value) {
    let steps = steps(&case["in"]);
    let expected: B256 = case["root"].as_str().unwrap().parse().unwrap();
    let mut one_by_one = TestTrie::default();
    for (key, value) in &steps {
        one_by_one.update(&Batch::from([(*key, value.clone())]), false);
        assert_eq!(one_by_one.root.root_hash(), one_by_one.alloy_root(), "{name}");
    }
    assert_eq!(one_by_one.root.root_hash(), expected, "{name}, key by key");
    let mut at_once = TestTrie::default();
    at_once.update(&steps.into_iter().collect(), false);
    assert_eq!(at_once, one_by_one, "{name}, all at once");
    assert_eq!(TestTrie::built(&at_once.leaves), one_by_one, "{name}, built");
}

#[test]
fn ethereum_secure_trie_tests_give_their_roots() {
    let folder =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors/ethereum-tests/TrieTests");
    let files = [
        ("trietest_secureTrie.json", 3),
        ("trieanyorder_secureTrie.json", 7),
        ("hex_encoded_securetrie_test.json", 3),
    ];
    for (file, expected_cases) in files {
        let Ok(text) = std::fs::read_to_string(format!("{folder}/{file}")) else {
            println!("skipped: {folder}/{file} is not there");
            continue;
        };
        let cases: serde_json::Map<String, Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(cases.len(), expected_cases, "{file}");
        for (name, case) in &cases {
            check(name, case);
        }
    }
}
