//! Contract calls by signature: text in, call data out, and back.

use alloy_dyn_abi::{DynSolType, DynSolValue, FunctionExt, JsonAbiExt, Specifier};
use alloy_json_abi::{Constructor, Function, Param};
use alloy_primitives::hex;
use btt_api::keystore::Folder;
use serde_json::Value;

use crate::error::{CliError, Code};
use crate::parse;

/// Reads `transfer(address,uint256)`, `balanceOf(address)(uint256)` or a line of Solidity.
///
/// # Errors
/// [`Code::InvalidArgument`].
pub fn function(signature: &str) -> Result<Function, CliError> {
    Function::parse(signature.trim().trim_end_matches(';')).map_err(|_| {
        CliError::new(Code::InvalidArgument, format!("'{signature}' is no function signature"))
            .hint("Write it like \"transfer(address,uint256)\" or \"balanceOf(address)(uint256)\"")
    })
}

/// Reads `constructor(uint256)`.
///
/// # Errors
/// [`Code::InvalidArgument`].
pub fn constructor(signature: &str) -> Result<Constructor, CliError> {
    Constructor::parse(signature.trim().trim_end_matches(';')).map_err(|_| {
        CliError::new(Code::InvalidArgument, format!("'{signature}' is no constructor signature"))
            .hint("Write it like \"constructor(uint256,address)\"")
    })
}

/// Selector and encoded arguments.
///
/// # Errors
/// [`Code::InvalidArgument`] names the argument that does not fit its type.
pub fn encode_call(
    f: &Function,
    arguments: &[String],
    folder: &Folder,
) -> Result<Vec<u8>, CliError> {
    let values = values(&f.signature(), &f.inputs, arguments, folder)?;
    f.abi_encode_input(&values).map_err(|error| unfit(&error))
}

/// Encoded arguments of a constructor, to stand behind the bytecode.
///
/// # Errors
/// As [`encode_call`].
pub fn encode_constructor(
    c: &Constructor,
    arguments: &[String],
    folder: &Folder,
) -> Result<Vec<u8>, CliError> {
    let values = values("constructor", &c.inputs, arguments, folder)?;
    c.abi_encode_input(&values).map_err(|error| unfit(&error))
}

/// What a call returned, by the types the signature names.
///
/// # Errors
/// [`Code::BadResponse`] where the data is of other types.
pub fn decode_output(f: &Function, data: &[u8]) -> Result<Vec<DynSolValue>, CliError> {
    f.abi_decode_output(data).map_err(|_| {
        let outputs: Vec<&str> = f.outputs.iter().map(|output| output.ty.as_str()).collect();
        CliError::new(
            Code::BadResponse,
            format!("the answer {} is not ({})", hex::encode_prefixed(data), outputs.join(",")),
        )
        .hint("Is this the right contract and signature?")
    })
}

fn unfit(error: &alloy_dyn_abi::Error) -> CliError {
    CliError::new(Code::InvalidArgument, format!("the arguments do not fit: {error}"))
}

fn values(
    what: &str,
    params: &[Param],
    arguments: &[String],
    folder: &Folder,
) -> Result<Vec<DynSolValue>, CliError> {
    if params.len() != arguments.len() {
        return Err(CliError::new(
            Code::InvalidArgument,
            format!("{what} takes {} arguments, {} are given", params.len(), arguments.len()),
        ));
    }
    params
        .iter()
        .zip(arguments)
        .enumerate()
        .map(|(index, (param, text))| {
            let place = format!("argument {} ({})", index + 1, param.selector_type());
            let kind = param.resolve().map_err(|_| {
                CliError::new(Code::InvalidArgument, format!("{place} has an unknown type"))
            })?;
            // Names stand for addresses here as everywhere.
            if kind == DynSolType::Address {
                return parse::address_or_name(&place, text, folder).map(DynSolValue::Address);
            }
            kind.coerce_str(text).map_err(|_| {
                CliError::new(
                    Code::InvalidArgument,
                    format!("{place}: '{text}' is no {}", param.selector_type()),
                )
            })
        })
        .collect()
}

/// A value as people read it.
pub fn value_text(value: &DynSolValue) -> String {
    let list =
        |values: &[DynSolValue]| values.iter().map(value_text).collect::<Vec<_>>().join(", ");
    match value {
        DynSolValue::Bool(flag) => flag.to_string(),
        DynSolValue::Int(number, _) => number.to_string(),
        DynSolValue::Uint(number, _) => number.to_string(),
        DynSolValue::FixedBytes(word, size) => {
            hex::encode_prefixed(word.get(..*size).unwrap_or(word.as_slice()))
        }
        DynSolValue::Address(address) => address.to_string(),
        DynSolValue::Function(function) => hex::encode_prefixed(function.as_slice()),
        DynSolValue::Bytes(bytes) => hex::encode_prefixed(bytes),
        DynSolValue::String(text) => text.clone(),
        DynSolValue::Array(values) | DynSolValue::FixedArray(values) => {
            format!("[{}]", list(values))
        }
        DynSolValue::Tuple(values) | DynSolValue::CustomStruct { tuple: values, .. } => {
            format!("({})", list(values))
        }
    }
}

/// A value in JSON: numbers as decimal strings, bytes in hex, lists and tuples as arrays.
pub fn value_json(value: &DynSolValue) -> Value {
    match value {
        DynSolValue::Bool(flag) => Value::Bool(*flag),
        DynSolValue::Array(values)
        | DynSolValue::FixedArray(values)
        | DynSolValue::Tuple(values)
        | DynSolValue::CustomStruct { tuple: values, .. } => {
            Value::Array(values.iter().map(value_json).collect())
        }
        other => Value::String(value_text(other)),
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, U256};
    use serde_json::json;

    use super::*;

    fn nowhere() -> Folder {
        Folder::new("does/not/exist")
    }

    fn encode(signature: &str, arguments: &[&str]) -> Result<String, CliError> {
        let arguments: Vec<String> = arguments.iter().map(|a| (*a).to_owned()).collect();
        encode_call(&function(signature)?, &arguments, &nowhere()).map(hex::encode)
    }

    #[test]
    fn a_call_is_encoded_as_solidity_does() {
        let to = "0x00000000000000000000000000000000000000AA".to_lowercase();
        assert_eq!(
            encode("transfer(address,uint256)", &[&to, "100"]).unwrap(),
            "a9059cbb\
             00000000000000000000000000000000000000000000000000000000000000aa\
             0000000000000000000000000000000000000000000000000000000000000064"
        );
        assert_eq!(encode("function name() returns (string);", &[]).unwrap(), "06fdde03");
    }

    #[test]
    fn bad_arguments_are_placed_and_typed() {
        let why =
            |signature: &str, arguments: &[&str]| encode(signature, arguments).unwrap_err().message;
        assert_eq!(why("f(uint8)", &["256"]), "argument 1 (uint8): '256' is no uint8");
        assert_eq!(why("f(bool,bool)", &["true"]), "f(bool,bool) takes 2 arguments, 1 are given");
        assert_eq!(
            why("f(address)", &["0x12"]),
            "argument 1 (address) '0x12' has 2 of 40 hex digits"
        );
        assert_eq!(why("transfer", &[]), "'transfer' is no function signature");
        assert_eq!(why("f(unit256)", &["1"]), "argument 1 (unit256) has an unknown type");
    }

    #[test]
    fn values_are_written_for_people_and_for_programs() {
        let value = DynSolValue::Tuple(vec![
            DynSolValue::Uint(U256::MAX, 256),
            DynSolValue::Bool(true),
            DynSolValue::Array(vec![DynSolValue::Bytes(vec![1, 2])]),
            DynSolValue::String("hi".to_owned()),
            DynSolValue::Address(Address::ZERO),
        ]);
        let max = U256::MAX.to_string();
        let zero = Address::ZERO.to_string();
        assert_eq!(value_text(&value), format!("({max}, true, [0x0102], hi, {zero})"));
        assert_eq!(value_json(&value), json!([max, true, ["0x0102"], "hi", zero]));
    }

    #[test]
    fn an_answer_of_another_type_is_refused() {
        let f = function("balanceOf(address)(uint256)").unwrap();
        let word = U256::from(7).to_be_bytes::<32>();
        assert_eq!(decode_output(&f, &word).unwrap(), [DynSolValue::Uint(U256::from(7), 256)]);
        let refused = decode_output(&f, &[]).unwrap_err();
        assert_eq!(refused.message, "the answer 0x is not (uint256)");
    }
}
