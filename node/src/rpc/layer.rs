//! The HTTP layer in front of JSON-RPC (rule H.4): `GET /`, `/health` and `/metrics`, and the check of the
//! host name under which a request comes.
//!
//! The layer also marks requests that carry the admin token.
//!
//! The check guards against DNS rebinding: a web page whose name is made to resolve to this machine would
//! else be same-origin with the node.

use super::{
    admin::IsAdmin,
    context::{RpcContext, client_version},
};
use http::{Method, StatusCode, header};
use jsonrpsee::{
    core::BoxError,
    server::{HttpBody, HttpRequest, HttpResponse, ws::is_upgrade_request},
};
use std::{
    net::IpAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

const JSON: &str = "application/json; charset=utf-8";
/// What Prometheus expects of a text exposition.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What the layer answers by itself.
struct Pages {
    context: RpcContext,
    hosts: Hosts,
}

/// Names under which requests may come.
#[derive(Debug, Clone)]
struct Hosts {
    any: bool,
    names: Vec<String>,
}

impl Hosts {
    fn new(names: &[String]) -> Self {
        Self {
            any: names.iter().any(|name| name == "*"),
            names: names.iter().map(|name| name.to_ascii_lowercase()).collect(),
        }
    }

    /// Whether a `Host` header, with or without a port, is allowed. IP addresses are: only names can be
    /// rebound.
    fn allows(&self, host: &str) -> bool {
        if self.any {
            return true;
        }
        if let Some(inner) = host.strip_prefix('[') {
            return inner.split(']').next().is_some_and(|ip| ip.parse::<IpAddr>().is_ok());
        }
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        if name.parse::<IpAddr>().is_ok() {
            return true;
        }
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        name == "localhost" || name.ends_with(".localhost") || self.names.contains(&name)
    }

    fn allows_request<B>(&self, request: &HttpRequest<B>) -> bool {
        let host = request.headers().get(header::HOST).map(|host| host.to_str().unwrap_or("?"));
        // HTTP/2 carries the name in the URI; HTTP/1.0 tools may carry none, and no browser is one.
        let host = host.or_else(|| request.uri().host());
        host.is_none_or(|host| self.allows(host))
    }
}

/// Makes [`Front`].
#[derive(Clone)]
pub(super) struct FrontLayer(Arc<Pages>);

impl FrontLayer {
    pub(super) fn new(context: RpcContext, hosts: &[String]) -> Self {
        Self(Arc::new(Pages { context, hosts: Hosts::new(hosts) }))
    }
}

impl<S> tower::Layer<S> for FrontLayer {
    type Service = Front<S>;

    fn layer(&self, inner: S) -> Front<S> {
        Front { inner, pages: self.0.clone() }
    }
}

/// Answers what is no JSON-RPC, and passes the rest on.
#[derive(Clone)]
pub(super) struct Front<S> {
    inner: S,
    pages: Arc<Pages>,
}

type Answer = Pin<Box<dyn Future<Output = Result<HttpResponse, BoxError>> + Send>>;

impl<S, B> tower::Service<HttpRequest<B>> for Front<S>
where
    S: tower::Service<HttpRequest<B>, Response = HttpResponse, Error = BoxError, Future = Answer>,
{
    type Response = HttpResponse;
    type Error = BoxError;
    type Future = Answer;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: HttpRequest<B>) -> Answer {
        if !self.pages.hosts.allows_request(&request) {
            let text = "this Host name is not allowed (see --rpc-hosts)";
            return ready(problem(StatusCode::FORBIDDEN, text));
        }
        let token = self.pages.context.admin.as_ref();
        if token.is_some_and(|token| token.is_in(request.headers())) {
            request.extensions_mut().insert(IsAdmin);
        }
        match *request.method() {
            Method::POST => self.inner.call(request),
            Method::GET if is_upgrade_request(&request) => self.inner.call(request),
            Method::GET => ready(self.pages.page(request.uri().path())),
            _ => {
                let text = "POST takes JSON-RPC; GET serves /, /health and /metrics";
                ready(problem(StatusCode::METHOD_NOT_ALLOWED, text))
            }
        }
    }
}

fn ready(response: HttpResponse) -> Answer {
    Box::pin(std::future::ready(Ok(response)))
}

fn respond(status: StatusCode, content_type: &'static str, body: String) -> HttpResponse {
    let mut response = HttpResponse::new(HttpBody::from(body));
    *response.status_mut() = status;
    let content_type = header::HeaderValue::from_static(content_type);
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

fn json(status: StatusCode, value: &serde_json::Value) -> HttpResponse {
    respond(status, JSON, format!("{value:#}\n"))
}

fn problem(status: StatusCode, text: &str) -> HttpResponse {
    json(status, &serde_json::json!({ "error": text }))
}

impl Pages {
    fn page(&self, path: &str) -> HttpResponse {
        match path {
            "/" => json(StatusCode::OK, &self.overview()),
            "/health" => self.health(),
            "/metrics" => respond(StatusCode::OK, METRICS, (self.context.metrics)()),
            _ => problem(StatusCode::NOT_FOUND, "there are /, /health and /metrics"),
        }
    }

    fn overview(&self) -> serde_json::Value {
        let chain = &self.context.chain;
        let head = chain.head();
        serde_json::json!({
            "name": "btt-chain node",
            "version": env!("CARGO_PKG_VERSION"),
            "client": client_version(),
            "chain": chain.spec().name,
            "chainId": chain.config().chain_id,
            "genesisHash": chain.genesis_hash(),
            "height": head.number,
            "hash": head.hash,
            "timestamp": head.header.timestamp,
            "links": {
                "jsonRpc": "POST /",
                "webSocket": "GET / with Upgrade: websocket",
                "methods": "POST / {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rpc.discover\"}",
                "health": "/health",
                "metrics": "/metrics",
            },
        })
    }

    fn health(&self) -> HttpResponse {
        let (health, head) = ((self.context.health)(), self.context.chain.head());
        let status = match health.problem {
            None => StatusCode::OK,
            Some(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        let body = serde_json::json!({
            "status": if health.problem.is_none() { "ok" } else { "failing" },
            "problem": health.problem,
            "height": head.number,
            "timestamp": head.header.timestamp,
            "peers": health.peers,
        });
        json(status, &body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_names_and_addresses_are_allowed_with_any_port() {
        let hosts = Hosts::new(&[]);
        for host in [
            "localhost",
            "localhost:8545",
            "LocalHost:1",
            "node.localhost",
            "127.0.0.1:8545",
            "192.168.1.7",
            "[::1]:8545",
            "[fe80::1]",
        ] {
            assert!(hosts.allows(host), "{host}");
        }
    }

    #[test]
    fn other_names_are_refused_unless_listed() {
        let hosts = Hosts::new(&["Node.example".to_owned()]);
        assert!(hosts.allows("node.example:8545"));
        assert!(hosts.allows("NODE.EXAMPLE."));
        for host in ["evil.example", "localhost.evil.example", "[evil]", "", "127.0.0.1.evil"] {
            assert!(!hosts.allows(host), "{host}");
        }
        assert!(Hosts::new(&["*".to_owned()]).allows("evil.example"));
    }
}
