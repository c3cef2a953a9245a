//! Sending against a node that answers exactly what a test wants.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use alloy_primitives::{Address, U256, keccak256};
use alloy_sol_types::SolError as _;
use btt_api::keystore::SecretKey;
use btt_cli::args::Global;
use btt_cli::context::Context;
use btt_cli::error::{CliError, Code};
use btt_cli::keys::KeySource;
use btt_cli::output::Output;
use btt_cli::sending::{Intent, Manner, SentReport, submit};
use btt_runtime::modules::market::IMarket;
use jsonrpsee::RpcModule;
use jsonrpsee::server::{Server, ServerHandle};
use jsonrpsee::types::ErrorObjectOwned;
use serde_json::{Value, json};

const KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const ONE_BTT: u64 = 1_000_000_000_000_000_000;

/// The state of the made-up node.
#[derive(Debug, Clone, Default)]
struct Fake {
    balance: u128,
    /// The transaction is in this block as soon as it is sent.
    included_in: Option<u64>,
    /// The last final block; rises by one a look.
    finalized: u64,
    reverts: bool,
    /// Gas the receipt says; the limit is 21,000.
    gas_used: u64,
    estimate_reverts: bool,
    /// What the replay of the transaction says; without it the node serves no traces.
    trace: Option<Value>,
    /// Every method that was asked, in order.
    asked: Vec<String>,
    sent: Vec<String>,
}

type Shared = Arc<Mutex<Fake>>;

fn block(number: u64) -> Value {
    let zero = format!("0x{}", "00".repeat(32));
    json!({
        "hash": zero, "parentHash": zero, "sha3Uncles": zero, "miner": Address::ZERO,
        "stateRoot": zero, "transactionsRoot": zero, "receiptsRoot": zero,
        "logsBloom": format!("0x{}", "00".repeat(256)), "difficulty": "0x0",
        "number": format!("0x{number:x}"), "gasLimit": "0x3938700", "gasUsed": "0x0",
        "timestamp": "0x1", "extraData": "0x", "mixHash": zero, "nonce": "0x0000000000000000",
        "baseFeePerGas": "0x3b9aca00", "uncles": [], "transactions": [],
    })
}

fn receipt(hash: &str, number: u64, success: bool, gas_used: u64) -> Value {
    json!({
        "type": "0x2", "status": if success { "0x1" } else { "0x0" },
        "cumulativeGasUsed": "0x5208", "logs": [], "logsBloom": format!("0x{}", "00".repeat(256)),
        "transactionHash": hash, "transactionIndex": "0x0",
        "blockHash": format!("0x{}", "00".repeat(32)), "blockNumber": format!("0x{number:x}"),
        "gasUsed": format!("0x{gas_used:x}"), "effectiveGasPrice": "0x3b9aca00",
        "from": Address::ZERO, "to": Address::ZERO, "contractAddress": null,
    })
}

fn answer(fake: &mut Fake, method: &str, params: &[Value]) -> Result<Value, ErrorObjectOwned> {
    fake.asked.push(method.to_owned());
    // revert("nope")
    let nope = "0x08c379a0\
        0000000000000000000000000000000000000000000000000000000000000020\
        0000000000000000000000000000000000000000000000000000000000000004\
        6e6f706500000000000000000000000000000000000000000000000000000000";
    let reverted = || ErrorObjectOwned::owned(3, "execution reverted: nope", Some(nope));
    Ok(match method {
        "eth_chainId" => json!("0xf1b33"),
        "eth_getTransactionCount" => json!("0x0"),
        "eth_getBalance" => json!(format!("0x{:x}", fake.balance)),
        "eth_maxPriorityFeePerGas" => json!("0x0"),
        "eth_estimateGas" if fake.estimate_reverts => return Err(reverted()),
        "eth_estimateGas" => json!("0x5208"),
        "eth_call" => return Err(reverted()),
        "debug_traceTransaction" => match &fake.trace {
            Some(trace) => trace.clone(),
            None => return Err(ErrorObjectOwned::owned(-32601, "Method not found", None::<()>)),
        },
        "eth_getBlockByNumber" if params[0] == "finalized" => {
            fake.finalized += 1;
            block(fake.finalized)
        }
        "eth_getBlockByNumber" => block(1000),
        "eth_sendRawTransaction" => {
            let raw = params[0].as_str().unwrap().to_owned();
            let hash = keccak256(alloy_primitives::hex::decode(&raw).unwrap()).to_string();
            fake.sent.push(hash.clone());
            json!(hash)
        }
        "eth_getTransactionReceipt" => match fake.included_in {
            Some(number) => {
                receipt(params[0].as_str().unwrap(), number, !fake.reverts, fake.gas_used)
            }
            None => Value::Null,
        },
        "eth_getTransactionByHash" => Value::Null,
        other => panic!("the wallet asks for {other}"),
    })
}

async fn start(fake: Fake) -> (Shared, SocketAddr, ServerHandle) {
    let shared = Arc::new(Mutex::new(fake));
    let mut module = RpcModule::new(shared.clone());
    for method in [
        "eth_chainId",
        "eth_getTransactionCount",
        "eth_getBalance",
        "eth_maxPriorityFeePerGas",
        "eth_estimateGas",
        "eth_call",
        "debug_traceTransaction",
        "eth_getBlockByNumber",
        "eth_sendRawTransaction",
        "eth_getTransactionReceipt",
        "eth_getTransactionByHash",
    ] {
        module
            .register_method(method, move |params, shared: &Shared, _| {
                let params: Vec<Value> = params.parse().unwrap_or_default();
                answer(&mut shared.lock().unwrap(), method, &params)
            })
            .unwrap();
    }
    let server = Server::builder().build("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().unwrap();
    (shared, address, server.start(module))
}

/// Sends one BTT to an account of ones.
async fn send(fake: Fake, yes: bool, patience_ms: u64) -> (Result<SentReport, CliError>, Fake) {
    let (shared, address, _server) = start(fake).await;
    let global = Global {
        rpc: format!("http://{address}"),
        key: None,
        password_file: None,
        keystore: Some("does/not/exist".into()),
        json: false,
        quiet: true,
    };
    let context = Context::new(global, Output::new(false, true)).unwrap();
    let source = KeySource::Plain(SecretKey::from_hex(KEY).unwrap());
    let intent = Intent::transfer(Address::repeat_byte(1), U256::from(ONE_BTT));
    let manner = Manner { yes, wait: Some(Duration::from_millis(patience_ms)) };
    let sent = submit(&context, &context.rpc().unwrap(), &source, intent, manner).await;
    let fake = shared.lock().unwrap().clone();
    (sent, fake)
}

fn rich() -> Fake {
    Fake { balance: 10 * u128::from(ONE_BTT), gas_used: 20_000, ..Fake::default() }
}

#[tokio::test]
async fn a_transfer_is_done_when_its_block_is_final_and_not_before() {
    let (sent, fake) =
        send(Fake { included_in: Some(4), finalized: 1, ..rich() }, true, 20_000).await;
    let sent = sent.unwrap();
    assert_eq!((sent.status, sent.block_number), ("success", Some(4)));
    assert_eq!(fake.finalized, 4, "it must look until block 4 is final, and no longer");
    assert_eq!(fake.sent, [sent.transaction_hash.to_string()]);
}

#[tokio::test]
async fn an_included_transaction_that_is_not_final_in_time_is_an_error_with_its_hash() {
    let (sent, fake) = send(Fake { included_in: Some(1_000_000), ..rich() }, true, 200).await;
    let error = sent.unwrap_err();
    assert_eq!(error.code, Code::NotFinal);
    assert!(error.message.contains(&fake.sent[0]), "{error}");
}

#[tokio::test]
async fn a_transaction_that_the_node_lost_is_called_lost() {
    let (sent, _) = send(rich(), true, 100).await;
    let error = sent.unwrap_err();
    assert!(error.message.ends_with("the node no longer has it"), "{error}");
}

#[tokio::test]
async fn a_reverted_transaction_shows_its_reason() {
    let reverted = Fake { included_in: Some(2), finalized: 5, reverts: true, ..rich() };
    let (sent, _) = send(reverted.clone(), true, 20_000).await;
    let sent = sent.unwrap();
    assert_eq!((sent.status, sent.revert_reason.as_deref()), ("reverted", Some("nope")));
    assert_eq!(sent.check_success().unwrap_err().code, Code::Reverted);
    // On the state before its block it would revert as well, but for another reason.
    let error = IMarket::BadLastEpoch { toEpoch: 2, first: 3, last: 10_082 };
    let output = alloy_primitives::hex::encode_prefixed(error.abi_encode());
    let trace = json!({ "error": "execution reverted", "output": output });
    let (sent, _) = send(Fake { trace: Some(trace), ..reverted.clone() }, true, 20_000).await;
    let reason = sent.unwrap().revert_reason;
    assert_eq!(reason.as_deref(), Some("the last epoch 2 is not between 3 and 10082"));
    let (sent, _) = send(Fake { gas_used: 21_000, ..reverted }, true, 20_000).await;
    assert_eq!(sent.unwrap().revert_reason.as_deref(), Some("out of gas (limit 21000)"));
}

#[tokio::test]
async fn a_call_that_would_revert_is_not_sent() {
    let (sent, fake) = send(Fake { estimate_reverts: true, ..rich() }, true, 100).await;
    assert_eq!(sent.unwrap_err(), CliError::new(Code::Reverted, "execution reverted: nope"));
    assert_eq!(fake.sent, [""; 0]);
}

#[tokio::test]
async fn without_enough_for_amount_and_fee_nothing_is_signed_or_sent() {
    for balance in [0, u128::from(ONE_BTT), u128::from(ONE_BTT) + 41_999_999_999_999] {
        let (sent, fake) = send(Fake { balance, ..Fake::default() }, true, 100).await;
        assert_eq!(sent.unwrap_err().code, Code::InsufficientFunds);
        assert_eq!(fake.sent, [""; 0]);
    }
}

#[tokio::test]
async fn without_a_terminal_and_without_yes_the_node_is_not_even_asked() {
    // Under cargo's test harness stdin may be a terminal; then the question would be asked for real.
    if btt_cli::keys::prompt::somebody_is_there() {
        println!("skipped: there is a terminal");
        return;
    }
    let (sent, fake) = send(rich(), false, 100).await;
    let error = sent.unwrap_err();
    assert_eq!(error.code, Code::ConfirmationRequired);
    assert_eq!(error.code.exit_status(), 2);
    assert_eq!(fake.asked, [""; 0]);
}
