//! The proposer's verifiable random function, from which a block's randomness comes (rule B.3).
//!
//! ECVRF of RFC 9381 on secp256k1 with SHA-256 and try-and-increment; the RFC names no suite for this
//! curve, so the suite byte is 0xfe, which others use for the same construction. Input: chain id ‖ height
//! ‖ previous mix. The round is not in it, so a proposer cannot try several.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "scalars and points: group arithmetic is total"
)]

use alloy_primitives::{B256, keccak256};
use k256::{
    AffinePoint, FieldBytes, ProjectivePoint, PublicKey, Scalar, SecretKey,
    elliptic_curve::{Curve as _, PrimeField as _, ops::Reduce as _, sec1::ToSec1Point as _},
};
use sha2::{Digest as _, Sha256};

/// Bytes of a proof: a compressed point, 16 bytes of challenge, a scalar.
pub const PROOF_BYTES: usize = 81;
const SUITE: u8 = 0xfe;
const CHALLENGE_BYTES: usize = 16;
const POINT_BYTES: usize = 33;

/// A proof that one output, and no other, belongs to a key and an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VrfProof(pub [u8; PROOF_BYTES]);

/// The proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the VRF proof does not hold for this key and input")]
pub struct VrfError;

/// The VRF's input for a block.
pub fn input(chain_id: u64, height: u64, previous_mix: B256) -> Vec<u8> {
    [&chain_id.to_be_bytes()[..], &height.to_be_bytes()[..], previous_mix.as_slice()].concat()
}

/// The next mix: keccak256(previous mix ‖ VRF output).
pub fn next_mix(previous_mix: B256, output: B256) -> B256 {
    keccak256([previous_mix, output].concat())
}

/// Proves and returns the output.
pub fn prove(secret: &SecretKey, alpha: &[u8]) -> Result<(VrfProof, B256), VrfError> {
    let public = secret.public_key();
    let x = secret.to_nonzero_scalar();
    let (h, h_bytes) = encode_to_curve(&public, alpha)?;
    let gamma = (ProjectivePoint::from(h) * *x).to_affine();
    let k = nonce(secret, &h_bytes)?;
    let u = (ProjectivePoint::GENERATOR * k).to_affine();
    let v = (ProjectivePoint::from(h) * k).to_affine();
    let c = challenge(&public, &[h, gamma, u, v]);
    let s = k + challenge_scalar(&c) * *x;
    let mut proof = [0u8; PROOF_BYTES];
    let (point, rest) = proof.split_at_mut(POINT_BYTES);
    let (challenge, scalar) = rest.split_at_mut(CHALLENGE_BYTES);
    point.copy_from_slice(&compress(&gamma));
    challenge.copy_from_slice(&c);
    scalar.copy_from_slice(&s.to_bytes());
    Ok((VrfProof(proof), output_of(&gamma)))
}

/// Checks a proof and returns the output.
pub fn verify(public: &PublicKey, alpha: &[u8], proof: &VrfProof) -> Result<B256, VrfError> {
    let (point, rest) = proof.0.split_at(POINT_BYTES);
    let (c, s) = rest.split_at(CHALLENGE_BYTES);
    // k256 also takes tag 5 (x alone), which would give one proof two encodings.
    if !matches!(point.first(), Some(2 | 3)) {
        return Err(VrfError);
    }
    let gamma = *PublicKey::from_sec1_bytes(point).map_err(|_| VrfError)?.as_affine();
    let s_bytes = FieldBytes::try_from(s).map_err(|_| VrfError)?;
    let s = Option::<Scalar>::from(Scalar::from_repr(s_bytes)).ok_or(VrfError)?;
    let c = <[u8; CHALLENGE_BYTES]>::try_from(c).map_err(|_| VrfError)?;
    let (h, _) = encode_to_curve(public, alpha)?;
    let scalar = challenge_scalar(&c);
    let y = ProjectivePoint::from(*public.as_affine());
    let u = (ProjectivePoint::GENERATOR * s - y * scalar).to_affine();
    let v = (ProjectivePoint::from(h) * s - ProjectivePoint::from(gamma) * scalar).to_affine();
    if challenge(public, &[h, gamma, u, v]) == c { Ok(output_of(&gamma)) } else { Err(VrfError) }
}

/// RFC 9381, 5.4.1.1: hash until the hash is the x coordinate of a point.
fn encode_to_curve(public: &PublicKey, alpha: &[u8]) -> Result<(AffinePoint, Vec<u8>), VrfError> {
    let salt = compress(public.as_affine());
    for counter in 0..=u8::MAX {
        let hash = Sha256::new()
            .chain_update([SUITE, 0x01])
            .chain_update(&salt)
            .chain_update(alpha)
            .chain_update([counter, 0x00])
            .finalize();
        let candidate = [&[0x02][..], &hash[..]].concat();
        if let Ok(point) = PublicKey::from_sec1_bytes(&candidate) {
            return Ok((*point.as_affine(), candidate));
        }
    }
    // 256 misses in a row: one in 2^256.
    Err(VrfError)
}

/// RFC 9381, 5.4.2.1: the nonce of RFC 6979 over the encoded point.
fn nonce(secret: &SecretKey, h_bytes: &[u8]) -> Result<Scalar, VrfError> {
    let mut k = FieldBytes::default();
    rfc6979::KGenerator::<Sha256, _>::new(
        &secret.to_bytes(),
        &Sha256::digest(h_bytes),
        b"",
        k256::Secp256k1::ORDER.as_ref(),
    )
    .fill_next_k(&mut k);
    Option::<Scalar>::from(Scalar::from_repr(k)).ok_or(VrfError)
}

/// RFC 9381, 5.4.3.
fn challenge(public: &PublicKey, points: &[AffinePoint; 4]) -> [u8; CHALLENGE_BYTES] {
    let mut hash = Sha256::new();
    hash.update([SUITE, 0x02]);
    hash.update(compress(public.as_affine()));
    for point in points {
        hash.update(compress(point));
    }
    hash.update([0x00]);
    let digest: [u8; 32] = hash.finalize().into();
    let mut short = [0u8; CHALLENGE_BYTES];
    for (to, from) in short.iter_mut().zip(digest) {
        *to = from;
    }
    short
}

fn challenge_scalar(challenge: &[u8; CHALLENGE_BYTES]) -> Scalar {
    let mut bytes = FieldBytes::default();
    for (to, from) in bytes.iter_mut().rev().zip(challenge.iter().rev()) {
        *to = *from;
    }
    Scalar::reduce(&bytes)
}

/// RFC 9381, 5.2.
fn output_of(gamma: &AffinePoint) -> B256 {
    let hash: [u8; 32] = Sha256::new()
        .chain_update([SUITE, 0x03])
        .chain_update(compress(gamma))
        .chain_update([0x00])
        .finalize()
        .into();
    B256::from(hash)
}

fn compress(point: &AffinePoint) -> Vec<u8> {
    point.to_sec1_point(true).as_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(byte: u8) -> SecretKey {
        SecretKey::from_slice(&[byte; 32]).unwrap()
    }

    #[test]
    fn a_proof_verifies_and_gives_the_provers_output() {
        for byte in 1..20 {
            let alpha = input(990_003, u64::from(byte), B256::repeat_byte(byte));
            let (proof, output) = prove(&secret(byte), &alpha).unwrap();
            assert_eq!(verify(&secret(byte).public_key(), &alpha, &proof), Ok(output));
        }
    }

    #[test]
    fn the_output_is_unique_to_key_and_input() {
        let (_, a) = prove(&secret(1), b"x").unwrap();
        assert_eq!(prove(&secret(1), b"x").unwrap().1, a);
        assert_ne!(prove(&secret(1), b"y").unwrap().1, a);
        assert_ne!(prove(&secret(2), b"x").unwrap().1, a);
    }

    #[test]
    fn any_flipped_bit_breaks_a_proof() {
        let (proof, _) = prove(&secret(1), b"x").unwrap();
        let public = secret(1).public_key();
        for index in 0..PROOF_BYTES {
            let mut bad = proof;
            bad.0[index] ^= 1;
            assert_eq!(verify(&public, b"x", &bad), Err(VrfError), "byte {index}");
        }
        assert_eq!(verify(&public, b"y", &proof), Err(VrfError));
        assert_eq!(verify(&secret(2).public_key(), b"x", &proof), Err(VrfError));
    }

    #[test]
    fn a_proof_has_one_encoding() {
        for byte in 1..20 {
            let (mut proof, _) = prove(&secret(byte), b"x").unwrap();
            proof.0[0] = 5;
            assert_eq!(verify(&secret(byte).public_key(), b"x", &proof), Err(VrfError));
        }
    }
}
