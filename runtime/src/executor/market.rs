//! The market's result in a block (system item 4): due or not is told by the parent's state and the block's
//! number and time, so a block carries it exactly where it must.

use super::{BlockContext, BlockError, sets::store_error, system::on_parent};
use crate::{
    block::{Body, MarketResult, SystemItem},
    modules::{
        Host, ModuleError,
        market::{self, Cleared},
    },
    state::StateReader,
};

/// Puts the result into a proposer's system section where it is due, and takes out what is not. A proposer may
/// bring [`MarketResult::Void`] itself; it stays.
pub(super) fn complete<S: StateReader>(
    ctx: &BlockContext<'_, S>,
    mut system: Vec<SystemItem>,
    time_ms: u64,
) -> Result<(Vec<SystemItem>, Cleared), BlockError> {
    let is_void = system.contains(&SystemItem::Market(MarketResult::Void));
    system.retain(|item| !matches!(item, SystemItem::Market(_)));
    if !is_due(ctx, time_ms)? {
        return Ok((system, ctx.cleared.clone()));
    }
    let (result, cleared) = if is_void {
        (MarketResult::Void, ctx.cleared.clone())
    } else {
        let cleared = clear(ctx)?;
        (cleared.root().map_or(MarketResult::Void, MarketResult::Root), cleared)
    };
    let item = SystemItem::Market(result);
    let place = system.partition_point(|other| other.kind() < item.kind());
    system.insert(place, item);
    Ok((system, cleared))
}

/// Checks the result that a block carries; gives what was cleared for it, which its hooks use.
pub(super) fn verify<S: StateReader>(
    ctx: &BlockContext<'_, S>,
    body: &Body,
    time_ms: u64,
) -> Result<Cleared, BlockError> {
    match (body.market(), is_due(ctx, time_ms)?) {
        (None, false) => Ok(ctx.cleared.clone()),
        (None, true) => Err(BlockError::MarketResultMissing),
        (Some(_), false) => Err(BlockError::MarketResultNotDue),
        // Who may carry it, and when, is the consensus' to check: it depends on the round (rule E.8).
        (Some(MarketResult::Void), true) => Ok(ctx.cleared.clone()),
        (Some(MarketResult::Root(have)), true) => {
            let cleared = clear(ctx)?;
            match cleared.root() {
                Some(want) if want == have => Ok(cleared),
                want => Err(BlockError::MarketRoot { have, want }),
            }
        }
    }
}

fn is_due<S: StateReader>(ctx: &BlockContext<'_, S>, time_ms: u64) -> Result<bool, BlockError> {
    let number = ctx.parent.number.saturating_add(1);
    let ask = |host: &mut dyn Host| or_nothing(market::is_due(host, number, time_ms));
    if ctx.config.modules { on_parent(ctx, ask) } else { Ok(false) }
}

fn clear<S: StateReader>(ctx: &BlockContext<'_, S>) -> Result<Cleared, BlockError> {
    on_parent(ctx, |host| or_nothing(market::clear_frozen(host, &ctx.cleared)))
}

/// Where records are damaged there is no result and none is due: the hook will meet the same damage and pause its
/// module. Only a store that fails stops a node (rule C.3).
fn or_nothing<T: Default>(asked: Result<T, ModuleError>) -> Result<T, BlockError> {
    match asked {
        Err(ModuleError::Broken(_)) => Ok(T::default()),
        asked => asked.map_err(|error| store_error(error).into()),
    }
}
