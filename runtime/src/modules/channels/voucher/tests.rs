//! Ids, digests, signatures and ticks, some of them written down: wallets of others must give the same.

use super::*;
use crate::primitives::{DEV_CHAIN_ID, addresses::CHANNELS};
use alloy_primitives::{Address, B256, U256, address, hex, keccak256};
use alloy_sol_types::SolStruct as _;
use proptest::prelude::*;

/// The first account of the test mnemonic.
const PAYER: Address = address!("f39fd6e51aad88f6f4ce6ab8827279cfffb92266");
const KEY: [u8; 32] = hex!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");

fn key() -> SigningKey {
    SigningKey::from_byte_array(KEY).unwrap()
}

fn voucher() -> Voucher {
    Voucher {
        channelId: B256::repeat_byte(0x11),
        lane: 2,
        cumulativeAmount: 1_234_567_890_123_456_789,
        tickAnchor: B256::repeat_byte(0x22),
        tickValue: 1_000,
        tickMax: 1_024,
    }
}

#[test]
fn the_types_are_those_of_the_design() {
    let types = [
        (
            Voucher::eip712_encode_type(),
            "Voucher(bytes32 channelId,uint32 lane,uint128 cumulativeAmount,bytes32 tickAnchor,uint128 \
             tickValue,uint32 tickMax)",
        ),
        (
            PoolVoucher::eip712_encode_type(),
            "PoolVoucher(bytes32 poolId,address payee,uint32 lane,uint128 cumulativeAmount,bytes32 \
             tickAnchor,uint128 tickValue,uint32 tickMax)",
        ),
        (
            ConditionalVoucher::eip712_encode_type(),
            "ConditionalVoucher(bytes32 channelId,uint32 lane,uint128 cumulativeAmount,bytes32 \
             hashLock,uint64 timeout)",
        ),
        (
            CoopClose::eip712_encode_type(),
            "CoopClose(bytes32 channelId,uint128 settled,uint128 payerPart,uint128 payeePart)",
        ),
        (
            Watch::eip712_encode_type(),
            "Watch(bytes32 channelId,address tower,uint16 tipBps,uint64 validUntil)",
        ),
    ];
    for (have, want) in types {
        assert_eq!(have, want);
    }
}

#[test]
fn a_digest_is_what_eip_712_says() {
    let domain = Domain::of(DEV_CHAIN_ID);
    let word = |number: u64| U256::from(number).to_be_bytes::<32>();
    let separator = [
        keccak256(
            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
        )
        .0,
        keccak256("BTT Channels").0,
        keccak256("1").0,
        word(DEV_CHAIN_ID),
        CHANNELS.into_word().0,
    ];
    assert_eq!(domain.separator(), keccak256(separator.concat()));
    let voucher = voucher();
    let message = [
        Voucher::eip712_type_hash(&voucher).0,
        voucher.channelId.0,
        word(2),
        U256::from(voucher.cumulativeAmount).to_be_bytes(),
        voucher.tickAnchor.0,
        word(1_000),
        word(1_024),
    ];
    let hash = keccak256(message.concat());
    let digest = keccak256([&[0x19, 0x01], &domain.separator()[..], &hash[..]].concat());
    assert_eq!(domain.digest(&voucher), digest);
    assert_eq!(digest, voucher.eip712_signing_hash(&Domain::typed(DEV_CHAIN_ID)));
}

#[test]
fn an_id_is_the_hash_of_its_words() {
    let descriptor = Descriptor {
        kind: Kind::Pool,
        payer: PAYER,
        payee: Address::ZERO,
        operator: Address::ZERO,
        salt: B256::repeat_byte(9),
        signer: Address::repeat_byte(8),
        open_index: 3,
    };
    let word = |number: u64| B256::from(U256::from(number)).0;
    let words = [
        word(1),
        PAYER.into_word().0,
        [0; 32],
        [0; 32],
        [9; 32],
        Address::repeat_byte(8).into_word().0,
        word(3),
        word(5),
        CHANNELS.into_word().0,
    ];
    assert_eq!(descriptor.id(5), keccak256(words.concat()));
}

#[test]
fn both_forms_of_a_signature_are_read_and_no_other() {
    let digest = Domain::of(DEV_CHAIN_ID).digest(&voucher());
    let signature = sign(digest, &key());
    assert_eq!(parse_signature(&signature.as_bytes()), Ok(signature));
    assert_eq!(parse_signature(&to_compact(&signature)), Ok(signature));
    let mut bytes = signature.as_bytes();
    assert_eq!(parse_signature(&bytes[..64 - 1]), Err(SignatureError::Length(63)));
    bytes[64] = 2;
    assert_eq!(parse_signature(&bytes), Err(SignatureError::Parity(2)));
    assert_eq!(parse_signature(&[0; 64]), Err(SignatureError::Zero));
    let high = [[1u8; 32], [0x7f; 32]].concat();
    assert!(parse_signature(&high).is_ok());
    let high = [&[1u8; 32][..], &[0x7f; 32], &[27]].concat();
    assert!(parse_signature(&high).is_ok());
    let high = [&[1u8; 32][..], &[0xf0; 32], &[27]].concat();
    assert_eq!(parse_signature(&high), Err(SignatureError::HighS));
}

#[test]
fn a_known_signer_checks_what_it_signed() {
    let domain = Domain::of(DEV_CHAIN_ID);
    let digest = domain.digest(&voucher());
    let signature = sign(digest, &key());
    let signer = KnownSigner::recover(digest, &signature).unwrap();
    assert_eq!(signer.address(), PAYER);
    let next = domain.digest(&Voucher { cumulativeAmount: 7, ..voucher() });
    let other = SigningKey::from_byte_array([5; 32]).unwrap();
    assert!(signer.has_signed(next, &sign(next, &key())));
    assert!(!signer.has_signed(digest, &sign(next, &key())));
    assert!(!signer.has_signed(next, &sign(next, &other)));
    let order = U256::from_be_bytes(secp256k1::constants::CURVE_ORDER);
    let high =
        alloy_primitives::Signature::new(signature.r(), order - signature.s(), !signature.v());
    assert!(!signer.has_signed(digest, &high), "malleated");
    assert!(KnownSigner::recover(digest, &high).is_err());
    // A payer that flips v is believed off the chain; what goes to it is put right.
    let flipped = signature.with_parity(!signature.v());
    assert!(signer.has_signed(digest, &flipped));
    assert_eq!(signer.settleable(digest, &flipped), Some(signature));
    assert_eq!(signer.settleable(next, &flipped), None);
}

#[test]
fn a_claim_counts_ticks_up_to_the_last() {
    assert_eq!(claim_wei(10, 3, 5, 5), Ok(25));
    assert_eq!(claim_wei(10, 3, 5, 6), Err(ClaimError::TickTooFar { index: 6, max: 5 }));
    let max = MAX_TICKS;
    assert_eq!(claim_wei(0, 1, u32::MAX, max), Ok(u128::from(max)));
    assert_eq!(
        claim_wei(0, 1, u32::MAX, max + 1),
        Err(ClaimError::TickTooFar { index: max + 1, max })
    );
    assert_eq!(claim_wei(u128::MAX, 1, 5, 1), Err(ClaimError::Overflow));
    assert_eq!(claim_wei(0, u128::MAX, 5, 2), Err(ClaimError::Overflow));
    assert_eq!(claim_wei(u128::MAX, u128::MAX, 5, 0), Ok(u128::MAX));
}

proptest! {
    #[test]
    fn a_chain_of_ticks_leads_to_its_anchor_and_to_no_other(
        id: [u8; 32], lane in 0u32..4, wei: u128, count in 1u32..40, at in 0u32..40, by in 1u32..3,
    ) {
        let id = B256::new(id);
        let chain = TickChain::new(id, lane, wei, count, keccak256("secret"));
        let index = at % (count + 1);
        let tick = chain.tick(index).unwrap();
        let leads = |id, lane, wei, index| is_tick_of(chain.anchor(), id, lane, wei, index, tick);
        prop_assert!(leads(id, lane, wei, index));
        prop_assert!(!leads(id, lane, wei, index + by));
        if index > 0 {
            prop_assert!(!leads(!id, lane, wei, index));
            prop_assert!(!leads(id, lane + 1, wei, index));
            prop_assert!(!leads(id, lane, wei ^ 1, index));
        }
        prop_assert_eq!(chain.tick(count + 1), None);
    }
}
