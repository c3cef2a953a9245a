//! Which validator an argument means.

use alloy_primitives::Address;
use btt_api::types::{StakingValidator, ValidatorPage};
use serde_json::json;

use crate::error::{CliError, Code};
use crate::parse;
use crate::rpc::{Rpc, RpcError};

/// Validators asked for at once: the most that a node gives.
const PAGE: usize = 128;

/// The validator that `text` names: by address, or by a name that only one has.
///
/// # Errors
/// [`Code::NotFound`] for a name that nobody has, [`Code::InvalidArgument`] for one that several have.
pub async fn find(rpc: &Rpc, argument: &str, text: &str) -> Result<StakingValidator, CliError> {
    let is_bare_hex = text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_bare_hex || text.starts_with("0x") || text.starts_with("0X") {
        let operator = parse::address(argument, text)?;
        return Ok(rpc.request("staking_validator", vec![json!(operator)]).await?);
    }
    let mut offset = 0;
    let mut found: Vec<StakingValidator> = Vec::new();
    loop {
        let params = vec![json!(null), json!(offset), json!(PAGE)];
        let page: ValidatorPage = rpc.request("staking_validators", params).await?;
        offset += page.validators.len();
        let is_last = page.validators.is_empty() || offset as u64 >= page.total;
        found.extend(page.validators.into_iter().filter(|validator| validator.name == text));
        if is_last {
            break;
        }
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(CliError::new(
            Code::NotFound,
            format!("{argument}: no validator is called '{text}'"),
        )
        .hint("See all: btt stake list. An operator's address does as well")),
        count => {
            let addresses: Vec<String> =
                found.iter().map(|validator| validator.operator.to_string()).collect();
            let text = format!("{argument}: {count} validators are called '{text}'");
            Err(CliError::new(Code::InvalidArgument, text)
                .hint(format!("Say which by its address: {}", addresses.join(", "))))
        }
    }
}

/// The validator that an account operates, if it does.
///
/// # Errors
/// [`RpcError`].
pub async fn operated_by(
    rpc: &Rpc,
    operator: Address,
) -> Result<Option<StakingValidator>, RpcError> {
    match rpc.request("staking_validator", vec![json!(operator)]).await {
        Ok(validator) => Ok(Some(validator)),
        Err(error) if error.revert_data().is_some() => Ok(None),
        Err(error) => Err(error),
    }
}
