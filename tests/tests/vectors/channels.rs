//! Not outside files, but what outside libraries made of ours: vouchers and ids as viem and eth-account make them (`tests/data/channels`): digests, both forms of
//! signatures, signers, ids.

use alloy_primitives::{Address, B256, Bytes};
use alloy_sol_types::SolStruct;
use btt_api::types::{
    AnyVoucher, ChannelVoucher, ConditionalChannelVoucher, CoopCloseSplit, PoolChannelVoucher,
};
use btt_runtime::modules::channels::voucher::{
    ConditionalVoucher, CoopClose, Descriptor, Domain, Kind, KnownSigner, PoolVoucher, SigningKey,
    Voucher, Watch, parse_signature, sign, to_compact,
};
use serde::Deserialize;
use serde_json::{Value, from_str, from_value};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cases {
    domain: Value,
    private_keys: Vec<B256>,
    types: std::collections::BTreeMap<String, String>,
    messages: Vec<Case>,
    descriptors: Vec<Described>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    #[serde(rename = "type")]
    kind: String,
    chain_id: u64,
    message: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    kind: u8,
    payer: Address,
    payee: Address,
    operator: Address,
    salt: B256,
    signer: Address,
    open_index: u64,
    chain_id: u64,
}

#[derive(Deserialize)]
struct Made {
    messages: Vec<MadeMessage>,
    ids: Vec<B256>,
}

#[derive(Deserialize)]
struct MadeMessage {
    digest: B256,
    signatures: Vec<MadeSignature>,
}

#[derive(Deserialize)]
struct MadeSignature {
    signer: Address,
    signature: Bytes,
    compact: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WatchJson {
    channel_id: B256,
    tower: Address,
    tip_bps: u16,
    valid_until: u64,
}

fn files() -> (Cases, Made) {
    let cases = from_str(include_str!("../../data/channels/cases.json")).unwrap();
    (cases, from_str(include_str!("../../data/channels/signed.json")).unwrap())
}

/// The digest, and the type's name and fields as the library has them.
fn digest(case: &Case) -> (B256, String) {
    fn of<T: SolStruct>(chain_id: u64, message: &T) -> (B256, String) {
        (Domain::of(chain_id).digest(message), T::eip712_root_type().into_owned())
    }
    let (id, json) = (case.chain_id, case.message.clone());
    let voucher: Option<AnyVoucher> = from_value(json.clone()).ok();
    match (case.kind.as_str(), voucher) {
        ("Voucher", Some(AnyVoucher::Voucher(v))) => of(id, &Voucher::from(v)),
        ("PoolVoucher", Some(AnyVoucher::Pool(v))) => of(id, &PoolVoucher::from(v)),
        ("ConditionalVoucher", Some(AnyVoucher::Conditional(v))) => {
            of(id, &ConditionalVoucher::from(v))
        }
        ("CoopClose", None) => {
            of(id, &CoopClose::from(from_value::<CoopCloseSplit>(json).unwrap()))
        }
        ("Watch", None) => {
            let watch: WatchJson = from_value(json).unwrap();
            let WatchJson { channel_id, tower, tip_bps, valid_until } = watch;
            of(
                id,
                &Watch { channelId: channel_id, tower, tipBps: tip_bps, validUntil: valid_until },
            )
        }
        (kind, voucher) => panic!("{kind} is read as {voucher:?}"),
    }
}

#[test]
fn digests_and_signatures_are_those_of_viem_and_eth_account() {
    let (cases, made) = files();
    assert_eq!(cases.messages.len(), made.messages.len());
    assert_eq!(cases.messages.len(), 8);
    for (case, made) in cases.messages.iter().zip(&made.messages) {
        let (digest, root_type) = digest(case);
        assert_eq!(root_type, format!("{}({})", case.kind, cases.types[&case.kind]));
        assert_eq!(digest, made.digest, "{root_type} on chain {}", case.chain_id);
        assert_eq!(made.signatures.len(), cases.private_keys.len());
        for (key, made) in cases.private_keys.iter().zip(&made.signatures) {
            let signature = sign(digest, &SigningKey::from_byte_array(key.0).unwrap());
            assert_eq!(signature.as_bytes()[..], made.signature[..]);
            assert_eq!(to_compact(&signature)[..], made.compact[..]);
            for form in [&made.signature, &made.compact] {
                assert_eq!(parse_signature(form), Ok(signature));
            }
            let signer = KnownSigner::recover(digest, &signature).unwrap();
            assert_eq!(signer.address(), made.signer);
        }
    }
    // Both parities of v occur, so that the top bit of the compact form is tried.
    let tops: Vec<bool> =
        made.messages.iter().flat_map(|m| &m.signatures).map(|s| s.compact[32] >> 7 == 1).collect();
    assert!(tops.contains(&true) && tops.contains(&false));
}

#[test]
fn the_domain_is_the_librarys() {
    let (cases, _) = files();
    let domain = Domain::typed(990_003);
    let of = |name: &str| cases.domain[name].as_str().unwrap().to_owned();
    assert_eq!(domain.name.as_deref(), Some(of("name").as_str()));
    assert_eq!(domain.version.as_deref(), Some(of("version").as_str()));
    assert_eq!(domain.verifying_contract, Some(of("verifyingContract").parse().unwrap()));
    assert_eq!(domain.salt, None);
}

#[test]
fn ids_are_those_of_viem_and_eth_account() {
    let (cases, made) = files();
    assert_eq!((cases.descriptors.len(), made.ids.len()), (3, 3));
    for (case, id) in cases.descriptors.iter().zip(&made.ids) {
        let descriptor = Descriptor {
            kind: if case.kind == 0 { Kind::Channel } else { Kind::Pool },
            payer: case.payer,
            payee: case.payee,
            operator: case.operator,
            salt: case.salt,
            signer: case.signer,
            open_index: case.open_index,
        };
        assert_eq!(descriptor.id(case.chain_id), *id);
    }
}

#[test]
fn fields_that_are_left_out_are_zero() {
    let plain = r#"{"channelId":"0x0707070707070707070707070707070707070707070707070707070707070707","cumulativeAmount":"5"}"#;
    let voucher: ChannelVoucher = from_str(plain).unwrap();
    assert_eq!((voucher.lane, voucher.tick_value, voucher.tick_max), (0, 0, 0));
    assert!(from_str::<PoolChannelVoucher>(plain).is_err());
    assert!(from_str::<ConditionalChannelVoucher>(plain).is_err());
}
