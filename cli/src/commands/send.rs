//! `btt send`.

use std::path::Path;
use std::time::Duration;

use alloy_primitives::{Bytes, TxKind, U256};

use crate::abi;
use crate::args::Send;
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::keys::KeySource;
use crate::parse;
use crate::sending::{self, Intent, Manner};

pub(super) async fn run(context: &Context, arguments: &Send) -> Result<(), CliError> {
    let intent = intent(context, arguments)?;
    let manner = Manner {
        yes: arguments.yes,
        wait: (!arguments.no_wait).then(|| Duration::from_secs(arguments.timeout)),
    };
    let source = KeySource::select(context)?;
    let sent = sending::submit(context, &context.rpc()?, &source, intent, manner).await?;
    context.output.emit(&sent)?;
    sent.check_success()
}

fn intent(context: &Context, arguments: &Send) -> Result<Intent, CliError> {
    let folder = &context.folder;
    let to = match &arguments.to {
        Some(text) => TxKind::Call(parse::address_or_name("--to", text, folder)?),
        None => TxKind::Create,
    };
    let (amount, call_arguments) = split_positional(arguments)?;
    let value = match amount {
        Some((argument, text)) => parse::amount(argument, text)?,
        None => U256::ZERO,
    };
    let input = match (&arguments.create, &arguments.sig, &arguments.data) {
        (Some(code), signature, _) => {
            let mut code = bytecode(code)?.to_vec();
            if let Some(signature) = signature {
                let constructor = abi::constructor(signature)?;
                code.extend(abi::encode_constructor(&constructor, call_arguments, folder)?);
            }
            code.into()
        }
        (None, Some(signature), _) => {
            abi::encode_call(&abi::function(signature)?, call_arguments, folder)?.into()
        }
        (None, None, Some(data)) => parse::bytes("--data", data)?,
        (None, None, None) => Bytes::new(),
    };
    let price = |argument, text: &Option<String>| {
        text.as_deref().map(|text| parse::gas_price(argument, text)).transpose()
    };
    Ok(Intent {
        to,
        value,
        input,
        gas_limit: arguments.gas_limit,
        gas_price: price("--gas-price", &arguments.gas_price)?,
        tip: price("--priority-fee", &arguments.priority_fee)?,
        nonce: arguments.nonce,
        effect: None,
    })
}

/// With `--sig` the bare words are the call's arguments; without, the one bare word is the amount.
#[allow(clippy::type_complexity)]
fn split_positional(
    arguments: &Send,
) -> Result<(Option<(&'static str, &str)>, &[String]), CliError> {
    let named = arguments.amount.as_deref().map(|text| ("--amount", text));
    if arguments.sig.is_some() {
        return Ok((named, &arguments.positional));
    }
    let usage = |message: &str, hint: &str| Err(CliError::new(Code::Usage, message).hint(hint));
    match (arguments.positional.as_slice(), named) {
        ([], None) if arguments.create.is_none() && arguments.data.is_none() => usage(
            "no amount is given",
            "Say how much: btt send 1.5 --to ADDRESS, or which call: --sig SIGNATURE",
        ),
        ([], named) => Ok((named, &[])),
        ([amount], None) => Ok((Some(("AMOUNT", amount)), &[])),
        ([_], Some(_)) => usage("the amount is given twice", "Drop one of AMOUNT and --amount"),
        _ => usage(
            "more than one amount is given",
            "Arguments of a call need --sig SIGNATURE; an amount with a unit needs quotes: \"12.5 BTT\"",
        ),
    }
}

/// Bytecode in hex, or in a file that holds it in hex.
fn bytecode(text: &str) -> Result<Bytes, CliError> {
    let path = Path::new(text);
    let code = if path.is_file() {
        let content = std::fs::read_to_string(path).map_err(|error| {
            CliError::new(Code::Io, format!("cannot read the bytecode file {text}: {error}"))
        })?;
        parse::bytes(&format!("the bytecode in {text}"), &content)?
    } else {
        parse::bytes("--create (not a file)", text)?
    };
    if code.is_empty() {
        return Err(CliError::new(Code::InvalidArgument, "--create holds no bytecode"));
    }
    Ok(code)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Command};
    use crate::output::Output;

    const TO: &str = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

    fn parsed(words: &[&str]) -> Result<Intent, CliError> {
        let line = ["btt", "--keystore", "does/not/exist", "send"].iter().chain(words);
        let cli =
            Cli::try_parse_from(line).map_err(|e| CliError::new(Code::Usage, e.to_string()))?;
        let Command::Send(arguments) = cli.command else { panic!("not send") };
        intent(&Context::new(cli.global, Output::new(false, true)).unwrap(), &arguments)
    }

    #[test]
    fn the_amount_is_a_word_or_an_option() {
        let expected = U256::from(1_500_000_000_000_000_000u128);
        for words in [
            vec!["1.5", "--to", TO],
            vec!["1.5 BTT", "--to", TO],
            vec!["--to", TO, "--amount", "1.5 BTT"],
            vec!["--to", TO, "--value", "1500000000 gwei"],
        ] {
            let intent = parsed(&words).unwrap();
            assert_eq!((intent.value, intent.to), (expected, TxKind::Call(TO.parse().unwrap())));
        }
    }

    #[test]
    fn with_a_signature_the_words_are_the_calls_arguments() {
        let intent =
            parsed(&["--to", TO, "--sig", "f(int256,address)", "-5", TO, "--value", "1"]).unwrap();
        assert_eq!(intent.input.len(), 4 + 64);
        assert_eq!(intent.value, U256::from(10u64.pow(18)));
    }

    #[test]
    fn a_creation_appends_the_constructors_arguments() {
        let intent = parsed(&["--create", "0x6001", "--sig", "constructor(uint8)", "7"]).unwrap();
        assert_eq!(intent.to, TxKind::Create);
        assert_eq!(intent.input.len(), 2 + 32);
        assert_eq!(&intent.input[..2], [0x60, 0x01]);
        assert_eq!(intent.input[33], 7);
    }

    #[test]
    fn unclear_command_lines_are_refused_with_what_to_write() {
        let message = |words: &[&str]| parsed(words).unwrap_err().message;
        assert_eq!(message(&["--to", TO]), "no amount is given");
        assert_eq!(message(&["1", "--to", TO, "--amount", "2"]), "the amount is given twice");
        assert_eq!(message(&["12.5", "BTT", "--to", TO]), "more than one amount is given");
        assert_eq!(
            message(&["1.0000000000000000001", "--to", TO]),
            "AMOUNT '1.0000000000000000001': BTT has 18 decimals, the amount has 19"
        );
        assert_eq!(parsed(&["1"]).unwrap_err().code, Code::Usage);
        assert_eq!(parsed(&["--create", "0x"]).unwrap_err().message, "--create holds no bytecode");
    }
}
