//! The fuzz targets' entry points on a bounded number of inputs, so that they run everywhere: any bytes, and
//! valid ones with a few changes, which get past the first check of a decoder.

use alloy_consensus::{TxEip1559, TxEip2930, TxEip7702, TxLegacy};
use alloy_primitives::{Address, B256, U256, hex};
use btt_api::keystore::{KeyFile, SecretKey, kdf::ScryptParams};
use btt_genesis::Preset;
use btt_tests::{chain::Chain, fuzz, keys::Key};
use proptest::{prelude::*, sample::Index};
use std::sync::OnceLock;

/// A change of a valid input.
#[derive(Debug, Clone)]
enum Change {
    Set(Index, u8),
    Flip(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    Truncate(Index),
    /// Repeats a part, as lists with too many items have it.
    Double(Index, Index),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        (any::<Index>(), 0..8u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Insert(at, byte)),
        any::<Index>().prop_map(Change::Remove),
        any::<Index>().prop_map(Change::Truncate),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Change::Double(from, to)),
    ]
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let place = |index: &Index| index.index(bytes.len());
        match self {
            Self::Set(at, byte) => {
                let at = place(at);
                bytes[at] = *byte;
            }
            Self::Flip(at, bit) => {
                let at = place(at);
                bytes[at] ^= 1 << bit;
            }
            Self::Insert(at, byte) => bytes.insert(place(at), *byte),
            Self::Remove(at) => {
                let at = place(at);
                bytes.remove(at);
            }
            Self::Truncate(at) => bytes.truncate(place(at)),
            Self::Double(from, to) => {
                let (from, to) = (place(from).min(place(to)), place(from).max(place(to)));
                let part = bytes[from..to].to_vec();
                bytes.splice(to..to, part);
            }
        }
    }
}

/// Any bytes, or one of the seeds with up to four changes.
fn input(seeds: &'static [Vec<u8>]) -> impl Strategy<Value = Vec<u8>> {
    let mutated =
        (any::<Index>(), prop::collection::vec(change(), 0..5)).prop_map(|(seed, changes)| {
            let mut bytes = seed.get(seeds).clone();
            changes.iter().for_each(|change| change.apply(&mut bytes));
            bytes
        });
    prop_oneof![1 => prop::collection::vec(any::<u8>(), 0..300), 4 => mutated]
}

/// Drives an entry point, after its seeds have shown that they are understood.
fn drive(cases: u32, seeds: &'static [Vec<u8>], target: fn(&[u8]) -> bool) {
    for seed in seeds {
        assert!(target(seed), "a seed is not understood: {}", hex::encode(seed));
    }
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(bytes in input(seeds))| {
        target(&bytes);
    });
}

/// Seeds that are made once and live as long as the test.
macro_rules! seeds {
    ($make:expr) => {{
        static SEEDS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
        SEEDS.get_or_init(|| $make).as_slice()
    }};
}

fn transactions() -> Vec<Vec<u8>> {
    let key = Key::numbered(7);
    let to = Address::repeat_byte(5);
    let list = alloy_eips::eip2930::AccessList(vec![alloy_eips::eip2930::AccessListItem {
        address: to,
        storage_keys: vec![B256::repeat_byte(3), B256::ZERO],
    }]);
    let input = alloy_primitives::Bytes::from(vec![0, 1, 2, 0x80, 0xff]);
    let signed = [
        key.sign_raw(TxLegacy { chain_id: Some(5), to: to.into(), ..TxLegacy::default() }),
        key.sign_raw(TxLegacy { nonce: 1 << 40, value: U256::MAX, ..TxLegacy::default() }),
        key.sign_raw(TxEip2930 { chain_id: 5, access_list: list.clone(), ..TxEip2930::default() }),
        key.sign_raw(TxEip1559 { chain_id: 5, input, access_list: list, ..TxEip1559::default() }),
        key.sign_raw(TxEip7702 {
            chain_id: 5,
            to,
            authorization_list: vec![key.authorize(5, to, 0), key.authorize(0, to, u64::MAX)],
            ..TxEip7702::default()
        }),
    ];
    signed.into_iter().map(|raw| raw.to_vec()).collect()
}

/// Two blocks of a chain, so that the second carries the first one's certificate.
fn blocks() -> (Chain, Vec<btt_runtime::block::Block>) {
    let mut chain = Chain::dev();
    let transfer = |nonce| {
        Key::dev(0).sign(TxEip1559 {
            chain_id: chain_id(),
            nonce,
            gas_limit: 21_000,
            max_fee_per_gas: 100_000_000_000,
            to: Address::repeat_byte(5).into(),
            ..TxEip1559::default()
        })
    };
    let blocks = (0..2).map(|nonce| chain.produce([transfer(nonce)]).block).collect();
    (chain, blocks)
}

fn chain_id() -> u64 {
    btt_runtime::primitives::DEV_CHAIN_ID
}

#[test]
fn no_bytes_make_the_transaction_decoder_panic_or_lie() {
    drive(4_000, seeds!(transactions()), fuzz::transaction);
}

#[test]
fn no_bytes_make_the_body_decoder_panic_or_lie() {
    drive(4_000, seeds!(blocks().1.iter().map(|block| block.body.encode()).collect()), fuzz::body);
}

#[test]
fn no_bytes_make_the_decoders_of_headers_and_certificates_panic_or_lie() {
    let make = || {
        let (chain, blocks) = blocks();
        let headers = blocks.iter().map(|block| alloy_rlp::encode(&block.header));
        headers.chain(chain.certificate().map(alloy_rlp::encode)).collect()
    };
    drive(4_000, seeds!(make()), fuzz::header_and_certificate);
}

fn messages() -> Vec<Vec<u8>> {
    use arc_malachitebft_core_types::{
        NilOrVal, PolkaCertificate, PolkaSignature, Round, RoundCertificate, RoundCertificateType,
        SignedProposal, SignedVote, VoteType,
    };
    use btt_node::consensus::{context::*, message::Message};
    let key = Key::numbered(7);
    let seal = |digest| Seal(key.sign_digest(digest).as_bytes().into());
    let (height, round, voter) = (Height(9), Round::new(2), ValidatorId(key.address()));
    let vote = |kind, value| {
        let ballot = Ballot { kind, height, round, value, voter };
        let signature = seal(ballot.vote().digest(1));
        SignedVote::new(ballot, signature)
    };
    let block = BlockId(B256::repeat_byte(8));
    let prevote = vote(VoteType::Prevote, NilOrVal::Val(block));
    let precommit = vote(VoteType::Precommit, NilOrVal::Nil);
    let offer = Offer { height, round, value: block, pol_round: Round::new(0), proposer: voter };
    let signature = seal(offer.proposal().digest(1));
    let polka = PolkaCertificate {
        height,
        round,
        value_id: block,
        polka_signatures: vec![PolkaSignature::new(voter, prevote.signature)],
    };
    let votes = vec![prevote.clone(), precommit.clone()];
    let rounds = RoundCertificate::new_from_votes(height, round, RoundCertificateType::Skip, votes);
    let messages = [
        Message::Vote(prevote),
        Message::Vote(precommit),
        Message::Proposal(SignedProposal::new(offer, signature)),
        Message::Polka(polka),
        Message::Round(rounds),
    ];
    messages.iter().map(Message::encode).collect()
}

#[test]
fn no_bytes_make_the_decoders_of_consensus_panic_or_lie() {
    let make = || {
        let blocks = blocks().1.into_iter().map(|block| block.encode());
        messages().into_iter().chain(blocks).collect()
    };
    drive(4_000, seeds!(make()), fuzz::consensus);
}

#[test]
fn no_parameters_make_the_rpc_panic_or_read_them_in_two_ways() {
    let texts = [
        r#"{"from":"0x0101010101010101010101010101010101010101","to":null,"gas":"0x5208","gasPrice":"0x1","value":"0xde0b6b3a7640000","input":"0x60006000","nonce":"0x0","accessList":[{"address":"0x0202020202020202020202020202020202020202","storageKeys":["0x0000000000000000000000000000000000000000000000000000000000000001"]}]}"#,
        r#"{"maxFeePerGas":"0x77359400","maxPriorityFeePerGas":"0x3b9aca00","chainId":"0xf1b33","type":"0x2","data":"0x"}"#,
        r#"{"fromBlock":"0x1","toBlock":"latest","address":["0x0101010101010101010101010101010101010101"],"topics":[null,["0x0000000000000000000000000000000000000000000000000000000000000001"]]}"#,
        r#"{"blockHash":"0x0000000000000000000000000000000000000000000000000000000000000001"}"#,
        r#""finalized""#,
        r#""0x10""#,
        r#"{"blockNumber":"0x10"}"#,
        r#"{"0x0101010101010101010101010101010101010101":{"balance":"0x1","nonce":"0x2","code":"0x00","stateDiff":{"0x0000000000000000000000000000000000000000000000000000000000000001":"0x0000000000000000000000000000000000000000000000000000000000000002"}}}"#,
        r#"{"number":"0x5","time":"0x6","gasLimit":"0x7","baseFeePerGas":"0x8"}"#,
        r#"{"tracer":"callTracer","tracerConfig":{"onlyTopCall":true},"timeout":"5s","stateOverrides":{}}"#,
        r#""newPendingTransactions""#,
        "7",
        "true",
    ];
    let make = || texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    drive(4_000, seeds!(make()), fuzz::rpc_parameters);
}

/// Batches of every kind of item, a call of one, and a signature.
fn vouchers() -> Vec<Vec<u8>> {
    use alloy_sol_types::SolCall as _;
    use btt_runtime::modules::channels::{
        IChannels,
        batch::{BatchItem, Payment},
        voucher::{ConditionalVoucher, PoolVoucher, Tick, Voucher},
    };
    let signature = Key::numbered(7).sign_digest(B256::repeat_byte(1));
    let tick = Tick { index: 3, preimage: B256::repeat_byte(4) };
    let long = Voucher { lane: 2, cumulativeAmount: 5, tickMax: 9, ..Voucher::default() };
    let payee = Address::repeat_byte(6);
    let pool = PoolVoucher { payee, tickValue: u128::MAX, ..PoolVoucher::default() };
    let condition = ConditionalVoucher { timeout: 7, ..ConditionalVoucher::default() };
    let payments = [
        Payment::Voucher(Voucher::default(), Tick::default()),
        Payment::Voucher(long, tick.clone()),
        Payment::Pool(PoolVoucher::default(), Tick::default()),
        Payment::Pool(pool, tick),
        Payment::Conditional(condition, B256::repeat_byte(8)),
    ];
    let encoded = |payment: &Payment| {
        let mut bytes = Vec::new();
        BatchItem::new(payment.clone(), &signature).encode(&mut bytes);
        bytes
    };
    let mut seeds: Vec<Vec<u8>> = payments.iter().map(encoded).collect();
    seeds.push(seeds.concat());
    let call = IChannels::batchSettleCall { items: seeds.concat().into() };
    seeds.push(call.abi_encode());
    seeds.push(signature.as_bytes().to_vec());
    seeds
}

#[test]
fn no_bytes_make_the_decoders_of_vouchers_panic_or_lie() {
    drive(4_000, seeds!(vouchers()), fuzz::vouchers);
}

#[test]
fn no_text_makes_the_reader_of_market_books_panic_or_lie() {
    let make = || {
        let text = include_str!("../../docs/examples/market-book.json");
        let book = btt_cli::market::parse_book(text).expect("the example").book;
        vec![
            text.as_bytes().to_vec(),
            btt_cli::market::to_json(3, &book).expect("JSON").into_bytes(),
            br#"{"tie":"id","offers":[],"bids":[]}"#.to_vec(),
        ]
    };
    drive(4_000, seeds!(make()), fuzz::market_book);
}

#[test]
fn no_text_makes_the_reader_of_key_files_panic_or_lie() {
    let make = || {
        let key = SecretKey::from_bytes(&[7; 32]).expect("a key");
        let quick = ScryptParams { n: 2, r: 8, p: 1 };
        let file = KeyFile::encrypt(&key, "pw", quick).expect("encrypts");
        vec![file.to_json().into_bytes()]
    };
    drive(4_000, seeds!(make()), fuzz::keystore);
}

#[test]
fn no_text_makes_the_reader_of_chain_specs_panic_or_lie() {
    let make = || {
        let validators = vec![Key::numbered(7).validator(1)];
        let presets = [Preset::Dev, Preset::Localnet, Preset::Mainnet];
        let json = |preset: Preset| preset.spec(validators.clone()).to_json().expect("JSON");
        presets.into_iter().map(|preset| json(preset).into_bytes()).collect()
    };
    drive(1_000, seeds!(make()), fuzz::chain_spec);
}
