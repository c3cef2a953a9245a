//! Arguments that people type: addresses, amounts, hashes, blocks, hex. Every refusal names the argument.

mod count;
pub mod when;

pub use count::{any, whole};

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256, Bytes, U256, hex};
use btt_api::keystore::Folder;
use btt_runtime::primitives::amount;

use crate::error::{CliError, Code};

const EXAMPLE_ADDRESS: &str = "An address looks like 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

/// An address in hex, or the name of an account in the keystore.
///
/// # Errors
/// [`Code::InvalidAddress`] says how many digits there are and how many there should be, or that the
/// checksum is wrong; [`Code::UnknownAccount`] for a name that is not in the keystore.
pub fn address_or_name(argument: &str, text: &str, folder: &Folder) -> Result<Address, CliError> {
    if text.starts_with("0x")
        || text.starts_with("0X")
        || !folder.contains(text) && is_bare_hex(text)
    {
        return address(argument, text);
    }
    let file = folder.read(text).map_err(|error| {
        let error = CliError::from(error);
        match error.code {
            Code::UnknownAccount => CliError::new(
                Code::UnknownAccount,
                format!("{argument} '{text}' is neither an address nor an account of yours"),
            )
            .hint(format!("{EXAMPLE_ADDRESS}; your accounts: btt keys list")),
            _ => error,
        }
    })?;
    file.address().ok_or_else(|| {
        CliError::new(
            Code::InvalidAddress,
            format!("the key file of account '{text}' does not state its address"),
        )
        .hint(format!("See it with the password: btt keys show {text}"))
    })
}

/// An address in hex. Mixed case must carry a right EIP-55 checksum.
///
/// # Errors
/// [`Code::InvalidAddress`].
pub fn address(argument: &str, text: &str) -> Result<Address, CliError> {
    let wrong =
        |why: String| CliError::new(Code::InvalidAddress, format!("{argument} '{text}' {why}"));
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    if let Some(odd) = digits.chars().find(|c| !c.is_ascii_hexdigit()) {
        return Err(wrong(format!("has '{odd}', which is no hex digit")).hint(EXAMPLE_ADDRESS));
    }
    if digits.len() != 40 {
        return Err(wrong(format!("has {} of 40 hex digits", digits.len())).hint(EXAMPLE_ADDRESS));
    }
    let mut bytes = [0u8; 20];
    hex::decode_to_slice(digits, &mut bytes).map_err(|e| wrong(format!("is no address: {e}")))?;
    let address = Address::from(bytes);
    let mixed = digits.chars().any(|c| c.is_ascii_lowercase())
        && digits.chars().any(|c| c.is_ascii_uppercase());
    if mixed && address.to_checksum(None).get(2..) != Some(digits) {
        return Err(wrong("has a wrong checksum, so a character may be mistyped".to_owned())
            .hint("If you are sure of it, write it all in lower case"));
    }
    Ok(address)
}

fn is_bare_hex(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// An amount of BTT, unless it names another unit.
///
/// # Units
/// The result is wei.
///
/// # Errors
/// [`Code::InvalidAmount`].
pub fn amount(argument: &str, text: &str) -> Result<U256, CliError> {
    amount::parse_amount(text).map(U256::from).map_err(|error| {
        CliError::new(Code::InvalidAmount, format!("{argument} '{text}': {error}"))
    })
}

/// A price of gas, which must name its unit: a bare `10` would be 10 BTT for each unit of gas.
///
/// # Units
/// The result is wei per gas.
///
/// # Errors
/// [`Code::InvalidAmount`].
pub fn gas_price(argument: &str, text: &str) -> Result<u128, CliError> {
    if !text.contains(|c: char| c.is_ascii_alphabetic()) {
        return Err(CliError::new(
            Code::InvalidAmount,
            format!("{argument} '{text}' names no unit"),
        )
        .hint(format!("Write \"{text} gwei\" or \"{text} wei\"")));
    }
    amount::parse_amount(text).map_err(|error| {
        CliError::new(Code::InvalidAmount, format!("{argument} '{text}': {error}"))
    })
}

/// A share such as `5%`, `5.25 %` or `5`, at most 100 %.
///
/// # Units
/// The result is in hundredths of a percent.
///
/// # Errors
/// [`Code::InvalidArgument`].
pub fn percent(argument: &str, text: &str) -> Result<u16, CliError> {
    let number = text.trim().trim_end_matches('%').trim_end();
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let digits = format!("{whole}{fraction:0<2}");
    match digits.parse::<u16>() {
        Ok(bps)
            if bps <= 10_000 && fraction.len() <= 2 && is_number(whole) && is_number(fraction) =>
        {
            Ok(bps)
        }
        _ => Err(CliError::new(
            Code::InvalidArgument,
            format!(
                "{argument} '{text}' is no share between 0 % and 100 % with at most two decimals"
            ),
        )
        .hint("Write it like 5% or 2.5%")),
    }
}

/// A 32-byte hash.
///
/// # Errors
/// [`Code::InvalidArgument`] says how many digits there are.
pub fn hash(argument: &str, text: &str) -> Result<B256, CliError> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let mut bytes = [0u8; 32];
    if digits.len() != 64 || hex::decode_to_slice(digits, &mut bytes).is_err() {
        let given = digits.chars().filter(char::is_ascii_hexdigit).count();
        return Err(CliError::new(
            Code::InvalidArgument,
            format!("{argument} '{text}' has {given} of 64 hex digits"),
        )
        .hint("A hash looks like 0x followed by 64 hex digits"));
    }
    Ok(B256::from(bytes))
}

/// Bytes in hex.
///
/// # Errors
/// [`Code::InvalidArgument`].
pub fn bytes(argument: &str, text: &str) -> Result<Bytes, CliError> {
    hex::decode(text.trim()).map(Bytes::from).map_err(|error| {
        CliError::new(Code::InvalidArgument, format!("{argument} is not hex: {error}"))
            .hint("Bytes look like 0x12ab")
    })
}

/// A block by number, hash or tag.
///
/// # Errors
/// [`Code::InvalidArgument`].
pub fn block(text: &str) -> Result<BlockId, CliError> {
    let tag = match text {
        "latest" => BlockNumberOrTag::Latest,
        "finalized" => BlockNumberOrTag::Finalized,
        "safe" => BlockNumberOrTag::Safe,
        "earliest" => BlockNumberOrTag::Earliest,
        "pending" => BlockNumberOrTag::Pending,
        _ => return block_by_number_or_hash(text),
    };
    Ok(tag.into())
}

fn block_by_number_or_hash(text: &str) -> Result<BlockId, CliError> {
    if text.len() == 66 {
        return hash("BLOCK", text).map(BlockId::from);
    }
    let number = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.replace([',', '_'], "").parse(),
    };
    number.map(BlockId::from).map_err(|_| {
        CliError::new(Code::InvalidArgument, format!("BLOCK '{text}' is no block")).hint(
            "Give a number, a hash of 64 hex digits, or latest, finalized, safe, earliest, pending",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nowhere() -> Folder {
        Folder::new("does/not/exist")
    }

    #[test]
    fn a_short_address_is_named_counted_and_shown_an_example() {
        let error = address_or_name("ADDRESS", "0x12", &nowhere()).unwrap_err();
        assert_eq!(
            error.sentence(),
            "ADDRESS '0x12' has 2 of 40 hex digits. An address looks like \
             0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
        );
        assert_eq!(error.code.exit_status(), 2);
    }

    #[test]
    fn a_mistyped_checksum_is_noticed_but_plain_case_is_accepted() {
        let right = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
        let expected = right.parse::<Address>().unwrap();
        for good in [right.to_owned(), right.to_lowercase(), right[2..].to_uppercase()] {
            assert_eq!(address_or_name("A", &good, &nowhere()), Ok(expected), "{good}");
        }
        let swapped = right.replace("39F", "39f");
        let error = address("--to", &swapped).unwrap_err();
        assert_eq!(error.code, Code::InvalidAddress);
        assert!(error.message.contains("wrong checksum"), "{}", error.message);
        let error = address("--to", &right.replace('e', "g")).unwrap_err();
        assert!(error.message.contains("'g', which is no hex digit"), "{}", error.message);
    }

    #[test]
    fn an_unknown_name_says_so() {
        let error = address_or_name("--to", "alcie", &nowhere()).unwrap_err();
        assert_eq!(error.code, Code::UnknownAccount);
        assert_eq!(error.message, "--to 'alcie' is neither an address nor an account of yours");
    }

    #[test]
    fn a_gas_price_without_a_unit_is_refused() {
        assert_eq!(gas_price("--gas-price", "10 gwei"), Ok(10_000_000_000));
        let error = gas_price("--gas-price", "10").unwrap_err();
        assert!(error.sentence().ends_with("Write \"10 gwei\" or \"10 wei\""), "{error}");
    }

    #[test]
    fn shares_are_percents_with_two_decimals() {
        for (text, bps) in [
            ("5%", 500),
            ("5 %", 500),
            ("5", 500),
            ("0.5%", 50),
            ("12.34%", 1_234),
            ("100%", 10_000),
        ] {
            assert_eq!(percent("P", text), Ok(bps), "{text}");
        }
        for bad in ["", "%", "-1%", "100.01%", "1.234%", "5.%", ".5%", "five", "1e1", "700000"] {
            assert_eq!(percent("P", bad).unwrap_err().code, Code::InvalidArgument, "{bad}");
        }
    }

    #[test]
    fn blocks_are_read_in_every_form() {
        assert_eq!(block("latest"), Ok(BlockId::latest()));
        assert_eq!(block("finalized"), Ok(BlockId::finalized()));
        assert_eq!(block("12"), Ok(BlockId::number(12)));
        assert_eq!(block("1,200"), Ok(BlockId::number(1200)));
        assert_eq!(block("0x10"), Ok(BlockId::number(16)));
        let hash = B256::repeat_byte(7);
        assert_eq!(block(&hash.to_string()), Ok(BlockId::from(hash)));
        for bad in ["", "newest", "-1", "0x", "0xzz", "99999999999999999999"] {
            assert_eq!(block(bad).unwrap_err().code, Code::InvalidArgument, "{bad}");
        }
    }

    #[test]
    fn bad_hashes_and_bytes_are_named() {
        let error = hash("HASH", "0x1234").unwrap_err();
        assert_eq!(error.message, "HASH '0x1234' has 4 of 64 hex digits");
        assert_eq!(bytes("--data", "0x123").unwrap_err().code, Code::InvalidArgument);
        assert_eq!(bytes("--data", "12ab").unwrap(), Bytes::from(vec![0x12, 0xab]));
    }
}
