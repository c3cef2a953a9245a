//! Vouchers that somebody else signed, or for something else, or twice: each is refused by name, and nothing
//! is lost. Rows of the design's table of frauds that a chain can see.

use super::world::*;
use crate::modules::channels::{
    IChannels::{self, Tick, Voucher},
    voucher::{Domain, TickChain, sign},
};
use crate::primitives::DEV_CHAIN_ID;
use alloy_primitives::{B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolStruct as _, eip712_domain};

fn with_signature(voucher: Voucher, signature: impl Into<Bytes>) -> IChannels::settleCall {
    IChannels::settleCall { voucher, tick: Tick::default(), signature: signature.into() }
}

#[test]
fn a_voucher_of_another_chain_module_channel_or_lane_is_not_signed() {
    let mut world = World::new();
    let id = world.open(100 * BTT);
    let other = world.open(100 * BTT);
    let good = voucher(id, BTT);
    let elsewhere = Domain::of(DEV_CHAIN_ID + 1).digest(&good);
    let module = eip712_domain! {
        name: "BTT Channels", version: "1", chain_id: DEV_CHAIN_ID,
        verifying_contract: crate::primitives::addresses::MARKET,
    };
    let module = good.eip712_signing_hash(&module);
    let digests = [
        elsewhere,
        module,
        domain().digest(&voucher(other, BTT)),
        domain().digest(&in_lane(id, 1, BTT)),
        domain().digest(&voucher(id, BTT - 1)),
        domain().digest(&pool_voucher(id, PAYEE, BTT)),
    ];
    for digest in digests {
        let call = with_signature(good.clone(), sign(digest, &key(PAYER)).as_bytes());
        assert_eq!(world.call(PAYEE, &call), revert(IChannels::BadSignature {}));
    }
    let call = with_signature(good.clone(), sign(domain().digest(&good), &key(PAYER)).as_bytes());
    assert_eq!(world.call(PAYEE, &call).unwrap(), BTT);
}

#[test]
fn the_signer_signs_and_not_the_payer_where_another_is_set() {
    let mut world = World::new();
    let signer = 6;
    let open = IChannels::openCall { signer: account(signer), ..open_call(PAYEE) };
    let id = world.pay(PAYER, 10 * BTT + CHANNEL_STORAGE, &open).unwrap();
    let plain = world.open(10 * BTT);
    let refused = revert(IChannels::BadSignature {});
    assert_eq!(world.call(PAYEE, &settle(voucher(id, BTT), PAYER)), refused);
    assert_eq!(world.call(PAYEE, &settle(voucher(plain, BTT), signer)), refused);
    assert_eq!(world.call(PAYEE, &settle(voucher(id, BTT), PAYEE)), refused);
    assert_eq!(world.call(PAYEE, &settle(voucher(id, BTT), signer)).unwrap(), BTT);
    assert_eq!(world.call(PAYEE, &settle(voucher(plain, BTT), PAYER)).unwrap(), BTT);
}

#[test]
fn every_form_but_the_two_of_a_low_s_signature_is_refused() {
    let mut world = World::new();
    let id = world.open(10 * BTT);
    let good = voucher(id, BTT);
    let signature = sign(domain().digest(&good), &key(PAYER));
    let order = U256::from_be_bytes(secp256k1::constants::CURVE_ORDER);
    let high =
        alloy_primitives::Signature::new(signature.r(), order - signature.s(), !signature.v());
    let bytes = signature.as_bytes();
    let mut v = bytes;
    v[64] = 29;
    let mut flipped = bytes;
    flipped[64] = 27 + u8::from(!signature.v());
    let refused: [Bytes; 9] = [
        high.as_bytes().into(),
        v.into(),
        flipped.into(),
        [0u8; 65].into(),
        [0u8; 64].into(),
        bytes[..63].to_vec().into(),
        [&bytes[..], &[0]].concat().into(),
        Bytes::new(),
        [&bytes[..32], &[0u8; 33]].concat().into(),
    ];
    for wrong in refused {
        let call = with_signature(good.clone(), wrong.clone());
        assert_eq!(world.call(PAYEE, &call), revert(IChannels::BadSignature {}), "{wrong}");
    }
    let compact = with_signature(good, signature.as_erc2098());
    assert_eq!(world.call(PAYEE, &compact).unwrap(), BTT);
    let zero_v = voucher(id, 2 * BTT);
    let mut bytes = sign(domain().digest(&zero_v), &key(PAYER)).as_bytes();
    bytes[64] -= 27;
    assert_eq!(world.call(PAYEE, &with_signature(zero_v, bytes)).unwrap(), BTT, "v of 0 or 1");
}

#[test]
fn a_claim_ends_at_the_deposit_to_the_wei() {
    let mut world = World::new();
    let id = world.open(100 * BTT);
    let above = |claim: U256| IChannels::AboveDeposit {
        claimWei: claim,
        depositWei: U256::from(100 * BTT),
    };
    for wei in [100 * BTT + 1, u128::MAX] {
        let refused = world.call(PAYEE, &settle(voucher(id, wei), PAYER));
        assert_eq!(refused, revert(above(U256::from(wei))));
    }
    assert_eq!(world.call(PAYEE, &settle(voucher(id, 100 * BTT), PAYER)).unwrap(), 100 * BTT);
}

#[test]
fn lanes_beyond_the_last_are_refused() {
    let mut world = World::new();
    let id = world.open(100 * BTT);
    for lane in [4, 255, 256, u32::MAX] {
        let refused = world.call(PAYEE, &settle(in_lane(id, lane, BTT), PAYER));
        assert_eq!(refused, revert(IChannels::BadLane { lane }));
    }
}

#[test]
fn ticks_of_another_chain_lane_or_amount_do_not_count() {
    let mut world = World::new();
    let id = world.open(100 * BTT);
    let chain = TickChain::new(id, 0, 10 * BTT, 100, keccak256("secret"));
    let anchored = |lane, wei| Voucher {
        tickAnchor: chain.anchor(),
        tickValue: BTT,
        tickMax: 50,
        ..in_lane(id, lane, wei)
    };
    let tick = |index: u32, preimage| Tick { index, preimage };
    let third = chain.tick(3).unwrap();
    let mut claim = |voucher: Voucher, tick| world.call(PAYEE, &settle_ticks(voucher, tick, PAYER));
    for index in [2, 4] {
        let refused = claim(anchored(0, 10 * BTT), tick(index, third));
        assert_eq!(refused, revert(IChannels::BadTick { index }));
    }
    // The payer signed the same anchor twice: in another lane and for another amount it is worth nothing.
    for voucher in [anchored(1, 10 * BTT), anchored(0, 11 * BTT)] {
        let refused = claim(voucher, tick(3, third));
        assert_eq!(refused, revert(IChannels::BadTick { index: 3 }));
    }
    let fifty_first = chain.tick(51).unwrap();
    let refused = claim(anchored(0, 10 * BTT), tick(51, fifty_first));
    assert_eq!(refused, revert(IChannels::TickTooFar { index: 51, max: 50 }));
    assert_eq!(claim(anchored(0, 10 * BTT), tick(3, third)).unwrap(), 13 * BTT);
    let huge = Voucher { tickValue: u128::MAX, ..anchored(0, 10 * BTT) };
    assert_eq!(claim(huge, tick(3, third)), revert(IChannels::AmountOverflow {}));
}

#[test]
fn nothing_is_written_in_a_static_call_and_views_work_in_one() {
    use crate::modules::{ModuleError, channels::Channels, dispatch};
    use alloy_sol_types::SolCall as _;
    let mut world = World::new();
    let id = world.open(10 * BTT);
    let mut run = |input: Vec<u8>| {
        let caller = account(PAYEE);
        dispatch(&Channels, &mut world.host(), caller, U256::ZERO, true, &input)
    };
    let refused = run(settle(voucher(id, BTT), PAYER).abi_encode());
    assert_eq!(refused, Err(ModuleError::StaticViolation));
    assert!(run(IChannels::channelCall { channelId: id }.abi_encode()).is_ok());
    let unknown = run(vec![1, 2, 3, 4]);
    assert!(matches!(unknown, Err(ModuleError::Revert(_))));
}

#[test]
fn value_is_refused_where_none_is_taken() {
    let mut world = World::new();
    let id = world.open(10 * BTT);
    let unexpected = revert(crate::modules::UnexpectedValue {});
    assert_eq!(world.pay(PAYER, 1, &settle(voucher(id, BTT), PAYER)), unexpected);
    let channel = world.pay(PAYER, 1, &IChannels::channelCall { channelId: id });
    assert_eq!(channel, revert(crate::modules::UnexpectedValue {}));
}

#[test]
fn forced_coins_belong_to_no_record_and_go_to_the_treasury() {
    use crate::{
        modules::Host as _,
        primitives::addresses::{CHANNELS, TREASURY},
    };
    let mut world = World::new();
    let id = world.open(10 * BTT);
    world.host().transfer(account(STRANGER), CHANNELS, U256::from(7)).unwrap();
    assert_eq!(world.call(STRANGER, &IChannels::sweepCall {}).unwrap(), U256::from(7));
    assert_eq!(world.state.balance(TREASURY).unwrap(), U256::from(7));
    assert_eq!(world.call(STRANGER, &IChannels::sweepCall {}).unwrap(), U256::ZERO);
    assert_eq!(world.channel(id).unwrap().depositWei, 10 * BTT);
    let unknown = IChannels::UnknownChannel { channelId: B256::ZERO };
    assert_eq!(world.channel(B256::ZERO), revert(unknown));
}
