//! Epochs and validator sets: which set decides which block. Both are stored, not computed: an epoch ends
//! when staking's end-of-block hook starts the next one, whose set decides from the next block on.

#[cfg(test)]
mod tests;

use crate::{
    block::{REACH_BLOCKS, ValidatorSets, total_power},
    config::Validator,
    modules::{Host, ModuleError},
    primitives::{addresses::STAKING, limits::MAX_VALIDATORS},
};
use alloy_primitives::{Address, B256, FixedBytes, U256, keccak256};

/// Most epochs that one call of [`prune`] forgets: their sets are up to a thousand slots each.
const MAX_PRUNED: u64 = 2;

/// Blocks that one set decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch {
    /// Its number; they rise by one.
    pub number: u64,
    /// Its first block.
    pub first_block: u64,
    /// When it was started, by the time of the block before its first one. In ms since 1970.
    pub first_ms: u64,
    /// Its validator set; versions begin at 1.
    pub set_version: u64,
}

impl Epoch {
    fn to_slot(self) -> U256 {
        U256::from_limbs([self.set_version, self.first_ms, self.first_block, self.number])
    }

    /// `None` for a slot that nobody has written: versions are never 0.
    fn from_slot(value: U256) -> Option<Self> {
        let [set_version, first_ms, first_block, number] = value.into_limbs();
        (set_version > 0).then_some(Self { number, first_block, first_ms, set_version })
    }
}

fn current_slot() -> U256 {
    keccak256("btt.staking.epoch").into()
}

fn oldest_slot() -> U256 {
    keccak256("btt.staking.epoch.oldest").into()
}

fn epoch_slot(number: u64) -> U256 {
    keccak256([b"btt.staking.epoch".as_slice(), &number.to_be_bytes()].concat()).into()
}

fn set_slot(version: u64) -> U256 {
    keccak256([b"btt.staking.set".as_slice(), &version.to_be_bytes()].concat()).into()
}

/// The two slots of each entry of a set.
fn entry_slots(version: u64) -> impl Iterator<Item = (U256, U256)> {
    let slot = set_slot(version);
    let at = move |offset: u64| slot.wrapping_add(U256::from(offset));
    (1u64..).step_by(2).map(move |offset| (at(offset), at(offset.saturating_add(1))))
}

fn damaged(what: impl std::fmt::Display) -> ModuleError {
    ModuleError::Broken(format!("staking: {what}"))
}

/// The epoch under way; `None` on a chain whose state holds none.
pub fn current(host: &mut dyn Host) -> Result<Option<Epoch>, ModuleError> {
    Ok(Epoch::from_slot(host.load(STAKING, current_slot())?))
}

/// An epoch by number; `None` where it has not begun or is forgotten.
pub fn epoch(host: &mut dyn Host, number: u64) -> Result<Option<Epoch>, ModuleError> {
    Ok(Epoch::from_slot(host.load(STAKING, epoch_slot(number))?))
}

fn existing(host: &mut dyn Host, number: u64) -> Result<Epoch, ModuleError> {
    epoch(host, number)?.ok_or_else(|| damaged(format!("epoch {number} is missing")))
}

/// Number of the oldest epoch kept.
pub fn oldest(host: &mut dyn Host) -> Result<u64, ModuleError> {
    let number = host.load(STAKING, oldest_slot())?;
    u64::try_from(number).map_err(|_| damaged("the oldest epoch's number"))
}

/// The epoch that a block belongs to; `None` where it is forgotten, or state holds none.
pub fn epoch_at(host: &mut dyn Host, height: u64) -> Result<Option<Epoch>, ModuleError> {
    let Some(mut after) = current(host)? else { return Ok(None) };
    if after.first_block <= height {
        return Ok(Some(after));
    }
    let oldest = oldest(host)?;
    let mut found = existing(host, oldest)?;
    if found.first_block > height {
        return Ok(None);
    }
    // `found` begins at the height or before, `after` after it.
    while found.number.saturating_add(1) < after.number {
        let middle = existing(host, found.number.midpoint(after.number))?;
        if middle.first_block > height {
            after = middle;
        } else {
            found = middle;
        }
    }
    Ok(Some(found))
}

/// The validators of a set, in the order in which they were given.
pub fn set(host: &mut dyn Host, version: u64) -> Result<Vec<Validator>, ModuleError> {
    let count = count_of(host, version)?;
    let mut validators = Vec::with_capacity(count);
    for slots in entry_slots(version).take(count) {
        validators.push(load_member(host, slots)?);
    }
    Ok(validators)
}

/// The validator at this place of a set, where there is one.
pub fn member(
    host: &mut dyn Host,
    version: u64,
    index: u16,
) -> Result<Option<Validator>, ModuleError> {
    let count = count_of(host, version)?;
    let slots = entry_slots(version).take(count).nth(usize::from(index));
    slots.map(|slots| load_member(host, slots)).transpose()
}

fn load_member(
    host: &mut dyn Host,
    (key_slot, rest_slot): (U256, U256),
) -> Result<Validator, ModuleError> {
    let x = B256::from(host.load(STAKING, key_slot)?);
    let rest = B256::from(host.load(STAKING, rest_slot)?);
    let [_, _, _, parity, rest @ ..] = rest.0;
    let (power, operator) = rest.split_first_chunk().unwrap_or((&[0; 8], &[]));
    let operator = Address::try_from(operator).map_err(|_| damaged("a set's operator"))?;
    let mut public_key = FixedBytes([parity; 33]);
    for (to, from) in public_key.iter_mut().skip(1).zip(x) {
        *to = from;
    }
    Ok(Validator { public_key, operator, power: u64::from_be_bytes(*power) })
}

/// How many validators a set has.
pub(super) fn members(host: &mut dyn Host, version: u64) -> Result<u16, ModuleError> {
    u16::try_from(count_of(host, version)?).map_err(|_| damaged("a set's size"))
}

fn count_of(host: &mut dyn Host, version: u64) -> Result<usize, ModuleError> {
    let [count, ..] = host.load(STAKING, set_slot(version))?.into_limbs();
    let count = usize::try_from(count).ok().filter(|count| (1..=MAX_VALIDATORS).contains(count));
    count.ok_or_else(|| damaged(format!("validator set {version} is missing")))
}

fn write_set(
    host: &mut dyn Host,
    version: u64,
    validators: &[Validator],
) -> Result<(), ModuleError> {
    let count = u64::try_from(validators.len()).unwrap_or(u64::MAX);
    let head = U256::from_limbs([count, total_power(validators), 0, 0]);
    host.store(STAKING, set_slot(version), head)?;
    for (validator, (key_slot, rest_slot)) in validators.iter().zip(entry_slots(version)) {
        let [parity, x @ ..] = validator.public_key.0;
        host.store(STAKING, key_slot, U256::from_be_bytes(x))?;
        let (power, operator) = (validator.power.to_be_bytes(), validator.operator);
        let rest = [[0, 0, 0, parity].as_slice(), &power, operator.as_slice()].concat();
        host.store(STAKING, rest_slot, U256::from_be_slice(&rest))?;
    }
    Ok(())
}

fn forget_set(host: &mut dyn Host, version: u64) -> Result<(), ModuleError> {
    let count = count_of(host, version)?;
    host.store(STAKING, set_slot(version), U256::ZERO)?;
    for (key_slot, rest_slot) in entry_slots(version).take(count) {
        host.store(STAKING, key_slot, U256::ZERO)?;
        host.store(STAKING, rest_slot, U256::ZERO)?;
    }
    Ok(())
}

/// Starts the next epoch, or the first one: the validators `next` decide from `first_block` on. `first_ms`
/// is the time of the block under way.
///
/// # Errors
/// [`ModuleError::Broken`] for a set that cannot decide blocks (rule A.8: none, more than
/// [`MAX_VALIDATORS`], one without power, a sum that times three exceeds 64 bits), and for a first block
/// that is not after the last epoch's.
pub fn start(
    host: &mut dyn Host,
    first_block: u64,
    first_ms: u64,
    next: &[Validator],
) -> Result<Epoch, ModuleError> {
    check(next)?;
    let epoch = match current(host)? {
        None => {
            write_set(host, 1, next)?;
            Epoch { number: 0, first_block, first_ms, set_version: 1 }
        }
        Some(last) if first_block <= last.first_block => {
            return Err(damaged(format!("an epoch at block {first_block} is not the next")));
        }
        Some(last) => {
            let mut set_version = last.set_version;
            if set(host, set_version)? != next {
                set_version = set_version.saturating_add(1);
                write_set(host, set_version, next)?;
            }
            Epoch { number: last.number.saturating_add(1), first_block, first_ms, set_version }
        }
    };
    host.store(STAKING, epoch_slot(epoch.number), epoch.to_slot())?;
    host.store(STAKING, current_slot(), epoch.to_slot())?;
    Ok(epoch)
}

fn check(validators: &[Validator]) -> Result<(), ModuleError> {
    let power = validators.iter().try_fold(0u64, |sum, v| sum.checked_add(v.power));
    let is_sound = (1..=MAX_VALIDATORS).contains(&validators.len())
        && validators.iter().all(|v| v.power > 0)
        && power.and_then(|power| power.checked_mul(3)).is_some();
    if is_sound { Ok(()) } else { Err(damaged("a validator set that cannot decide blocks")) }
}

/// Forgets the oldest epochs that ended at `keep_from_ms` or before, at most two a call, and sets that no
/// younger epoch has; how many were forgotten. What blocks still speak of stays however old it is.
pub fn prune(host: &mut dyn Host, keep_from_ms: u64) -> Result<u64, ModuleError> {
    let Some(current) = current(host)? else { return Ok(0) };
    let asked_from = current.first_block.saturating_sub(REACH_BLOCKS);
    let first = oldest(host)?;
    let mut number = first;
    while number < current.number && number < first.saturating_add(MAX_PRUNED) {
        let (old, next) = (existing(host, number)?, existing(host, number.saturating_add(1))?);
        if next.first_ms > keep_from_ms || next.first_block > asked_from {
            break;
        }
        host.store(STAKING, epoch_slot(number), U256::ZERO)?;
        if old.set_version != next.set_version {
            forget_set(host, old.set_version)?;
        }
        number = next.number;
    }
    host.store(STAKING, oldest_slot(), U256::from(number))?;
    Ok(number.saturating_sub(first))
}

/// The sets that the next block may speak of; `None` on a chain whose state holds no epochs.
pub fn load_sets(host: &mut dyn Host) -> Result<Option<ValidatorSets>, ModuleError> {
    let Some(Epoch { first_block, .. }) = current(host)? else { return Ok(None) };
    sets_between(host, first_block.saturating_sub(REACH_BLOCKS), first_block)
}

/// The sets of the heights from `first` to `last`, as far back as they are kept; `None` where not even
/// that of `last` is.
pub fn sets_between(
    host: &mut dyn Host,
    first: u64,
    last: u64,
) -> Result<Option<ValidatorSets>, ModuleError> {
    let Some(mut newest) = epoch_at(host, last)? else { return Ok(None) };
    let oldest = oldest(host)?;
    let mut epochs = vec![newest];
    while newest.first_block > first && newest.number > oldest {
        newest = existing(host, newest.number.saturating_sub(1))?;
        epochs.push(newest);
    }
    let mut sets: Option<(u64, ValidatorSets)> = None;
    for Epoch { first_block, set_version, .. } in epochs.into_iter().rev() {
        sets = Some(match sets {
            Some((version, sets)) if version == set_version => (version, sets),
            Some((_, mut sets)) => {
                sets.append(first_block, set(host, set_version)?.into());
                (set_version, sets)
            }
            None => (set_version, ValidatorSets::starting(first_block, set(host, set_version)?)),
        });
    }
    Ok(sets.map(|(_, sets)| sets))
}
