//! The wallet `btt`. It speaks JSON-RPC and knows nothing of the node's insides.
//!
//! ```text
//! args ──► context ──► commands/<verb> ──► rpc          what the node says
//!                          │   ├────────► keys         whose key signs, which address a name means
//!                          │   ├────────► sending      draft → confirm → sign → submit → final
//!                          │   ├────────► native       the same for the chain's contracts, with what it does
//!                          │   ├────────► channels     vouchers: written, checked, kept
//!                          │   └────────► market       books of the market: read, cleared, checked
//!                          └──► Report ──► output       stdout: the result, text or JSON
//! CliError ──────────────────────────────► output       stderr: what + why + what to try
//! ```
//! Exit codes: 0 done, 1 failed, 2 the command line is wrong. JSON schemas: `docs/cli-json.md`.

pub mod abi;
pub mod args;
pub mod channels;
pub mod commands;
pub mod context;
pub mod error;
pub mod keys;
pub mod market;
pub mod native;
pub mod output;
pub mod parse;
pub mod render;
pub mod revert;
pub mod rpc;
pub mod sending;
#[cfg(test)]
mod testing;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use crate::args::Cli;
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::output::Output;

/// Runs one command line and says how it went. The whole program but for its name.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    // People cannot do anything with a backtrace; say where it broke and whose fault it is.
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("error: {panic}\nThis is a fault of btt itself; please report it");
    }));
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    std::panic::catch_unwind(|| carry_out(&arguments)).unwrap_or(ExitCode::FAILURE)
}

fn carry_out(arguments: &[OsString]) -> ExitCode {
    // A command line that does not parse has no parsed `--json`; look for the word itself.
    let wants_json = arguments.iter().any(|argument| argument == "--json");
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return refuse(&error, wants_json),
    };
    let output = Output::new(cli.global.json, cli.global.quiet);
    match run(cli, output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output.error(&error);
            ExitCode::from(error.code.exit_status())
        }
    }
}

fn run(cli: Cli, output: Output) -> Result<(), CliError> {
    // One thread: a wallet waits, it does not compute.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::new(Code::Io, format!("cannot start: {error}")))?;
    let context = Context::new(cli.global, output)?;
    runtime.block_on(commands::run(&context, cli.command))
}

/// `--help` and `--version` go to stdout; what is wrong goes to stderr.
fn refuse(error: &clap::Error, wants_json: bool) -> ExitCode {
    let asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if asked_for || !wants_json {
        // Nobody is left to tell if the terminal is gone.
        let _ = error.print();
        return if asked_for { ExitCode::SUCCESS } else { ExitCode::from(2) };
    }
    let text = error.render().to_string();
    let message = text.trim_start_matches("error: ").lines().next().unwrap_or_default().to_owned();
    let usage = CliError::new(Code::Usage, message).hint("Try: btt --help");
    Output::new(true, false).error(&usage);
    ExitCode::from(2)
}
