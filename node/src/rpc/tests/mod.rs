//! The server on a real chain in a temporary folder.

mod channel;
mod channel_builders;
mod consensus;
mod market;
mod methods;
mod native;
mod sockets;

use super::{AdminToken, Health, RpcContext, RpcLimits, context::Rpc, dev::DevControl, server};
use crate::{
    chain::Chain,
    mempool::{Mempool, PoolLimits},
    storage::History,
    testing::dev_chain,
};
use futures::future::BoxFuture;
use jsonrpsee::Methods;
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;

struct NoControl;

impl DevControl for NoControl {
    fn mine(&self, _: u64) -> BoxFuture<'_, eyre::Result<()>> {
        Box::pin(async { Ok(()) })
    }
    fn increase_time(&self, secs: u64) -> Result<u64, String> {
        Ok(secs)
    }
    fn set_next_block_timestamp(&self, _: u64) -> Result<(), String> {
        Err("timestamp is not after the newest block's".to_owned())
    }
}

/// The admin token of a dev fixture.
const TOKEN: &str = "a token of the tests";

fn token() -> AdminToken {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("token"), TOKEN).unwrap();
    AdminToken::load(&folder.path().join("token")).unwrap()
}

struct Fixture {
    _folder: TempDir,
    chain: Arc<Chain>,
    mempool: Arc<Mempool>,
    context: RpcContext,
    methods: Methods,
}

fn fixture_with(limits: RpcLimits, is_dev: bool) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let chain = Arc::new(dev_chain(folder.path(), History::Archive));
    let mempool = Arc::new(Mempool::new(chain.clone(), PoolLimits::default()));
    let context = RpcContext {
        chain: chain.clone(),
        mempool: mempool.clone(),
        dev: is_dev.then(|| Arc::new(NoControl) as _),
        consensus: None,
        network: None,
        admin: is_dev.then(token),
        tower: None,
        metrics: Arc::new(|| "btt_x 1\n".to_owned()),
        health: Arc::new(Health::default),
    };
    let methods = server::methods(&Rpc::new(context.clone(), limits)).unwrap();
    Fixture { _folder: folder, chain, mempool, context, methods }
}

fn fixture() -> Fixture {
    fixture_with(RpcLimits::default(), true)
}

impl Fixture {
    async fn response(&self, method: &str, params: Value) -> Value {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer = self.methods.raw_json_request(&request.to_string(), 1).await.unwrap().0;
        serde_json::from_str(answer.get()).unwrap()
    }

    async fn ask(&self, method: &str, params: Value) -> Value {
        let response = self.response(method, params).await;
        assert!(response["error"].is_null(), "{method}: {response}");
        response["result"].clone()
    }

    async fn error(&self, method: &str, params: Value) -> (i64, String) {
        let error = self.response(method, params).await["error"].clone();
        (error["code"].as_i64().unwrap(), error["message"].as_str().unwrap().to_owned())
    }
}
