//! Transactions that `channel_` builds do what they say when they are sent.

use super::{
    Fixture, RpcLimits,
    channel::{opened, signed},
    fixture, fixture_with,
};
use crate::testing::{
    block,
    channels::{BTT, call_channels, channel_to, send_channels, signature_of, voucher_of},
    stranger,
};
use alloy_primitives::{B256, Bytes, U256, keccak256};
use btt_api::types::{
    ChannelVoucher, ConditionalChannelVoucher, PoolChannelVoucher, PreparedTransaction,
};
use btt_genesis::dev_accounts;
use btt_runtime::{
    modules::channels::voucher::{ConditionalVoucher, CoopClose, PoolVoucher},
    primitives::limits::TX_GAS_LIMIT_CAP,
};
use serde_json::{Value, json};

/// Asks for a transaction, holds it to the usual gas of its kind, and includes it.
async fn build(
    node: &Fixture,
    account: usize,
    nonce: u64,
    method: &str,
    request: Value,
) -> PreparedTransaction {
    let prepared = node.ask(method, json!([request])).await;
    let prepared: PreparedTransaction = serde_json::from_value(prepared).unwrap();
    let kind = method.strip_prefix("channel_").unwrap();
    let fee = node.ask("channel_estimateFee", json!([{ "kind": kind }])).await;
    let usual = fee["gas"].as_str().unwrap().trim_start_matches("0x").to_owned();
    let (usual, gas) = (u64::from_str_radix(&usual, 16).unwrap(), prepared.gas.unwrap());
    assert!(gas <= usual && usual < 3 * gas, "{kind} takes {gas} gas, usually {usual}");
    let (value, data) = (prepared.value, prepared.data.clone());
    block(&node.chain, vec![send_channels(account, nonce, value, data)]);
    prepared
}

async fn field(node: &Fixture, id: B256, name: &str) -> Value {
    node.ask("channel_get", json!([id])).await[name].clone()
}

#[tokio::test]
async fn a_channel_lives_by_built_transactions() {
    let node = fixture();
    let [payer, payee] = [0, 1].map(|place| dev_accounts()[place].address);
    let request = json!({ "from": payer, "payee": payee, "depositWei": U256::from(5 * BTT) });
    let id = build(&node, 0, 0, "channel_open", request).await.channel_id.unwrap();
    assert_eq!(field(&node, id, "depositWei").await, json!(U256::from(5 * BTT)));
    assert_eq!(field(&node, id, "graceS").await, json!(86_400));
    let request = json!({ "from": payer, "id": id, "amountWei": BTT.to_string() });
    build(&node, 0, 1, "channel_topUp", request).await;
    build(&node, 2, 0, "channel_settle", signed(id, 0, BTT)).await;
    assert_eq!(field(&node, id, "settledWei").await, json!(U256::from(BTT)));
    build(&node, 0, 2, "channel_requestClose", json!({ "id": id })).await;
    assert_eq!(field(&node, id, "status").await, "closing");
    let early = node.error("channel_withdraw", json!([{ "id": id }])).await;
    assert_eq!(early.0, 3);
    assert!(early.1.starts_with("execution reverted: too early: both the time"), "{}", early.1);
    let mut request = signed(id, 0, 2 * BTT);
    (request["from"], request["id"]) = (json!(payee), json!(id));
    build(&node, 1, 0, "channel_close", request).await;
    assert_eq!(field(&node, id, "status").await, "closed");
    assert_eq!(field(&node, id, "settledWei").await, json!(U256::from(2 * BTT)));
}

#[tokio::test]
async fn both_sides_and_secrets_end_and_pay() {
    let node = fixture();
    let payee = dev_accounts()[1].address;
    block(&node.chain, vec![call_channels(0, 0, 10 * BTT, &channel_to(payee))]);
    let page = node.ask("channel_byPayee", json!([payee])).await;
    let id: B256 = serde_json::from_value(page["channels"][0]["id"].clone()).unwrap();
    let secret = B256::repeat_byte(3);
    let voucher = ConditionalChannelVoucher {
        channel_id: id,
        lane: 0,
        cumulative_amount: BTT,
        hash_lock: keccak256(secret),
        timeout: u64::from(u32::MAX),
    };
    let signature = signature_of(0, &ConditionalVoucher::from(voucher));
    let mut request = json!({ "voucher": voucher, "signature": signature });
    let (code, text) = node.error("channel_settle", json!([request])).await;
    assert_eq!(
        (code, &*text),
        (-32602, "invalid params: a voucher with a condition needs its secret")
    );
    request["secret"] = json!(secret);
    build(&node, 2, 0, "channel_settle", request).await;
    assert_eq!(field(&node, id, "settledWei").await, json!(U256::from(BTT)));

    let remaining: U256 = serde_json::from_value(field(&node, id, "remainingWei").await).unwrap();
    let payee_part = remaining.to::<u128>() - 5;
    let split = CoopClose { channelId: id, settled: BTT, payerPart: 5, payeePart: payee_part };
    let request = json!({
        "split": {
            "channelId": id, "settled": BTT.to_string(), "payerPart": 5,
            "payeePart": payee_part.to_string(),
        },
        "signerSignature": signature_of(0, &split),
        "payeeSignature": signature_of(1, &split),
    });
    build(&node, 2, 1, "channel_coopClose", request).await;
    assert_eq!(field(&node, id, "status").await, "closed");
}

#[tokio::test]
async fn a_pool_pays_several() {
    let node = fixture();
    let payer = dev_accounts()[0].address;
    let request = json!({ "from": payer, "depositWei": (80 * BTT).to_string() });
    let id = build(&node, 0, 0, "channel_poolOpen", request).await.channel_id.unwrap();
    let pool = node.ask("channel_poolGet", json!([id])).await;
    assert_eq!(
        (&pool["kind"], &pool["payee"], &pool["minPayees"]),
        (&json!("pool"), &Value::Null, &json!(8))
    );
    assert_eq!(
        (&pool["collateralWei"], &pool["isFrozen"]),
        (&json!(U256::from(80 * BTT)), &json!(false))
    );
    let voucher = PoolChannelVoucher {
        pool_id: id,
        payee: stranger(1),
        cumulative_amount: 10 * BTT,
        ..Default::default()
    };
    let signature = signature_of(0, &PoolVoucher::from(voucher));
    let signed = json!({ "voucher": voucher, "signature": signature });
    build(&node, 2, 0, "channel_poolSettle", signed.clone()).await;
    let claim = node.ask("channel_poolClaim", json!([id, stranger(1)])).await;
    assert_eq!(claim["settledWei"], json!(U256::from(10 * BTT)));
    let mut greedy = signed;
    greedy["voucher"]["cumulativeAmount"] = json!((11 * BTT).to_string());
    let (code, text) = node.error("channel_poolSettle", json!([greedy])).await;
    assert_eq!(code, 3);
    assert!(text.contains("exceeds the 10000000000000000000 wei that one payee"), "{text}");
    let request = json!({ "from": payer, "id": id, "amountWei": BTT.to_string() });
    build(&node, 0, 1, "channel_poolTopUp", request).await;
    let requested = node.ask("channel_requestClose", json!([{ "id": id }])).await;
    let requested: PreparedTransaction = serde_json::from_value(requested).unwrap();
    block(&node.chain, vec![send_channels(0, 2, U256::ZERO, requested.data)]);
    assert_eq!(field(&node, id, "status").await, "closing");
}

#[tokio::test]
async fn a_batch_holds_what_pays_and_names_what_does_not() {
    let node = fixture();
    let ids = opened(&node, 0, &[1, 2, 3]).await;
    let mut foreign = signed(ids[2], 0, BTT);
    foreign["signature"] = json!(signature_of(1, &voucher_of(ids[2], 0, BTT)));
    let items = json!([
        signed(ids[0], 0, BTT),
        foreign,
        signed(ids[1], 0, 2 * BTT),
        signed(ids[0], 0, BTT),
        signed(ids[0], 1, BTT),
    ]);
    let batch = node.ask("channel_prepareBatch", json!([items])).await;
    assert_eq!(batch["dueWei"], json!(U256::from(4 * BTT)));
    let refused: Vec<(u64, &str)> = batch["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["index"].as_u64().unwrap(), r["reason"].as_str().unwrap()))
        .collect();
    assert_eq!(
        refused,
        [
            (1, "the signature is not of who must sign, or not in its one low-s form"),
            (3, "it claims no more than was paid"),
        ]
    );
    let prepared: Vec<PreparedTransaction> =
        serde_json::from_value(batch["transactions"].clone()).unwrap();
    assert_eq!((prepared.len(), prepared[0].items), (1, Some(3)));
    assert!(prepared[0].gas.unwrap() < 300_000, "{prepared:?}");
    block(&node.chain, vec![send_channels(2, 0, U256::ZERO, prepared[0].data.clone())]);
    assert_eq!(field(&node, ids[0], "settledWei").await, json!(U256::from(2 * BTT)));
    let history = node.ask("channel_history", json!([ids[0]])).await;
    assert_eq!(history["events"][1]["lane"], Value::Null);
    assert_eq!(history["events"][2]["paidWei"], json!(U256::from(BTT)));
}

#[tokio::test]
async fn a_batch_of_thousands_is_parted_and_one_of_too_many_refused() {
    let node = fixture();
    let id = opened(&node, 0, &[1]).await[0];
    // Each claims a little more: all of them pay.
    let items: Vec<Value> = (1..=1_100u128).map(|n| signed(id, u32::from(n % 2 == 0), n)).collect();
    let batch = node.ask("channel_prepareBatch", json!([items])).await;
    let parts: Vec<PreparedTransaction> =
        serde_json::from_value(batch["transactions"].clone()).unwrap();
    assert_eq!(parts.iter().map(|part| part.items.unwrap()).sum::<u64>(), 1_100);
    assert!(parts.len() > 1, "{}", parts.len());
    for part in &parts {
        assert!(part.items.unwrap() <= 1_024 && part.data.len() < 128 * 1024);
        assert!(part.gas.unwrap() <= TX_GAS_LIMIT_CAP);
    }
    let few = fixture_with(RpcLimits { channel_batch_items: 1, ..RpcLimits::default() }, true);
    let items = json!([[signed(id, 0, 1), signed(id, 0, 2)]]);
    let refused = few.error("channel_prepareBatch", items).await;
    assert_eq!(refused, (-32005, "a batch of 2 vouchers, limit 1".to_owned()));
}

#[tokio::test]
async fn builders_name_the_rule_that_is_broken() {
    let node = fixture();
    let id = opened(&node, 0, &[1]).await[0];
    let [payer, payee] = [0, 1].map(|place| dev_accounts()[place].address);
    let open = |more: Value| {
        let mut request =
            json!({ "from": payer, "payee": payee, "depositWei": "0xde0b6b3a7640000" });
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([request])
    };
    let error = async |method: &str, params: Value| node.error(method, params).await;
    let (code, text) = error("channel_open", open(json!({ "graceS": 0 }))).await;
    assert_eq!(code, 3);
    assert!(text.starts_with("execution reverted: the grace is 0 s, it must be "), "{text}");
    let (_, text) = error("channel_open", open(json!({ "payee": payer }))).await;
    assert!(text.ends_with("cannot be the payee: it is zero, the payer, or a module"), "{text}");
    assert_eq!(error("channel_open", open(json!({ "gracePeriod": 1 }))).await.0, -32602);
    let (_, text) = error("channel_open", open(json!({ "from": stranger(1) }))).await;
    assert!(text.starts_with("insufficient funds"), "{text}");
    let close = json!([{ "from": payee, "id": id }]);
    let text =
        format!("execution reverted: only the payee, or the operator, may do this, not {payee}");
    assert_eq!(error("channel_close", close).await, (3, text));
    let other = ChannelVoucher { channel_id: B256::ZERO, ..Default::default() };
    let close = json!([{ "from": payee, "id": id, "voucher": other, "signature": "0x00" }]);
    let text = "invalid params: the voucher is of another channel".to_owned();
    assert_eq!(error("channel_close", close).await, (-32602, text));
    let text = "invalid params: a pool settles a pool's voucher, which has a poolId".to_owned();
    assert_eq!(error("channel_poolSettle", json!([signed(id, 0, 1)])).await, (-32602, text));
    let text = "invalid params: give either a kind of call or a call".to_owned();
    assert_eq!(error("channel_estimateFee", json!([{}])).await, (-32602, text));
    let call = json!([{ "call": { "to": stranger(1), "input": Bytes::new() } }]);
    assert_eq!(error("channel_estimateFee", call).await.0, -32602);
}
