//! The command line of bttd. Results go to stdout, everything else to stderr.

mod banner;
mod create_validator;
mod datadir;
mod dev;
mod genesis;
mod init;
mod keys;
mod localnet;
mod logs;
mod maintenance;
mod run;

use clap::{Parser, Subcommand};
use eyre::Result;
use std::process::ExitCode;

/// bttd: validator and RPC provider of btt-chain.
#[derive(Debug, Parser)]
#[command(name = "bttd", version, about, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// One validator with funded accounts and nothing to configure.
    Dev(Box<dev::Dev>),
    /// Make a data folder for a chain.
    Init(init::Init),
    /// Run the validator or the full node of a data folder.
    Run(Box<run::Run>),
    /// Run a network of several validators on this machine.
    Localnet(localnet::Localnet),
    /// Build, check and hash chain specs.
    #[command(subcommand)]
    Genesis(genesis::Genesis),
    /// Make and show the validator's key.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Print the signed transaction that makes this node's key a validator.
    CreateValidator(create_validator::CreateValidator),
    /// Recompute the state root from the state, compare the trie, sum the supply.
    Verify(maintenance::Verify),
    /// Write the state after a block as a chain spec.
    Export(maintenance::Export),
    /// Make an older block the newest again.
    Rollback(maintenance::Rollback),
}

impl Cli {
    /// Runs the command. Exit status: 0 done, 1 failed, 2 wrong usage (by clap).
    pub fn run(self) -> ExitCode {
        match self.command.run() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {}", one_line(&error));
                ExitCode::FAILURE
            }
        }
    }
}

/// An error with its causes, each once, without a backtrace.
fn one_line(error: &eyre::Report) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&cause);
        }
    }
    text
}

impl Command {
    fn run(self) -> Result<()> {
        match self {
            Self::Dev(command) => command.run(),
            Self::Init(command) => command.run(),
            Self::Run(command) => command.run(),
            Self::Localnet(command) => command.run(),
            Self::Genesis(command) => command.run(),
            Self::Keys(command) => command.run(),
            Self::CreateValidator(command) => command.run(),
            Self::Verify(command) => command.run(),
            Self::Export(command) => command.run(),
            Self::Rollback(command) => command.run(),
        }
    }
}
