//! Ethereum's TransactionTests: decoding, recovery and the validation that needs no state, by the rules of
//! Cancun on chain id 1.

use alloy_primitives::{Address, B256, Bytes, U256};
use btt_runtime::{
    config::{ChainConfig, Fees, Fork, ParamDefaults},
    evm::{gas_params, tx_env},
    tx::{RecoveryMemo, UnrecoveredTransaction, validate::validate_stateless},
};
use btt_tests::vectors::{find, json_files, read_json};
use serde::Deserialize;
use std::collections::BTreeMap;

const WIDE_PRICE: &str = "its gas price needs more than 128 bits; nobody owns as much, and alloy and revm \
                          hold prices in 128 bits";

/// Tests that cannot hold on this chain, and why. This list may only shrink.
const CANNOT_HOLD: [(&str, &str); 3] = [
    ("GasLimitPriceProductOverflowtMinusOne", WIDE_PRICE),
    ("TransactionWithHighGasPrice", WIDE_PRICE),
    ("V_equals38", WIDE_PRICE),
];

#[derive(Deserialize)]
struct Test {
    txbytes: Bytes,
    result: BTreeMap<String, Expected>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Expected {
    hash: Option<B256>,
    sender: Option<Address>,
    intrinsic_gas: U256,
    exception: Option<String>,
}

/// How far a transaction came.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    NotDecoded(String),
    NoSender(String),
    Invalid(String),
    Valid { hash: B256, sender: Address, intrinsic_gas: U256 },
}

fn ethereum() -> ChainConfig {
    let params = ParamDefaults {
        block_gas_limit: u64::MAX,
        min_base_fee_wei: 0,
        max_block_interval_ms: 12_000,
        ..ParamDefaults::LOCAL
    };
    ChainConfig {
        fork: Fork::Cancun,
        fees: Fees::Ethereum,
        modules: false,
        require_replay_protection: false,
        tx_gas_limit_cap: None,
        ..ChainConfig::new(1, params, Vec::new())
    }
}

fn take_in(config: &ChainConfig, raw: Bytes) -> Outcome {
    let decoded = match UnrecoveredTransaction::decode(raw) {
        Ok(decoded) => decoded,
        Err(error) => return Outcome::NotDecoded(error.to_string()),
    };
    let tx = match decoded.recover(&RecoveryMemo::default()) {
        Ok(tx) => tx,
        Err(error) => return Outcome::NoSender(error.to_string()),
    };
    let env = tx_env(config, &tx);
    let prices = gas_params(config);
    if let Err(error) = validate_stateless(config, &prices, &tx, &env) {
        return Outcome::Invalid(error.to_string());
    }
    let intrinsic_gas = U256::from(prices.initial_tx_gas_for_tx(&env, None).initial_total_gas());
    Outcome::Valid { hash: tx.hash(), sender: tx.sender(), intrinsic_gas }
}

#[test]
fn transactions_are_accepted_and_refused_as_ethereum_says() -> eyre::Result<()> {
    let Some(folder) = find("ethereum-tests/TransactionTests") else { return Ok(()) };
    let config = ethereum();
    let (mut valid, mut refused, mut wrong) = (0, 0, Vec::new());
    for file in json_files(&folder)? {
        for (name, test) in read_json::<BTreeMap<String, Test>>(&file)? {
            // Older files end with older forks, whose rules for these transactions are the same.
            let newest =
                ["Cancun", "Shanghai", "London", "Berlin", "ConstantinopleFix", "Byzantium"];
            let expected = newest.iter().find_map(|fork| test.result.get(*fork));
            let Some(expected) = expected else { eyre::bail!("{name}: no fork of {newest:?}") };
            let outcome = take_in(&config, test.txbytes);
            let right = match (&outcome, &expected.exception) {
                (Outcome::Valid { hash, sender, intrinsic_gas }, None) => {
                    (Some(*hash), Some(*sender), *intrinsic_gas)
                        == (expected.hash, expected.sender, expected.intrinsic_gas)
                }
                (Outcome::Valid { .. }, Some(_)) => false,
                (_, exception) => exception.is_some(),
            };
            match (right, &expected.exception) {
                (true, None) => valid += 1,
                (true, Some(_)) => refused += 1,
                (false, exception) => {
                    wrong.push((name, format!("{outcome:?}, file: {exception:?}")))
                }
            }
        }
    }
    println!("transaction tests: {valid} valid, {refused} refused, {} cannot hold", wrong.len());
    assert!(valid > 0 && refused > 0, "no transaction test ran");
    let names: Vec<&str> = wrong.iter().map(|(name, _)| name.as_str()).collect();
    let listed = CANNOT_HOLD.map(|(name, _)| name);
    assert_eq!(names, listed, "{wrong:#?}");
    Ok(())
}
