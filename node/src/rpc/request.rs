//! A call request as the EVM takes it.

use super::RpcError;
use alloy_eips::eip7702::SignedAuthorization;
use alloy_primitives::{TxKind, U256};
use btt_api::types::TransactionRequest;
use btt_runtime::{config::ChainConfig, evm::recovered_authorization, primitives::limits};
use revm::{context::TxEnv, context_interface::either::Either};

fn invalid<T>(what: impl Into<String>) -> Result<T, RpcError> {
    Err(RpcError::InvalidParams(what.into()))
}

/// Translates a request; its gas limit, at most `max_gas`, defaults to `default_gas`, its nonce to
/// `nonce`.
pub(super) fn tx_env(
    config: &ChainConfig,
    request: TransactionRequest,
    default_gas: u64,
    max_gas: u64,
    nonce: u64,
) -> Result<TxEnv, RpcError> {
    check(config, &request)?;
    let authorizations = request.authorization_list.unwrap_or_default();
    let has_fee_cap =
        request.max_fee_per_gas.is_some() || request.max_priority_fee_per_gas.is_some();
    let tx_type = match (authorizations.is_empty(), has_fee_cap, &request.access_list) {
        (false, ..) => 4,
        (true, true, _) => 2,
        (true, false, Some(_)) => 1,
        (true, false, None) => 0,
    };
    let tip_wei = request.max_priority_fee_per_gas;
    Ok(TxEnv {
        tx_type,
        caller: request.from.unwrap_or_default(),
        gas_limit: request.gas.unwrap_or(default_gas).min(max_gas),
        gas_price: request.gas_price.or(request.max_fee_per_gas).unwrap_or(0),
        kind: request.to.unwrap_or(TxKind::Create),
        value: request.value.unwrap_or(U256::ZERO),
        data: request.input.into_input().unwrap_or_default(),
        nonce: request.nonce.unwrap_or(nonce),
        chain_id: Some(config.chain_id),
        access_list: request.access_list.unwrap_or_default(),
        gas_priority_fee: if tx_type >= 2 { tip_wei.or(Some(0)) } else { None },
        blob_hashes: Vec::new(),
        max_fee_per_blob_gas: 0,
        authorization_list: authorizations
            .iter()
            .map(|signed: &SignedAuthorization| {
                Either::Right(recovered_authorization(config, signed))
            })
            .collect(),
    })
}

/// What the fields of a request must be to each other.
fn check(config: &ChainConfig, request: &TransactionRequest) -> Result<(), RpcError> {
    if request.blob_versioned_hashes.is_some()
        || request.max_fee_per_blob_gas.is_some()
        || request.sidecar.is_some()
    {
        return invalid("blob transactions (EIP-4844) do not exist on this chain");
    }
    if let Some(have) = request.chain_id
        && have != config.chain_id
    {
        let want = config.chain_id;
        return invalid(format!("chainId does not match the node's: have {have}, want {want}"));
    }
    if request.gas_price.is_some()
        && (request.max_fee_per_gas.is_some() || request.max_priority_fee_per_gas.is_some())
    {
        return invalid("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified");
    }
    let (data, input) = (&request.input.data, &request.input.input);
    if data.is_some() && input.is_some() && data != input {
        return invalid(
            "both data and input are given and differ; use input, the newer name, alone",
        );
    }
    let authorizations = request.authorization_list.as_ref().map_or(0, Vec::len);
    if authorizations > limits::MAX_AUTHORIZATIONS {
        let limit = limits::MAX_AUTHORIZATIONS;
        return invalid(format!("{authorizations} authorizations, limit {limit}"));
    }
    if authorizations > 0 && !matches!(request.to, Some(TxKind::Call(_))) {
        return invalid("a request with an authorizationList needs `to`");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use btt_runtime::config::ParamDefaults;

    fn config() -> ChainConfig {
        ChainConfig::new(990_003, ParamDefaults::LOCAL, Vec::new())
    }

    fn env(json: &str) -> Result<TxEnv, RpcError> {
        tx_env(&config(), serde_json::from_str(json).unwrap(), 1_000, 2_000, 5)
    }

    #[test]
    fn the_type_follows_from_the_fields_that_are_set() {
        assert_eq!(env("{}").unwrap().tx_type, 0);
        assert_eq!(env(r#"{"gasPrice":"0x1"}"#).unwrap().tx_type, 0);
        assert_eq!(env(r#"{"accessList":[]}"#).unwrap().tx_type, 1);
        let dynamic = env(r#"{"maxFeePerGas":"0x9","accessList":[]}"#).unwrap();
        assert_eq!((dynamic.tx_type, dynamic.gas_price), (2, 9));
        assert_eq!(dynamic.gas_priority_fee, Some(0));
    }

    #[test]
    fn gas_and_nonce_have_defaults_and_gas_a_cap() {
        let env_of = |json| env(json).unwrap();
        assert_eq!((env_of("{}").gas_limit, env_of("{}").nonce), (1_000, 5));
        assert_eq!(env_of(r#"{"gas":"0x5dc"}"#).gas_limit, 1_500);
        assert_eq!(env_of(r#"{"gas":"0xffffffff","nonce":"0x0"}"#).gas_limit, 2_000);
        assert_eq!(env_of(r#"{"nonce":"0x0"}"#).nonce, 0);
    }

    #[test]
    fn contradictions_are_named() {
        let text = |json| env(json).unwrap_err().to_string();
        assert!(text(r#"{"gasPrice":"0x1","maxFeePerGas":"0x1"}"#).contains("both gasPrice and"));
        assert!(text(r#"{"data":"0x01","input":"0x02"}"#).contains("both data and input"));
        assert!(text(r#"{"chainId":"0x1"}"#).contains("have 1, want 990003"));
        assert!(text(r#"{"maxFeePerBlobGas":"0x1"}"#).contains("EIP-4844"));
        assert!(env(r#"{"data":"0x01","input":"0x01"}"#).is_ok());
    }
}
