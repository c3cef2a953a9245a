//! Whose key signs: `--key`, then `BTT_PRIVATE_KEY`, then the only account of the keystore.

use std::path::Path;

use alloy_primitives::Address;
use btt_api::keystore::{KeyFile, SecretKey};
use zeroize::Zeroizing;

use crate::context::Context;
use crate::error::{CliError, Code};

/// The environment variable with a private key.
const KEY_VARIABLE: &str = "BTT_PRIVATE_KEY";

/// A key that can be used now, or once its password is known.
#[derive(Debug)]
pub enum KeySource {
    /// A private key given as such.
    Plain(SecretKey),
    /// A key file.
    File {
        /// The account's name, or the file's path.
        label: String,
        /// What the file holds.
        file: Box<KeyFile>,
    },
}

impl KeySource {
    /// The key this run should use.
    ///
    /// # Errors
    /// [`Code::NoKey`] where none is named and the keystore holds none or several.
    pub fn select(context: &Context) -> Result<Self, CliError> {
        if let Some(text) = &context.key_flag {
            return Self::parse("--key", text, context);
        }
        if let Ok(text) = std::env::var(KEY_VARIABLE).map(Zeroizing::new) {
            return private_key(KEY_VARIABLE, &text).map(Self::Plain);
        }
        let accounts = context.folder.list()?;
        match accounts.as_slice() {
            [only] => Self::parse("--key", &only.name, context),
            [] => Err(CliError::new(Code::NoKey, "no key is named and the keystore is empty")
                .hint("Make one: btt keys new NAME, or give --key KEY")),
            several => {
                let names: Vec<&str> = several.iter().map(|a| a.name.as_str()).collect();
                Err(CliError::new(Code::NoKey, "the keystore has several accounts; say which")
                    .hint(format!("Add --key with one of: {}", names.join(", "))))
            }
        }
    }

    /// A name, a path or a private key, in this order of looks: `0x` is a private key, what the
    /// keystore has is a name, the rest is a path.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`] and [`Code::UnknownAccount`]; a private key is never repeated.
    pub fn parse(argument: &str, text: &str, context: &Context) -> Result<Self, CliError> {
        if looks_like_a_key(text) {
            return private_key(argument, text).map(Self::Plain);
        }
        if context.folder.contains(text) {
            let file = Box::new(context.folder.read(text)?);
            return Ok(Self::File { label: text.to_owned(), file });
        }
        let path = Path::new(text);
        if path.is_file() {
            let file = Box::new(KeyFile::read(path)?);
            return Ok(Self::File { label: text.to_owned(), file });
        }
        Err(CliError::new(
            Code::UnknownAccount,
            format!(
                "{argument} '{text}' is neither an account in {} nor a file",
                context.folder.path().display()
            ),
        )
        .hint("Your accounts: btt keys list. A private key starts with 0x"))
    }

    /// The address, where it can be known without a password.
    pub fn address(&self) -> Option<Address> {
        match self {
            Self::Plain(key) => Some(key.address()),
            Self::File { file, .. } => file.address(),
        }
    }

    /// How people know it.
    pub fn label(&self) -> Option<&str> {
        match self {
            Self::Plain(_) => None,
            Self::File { label, .. } => Some(label),
        }
    }

    /// The key itself, asking for the password where there is one.
    ///
    /// # Errors
    /// [`Code::WrongPassword`] and what [`Passwords::existing`](super::password::Passwords::existing) says.
    pub fn unlock(&self, context: &Context) -> Result<SecretKey, CliError> {
        match self {
            Self::Plain(key) => Ok(key.clone()),
            Self::File { label, file } => {
                let password = context.passwords.existing(label)?;
                file.decrypt(&password).map_err(|error| {
                    let mut error = CliError::from(error);
                    if error.code == Code::WrongPassword {
                        error.message = format!("wrong password for {label}");
                    }
                    error
                })
            }
        }
    }

    /// Address and, where only the password tells the address, the key that had to be opened for it.
    ///
    /// # Errors
    /// As [`Self::unlock`].
    pub fn address_or_unlock(
        &self,
        context: &Context,
    ) -> Result<(Address, Option<SecretKey>), CliError> {
        match self.address() {
            Some(address) => Ok((address, None)),
            None => {
                let key = self.unlock(context)?;
                Ok((key.address(), Some(key)))
            }
        }
    }
}

/// What starts with `0x`, or is hex and longer than an address: a private key, perhaps a mistyped one,
/// that no message may repeat.
fn looks_like_a_key(text: &str) -> bool {
    text.starts_with("0x") || text.len() > 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn private_key(argument: &str, text: &str) -> Result<SecretKey, CliError> {
    SecretKey::from_hex(text).map_err(|error| {
        CliError::new(Code::InvalidArgument, format!("{argument} is no private key: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Global;
    use crate::output::Output;

    fn context() -> Context {
        let global = Global {
            rpc: "http://127.0.0.1:1".to_owned(),
            key: None,
            password_file: None,
            keystore: Some("does/not/exist".into()),
            json: false,
            quiet: true,
        };
        Context::new(global, Output::new(false, true)).unwrap()
    }

    #[test]
    fn a_mistyped_private_key_is_never_repeated() {
        let digits = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
        for bad in [&digits[1..], &format!("0x{}", &digits[2..]), &format!("{digits}0")] {
            let error = KeySource::parse("--key", bad, &context()).unwrap_err();
            assert_eq!(error.code, Code::InvalidArgument);
            assert!(!error.sentence().contains("c0974b"), "{}", error.sentence());
        }
        assert!(KeySource::parse("--key", digits, &context()).is_ok());
    }

    #[test]
    fn what_is_neither_account_nor_file_nor_key_is_named() {
        let error = KeySource::parse("--key", "alcie", &context()).unwrap_err();
        assert_eq!(
            error.message,
            "--key 'alcie' is neither an account in does/not/exist nor a file"
        );
    }
}
