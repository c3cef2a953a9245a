//! Precommits that came too late for the certificate that the next block carries (rule B.4).
//!
//! Block `n` may carry precommits for blocks `n − 8` to `n − 2`. A validator missed a block only if it is
//! in none of them, so one proposer that leaves out a rival's signature harms nobody.

use super::{ValidatorSets, Vote, VoteKind, certificate::recover_validator};
use alloy_primitives::{B256, FixedBytes};
use alloy_rlp::{RlpDecodable, RlpEncodable};

/// For how many blocks after its own a precommit may still be brought.
pub const LATE_BLOCKS: u64 = 8;
/// Most late precommits in a block.
pub const MAX_LATE_PRECOMMITS: usize = 512;

/// A precommit for a decided block.
#[derive(Debug, Clone, PartialEq, Eq, Default, RlpEncodable, RlpDecodable)]
pub struct LatePrecommit {
    /// Number of the block.
    pub height: u64,
    /// Place in that height's validator set.
    pub validator_index: u16,
    /// Round of the vote.
    pub round: u32,
    /// As in a certificate.
    pub signature: FixedBytes<65>,
}

/// Why late precommits are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LateError {
    /// Too many, or not in rising order of height and validator.
    #[error("not in rising order of height and validator, or more than {MAX_LATE_PRECOMMITS}")]
    Order,
    /// For a block outside of the window.
    #[error("block {0} is not 2 to {LATE_BLOCKS} blocks back")]
    Height(u64),
    /// Not signed by that validator for that block.
    #[error("precommit of validator {index} for block {height}: {reason}")]
    Signature {
        /// Block.
        height: u64,
        /// Validator.
        index: u16,
        /// What is wrong.
        reason: String,
    },
}

impl LatePrecommit {
    /// Checks that the validator signed the decided block of that height.
    fn verify(
        &self,
        chain_id: u64,
        sets: &ValidatorSets,
        block_hash: B256,
    ) -> Result<(), LateError> {
        let (height, round, index) = (self.height, self.round, self.validator_index);
        let vote = Vote { kind: VoteKind::Precommit, height, round, block_hash };
        let (validators, digest) = (sets.at(height), vote.digest(chain_id));
        recover_validator(validators, index, digest, &self.signature)
            .map_err(|reason| LateError::Signature { height, index, reason })
    }
}

/// Checks the late precommits of block `number`. `block_hash` gives the hashes of the blocks before it; its
/// own errors go through.
pub(crate) fn verify<E: From<LateError>>(
    chain_id: u64,
    sets: &ValidatorSets,
    number: u64,
    late: &[LatePrecommit],
    block_hash: impl Fn(u64) -> Result<Option<B256>, E>,
) -> Result<(), E> {
    let place = |l: &LatePrecommit| (l.height, l.validator_index);
    if late.len() > MAX_LATE_PRECOMMITS || !late.is_sorted_by(|a, b| place(a) < place(b)) {
        return Err(LateError::Order.into());
    }
    for precommit in late {
        let height = precommit.height;
        let back = number.saturating_sub(height);
        if height == 0 || !(2..=LATE_BLOCKS).contains(&back) {
            return Err(LateError::Height(height).into());
        }
        let block_hash = block_hash(height)?.ok_or(LateError::Height(height))?;
        precommit.verify(chain_id, sets, block_hash)?;
    }
    Ok(())
}
