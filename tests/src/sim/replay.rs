//! The same log twice: a driver that starts from it says the same things each time, and never anything
//! else than before.

use super::{ledger::Shared, node::Node, oracle::Oracle};
use btt_node::consensus::{
    driver::{Action, Driver, DriverConfig, Event, Now, Verdict},
    message::Message,
};

/// Starts the node's driver twice from its disk, executes the log's blocks for it, and compares what it
/// says while it replays.
pub fn replays_alike(
    config: &DriverConfig,
    node: &Node,
    shared: &Shared,
    oracle: &Oracle,
) -> Result<(), String> {
    let first = said_in_replay(config, node, shared)?;
    let second = said_in_replay(config, node, shared)?;
    if first != second {
        return Err(format!("replay: {first:?} the first time and {second:?} the second"));
    }
    first.iter().try_for_each(|message| oracle.would_keep_faith(message))
}

fn said_in_replay(
    config: &DriverConfig,
    node: &Node,
    shared: &Shared,
) -> Result<Vec<Message>, String> {
    let start = node.start_point(&shared.config);
    let mut driver = Driver::new(config.clone(), start, Some(node.identity()))
        .map_err(|error| format!("replay: {error}"))?;
    let mut said = Vec::new();
    let mut executed = Vec::new();
    let mut now = Now { mono_ms: 0, wall_ms: super::world::DAWN_MS };
    let mut take = |actions: Vec<Action>, executed: &mut Vec<_>| {
        for action in actions {
            match action {
                Action::Broadcast(message) => said.push(message),
                Action::Execute(hash, _) => executed.push(hash),
                Action::Stop(reason) => return Err(format!("replay stops: {reason}")),
                _ => {}
            }
        }
        Ok(())
    };
    take(driver.step(now, Event::Tick).actions, &mut executed)?;
    for hash in std::mem::take(&mut executed) {
        take(driver.step(now, Event::Executed(hash, Verdict::Valid)).actions, &mut executed)?;
    }
    // Until the quiet time is over; what timers say later is no replay.
    now.mono_ms = config.guard_wait_ms;
    take(driver.step(now, Event::Tick).actions, &mut executed)?;
    Ok(said)
}
