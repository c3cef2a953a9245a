//! The newest slashes, for people: a ring of [`KEPT`] entries.

use super::super::state::{Slash, SlashState, at, key, load, store};
use crate::{
    modules::{Host, ModuleError, staking::IStaking},
    primitives::packed::{Pack, Unpack},
};
use alloy_primitives::{Address, U256};

/// How many are kept.
const KEPT: u64 = 256;
/// Most in one answer.
pub(in super::super) const MAX_LISTED: u64 = 64;
const SLOTS: u64 = 3;
const DOUBLE_SIGN: u8 = 0;
const DOWNTIME: u8 = 1;
const BURNT: u8 = 1;

/// How many there ever were.
pub(super) fn len(host: &mut dyn Host) -> Result<u64, ModuleError> {
    Ok(Unpack::new(load(host, key("slashes", &[]))?).u64())
}

fn slot(index: u64) -> U256 {
    let place = index.rem_euclid(KEPT).saturating_mul(SLOTS);
    at(key("slashes", &[]), place.saturating_add(1))
}

fn write(host: &mut dyn Host, index: u64, slash: &IStaking::Slash) -> Result<(), ModuleError> {
    let first = slot(index);
    let amount = slash.amountWei.saturating_to::<u128>();
    let words = [
        Pack::default()
            .address(slash.validator)
            .u8(slash.reason)
            .u8(slash.state)
            .u64(slash.fraction),
        Pack::default().u128(amount).u64(slash.infractionBlock).u64(slash.acceptedBlock),
        Pack::default().u64(slash.acceptedMs).u64(slash.decidedAtMs),
    ];
    for (offset, word) in (0u64..).zip(words) {
        store(host, at(first, offset), word.word())?;
    }
    Ok(())
}

fn read(host: &mut dyn Host, index: u64) -> Result<IStaking::Slash, ModuleError> {
    let first = slot(index);
    let mut head = Unpack::new(load(host, first)?);
    let mut amount = Unpack::new(load(host, at(first, 1))?);
    let mut times = Unpack::new(load(host, at(first, 2))?);
    Ok(IStaking::Slash {
        validator: head.address(),
        reason: head.u8(),
        state: head.u8(),
        fraction: head.u64(),
        amountWei: U256::from(amount.u128()),
        infractionBlock: amount.u64(),
        acceptedBlock: amount.u64(),
        acceptedMs: times.u64(),
        decidedAtMs: times.u64(),
    })
}

fn append(host: &mut dyn Host, slash: &IStaking::Slash) -> Result<(), ModuleError> {
    let index = len(host)?;
    write(host, index, slash)?;
    let longer = Pack::default().u64(index.saturating_add(1)).word();
    store(host, key("slashes", &[]), longer)
}

fn of(operator: Address, slash: &Slash, accepted_ms: u64) -> IStaking::Slash {
    let taken = slash.bonded_taken.saturating_add(slash.unbonding_taken);
    IStaking::Slash {
        validator: operator,
        reason: DOUBLE_SIGN,
        state: match slash.state {
            SlashState::None | SlashState::Open => 0,
            SlashState::Burnt => BURNT,
            SlashState::Cancelled => 2,
        },
        fraction: slash.fraction,
        amountWei: U256::from(taken.saturating_add(slash.redelegated_taken)),
        infractionBlock: slash.height,
        acceptedBlock: slash.accepted_block,
        acceptedMs: accepted_ms,
        decidedAtMs: slash.decided.time_ms,
    }
}

/// Notes a slash for signing twice; `slash.entry` must be [`len`].
pub(super) fn push(
    host: &mut dyn Host,
    operator: Address,
    slash: &Slash,
) -> Result<(), ModuleError> {
    let now_ms = host.block().time_ms;
    append(host, &of(operator, slash, now_ms))
}

/// Notes what became of it, unless it is forgotten.
pub(super) fn update(
    host: &mut dyn Host,
    operator: Address,
    slash: &Slash,
) -> Result<(), ModuleError> {
    if len(host)?.saturating_sub(slash.entry) > KEPT {
        return Ok(());
    }
    let before = read(host, slash.entry)?;
    write(host, slash.entry, &of(operator, slash, before.acceptedMs))
}

/// Notes a slash for absence.
pub(super) fn push_downtime(
    host: &mut dyn Host,
    operator: Address,
    wei: u128,
    ppm: u128,
) -> Result<(), ModuleError> {
    let facts = host.block();
    let (block, time_ms) = (facts.number, facts.time_ms);
    let fraction = ppm.saturating_mul(1_000_000_000_000);
    let slash = IStaking::Slash {
        validator: operator,
        reason: DOWNTIME,
        state: BURNT,
        fraction: u64::try_from(fraction).unwrap_or(u64::MAX),
        amountWei: U256::from(wei),
        infractionBlock: block,
        acceptedBlock: block,
        acceptedMs: time_ms,
        decidedAtMs: time_ms,
    };
    append(host, &slash)
}

/// The newest ones, newest first.
pub(in super::super) fn newest(
    host: &mut dyn Host,
    limit: u64,
) -> Result<Vec<IStaking::Slash>, ModuleError> {
    let len = len(host)?;
    let count = limit.min(MAX_LISTED).min(KEPT).min(len);
    (1..=count).map(|back| read(host, len.saturating_sub(back))).collect()
}
