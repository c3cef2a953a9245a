//! Precommits that came too late for the certificate that the next block carries (rule B.4).
//!
//! Block `n` may carry precommits for blocks `n − 8` to `n − 2`. A validator missed a block only if it is
//! in none of them, so one proposer that leaves out a rival's signature harms nobody.

use super::{Vote, VoteKind, certificate::recover_validator};
use crate::{
    config::ChainConfig,
    state::{StateReader, StoreError},
};
use alloy_primitives::FixedBytes;
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
    /// Nothing is known of them: the store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
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

/// Checks the late precommits of block `number` on its parent's state, which knows the blocks before it.
pub(crate) fn verify<S: StateReader>(
    config: &ChainConfig,
    state: &S,
    number: u64,
    late: &[LatePrecommit],
) -> Result<(), LateError> {
    let place = |l: &LatePrecommit| (l.height, l.validator_index);
    if late.len() > MAX_LATE_PRECOMMITS || !late.is_sorted_by(|a, b| place(a) < place(b)) {
        return Err(LateError::Order);
    }
    for LatePrecommit { height, validator_index, round, signature } in late {
        let (height, index) = (*height, *validator_index);
        let back = number.saturating_sub(height);
        if height == 0 || !(2..=LATE_BLOCKS).contains(&back) {
            return Err(LateError::Height(height));
        }
        let block_hash = state.block_hash(height)?.ok_or(LateError::Height(height))?;
        let vote = Vote { kind: VoteKind::Precommit, height, round: *round, block_hash };
        let validators = config.validators_at(height);
        recover_validator(validators, index, vote.digest(config.chain_id), signature)
            .map_err(|reason| LateError::Signature { height, index, reason })?;
    }
    Ok(())
}
