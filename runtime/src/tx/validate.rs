//! The one validation of transactions: the mempool and the executor both call these two functions.

use super::{Envelope, InvalidTransaction, Transaction};
use crate::{config::ChainConfig, primitives::limits::MAX_AUTHORIZATIONS, state::Account};
use alloy_consensus::Transaction as _;
use revm::{
    context::TxEnv,
    context_interface::cfg::GasParams,
    primitives::{eip3860::MAX_INITCODE_SIZE, hardfork::SpecId},
};

/// Checks that need no state: chain id, type, gas, fees, sizes.
///
/// `env` is the transaction as the EVM sees it ([`crate::evm::tx_env`]).
///
/// # Source
/// EIP-155, 1559, 2681, 3860, 7623, 7702, 7825
pub fn validate_stateless(
    config: &ChainConfig,
    gas_params: &GasParams,
    tx: &Transaction,
    env: &TxEnv,
) -> Result<(), InvalidTransaction> {
    let envelope = tx.envelope();
    let spec = config.fork.spec_id();
    supported(envelope, spec)?;
    match envelope.chain_id() {
        Some(have) if have != config.chain_id => {
            return Err(InvalidTransaction::ChainId { have, want: config.chain_id });
        }
        None if config.require_replay_protection => {
            return Err(InvalidTransaction::NotReplayProtected);
        }
        _ => {}
    }
    if envelope.nonce() == u64::MAX {
        return Err(InvalidTransaction::NonceMax);
    }
    let gas = envelope.gas_limit();
    if let Some(cap) = config.tx_gas_limit_cap
        && gas > cap
    {
        return Err(InvalidTransaction::GasLimitCap { cap, gas });
    }
    if let Some(tip_wei) = envelope.max_priority_fee_per_gas()
        && tip_wei > envelope.max_fee_per_gas()
    {
        let max_fee_wei = envelope.max_fee_per_gas();
        return Err(InvalidTransaction::TipAboveFeeCap { tip_wei, max_fee_wei });
    }
    if spec.is_enabled_in(SpecId::SHANGHAI)
        && envelope.is_create()
        && envelope.input().len() > MAX_INITCODE_SIZE
    {
        let size = envelope.input().len();
        return Err(InvalidTransaction::InitCodeSize { size, limit: MAX_INITCODE_SIZE });
    }
    if let Some(list) = envelope.authorization_list() {
        match list.len() {
            0 => return Err(InvalidTransaction::EmptyAuthorizationList),
            1..=MAX_AUTHORIZATIONS => {}
            more => return Err(InvalidTransaction::TooManyAuthorizations(more)),
        }
    }
    let needed = gas_params.initial_tx_gas_for_tx(env, None);
    if needed.initial_total_gas() > gas {
        return Err(InvalidTransaction::IntrinsicGas { gas, minimum: needed.initial_total_gas() });
    }
    if spec.is_enabled_in(SpecId::PRAGUE) && needed.floor_gas() > gas {
        return Err(InvalidTransaction::FloorGas { gas, minimum: needed.floor_gas() });
    }
    Ok(())
}

/// Whether the fork knows the envelope's type.
fn supported(envelope: &Envelope, spec: SpecId) -> Result<(), InvalidTransaction> {
    let since = match envelope {
        Envelope::Legacy(_) => return Ok(()),
        Envelope::Eip2930(_) => SpecId::BERLIN,
        Envelope::Eip1559(_) => SpecId::LONDON,
        Envelope::Eip7702(_) => SpecId::PRAGUE,
        Envelope::Eip4844(_) => return Err(InvalidTransaction::TypeNotSupported),
    };
    if spec.is_enabled_in(since) { Ok(()) } else { Err(InvalidTransaction::TypeNotSupported) }
}

/// How a transaction's nonce must stand to the account's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonceRule {
    /// In a block: equal.
    Exact,
    /// In the mempool: equal or above.
    AtLeast,
}

/// Checks against the sender's account: nonce, code, balance.
///
/// `has_code` says whether the account's code is something else than an EIP-7702 delegation.
pub fn validate_sender(
    tx: &Transaction,
    account: &Account,
    has_code: bool,
    rule: NonceRule,
) -> Result<(), InvalidTransaction> {
    let (nonce, state) = (tx.nonce(), account.nonce);
    if nonce < state {
        return Err(InvalidTransaction::NonceTooLow { tx: nonce, state });
    }
    if rule == NonceRule::Exact && nonce > state {
        return Err(InvalidTransaction::NonceTooHigh { tx: nonce, state });
    }
    if has_code {
        return Err(InvalidTransaction::SenderIsContract(tx.sender()));
    }
    let cost_wei = tx.max_cost_wei().ok_or(InvalidTransaction::CostOverflow)?;
    if cost_wei > account.balance {
        return Err(InvalidTransaction::InsufficientFunds {
            balance_wei: account.balance,
            cost_wei,
        });
    }
    Ok(())
}

/// Checks the fee cap against a block's base fee.
pub fn validate_fee(tx: &Transaction, base_fee_wei: u64) -> Result<(), InvalidTransaction> {
    let max_fee_wei = tx.envelope().max_fee_per_gas();
    if max_fee_wei < u128::from(base_fee_wei) {
        return Err(InvalidTransaction::FeeCapTooLow { max_fee_wei, base_fee_wei });
    }
    Ok(())
}
