//! Entry points of fuzzing, one for each kind of bytes that come from outside. They are driven by the targets
//! in `tests/fuzz` for as long as one likes, and by the bounded tests in `tests/tests/fuzz.rs` always.
//!
//! Each must hold for any bytes: nothing panics, and whatever decodes encodes again to the same bytes (JSON:
//! to the same value), for else two nodes could hash the same thing differently. `true` means that the bytes
//! were understood.

use alloy_consensus::Header;
use alloy_eips::eip2718::Encodable2718 as _;
use alloy_primitives::{Address, B256, Bytes};
use alloy_rlp::{Decodable, Encodable};
use btt_api::{
    keystore::KeyFile,
    types::{
        BlockId, BlockOverrides, Filter, FilterId, JsonStorageKey, Number, StateOverride,
        TransactionRequest, pubsub, trace,
    },
};
use btt_cli::market::{EpochBook, compare::compare, naive, parse_book, to_json};
use btt_genesis::{AllocAccount, ChainSpec, Preset, SpecError, stream_spec};
use btt_node::consensus::message::Message;
use btt_runtime::{
    block::{
        Block, Body, CommitCertificate, Evidence,
        header::{HeaderRules, validate_fields},
    },
    modules::{
        channels::{
            batch::{decode_all, signatures_in},
            voucher::{parse_signature, to_compact},
        },
        market::clearing::clear,
    },
    tx::{RecoveryMemo, UnrecoveredTransaction, recover::recover_signer},
};
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::BTreeSet, fmt::Debug};

/// A signed transaction, as `eth_sendRawTransaction` and block bodies carry it.
pub fn transaction(bytes: &[u8]) -> bool {
    let Ok(tx) = UnrecoveredTransaction::decode(Bytes::copy_from_slice(bytes)) else {
        return false;
    };
    assert_eq!(tx.envelope.encoded_2718(), bytes);
    if let Ok(tx) = tx.recover(&RecoveryMemo::default()) {
        // Arithmetic on numbers that anybody may choose.
        let _ = (tx.max_cost_wei(), tx.effective_tip_wei(1), tx.effective_gas_price_wei(u64::MAX));
    }
    true
}

/// A block's body, as peers and the disk hold it.
pub fn body(bytes: &[u8]) -> bool {
    let Ok(body) = Body::decode(bytes) else { return false };
    assert_eq!(body.encode(), bytes);
    assert_eq!(body.encoded_len(), bytes.len());
    // May fail; must not panic.
    let _ = body.decode_transactions();
    true
}

/// A header or a commit certificate.
pub fn header_and_certificate(bytes: &[u8]) -> bool {
    let header = exact::<Header>(bytes);
    if let Some(header) = &header {
        let rules = HeaderRules { gas_limit: 60_000_000, min_base_fee_wei: 1 };
        let _ = validate_fields(header, header, B256::ZERO, rules);
    }
    let certificate = exact::<CommitCertificate>(bytes);
    if let Some(certificate) = &certificate {
        let validators =
            Preset::Dev.spec(vec![crate::keys::Key::numbered(1).validator(1)]).validators();
        let (height, hash) = (certificate.height, certificate.block_hash);
        let _ = certificate.verify(1, height, hash, &validators);
    }
    header.is_some() || certificate.is_some()
}

/// What nodes say to each other about a height: votes, proposals, certificates, blocks, evidence.
pub fn consensus(bytes: &[u8]) -> bool {
    let message = Message::decode(bytes, 1);
    if let Ok(message) = &message {
        assert_eq!(message.encode(), bytes);
        let _ = message.height();
    }
    let block = Block::decode(bytes);
    if let Ok(block) = &block {
        assert_eq!(block.encode(), bytes);
    }
    let evidence = exact::<Evidence>(bytes);
    if let Some(evidence) = &evidence {
        let spec = Preset::Dev.spec(vec![crate::keys::Key::numbered(1).validator(1)]);
        let _ = evidence.verify(spec.chain_id, u64::MAX, &spec.validators());
    }
    message.is_ok() || block.is_ok() || evidence.is_some()
}

fn exact<T: Decodable + Encodable>(bytes: &[u8]) -> Option<T> {
    let value: T = alloy_rlp::decode_exact(bytes).ok()?;
    assert_eq!(alloy_rlp::encode(&value), bytes);
    Some(value)
}

/// Parameters of a JSON-RPC request, as every type that a method takes.
pub fn rpc_parameters(bytes: &[u8]) -> bool {
    let readings = [
        stable::<TransactionRequest>(bytes),
        stable::<Filter>(bytes),
        stable::<BlockId>(bytes),
        stable::<StateOverride>(bytes),
        stable::<BlockOverrides>(bytes),
        stable::<FilterId>(bytes),
        stable::<JsonStorageKey>(bytes),
        stable::<Number>(bytes),
        stable::<pubsub::SubscriptionKind>(bytes),
        stable::<trace::GethDebugTracingCallOptions>(bytes),
        // It does not write what it reads: an empty filter becomes `{}`, and is read as one again.
        serde_json::from_slice::<pubsub::Params>(bytes).is_ok(),
    ];
    readings.contains(&true)
}

/// Whether JSON is a `T`; if it is, what is written of it reads as the same again.
fn stable<T: DeserializeOwned + Serialize + PartialEq + Debug>(bytes: &[u8]) -> bool {
    let Ok(value) = serde_json::from_slice::<T>(bytes) else { return false };
    let text = serde_json::to_string(&value).expect("what was read can be written");
    let again: T = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(again, value);
    true
}

/// A call of the channels module: its vouchers, and a batch of them in the tight form.
pub fn vouchers(bytes: &[u8]) -> bool {
    let items = decode_all(bytes);
    if let Ok(items) = &items {
        // An item may have a shorter form than it came in; it is the same item.
        let mut again = Vec::new();
        items.iter().for_each(|item| item.encode(&mut again));
        assert!(again.len() <= bytes.len());
        assert_eq!(decode_all(&again).as_ref(), Ok(items));
    }
    let signature = parse_signature(bytes);
    if let Ok(signature) = &signature {
        assert_eq!(parse_signature(&to_compact(signature)).as_ref(), Ok(signature));
    }
    let carried = signatures_in(1, bytes);
    for (digest, signature) in &carried {
        // May have no signer; must not panic.
        let _ = recover_signer(*digest, signature);
    }
    items.is_ok_and(|items| !items.is_empty()) || signature.is_ok() || !carried.is_empty()
}

/// A book of the bandwidth market as JSON. What is sound is cleared: no money appears or vanishes, and where it is
/// small, the reference solver finds the same.
pub fn market_book(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Ok(read) = parse_book(text) else { return false };
    let EpochBook { epoch, book } = &read;
    let written = to_json(*epoch, book).expect("what was read can be written");
    assert_eq!(parse_book(&written).as_ref(), Ok(&read), "{written}");
    let Ok(outcome) = clear(book) else { return true };
    let paid: u128 = outcome.bids.iter().map(|bid| bid.payment).sum();
    let earned: u128 = outcome.offers.iter().map(|offer| offer.gross).sum();
    assert_eq!(paid, earned + outcome.dust + outcome.burnt, "{text}");
    let sizes = (book.bids.len(), book.offers.len());
    let units = book.bids.iter().flat_map(|bid| &bid.tiers).map(|tier| u64::from(tier.quantity));
    if sizes.0.max(sizes.1) <= 16 && units.sum::<u64>() <= 1_000 {
        let difference = compare(book, &outcome, &naive::solve(book, None)).err();
        assert_eq!(difference, None, "{text}");
    }
    true
}

/// A key file.
pub fn keystore(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Ok(file) = KeyFile::parse(text) else { return false };
    let again = KeyFile::parse(&file.to_json()).expect("what was written can be read");
    assert_eq!(again.to_json(), file.to_json());
    assert_eq!(again.address(), file.address());
    true
}

/// A chain spec, read whole and as a stream.
pub fn chain_spec(bytes: &[u8]) -> bool {
    let mut accounts = BTreeSet::new();
    let mut sink = |address: Address, _: AllocAccount| {
        let is_new = accounts.insert(address);
        is_new.then_some(()).ok_or(SpecError::Duplicate(address))
    };
    let streamed = stream_spec(bytes, &mut sink);
    let whole = std::str::from_utf8(bytes).ok().and_then(|text| ChainSpec::from_json(text).ok());
    let Some(spec) = whole else {
        assert!(streamed.is_err(), "only the stream reads it");
        return false;
    };
    let text = spec.to_json().expect("what was read can be written");
    assert_eq!(ChainSpec::from_json(&text).as_ref(), Ok(&spec), "{text}");
    if let Ok((read, totals)) = streamed {
        assert_eq!(spec.validate(), Ok(()));
        assert_eq!(read.rules_hash(), spec.rules_hash());
        // An account that stands twice is found by the stream alone; all else is the same.
        let (_, again) = spec.stream(&mut |_, _| Ok(())).expect("what the stream takes is right");
        assert_eq!(again, totals);
    }
    true
}
