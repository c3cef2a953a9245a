//! `btt rpc`: any JSON-RPC method.

use serde::Serialize;
use serde_json::Value;

use crate::context::Context;
use crate::error::CliError;
use crate::output::Report;

/// The node's answer as it is.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct RawReport(Value);

impl Report for RawReport {
    fn human(&self) -> String {
        match &self.0 {
            Value::String(text) => text.clone(),
            // `{:#}` of a JSON value is its indented form.
            other => format!("{other:#}"),
        }
    }
}

pub(super) async fn run(
    context: &Context,
    method: &str,
    params: &[String],
) -> Result<(), CliError> {
    let params = params.iter().map(|text| param(text)).collect();
    let answer = context.rpc()?.request(method, params).await?;
    context.output.emit(&RawReport(answer))
}

/// JSON where it parses, else a string, so that `latest` and `0x12` need no quotes.
fn param(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_json_is_a_string() {
        assert_eq!(param("0x12"), json!("0x12"));
        assert_eq!(param("latest"), json!("latest"));
        assert_eq!(param("true"), json!(true));
        assert_eq!(param("{\"to\":\"0x1\"}"), json!({ "to": "0x1" }));
    }

    #[test]
    fn a_string_is_printed_bare_and_the_rest_indented() {
        assert_eq!(RawReport(json!("0x1")).human(), "0x1");
        assert_eq!(RawReport(json!({ "a": 1 })).human(), "{\n  \"a\": 1\n}");
        assert_eq!(RawReport(Value::Null).human(), "null");
    }
}
