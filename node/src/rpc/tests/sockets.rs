//! The server over its socket: pages, guards, batches.

use super::{Fixture, fixture};
use crate::{
    rpc::{Health, RpcConfig, RpcServer, bind, start},
    testing::{pay, stranger},
};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

async fn serve(node: &Fixture) -> RpcServer {
    let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    start(listener, &RpcConfig::default(), node.context.clone()).unwrap()
}

/// Status line and body of one request.
async fn http(server: &RpcServer, request: &str, host: &str, body: &str) -> (String, String) {
    let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
    let length = body.len();
    let text = format!(
        "{request} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Origin: https://wallet.example\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("access-control-allow-origin: *"), "{head}");
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

async fn get(server: &RpcServer, path: &str) -> (String, String) {
    http(server, &format!("GET {path}"), "localhost", "").await
}

async fn post(server: &RpcServer, body: &Value) -> Value {
    let (status, body) = http(server, "POST /", "localhost", &body.to_string()).await;
    assert_eq!(status, "HTTP/1.1 200 OK");
    serde_json::from_str(&body).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_gets_pages_and_a_hint_elsewhere() {
    let mut node = fixture();
    let server = serve(&node).await;
    let (status, body) = get(&server, "/").await;
    let overview: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(status, "HTTP/1.1 200 OK");
    assert_eq!((&overview["chainId"], &overview["height"]), (&json!(990_003), &json!(0)));
    assert_eq!(get(&server, "/metrics").await.1, "btt_x 1\n");
    assert_eq!(get(&server, "/health").await.0, "HTTP/1.1 200 OK");
    assert_eq!(get(&server, "/nothing").await.0, "HTTP/1.1 404 Not Found");
    let put = http(&server, "PUT /", "localhost", "").await.0;
    assert_eq!(put, "HTTP/1.1 405 Method Not Allowed");
    server.stop().await;

    let problem = || Health { problem: Some("disk full".to_owned()), peers: 0 };
    node.context.health = Arc::new(problem);
    let (status, body) = get(&serve(&node).await, "/health").await;
    assert_eq!(status, "HTTP/1.1 503 Service Unavailable");
    assert!(body.contains("disk full"), "{body}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebound_name_reaches_neither_pages_nor_methods() {
    let node = fixture();
    let server = serve(&node).await;
    for request in ["GET /", "POST /"] {
        let (status, body) = http(&server, request, "evil.example", "{}").await;
        assert_eq!(status, "HTTP/1.1 403 Forbidden", "{request}");
        assert!(body.contains("--rpc-hosts"), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_of_raw_transactions_is_answered_in_order() {
    let node = fixture();
    let server = serve(&node).await;
    let (first, second) = (pay(0, 0, stranger(1), 1), pay(0, 1, stranger(1), 1));
    let raw = |id: Value, raw: Value| json!({"jsonrpc": "2.0", "id": id, "method": "eth_sendRawTransaction", "params": [raw]});
    let batch = json!([
        raw(json!(1), json!(first.raw())),
        raw(json!("b"), json!("no hex")),
        raw(json!(3), json!(first.raw())),
        raw(json!(4), json!(second.raw())),
    ]);
    let answers = post(&server, &batch).await;
    assert_eq!(answers[0], json!({"jsonrpc": "2.0", "id": 1, "result": first.hash()}));
    assert_eq!((&answers[1]["id"], &answers[1]["error"]["code"]), (&json!("b"), &json!(-32602)));
    assert_eq!(answers[2]["error"], json!({"code": -32000, "message": "already known"}));
    assert_eq!(answers[3], json!({"jsonrpc": "2.0", "id": 4, "result": second.hash()}));
    assert_eq!(node.mempool.status(), (2, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_served_says_why() {
    let node = fixture();
    let server = serve(&node).await;
    let ask = |method: &str, params: Value| json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let error = post(&server, &ask("evm_revert", json!([]))).await["error"].clone();
    assert_eq!(error["code"], -32601);
    assert!(error["message"].as_str().unwrap().contains("final"), "{error}");
    let error = post(&server, &ask("eth_subscribe", json!(["newHeads"]))).await["error"].clone();
    assert!(error["message"].as_str().unwrap().contains("WebSocket"), "{error}");
    let error = post(&server, &ask("eth_getBalance", json!(["0x12"]))).await["error"].clone();
    assert!(error["message"].as_str().unwrap().starts_with("invalid params: "), "{error}");
    let mixed = json!([ask("eth_chainId", json!([])), ask("eth_nothing", json!([])), 7]);
    let answers = post(&server, &mixed).await;
    assert_eq!(answers[0]["result"], "0xf1b33");
    assert_eq!(answers[1]["error"]["code"], -32601);
    assert_eq!(answers[2]["error"]["code"], -32600);
}

#[tokio::test]
async fn a_port_in_use_is_told_with_the_next_one_to_try() {
    let taken = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = taken.local_addr().unwrap();
    let error = bind(address).await.unwrap_err().to_string();
    let port = address.port();
    let next = port.wrapping_add(1);
    assert_eq!(
        error,
        format!("port {port} is in use by another process; try --port {next} (or 0)")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn admin_methods_answer_only_to_the_token() {
    let node = fixture();
    let server = serve(&node).await;
    let call = |method: &str| json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": []});
    let asked = call("admin_peers").to_string();
    let with = async |token: &str, body: &str| -> Value {
        let headers = format!("localhost\r\nAuthorization: Bearer {token}");
        serde_json::from_str(&http(&server, "POST /", &headers, body).await.1).unwrap()
    };
    let refused = post(&server, &call("admin_peers")).await;
    assert_eq!(refused["error"]["code"], -32001, "{refused}");
    let text = refused["error"]["message"].as_str().unwrap();
    assert!(
        text.contains("Authorization: Bearer") && text.contains("--admin-token-file"),
        "{text}"
    );
    assert_eq!(with("not the token of the tests", &asked).await["error"]["code"], -32001);
    assert_eq!(with(super::TOKEN, &asked).await["result"], json!([]));
    // In a batch, each call by itself; and the token of one connection's request is not another's.
    let batch = json!([call("admin_nodeInfo"), call("eth_chainId")]);
    let answers = post(&server, &batch).await;
    assert_eq!(
        (&answers[0]["error"]["code"], &answers[1]["result"]),
        (&json!(-32001), &json!("0xf1b33"))
    );
    let answers = with(super::TOKEN, &batch.to_string()).await;
    assert_eq!(answers[0]["result"]["chainId"], "0xf1b33", "{answers}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_token_there_are_no_admin_methods_and_the_answer_says_how_to_have_them() {
    let node = super::fixture_with(crate::rpc::RpcLimits::default(), false);
    let server = serve(&node).await;
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "admin_peers", "params": []});
    let headers = format!("localhost\r\nAuthorization: Bearer {}", super::TOKEN);
    let (_, body) = http(&server, "POST /", &headers, &call.to_string()).await;
    let answer: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(answer["error"]["code"], -32601, "{answer}");
    let text = answer["error"]["message"].as_str().unwrap();
    assert!(text.contains("--admin-token-file"), "{text}");
    server.stop().await;
}
