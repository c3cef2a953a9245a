//! `btt call`.

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::Bytes;
use alloy_rpc_types_eth::{TransactionInput, TransactionRequest};
use serde::Serialize;
use serde_json::Value;

use crate::abi;
use crate::args::Call;
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::output::Report;
use crate::parse;

#[derive(Debug, Serialize)]
struct CallReport {
    data: Bytes,
    values: Option<Vec<Value>>,
    #[serde(skip)]
    lines: Vec<String>,
}

impl Report for CallReport {
    fn human(&self) -> String {
        match self.values {
            Some(_) => self.lines.join("\n"),
            None => self.data.to_string(),
        }
    }
}

pub(super) async fn run(context: &Context, arguments: &Call) -> Result<(), CliError> {
    let folder = &context.folder;
    let to = parse::address_or_name("ADDRESS", &arguments.to, folder)?;
    let from = match &arguments.from {
        Some(text) => Some(parse::address_or_name("--from", text, folder)?),
        None => None,
    };
    let value = match &arguments.amount {
        Some(text) => Some(parse::amount("--amount", text)?),
        None => None,
    };
    let function = match &arguments.sig {
        Some(signature) => Some(abi::function(signature)?),
        None => None,
    };
    let input = match (&function, &arguments.data) {
        (Some(function), _) => abi::encode_call(function, &arguments.args, folder)?.into(),
        (None, Some(data)) => parse::bytes("--data", data)?,
        (None, None) => Bytes::new(),
    };
    let call = TransactionRequest {
        from,
        to: Some(to.into()),
        value,
        input: TransactionInput::new(input),
        ..Default::default()
    };
    let rpc = context.rpc()?;
    let data = rpc.call(&call, parse::block(&arguments.block)?).await?;
    // An empty answer is usually no contract at all; say that instead of a decoding error.
    let expects_values = function.as_ref().is_some_and(|function| !function.outputs.is_empty());
    if data.is_empty() && expects_values && rpc.code(to).await?.is_empty() {
        return Err(CliError::new(Code::NotFound, format!("there is no contract at {to}"))
            .hint("Is it of this chain? btt chain info"));
    }
    let values: Option<Vec<DynSolValue>> = match &function {
        Some(function) if expects_values => Some(abi::decode_output(function, &data)?),
        _ => None,
    };
    context.output.emit(&CallReport {
        data,
        lines: values.iter().flatten().map(abi::value_text).collect(),
        values: values.map(|values| values.iter().map(abi::value_json).collect()),
    })
}
