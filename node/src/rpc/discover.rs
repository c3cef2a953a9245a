//! `rpc.discover`: the OpenRPC document.
//!
//! Source: the OpenRPC specification 1.3. The table of methods is kept by hand; a test holds it equal to
//! what is registered.

use super::catalog::{Entry, catalog};
use crate::chain::Chain;
use btt_api::server::DiscoverApiServer;
use jsonrpsee::{Methods, core::RpcResult};
use serde_json::{Value, json, value::RawValue};

/// The version of the OpenRPC specification that the document follows.
const OPENRPC: &str = "1.3.2";

/// Serves the document, made once.
#[derive(Clone)]
pub(super) struct Discover {
    document: Box<RawValue>,
}

impl Discover {
    /// Describes those of the catalogue that are registered (`evm_` is on dev chains only, `admin_` with a token only).
    pub(super) fn new(chain: &Chain, methods: &Methods) -> Self {
        let is_there =
            |entry: &&Entry| entry.name.starts_with("rpc") || methods.method(entry.name).is_some();
        let described: Vec<Value> = catalog().into_iter().filter(is_there).map(describe).collect();
        let title =
            format!("btt-chain node, chain {} ({})", chain.spec().name, chain.config().chain_id);
        Self { document: document(&title, &described) }
    }
}

fn document(title: &str, methods: &[Value]) -> Box<RawValue> {
    let document = json!({
        "openrpc": OPENRPC,
        "info": { "title": title, "version": env!("CARGO_PKG_VERSION") },
        "methods": methods,
    });
    // JSON made here is JSON.
    serde_json::value::to_raw_value(&document).unwrap_or_default()
}

/// A method: `name?: type` stands for an optional parameter.
fn describe(entry: &Entry) -> Value {
    let params = entry.params.iter().map(|param| {
        let (name, kind) = param.split_once(": ").unwrap_or((param, "any"));
        json!({
            "name": name.trim_end_matches('?'),
            "required": !name.ends_with('?'),
            "schema": { "title": kind },
        })
    });
    json!({
        "name": entry.name,
        "summary": entry.summary,
        "params": params.collect::<Vec<_>>(),
        "result": { "name": "result", "schema": { "title": entry.result } },
    })
}

impl DiscoverApiServer for Discover {
    fn discover(&self) -> RpcResult<Box<RawValue>> {
        Ok(self.document.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_the_parts_that_openrpc_wants() {
        let entry = Entry {
            name: "eth_x",
            params: &["address: Address", "block?: BlockId"],
            result: "U256",
            summary: "an x",
        };
        let document = document("t", &[describe(&entry)]);
        let value: Value = serde_json::from_str(document.get()).unwrap();
        let method = &value["methods"][0];
        assert_eq!(method["name"], "eth_x");
        assert_eq!(
            method["params"][0],
            json!({"name": "address", "required": true, "schema": {"title": "Address"}})
        );
        assert_eq!(method["params"][1]["name"], "block");
        assert_eq!(method["params"][1]["required"], false);
        assert_eq!(method["result"]["schema"]["title"], "U256");
    }
}
