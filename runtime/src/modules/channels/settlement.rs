//! What a voucher is worth now: the checks that every way to be paid shares. One refusal has one name, as an
//! ABI error where a call has one voucher and as a status byte where it has many.

use super::{
    IChannels::{self, ConditionalVoucher, PoolVoucher, Tick, Voucher},
    state::{Channel, Lanes, Pool, PoolClaim, lane_of, minus},
    voucher::{ClaimError, Domain, claim_wei, is_tick_of, parse_signature, pool_tick_id},
};
use crate::modules::{Host, ModuleError};
use alloy_primitives::{Address, B256, U256, keccak256};

/// Why a voucher pays nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    UnknownChannel(B256),
    UnknownPool(B256),
    BadSignature,
    BadLane(u32),
    TickTooFar { index: u32, max: u32 },
    BadTick(u32),
    AmountOverflow,
    AboveDeposit { claim_wei: U256, deposit_wei: u128 },
    AbovePayeeShare { claim_wei: U256, max_wei: u128 },
    PoolIsFrozen(B256),
    ClaimTooSmall { claim_wei: u128, storage_deposit_wei: u128 },
    BadSecret,
    ConditionExpired(u64),
}

/// A check that refuses, or cannot be made.
#[derive(Debug)]
pub(super) enum Failed {
    Refused(Refused),
    Module(ModuleError),
}

impl From<Refused> for Failed {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<ModuleError> for Failed {
    fn from(error: ModuleError) -> Self {
        Self::Module(error)
    }
}

impl From<ClaimError> for Failed {
    fn from(error: ClaimError) -> Self {
        Self::Refused(match error {
            ClaimError::TickTooFar { index, max } => Refused::TickTooFar { index, max },
            ClaimError::Overflow => Refused::AmountOverflow,
        })
    }
}

impl From<Failed> for ModuleError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Module(error) => error,
            Failed::Refused(refused) => refused.revert(),
        }
    }
}

impl Refused {
    /// Its status byte in a batch. 0 is "paid", 1 "nothing new".
    pub(super) fn status(self) -> u8 {
        match self {
            Self::UnknownChannel(_) | Self::UnknownPool(_) => 2,
            Self::BadSignature => 3,
            Self::BadLane(_) => 4,
            Self::TickTooFar { .. } => 5,
            Self::BadTick(_) => 6,
            Self::AmountOverflow => 7,
            Self::AboveDeposit { .. } => 8,
            Self::AbovePayeeShare { .. } => 9,
            Self::PoolIsFrozen(_) => 10,
            Self::ClaimTooSmall { .. } => 11,
            Self::BadSecret => 12,
            Self::ConditionExpired(_) => 13,
        }
    }

    fn revert(self) -> ModuleError {
        use IChannels as I;
        match self {
            Self::UnknownChannel(id) => ModuleError::revert(I::UnknownChannel { channelId: id }),
            Self::UnknownPool(id) => ModuleError::revert(I::UnknownPool { poolId: id }),
            Self::BadSignature => ModuleError::revert(I::BadSignature {}),
            Self::BadLane(lane) => ModuleError::revert(I::BadLane { lane }),
            Self::TickTooFar { index, max } => ModuleError::revert(I::TickTooFar { index, max }),
            Self::BadTick(index) => ModuleError::revert(I::BadTick { index }),
            Self::AmountOverflow => ModuleError::revert(I::AmountOverflow {}),
            Self::AboveDeposit { claim_wei, deposit_wei } => ModuleError::revert(I::AboveDeposit {
                claimWei: claim_wei,
                depositWei: U256::from(deposit_wei),
            }),
            Self::AbovePayeeShare { claim_wei, max_wei } => {
                ModuleError::revert(I::AbovePayeeShare {
                    claimWei: claim_wei,
                    maxWei: U256::from(max_wei),
                })
            }
            Self::PoolIsFrozen(id) => ModuleError::revert(I::PoolIsFrozen { poolId: id }),
            Self::ClaimTooSmall { claim_wei, storage_deposit_wei } => {
                ModuleError::revert(I::ClaimTooSmall {
                    claimWei: claim_wei,
                    storageDepositWei: storage_deposit_wei,
                })
            }
            Self::BadSecret => ModuleError::revert(I::BadSecret {}),
            Self::ConditionExpired(timeout) => ModuleError::revert(I::ConditionExpired { timeout }),
        }
    }
}

/// Something that claims an amount in a lane, whoever it is addressed to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim<'a> {
    pub(super) lane: u32,
    /// Claimed in all, ticks included.
    pub(super) wei: u128,
    /// What must have been signed.
    pub(super) digest: B256,
    pub(super) signature: &'a [u8],
    /// Ticks to check: the anchor, what the chain is bound to, its amount, index and preimage.
    pub(super) tick: Option<TickProof>,
}

/// A tick that a claim counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct TickProof {
    anchor: B256,
    bound_to: B256,
    cumulative_amount_wei: u128,
    index: u32,
    preimage: B256,
}

impl TickProof {
    /// `None` where no tick is claimed.
    fn of(tick: &Tick, anchor: B256, bound_to: B256, cumulative_amount_wei: u128) -> Option<Self> {
        let Tick { index, preimage } = *tick;
        let proof = Self { anchor, bound_to, cumulative_amount_wei, index, preimage };
        (index > 0).then_some(proof)
    }
}

impl<'a> Claim<'a> {
    /// Of a voucher. Gas for it was charged before ([`super::gas`]).
    pub(super) fn of_voucher(
        domain: &Domain,
        voucher: &Voucher,
        tick: &Tick,
        signature: &'a [u8],
    ) -> Result<Self, Failed> {
        let Voucher { channelId, lane, cumulativeAmount, tickAnchor, tickValue, tickMax } =
            *voucher;
        let wei = claim_wei(cumulativeAmount, tickValue, tickMax, tick.index)?;
        let proof = TickProof::of(tick, tickAnchor, channelId, cumulativeAmount);
        Ok(Self { lane, wei, digest: domain.digest(voucher), signature, tick: proof })
    }

    /// Of a pool's voucher.
    pub(super) fn of_pool_voucher(
        domain: &Domain,
        voucher: &PoolVoucher,
        tick: &Tick,
        signature: &'a [u8],
    ) -> Result<Self, Failed> {
        let PoolVoucher { poolId, payee, lane, cumulativeAmount, tickAnchor, tickValue, tickMax } =
            *voucher;
        let wei = claim_wei(cumulativeAmount, tickValue, tickMax, tick.index)?;
        let bound_to = pool_tick_id(poolId, payee);
        let proof = TickProof::of(tick, tickAnchor, bound_to, cumulativeAmount);
        Ok(Self { lane, wei, digest: domain.digest(voucher), signature, tick: proof })
    }

    /// Of a voucher with a condition, which must hold in the block under way.
    pub(super) fn of_conditional(
        host: &dyn Host,
        domain: &Domain,
        voucher: &ConditionalVoucher,
        secret: B256,
        signature: &'a [u8],
    ) -> Result<Self, Failed> {
        if host.block().time_ms / 1000 >= voucher.timeout {
            return Err(Refused::ConditionExpired(voucher.timeout).into());
        }
        if keccak256(secret) != voucher.hashLock {
            return Err(Refused::BadSecret.into());
        }
        Ok(Self {
            lane: voucher.lane,
            wei: voucher.cumulativeAmount,
            digest: domain.digest(voucher),
            signature,
            tick: None,
        })
    }

    /// That the signer signed it, and that its tick leads to the anchor.
    fn verify(&self, host: &dyn Host, signer: Address) -> Result<(), Refused> {
        if !is_signed_by(host, self.digest, self.signature, signer) {
            return Err(Refused::BadSignature);
        }
        match &self.tick {
            Some(tick)
                if !is_tick_of(
                    tick.anchor,
                    tick.bound_to,
                    self.lane,
                    tick.cumulative_amount_wei,
                    tick.index,
                    tick.preimage,
                ) =>
            {
                Err(Refused::BadTick(tick.index))
            }
            _ => Ok(()),
        }
    }
}

/// Whether `signer` signed `digest`, in one of the two forms.
pub(super) fn is_signed_by(
    host: &dyn Host,
    digest: B256,
    signature: &[u8],
    signer: Address,
) -> bool {
    parse_signature(signature).is_ok_and(|signature| host.recover(digest, &signature) == Ok(signer))
}

/// A claim that holds: the lane, what it was paid before, and what it claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) lane: u8,
    pub(super) settled_wei: u128,
    pub(super) claim_wei: u128,
}

/// What a claim on a channel is due; `None` if it claims no more than was paid, whoever signed it.
pub(super) fn due_of_channel(
    host: &mut dyn Host,
    channel: &Channel,
    claim: &Claim<'_>,
) -> Result<Option<Due>, Failed> {
    let Some(due) = newer(host, &channel.lanes, claim)? else { return Ok(None) };
    let others_wei = minus(channel.lanes.total_wei, due.settled_wei)?;
    let claimed = U256::from(others_wei).saturating_add(U256::from(claim.wei));
    if claimed > U256::from(channel.deposit_wei) {
        let deposit_wei = channel.deposit_wei;
        return Err(Refused::AboveDeposit { claim_wei: claimed, deposit_wei }.into());
    }
    claim.verify(host, channel.signer)?;
    Ok(Some(due))
}

/// What a claim on a pool is due to its payee; it may be more than the pool has left.
pub(super) fn due_of_pool(
    host: &mut dyn Host,
    pool: &Pool,
    payee: &PoolClaim,
    claim: &Claim<'_>,
) -> Result<Option<Due>, Failed> {
    let Some(due) = newer(host, &payee.lanes, claim)? else { return Ok(None) };
    if pool.is_frozen {
        return Err(Refused::PoolIsFrozen(pool.id).into());
    }
    let others_wei = minus(payee.lanes.total_wei, due.settled_wei)?;
    let claimed = U256::from(others_wei).saturating_add(U256::from(claim.wei));
    let max_wei = pool.payee_share_wei();
    if claimed > U256::from(max_wei) {
        return Err(Refused::AbovePayeeShare { claim_wei: claimed, max_wei }.into());
    }
    claim.verify(host, pool.signer)?;
    Ok(Some(due))
}

fn newer(host: &mut dyn Host, lanes: &Lanes, claim: &Claim<'_>) -> Result<Option<Due>, Failed> {
    let lane = lane_of(claim.lane).ok_or(Refused::BadLane(claim.lane))?;
    let settled_wei = lanes.settled_wei(host, lane)?;
    let due = Due { lane, settled_wei, claim_wei: claim.wei };
    Ok((claim.wei > settled_wei).then_some(due))
}
