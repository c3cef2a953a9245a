//! Questions about state: proofs, old blocks, overrides, access lists and traces.

use crate::support::{BTT, TOKEN_SUPPLY, Token, call, deploy_token, transfer};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::SolCall as _;
use btt_runtime::state::{Account, trie::verify_proof};
use btt_tests::{
    keys::Key,
    process::Node,
    rpc::{Rpc, number, typed},
};
use serde_json::{Value, json};

/// The slot of `balanceOf[owner]`: the mapping is the contract's second variable.
fn balance_slot(owner: Address) -> B256 {
    keccak256([owner.into_word(), B256::with_last_byte(1)].concat())
}

#[tokio::test]
async fn proofs_hold_against_the_state_root_of_the_header() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    let owner = Key::dev(0);
    let token = deploy_token(&rpc, &owner, 0).await;
    let slots = [balance_slot(owner.address()), balance_slot(Address::ZERO)];
    let answer = rpc.call("eth_getProof", json!([token, slots, "latest"])).await;
    let header = rpc.call("eth_getBlockByNumber", json!(["latest", false])).await;
    let account = Account {
        nonce: number(&answer["nonce"]),
        balance: typed(answer["balance"].clone()),
        code_hash: typed(answer["codeHash"].clone()),
        storage_root: typed(answer["storageHash"].clone()),
    };
    let code: Bytes = typed(rpc.call("eth_getCode", json!([token, "latest"])).await);
    assert_eq!(account.code_hash, keccak256(code));
    let root: B256 = typed(header["stateRoot"].clone());
    let proof: Vec<Bytes> = typed(answer["accountProof"].clone());
    let held = alloy_rlp::encode(account);
    verify_proof(root, &keccak256(token), Some(&held), &proof).expect("the account's proof");

    let [owned, none] = answer["storageProof"].as_array().unwrap().as_slice() else {
        panic!("{answer}")
    };
    assert_eq!(typed::<U256>(owned["value"].clone()), U256::from(TOKEN_SUPPLY));
    let held = alloy_rlp::encode(U256::from(TOKEN_SUPPLY));
    for (slot, answer, value) in [(slots[0], owned, Some(held.as_slice())), (slots[1], none, None)]
    {
        let proof: Vec<Bytes> = typed(answer["proof"].clone());
        verify_proof(account.storage_root, &keccak256(slot), value, &proof)
            .expect("a slot's proof");
    }

    let nobody = Address::repeat_byte(0xee);
    let absent = rpc.call("eth_getProof", json!([nobody, [], "latest"])).await;
    let proof: Vec<Bytes> = typed(absent["accountProof"].clone());
    verify_proof(root, &keccak256(nobody), None, &proof).expect("the proof of absence");
}

#[tokio::test]
async fn old_blocks_answer_as_they_did_when_they_were_new() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    let (owner, to) = (Key::dev(0), Key::dev(1).address());
    let token = deploy_token(&rpc, &owner, 0).await;
    for nonce in 1..=3 {
        let value = U256::from(10);
        rpc.include(&call(&owner, nonce, token, &Token::transferCall { to, value })).await;
    }
    let ask = Bytes::from(Token::balanceOfCall { owner: to }.abi_encode());
    let request = json!({ "to": token, "input": ask });
    for (block, tokens) in [(1u64, 0u64), (2, 10), (3, 20), (4, 30)] {
        let tag = format!("{block:#x}");
        let data: U256 = typed(rpc.call("eth_call", json!([request, tag])).await);
        assert_eq!(data, U256::from(tokens), "at block {block}");
        let slot = rpc.call("eth_getStorageAt", json!([token, balance_slot(to), tag])).await;
        assert_eq!(typed::<B256>(slot), B256::from(U256::from(tokens)));
        let nonce = rpc.call("eth_getTransactionCount", json!([owner.address(), tag])).await;
        assert_eq!(number(&nonce), block);
    }
    let before: Bytes = typed(rpc.call("eth_getCode", json!([token, "0x0"])).await);
    assert!(before.is_empty());
    let hash = rpc.call("eth_getBlockByNumber", json!(["0x2", false])).await["hash"].clone();
    let by_hash = rpc.call("eth_call", json!([request, { "blockHash": hash }])).await;
    assert_eq!(typed::<U256>(by_hash), U256::from(10));
    let future = rpc.error("eth_call", json!([request, "0x63"])).await;
    assert_eq!((future.code, future.message.as_str()), (-32000, "header not found"));
    // Finality is immediate: all tags but the first name the same block.
    for tag in ["safe", "finalized", "latest"] {
        let block = rpc.call("eth_getBlockByNumber", json!([tag, false])).await;
        assert_eq!(number(&block["number"]), 4, "{tag}");
    }
}

#[tokio::test]
async fn a_call_may_assume_another_state() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    let token = deploy_token(&rpc, &Key::dev(0), 0).await;
    let stranger = Address::repeat_byte(0x51);
    let call = Token::transferCall { to: Key::dev(2).address(), value: U256::from(500) };
    let request = json!({ "from": stranger, "to": token, "input": Bytes::from(call.abi_encode()) });
    assert_eq!(rpc.error("eth_call", json!([request, "latest"])).await.code, 3);
    let slot = B256::from(U256::from(500));
    let rich =
        json!({ token.to_string(): { "stateDiff": { balance_slot(stranger).to_string(): slot } } });
    let answer: U256 = typed(rpc.call("eth_call", json!([request, "latest", rich])).await);
    assert_eq!(answer, U256::from(1));
    // Code that returns the caller's balance: CALLER BALANCE PUSH0 MSTORE, 32 bytes RETURN.
    let place = Address::repeat_byte(0x52);
    let assumed = json!({
        place.to_string(): { "code": "0x33315f5260205ff3" },
        stranger.to_string(): { "balance": "0x2a" },
    });
    let request = json!({ "from": stranger, "to": place });
    let answer: U256 = typed(rpc.call("eth_call", json!([request, "latest", assumed])).await);
    assert_eq!(answer, U256::from(42));
    assert_eq!(rpc.balance(stranger).await, U256::ZERO, "nothing of it stays");
}

#[tokio::test]
async fn an_access_list_names_what_a_call_touches() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    let (owner, to) = (Key::dev(0), Key::dev(1).address());
    let token = deploy_token(&rpc, &owner, 0).await;
    let call = Token::transferCall { to, value: U256::from(1) };
    let request =
        json!({ "from": owner.address(), "to": token, "input": Bytes::from(call.abi_encode()) });
    let answer = rpc.call("eth_createAccessList", json!([request, "latest"])).await;
    let [entry] = answer["accessList"].as_array().unwrap().as_slice() else { panic!("{answer}") };
    assert_eq!(typed::<Address>(entry["address"].clone()), token);
    let mut slots: Vec<B256> = typed(entry["storageKeys"].clone());
    slots.sort();
    let mut wanted = [balance_slot(owner.address()), balance_slot(to)];
    wanted.sort();
    assert_eq!(slots, wanted);
    assert!(number(&answer["gasUsed"]) > 21_000 && answer["error"].is_null(), "{answer}");
}

#[tokio::test]
async fn a_trace_shows_who_called_whom() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    let (owner, to) = (Key::dev(0), Key::dev(1).address());
    let token = deploy_token(&rpc, &owner, 0).await;
    let give = Token::transferCall { to: token, value: U256::from(30) };
    rpc.include(&call(&owner, 1, token, &give)).await;
    let own = Token::transferOwnCall { to, value: U256::from(7) };
    let receipt = rpc.include(&call(&owner, 2, token, &own)).await;
    assert_eq!(receipt["status"], "0x1");
    let tracer = json!({ "tracer": "callTracer", "tracerConfig": { "withLog": true } });
    let hash = receipt["transactionHash"].clone();
    let trace = rpc.call("debug_traceTransaction", json!([hash, tracer])).await;
    let address = |value: &Value| typed::<Address>(value.clone());
    assert_eq!((&trace["type"], address(&trace["from"])), (&json!("CALL"), owner.address()));
    assert_eq!(trace["gasUsed"], receipt["gasUsed"]);
    let [inner] = trace["calls"].as_array().unwrap().as_slice() else { panic!("{trace}") };
    assert_eq!((address(&inner["from"]), address(&inner["to"])), (token, token));
    let input: Bytes = typed(inner["input"].clone());
    assert_eq!(input, Token::transferCall { to, value: U256::from(7) }.abi_encode());
    assert_eq!(inner["logs"].as_array().map(Vec::len), Some(1), "{inner}");

    // The last tokens are 23: asking for more reverts, and the trace says why.
    let request = json!({
        "from": owner.address(), "to": token,
        "input": Bytes::from(Token::transferOwnCall { to, value: U256::from(24) }.abi_encode()),
    });
    let trace = rpc.call("debug_traceCall", json!([request, "latest", tracer])).await;
    assert_eq!(trace["error"], "execution reverted");
    assert_eq!(trace["calls"][0]["error"], "execution reverted");
    let missing = rpc.error("debug_traceTransaction", json!([B256::ZERO, tracer])).await;
    assert_eq!(missing.message, "transaction not found");
}

#[tokio::test]
async fn a_block_and_its_receipts_agree_with_each_other() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    let token = deploy_token(&rpc, &Key::dev(0), 0).await;
    let receipt = rpc.include(&transfer(&Key::dev(1), 0, token.create(0), BTT)).await;
    let number = receipt["blockNumber"].clone();
    let block = rpc.call("eth_getBlockByNumber", json!([number, true])).await;
    let by_hash = rpc.call("eth_getBlockByHash", json!([block["hash"], true])).await;
    assert_eq!(block, by_hash);
    let [tx] = block["transactions"].as_array().unwrap().as_slice() else { panic!("{block}") };
    assert_eq!(tx["hash"], receipt["transactionHash"]);
    assert_eq!(tx["blockHash"], block["hash"]);
    let receipts = rpc.call("eth_getBlockReceipts", json!([number])).await;
    assert_eq!(receipts, json!([receipt]));
    assert_eq!(block["gasUsed"], receipt["cumulativeGasUsed"]);
    assert_eq!(block["logsBloom"], receipt["logsBloom"]);
    let parent = rpc.call("eth_getBlockByNumber", json!(["0x1", false])).await;
    assert_eq!(block["parentHash"], parent["hash"]);
    let count = rpc.call("eth_getBlockTransactionCountByNumber", json!([number])).await;
    assert_eq!(count, "0x1");
    let uncles = rpc.call("eth_getUncleCountByBlockHash", json!([block["hash"]])).await;
    assert_eq!(uncles, "0x0");
    for method in ["eth_getBlockByHash", "eth_getTransactionByHash", "eth_getTransactionReceipt"] {
        let mut params = json!([B256::repeat_byte(9)]);
        if method == "eth_getBlockByHash" {
            params.as_array_mut().unwrap().push(json!(false));
        }
        assert_eq!(rpc.call(method, params).await, Value::Null, "{method}");
    }
}
