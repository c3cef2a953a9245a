//! What is signed: a message (EIP-191) or typed data (EIP-712), as a digest.

use std::path::Path;

use alloy_dyn_abi::TypedData;
use alloy_primitives::{B256, eip191_hash_message};

use crate::error::{CliError, Code};
use crate::parse;

/// The digest of whichever is given.
pub(super) fn digest(
    message: Option<&str>,
    is_hex: bool,
    typed: Option<&Path>,
) -> Result<B256, CliError> {
    match (typed, message) {
        (Some(path), _) => {
            let text = std::fs::read_to_string(path).map_err(|error| {
                CliError::new(
                    Code::Io,
                    format!("cannot read the typed data {}: {error}", path.display()),
                )
            })?;
            typed_digest(&text)
        }
        (None, Some(text)) if is_hex => Ok(eip191_hash_message(parse::bytes("MESSAGE", text)?)),
        (None, Some(text)) => Ok(eip191_hash_message(text)),
        (None, None) => Err(CliError::new(Code::Usage, "no message is given")),
    }
}

fn typed_digest(json: &str) -> Result<B256, CliError> {
    let refuse = |error: &dyn std::fmt::Display| {
        CliError::new(Code::InvalidArgument, format!("not EIP-712 typed data: {error}"))
            .hint("It needs types, primaryType, domain and message")
    };
    let typed: TypedData = serde_json::from_str(json).map_err(|error| refuse(&error))?;
    typed.eip712_signing_hash().map_err(|error| refuse(&error))
}

#[cfg(test)]
mod tests {
    use alloy_primitives::b256;
    use serde_json::json;

    use super::*;
    use crate::testing::vectors;

    #[test]
    fn a_message_is_hashed_as_eip_191_says() {
        let expected = b256!("a1de988600a42c4b4ab089b619297c17d53cffae5d5120d82d8a92d0bb3b78f2");
        assert_eq!(digest(Some("Hello World"), false, None), Ok(expected));
        assert_eq!(digest(Some("0x48656c6c6f20576f726c64"), true, None), Ok(expected));
        assert_ne!(digest(Some("0x48656c6c6f20576f726c64"), false, None), Ok(expected));
    }

    #[test]
    fn broken_typed_data_is_refused() {
        for bad in ["", "{}", "{\"types\":{},\"primaryType\":\"A\",\"domain\":{},\"message\":{}}"] {
            assert_eq!(typed_digest(bad).unwrap_err().code, Code::InvalidArgument, "{bad}");
        }
        let missing = digest(None, false, Some(Path::new("no/such.json"))).unwrap_err();
        assert_eq!(missing.code, Code::Io);
    }

    #[test]
    fn typed_data_digests_are_those_of_ethers() {
        let Some(cases) = vectors("ethers/typed-data.json.gz") else { return };
        let mut checked = 0;
        for case in cases.as_array().unwrap() {
            let mut types = case["types"].clone();
            let domain_type: Vec<_> = [
                ("name", "string"),
                ("version", "string"),
                ("chainId", "uint256"),
                ("verifyingContract", "address"),
                ("salt", "bytes32"),
            ]
            .iter()
            .filter(|(name, _)| !case["domain"][*name].is_null())
            .map(|(name, kind)| json!({ "name": name, "type": kind }))
            .collect();
            types["EIP712Domain"] = domain_type.into();
            let typed = json!({
                "types": types, "primaryType": case["primaryType"],
                "domain": case["domain"], "message": case["data"],
            });
            let digest = typed_digest(&typed.to_string()).map(|digest| digest.to_string());
            assert_eq!(digest.unwrap(), case["digest"].as_str().unwrap(), "{}", case["name"]);
            checked += 1;
        }
        assert!(checked > 100, "{checked}");
    }
}
