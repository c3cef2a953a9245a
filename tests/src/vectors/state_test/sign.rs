//! Builds and signs the transactions of files that give fields and a key instead of bytes.

use super::{
    fork::ETHEREUM_CHAIN_ID,
    format::{Indexes, TransactionFamily},
};
use crate::keys::{Key, Unsigned};
use alloy_consensus::{TxEip1559, TxEip2930, TxEip7702, TxLegacy};
use alloy_eips::eip7702;
use alloy_primitives::{Bytes, U256};

/// The signed transaction at `indexes` of a family.
///
/// # Errors
/// In words, if a field does not fit its type or a list is too short.
pub fn build(family: &TransactionFamily, indexes: Indexes) -> Result<Bytes, String> {
    Ok(Key::new(family.secret_key).sign_raw(unsigned(family, indexes)?))
}

fn unsigned(family: &TransactionFamily, indexes: Indexes) -> Result<Unsigned, String> {
    if family.max_fee_per_blob_gas.is_some() {
        return Err("a blob transaction without its bytes".into());
    }
    let chain_id = ETHEREUM_CHAIN_ID;
    let nonce = small("nonce", family.nonce)?;
    let gas_limit = small("gasLimit", *at("gasLimit", &family.gas_limit, indexes.gas)?)?;
    let value = at("value", &family.value, indexes.value)?.0.ok_or("value above 256 bits")?;
    let input = at("data", &family.data, indexes.data)?.clone();
    let to = family.to;
    let gas_price = price("gasPrice", family.gas_price)?;
    let max_fee_per_gas = price("maxFeePerGas", family.max_fee_per_gas)?;
    let max_priority_fee_per_gas = price("maxPriorityFeePerGas", family.max_priority_fee_per_gas)?;
    // A missing list makes a legacy transaction, an empty one does not.
    let list_of_data = match &family.access_lists {
        Some(lists) => at("accessLists", lists, indexes.data)?.clone(),
        None => None,
    };
    let has_access_list = list_of_data.is_some();
    let access_list = list_of_data.unwrap_or_default();
    if let Some(list) = &family.authorization_list {
        let to = *to.to().ok_or("an EIP-7702 transaction creates no contract")?;
        let authorization_list = list.iter().map(signed_authorization).collect::<Result<_, _>>()?;
        return Ok(TxEip7702 {
            chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas,
            max_priority_fee_per_gas,
            to,
            value,
            access_list,
            authorization_list,
            input,
        }
        .into());
    }
    if family.max_fee_per_gas.is_some() {
        return Ok(TxEip1559 {
            chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas,
            max_priority_fee_per_gas,
            to,
            value,
            access_list,
            input,
        }
        .into());
    }
    if has_access_list {
        return Ok(TxEip2930 {
            chain_id,
            nonce,
            gas_price,
            gas_limit,
            to,
            value,
            access_list,
            input,
        }
        .into());
    }
    Ok(TxLegacy { chain_id: None, nonce, gas_price, gas_limit, to, value, input }.into())
}

pub(super) fn signed_authorization(
    from: &super::format::Authorization,
) -> Result<eip7702::SignedAuthorization, String> {
    let inner = eip7702::Authorization {
        chain_id: from.chain_id,
        address: from.address,
        nonce: small("authorization nonce", from.nonce)?,
    };
    let parity = u8::try_from(from.v).map_err(|_| "authorization parity above 8 bits")?;
    Ok(eip7702::SignedAuthorization::new_unchecked(inner, parity, from.r, from.s))
}

fn at<'a, T>(field: &str, list: &'a [T], index: usize) -> Result<&'a T, String> {
    list.get(index).ok_or_else(|| format!("{field} has no place {index}"))
}

fn small(field: &str, number: U256) -> Result<u64, String> {
    u64::try_from(number).map_err(|_| format!("{field} above 64 bits"))
}

fn price(field: &str, wei: Option<U256>) -> Result<u128, String> {
    u128::try_from(wei.unwrap_or_default()).map_err(|_| format!("{field} above 128 bits"))
}
