//! `admin_`: the network, for the node's operator alone. There is none of it without a token.

use super::{RpcError, context::Rpc, context::client_version, views::NetworkView};
use alloy_primitives::{B256, keccak256};
use btt_api::{
    server::AdminApiServer,
    types::{NodeInfo, PeerInfo},
};
use http::{HeaderMap, header};
use jsonrpsee::core::RpcResult;
use std::path::{Path, PathBuf};

/// What the names of the namespace begin with.
const PREFIX: &str = "admin_";
/// Shortest token: what can be guessed is no token.
const MIN_TOKEN_CHARS: usize = 16;

/// Why a token file is not used.
#[derive(Debug, thiserror::Error)]
pub enum AdminTokenError {
    /// It cannot be read.
    #[error("admin token file {file}: {reason}")]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// Easily guessed.
    #[error(
        "admin token file {0}: its first line has fewer than {MIN_TOKEN_CHARS} characters; make one with: \
         openssl rand -hex 32"
    )]
    TooShort(PathBuf),
}

/// The token that `admin_` asks for. It is kept as its hash.
#[derive(Clone, PartialEq, Eq)]
pub struct AdminToken(B256);

impl std::fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AdminToken")
    }
}

impl AdminToken {
    /// Reads a file whose first line is the token.
    ///
    /// # Errors
    /// [`AdminTokenError`], without the file's content.
    pub fn load(file: &Path) -> Result<Self, AdminTokenError> {
        let text = std::fs::read_to_string(file)
            .map_err(|reason| AdminTokenError::Unreadable { file: file.to_owned(), reason })?;
        let token = text.lines().next().unwrap_or_default().trim();
        if token.chars().count() < MIN_TOKEN_CHARS {
            return Err(AdminTokenError::TooShort(file.to_owned()));
        }
        Ok(Self(keccak256(token)))
    }

    /// Whether a request's `Authorization: Bearer` header carries it. Takes equally long for every wrong
    /// token of a length: hashes are compared, and all their bytes.
    pub(super) fn is_in(&self, headers: &HeaderMap) -> bool {
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some((scheme, token)) = bearer.and_then(|value| value.split_once(' ')) else {
            return false;
        };
        let hash = keccak256(token.trim());
        let difference = hash.iter().zip(self.0.iter()).fold(0, |all, (a, b)| all | (a ^ b));
        scheme.eq_ignore_ascii_case("bearer") && difference == 0
    }
}

/// Marks a request that carried the token.
#[derive(Debug, Clone, Copy)]
pub(super) struct IsAdmin;

/// Refuses an `admin_` method, where there are any, to a request without the mark.
pub(super) fn check(
    method: &str,
    token: Option<&AdminToken>,
    extensions: &http::Extensions,
) -> Result<(), RpcError> {
    if token.is_some() && method.starts_with(PREFIX) && extensions.get::<IsAdmin>().is_none() {
        return Err(RpcError::Unauthorized);
    }
    Ok(())
}

/// Serves `admin_` where there is a token.
#[derive(Clone)]
pub(super) struct Admin(Rpc);

impl Admin {
    pub(super) fn of(rpc: &Rpc) -> Option<Self> {
        rpc.context.admin.is_some().then(|| Self(rpc.clone()))
    }

    fn network(&self) -> Result<&dyn NetworkView, RpcError> {
        let alone = || RpcError::Failed("this node is a chain of its own: no network".to_owned());
        self.0.context.network.as_deref().ok_or_else(alone)
    }
}

impl AdminApiServer for Admin {
    fn peers(&self) -> RpcResult<Vec<PeerInfo>> {
        Ok(self.0.context.network.as_ref().map(|network| network.peers()).unwrap_or_default())
    }

    fn node_info(&self) -> RpcResult<NodeInfo> {
        let (chain, network) = (self.0.chain(), self.0.context.network.as_ref());
        let head = chain.head();
        Ok(NodeInfo {
            client: client_version(),
            chain_id: chain.config().chain_id,
            genesis_hash: chain.genesis_hash(),
            head_number: head.number,
            head_hash: head.hash,
            network: network.map(|network| network.endpoint()),
            peers: self.0.peers(),
            validator: self.0.consensus_state().validator,
        })
    }

    fn add_peer(&self, multiaddr: String) -> RpcResult<bool> {
        self.network()?.add_peer(&multiaddr).map_err(RpcError::InvalidParams)?;
        Ok(true)
    }

    fn remove_peer(&self, peer: String) -> RpcResult<bool> {
        self.network()?.remove_peer(&peer).map_err(RpcError::InvalidParams)?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> Result<AdminToken, AdminTokenError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, text).unwrap();
        AdminToken::load(&file)
    }

    #[test]
    fn only_the_whole_token_in_a_bearer_header_opens() {
        let token = token("0123456789abcdef\nsecond line\n").unwrap();
        let opens = |value: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(value) = value {
                headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            }
            token.is_in(&headers)
        };
        assert!(opens(Some("Bearer 0123456789abcdef")));
        assert!(opens(Some("bearer 0123456789abcdef")));
        for wrong in [
            "Bearer 0123456789abcdee",
            "Bearer 0123456789abcdef0",
            "Bearer",
            "Bearer ",
            "0123456789abcdef",
            "Basic 0123456789abcdef",
        ] {
            assert!(!opens(Some(wrong)), "{wrong}");
        }
        assert!(!opens(None));
    }

    #[test]
    fn a_short_token_is_refused_and_none_is_shown() {
        let error = token("hunter2\n").unwrap_err().to_string();
        assert!(error.contains("fewer than 16") && !error.contains("hunter2"), "{error}");
        assert!(matches!(token(""), Err(AdminTokenError::TooShort(_))));
        let missing = AdminToken::load(Path::new("/nowhere/token")).unwrap_err().to_string();
        assert!(missing.contains("/nowhere/token"), "{missing}");
        assert_eq!(format!("{:?}", token("0123456789abcdef").unwrap()), "AdminToken");
    }

    #[test]
    fn the_mark_is_asked_for_by_prefix() {
        let (mut extensions, token) = (http::Extensions::new(), AdminToken(B256::ZERO));
        assert_eq!(check("eth_chainId", Some(&token), &extensions), Ok(()));
        assert_eq!(check("admin_x", Some(&token), &extensions), Err(RpcError::Unauthorized));
        // No such method is registered then.
        assert_eq!(check("admin_x", None, &extensions), Ok(()));
        extensions.insert(IsAdmin);
        assert_eq!(check("admin_x", Some(&token), &extensions), Ok(()));
    }
}
