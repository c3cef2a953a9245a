//! EIP-7702: whose authorisations count, and when their signatures are checked (rule A.3).

use alloy_consensus::TxEip7702;
use alloy_eips::eip7702::SignedAuthorization;
use alloy_primitives::{Address, U256};
use btt_runtime::{
    evm::{gas_params, tx_env},
    primitives::addresses::{MARKET, PARAMS},
    state::StateReader as _,
    tx::{InvalidTransaction, Transaction, recover::HALF_ORDER, validate::validate_stateless},
};
use btt_tests::{chain::Chain, keys::Key};
use revm::context_interface::{either::Either, transaction::Transaction as _};

const TARGET: Address = Address::repeat_byte(0x77);

fn transaction(gas_limit: u64, authorization_list: Vec<SignedAuthorization>) -> Transaction {
    Key::dev(0).sign(TxEip7702 {
        chain_id: btt_runtime::primitives::DEV_CHAIN_ID,
        gas_limit,
        max_fee_per_gas: 10_000_000_000,
        to: Address::repeat_byte(0xde),
        authorization_list,
        ..TxEip7702::default()
    })
}

/// The code that Key 1's account has after a block with this authorisation of it.
fn code_after(authorization: SignedAuthorization) -> Option<Vec<u8>> {
    let mut chain = Chain::dev();
    let executed = chain.produce([transaction(200_000, vec![authorization])]);
    assert!(executed.receipts[0].success);
    let account = chain.store.account(Key::dev(1).address()).unwrap().unwrap();
    assert_eq!(account.nonce == 1, account.code_hash != alloy_primitives::KECCAK256_EMPTY);
    let code = chain.store.code(account.code_hash).unwrap()?;
    Some(code.original_bytes().to_vec())
}

#[test]
fn an_account_borrows_the_code_of_an_ordinary_address() {
    let chain_id = btt_runtime::primitives::DEV_CHAIN_ID;
    let want = [&[0xef, 0x01, 0x00], TARGET.as_slice()].concat();
    for chain in [chain_id, 0] {
        assert_eq!(code_after(Key::dev(1).authorize(chain, TARGET, 0)), Some(want.clone()));
    }
}

#[test]
fn authorisations_of_modules_precompiles_other_chains_or_high_s_are_skipped() {
    let chain_id = btt_runtime::primitives::DEV_CHAIN_ID;
    let key = Key::dev(1);
    for target in [PARAMS, MARKET, Address::with_last_byte(1), Address::with_last_byte(0x11)] {
        assert_eq!(code_after(key.authorize(chain_id, target, 0)), None, "{target}");
    }
    assert_eq!(code_after(key.authorize(1, TARGET, 0)), None, "another chain");
    assert_eq!(code_after(key.authorize(chain_id, TARGET, 1)), None, "a later nonce");
    let good = key.authorize(chain_id, TARGET, 0);
    let signature = good.signature().unwrap();
    let order = (HALF_ORDER << 1) | U256::from(1);
    let (r, s, parity) = (signature.r(), order - signature.s(), u8::from(!signature.v()));
    let twin = SignedAuthorization::new_unchecked(good.inner().clone(), parity, r, s);
    assert_eq!(code_after(twin), None, "high s");
}

#[test]
fn signatures_of_authorisations_are_not_checked_before_gas_pays_for_them() {
    let chain = Chain::dev();
    let list = vec![Key::dev(1).authorize(chain.config.chain_id, TARGET, 0); 3];
    let recovered = |gas_limit| {
        let tx = transaction(gas_limit, list.clone());
        let env = tx_env(&chain.config, &tx);
        let count = env
            .authorization_list()
            .filter(|entry| matches!(entry, Either::Right(known) if known.authority().is_some()))
            .count();
        (count, validate_stateless(&chain.config, &gas_params(&chain.config), &tx, &env))
    };
    let minimum = 21_000 + 3 * 25_000;
    let too_little = InvalidTransaction::IntrinsicGas { gas: 74_999, minimum };
    assert_eq!(recovered(74_999), (0, Err(too_little)));
    assert_eq!(recovered(minimum), (3, Ok(())));
}
