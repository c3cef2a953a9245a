//! What happens by itself at the beginning of a block, in this order: the seed is noted, a result is taken, the
//! phase ends if it may, and what is to be applied or closed goes on by a slice.

mod apply;
mod close;
mod phases;
mod retire;

#[cfg(test)]
pub(super) use close::{Division, divide};

use super::{
    IMarket,
    calls::emit,
    limits::SLICE_RECORDS,
    state::{Clock, Heads, Job, Phase, Step, broken},
};
use crate::modules::{Host, ModuleError, Moment};

/// The work of one moment.
pub(super) fn run(moment: Moment, host: &mut dyn Host) -> Result<(), ModuleError> {
    if moment != Moment::BeginBlock {
        return Ok(());
    }
    begin(host).map_err(|error| match error {
        // A hook has nobody to tell a revert.
        ModuleError::Revert(data) => broken(&format!("a hook reverts: {data}")),
        other => other,
    })
}

fn begin(host: &mut dyn Host) -> Result<(), ModuleError> {
    phases::note_seed(host)?;
    phases::take_result(host)?;
    phases::turn(host)?;
    work(host)
}

/// Goes on with the result that is applied; where there is none and no book is frozen, with leases that are
/// over. Both share the block's slice.
fn work(host: &mut dyn Host) -> Result<(), ModuleError> {
    let mut left = SLICE_RECORDS;
    let mut applied = None;
    while left > 0 {
        let Some(mut job) = Job::load(host)? else { break };
        let used = if job.step <= Step::Swarms {
            apply::slice(host, &mut job, left, &mut applied)?
        } else {
            retire::slice(host, &mut job, left)?
        };
        left = left.saturating_sub(used);
    }
    // The bonds of a frozen book must stay as they are: closing burns of them.
    if Job::load(host)?.is_some() || Clock::load(host)?.phase == Phase::Clearing {
        return Ok(());
    }
    while left > 0 && Heads::load(host)?.oldest != 0 {
        let used = close::slice(host, left)?;
        if used == 0 {
            break;
        }
        left = left.saturating_sub(used);
    }
    Ok(())
}

/// The records of a step that this slice works on, and the cursor behind them.
fn range(cursor: u32, count: u32, left: u32) -> std::ops::Range<u32> {
    cursor..count.min(cursor.saturating_add(left))
}

/// Writes how far a step has come; after its last record the next begins.
fn step_on(host: &mut dyn Host, job: &mut Job, cursor: u32, count: u32) -> Result<(), ModuleError> {
    job.cursor = cursor;
    if cursor < count || job.advance() { job.save(host) } else { Job::delete(host) }
}
