//! The clock: Commit ► Reveal ► Clearing ► Commit of the next epoch (rule E.2). A phase ends in the first block
//! with its blocks and its time both passed, and not before what it waits for is done: the result of the epoch
//! before is applied before bids are revealed, and leases that are over are closed before the book is frozen.

use super::{
    super::{
        calls::phase_of,
        frozen::outcome,
        limits::TICK_WEI,
        params as p,
        state::{Book, Epoch, Ids, seed, set_seed},
    },
    Clock, Heads, IMarket, Job, Phase, Step, broken, emit,
};
use crate::{
    block::MarketResult,
    modules::{Deadline, Host, ModuleError, params, params::Param},
};
use alloy_primitives::{B256, U256, keccak256};

/// Blocks from the freeze to the one whose randomness breaks ties (rule E.8).
const SEED_BLOCKS: u64 = 2;

/// Notes what breaks ties. The block after a pause may be a later one; nobody could know its randomness either.
pub(super) fn note_seed(host: &mut dyn Host) -> Result<(), ModuleError> {
    let clock = Clock::load(host)?;
    let number = host.block().number;
    if clock.phase != Phase::Clearing
        || number < clock.freeze_block.saturating_add(SEED_BLOCKS)
        || !seed(host)?.is_zero()
    {
        return Ok(());
    }
    let mix = host.block().mix;
    let bytes = [mix.as_slice(), &clock.epoch.to_be_bytes()].concat();
    set_seed(host, keccak256(bytes))
}

/// Takes the result that the block carries: it is applied from now on, and the next epoch begins.
pub(super) fn take_result(host: &mut dyn Host) -> Result<(), ModuleError> {
    let Some(result) = host.block().consensus.market else { return Ok(()) };
    let clock = Clock::load(host)?;
    if clock.phase != Phase::Clearing {
        return Err(broken("a result for a book that is not frozen"));
    }
    let epoch = clock.epoch;
    match result {
        MarketResult::Void => emit(host, &IMarket::EpochVoided { epoch })?,
        MarketResult::Root(root) => {
            let outcome = outcome(host)?;
            let paid = outcome.bids.iter().map(|bid| bid.payment).fold(0, u128::saturating_add);
            let event = IMarket::EpochCleared {
                epoch,
                root,
                welfareWei: in_wei(outcome.welfare),
                volumeWei: in_wei(paid),
                ops: outcome.ops,
            };
            emit(host, &event)?;
        }
    }
    let mut book = Book::load(host)?;
    Job::new(epoch, Step::Bids, result == MarketResult::Void, book.bids).save(host)?;
    (book.renewing, book.bids, book.standing) = (book.standing, 0, 0);
    book.save(host)?;
    begin_epoch(host, epoch.saturating_add(1))
}

/// Ends the phase if it may end.
pub(super) fn turn(host: &mut dyn Host) -> Result<(), ModuleError> {
    let clock = Clock::load(host)?;
    if clock.epoch == 0 {
        return begin_epoch(host, 1);
    }
    if !clock.ends.has_passed(host.block()) {
        return Ok(());
    }
    match clock.phase {
        Phase::Commit if Job::load(host)?.is_some() => Ok(()),
        Phase::Commit if Book::load(host)?.bids == 0 => skip(host, &clock),
        Phase::Commit => begin(host, &clock, Phase::Reveal),
        Phase::Reveal if has_leases_to_close(host)? => Ok(()),
        Phase::Reveal => freeze(host, &clock),
        // Only a result ends it.
        Phase::Clearing => Ok(()),
    }
}

/// Nobody bids: the next epoch begins. Offers whose last epoch this was go.
fn skip(host: &mut dyn Host, clock: &Clock) -> Result<(), ModuleError> {
    let epoch = clock.epoch;
    if Ids::ending_count(host, epoch)? > 0 {
        Job::new(epoch, Step::Offers, true, 0).save(host)?;
    }
    begin_epoch(host, epoch.saturating_add(1))
}

fn freeze(host: &mut dyn Host, clock: &Clock) -> Result<(), ModuleError> {
    let narrow = |value: u64| u16::try_from(value).unwrap_or(u16::MAX);
    let epoch = Epoch {
        number: clock.epoch,
        min_ask_ticks: params::narrow(host, &p::MIN_ASK)?,
        fee_bps: narrow(params::narrow(host, &p::FEE)?),
        penalty_bps: narrow(params::narrow(host, &p::PENALTY)?),
        ..Epoch::default()
    };
    epoch.save(host)?;
    set_seed(host, B256::ZERO)?;
    let number = host.block().number;
    let Book { bids, offers, .. } = Book::load(host)?;
    emit(host, &IMarket::EpochFrozen { epoch: clock.epoch, block: number, bids, offers })?;
    begin(host, &Clock { freeze_block: number, ..*clock }, Phase::Clearing)
}

fn begin_epoch(host: &mut dyn Host, epoch: u32) -> Result<(), ModuleError> {
    let ends = Deadline::default();
    begin(host, &Clock { epoch, phase: Phase::Commit, ends, freeze_block: 0 }, Phase::Commit)
}

/// Begins a phase in the block under way.
fn begin(host: &mut dyn Host, clock: &Clock, phase: Phase) -> Result<(), ModuleError> {
    let (blocks, time): (&Param, &Param) = match phase {
        Phase::Commit => (&p::COMMIT_BLOCKS, &p::COMMIT_MS),
        Phase::Reveal => (&p::REVEAL_BLOCKS, &p::REVEAL_MS),
        Phase::Clearing => (&p::CLEARING_BLOCKS, &p::CLEARING_MS),
    };
    let (blocks, time_ms) = (params::narrow(host, blocks)?, params::narrow(host, time)?);
    let now = host.block();
    let ends = Deadline {
        time_ms: now.time_ms.saturating_add(time_ms),
        block: now.number.saturating_add(blocks),
    };
    Clock { phase, ends, ..*clock }.save(host)?;
    let event = IMarket::PhaseChanged {
        epoch: clock.epoch,
        phase: phase_of(phase),
        endsAtMs: ends.time_ms,
        endsAtBlock: ends.block,
    };
    emit(host, &event)
}

fn has_leases_to_close(host: &mut dyn Host) -> Result<bool, ModuleError> {
    let oldest = Heads::load(host)?.oldest;
    if oldest == 0 {
        return Ok(false);
    }
    Ok(Epoch::load(host, oldest)?.receipt_end.has_passed(host.block()))
}

fn in_wei(ticks: u128) -> U256 {
    U256::from(ticks).saturating_mul(U256::from(TICK_WEI))
}
