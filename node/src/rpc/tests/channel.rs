//! `channel_` on a real chain: what it tells of channels, vouchers, events.

use super::{Fixture, fixture};
use crate::testing::{
    block,
    channels::{BTT, call_channels, channel_to, signature_of, voucher_of},
    stranger,
};
use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::SolStruct as _;
use btt_api::types::ChannelVoucher;
use btt_genesis::dev_accounts;
use btt_runtime::modules::channels::{
    IChannels,
    voucher::{Domain, Tick, TickChain, Voucher},
};
use serde_json::{Value, json};

fn hex(wei: u128) -> Value {
    json!(U256::from(wei))
}

/// Opens channels of account 0 to these, by transactions from `nonce` on; their ids.
pub(super) async fn opened(node: &Fixture, nonce: u64, payees: &[u64]) -> Vec<B256> {
    let calls = (nonce..).zip(payees);
    let calls = calls
        .map(|(nonce, payee)| call_channels(0, nonce, 10 * BTT, &channel_to(stranger(*payee))));
    block(&node.chain, calls.collect());
    let page = node.ask("channel_byPayer", json!([dev_accounts()[0].address])).await;
    let ids = page["channels"].as_array().unwrap().iter().rev().take(payees.len());
    let mut ids: Vec<B256> =
        ids.map(|c| serde_json::from_value(c["id"].clone()).unwrap()).collect();
    ids.reverse();
    ids
}

/// A voucher of account 0 with its signature.
pub(super) fn signed(id: B256, lane: u32, wei: u128) -> Value {
    let voucher = voucher_of(id, lane, wei);
    json!({ "voucher": ChannelVoucher::from(&voucher), "signature": signature_of(0, &voucher) })
}

fn settle(id: B256, lane: u32, wei: u128) -> IChannels::settleCall {
    let voucher = voucher_of(id, lane, wei);
    let signature = signature_of(0, &voucher);
    IChannels::settleCall { voucher, tick: Tick::default(), signature }
}

#[tokio::test]
async fn a_channel_is_told_of_from_its_opening_to_after_its_end() {
    let node = fixture();
    let payee = dev_accounts()[1].address;
    block(&node.chain, vec![call_channels(0, 0, 10 * BTT, &channel_to(payee))]);
    let page = node.ask("channel_byPayee", json!([payee])).await;
    let channel = &page["channels"][0];
    let id: B256 = serde_json::from_value(channel["id"].clone()).unwrap();
    let storage = node.ask("channel_storageDeposit", json!([])).await["channelWei"].clone();
    let storage: U256 = serde_json::from_value(storage).unwrap();
    let deposit = U256::from(10 * BTT) - storage;
    assert_eq!(channel["status"], "open");
    assert_eq!(
        (&channel["kind"], &channel["salt"]),
        (&json!("channel"), &json!(B256::repeat_byte(9)))
    );
    assert_eq!(
        (&channel["depositWei"], &channel["remainingWei"]),
        (&json!(deposit), &json!(deposit))
    );
    assert_eq!((&channel["openedAtBlock"], &channel["closesAtMs"]), (&json!("0x1"), &Value::Null));
    assert_eq!(channel["storageDepositWei"], json!(storage));

    let request = IChannels::requestCloseCall { channelId: id };
    block(
        &node.chain,
        vec![call_channels(2, 0, 0, &settle(id, 2, 3 * BTT)), call_channels(0, 1, 0, &request)],
    );
    let channel = node.ask("channel_get", json!([id])).await;
    assert_eq!(channel["status"], "closing");
    assert_eq!(channel["laneSettledWei"], json!([hex(0), hex(0), hex(3 * BTT), hex(0)]));
    assert!(channel["closesAtBlock"].is_string(), "{channel}");

    let close = IChannels::closeCall {
        voucher: voucher_of(id, 2, 3 * BTT),
        tick: Tick::default(),
        signature: Bytes::new(),
        captureWei: 3 * BTT,
    };
    block(&node.chain, vec![call_channels(1, 0, 0, &close)]);
    let channel = node.ask("channel_get", json!([id])).await;
    assert_eq!((&channel["status"], &channel["closedAtBlock"]), (&json!("closed"), &json!("0x3")));
    assert_eq!((&channel["settledWei"], &channel["depositWei"]), (&hex(3 * BTT), &json!(deposit)));
    assert_eq!((&channel["remainingWei"], &channel["laneSettledWei"]), (&hex(0), &Value::Null));

    let history = node.ask("channel_history", json!([id])).await;
    let events = history["events"].as_array().unwrap();
    let names: Vec<&str> = events.iter().map(|e| e["event"].as_str().unwrap()).collect();
    assert_eq!(names, ["opened", "settled", "closeRequested", "closed"]);
    assert_eq!((&events[1]["lane"], &events[1]["paidWei"]), (&json!(2), &hex(3 * BTT)));
    assert_eq!((&events[2]["blockNumber"], &events[2]["logIndex"]), (&json!("0x2"), &json!("0x1")));
    assert_eq!(history["next"], Value::Null);
}

#[tokio::test]
async fn lists_come_in_parts_and_by_status() {
    let node = fixture();
    let ids = opened(&node, 0, &[1, 2, 3]).await;
    let request = IChannels::requestCloseCall { channelId: ids[1] };
    block(&node.chain, vec![call_channels(0, 3, 0, &request)]);
    let found = |page: &Value| -> Vec<B256> {
        let channels = page["channels"].as_array().unwrap().iter();
        channels.map(|c| serde_json::from_value(c["id"].clone()).unwrap()).collect()
    };
    let first = node.ask("channel_list", json!([{ "limit": 2 }])).await;
    assert_eq!(found(&first), ids[..2]);
    let rest = node.ask("channel_list", json!([{ "limit": 2, "cursor": first["next"] }])).await;
    assert_eq!((found(&rest), &rest["next"]), (ids[2..].to_vec(), &Value::Null));
    let closing = node.ask("channel_list", json!([{ "status": "closing" }])).await;
    assert_eq!(found(&closing), ids[1..2]);
    let both = json!([{ "payer": dev_accounts()[0].address, "payee": stranger(3) }]);
    assert_eq!(found(&node.ask("channel_list", both).await), ids[2..]);
    let nobody = node.ask("channel_byPayer", json!([stranger(8)])).await;
    assert_eq!(nobody, json!({ "channels": [], "next": null }));
}

#[tokio::test]
async fn a_voucher_is_judged_as_the_module_would() {
    let node = fixture();
    let id = opened(&node, 0, &[1]).await[0];
    let payer = dev_accounts()[0].address;
    let good = node.ask("channel_verifyVoucher", json!([signed(id, 0, 2 * BTT)])).await;
    let expected = json!({
        "valid": true, "signer": payer, "claimWei": hex(2 * BTT), "settledWei": "0x0",
        "dueWei": hex(2 * BTT), "status": "open",
    });
    assert_eq!(good, expected);
    block(&node.chain, vec![call_channels(2, 0, 0, &settle(id, 0, 2 * BTT))]);
    let old = node.ask("channel_verifyVoucher", json!([signed(id, 0, BTT)])).await;
    assert_eq!((&old["valid"], &old["dueWei"]), (&json!(true), &json!("0x0")));
    assert_eq!(old["settledWei"], hex(2 * BTT));

    let reason = async |signed: Value| {
        let verdict = node.ask("channel_verifyVoucher", json!([signed])).await;
        assert_eq!(verdict["valid"], json!(false), "{verdict}");
        verdict["reason"].as_str().unwrap().to_owned()
    };
    let above = reason(signed(id, 0, 11 * BTT)).await;
    assert!(
        above.starts_with("the claim of 11000000000000000000 wei in all lanes exceeds"),
        "{above}"
    );
    assert_eq!(reason(signed(id, 4, 1)).await, "lane 4 does not exist, lanes are 0 to 3");
    let unknown = B256::repeat_byte(1);
    assert_eq!(
        reason(signed(unknown, 0, 1)).await,
        format!("no open channel has the id {unknown}")
    );
    let mut foreign = signed(id, 0, 3 * BTT);
    foreign["signature"] = json!(signature_of(1, &voucher_of(id, 0, 3 * BTT)));
    let other = dev_accounts()[1].address;
    let text = format!("signed by {other}, vouchers must be signed by {payer}");
    assert_eq!(reason(foreign.clone()).await, text);
    foreign["signature"] = json!("0x00");
    let text = "a signature has 65 bytes, or 64 in its compact form (EIP-2098); this one has 1";
    assert_eq!(reason(foreign).await, text);
}

#[tokio::test]
async fn ticks_and_digests_are_those_of_the_module() {
    let node = fixture();
    let id = opened(&node, 0, &[1]).await[0];
    let ticks = TickChain::new(id, 1, BTT, 8, B256::repeat_byte(5));
    let voucher = Voucher {
        tickAnchor: ticks.anchor(),
        tickValue: 1_000,
        tickMax: 8,
        ..voucher_of(id, 1, BTT)
    };
    let digest = node.ask("channel_digest", json!([ChannelVoucher::from(&voucher)])).await;
    assert_eq!(digest["digest"], json!(Domain::of(990_003).digest(&voucher)));
    assert_eq!(digest["digest"], json!(voucher.eip712_signing_hash(&Domain::typed(990_003))));
    assert_eq!(digest["typedData"]["message"]["tickValue"], "1000");
    let mut signed = json!({
        "voucher": ChannelVoucher::from(&voucher),
        "tick": { "index": 3, "preimage": ticks.tick(3).unwrap() },
        "signature": signature_of(0, &voucher),
    });
    let verdict = node.ask("channel_verifyVoucher", json!([signed])).await;
    assert_eq!(verdict["dueWei"], hex(BTT + 3_000), "{verdict}");
    signed["tick"]["index"] = json!(4);
    let verdict = node.ask("channel_verifyVoucher", json!([signed])).await;
    assert_eq!(verdict["reason"], "the preimage of tick 4 does not lead to the voucher's anchor");
    signed["tick"]["index"] = json!(9);
    let verdict = node.ask("channel_verifyVoucher", json!([signed])).await;
    assert_eq!(verdict["reason"], "tick 9 is beyond the voucher's 8");
}

#[tokio::test]
async fn a_subscription_brings_what_its_filter_takes() {
    let node = fixture();
    let ids = opened(&node, 0, &[1, 2]).await;
    let filter = json!([{ "payee": stranger(2) }]).to_string();
    let filter = serde_json::value::RawValue::from_string(filter).unwrap();
    let mut events =
        node.methods.subscribe_unbounded("channel_subscribe", vec_params(&filter)).await.unwrap();
    let request = |id| IChannels::requestCloseCall { channelId: id };
    block(
        &node.chain,
        vec![call_channels(0, 2, 0, &request(ids[0])), call_channels(0, 3, 0, &request(ids[1]))],
    );
    let (event, _) = events.next::<Value>().await.unwrap().unwrap();
    assert_eq!((&event["event"], &event["id"]), (&json!("closeRequested"), &json!(ids[1])));
    assert_eq!(
        (&event["payer"], &event["logIndex"]),
        (&json!(dev_accounts()[0].address), &json!("0x1"))
    );
    assert!(event["closesAtMs"].is_string(), "{event}");
}

/// Parameters as they came.
fn vec_params(json: &serde_json::value::RawValue) -> jsonrpsee::core::params::ArrayParams {
    let values: Vec<Value> = serde_json::from_str(json.get()).unwrap();
    let mut params = jsonrpsee::core::params::ArrayParams::new();
    values.into_iter().for_each(|value| params.insert(value).unwrap());
    params
}

#[tokio::test]
async fn bad_input_is_refused_with_the_rule() {
    let node = fixture();
    let id = opened(&node, 0, &[1]).await[0];
    let error = async |method: &str, params: Value| node.error(method, params).await;
    let text = "a list of 0 channels, limit 1 to 500".to_owned();
    assert_eq!(error("channel_list", json!([{ "limit": 0 }])).await, (-32005, text));
    assert_eq!(error("channel_list", json!([{ "limit": 501 }])).await.0, -32005);
    let text = "invalid params: cursor of 1 bytes: give the `next` of the part before".to_owned();
    assert_eq!(error("channel_list", json!([{ "cursor": "0x00" }])).await, (-32602, text.clone()));
    assert_eq!(error("channel_history", json!([id, "0x00"])).await, (-32602, text));
    assert_eq!(error("channel_list", json!([{ "owner": stranger(1) }])).await.0, -32602);
    let unknown = B256::repeat_byte(1);
    let text = format!("no channel or pool was ever opened with the id {unknown}");
    assert_eq!(error("channel_get", json!([unknown])).await, (-32000, text));
    let text = format!("invalid params: {id} is a channel, not a pool; ask channel_get");
    assert_eq!(error("channel_poolGet", json!([id])).await, (-32602, text));
    let (code, text) = error("channel_digest", json!([{ "channelId": id }])).await;
    assert_eq!(code, -32602, "{text}");
    let watch = json!([signed(id, 0, 1)]);
    let (code, text) = error("channel_watch", watch).await;
    assert_eq!(code, -32000);
    assert!(text.starts_with("this node runs no watchtower"), "{text}");
}
