//! Revert data in words.

mod channels;
mod governance;
mod market;
mod staking;

use alloy_dyn_abi::JsonAbiExt;
use alloy_json_abi::Error as AbiError;
use alloy_primitives::hex;
use alloy_sol_types::{Panic, Revert, SolError};

use crate::abi;

/// Errors of the chain's native modules, and those that many contracts share: ERC-6093 and
/// OpenZeppelin's access control.
const KNOWN: [&str; 19] = [
    "UnexpectedValue()",
    "UnknownSelector(bytes4 selector)",
    "MalformedArguments()",
    "ModulePaused(address module)",
    "InsufficientBalance(address account, uint256 balanceWei, uint256 neededWei)",
    "UnknownParam(string name)",
    "OutOfRange(string name, uint256 value, uint256 min, uint256 max)",
    "NotPaused(address module)",
    "ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)",
    "ERC20InvalidSender(address sender)",
    "ERC20InvalidReceiver(address receiver)",
    "ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)",
    "ERC20InvalidApprover(address approver)",
    "ERC20InvalidSpender(address spender)",
    "ERC721NonexistentToken(uint256 tokenId)",
    "ERC721InsufficientApproval(address operator, uint256 tokenId)",
    "OwnableUnauthorizedAccount(address account)",
    "OwnableInvalidOwner(address owner)",
    "AccessControlUnauthorizedAccount(address account, bytes32 neededRole)",
];

/// What was refused and why, and what to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What and why, without a full stop.
    pub what: String,
    /// What to try.
    pub hint: String,
}

impl Explanation {
    fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into() }
    }
}

/// An error of channels, staking, governance or the market in a sentence.
pub fn explain(data: &[u8]) -> Option<Explanation> {
    channels::explain(data)
        .or_else(|| staking::explain(data))
        .or_else(|| governance::explain(data))
        .or_else(|| market::explain(data))
}

/// The reason in `data`: a sentence for the chain's own contracts, the text of `revert("…")`, the
/// meaning of a panic, a known custom error with its values, or the selector of an unknown one.
pub fn reason(data: &[u8]) -> String {
    if data.is_empty() {
        return "no reason given".to_owned();
    }
    if let Ok(revert) = Revert::abi_decode(data) {
        return revert.reason;
    }
    if let Ok(panic) = Panic::abi_decode(data) {
        return match panic.kind() {
            Some(kind) => format!("panic: {}", kind.as_str()),
            None => format!("panic with code {}", panic.code),
        };
    }
    if let Some(Explanation { what, .. }) = explain(data) {
        return what;
    }
    known(data).unwrap_or_else(|| match data.split_at_checked(4) {
        Some((selector, [])) => format!("custom error {}", hex::encode_prefixed(selector)),
        Some((selector, values)) => format!(
            "custom error {} with data {}",
            hex::encode_prefixed(selector),
            hex::encode_prefixed(values)
        ),
        None => hex::encode_prefixed(data),
    })
}

fn known(data: &[u8]) -> Option<String> {
    let (selector, values) = data.split_at_checked(4)?;
    KNOWN.iter().find_map(|signature| {
        let error = AbiError::parse(signature).ok()?;
        if error.selector() != selector {
            return None;
        }
        let decoded = error.abi_decode_input(values).ok()?;
        let named: Vec<String> = error
            .inputs
            .iter()
            .zip(&decoded)
            .map(|(input, value)| format!("{}: {}", input.name, abi::value_text(value)))
            .collect();
        Some(format!("{}({})", error.name, named.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use alloy_dyn_abi::{DynSolType, DynSolValue, Specifier};
    use alloy_json_abi::JsonAbi;
    use alloy_primitives::{Address, B256, U256, keccak256};
    use btt_runtime::modules::params::IParams;

    use super::*;

    /// Every error of a contract has a sentence of its own that tells nothing in code.
    pub(super) fn every_error_is_a_sentence(contract: &JsonAbi) {
        let mut sentences = BTreeMap::new();
        for error in contract.errors() {
            let types: Vec<DynSolType> =
                error.inputs.iter().map(|input| input.resolve().unwrap()).collect();
            let zeros: Vec<DynSolValue> = types.iter().map(zero).collect();
            let data = [error.selector().to_vec(), error.abi_encode_input_raw(&zeros).unwrap()];
            let Explanation { what, hint } =
                explain(&data.concat()).unwrap_or_else(|| panic!("{} has no sentence", error.name));
            for text in [&what, &hint] {
                assert!(text.len() > 15, "{}: {text}", error.name);
                assert!(!text.contains("Wei") && !text.contains("Bps"), "{}: {text}", error.name);
                assert!(!text.contains(error.name.as_str()) && !text.ends_with('.'), "{text}");
            }
            let other = sentences.insert(what.clone(), error.name.clone());
            assert_eq!(other, None, "{what}");
        }
        assert!(sentences.len() > 10);
    }

    fn zero(kind: &DynSolType) -> DynSolValue {
        match kind {
            DynSolType::Address => DynSolValue::Address(Address::ZERO),
            DynSolType::Uint(bits) => DynSolValue::Uint(U256::ZERO, *bits),
            DynSolType::FixedBytes(size) => DynSolValue::FixedBytes(B256::ZERO, *size),
            DynSolType::String => DynSolValue::String(String::new()),
            other => panic!("an error with a {other}"),
        }
    }

    #[test]
    fn texts_and_panics_are_read() {
        let text = Revert { reason: "not yours".to_owned() }.abi_encode();
        assert_eq!(reason(&text), "not yours");
        let panic = Panic { code: U256::from(0x11) }.abi_encode();
        assert_eq!(reason(&panic), "panic: arithmetic underflow or overflow");
        let panic = Panic { code: U256::from(0x99) }.abi_encode();
        assert_eq!(reason(&panic), "panic with code 153");
    }

    #[test]
    fn a_known_custom_error_shows_its_values() {
        let mut data = keccak256("ERC20InsufficientBalance(address,uint256,uint256)")[..4].to_vec();
        data.extend([[0u8; 32], U256::from(5).to_be_bytes(), U256::from(9).to_be_bytes()].concat());
        assert_eq!(
            reason(&data),
            "ERC20InsufficientBalance(sender: 0x0000000000000000000000000000000000000000, \
             balance: 5, needed: 9)"
        );
    }

    #[test]
    fn an_unknown_or_broken_reason_is_shown_as_it_is() {
        assert_eq!(reason(&[]), "no reason given");
        assert_eq!(reason(&[1, 2]), "0x0102");
        assert_eq!(reason(&[0xde, 0xad, 0xbe, 0xef]), "custom error 0xdeadbeef");
        assert_eq!(reason(&[0xde, 0xad, 0xbe, 0xef, 1]), "custom error 0xdeadbeef with data 0x01");
        let mut truncated = Revert { reason: "not yours".to_owned() }.abi_encode();
        truncated.truncate(20);
        assert!(
            reason(&truncated).starts_with("custom error 0x08c379a0"),
            "{}",
            reason(&truncated)
        );
    }

    #[test]
    fn every_error_of_the_native_modules_is_known_by_name() {
        let known: Vec<String> =
            KNOWN.iter().map(|known| AbiError::parse(known).unwrap().signature()).collect();
        for signature in IParams::IParamsErrors::SIGNATURES {
            // Staking has the same one, and a sentence for it.
            let is_explained = *signature == "NotGovernance(address)";
            assert!(is_explained || known.iter().any(|known| known == signature), "{signature}");
        }
        let unexpected = btt_runtime::modules::UnexpectedValue {}.abi_encode();
        assert_eq!(reason(&unexpected), "UnexpectedValue()");
    }
}
