//! A transaction as revm takes it.

use crate::{
    config::ChainConfig,
    primitives::{addresses::is_module, limits::MAX_AUTHORIZATIONS},
    tx::{Transaction, recover::recover_signer},
};
use alloy_consensus::{Transaction as _, Typed2718 as _};
use alloy_eips::eip7702::{
    RecoveredAuthority, RecoveredAuthorization, SignedAuthorization,
    constants::PER_EMPTY_ACCOUNT_COST,
};
use revm::{
    context::TxEnv,
    context_interface::either::Either,
    precompile::{PrecompileSpecId, Precompiles},
};

/// Translates a transaction. Authorities of EIP-7702 are recovered here; those that are malformed, or
/// would delegate to a module or precompile, are marked invalid and so skipped (rule A.3). Where the gas
/// does not pay for all of them, which validation refuses, none is recovered.
pub fn tx_env(config: &ChainConfig, tx: &Transaction) -> TxEnv {
    let envelope = tx.envelope();
    let tip = envelope.max_priority_fee_per_gas();
    let authorizations = envelope.authorization_list().unwrap_or_default();
    let gas = envelope.gas_limit();
    let are_paid = authorizations.len() <= MAX_AUTHORIZATIONS
        && config.tx_gas_limit_cap.is_none_or(|cap| gas <= cap)
        && u64::try_from(authorizations.len())
            .is_ok_and(|count| count.saturating_mul(PER_EMPTY_ACCOUNT_COST) <= gas);
    TxEnv {
        tx_type: envelope.ty(),
        caller: tx.sender(),
        gas_limit: gas,
        gas_price: envelope.max_fee_per_gas(),
        kind: envelope.kind(),
        value: envelope.value(),
        data: envelope.input().clone(),
        nonce: envelope.nonce(),
        chain_id: envelope.chain_id(),
        access_list: envelope.access_list().cloned().unwrap_or_default(),
        gas_priority_fee: tip,
        blob_hashes: Vec::new(),
        max_fee_per_blob_gas: 0,
        authorization_list: authorizations
            .iter()
            .map(
                |signed| {
                    if are_paid { recovered_authorization(config, signed) } else { invalid(signed) }
                },
            )
            .map(Either::Right)
            .collect(),
    }
}

fn invalid(signed: &SignedAuthorization) -> RecoveredAuthorization {
    RecoveredAuthorization::new_unchecked(signed.inner().clone(), RecoveredAuthority::Invalid)
}

/// An authorisation as revm takes it, its authority recovered or marked invalid.
pub fn recovered_authorization(
    config: &ChainConfig,
    signed: &SignedAuthorization,
) -> RecoveredAuthorization {
    let target = signed.inner().address;
    let precompiles = Precompiles::new(PrecompileSpecId::from_spec_id(config.fork.spec_id()));
    let forbidden = config.modules && (is_module(&target) || precompiles.contains(&target));
    let authority = (!forbidden)
        .then(|| signed.signature().ok())
        .flatten()
        .and_then(|signature| recover_signer(signed.signature_hash(), &signature).ok())
        .map_or(RecoveredAuthority::Invalid, RecoveredAuthority::Valid);
    RecoveredAuthorization::new_unchecked(signed.inner().clone(), authority)
}
