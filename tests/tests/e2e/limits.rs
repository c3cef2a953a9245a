//! Requests that are too much: each is refused by name, and the chain goes on meanwhile.

use crate::support::{Token, call, deploy_token, transfer};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall as _;
use btt_tests::{
    keys::Key,
    process::{Node, NodeOptions},
    rpc::{PATIENCE, Rpc, number},
};
use reqwest::{Client, StatusCode, header};
use serde_json::{Value, json};
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::{Duration, Instant},
};

/// Posts a body as it is; HTTP status and the JSON that came back.
async fn post(node: &Node, body: impl Into<reqwest::Body>) -> (StatusCode, Value) {
    let request =
        Client::new().post(node.rpc_url()).header(header::CONTENT_TYPE, "application/json");
    let answer = request.body(body).send().await.expect("an answer");
    let status = answer.status();
    let text = answer.text().await.expect("a body");
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// Announces a body and sends none of it: a server that would read it all first does not answer.
fn announce(node: &Node, body_bytes: usize) -> String {
    let mut socket = TcpStream::connect(("127.0.0.1", node.port())).expect("a connection");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let host = "Host: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close";
    write!(socket, "POST / HTTP/1.1\r\n{host}\r\nContent-Length: {body_bytes}\r\n\r\n")
        .expect("the server reads");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("an answer");
    answer
}

#[tokio::test]
async fn requests_above_a_limit_are_refused_by_name() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    let large = announce(&node, 16 * 1024 * 1024 + 1);
    assert!(large.starts_with("HTTP/1.1 413 Payload Too Large"), "{large}");
    assert!(large.contains("too big") && large.contains("16777216"), "{large}");

    let one = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": [] });
    let (_, batch) = post(&node, json!(vec![one.clone(); 1_001]).to_string()).await;
    assert!(batch["error"]["message"].as_str().unwrap().contains("batch"), "{batch}");
    assert!(batch.to_string().contains("1000"), "{batch}");
    let (_, batch) = post(&node, json!(vec![one; 1_000]).to_string()).await;
    assert_eq!(batch.as_array().map(Vec::len), Some(1_000));

    let different: Vec<Address> =
        (0..1_001u64).map(|n| Address::left_padding_from(&n.to_be_bytes())).collect();
    let many = rpc.error("eth_getLogs", json!([{ "address": different }])).await;
    assert_eq!(
        (many.code, many.message.as_str()),
        (-32005, "filter of 1001 addresses, limit 1000")
    );
    let slots: Vec<B256> = (0..1_025u64).map(|n| B256::from(U256::from(n))).collect();
    let proof = rpc.error("eth_getProof", json!([Address::ZERO, slots, "latest"])).await;
    assert_eq!((proof.code, proof.message.as_str()), (-32005, "proof of 1025 slots, limit 1024"));
    let backwards = json!([{ "fromBlock": "0x2", "toBlock": "0x1" }]);
    let range = rpc.error("eth_getLogs", backwards).await;
    assert_eq!((range.code, range.message.contains("invalid block range")), (-32602, true));
}

#[tokio::test]
async fn too_many_logs_are_refused_with_the_range_to_try() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    let owner = Key::dev(0);
    let token = deploy_token(&rpc, &owner, 0).await;
    for nonce in 1..=4 {
        let many = Token::emitManyCall { count: U256::from(5_100) };
        let receipt = rpc.include(&call(&owner, nonce, token, &many)).await;
        assert_eq!(receipt["status"], "0x1", "{}", receipt["gasUsed"]);
    }
    let all = json!([{ "fromBlock": "0x0", "toBlock": "latest" }]);
    let error = rpc.error("eth_getLogs", all).await;
    let wanted = "query exceeds max results 20000, retry with the range 0-4";
    assert_eq!((error.code, error.message.as_str()), (-32005, wanted));
    let some = json!([{ "fromBlock": "0x0", "toBlock": "0x4" }]);
    let logs = rpc.call("eth_getLogs", some).await;
    assert_eq!(logs.as_array().map(Vec::len), Some(1 + 3 * 5_100));
}

#[tokio::test]
async fn what_is_no_request_is_told_what_is_wrong_with_it() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    let unknown = rpc.error("eth_fooBar", json!([])).await;
    assert_eq!(unknown.code, -32601);
    assert!(unknown.message.contains("eth_fooBar"), "{unknown}");
    let short = rpc.error("eth_getBalance", json!(["0x12", "latest"])).await;
    assert_eq!(short.code, -32602);
    let none = rpc.error("eth_getBalance", json!([])).await;
    assert_eq!(
        (none.code, none.message.as_str()),
        (-32602, "invalid params: a parameter is missing")
    );
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"eth_call","params":{}{}}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    // As a parameter where any JSON could stand, too.
    let options = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"debug_traceCall","params":[{{}},"latest",{{"tracer":"callTracer","tracerConfig":{}{}}}]}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    for (body, codes) in [
        (deep, [-32602, -32700]),
        (options, [-32602, -32700]),
        ("{".to_owned(), [-32700, -32700]),
        (String::new(), [-32700, -32600]),
        ("[]".to_owned(), [-32600, -32600]),
        (r#"{"jsonrpc":"2.0","id":1}"#.to_owned(), [-32600, -32600]),
        (r#"{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}"#.to_owned(), [-32600, -32600]),
        ("\u{0}\u{ffff}".to_owned(), [-32700, -32700]),
    ] {
        let shown = body.chars().take(60).collect::<String>();
        let (_, answer) = post(&node, body).await;
        let code = answer["error"]["code"].as_i64().unwrap_or_else(|| panic!("{shown}: {answer}"));
        assert!(codes.contains(&code), "{shown}: {answer}");
        assert!(!answer["error"]["message"].as_str().unwrap().is_empty());
    }
    rpc.include(&transfer(&Key::dev(0), 0, Address::repeat_byte(1), 1)).await;
}

#[tokio::test]
async fn a_call_that_loops_for_ever_ends_in_time_and_blocks_go_on() {
    let node = NodeOptions::default().block_time(100).start();
    let rpc = Rpc::new(node.rpc_url());
    let owner = Key::dev(0);
    let token = deploy_token(&rpc, &owner, 0).await;
    let input = Bytes::from(Token::spinCall {}.abi_encode());
    let request = json!({ "to": token, "input": input, "gas": "0x7fffffffffffffff" });
    let before = (Instant::now(), rpc.height().await);
    // More of them than the machine has processors.
    let calls = (0..8).map(|_| rpc.error("eth_call", json!([request, "latest"])));
    let (errors, blocks) = tokio::join!(futures::future::join_all(calls), async {
        let mut nonce = 1;
        while before.0.elapsed() < Duration::from_secs(3) {
            rpc.include(&transfer(&owner, nonce, Address::repeat_byte(1), 1)).await;
            nonce += 1;
        }
        nonce - 1
    });
    let took = before.0.elapsed();
    assert!(took < Duration::from_secs(12), "{took:?}");
    assert!(blocks >= 5, "only {blocks} transfers in three seconds");
    for error in errors {
        let known = ["out of gas", "execution aborted", "server is busy"];
        assert!(known.iter().any(|words| error.message.contains(words)), "{error}");
    }
    assert!(rpc.height().await > before.1 + 5);
}

#[tokio::test]
async fn gas_and_amounts_beyond_all_bounds_are_no_trouble() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    let from = Key::dev(0).address();
    let to = Address::repeat_byte(1);
    let max = U256::MAX;
    for request in [
        json!({ "from": from, "to": to, "value": max }),
        json!({ "from": from, "to": to, "value": max, "gasPrice": "0xffffffffffffffffffffffffffffffff" }),
        json!({ "from": from, "to": to, "maxFeePerGas": "0xffffffffffffffffffffffffffffffff",
                "maxPriorityFeePerGas": "0xffffffffffffffffffffffffffffffff" }),
        json!({ "from": from, "to": to, "nonce": "0xffffffffffffffff" , "gas": "0xffffffffffffffff" }),
        json!({ "from": from, "input": "0x" , "gas": "0x0" }),
    ] {
        for method in ["eth_call", "eth_estimateGas", "eth_createAccessList", "debug_traceCall"] {
            // An answer or an error; anything but silence or the node's own fault.
            let answer = rpc.ask(method, json!([request, "latest"])).await;
            let answer = answer.unwrap_or_else(|| panic!("{method} {request}: no answer"));
            assert!(
                answer.as_ref().err().is_none_or(|e| e.code != -32603),
                "{method} {request}: {answer:?}"
            );
        }
    }
    let history =
        rpc.call("eth_feeHistory", json!(["0xffffffffffffffff", "latest", [0, 100]])).await;
    assert_eq!(history["oldestBlock"], "0x0");
    for wrong in
        [json!([1, "latest", [90, 10]]), json!([1, "latest", [101]]), json!([1, "latest", [-1]])]
    {
        let error = rpc.error("eth_feeHistory", wrong.clone()).await;
        assert!(error.message.contains("percentile"), "{wrong}: {error}");
    }
    assert_eq!(number(&rpc.call("eth_blockNumber", json!([])).await), 0);
}

#[tokio::test]
async fn the_clock_of_a_dev_chain_does_not_go_where_no_block_could_follow() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    for method in ["evm_increaseTime", "evm_setNextBlockTimestamp"] {
        let error = rpc.error(method, json!(["0xffffffffffffffff"])).await;
        assert_eq!(
            (error.code, error.message.contains("the year 9999")),
            (-32602, true),
            "{error}"
        );
    }
    let error = rpc.error("evm_setNextBlockTimestamp", json!(["0x0"])).await;
    assert!(error.message.contains("not after the newest block's"), "{error}");
    rpc.call("evm_increaseTime", json!([86_400])).await;
    rpc.call("evm_mine", json!([])).await;
    rpc.include(&transfer(&Key::dev(0), 0, Address::repeat_byte(1), 1)).await;
    assert_eq!(rpc.height().await, 2);
}
