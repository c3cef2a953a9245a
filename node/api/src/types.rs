//! Wire types that alloy does not have, and short names of those it has.

mod action;
mod channel;
mod consensus;
mod gov;
mod market;
mod network;
mod staking;

pub use action::{ParamChange, ProposalAction};
pub use channel::{
    AnyVoucher, BatchRefusal, ChannelCall, ChannelChange, ChannelEvent, ChannelEventPage,
    ChannelFee, ChannelFeeQuery, ChannelFilter, ChannelInfo, ChannelKind, ChannelPage,
    ChannelQuery, ChannelStatus, ChannelVoucher, ChannelWatch, CloseChannel,
    ConditionalChannelVoucher, CoopCloseChannel, CoopCloseSplit, FromChannel, OpenChannel,
    OpenPool, PoolChannelVoucher, PoolPayeeClaim, PreparedBatch, PreparedTransaction,
    SettleChannel, SignedVoucher, StorageDeposits, TopUpChannel, TopUpPool, VoucherDigest,
    VoucherTick, VoucherVerdict, WatchRequest, WatchedVoucher,
};
pub use consensus::{
    Commit, CommitSigner, ConsensusRole, ConsensusStatus, ConsensusStep, ValidatorInfo,
    ValidatorSet,
};
pub use gov::{
    CastVote, Feature, GovParam, Proposal, ProposalKind, ProposalPage, ProposalStatus, Tally,
    VoteChoice, Votes,
};
pub use market::{
    Award, BidStatus, BidTier, BookBid, BookFees, BookOffer, CancelBid, ChangeOffer, CommitBid,
    CommitHashQuery, EpochResult, LeaseEnd, MarketBid, MarketBook, MarketChange, MarketEpoch,
    MarketEvent, MarketFilter, MarketLease, MarketOffer, MarketPhase, MarketReceipt, MarketSeller,
    OfferPage, PostOffer, ReceiptDigest, RevealBid, SimulateBid, SimulatedBid, SubmitReceipts,
    SwarmPrice, TopUpBond, WithdrawBond, WithdrawOffer,
};
pub use network::{Endpoint, NodeInfo, PeerInfo};
pub use staking::{
    Delegation, Delegator, DelegatorTotals, Epoch, Redelegation, Reward, Rewards, Slash,
    SlashReason, SlashState, StakingTotals, StakingValidator, Unbonding, ValidatorPage,
    ValidatorStatus,
};

use alloy_primitives::{Address, B256};
use btt_runtime::tx::Envelope;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use alloy_eips::{BlockId, BlockNumberOrTag, eip2930::AccessListResult};
pub use alloy_rpc_types_eth::{
    BlockOverrides, EIP1186AccountProofResponse, EIP1186StorageProof, FeeHistory, Filter,
    FilterChanges, FilterId, Header as RpcHeader, Index, Log as RpcLog, SyncStatus,
    TransactionReceipt as RpcReceipt, TransactionRequest, pubsub, state::StateOverride,
};
pub use alloy_rpc_types_trace::geth as trace;
pub use alloy_serde::JsonStorageKey;

/// A transaction with its place.
pub type RpcTransaction = alloy_rpc_types_eth::Transaction<Envelope>;
/// A block with hashes of its transactions, or the transactions.
pub type RpcBlock = alloy_rpc_types_eth::Block<RpcTransaction, RpcHeader>;

/// Trace of one transaction in a block's trace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BlockTrace {
    /// Which transaction.
    pub tx_hash: B256,
    /// What the tracer saw.
    pub result: trace::GethTrace,
}

/// Waiting transactions of one sender by nonce.
pub type ByNonce<T> = BTreeMap<u64, T>;

/// Waiting transactions: `txpool_content`, and with text for transactions `txpool_inspect`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TxpoolContent<T> {
    /// Next in line of their senders.
    pub pending: BTreeMap<Address, ByNonce<T>>,
    /// Those before which a nonce is missing.
    pub queued: BTreeMap<Address, ByNonce<T>>,
}

/// Waiting transactions of one sender: `txpool_contentFrom`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TxpoolContentFrom<T> {
    /// Next in line.
    pub pending: ByNonce<T>,
    /// Those before which a nonce is missing.
    pub queued: ByNonce<T>,
}

/// How many transactions wait: `txpool_status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TxpoolStatus {
    /// Next in line of their senders.
    #[serde(with = "alloy_serde::quantity")]
    pub pending: u64,
    /// Those before which a nonce is missing.
    #[serde(with = "alloy_serde::quantity")]
    pub queued: u64,
}

/// An unsigned number, as a hex quantity or a JSON number.
///
/// Hardhat and foundry send either to the `evm_` methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Number(#[serde(with = "alloy_serde::quantity")] pub u64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Form;
        impl serde::de::Visitor<'_> for Form {
            type Value = u64;
            fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str("an unsigned number or a 0x quantity of at most 64 bits")
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<u64, E> {
                Ok(number)
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<u64, E> {
                let wrong = || E::invalid_value(serde::de::Unexpected::Str(text), &self);
                match text.strip_prefix("0x") {
                    Some(digits) => u64::from_str_radix(digits, 16).map_err(|_| wrong()),
                    None => text.parse().map_err(|_| wrong()),
                }
            }
        }
        from.deserialize_any(Form).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_quantities_and_as_json_numbers() {
        let read = |json: &str| serde_json::from_str::<Number>(json).map(|n| n.0).ok();
        assert_eq!(read("12"), Some(12));
        assert_eq!(read("\"0xc\""), Some(12));
        assert_eq!(read("\"12\""), Some(12));
        assert_eq!(read("-1"), None);
        assert_eq!(read("\"0x10000000000000000\""), None);
        let error = serde_json::from_str::<Number>("[]").unwrap_err().to_string();
        assert!(error.contains("expected an unsigned number or a 0x quantity"), "{error}");
    }

    #[test]
    fn the_pool_is_written_as_geth_writes_it() {
        let address = Address::repeat_byte(0x11);
        let content = TxpoolContent {
            pending: BTreeMap::from([(address, BTreeMap::from([(806, "x".to_owned())]))]),
            queued: BTreeMap::new(),
        };
        let expected = format!(r#"{{"pending":{{"{address:?}":{{"806":"x"}}}},"queued":{{}}}}"#);
        assert_eq!(serde_json::to_string(&content).unwrap(), expected);
        let status = TxpoolStatus { pending: 10, queued: 7 };
        assert_eq!(serde_json::to_string(&status).unwrap(), r#"{"pending":"0xa","queued":"0x7"}"#);
    }
}
