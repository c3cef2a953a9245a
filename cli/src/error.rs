//! The one error of the wallet: a stable code, what and why, and what to try.

use btt_api::keystore::KeystoreError;

/// Stable names of everything that goes wrong; scripts match on them (`docs/cli-json.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The command line does not parse.
    Usage,
    /// An address is neither hex nor an account's name.
    InvalidAddress,
    /// An amount does not parse.
    InvalidAmount,
    /// Another argument has the wrong form.
    InvalidArgument,
    /// A question would have to be asked and nobody is there to answer.
    ConfirmationRequired,
    /// No key was named.
    NoKey,
    /// A password is needed and none was given.
    PasswordRequired,
    /// The user said no.
    Cancelled,
    /// No such account in the keystore.
    UnknownAccount,
    /// The account's name is taken.
    AccountExists,
    /// A key file cannot be read or written.
    Keystore,
    /// The password does not open the key.
    WrongPassword,
    /// The node cannot be reached.
    NoConnection,
    /// The node did not answer in time.
    Timeout,
    /// The node answers, but not as an Ethereum JSON-RPC server.
    BadResponse,
    /// The node does not take the admin token, or there is none.
    Unauthorized,
    /// The node refused; the message is its own.
    RpcError,
    /// The call or transaction reverted.
    Reverted,
    /// The balance does not cover amount and fee.
    InsufficientFunds,
    /// No such block, transaction or receipt.
    NotFound,
    /// The transaction was sent but is not final in time.
    NotFinal,
    /// The command does not run on this chain.
    WrongChain,
    /// The signature is not of this message and address.
    SignatureInvalid,
    /// A voucher that the chain would not pay.
    VoucherInvalid,
    /// The reference solver finds another result of a book.
    ClearingDiffers,
    /// A file or terminal cannot be read or written.
    Io,
}

impl Code {
    /// Every code, for the test that holds the documentation to them.
    pub const ALL: [Self; 26] = [
        Self::Usage,
        Self::InvalidAddress,
        Self::InvalidAmount,
        Self::InvalidArgument,
        Self::ConfirmationRequired,
        Self::NoKey,
        Self::PasswordRequired,
        Self::Cancelled,
        Self::UnknownAccount,
        Self::AccountExists,
        Self::Keystore,
        Self::WrongPassword,
        Self::NoConnection,
        Self::Timeout,
        Self::BadResponse,
        Self::Unauthorized,
        Self::RpcError,
        Self::Reverted,
        Self::InsufficientFunds,
        Self::NotFound,
        Self::NotFinal,
        Self::WrongChain,
        Self::SignatureInvalid,
        Self::VoucherInvalid,
        Self::ClearingDiffers,
        Self::Io,
    ];

    /// The name in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::InvalidAddress => "invalid_address",
            Self::InvalidAmount => "invalid_amount",
            Self::InvalidArgument => "invalid_argument",
            Self::ConfirmationRequired => "confirmation_required",
            Self::NoKey => "no_key",
            Self::PasswordRequired => "password_required",
            Self::Cancelled => "cancelled",
            Self::UnknownAccount => "unknown_account",
            Self::AccountExists => "account_exists",
            Self::Keystore => "keystore",
            Self::WrongPassword => "wrong_password",
            Self::NoConnection => "no_connection",
            Self::Timeout => "timeout",
            Self::BadResponse => "bad_response",
            Self::Unauthorized => "unauthorized",
            Self::RpcError => "rpc_error",
            Self::Reverted => "reverted",
            Self::InsufficientFunds => "insufficient_funds",
            Self::NotFound => "not_found",
            Self::NotFinal => "not_final",
            Self::WrongChain => "wrong_chain",
            Self::SignatureInvalid => "signature_invalid",
            Self::VoucherInvalid => "voucher_invalid",
            Self::ClearingDiffers => "clearing_differs",
            Self::Io => "io",
        }
    }

    /// 2 where another command line would help, 1 otherwise.
    pub const fn exit_status(self) -> u8 {
        match self {
            Self::Usage
            | Self::InvalidAddress
            | Self::InvalidAmount
            | Self::InvalidArgument
            | Self::ConfirmationRequired
            | Self::NoKey
            | Self::PasswordRequired => 2,
            _ => 1,
        }
    }
}

/// What went wrong, why, and what to try.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CliError {
    /// The stable name.
    pub code: Code,
    /// What and why, without a full stop.
    pub message: String,
    /// What to try.
    pub hint: Option<String>,
}

impl CliError {
    /// An error without a hint.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None }
    }

    /// Adds what to try.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The line people read: `what (why). What to try`.
    pub fn sentence(&self) -> String {
        match &self.hint {
            None => self.message.clone(),
            Some(hint) => format!("{}. {hint}", self.message.trim_end_matches('.')),
        }
    }
}

impl From<KeystoreError> for CliError {
    fn from(error: KeystoreError) -> Self {
        let message = error.to_string();
        match error {
            KeystoreError::NoSuchAccount { .. } => Self::new(Code::UnknownAccount, message)
                .hint("See what is there: btt keys list. Make one: btt keys new NAME"),
            KeystoreError::AlreadyExists { .. } => Self::new(Code::AccountExists, message)
                .hint("Choose another name, or delete it first: btt keys delete NAME"),
            KeystoreError::InvalidName(_) => Self::new(Code::InvalidArgument, message),
            KeystoreError::WrongPassword => {
                Self::new(Code::WrongPassword, message).hint("The key is unharmed; try again")
            }
            _ => Self::new(Code::Keystore, message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_reads_as_what_then_what_to_try() {
        let error = CliError::new(Code::NoConnection, "cannot reach X (connection refused)")
            .hint("Is bttd running? Try: bttd dev");
        assert_eq!(
            error.sentence(),
            "cannot reach X (connection refused). Is bttd running? Try: bttd dev"
        );
    }

    #[test]
    fn the_documentation_names_every_code_with_its_exit_status() {
        let text = include_str!("../../docs/cli-json.md");
        for code in Code::ALL {
            let row = format!("| `{}` | {} |", code.as_str(), code.exit_status());
            assert!(text.contains(&row), "docs/cli-json.md lacks: {row}");
        }
    }
}
