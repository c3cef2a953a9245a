//! The calls that MetaMask makes, in the form in which it makes them.

use crate::support::{BTT, transfer};
use alloy_primitives::B256;
use btt_tests::{
    keys::Key,
    process::Node,
    rpc::{Rpc, number, typed},
};
use serde_json::{Value, json};

fn is_quantity(value: &Value) -> bool {
    let digits = value.as_str().and_then(|text| text.strip_prefix("0x")).unwrap_or_default();
    digits == "0" || (!digits.is_empty() && !digits.starts_with('0'))
}

#[tokio::test]
async fn adding_the_network_and_sending_works_as_metamask_does_it() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    let (from, to) = (Key::dev(0), Key::dev(1).address());
    assert_eq!(rpc.call("eth_chainId", json!([])).await, "0xf1b33");
    assert_eq!(rpc.call("net_version", json!([])).await, "990003");
    assert_eq!(rpc.call("eth_accounts", json!([])).await, json!([]));
    assert_eq!(rpc.call("eth_syncing", json!([])).await, json!(false));
    let block = rpc.call("eth_getBlockByNumber", json!(["latest", false])).await;
    for field in ["number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas", "difficulty"] {
        assert!(is_quantity(&block[field]), "{field}: {}", block[field]);
    }
    let gas_price = rpc.call("eth_gasPrice", json!([])).await;
    assert!(is_quantity(&gas_price));
    assert!(number(&gas_price) >= number(&block["baseFeePerGas"]));
    let code = rpc.call("eth_getCode", json!([to, "latest"])).await;
    assert_eq!(code, "0x");
    assert!(is_quantity(&rpc.call("eth_getBalance", json!([to, "latest"])).await));
    // Its gas screen: five blocks, three percentiles.
    let history = rpc.call("eth_feeHistory", json!(["0x5", "latest", [10, 20, 30]])).await;
    let length = |field: &str| history[field].as_array().map(Vec::len).unwrap_or_default();
    let blocks = length("gasUsedRatio");
    assert_eq!(length("baseFeePerGas"), blocks + 1);
    assert_eq!(length("reward"), blocks);
    assert!(
        history["reward"].as_array().unwrap().iter().all(|row| row.as_array().unwrap().len() == 3)
    );
    assert!(history["baseFeePerGas"].as_array().unwrap().iter().all(is_quantity));
    let request = json!({ "from": from.address(), "to": to, "value": "0xde0b6b3a7640000" });
    assert_eq!(rpc.call("eth_estimateGas", json!([request])).await, "0x5208");
    let nonce = rpc.call("eth_getTransactionCount", json!([from.address(), "pending"])).await;
    assert_eq!(nonce, "0x0");
    let hash: B256 = rpc.send(&transfer(&from, 0, to, BTT)).await;
    let receipt = rpc.receipt(hash).await;
    assert_eq!(receipt["status"], "0x1");
    for field in ["blockNumber", "gasUsed", "cumulativeGasUsed", "effectiveGasPrice", "type"] {
        assert!(is_quantity(&receipt[field]), "{field}: {}", receipt[field]);
    }
    assert_eq!(receipt["contractAddress"], Value::Null);
    let tx = rpc.call("eth_getTransactionByHash", json!([hash])).await;
    for field in ["nonce", "value", "gas", "maxFeePerGas", "maxPriorityFeePerGas", "v", "r", "s"] {
        assert!(is_quantity(&tx[field]), "{field}: {}", tx[field]);
    }
    assert_eq!((&tx["chainId"], &tx["type"]), (&json!("0xf1b33"), &json!("0x2")));
    assert_eq!(typed::<B256>(tx["blockHash"].clone()), typed::<B256>(receipt["blockHash"].clone()));
}

#[tokio::test]
async fn fees_that_are_advised_are_enough_even_if_the_base_fee_rises() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    let base =
        number(&rpc.call("eth_getBlockByNumber", json!(["latest", false])).await["baseFeePerGas"]);
    let tip = number(&rpc.call("eth_maxPriorityFeePerGas", json!([])).await);
    let price = number(&rpc.call("eth_gasPrice", json!([])).await);
    assert!(price >= base, "{price} {base}");
    let request = json!({
        "from": Key::dev(0).address(), "to": Key::dev(1).address(), "value": "0x1",
        "maxFeePerGas": format!("{:#x}", base * 2 + tip), "maxPriorityFeePerGas": format!("{tip:#x}"),
    });
    assert_eq!(rpc.call("eth_estimateGas", json!([request, "pending"])).await, "0x5208");
}
