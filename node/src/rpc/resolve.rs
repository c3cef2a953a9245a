//! Which block a request means.

use super::{RpcError, context::Rpc};
use crate::storage::StoredBlock;
use alloy_primitives::B256;
use btt_api::types::{BlockId, BlockNumberOrTag};
use std::sync::Arc;

/// What a request names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    /// The newest block, whichever it is: `latest`, `safe` and `finalized` are one under immediate
    /// finality.
    Head,
    /// What waits on top of the newest block.
    Pending,
    /// One block, which may not be known.
    Number(u64),
}

impl At {
    pub(super) fn tag(tag: BlockNumberOrTag) -> Self {
        match tag {
            BlockNumberOrTag::Latest | BlockNumberOrTag::Safe | BlockNumberOrTag::Finalized => {
                Self::Head
            }
            BlockNumberOrTag::Pending => Self::Pending,
            BlockNumberOrTag::Earliest => Self::Number(0),
            BlockNumberOrTag::Number(number) => Self::Number(number),
        }
    }
}

impl Rpc {
    /// What `block` names; the head without it. An unknown hash is an error.
    pub(super) fn at(&self, block: Option<BlockId>) -> Result<At, RpcError> {
        match block {
            None => Ok(At::Head),
            Some(BlockId::Number(tag)) => Ok(At::tag(tag)),
            // Every block there is is canonical, so EIP-1898's requireCanonical asks nothing more.
            Some(BlockId::Hash(hash)) => {
                let number = self.chain().number_of(hash.block_hash)?;
                number.map(At::Number).ok_or(RpcError::UnknownBlock)
            }
        }
    }

    /// The number of a block with state: for `pending` the head's.
    pub(super) fn number_at(&self, at: At) -> u64 {
        match at {
            At::Head | At::Pending => self.chain().head().number,
            At::Number(number) => number,
        }
    }

    /// A block that is final; `pending` is none.
    pub(super) fn block_at(&self, at: At) -> Result<Option<Arc<StoredBlock>>, RpcError> {
        match at {
            At::Pending => Ok(None),
            at => Ok(self.chain().block(self.number_at(at))?),
        }
    }

    pub(super) fn block_of(&self, hash: B256) -> Result<Option<Arc<StoredBlock>>, RpcError> {
        match self.chain().number_of(hash)? {
            Some(number) => Ok(self.chain().block(number)?),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latest_safe_and_finalized_are_the_same_block() {
        for tag in ["latest", "safe", "finalized"] {
            assert_eq!(At::tag(tag.parse().unwrap()), At::Head, "{tag}");
        }
        assert_eq!(At::tag("pending".parse().unwrap()), At::Pending);
        assert_eq!(At::tag("earliest".parse().unwrap()), At::Number(0));
        assert_eq!(At::tag(BlockNumberOrTag::Number(7)), At::Number(7));
    }
}
