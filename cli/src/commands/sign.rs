//! `btt sign`.

use alloy_primitives::{Address, B256, Bytes};
use serde::Serialize;

use super::message;
use crate::args::Sign;
use crate::context::Context;
use crate::error::CliError;
use crate::keys::KeySource;
use crate::output::Report;

#[derive(Debug, Serialize)]
struct SignReport {
    address: Address,
    digest: B256,
    signature: Bytes,
}

impl Report for SignReport {
    fn human(&self) -> String {
        self.signature.to_string()
    }
}

pub(super) fn run(context: &Context, arguments: &Sign) -> Result<(), CliError> {
    let digest =
        message::digest(arguments.message.as_deref(), arguments.hex, arguments.typed.as_deref())?;
    let key = KeySource::select(context)?.unlock(context)?;
    let signature = key.sign_digest(&digest).as_bytes().into();
    context.output.emit(&SignReport { address: key.address(), digest, signature })
}
