//! The hello: who a peer is, before anything else is taken from it.
//!
//! Whoever dialled opens the substream and speaks first. Both always say theirs before they judge the
//! other's, so that both can log why they part.

use super::{
    event::Status,
    frame::{self, FrameError},
    limits::HELLO_BYTES,
    wire::{self, Hello},
};
use crate::keys;
use alloy_primitives::{Address, B256, Bytes, Signature};
use btt_runtime::{block::peer_digest, tx::recover::recover_signer};
use futures::{AsyncRead, AsyncWrite};
use k256::{SecretKey, ecdsa::SigningKey};
use libp2p::PeerId;
use std::time::Duration;

/// Version of the messages.
pub(super) const VERSION: u32 = 1;
/// Bytes of a validator's proof: the address of its key, and its signature.
const PROOF_BYTES: usize = 20 + 65;

/// Who we are, and what a peer must share with us.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub(super) local: PeerId,
    pub(super) validator: Option<Address>,
    chain_id: u64,
    genesis_hash: B256,
    instance: u64,
    proof: Bytes,
}

/// A peer whose hello is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Greeted {
    pub(super) instance: u64,
    pub(super) validator: Option<Address>,
    pub(super) status: Status,
}

/// Why a peer's hello is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum HelloError {
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error("no hello in time")]
    Timeout,
    #[error("its hello is malformed")]
    Malformed,
    #[error("it speaks version {0}, we speak {VERSION}")]
    Version(u32),
    #[error("it is of chain {chain_id}, genesis {genesis_hash}")]
    WrongChain { chain_id: u64, genesis_hash: B256 },
    #[error("its proof of a validator's key is wrong")]
    BadProof,
}

impl Identity {
    pub(super) fn new(
        local: PeerId,
        chain_id: u64,
        genesis_hash: B256,
        consensus_key: Option<&SecretKey>,
    ) -> Self {
        Self {
            local,
            validator: consensus_key.map(keys::address_of),
            chain_id,
            genesis_hash,
            instance: rand::random(),
            proof: consensus_key.map(|key| prove(key, chain_id, local)).unwrap_or_default(),
        }
    }

    pub(super) fn hello(&self, status: Status) -> Hello {
        Hello {
            version: VERSION,
            chain_id: self.chain_id,
            genesis_hash: self.genesis_hash,
            instance: self.instance,
            status,
            proof: self.proof.clone(),
        }
    }

    pub(super) fn check(&self, hello: &Hello, peer: PeerId) -> Result<Greeted, HelloError> {
        if hello.version != VERSION {
            return Err(HelloError::Version(hello.version));
        }
        if hello.chain_id != self.chain_id || hello.genesis_hash != self.genesis_hash {
            return Err(HelloError::WrongChain {
                chain_id: hello.chain_id,
                genesis_hash: hello.genesis_hash,
            });
        }
        let validator = match hello.proof.len() {
            0 => None,
            _ => Some(self.prover(&hello.proof, peer).ok_or(HelloError::BadProof)?),
        };
        Ok(Greeted { instance: hello.instance, validator, status: hello.status })
    }

    /// The key that a proof is of, if it is one. The address is claimed, not only recovered: any bytes recover
    /// to some key, and a forgery is to be told from a key that is not in the set.
    fn prover(&self, proof: &[u8], peer: PeerId) -> Option<Address> {
        let proof: &[u8; PROOF_BYTES] = proof.try_into().ok()?;
        let (claimed, raw) = proof.split_at(20);
        if !matches!(raw, [.., 27 | 28]) {
            return None;
        }
        let signature = Signature::from_raw(raw).ok()?;
        let digest = peer_digest(self.chain_id, &peer.to_bytes());
        let signer = recover_signer(digest, &signature).ok()?;
        (signer == claimed).then_some(signer)
    }
}

fn prove(key: &SecretKey, chain_id: u64, local: PeerId) -> Bytes {
    let digest = peer_digest(chain_id, &local.to_bytes());
    let (signature, recovery) = SigningKey::from(key).sign_prehash_recoverable(digest.as_slice());
    let mut proof = keys::address_of(key).to_vec();
    proof.extend_from_slice(&signature.to_bytes());
    proof.push(27 + recovery.to_byte());
    proof.into()
}

/// Says hello on a new substream and hears the peer's.
pub(super) async fn exchange(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    identity: &Identity,
    peer: PeerId,
    is_dialer: bool,
    status: Status,
    patience: Duration,
) -> Result<Greeted, HelloError> {
    let ours = alloy_rlp::encode(identity.hello(status));
    if is_dialer {
        frame::write(stream, &ours, patience).await?;
    }
    let theirs = frame::read(stream, HELLO_BYTES, patience).await?;
    if !is_dialer {
        frame::write(stream, &ours, patience).await?;
    }
    let hello = wire::decode_exact::<Hello>(&theirs).map_err(|_| HelloError::Malformed)?;
    identity.check(&hello, peer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::U256;
    use btt_runtime::tx::recover::HALF_ORDER;

    fn identity(local: PeerId, key: Option<&SecretKey>) -> Identity {
        Identity::new(local, 7, B256::repeat_byte(1), key)
    }

    #[test]
    fn a_validators_proof_holds_for_its_own_peer_id_only() {
        let key = keys::dev_validator_key();
        let (validator, other) = (PeerId::random(), PeerId::random());
        let hello = identity(validator, Some(&key)).hello(Status::default());
        let us = identity(PeerId::random(), None);
        let greeted = us.check(&hello, validator).unwrap();
        assert_eq!(greeted.validator, Some(keys::address_of(&key)));
        assert!(matches!(us.check(&hello, other), Err(HelloError::BadProof)));
    }

    #[test]
    fn broken_and_malleated_proofs_are_refused() {
        let key = keys::dev_validator_key();
        let peer = PeerId::random();
        let hello = identity(peer, Some(&key)).hello(Status::default());
        let us = identity(PeerId::random(), None);
        let refused = |proof: Vec<u8>| {
            let result = us.check(&Hello { proof: proof.into(), ..hello.clone() }, peer);
            assert!(matches!(result, Err(HelloError::BadProof)), "{result:?}");
        };
        refused(vec![1]);
        refused(vec![0; PROOF_BYTES]);
        let mut wrong_v = hello.proof.to_vec();
        wrong_v[84] -= 27;
        refused(wrong_v);
        let mut high = hello.proof.to_vec();
        let order = (HALF_ORDER << 1) | U256::from(1);
        let s: U256 = order - U256::from_be_slice(&high[52..84]);
        high[52..84].copy_from_slice(&s.to_be_bytes::<32>());
        high[84] = 27 + 28 - high[84];
        refused(high);
    }

    #[test]
    fn other_chains_and_versions_are_told_apart() {
        let peer = PeerId::random();
        let hello = identity(peer, None).hello(Status::default());
        let us = identity(PeerId::random(), None);
        let check = |hello: Hello| us.check(&hello, peer);
        assert!(matches!(check(hello.clone()), Ok(Greeted { validator: None, .. })));
        let other = Hello { chain_id: 8, ..hello.clone() };
        assert!(matches!(check(other), Err(HelloError::WrongChain { chain_id: 8, .. })));
        let other = Hello { genesis_hash: B256::ZERO, ..hello.clone() };
        assert!(matches!(check(other), Err(HelloError::WrongChain { .. })));
        assert!(matches!(check(Hello { version: 2, ..hello }), Err(HelloError::Version(2))));
    }
}
