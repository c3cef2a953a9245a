//! Bytes of every message, as other versions of the node know them; and garbage for every decoder.

use crate::network::{
    Request, Response, Status,
    wire::{Hello, TransactionsMessage, decode_exact},
};
use alloy_primitives::{Address, B256, Bytes, hex};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

fn hash(byte: u8) -> B256 {
    B256::repeat_byte(byte)
}

fn hello() -> Hello {
    Hello {
        version: 1,
        chain_id: 990_000,
        genesis_hash: hash(0x11),
        instance: 7,
        status: Status { height: 1_000, head_hash: hash(0x22), earliest: 0 },
        proof: Bytes::from_static(&[0xaa, 0xbb]),
    }
}

fn requests() -> Vec<Request> {
    vec![
        Request::Blocks { from: 1, count: 1_024 },
        Request::Block { hash: hash(1) },
        Request::BlockTransactions { hash: hash(2), indexes: vec![0, 300] },
        Request::Transactions { hashes: vec![hash(3)] },
        Request::SignedStep { address: Address::repeat_byte(4) },
        Request::Peers,
    ]
}

fn responses() -> Vec<Response> {
    let some = || Bytes::from_static(&[1, 2, 3]);
    vec![
        Response::Blocks(vec![some(), Bytes::new()]),
        Response::Block(Some(some())),
        Response::Block(None),
        Response::Transactions(vec![some()]),
        Response::SignedStep(Some(some())),
        Response::SignedStep(None),
        Response::Peers(vec!["/ip4/192.0.2.1/tcp/30303".parse().unwrap()]),
        Response::Refused,
    ]
}

fn transactions() -> Vec<TransactionsMessage> {
    vec![
        TransactionsMessage::Batch(vec![Bytes::from_static(&[2, 3])]),
        TransactionsMessage::Hashes(vec![hash(5)]),
    ]
}

#[test]
fn every_message_has_the_bytes_it_always_had() {
    let h = |byte: &str| byte.repeat(32);
    let expect = |bytes: &[u8], wanted: String| assert_eq!(hex::encode(bytes), wanted);
    expect(
        &alloy_rlp::encode(hello()),
        format!("f85001830f1b30a0{}07e58203e8a0{}8082aabb", h("11"), h("22")),
    );
    let status = Status { height: 1, head_hash: hash(1), earliest: 2 };
    expect(&alloy_rlp::encode(status), format!("e301a0{}02", h("01")));
    let wanted = [
        "00c401820400".to_owned(),
        format!("01a0{}", h("01")),
        format!("02e6a0{}c48082012c", h("02")),
        format!("03e1a0{}", h("03")),
        format!("0494{}", "04".repeat(20)),
        "05".to_owned(),
    ];
    for (request, wanted) in requests().iter().zip(wanted) {
        expect(&request.encode(), wanted);
    }
    let wanted = [
        "00c58301020380",
        "01c483010203",
        "01c0",
        "02c483010203",
        "03c483010203",
        "03c0",
        "04c98804c000020106765f",
        "05",
    ];
    for (response, wanted) in responses().iter().zip(wanted) {
        expect(&response.encode(), wanted.to_owned());
    }
    let wanted = ["00c3820203".to_owned(), format!("01e1a0{}", h("05"))];
    for (message, wanted) in transactions().iter().zip(wanted) {
        expect(&message.encode(), wanted);
    }
}

#[test]
fn what_is_encoded_is_decoded_and_nothing_may_follow() {
    let more = |bytes: &[u8]| [bytes, &[0]].concat();
    let bytes = alloy_rlp::encode(hello());
    assert_eq!(decode_exact::<Hello>(&bytes), Ok(hello()));
    assert!(decode_exact::<Hello>(&more(&bytes)).is_err());
    for request in requests() {
        assert_eq!(Request::decode(&request.encode()).as_ref(), Ok(&request));
        assert!(Request::decode(&more(&request.encode())).is_err());
    }
    for response in responses() {
        assert_eq!(Response::decode(&response.encode()).as_ref(), Ok(&response));
        assert!(Response::decode(&more(&response.encode())).is_err());
    }
    for message in transactions() {
        assert_eq!(TransactionsMessage::decode(&message.encode()).as_ref(), Ok(&message));
        assert!(TransactionsMessage::decode(&more(&message.encode())).is_err());
    }
}

#[test]
fn more_items_than_allowed_are_refused() {
    let many = TransactionsMessage::Batch(vec![Bytes::new(); 4_097]).encode();
    assert!(TransactionsMessage::decode(&many).is_err());
    let many = Request::BlockTransactions { hash: hash(1), indexes: vec![1; 4_097] }.encode();
    assert!(Request::decode(&many).is_err());
    assert!(Request::decode(&Request::Blocks { from: 0, count: 1_025 }.encode()).is_err());
    // A list that says it has 2^56 bytes.
    let liar = [&[0, 0xff], &[0xff; 7][..], &[0; 9]].concat();
    assert!(TransactionsMessage::decode(&liar).is_err() && Response::decode(&liar).is_err());
}

#[test]
fn no_decoder_panics_on_garbage() {
    let mut random = StdRng::seed_from_u64(1);
    let mut seeds: Vec<Vec<u8>> = vec![alloy_rlp::encode(hello())];
    seeds.extend(requests().iter().map(|request| request.encode().to_vec()));
    seeds.extend(responses().iter().map(|response| response.encode().to_vec()));
    seeds.extend(transactions().iter().map(|message| message.encode().to_vec()));
    for _ in 0..50_000 {
        let mut bytes = if random.random_bool(0.3) {
            (0..random.random_range(0..64)).map(|_| random.random()).collect()
        } else {
            seeds[random.random_range(0..seeds.len())].clone()
        };
        for _ in 0..random.random_range(0..4) {
            if let Some(last) = bytes.len().checked_sub(1) {
                bytes[random.random_range(0..=last)] = random.random();
            }
        }
        bytes.truncate(random.random_range(0..=bytes.len()));
        let _ = decode_exact::<Hello>(&bytes);
        let _ = decode_exact::<Status>(&bytes);
        let _ = Request::decode(&bytes);
        let _ = Response::decode(&bytes);
        let _ = TransactionsMessage::decode(&bytes);
    }
}
