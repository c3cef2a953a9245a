//! Around every call: batches of raw transactions as one, and errors that say what is wrong.

use super::{
    admin,
    context::Rpc,
    errors::{INTERNAL, INVALID_PARAMS, METHOD_NOT_FOUND, RpcError},
    refused,
};
use alloy_primitives::{B256, Bytes};
use jsonrpsee::{
    BatchResponseBuilder, MethodResponse, ResponsePayload,
    core::middleware::{Batch, BatchEntry, Notification, RpcServiceT},
    types::{ErrorObject, ErrorObjectOwned, Id, Request},
};
use metrics::Counter;
use serde::Deserialize;

/// The method whose batches go their own way.
const SEND_RAW: &str = "eth_sendRawTransaction";
/// A batch lets others run after so many calls.
const CALLS_PER_YIELD: usize = 32;

/// Counts what is served; described in the node's table of metrics.
#[derive(Clone)]
struct Counters {
    calls: Counter,
    errors: Counter,
    raw_batches: Counter,
}

/// The layer that makes [`Calls`].
#[derive(Clone)]
pub(super) struct CallsLayer {
    rpc: Rpc,
    counters: Counters,
}

impl CallsLayer {
    pub(super) fn new(rpc: Rpc) -> Self {
        let counters = Counters {
            calls: metrics::counter!("btt_rpc_calls_total"),
            errors: metrics::counter!("btt_rpc_errors_total"),
            raw_batches: metrics::counter!("btt_rpc_raw_batches_total"),
        };
        Self { rpc, counters }
    }
}

impl<S> tower::Layer<S> for CallsLayer {
    type Service = Calls<S>;

    fn layer(&self, inner: S) -> Calls<S> {
        Calls { inner, layer: self.clone() }
    }
}

/// Around jsonrpsee's own service.
#[derive(Clone)]
pub(super) struct Calls<S> {
    inner: S,
    layer: CallsLayer,
}

impl<S> RpcServiceT for Calls<S>
where
    S: RpcServiceT<
            MethodResponse = MethodResponse,
            BatchResponse = MethodResponse,
            NotificationResponse = MethodResponse,
        > + Clone
        + Send
        + Sync
        + 'static,
{
    type MethodResponse = MethodResponse;
    type NotificationResponse = MethodResponse;
    type BatchResponse = MethodResponse;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let (id, method) = (request.id.clone(), request.method.clone());
        let token = self.layer.rpc.context.admin.as_ref();
        let allowed = admin::check(&method, token, request.extensions());
        let response = allowed.map(|()| self.inner.call(request));
        let counters = self.layer.counters.clone();
        async move {
            let response = match response {
                Ok(response) => response.await,
                Err(error) => MethodResponse::error(id.clone(), ErrorObjectOwned::from(error)),
            };
            counters.calls.increment(1);
            if !response.is_error() {
                return response;
            }
            counters.errors.increment(1);
            // A refused subscription has been answered already; another answer must not be made of it.
            if response.is_subscription() {
                return response;
            }
            explained(response, id, &method)
        }
    }

    fn batch<'a>(&self, batch: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let this = self.clone();
        async move {
            if is_all_raw(&batch) { this.raw_batch(batch).await } else { this.calls(batch).await }
        }
    }

    fn notification<'a>(
        &self,
        notification: Notification<'a>,
    ) -> impl Future<Output = MethodResponse> + Send + 'a {
        self.inner.notification(notification)
    }
}

impl<S> Calls<S>
where
    Self: RpcServiceT<MethodResponse = MethodResponse, NotificationResponse = MethodResponse>,
{
    fn builder(&self) -> BatchResponseBuilder {
        let bytes = self.layer.rpc.limits.response_bytes;
        BatchResponseBuilder::new_with_limit(usize::try_from(bytes).unwrap_or(usize::MAX))
    }

    /// One call after the other.
    async fn calls(&self, batch: Batch<'_>) -> MethodResponse {
        let mut responses = self.builder();
        let mut has_notification = false;
        for (index, entry) in batch.into_iter().enumerate() {
            let response = match entry {
                Ok(BatchEntry::Call(request)) => self.call(request).await,
                Ok(BatchEntry::Notification(notification)) => {
                    has_notification = true;
                    self.notification(notification).await;
                    continue;
                }
                Err(error) => {
                    let (error, id) = error.into_parts();
                    MethodResponse::error(id, error)
                }
            };
            if let Err(too_large) = responses.append(response) {
                return too_large;
            }
            if index % CALLS_PER_YIELD == CALLS_PER_YIELD - 1 {
                tokio::task::yield_now().await;
            }
        }
        if responses.is_empty() && has_notification {
            return MethodResponse::notification();
        }
        MethodResponse::from_batch(responses.finish())
    }

    /// All transactions at once to the mempool, from one thread that may block.
    async fn raw_batch(&self, batch: Batch<'_>) -> MethodResponse {
        let mut ids = Vec::with_capacity(batch.len());
        let mut raws = Vec::with_capacity(batch.len());
        // A transaction that is no hex has its error here; its place in `raws` is left out.
        let mut errors = Vec::new();
        for entry in batch.into_iter().flatten() {
            let BatchEntry::Call(request) = entry else { continue };
            match raw_of(&request) {
                Ok(raw) => raws.push(raw),
                Err(error) => errors.push((ids.len(), error)),
            }
            ids.push(request.id);
        }
        self.layer.counters.raw_batches.increment(1);
        self.layer.counters.calls.increment(ids.len() as u64);
        let mempool = self.layer.rpc.context.mempool.clone();
        let Ok(results) = tokio::task::spawn_blocking(move || mempool.submit_batch(raws)).await
        else {
            let error = RpcError::Internal("the mempool died".to_owned());
            return MethodResponse::error(Id::Null, ErrorObjectOwned::from(error));
        };
        let mut results = results.into_iter();
        let mut errors = errors.into_iter().peekable();
        let mut responses = self.builder();
        for (index, id) in ids.into_iter().enumerate() {
            let result = match errors.next_if(|(at, _)| *at == index) {
                Some((_, error)) => Err(error),
                None => match results.next() {
                    Some(result) => result.map_err(|error| RpcError::from(error).into()),
                    None => Err(RpcError::Internal("a result is missing".to_owned()).into()),
                },
            };
            if let Err(too_large) = responses.append(self.response(id, result)) {
                return too_large;
            }
        }
        MethodResponse::from_batch(responses.finish())
    }

    fn response(&self, id: Id<'_>, result: Result<B256, ErrorObjectOwned>) -> MethodResponse {
        match result {
            Ok(hash) => MethodResponse::response(id, ResponsePayload::success(hash), usize::MAX),
            Err(error) => {
                self.layer.counters.errors.increment(1);
                MethodResponse::error(id, error)
            }
        }
    }
}

fn is_all_raw(batch: &Batch<'_>) -> bool {
    let mut entries = batch.iter();
    !batch.is_empty()
        && entries.all(
            |entry| matches!(entry, Ok(BatchEntry::Call(request)) if request.method == SEND_RAW),
        )
}

/// The one parameter of `eth_sendRawTransaction`.
fn raw_of(request: &Request<'_>) -> Result<Bytes, ErrorObjectOwned> {
    let missing = || RpcError::InvalidParams("the signed transaction is missing".to_owned());
    let params = request.params.as_ref().ok_or_else(missing)?;
    let raw: Result<(Bytes,), _> = serde_json::from_str(params.get());
    Ok(raw.map_err(|error| RpcError::InvalidParams(error.to_string()))?.0)
}

#[derive(Deserialize)]
struct Failed<'r> {
    #[serde(borrow)]
    error: ErrorObject<'r>,
}

/// jsonrpsee's own errors, told so that the caller sees what is wrong without looking into `data`.
fn explained(response: MethodResponse, id: Id<'_>, method: &str) -> MethodResponse {
    match response.as_error_code() {
        // jsonrpsee's answer to a subscription over HTTP.
        Some(INTERNAL) if refused::is_subscription(method) => {
            let error = ErrorObject::owned(METHOD_NOT_FOUND, refused::why(method), None::<()>);
            MethodResponse::error(id, error)
        }
        Some(METHOD_NOT_FOUND) => {
            let error = ErrorObject::owned(METHOD_NOT_FOUND, refused::why(method), None::<()>);
            MethodResponse::error(id, error)
        }
        Some(INVALID_PARAMS) => {
            let detail = serde_json::from_str::<Failed<'_>>(response.as_json().get())
                .ok()
                .and_then(|failed| serde_json::from_str::<String>(failed.error.data()?.get()).ok());
            match detail {
                Some(detail) => {
                    let detail = match detail.as_str() {
                        "No more params" => "a parameter is missing".to_owned(),
                        _ => detail,
                    };
                    let text = format!("invalid params: {detail}");
                    MethodResponse::error(id, ErrorObject::owned(INVALID_PARAMS, text, None::<()>))
                }
                None => response,
            }
        }
        _ => response,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonrpsee::core::middleware::BatchEntryErr;

    fn request<'a>(method: &'a str, params: &'a str) -> Request<'a> {
        let params = serde_json::from_str::<&serde_json::value::RawValue>(params).unwrap();
        Request::borrowed(method, Some(params), Id::Number(1))
    }

    #[test]
    fn only_batches_of_nothing_but_raw_transactions_go_their_own_way() {
        let raw = || Ok(BatchEntry::Call(request(SEND_RAW, r#"["0x01"]"#)));
        let other = Ok(BatchEntry::Call(request("eth_chainId", "[]")));
        let broken = Err(BatchEntryErr::new(Id::Null, ErrorObject::borrowed(-32600, "", None)));
        assert!(is_all_raw(&Batch::from(vec![raw(), raw()])));
        assert!(!is_all_raw(&Batch::from(vec![raw(), other])));
        assert!(!is_all_raw(&Batch::from(vec![raw(), broken])));
        assert!(!is_all_raw(&Batch::from(vec![])));
    }

    #[test]
    fn the_parameter_is_one_hex_string() {
        assert_eq!(raw_of(&request(SEND_RAW, r#"["0x0102"]"#)), Ok(vec![1, 2].into()));
        for wrong in ["[]", "[1]", r#"["0x1"]"#, r#"["0x01","0x02"]"#, r#"{"a":1}"#] {
            assert_eq!(raw_of(&request(SEND_RAW, wrong)).unwrap_err().code(), -32602, "{wrong}");
        }
    }

    #[test]
    fn a_wrong_parameter_is_named_in_the_message() {
        let error =
            ErrorObject::owned(-32602, "Invalid params", Some("expected 20 bytes".to_owned()));
        let response = MethodResponse::error(Id::Number(3), error);
        let told = explained(response, Id::Number(3), "eth_getBalance");
        assert_eq!(
            told.as_json().get(),
            r#"{"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid params: expected 20 bytes"}}"#
        );
    }

    #[test]
    fn an_unknown_method_is_named_in_the_message() {
        let error = ErrorObject::owned(-32601, "Method not found", None::<()>);
        let response = MethodResponse::error(Id::Number(3), error);
        let told = explained(response, Id::Number(3), "evm_snapshot");
        assert_eq!(told.as_error_code(), Some(-32601));
        assert!(told.as_json().get().contains("evm_snapshot is not available"));
    }
}
