//! Recovering many signers at once, on all cores: what a block or a transaction brings is known before it is
//! executed, one after the other (rule H.6).

use alloy_primitives::{B256, Signature};
use btt_runtime::tx::{RecoveryMemo, recover::recover_signer};
use std::{num::NonZero, thread};

/// A thread is worth starting for so many signatures.
const LEAST_FOR_A_THREAD: usize = 16;

/// What the signatures recover to. Those that recover to nobody are left out: execution says why.
pub(crate) fn recover_all(signatures: &[(B256, Signature)]) -> RecoveryMemo {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = cores.min(signatures.len() / LEAST_FOR_A_THREAD).max(1);
    let share = signatures.len().div_ceil(threads).max(1);
    let mut memo = RecoveryMemo::default();
    thread::scope(|scope| {
        let (first, rest) = signatures.split_at(share.min(signatures.len()));
        let others: Vec<_> =
            rest.chunks(share).map(|part| scope.spawn(move || recovered(part))).collect();
        memo.extend(&recovered(first));
        for part in others {
            // A panic there leaves its part to execution.
            if let Ok(part) = part.join() {
                memo.extend(&part);
            }
        }
    });
    memo
}

fn recovered(signatures: &[(B256, Signature)]) -> RecoveryMemo {
    let mut memo = RecoveryMemo::default();
    for (digest, signature) in signatures {
        if let Ok(signer) = recover_signer(*digest, signature) {
            memo.insert(*digest, signature, signer);
        }
    }
    memo
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::keccak256;
    use btt_runtime::modules::channels::voucher::{SigningKey, sign};

    #[test]
    fn every_signature_is_recovered_whoever_does_it() {
        let key = SigningKey::from_byte_array([7; 32]).unwrap();
        for count in [0usize, 1, 15, 16, 33, 100] {
            let signatures: Vec<_> = (0..count)
                .map(|n| keccak256(n.to_be_bytes()))
                .map(|digest| (digest, sign(digest, &key)))
                .collect();
            let memo = recover_all(&signatures);
            assert_eq!(memo.is_empty(), count == 0);
            assert!(signatures.iter().all(|(digest, s)| memo.contains(*digest, s)), "{count}");
        }
    }

    #[test]
    fn what_recovers_to_nobody_is_left_to_execution() {
        let bad = Signature::new(Default::default(), Default::default(), false);
        assert!(recover_all(&[(B256::ZERO, bad)]).is_empty());
    }
}
