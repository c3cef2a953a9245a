//! `btt completions`.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Cli;
use crate::context::Context;
use crate::error::{CliError, Code};

pub(super) fn run(context: &Context, shell: Shell) -> Result<(), CliError> {
    // Into memory first: the generator panics where stdout is closed.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "btt", &mut script);
    let script = String::from_utf8(script)
        .map_err(|error| CliError::new(Code::Io, format!("the script is no text: {error}")))?;
    context.output.line(script.trim_end())
}
