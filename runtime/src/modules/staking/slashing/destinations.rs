//! Redelegated stake: what a slash takes where the stake went. The shares are burnt in the sum at once;
//! each lot's part is burnt when its delegation is next settled, rounded up, so the sum is covered.

use super::super::{
    ballots,
    calls::{self, epoch},
    rewards::WHOLE,
    shares::Pool,
    state::{History, List, Slash, broken, key, load, minus, of, plus, store},
};
use crate::{
    modules::{Host, ModuleError},
    primitives::{
        math::mul_div_floor,
        packed::{Pack, Unpack},
    },
};
use alloy_primitives::{Address, U256};

/// What a slash has burnt and taken at one destination.
#[derive(Debug, Clone, Copy, Default)]
struct Taken {
    shares: u128,
    wei: u128,
}

impl Taken {
    fn key(source: Address, target: Address, accepted_block: u64) -> U256 {
        key("taken", &[of(&source), of(&target), &accepted_block.to_be_bytes()])
    }

    fn load(
        host: &mut dyn Host,
        source: Address,
        target: Address,
        slash: &Slash,
    ) -> Result<Self, ModuleError> {
        let slot = Self::key(source, target, slash.accepted_block);
        let mut fields = Unpack::new(load(host, slot)?);
        Ok(Self { shares: fields.u128(), wei: fields.u128() })
    }

    fn save(
        self,
        host: &mut dyn Host,
        source: Address,
        target: Address,
        slash: &Slash,
    ) -> Result<(), ModuleError> {
        let slot = Self::key(source, target, slash.accepted_block);
        store(host, slot, Pack::default().u128(self.shares).u128(self.wei).word())
    }
}

/// Burns the part of redelegated shares that `fraction` asks for beyond what is burnt; returns the wei.
pub(super) fn take(
    host: &mut dyn Host,
    source: Address,
    slash: &Slash,
    fraction: u64,
) -> Result<u128, ModuleError> {
    let part = |shares| {
        mul_div_floor(shares, u128::from(fraction), WHOLE).ok_or_else(|| broken("a slash"))
    };
    let now = epoch(host)?;
    let mut sum = 0u128;
    for target in List::destinations(source).all(host)? {
        let history = History::redelegated(source, target);
        let liable = history.since(host, slash.epoch)?;
        // Those that came in the epoch under way do not earn yet. The sums round down apart, so that no
        // fewer shares are taken to earn than do.
        let newest = history.since(host, now)?;
        let (old, new) = (part(minus(liable, newest)?)?, part(newest)?);
        let mut taken = Taken::load(host, source, target, slash)?;
        let burnt = plus(old, new)?.saturating_sub(taken.shares);
        let mut validator = calls::validator(host, target)?;
        let pool = Pool { tokens: validator.tokens, shares: validator.shares };
        let wei = pool.worth(burnt);
        ballots::validator_will_change(host, &validator)?;
        validator.shares = minus(validator.shares, burnt)?;
        validator.tokens = minus(validator.tokens, wei)?;
        if validator.entering_epoch == now {
            let entering = new.min(burnt).min(validator.entering_shares);
            validator.entering_shares = minus(validator.entering_shares, entering)?;
        }
        validator.save(host)?;
        ballots::weaken_validator(host, &validator)?;
        taken = Taken { shares: plus(taken.shares, burnt)?, wei: plus(taken.wei, wei)? };
        taken.save(host, source, target, slash)?;
        sum = plus(sum, wei)?;
    }
    Ok(sum)
}

/// Undoes [`take`].
pub(super) fn give_back(
    host: &mut dyn Host,
    source: Address,
    slash: &Slash,
) -> Result<(), ModuleError> {
    for target in List::destinations(source).all(host)? {
        let taken = Taken::load(host, source, target, slash)?;
        let mut validator = calls::validator(host, target)?;
        ballots::validator_will_change(host, &validator)?;
        validator.shares = plus(validator.shares, taken.shares)?;
        validator.tokens = plus(validator.tokens, taken.wei)?;
        validator.save(host)?;
        Taken::default().save(host, source, target, slash)?;
    }
    Ok(())
}
