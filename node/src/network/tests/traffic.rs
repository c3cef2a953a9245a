//! What flows between peers that mean well.

use super::harness::{Node, config, eventually, pair, within};
use crate::network::{
    Class, NetworkConfig, NetworkEvent, Request, RequestError, Response, Status, Target, parts,
};
use alloy_primitives::{Address, B256, Bytes};

#[tokio::test]
async fn consensus_arrives_in_order_while_blocks_are_pushed() {
    const MESSAGES: u32 = 300;
    const BLOCK_BYTES: usize = 2 << 20;
    let (one, mut two) = pair(config(), config()).await;
    for number in 0..MESSAGES {
        if number % 50 == 0 {
            one.network.send_block(Target::All, vec![1; BLOCK_BYTES]);
        }
        one.network.send_consensus(Target::All, number.to_be_bytes().to_vec());
    }
    let (mut blocks, mut next) = (0, 0);
    within(async {
        while next < MESSAGES || blocks < 6 {
            match two.events.recv().await.unwrap() {
                NetworkEvent::Consensus { peer, bytes } => {
                    assert_eq!((peer, bytes.as_ref()), (one.id(), &next.to_be_bytes()[..]));
                    next += 1;
                }
                NetworkEvent::Block { bytes, .. } => {
                    assert_eq!(bytes.len(), BLOCK_BYTES);
                    blocks += 1;
                }
                _ => {}
            }
        }
    })
    .await;
    let info = &two.network.peers()[0];
    let traffic = info.traffic.iter().find(|traffic| traffic.class == Class::Blocks).unwrap();
    assert_eq!((traffic.bytes_in, info.score), (6 * BLOCK_BYTES as u64, 0));
}

#[tokio::test]
async fn transactions_and_hashes_arrive() {
    let (one, mut two) = pair(config(), config()).await;
    let batch: Vec<Bytes> = (0..9_000u32).map(|n| n.to_be_bytes().to_vec().into()).collect();
    one.network.send_transactions(Target::Peer(two.id()), batch.clone());
    let hashes: Vec<B256> =
        (0..9_000).map(|n| B256::from(alloy_primitives::U256::from(n))).collect();
    one.network.announce_transactions(Target::All, hashes.clone());
    let (mut have, mut heard) = (Vec::new(), Vec::new());
    within(async {
        while have.len() < batch.len() || heard.len() < hashes.len() {
            match two.events.recv().await.unwrap() {
                NetworkEvent::Transactions { batch, .. } => have.extend(batch),
                NetworkEvent::TransactionHashes { hashes, .. } => heard.extend(hashes),
                _ => {}
            }
        }
    })
    .await;
    assert_eq!((have, heard), (batch, hashes));
}

#[test]
fn batches_are_split_by_bytes_and_by_number() {
    let batch = |count: usize, length: usize| vec![Bytes::from(vec![0xff; length]); count];
    let lengths = |parts: Vec<Vec<Bytes>>| parts.iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(lengths(parts(batch(5, 10), 22, 9)), [2, 2, 1]);
    assert_eq!(lengths(parts(batch(5, 10), 1_000, 2)), [2, 2, 1]);
    assert_eq!(lengths(parts(batch(2, 100), 50, 2)), [1, 1]);
    assert!(parts(Vec::new(), 50, 2).is_empty());
}

#[tokio::test]
async fn requests_are_answered_refused_or_run_out_of_time() {
    let mut patient = config();
    patient.limits.request_timeout = std::time::Duration::from_secs(2);
    let (one, mut two) = pair(patient, config()).await;
    let asked = one.id();
    let answering = tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Some(event) = two.events.recv().await {
            let NetworkEvent::Request { peer, request, reply } = event else { continue };
            assert_eq!(peer, asked);
            match request {
                Request::Blocks { from, count } => {
                    let blocks = (from..from + u64::from(count)).map(|n| vec![n as u8; 3].into());
                    reply.send(Response::Blocks(blocks.collect()));
                }
                Request::SignedStep { .. } => reply.send(Response::SignedStep(None)),
                Request::Block { .. } => drop(reply),
                Request::BlockTransactions { .. } => {
                    reply.send(Response::Transactions(vec![vec![0; 9 << 20].into()]));
                }
                _ => kept.push(reply),
            }
        }
    });
    let peer = one.network.peers()[0].peer;
    let ask = |request| within(one.network.request(peer, request));
    let blocks = ask(Request::Blocks { from: 1, count: 2 }).await.unwrap();
    assert_eq!(blocks, Response::Blocks(vec![vec![1; 3].into(), vec![2; 3].into()]));
    let step = ask(Request::SignedStep { address: Address::ZERO }).await.unwrap();
    assert_eq!(step, Response::SignedStep(None));
    assert_eq!(ask(Request::Block { hash: B256::ZERO }).await, Ok(Response::Refused));
    let too_long = Request::BlockTransactions { hash: B256::ZERO, indexes: vec![1] };
    assert_eq!(ask(too_long).await, Ok(Response::Refused));
    assert_eq!(ask(Request::Peers).await, Ok(Response::Peers(Vec::new())));
    let never = Request::Transactions { hashes: vec![B256::ZERO] };
    assert_eq!(ask(never).await, Err(RequestError::Timeout));
    let huge = Request::Transactions { hashes: vec![B256::ZERO; 3_000] };
    assert_eq!(ask(huge).await, Err(RequestError::TooLong));
    let nobody = one.network.request(crate::network::PeerId::random(), Request::Peers);
    assert_eq!(within(nobody).await, Err(RequestError::NotConnected));
    answering.abort();
}

#[tokio::test]
async fn a_node_that_is_behind_holds_up_its_peers_votes_and_loses_none() {
    let mut slow = config();
    slow.limits.waiting_consensus = 4;
    let (mut slow, one) = pair(slow, config()).await;
    let two = Node::joining(&[&slow]).await;
    slow.connected(two.id()).await;
    eventually(|| two.knows(slow.id())).await;
    for number in 0..200u8 {
        one.network.send_consensus(Target::Peer(slow.id()), vec![number]);
        two.network.send_consensus(Target::Peer(slow.id()), vec![number]);
    }
    one.network.set_status(Status { height: 9, ..Status::default() });
    // Statuses still come while votes wait, so that the peer is not taken for dead.
    let of_one = || slow.network.peers().into_iter().find(|info| info.peer == one.id()).unwrap();
    eventually(|| of_one().status.height == 9).await;
    let (mut from_one, mut from_two) = (0, 0);
    while from_one < 200 || from_two < 200 {
        let (peer, number) = slow
            .wait(|event| match event {
                NetworkEvent::Consensus { peer, bytes } => Some((peer, bytes[0])),
                _ => None,
            })
            .await;
        let next = if peer == one.id() { &mut from_one } else { &mut from_two };
        assert_eq!(u32::from(number), *next);
        *next += 1;
    }
}

#[tokio::test]
async fn asking_a_lot_is_slowed_down_and_no_flood() {
    let mut few = config();
    few.limits.requests.peer.messages = 20;
    let (one, two) = pair(few.clone(), NetworkConfig { node_key: config().node_key, ..few }).await;
    let asked = (0..60).map(|_| one.network.request(two.id(), Request::Peers));
    let answers = within(futures::future::join_all(asked)).await;
    assert!(answers.iter().all(|answer| *answer == Ok(Response::Peers(Vec::new()))));
    assert_eq!(two.network.peers()[0].score, 0);
}

/// Round trips of a vote, alone and beside blocks; prints what it measured.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn votes_go_and_come_back_quickly() {
    const ROUND_TRIPS: u32 = 300;
    let (mut one, mut two) = pair(config(), config()).await;
    let echo = tokio::spawn(async move {
        while let Some(event) = two.events.recv().await {
            if let NetworkEvent::Consensus { peer, bytes } = event {
                two.network.send_consensus(Target::Peer(peer), bytes);
            }
        }
    });
    for with_blocks in [false, true] {
        let mut times = Vec::new();
        for number in 0..ROUND_TRIPS {
            if with_blocks && number % 30 == 0 {
                one.network.send_block(Target::All, vec![1; 1 << 20]);
            }
            let begin = std::time::Instant::now();
            one.network.send_consensus(Target::All, vec![0; 200]);
            one.consensus().await;
            times.push(begin.elapsed());
        }
        times.sort_unstable();
        let (median, most) = (times[times.len() / 2], times[times.len() - 1]);
        println!("round trip of a vote, blocks {with_blocks}: median {median:?}, most {most:?}");
        assert!(median < std::time::Duration::from_millis(100), "{median:?}");
    }
    echo.abort();
}
