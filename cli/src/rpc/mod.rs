//! What the wallet asks a node, typed. Plain `eth_` JSON-RPC over HTTP.

mod error;
mod subscription;

use std::time::Duration;

use alloy_eips::BlockId;
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use alloy_rpc_types_eth::{Block, SyncStatus, Transaction, TransactionReceipt, TransactionRequest};
use jsonrpsee::core::client::ClientT;
use jsonrpsee::core::params::ArrayParams;
use jsonrpsee::http_client::{HeaderMap, HeaderValue, HttpClient, HttpClientBuilder};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub use error::RpcError;
pub use subscription::Subscription;

use crate::error::{CliError, Code};

/// How long one request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// JSON-RPC's code for a method that the server does not have.
const METHOD_NOT_FOUND: i32 = -32601;
/// Largest request, in bytes: the node's own limit (rule A.6).
const MAX_REQUEST_BYTES: u32 = 16 * 1024 * 1024;
/// Largest response, in bytes: the node's own limit, which a large book of the market nearly reaches.
const MAX_RESPONSE_BYTES: u32 = 32 * 1024 * 1024;

/// How the outermost call of a transaction ended.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CallTrace {
    /// Why it failed, in the EVM's words; `None` if it did not.
    pub error: Option<String>,
    /// What it returned, or reverted with.
    pub output: Option<Bytes>,
}

/// A client of one node.
#[derive(Debug, Clone)]
pub struct Rpc {
    url: String,
    client: HttpClient,
}

impl Rpc {
    /// A client of the node at `url`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`] for something that is no http or https URL.
    pub fn new(url: &str) -> Result<Self, CliError> {
        Self::with_headers(url, HeaderMap::new())
    }

    /// A client that shows the node its admin token.
    ///
    /// # Errors
    /// As [`Self::new`], and for a token that no header can carry.
    pub fn with_token(url: &str, token: &str) -> Result<Self, CliError> {
        let mut value = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| {
            CliError::new(Code::InvalidArgument, "the admin token has characters of no token")
        })?;
        value.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert("authorization", value);
        Self::with_headers(url, headers)
    }

    fn with_headers(url: &str, headers: HeaderMap) -> Result<Self, CliError> {
        let refuse = |why: String| {
            CliError::new(Code::InvalidArgument, format!("--rpc '{url}' {why}"))
                .hint("A node's address looks like http://127.0.0.1:8545")
        };
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(refuse("starts with neither http:// nor https://".to_owned()));
        }
        let client = HttpClientBuilder::default()
            .request_timeout(REQUEST_TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .set_headers(headers)
            .max_request_size(MAX_REQUEST_BYTES)
            .max_response_size(MAX_RESPONSE_BYTES)
            .build(url)
            .map_err(|error| refuse(format!("is no URL: {error}")))?;
        Ok(Self { url: url.to_owned(), client })
    }

    /// Where the node is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Any method with any parameters.
    ///
    /// # Errors
    /// [`RpcError`].
    pub async fn request<T: DeserializeOwned>(
        &self,
        method: &str,
        params: Vec<Value>,
    ) -> Result<T, RpcError> {
        let mut array = ArrayParams::new();
        for param in params {
            array.insert(param).map_err(|error| RpcError::BadResponse {
                url: self.url.clone(),
                why: format!("a parameter cannot be written: {error}"),
            })?;
        }
        self.client
            .request(method, array)
            .await
            .map_err(|error| RpcError::from_client(&self.url, method, error))
    }

    /// The chain's id.
    ///
    /// # Errors
    /// [`RpcError`].
    pub async fn chain_id(&self) -> Result<u64, RpcError> {
        self.quantity("eth_chainId", vec![]).await
    }

    /// Wei that `address` owns at `block`.
    ///
    /// # Errors
    /// [`RpcError`].
    pub async fn balance(&self, address: Address, block: BlockId) -> Result<U256, RpcError> {
        self.request("eth_getBalance", vec![json!(address), json!(block)]).await
    }

    /// The next nonce of `address`, counting its waiting transactions.
    ///
    /// # Errors
    /// [`RpcError`].
    pub async fn next_nonce(&self, address: Address) -> Result<u64, RpcError> {
        let params = vec![json!(address), json!(BlockId::pending())];
        self.quantity("eth_getTransactionCount", params).await
    }

    /// The code at `address`.
    ///
    /// # Errors
    /// [`RpcError`].
    pub async fn code(&self, address: Address) -> Result<Bytes, RpcError> {
        self.request("eth_getCode", vec![json!(address), json!(BlockId::latest())]).await
    }

    /// A block with its transactions' hashes.
    ///
    /// # Errors
    /// [`RpcError`].
    pub async fn block(&self, block: BlockId) -> Result<Option<Block>, RpcError> {
        let (method, which) = match block {
            BlockId::Hash(hash) => ("eth_getBlockByHash", json!(hash.block_hash)),
            BlockId::Number(number) => ("eth_getBlockByNumber", json!(number)),
        };
        self.request(method, vec![which, json!(false)]).await
    }

    /// The block, which must be there.
    ///
    /// # Errors
    /// [`RpcError`], also where the node has no such block.
    pub async fn known_block(&self, block: BlockId) -> Result<Block, RpcError> {
        self.block(block).await?.ok_or_else(|| RpcError::BadResponse {
            url: self.url.clone(),
            why: "it has no such block".to_owned(),
        })
    }

    /// A transaction, final or waiting.
    ///
    /// # Errors
    /// [`RpcError`].
    pub async fn transaction(&self, hash: B256) -> Result<Option<Transaction>, RpcError> {
        self.request("eth_getTransactionByHash", vec![json!(hash)]).await
    }

    /// The receipt of an included transaction.
    ///
    /// # Errors
    /// [`RpcError`].
    pub async fn receipt(&self, hash: B256) -> Result<Option<TransactionReceipt>, RpcError> {
        self.request("eth_getTransactionReceipt", vec![json!(hash)]).await
    }

    /// What a call would return.
    ///
    /// # Errors
    /// [`RpcError::Refused`] with the revert data where it reverts.
    pub async fn call(&self, call: &TransactionRequest, block: BlockId) -> Result<Bytes, RpcError> {
        self.request("eth_call", vec![json!(call), json!(block)]).await
    }

    /// What the node's replay of an included transaction says of its outermost call.
    ///
    /// # Errors
    /// [`RpcError`], also where the node serves no traces, or has forgotten the state before the block.
    pub async fn trace(&self, hash: B256) -> Result<CallTrace, RpcError> {
        let tracer = json!({ "tracer": "callTracer", "tracerConfig": { "onlyTopCall": true } });
        self.request("debug_traceTransaction", vec![json!(hash), tracer]).await
    }

    /// Gas that a transaction would need.
    ///
    /// # Errors
    /// [`RpcError::Refused`] with the revert data where it reverts.
    pub async fn estimate_gas(&self, call: &TransactionRequest) -> Result<u64, RpcError> {
        self.quantity("eth_estimateGas", vec![json!(call)]).await
    }

    /// The tip the node advises, in wei per gas.
    ///
    /// # Errors
    /// [`RpcError`].
    pub async fn advised_tip(&self) -> Result<u128, RpcError> {
        let tip: U256 = self.request("eth_maxPriorityFeePerGas", vec![]).await?;
        Ok(tip.saturating_to())
    }

    /// Submits a signed transaction; returns its hash.
    ///
    /// # Errors
    /// [`RpcError::Refused`] with the pool's reason.
    pub async fn send_raw(&self, raw: &[u8]) -> Result<B256, RpcError> {
        self.request("eth_sendRawTransaction", vec![json!(Bytes::copy_from_slice(raw))]).await
    }

    /// What the node calls itself.
    ///
    /// # Errors
    /// [`RpcError`].
    pub async fn client_version(&self) -> Result<String, RpcError> {
        self.request("web3_clientVersion", vec![]).await
    }

    /// How many peers the node has; `None` where it does not serve the question.
    ///
    /// # Errors
    /// [`RpcError`].
    pub async fn peer_count(&self) -> Result<Option<u64>, RpcError> {
        match self.quantity("net_peerCount", vec![]).await {
            Err(RpcError::Refused { code: METHOD_NOT_FOUND, .. }) => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// Whether the node is still catching up.
    ///
    /// # Errors
    /// [`RpcError`].
    pub async fn is_syncing(&self) -> Result<bool, RpcError> {
        let status: SyncStatus = self.request("eth_syncing", vec![]).await?;
        Ok(matches!(status, SyncStatus::Info(_)))
    }

    async fn quantity(&self, method: &str, params: Vec<Value>) -> Result<u64, RpcError> {
        let number: U64 = self.request(method, params).await?;
        Ok(number.to())
    }
}
