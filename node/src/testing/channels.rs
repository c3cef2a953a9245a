//! Channels for tests: calls of the module, vouchers and who signs them.

use super::{sign, unsigned};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use alloy_sol_types::{SolCall, SolStruct};
use btt_genesis::dev_accounts;
use btt_runtime::{
    modules::channels::{
        IChannels,
        voucher::{self, Domain, SigningKey, Voucher},
    },
    primitives::addresses::CHANNELS,
    tx::Transaction,
};
use std::sync::Arc;

/// Wei.
pub(crate) const BTT: u128 = 1_000_000_000_000_000_000;

/// A call of the module by a dev account.
pub(crate) fn call_channels(
    account: usize,
    nonce: u64,
    wei: u128,
    call: &impl SolCall,
) -> Arc<Transaction> {
    let input = call.abi_encode().into();
    send_channels(account, nonce, U256::from(wei), input)
}

/// The same with encoded arguments.
pub(crate) fn send_channels(
    account: usize,
    nonce: u64,
    wei: U256,
    input: Bytes,
) -> Arc<Transaction> {
    let mut tx = unsigned(nonce, TxKind::Call(CHANNELS), 0, input);
    (tx.value, tx.gas_limit) = (wei, 2_000_000);
    sign(account, tx)
}

/// A channel to `payee` with an operator, an hour of grace, no expiry.
pub(crate) fn channel_to(payee: Address) -> IChannels::openCall {
    IChannels::openCall {
        payee,
        operator: super::stranger(7),
        signer: Address::ZERO,
        salt: B256::repeat_byte(9),
        graceS: 3_600,
        expiry: 0,
    }
}

/// A voucher without ticks.
pub(crate) fn voucher_of(id: B256, lane: u32, wei: u128) -> Voucher {
    Voucher { channelId: id, lane, cumulativeAmount: wei, ..Voucher::default() }
}

/// A dev account's signature over a message of the module, 65 bytes.
pub(crate) fn signature_of(account: usize, message: &impl SolStruct) -> Bytes {
    let key = SigningKey::from_byte_array(dev_accounts()[account].secret_key.0).unwrap();
    let signature = voucher::sign(Domain::of(990_003).digest(message), &key);
    signature.as_bytes().to_vec().into()
}
