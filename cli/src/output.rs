//! stdout is the result, stderr the rest. Colour ends where `NO_COLOR` or a pipe begins.

use std::io::{self, ErrorKind, Write};

use serde::Serialize;
use serde_json::json;

use crate::error::{CliError, Code};

/// A command's result, in both its forms.
pub trait Report: Serialize {
    /// What people read, without the last line break.
    fn human(&self) -> String;
}

/// Where and how results and messages are written.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    json: bool,
    quiet: bool,
}

impl Output {
    /// `json`: results and errors as JSON. `quiet`: nothing on stderr but errors and questions.
    pub const fn new(json: bool, quiet: bool) -> Self {
        Self { json, quiet }
    }

    /// Whether results are JSON.
    pub const fn is_json(&self) -> bool {
        self.json
    }

    /// Whether progress is to be kept back.
    pub const fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Writes a result to stdout.
    ///
    /// # Errors
    /// [`Code::Io`] where stdout cannot be written; a reader that has gone (`| head`) is no error.
    pub fn emit(&self, report: &impl Report) -> Result<(), CliError> {
        if self.json {
            let text = serde_json::to_string_pretty(report)
                .map_err(|error| CliError::new(Code::Io, format!("cannot write JSON: {error}")))?;
            self.line(&text)
        } else {
            self.line(&report.human())
        }
    }

    /// Writes text to stdout as it is.
    ///
    /// # Errors
    /// As [`Self::emit`].
    pub fn line(&self, text: &str) -> Result<(), CliError> {
        let mut stdout = anstream::stdout().lock();
        match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(CliError::new(Code::Io, format!("cannot write to stdout: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// Tells people something on stderr, unless they asked for quiet.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            // stderr is the last resort: nobody is left to tell when it is gone.
            let _ = writeln!(anstream::stderr(), "{text}");
        }
    }

    /// Asks on stderr; the answer is for the caller to read.
    pub fn ask(&self, text: &str) -> io::Result<()> {
        let mut stderr = anstream::stderr();
        write!(stderr, "{text}")?;
        stderr.flush()
    }

    /// Says on stderr what went wrong.
    pub fn error(&self, error: &CliError) {
        let text = if self.json {
            json!({ "error": {
                "code": error.code.as_str(), "message": error.message, "hint": error.hint,
            } })
            .to_string()
        } else {
            format!("\u{1b}[1;31merror\u{1b}[0m: {}", error.sentence())
        };
        let _ = writeln!(anstream::stderr(), "{text}");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    fn fields(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                for (name, value) in object {
                    found.push(name.clone());
                    fields(value, found);
                }
            }
            Value::Array(values) => values.iter().for_each(|value| fields(value, found)),
            _ => {}
        }
    }

    #[test]
    fn the_documentation_names_every_field_of_the_golden_results() {
        let text = include_str!("../../docs/cli-json.md");
        for (verb, golden) in [
            ("`block`", include_str!("../tests/golden/block.json")),
            ("`tx`", include_str!("../tests/golden/tx.json")),
            ("`receipt`", include_str!("../tests/golden/receipt.json")),
            ("`send`, `faucet`", include_str!("../tests/golden/send.json")),
            ("`chain info`", include_str!("../tests/golden/chain-info.json")),
            ("`net status`", include_str!("../tests/golden/net-status.json")),
            ("`net peers`", include_str!("../tests/golden/net-peers.json")),
            ("`net validators`", include_str!("../tests/golden/net-validators.json")),
            ("`net commit`", include_str!("../tests/golden/net-commit.json")),
            ("`chain params`", include_str!("../tests/golden/params.json")),
            ("`stake list`", include_str!("../tests/golden/stake-list.json")),
            ("`stake show`", include_str!("../tests/golden/stake-validator.json")),
            ("`stake show` (`delegator`)", include_str!("../tests/golden/stake-delegator.json")),
            ("`stake rewards`", include_str!("../tests/golden/stake-rewards.json")),
            ("`stake slashes`", include_str!("../tests/golden/stake-slashes.json")),
            ("`channel list`", include_str!("../tests/golden/channel-list.json")),
            ("`channel show`", include_str!("../tests/golden/channel-show.json")),
            ("`market offers`", include_str!("../tests/golden/market-offers.json")),
            ("`market awards`", include_str!("../tests/golden/market-awards.json")),
            ("`market leases`", include_str!("../tests/golden/market-leases.json")),
            ("`market prices`", include_str!("../tests/golden/market-prices.json")),
            ("`market clear`", include_str!("../tests/golden/market-clear.json")),
            ("`gov list`", include_str!("../tests/golden/gov-list.json")),
            ("`gov show`", include_str!("../tests/golden/gov-show.json")),
            ("`gov features`", include_str!("../tests/golden/gov-features.json")),
        ] {
            let row = text.lines().find(|line| line.starts_with(&format!("| {verb} |"))).unwrap();
            let mut found = Vec::new();
            fields(&serde_json::from_str(golden).unwrap(), &mut found);
            assert!(!found.is_empty());
            for name in found {
                assert!(row.contains(&format!("`{name}`")), "docs/cli-json.md, {verb}: {name}");
            }
        }
    }
}
