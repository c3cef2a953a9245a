//! Where passwords come from: a file, the environment, the terminal; never the command line.

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::prompt;
use crate::error::{CliError, Code};
use crate::output::Output;

/// The environment variable with a password.
const PASSWORD_VARIABLE: &str = "BTT_PASSWORD";

/// Where passwords come from.
#[derive(Debug)]
pub struct Passwords {
    file: Option<PathBuf>,
}

impl Passwords {
    /// From `file` where given, else the environment, else the terminal.
    pub fn new(file: Option<PathBuf>) -> Self {
        Self { file }
    }

    /// The password of an existing key.
    ///
    /// # Errors
    /// [`Code::PasswordRequired`] where there is none and nobody to ask; [`Code::Io`].
    pub fn existing(&self, account: &str) -> Result<Zeroizing<String>, CliError> {
        if let Some(password) = self.given()? {
            return Ok(password);
        }
        require_terminal()?;
        prompt::secret(&format!("Password of {account}"))
    }

    /// The password of a new key, asked for twice.
    ///
    /// # Errors
    /// As [`Self::existing`]; [`Code::InvalidArgument`] where the two differ or the password is empty
    /// and nobody confirms that it should be.
    pub fn new_password(
        &self,
        output: Output,
        account: &str,
    ) -> Result<Zeroizing<String>, CliError> {
        if let Some(password) = self.given()? {
            if password.is_empty() {
                return Err(CliError::new(Code::InvalidArgument, "the password is empty")
                    .hint("In a terminal you can confirm that you want none"));
            }
            return Ok(password);
        }
        require_terminal()?;
        let first = prompt::secret(&format!("New password of {account}"))?;
        let second = prompt::secret("The same again")?;
        if first != second {
            return Err(CliError::new(Code::InvalidArgument, "the two passwords differ")
                .hint("Nothing was written; try again"));
        }
        if first.is_empty() {
            let question =
                "An empty password protects nothing: whoever reads the file has the key. Go on?";
            prompt::confirm(output, question, "give a password")?;
        }
        Ok(first)
    }

    fn given(&self) -> Result<Option<Zeroizing<String>>, CliError> {
        if let Some(path) = &self.file {
            let text = std::fs::read_to_string(path).map(Zeroizing::new).map_err(|error| {
                CliError::new(
                    Code::Io,
                    format!("cannot read the password file {}: {error}", path.display()),
                )
            })?;
            return Ok(Some(without_line_break(&text)));
        }
        Ok(std::env::var(PASSWORD_VARIABLE).ok().map(Zeroizing::new))
    }
}

/// Editors end a file with a line break that is no part of the password.
fn without_line_break(text: &str) -> Zeroizing<String> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    Zeroizing::new(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

fn require_terminal() -> Result<(), CliError> {
    if io::stdin().is_terminal() || io::stderr().is_terminal() {
        return Ok(());
    }
    Err(CliError::new(
        Code::PasswordRequired,
        "the key has a password, and nobody can be asked (no terminal)",
    )
    .hint("Give --password-file FILE or set BTT_PASSWORD"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_file(content: &str) -> (tempfile::NamedTempFile, Passwords) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        let passwords = Passwords::new(Some(file.path().to_owned()));
        (file, passwords)
    }

    #[test]
    fn the_line_break_that_ends_a_password_file_is_no_part_of_the_password() {
        assert_eq!(from_file("pw\n").1.existing("alice").unwrap().as_str(), "pw");
        assert_eq!(from_file("pw \r\n").1.existing("alice").unwrap().as_str(), "pw ");
    }

    #[test]
    fn an_empty_password_file_is_refused_for_a_new_key() {
        let refused =
            from_file("\n").1.new_password(Output::new(false, true), "alice").unwrap_err();
        assert_eq!(refused.message, "the password is empty");
    }

    #[test]
    fn a_missing_password_file_is_named() {
        let refused = Passwords::new(Some("no/such/file".into())).existing("alice").unwrap_err();
        assert!(refused.message.contains("password file no/such/file"), "{}", refused.message);
    }
}
