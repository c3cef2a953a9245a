//! A JSON-RPC client that shows what the node said: results as JSON, errors with code, words and data.

use crate::process::LOOK_INTERVAL;
use alloy_primitives::{Address, B256, Bytes, U256};
use jsonrpsee::{
    core::{
        client::{ClientT, Error},
        traits::ToRpcParams,
    },
    http_client::HttpClient,
};
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};
use std::time::{Duration, Instant};

/// How long a test waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// An error that the node answered with.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Refused {
    /// JSON-RPC code.
    pub code: i32,
    /// The words.
    pub message: String,
    /// What came with it.
    pub data: Value,
}

/// Positional parameters: a JSON array.
#[derive(Debug)]
pub struct Params(pub Value);

impl ToRpcParams for Params {
    fn to_rpc_params(self) -> Result<Option<Box<RawValue>>, serde_json::Error> {
        to_raw_value(&self.0).map(Some)
    }
}

/// A client of one node.
#[derive(Debug, Clone)]
pub struct Rpc {
    http: HttpClient,
}

impl Rpc {
    /// A client over HTTP.
    ///
    /// # Panics
    /// If the URL is none.
    pub fn new(url: &str) -> Self {
        let http = HttpClient::builder().request_timeout(PATIENCE).build(url).expect("a URL");
        Self { http }
    }

    /// A call whose answer may be an error; `None` if there was no answer at all.
    pub async fn ask(&self, method: &str, params: Value) -> Option<Result<Value, Refused>> {
        match self.http.request::<Value, _>(method, Params(params)).await {
            Ok(value) => Some(Ok(value)),
            Err(Error::Call(error)) => {
                let data = error.data().and_then(|data| serde_json::from_str(data.get()).ok());
                Some(Err(Refused {
                    code: error.code(),
                    message: error.message().to_owned(),
                    data: data.unwrap_or_default(),
                }))
            }
            Err(_) => None,
        }
    }

    /// The result of a call.
    ///
    /// # Panics
    /// If there is none.
    pub async fn call(&self, method: &str, params: Value) -> Value {
        let answer = self.ask(method, params).await;
        let answer = answer.unwrap_or_else(|| panic!("{method}: no answer"));
        answer.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// The error of a call.
    ///
    /// # Panics
    /// If it has a result.
    pub async fn error(&self, method: &str, params: Value) -> Refused {
        let answer = self.ask(method, params).await;
        let answer = answer.unwrap_or_else(|| panic!("{method}: no answer"));
        answer.err().unwrap_or_else(|| panic!("{method} was served"))
    }

    /// Sends a signed transaction; its hash.
    pub async fn send(&self, raw: &Bytes) -> B256 {
        typed(self.call("eth_sendRawTransaction", json!([raw])).await)
    }

    /// Sends a signed transaction and waits for its receipt.
    pub async fn include(&self, raw: &Bytes) -> Value {
        let hash = self.send(raw).await;
        self.receipt(hash).await
    }

    /// The receipt of a transaction, as soon as there is one.
    pub async fn receipt(&self, hash: B256) -> Value {
        self.until("eth_getTransactionReceipt", json!([hash]), |receipt| !receipt.is_null()).await
    }

    /// Asks until the answer is what is wanted.
    ///
    /// # Panics
    /// If it never is.
    pub async fn until(
        &self,
        method: &str,
        params: Value,
        wanted: impl Fn(&Value) -> bool,
    ) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.call(method, params.clone()).await;
            if wanted(&answer) {
                return answer;
            }
            assert!(Instant::now() < deadline, "{method} {params} still answers {answer}");
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    }

    /// The newest block's number.
    pub async fn height(&self) -> u64 {
        number(&self.call("eth_blockNumber", json!([])).await)
    }

    /// An account's wei in the newest block.
    pub async fn balance(&self, address: Address) -> U256 {
        typed(self.call("eth_getBalance", json!([address, "latest"])).await)
    }

    /// How many transactions of an account the newest block's state counts.
    pub async fn nonce(&self, address: Address) -> u64 {
        number(&self.call("eth_getTransactionCount", json!([address, "latest"])).await)
    }
}

/// A JSON value as what it stands for.
///
/// # Panics
/// If it is something else.
#[track_caller]
pub fn typed<T: serde::de::DeserializeOwned>(value: Value) -> T {
    let shown = value.to_string();
    serde_json::from_value(value).unwrap_or_else(|error| panic!("{error}: {shown}"))
}

/// A quantity.
///
/// # Panics
/// If it is none.
#[track_caller]
pub fn number(value: &Value) -> u64 {
    typed::<U256>(value.clone()).to()
}
