//! `btt verify`.

use alloy_primitives::{Address, B256, Signature};
use btt_api::keystore::recover;
use serde::Serialize;

use super::message;
use crate::args::Verify;
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::output::Report;
use crate::parse;

#[derive(Debug, Serialize)]
struct VerifyReport {
    valid: bool,
    address: Address,
    digest: B256,
}

impl Report for VerifyReport {
    fn human(&self) -> String {
        format!("valid: signed by {}", self.address)
    }
}

pub(super) fn run(context: &Context, arguments: &Verify) -> Result<(), CliError> {
    let address = parse::address_or_name("--address", &arguments.address, &context.folder)?;
    let digest =
        message::digest(arguments.message.as_deref(), arguments.hex, arguments.typed.as_deref())?;
    check(&digest, &arguments.signature, address)?;
    context.output.emit(&VerifyReport { valid: true, address, digest })
}

fn check(digest: &B256, signature: &str, address: Address) -> Result<(), CliError> {
    let bytes = parse::bytes("SIGNATURE", signature)?;
    let signature = Signature::from_raw(&bytes).map_err(|_| {
        CliError::new(Code::InvalidArgument, format!("SIGNATURE has {} of 65 bytes", bytes.len()))
            .hint("A signature is r, s and v: 130 hex digits, the last two 1b or 1c")
    })?;
    let invalid =
        |why: String| Err(CliError::new(Code::SignatureInvalid, format!("not valid: {why}")));
    match recover(&signature, digest) {
        Some(signer) if signer == address => Ok(()),
        Some(signer) => {
            invalid(format!("this message was not signed by {address} but by {signer}"))
        }
        None => invalid("no key can have made this signature".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{eip191_hash_message, hex};
    use btt_api::keystore::SecretKey;

    use super::*;

    #[test]
    fn only_the_signer_of_the_very_message_is_valid() {
        let key = SecretKey::random().unwrap();
        let digest = eip191_hash_message("pay bob");
        let signature = hex::encode(key.sign_digest(&digest).as_bytes());
        assert_eq!(check(&digest, &signature, key.address()), Ok(()));
        let other = check(&eip191_hash_message("pay eve"), &signature, key.address());
        assert_eq!(other.unwrap_err().code, Code::SignatureInvalid);
        let other = check(&digest, &signature, Address::ZERO).unwrap_err();
        assert!(other.message.ends_with(&format!("but by {}", key.address())), "{other}");
        let short = check(&digest, &signature[..128], key.address()).unwrap_err();
        assert_eq!(short.message, "SIGNATURE has 64 of 65 bytes");
        let zero = check(&digest, &format!("{}1b", "00".repeat(64)), key.address()).unwrap_err();
        assert_eq!(zero.code, Code::SignatureInvalid);
    }
}
