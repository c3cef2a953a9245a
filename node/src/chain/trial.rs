//! Calls of the channels module on a copy of the newest state: what the next block would make of them. The
//! module itself checks vouchers, so that nobody has to check them in a second way.

use super::Chain;
use crate::storage::{StateView, ViewError};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, SolInterface as _};
use btt_runtime::{
    block::BlockFacts,
    modules::{
        self, ModuleError, OverlayHost,
        channels::{Channels, IChannels::IChannelsErrors},
    },
    state::Overlay,
};

/// The newest state, and what was tried on it so far.
#[derive(Debug)]
pub struct ChannelTrial<'c> {
    overlay: Overlay<StateView<'c>>,
    facts: BlockFacts,
}

impl Chain {
    /// Begins a trial in a block after the newest, at `now_ms` or as soon as it may be.
    pub fn channel_trial(&self, now_ms: u64) -> Result<ChannelTrial<'_>, ViewError> {
        let head = self.head();
        let mut facts = BlockFacts::of(self.config(), &head.header);
        facts.number = facts.number.saturating_add(1);
        facts.time_ms = now_ms.max(facts.time_ms.saturating_add(1));
        Ok(ChannelTrial { overlay: Overlay::new(self.state_at(head.number)?), facts })
    }
}

impl ChannelTrial<'_> {
    /// What a view returns.
    ///
    /// # Errors
    /// The module's refusal, or that the store failed.
    pub fn read<C: SolCall>(&mut self, call: &C) -> Result<C::Return, ModuleError> {
        self.run(Address::ZERO, call, true)
    }

    /// What a call without value returns; what it did is there for the next.
    ///
    /// # Errors
    /// The module's refusal, or that the store failed; then nothing was done.
    pub fn write<C: SolCall>(
        &mut self,
        caller: Address,
        call: &C,
    ) -> Result<C::Return, ModuleError> {
        let checkpoint = self.overlay.checkpoint();
        let result = self.run(caller, call, false);
        match &result {
            Ok(_) => self.overlay.commit(checkpoint),
            Err(_) => self.overlay.revert(checkpoint),
        }
        result
    }

    /// The block whose state it is.
    pub fn block(&self) -> u64 {
        self.facts.number.saturating_sub(1)
    }

    /// Time of the trial, in ms.
    pub fn time_ms(&self) -> u64 {
        self.facts.time_ms
    }

    fn run<C: SolCall>(
        &mut self,
        caller: Address,
        call: &C,
        is_static: bool,
    ) -> Result<C::Return, ModuleError> {
        let mut host = OverlayHost::new(&mut self.overlay, &self.facts);
        let input = call.abi_encode();
        let output =
            modules::dispatch(&Channels, &mut host, caller, U256::ZERO, is_static, &input)?;
        C::abi_decode_returns_validate(&output)
            .map_err(|error| ModuleError::Broken(format!("{} returned {error}", C::SIGNATURE)))
    }
}

/// The rule behind a refusal of the channels module, in words; `None` if it is none of its errors.
pub fn channel_refusal(data: &Bytes) -> Option<String> {
    use IChannelsErrors as E;
    Some(match E::abi_decode(data).ok()? {
        E::UnknownChannel(e) => format!("no open channel has the id {}", e.channelId),
        E::UnknownPool(e) => format!("no open pool has the id {}", e.poolId),
        E::NotPayer(e) => format!("only the payer may do this, not {}", e.caller),
        E::NotPayee(e) => format!("only the payee, or the operator, may do this, not {}", e.caller),
        E::BadPayee(e) => {
            format!("{} cannot be the payee: it is zero, the payer, or a module", e.payee)
        }
        E::BadGrace(e) => {
            format!("the grace is {} s, it must be {} to {} s", e.graceS, e.minS, e.maxS)
        }
        E::BadExpiry(e) => {
            format!("the expiry {} is in the past, or more than ten years ahead", e.expiry)
        }
        E::DepositTooLow(e) => {
            format!("the deposit is {} wei, the least is {} wei", e.depositWei, e.minWei)
        }
        E::TooManyChannels(e) => {
            format!("the payer has {} channels and pools open, no more are allowed", e.max)
        }
        E::TooManyToPayee(e) => {
            format!("the payer has {} channels to {} open, no more are allowed", e.max, e.payee)
        }
        E::AmountOverflow(_) => "the sum of the amounts is too large".to_owned(),
        E::BadSignature(_) => {
            "the signature is not of who must sign, or not in its one low-s form".to_owned()
        }
        E::BadLane(e) => format!("lane {} does not exist, lanes are 0 to 3", e.lane),
        E::BadTick(e) => {
            format!("the preimage of tick {} does not lead to the voucher's anchor", e.index)
        }
        E::TickTooFar(e) => format!("tick {} is beyond the voucher's last, {}", e.index, e.max),
        E::AboveDeposit(e) => format!(
            "the claim of {} wei in all lanes exceeds the deposit of {} wei",
            e.claimWei, e.depositWei
        ),
        E::BadSecret(_) => "the secret is not the preimage of the hash lock".to_owned(),
        E::ConditionExpired(e) => format!("the condition's time was over at {} s", e.timeout),
        E::BadCapture(e) => format!(
            "{} wei cannot be captured: the lane was paid {} wei and the voucher claims {} wei",
            e.captureWei, e.settledWei, e.claimWei
        ),
        E::BadSplit(e) => format!(
            "the split does not fit: {} wei are settled and {} wei remain",
            e.settledWei, e.remainingWei
        ),
        E::AlreadyClosing(e) => format!("the payer has asked to close {} already", e.id),
        E::NotClosing(e) => format!("nobody has asked to close {}", e.id),
        E::NoExpiry(e) => format!("{} never expires", e.id),
        E::TooEarly(e) => format!(
            "too early: both the time {} ms and block {} must come first",
            e.untilMs, e.untilBlock
        ),
        E::WrongTower(e) => format!("the payee named another tower than {}", e.caller),
        E::WatchExpired(e) => format!("the payee's word for the tower ended at {} s", e.validUntil),
        E::TipTooHigh(e) => {
            format!("a tip of {} hundredths of a percent, the most is {}", e.tipBps, e.maxBps)
        }
        E::CollateralTooLow(e) => format!(
            "the collateral of {} wei is less than the deposit of {} wei",
            e.collateralWei, e.depositWei
        ),
        E::BadMinPayees(e) => {
            format!("a pool is for at least {} payees, not {}", e.min, e.minPayees)
        }
        E::AbovePayeeShare(e) => format!(
            "the claim of {} wei exceeds the {} wei that one payee of the pool may have",
            e.claimWei, e.maxWei
        ),
        E::PoolIsFrozen(e) => {
            format!("the pool {} is frozen: its payer promised more than there is", e.poolId)
        }
        E::ClaimTooSmall(e) => format!(
            "the first claim of {} wei does not pay the {} wei of its record",
            e.claimWei, e.storageDepositWei
        ),
        E::PoolIsOpen(e) => format!("the pool {} is still open", e.poolId),
        E::NoClaim(e) => format!("{} has no record with the pool {}", e.payee, e.poolId),
        E::TooMany(e) => format!("{} entries, the most is {}", e.count, e.max),
        E::MalformedBatch(e) => format!("the batch does not decode from byte {} on", e.offset),
    })
}
