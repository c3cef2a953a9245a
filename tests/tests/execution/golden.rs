//! A fixed scenario whose every hash is pinned: a change of any rule, price or encoding shows here.
//!
//! Where a change is meant, take the new values from the failing assertion.

use crate::program::{Child, Step, deployment};
use alloy_consensus::{TxEip1559, TxEip2930, TxEip7702, TxLegacy};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, b256};
use alloy_sol_types::SolCall as _;
use btt_runtime::{
    modules::params::IParams,
    primitives::{DEV_CHAIN_ID, WEI_PER_BTT, addresses::PARAMS},
    tx::Transaction,
};
use btt_tests::{chain::Chain, keys::Key};

const GENESIS_HASH: B256 =
    b256!("0b11deb0ff8eb8a657fd17e30736374457fb04dbc0422a0bcfe5464b7ac4d64d");
const STATE_ROOT: B256 = b256!("76b977d75adbdb04bf8ddf2a1d43d307f79674fc6b3ccae87b8883320946a662");
const BLOCK_HASH: B256 = b256!("81a0aae90600cc0261c87421cecbc11d36f14def339fb081b2e40ba85c50d4a0");
const PRICE_WEI: u128 = 20_000_000_000;

fn fees() -> TxEip1559 {
    TxEip1559 {
        chain_id: DEV_CHAIN_ID,
        gas_limit: 400_000,
        max_fee_per_gas: PRICE_WEI,
        max_priority_fee_per_gas: 1_000_000_000,
        ..TxEip1559::default()
    }
}

/// A transfer of each old type.
fn transfers() -> [Transaction; 3] {
    let to = TxKind::Call(Address::repeat_byte(0x11));
    let value = U256::from(WEI_PER_BTT);
    let (gas_limit, gas_price) = (21_000, PRICE_WEI);
    let chain_id = DEV_CHAIN_ID;
    [
        Key::dev(0).sign(TxLegacy {
            chain_id: Some(chain_id),
            gas_price,
            gas_limit,
            to,
            value,
            ..TxLegacy::default()
        }),
        Key::dev(1).sign(TxEip2930 {
            chain_id,
            gas_price,
            gas_limit,
            to,
            value,
            ..TxEip2930::default()
        }),
        Key::dev(2).sign(TxEip1559 { gas_limit, to, value, ..fees() }),
    ]
}

/// A contract that logs and stores, and one that loses coins.
fn contracts() -> [Transaction; 2] {
    let writer = deployment(
        &[Step::Store { slot: 1, value: 9 }, Step::Log(7)],
        &[Step::Store { slot: 1, value: 0 }, Step::Log(8)],
    );
    let loser = deployment(&[Step::Create { child: Child::DiesAtOnce, wei: 77 }], &[]);
    let create = |nonce, input: Vec<u8>, wei| {
        let (to, value) = (TxKind::Create, U256::from(wei));
        Key::dev(0).sign(TxEip1559 { nonce, input: input.into(), to, value, ..fees() })
    };
    [create(1, writer, 0), create(2, loser, 100)]
}

/// A call of a module, one that it refuses, and an account that borrows the writer's code.
fn calls() -> [Transaction; 3] {
    let writer = Key::dev(0).address().create(1);
    let ask = |nonce, input: Vec<u8>| {
        let to = TxKind::Call(PARAMS);
        Key::dev(1).sign(TxEip1559 { nonce, to, input: Bytes::from(input), ..fees() })
    };
    let set = IParams::setCall { name: "minBaseFeeWei".into(), value: U256::from(5) };
    let borrow = TxEip7702 {
        chain_id: DEV_CHAIN_ID,
        nonce: 1,
        gas_limit: 200_000,
        max_fee_per_gas: PRICE_WEI,
        to: Key::dev(3).address(),
        authorization_list: vec![Key::dev(3).authorize(DEV_CHAIN_ID, writer, 0)],
        ..TxEip7702::default()
    };
    [ask(1, IParams::allCall {}.abi_encode()), ask(2, set.abi_encode()), Key::dev(2).sign(borrow)]
}

#[test]
fn a_fixed_scenario_ends_in_the_pinned_hashes() {
    let mut chain = Chain::dev();
    let genesis_hash = chain.head_hash;
    let ok = |chain: &mut Chain, transactions: &[Transaction]| -> Vec<bool> {
        let executed = chain.produce(transactions.iter().cloned());
        executed.receipts.iter().map(|receipt| receipt.success).collect()
    };
    assert_eq!(ok(&mut chain, &transfers()), [true; 3]);
    assert_eq!(ok(&mut chain, &contracts()), [true; 2]);
    assert!(ok(&mut chain, &[]).is_empty());
    assert_eq!(ok(&mut chain, &calls()), [true, false, true]);
    assert_eq!(
        (genesis_hash, chain.head.state_root, chain.head_hash),
        (GENESIS_HASH, STATE_ROOT, BLOCK_HASH),
        "genesis hash, state root, block hash"
    );
}
