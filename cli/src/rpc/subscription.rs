//! What a node tells by itself, over WebSocket.

use std::time::Duration;

use jsonrpsee::core::client::{Subscription as Stream, SubscriptionClientT};
use jsonrpsee::core::params::ArrayParams;
use jsonrpsee::ws_client::{PingConfig, WsClient, WsClientBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{CONNECT_TIMEOUT, Rpc, RpcError};

/// How often a silent connection is tried.
const PING: Duration = Duration::from_secs(20);

/// Messages of a subscription, as they come.
#[derive(Debug)]
pub struct Subscription<T> {
    url: String,
    messages: Stream<T>,
    // The connection ends with it.
    _client: WsClient,
}

impl Rpc {
    /// Subscribes to what concerns `filter`, on the same address as the requests.
    ///
    /// # Errors
    /// [`RpcError`].
    pub async fn subscribe<T: DeserializeOwned + Send + 'static>(
        &self,
        method: &str,
        filter: &impl Serialize,
        unsubscribe: &str,
    ) -> Result<Subscription<T>, RpcError> {
        // http:// becomes ws://, https:// wss://.
        let url = format!("ws{}", self.url.strip_prefix("http").unwrap_or(&self.url));
        let failed = |error| RpcError::from_client(&url, method, error);
        let client = WsClientBuilder::default()
            .connection_timeout(CONNECT_TIMEOUT)
            .enable_ws_ping(PingConfig::new().ping_interval(PING))
            .build(&url)
            .await
            .map_err(failed)?;
        let mut params = ArrayParams::new();
        params.insert(filter).map_err(|error| RpcError::BadResponse {
            url: url.clone(),
            why: format!("a parameter cannot be written: {error}"),
        })?;
        let messages = client.subscribe(method, params, unsubscribe).await.map_err(failed)?;
        Ok(Subscription { url, messages, _client: client })
    }
}

impl<T: DeserializeOwned> Subscription<T> {
    /// The next message.
    ///
    /// # Errors
    /// [`RpcError`] where the connection ends, or a message is not to be understood.
    pub async fn next(&mut self) -> Result<T, RpcError> {
        let bad = |why: String| RpcError::BadResponse { url: self.url.clone(), why };
        match self.messages.next().await {
            Some(Ok(message)) => Ok(message),
            Some(Err(error)) => Err(bad(error.to_string())),
            None => Err(bad("it ended the subscription".to_owned())),
        }
    }
}
