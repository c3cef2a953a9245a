//! Transactions that call native modules.

use crate::keys::Key;
use alloy_consensus::TxEip1559;
use alloy_primitives::{Address, Bytes, TxKind, U256};
use alloy_sol_types::SolCall;
use btt_runtime::{
    modules::staking::IStaking,
    primitives::{WEI_PER_BTT, addresses::STAKING},
    tx::Transaction,
};

/// A signed call of a module.
pub fn call(
    key: &Key,
    chain_id: u64,
    nonce: u64,
    to: Address,
    value_wei: u128,
    call: &impl SolCall,
) -> Transaction {
    key.sign(TxEip1559 {
        chain_id,
        nonce,
        gas_limit: 3_000_000,
        max_fee_per_gas: 100_000_000_000,
        max_priority_fee_per_gas: 0,
        to: TxKind::Call(to),
        value: U256::from(value_wei),
        input: call.abi_encode().into(),
        ..TxEip1559::default()
    })
}

/// A transaction by which `operator` makes a validator with this consensus key and self stake.
pub fn create_validator(
    operator: &Key,
    chain_id: u64,
    nonce: u64,
    consensus: &Key,
    stake_btt: u64,
) -> Transaction {
    let create = IStaking::createValidatorCall {
        publicKey: Bytes::copy_from_slice(consensus.public_key().as_slice()),
        possession: consensus.possession(chain_id, operator.address()),
        name: "newcomer".to_owned(),
        website: String::new(),
        commissionBps: 500,
        maxCommissionBps: 2_000,
        maxCommissionChangeBps: 100,
    };
    let value_wei = u128::from(stake_btt) * WEI_PER_BTT;
    call(operator, chain_id, nonce, STAKING, value_wei, &create)
}
