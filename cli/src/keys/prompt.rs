//! Questions at the terminal. Where nobody can answer, asking is an error, not a hang.

use std::io::{self, BufRead, IsTerminal};

use zeroize::Zeroizing;

use crate::error::{CliError, Code};
use crate::output::Output;

/// Whether somebody can read a question and answer it.
pub fn somebody_is_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks yes or no; no is the default.
///
/// # Errors
/// [`Code::ConfirmationRequired`] where nobody is there, with `flag` as the way out;
/// [`Code::Cancelled`] for a no.
pub fn confirm(output: Output, question: &str, flag: &str) -> Result<(), CliError> {
    if !somebody_is_there() {
        return Err(nobody_to_ask(flag));
    }
    output.ask(&format!("{question} [y/N] ")).map_err(|e| terminal_error(&e))?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(|e| terminal_error(&e))?;
    if matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
        Ok(())
    } else {
        Err(CliError::new(Code::Cancelled, "cancelled; nothing was done"))
    }
}

/// The error of a question that nobody can answer.
pub fn nobody_to_ask(flag: &str) -> CliError {
    CliError::new(
        Code::ConfirmationRequired,
        "this needs a yes, and nobody can be asked (stdin is not a terminal)",
    )
    .hint(format!("To go ahead without being asked: {flag}"))
}

/// Asks for a secret without showing it.
///
/// # Errors
/// [`Code::Io`] where the terminal fails.
pub fn secret(prompt: &str) -> Result<Zeroizing<String>, CliError> {
    rpassword::prompt_password(format!("{prompt}: "))
        .map(Zeroizing::new)
        .map_err(|e| terminal_error(&e))
}

/// A secret from the terminal, or the first line of a piped stdin.
///
/// # Errors
/// [`Code::Io`], and [`Code::InvalidArgument`] for a pipe without a line.
pub fn secret_or_stdin(prompt: &str) -> Result<Zeroizing<String>, CliError> {
    if io::stdin().is_terminal() {
        return secret(prompt);
    }
    let mut line = Zeroizing::new(String::new());
    io::stdin().lock().read_line(&mut line).map_err(|e| terminal_error(&e))?;
    if line.trim().is_empty() {
        return Err(CliError::new(Code::InvalidArgument, "stdin holds no secret")
            .hint("Pipe it in, or run this in a terminal to be asked"));
    }
    Ok(line)
}

fn terminal_error(error: &io::Error) -> CliError {
    CliError::new(Code::Io, format!("cannot read from the terminal: {error}"))
}
