//! `btt`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    btt_cli::main(std::env::args_os())
}
