//! What validators sign: votes and proposals, as digests with a domain tag and the chain id (rule A.5).

use alloy_primitives::{B256, keccak256};
use alloy_sol_types::{SolValue, private::U256};

/// Which of the two voting steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum VoteKind {
    /// First step.
    Prevote,
    /// Second step; a quorum of these decides.
    Precommit,
}

/// A vote of one validator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vote {
    /// Which step.
    pub kind: VoteKind,
    /// Block number voted on.
    pub height: u64,
    /// Attempt at this height, from 0.
    pub round: u32,
    /// Block voted for; zero is nil.
    pub block_hash: B256,
}

impl Vote {
    /// keccak256(abi.encode(keccak256("btt.vote.v1"), chainId, kind, height, round, blockHash)).
    pub fn digest(&self, chain_id: u64) -> B256 {
        let kind = match self.kind {
            VoteKind::Prevote => U256::ZERO,
            VoteKind::Precommit => U256::from(1),
        };
        let fields = (
            keccak256("btt.vote.v1"),
            U256::from(chain_id),
            kind,
            self.height,
            self.round,
            self.block_hash,
        );
        keccak256(fields.abi_encode())
    }
}

/// A proposal of one validator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proposal {
    /// Block number proposed.
    pub height: u64,
    /// Attempt at this height, from 0.
    pub round: u32,
    /// Round of the proof of lock that it re-proposes from; −1 for a new block.
    pub pol_round: i64,
    /// Block proposed.
    pub block_hash: B256,
}

impl Proposal {
    /// Like a vote's digest under "btt.proposal.v1", with `polRound` before the hash.
    pub fn digest(&self, chain_id: u64) -> B256 {
        let fields = (
            keccak256("btt.proposal.v1"),
            U256::from(chain_id),
            self.height,
            self.round,
            self.pol_round,
            self.block_hash,
        );
        keccak256(fields.abi_encode())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_votes_digest_covers_every_field() {
        let vote = Vote { kind: VoteKind::Prevote, height: 1, round: 0, block_hash: B256::ZERO };
        let digests = [
            vote.digest(1),
            vote.digest(2),
            Vote { kind: VoteKind::Precommit, ..vote }.digest(1),
            Vote { height: 2, ..vote }.digest(1),
            Vote { round: 1, ..vote }.digest(1),
            Vote { block_hash: B256::repeat_byte(1), ..vote }.digest(1),
        ];
        for (i, a) in digests.iter().enumerate() {
            assert!(digests[i + 1..].iter().all(|b| a != b));
        }
    }

    #[test]
    fn a_votes_digest_is_abi_encoded_word_by_word() {
        let vote = Vote {
            kind: VoteKind::Precommit,
            height: 7,
            round: 3,
            block_hash: B256::repeat_byte(9),
        };
        let word = |n: u8| B256::with_last_byte(n).0.to_vec();
        let bytes =
            [keccak256("btt.vote.v1").to_vec(), word(5), word(1), word(7), word(3), vec![9; 32]]
                .concat();
        assert_eq!(vote.digest(5), keccak256(bytes));
    }
}
