//! Why a request failed, in words for people.

use std::error::Error as StdError;
use std::io::{self, ErrorKind};

use alloy_primitives::Bytes;
use jsonrpsee::core::client::Error as ClientError;

use crate::error::{CliError, Code};
use crate::revert::{self, Explanation};

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RpcError {
    /// No connection.
    #[error("cannot reach {url} ({why})")]
    Unreachable {
        /// Where the node should be.
        url: String,
        /// The system's reason.
        why: String,
    },
    /// No answer in time.
    #[error("{url} did not answer in time")]
    Timeout {
        /// Where the node is.
        url: String,
    },
    /// An answer that is not JSON-RPC, or not of the expected form.
    #[error("{url} does not answer as an Ethereum node should: {why}")]
    BadResponse {
        /// Where the node is.
        url: String,
        /// What is wrong with the answer.
        why: String,
    },
    /// The node refused.
    #[error("{message}")]
    Refused {
        /// What was asked.
        method: String,
        /// JSON-RPC error code; 3 for a revert.
        code: i32,
        /// The node's words.
        message: String,
        /// Revert data, where the node gave any.
        data: Option<Bytes>,
    },
}

impl RpcError {
    /// Translates the client's error.
    pub(super) fn from_client(url: &str, method: &str, error: ClientError) -> Self {
        let url = url.to_owned();
        match error {
            ClientError::Call(object) => Self::Refused {
                method: method.to_owned(),
                code: object.code(),
                message: object.message().to_owned(),
                data: object.data().and_then(|raw| serde_json::from_str(raw.get()).ok()),
            },
            ClientError::RequestTimeout => Self::Timeout { url },
            ClientError::Transport(source) => match unreachable_reason(source.as_ref()) {
                Some(why) => Self::Unreachable { url, why },
                None => Self::BadResponse { url, why: innermost(source.as_ref()) },
            },
            ClientError::ParseError(error) => Self::BadResponse { url, why: error.to_string() },
            other => Self::BadResponse { url, why: other.to_string() },
        }
    }

    /// The revert data, where the node refused because of a revert.
    pub fn revert_data(&self) -> Option<&Bytes> {
        match self {
            Self::Refused { data: Some(data), message, code, .. }
                if *code == 3 || message.contains("revert") =>
            {
                Some(data)
            }
            _ => None,
        }
    }
}

impl From<RpcError> for CliError {
    fn from(error: RpcError) -> Self {
        let message = error.to_string();
        match &error {
            RpcError::Unreachable { .. } => {
                Self::new(Code::NoConnection, message).hint("Is bttd running? Try: bttd dev")
            }
            RpcError::Timeout { .. } => Self::new(Code::Timeout, message).hint("Try again"),
            RpcError::BadResponse { .. } => Self::new(Code::BadResponse, message)
                .hint("Is this the node's JSON-RPC address? Another: --rpc URL"),
            RpcError::Refused { method, code, message, .. } => match error.revert_data() {
                Some(data) if !data.is_empty() => match revert::explain(data) {
                    Some(Explanation { what, hint }) => Self::new(Code::Reverted, what).hint(hint),
                    None => Self::new(
                        Code::Reverted,
                        format!("execution reverted: {}", revert::reason(data)),
                    ),
                },
                _ if *code == 3 || message.contains("revert") => {
                    Self::new(Code::Reverted, message.clone())
                }
                _ if message.contains("insufficient funds") => {
                    Self::new(Code::InsufficientFunds, message.clone())
                }
                _ => Self::new(
                    Code::RpcError,
                    format!("the node refused {method}: {message} (code {code})"),
                ),
            },
        }
    }
}

/// The reason that no connection came about; `None` where one did.
fn unreachable_reason(error: &(dyn StdError + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Some(match error.kind() {
                ErrorKind::ConnectionRefused => "connection refused".to_owned(),
                ErrorKind::ConnectionReset => "connection reset".to_owned(),
                ErrorKind::TimedOut => "no answer in time".to_owned(),
                ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
                    "no way to that host".to_owned()
                }
                _ if error.to_string().contains("lookup address") => "no such host".to_owned(),
                _ => error.to_string(),
            });
        }
        next = error.source();
    }
    None
}

fn innermost(error: &(dyn StdError + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use alloy_primitives::hex;

    use super::*;

    fn refused(code: i32, message: &str, data: Option<Bytes>) -> CliError {
        let method = "eth_call".to_owned();
        RpcError::Refused { method, code, message: message.to_owned(), data }.into()
    }

    #[test]
    fn a_stopped_node_is_named_with_what_to_try() {
        let error: CliError = RpcError::Unreachable {
            url: "http://127.0.0.1:8545".to_owned(),
            why: "connection refused".to_owned(),
        }
        .into();
        assert_eq!(
            error.sentence(),
            "cannot reach http://127.0.0.1:8545 (connection refused). Is bttd running? Try: bttd dev"
        );
    }

    #[test]
    fn a_revert_shows_its_decoded_reason() {
        let data = hex!(
            "08c379a00000000000000000000000000000000000000000000000000000000000000020"
            "0000000000000000000000000000000000000000000000000000000000000004"
            "6e6f706500000000000000000000000000000000000000000000000000000000"
        );
        let error = refused(3, "execution reverted: nope", Some(data.to_vec().into()));
        assert_eq!(error, CliError::new(Code::Reverted, "execution reverted: nope"));
        let error = refused(3, "execution reverted", None);
        assert_eq!(error, CliError::new(Code::Reverted, "execution reverted"));
    }

    #[test]
    fn the_pools_words_are_kept() {
        let error = refused(-32000, "nonce too low", None);
        assert_eq!(error.message, "the node refused eth_call: nonce too low (code -32000)");
        let error = refused(-32003, "insufficient funds for gas * price + value", None);
        assert_eq!(error.code, Code::InsufficientFunds);
    }

    #[tokio::test]
    async fn a_closed_port_is_a_refused_connection() {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("http://127.0.0.1:{port}");
        let error = crate::rpc::Rpc::new(&url).unwrap().chain_id().await.unwrap_err();
        assert_eq!(error, RpcError::Unreachable { url, why: "connection refused".to_owned() });
    }
}
