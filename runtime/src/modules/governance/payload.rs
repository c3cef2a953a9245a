//! What a proposal does, decoded from its ABI encoding.

use super::IGovernance::{Change, Kind};
use crate::modules::decode;
use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolValue, sol_data};

/// Most changes of parameters in one proposal.
const MAX_CHANGES: usize = 16;
/// Longest name of a feature, in bytes.
pub(super) const MAX_FEATURE_NAME: usize = 64;
/// Longest version of a program that knows a feature, in bytes.
pub(super) const MAX_VERSION: usize = 32;

/// What a proposal does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Payload {
    /// Changes parameters.
    ChangeParams(Vec<Change>),
    /// Pays out of the treasury.
    SpendTreasury { to: Address, wei: U256 },
    /// Turns new rules on; `min_version` of the node knows them.
    ActivateFeature { name: String, min_version: String },
    /// Cancels the open slash of a validator.
    CancelSlash { operator: Address },
    /// Lets a module work again.
    Unpause { module: Address },
}

impl Payload {
    /// Decodes the payload of a proposal of this kind; only the canonical encoding is taken.
    pub(super) fn decode(kind: Kind, bytes: &[u8]) -> Result<Self, &'static str> {
        let garbled = |_| "it does not decode";
        let payload = match kind {
            Kind::ChangeParams => Self::ChangeParams(
                decode::value::<sol_data::Array<Change>>(bytes).map_err(garbled)?,
            ),
            Kind::SpendTreasury => {
                let decoded = decode::params::<(sol_data::Address, sol_data::Uint<256>)>(bytes);
                let (to, wei) = decoded.map_err(garbled)?;
                Self::SpendTreasury { to, wei }
            }
            Kind::ActivateFeature => {
                let decoded = decode::params::<(sol_data::String, sol_data::String)>(bytes);
                let (name, min_version) = decoded.map_err(garbled)?;
                Self::ActivateFeature { name, min_version }
            }
            Kind::CancelSlash => {
                let operator = decode::value::<sol_data::Address>(bytes).map_err(garbled)?;
                Self::CancelSlash { operator }
            }
            Kind::Unpause => {
                let module = decode::value::<sol_data::Address>(bytes).map_err(garbled)?;
                Self::Unpause { module }
            }
            Kind::__Invalid => return Err("no such kind"),
        };
        if payload.encode() != bytes {
            return Err("it is not the canonical encoding");
        }
        payload.check_form()?;
        Ok(payload)
    }

    /// Its ABI encoding.
    pub(super) fn encode(&self) -> Vec<u8> {
        match self {
            Self::ChangeParams(changes) => changes.abi_encode(),
            Self::SpendTreasury { to, wei } => (*to, *wei).abi_encode_params(),
            Self::ActivateFeature { name, min_version } => {
                (name.clone(), min_version.clone()).abi_encode_params()
            }
            Self::CancelSlash { operator } => operator.abi_encode(),
            Self::Unpause { module } => module.abi_encode(),
        }
    }

    /// What needs no state to be seen.
    fn check_form(&self) -> Result<(), &'static str> {
        match self {
            Self::ChangeParams(changes) if changes.is_empty() => Err("it changes nothing"),
            Self::ChangeParams(changes) if changes.len() > MAX_CHANGES => {
                Err("it changes more than 16 parameters")
            }
            Self::SpendTreasury { wei, .. } if wei.is_zero() => Err("it pays nothing"),
            Self::ActivateFeature { name, .. } if !is_feature_name(name) => {
                Err("a feature's name is 1 to 64 of a-z, 0-9, dot and dash")
            }
            Self::ActivateFeature { min_version, .. } if min_version.len() > MAX_VERSION => {
                Err("a version is longer than 32 bytes")
            }
            _ => Ok(()),
        }
    }
}

fn is_feature_name(name: &str) -> bool {
    let is_allowed = |c: u8| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-');
    (1..=MAX_FEATURE_NAME).contains(&name.len()) && name.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(name: &str) -> Change {
        Change { name: name.to_owned(), value: U256::from(1) }
    }

    fn feature(name: &str, version: &str) -> Payload {
        Payload::ActivateFeature { name: name.to_owned(), min_version: version.to_owned() }
    }

    #[test]
    fn every_kind_comes_back_as_it_was() {
        let address = Address::repeat_byte(7);
        let cases = [
            (Kind::ChangeParams, Payload::ChangeParams(vec![change("a"), change("b")])),
            (Kind::SpendTreasury, Payload::SpendTreasury { to: address, wei: U256::from(9) }),
            (Kind::ActivateFeature, feature("blue.v2-x", "2.0.0")),
            (Kind::CancelSlash, Payload::CancelSlash { operator: address }),
            (Kind::Unpause, Payload::Unpause { module: address }),
        ];
        for (kind, payload) in cases {
            let bytes = payload.encode();
            assert_eq!(Payload::decode(kind, &bytes), Ok(payload));
            assert_eq!(Payload::decode(kind, &bytes[1..]), Err("it does not decode"), "{kind:?}");
            assert_eq!(Payload::decode(kind, &[]), Err("it does not decode"));
        }
    }

    /// What Solidity's `abi.encode` gives, by hand.
    #[test]
    fn the_encoding_is_that_of_solidity() {
        let word = |n: u64| U256::from(n).to_be_bytes::<32>();
        let mut text = [0u8; 32];
        text[..3].copy_from_slice(b"abc");
        let pair = [word(64), word(128), word(3), text, word(3), text].concat();
        assert_eq!(feature("abc", "abc").encode(), pair);
        let changes = [word(32), word(1), word(32), word(64), word(1), word(3), text].concat();
        assert_eq!(Payload::ChangeParams(vec![change("abc")]).encode(), changes);
    }

    #[test]
    fn what_follows_the_encoding_or_hides_in_it_is_refused() {
        let bytes = Payload::CancelSlash { operator: Address::ZERO }.encode();
        let longer = [bytes, vec![0; 32]].concat();
        let refused = Payload::decode(Kind::CancelSlash, &longer);
        assert_eq!(refused, Err("it is not the canonical encoding"));
        // The two texts may share their bytes; nobody writes that by accident.
        let word = |n: u64| U256::from(n).to_be_bytes::<32>();
        let shared = [word(64), word(64), word(0)].concat();
        let refused = Payload::decode(Kind::ActivateFeature, &shared);
        assert_eq!(refused, Err("it is not the canonical encoding"));
    }

    #[test]
    fn forms_that_make_no_sense_are_refused() {
        let refused =
            |kind, payload: Payload| Payload::decode(kind, &payload.encode()).unwrap_err();
        let changes = |n: usize| Payload::ChangeParams(vec![change("a"); n]);
        assert_eq!(refused(Kind::ChangeParams, changes(0)), "it changes nothing");
        assert_eq!(refused(Kind::ChangeParams, changes(17)), "it changes more than 16 parameters");
        assert!(Payload::decode(Kind::ChangeParams, &changes(16).encode()).is_ok());
        let nothing = Payload::SpendTreasury { to: Address::repeat_byte(1), wei: U256::ZERO };
        assert_eq!(refused(Kind::SpendTreasury, nothing), "it pays nothing");
        let long = "x".repeat(65);
        for name in ["", "Upper", "under_score", "a b", long.as_str()] {
            let why = refused(Kind::ActivateFeature, feature(name, "1"));
            assert_eq!(why, "a feature's name is 1 to 64 of a-z, 0-9, dot and dash", "{name}");
        }
        let why = refused(Kind::ActivateFeature, feature("a", &"1".repeat(33)));
        assert_eq!(why, "a version is longer than 32 bytes");
        let longest = feature(&long[1..], &"1".repeat(32));
        assert!(Payload::decode(Kind::ActivateFeature, &longest.encode()).is_ok());
    }
}
