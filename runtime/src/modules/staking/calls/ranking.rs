//! Who stands for election: a bounded list, in which a larger stake takes the place of a smaller one.

use super::{
    super::{
        IStaking, params as p,
        shares::Pool,
        state::{Delegation, List, Validator, broken},
    },
    emit, validator,
};
use crate::modules::{Host, ModuleError, params};
use alloy_primitives::{Address, U256};

/// Most candidates. What the end of an epoch looks at is bounded by it.
pub(in super::super) const MAX_CANDIDATES: u32 = 256;

/// Why a validator could not enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum NoPlace {
    /// All places are taken by stakes of at least so much.
    Full { needed_wei: u128 },
}

/// Whether a validator may be elected.
pub(in super::super) fn is_eligible(
    host: &mut dyn Host,
    validator: &Validator,
    epoch: u64,
) -> Result<bool, ModuleError> {
    let standing = validator.standing;
    if standing.is_jailed
        || standing.is_tombstoned
        || standing.has_exited
        || validator.is_in_maintenance(epoch)
    {
        return Ok(false);
    }
    let own = Delegation::load(host, validator.operator, validator.operator)?;
    let pool = Pool { tokens: validator.tokens, shares: validator.shares };
    Ok(pool.worth(own.shares) >= params::value(host, &p::MIN_SELF_STAKE)?)
}

/// Gives a validator a place among the candidates, in memory; the caller saves it.
pub(in super::super) fn enter(
    host: &mut dyn Host,
    validator: &mut Validator,
) -> Result<Result<(), NoPlace>, ModuleError> {
    let list = List::candidates();
    let index = if list.len(host)? < MAX_CANDIDATES {
        list.push(host, validator.operator)?
    } else {
        match weakest(host)? {
            Some((index, mut other)) if other.tokens < validator.tokens => {
                other.place = 0;
                other.save(host)?;
                emit(host, &IStaking::ValidatorUnranked { operator: other.operator })?;
                list.set(host, index, validator.operator)?;
                index
            }
            Some((_, other)) => return Ok(Err(NoPlace::Full { needed_wei: other.tokens })),
            None => return Ok(Err(NoPlace::Full { needed_wei: u128::MAX })),
        }
    };
    validator.place = index.saturating_add(1);
    Ok(Ok(()))
}

/// The candidate with the least stake that is not in the epoch's set.
fn weakest(host: &mut dyn Host) -> Result<Option<(u32, Validator)>, ModuleError> {
    let mut weakest: Option<(u32, Validator)> = None;
    for (index, operator) in (0u32..).zip(List::candidates().all(host)?) {
        let other = Validator::load(host, operator)?
            .ok_or_else(|| broken("a candidate is no validator"))?;
        let is_weaker = weakest.as_ref().is_none_or(|(_, least)| other.tokens < least.tokens);
        if other.power == 0 && is_weaker {
            weakest = Some((index, other));
        }
    }
    Ok(weakest)
}

/// Takes a validator out of the candidates, in memory; the caller saves it.
pub(in super::super) fn unrank(
    host: &mut dyn Host,
    validator: &mut Validator,
) -> Result<(), ModuleError> {
    let Some(index) = validator.place.checked_sub(1) else { return Ok(()) };
    validator.place = 0;
    if let Some(moved) = List::candidates().remove(host, index)? {
        let mut other =
            Validator::load(host, moved)?.ok_or_else(|| broken("a candidate is no validator"))?;
        other.place = index.saturating_add(1);
        other.save(host)?;
    }
    emit(host, &IStaking::ValidatorUnranked { operator: validator.operator })
}

/// Puts a validator among the candidates on anybody's word.
pub(in super::super) fn enter_ranking(
    host: &mut dyn Host,
    operator: Address,
) -> Result<(), ModuleError> {
    let mut validator = validator(host, operator)?;
    if validator.place != 0 {
        return Err(ModuleError::revert(IStaking::AlreadyRanked { operator }));
    }
    let epoch = super::epoch(host)?;
    if !is_eligible(host, &validator, epoch)? {
        return Err(ModuleError::revert(IStaking::NotEligible { operator }));
    }
    if let Err(NoPlace::Full { needed_wei }) = enter(host, &mut validator)? {
        let needed_wei = U256::from(needed_wei);
        return Err(ModuleError::revert(IStaking::RankingFull { neededWei: needed_wei }));
    }
    validator.save(host)?;
    emit(host, &IStaking::ValidatorRanked { operator })
}
