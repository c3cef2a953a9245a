//! A run: things go wrong for a while, then all is well again and the chain must go on.

use super::{
    build::world_of,
    market::Tally,
    mutation::Mutation,
    nemesis::{heal, strike},
    rng::Rng,
    scenario::Scenario,
    world::{What, World},
};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Virtual time in which the chain must go on once all is well.
const PATIENCE_US: u64 = 120_000_000;
/// Steps after which a run is given up.
const MAX_STEPS: u64 = 3_000_000;
/// Virtual time in which evidence must reach a block, or wait for one.
const EVIDENCE_US: u64 = 3_000_000;

/// What a run came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The digest of all that happened.
    pub digest: u64,
    /// Events.
    pub steps: u64,
    /// Virtual time, in ms.
    pub virtual_ms: u64,
    /// The highest block.
    pub height: u64,
    /// Blocks decided after round 0.
    pub late_rounds: u64,
    /// Ms from healing until everybody had the last height asked for.
    pub healed_ms: u64,
    /// Validators that a block carries evidence against.
    pub accused: usize,
    /// Starts of processes.
    pub starts: u32,
    /// What became of the market.
    pub market: Tally,
}

/// A broken promise.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Scenario.
    pub scenario: &'static str,
    /// Seed.
    pub seed: u64,
    /// What is wrong.
    pub reason: String,
    /// Events until then.
    pub steps: u64,
    /// The last of them.
    pub trace: Vec<String>,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for line in &self.trace {
            writeln!(f, "  {line}")?;
        }
        let Self { scenario, seed, reason, steps, .. } = self;
        writeln!(f, "seed {seed} of scenario {scenario} fails at step {steps}: {reason}")?;
        write!(f, "again: make sim SCENARIO={scenario} SEED={seed}")
    }
}

/// Runs a scenario with a seed.
///
/// # Errors
/// The first promise that was broken.
pub fn run(
    scenario: &'static Scenario,
    seed: u64,
    mutation: Option<Mutation>,
    is_loud: bool,
) -> Result<Report, Box<Failure>> {
    let name = scenario.name.bytes().fold(0u64, |hash, b| hash.rotate_left(7) ^ u64::from(b));
    let mut rng = Rng::new(seed.wrapping_mul(0x1_0001).wrapping_add(name));
    let mut world = world_of(scenario, &mut rng, mutation);
    world.trace.is_loud = is_loud;
    world.commits_behind = scenario.commits_behind.unwrap_or_else(|| rng.happens(500_000));
    let outcome = catch_unwind(AssertUnwindSafe(|| live(&mut world, scenario, &mut rng)));
    let healed_ms = match outcome {
        Ok(healed_ms) => healed_ms,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()));
            world.fail(format!("panic: {}", text.unwrap_or_default()));
            0
        }
    };
    match world.failure.take() {
        Some(reason) => Err(Box::new(Failure {
            scenario: scenario.name,
            seed,
            reason,
            steps: world.trace.steps,
            trace: world.trace.last().map(str::to_owned).collect(),
        })),
        None => Ok(Report {
            digest: world.trace.digest(),
            steps: world.trace.steps,
            virtual_ms: world.now_us / 1_000,
            height: world.nodes.iter().map(|node| node.height()).max().unwrap_or(0),
            late_rounds: world.oracle.late_rounds,
            healed_ms,
            accused: world.oracle.convicted.len(),
            starts: world.nodes.iter().map(|node| node.run).sum(),
            market: world.oracle.tally,
        }),
    }
}

fn live(world: &mut World, scenario: &Scenario, rng: &mut Rng) -> u64 {
    begin(world, scenario, rng);
    let chaos_us = scenario.chaos_ms * 1_000;
    if !scenario.faults.is_empty() {
        world.after(rng.range(100_000, 1_000_000), What::Nemesis);
    }
    until(world, chaos_us, |world| {
        let fault = *world.rng.pick(scenario.faults);
        strike(world, fault);
        let (low, high) = scenario.strike_ms;
        let delay_us = world.rng.range(low, high) * 1_000;
        world.after(delay_us, What::Nemesis);
    });
    if world.failure.is_some() {
        return 0;
    }
    heal(world);
    let healed_us = world.now_us;
    let best = honest(world).map(|node| node.height()).max().unwrap_or(0);
    let target = best + scenario.heights_after;
    let limit_us = healed_us + PATIENCE_US + scenario.heights_after * 1_000_000;
    while honest(world).any(|node| node.height() < target) && world.failure.is_none() {
        if world.now_us >= limit_us {
            let heights: Vec<_> = world.nodes.iter().map(|node| node.height()).collect();
            let waited_ms = (world.now_us - healed_us) / 1_000;
            world.fail(format!(
                "progress: {heights:?} instead of {target} {waited_ms} ms after healing"
            ));
        }
        let next_us = (world.now_us + 50_000).min(limit_us);
        until(world, next_us, |_| {});
    }
    let took_ms = (world.now_us - healed_us) / 1_000;
    if world.failure.is_none() && !world.oracle.guilty.is_empty() {
        let end_us = world.now_us + EVIDENCE_US;
        until(world, end_us, |_| {});
        let check = world.oracle.all_accused(end_us - EVIDENCE_US, !scenario.changes_sets);
        world.check(check);
    }
    took_ms
}

fn honest(world: &World) -> impl Iterator<Item = &super::node::Node> {
    world.nodes.iter().filter(|node| node.is_honest())
}

/// Starts the nodes; transfers come now and then.
fn begin(world: &mut World, scenario: &Scenario, rng: &mut Rng) {
    let last = world.nodes.len() - usize::from(scenario.has_observer) - 1;
    for node in 0..world.nodes.len() {
        let is_late = scenario.has_late_joiner && node == last && world.nodes[node].is_honest();
        let delay_us = if is_late {
            rng.range(1, scenario.chaos_ms.max(1)) * 1_000
        } else {
            rng.range(0, 50_000)
        };
        world.after(delay_us, What::Restart(node));
    }
    if world.is(Mutation::LostTimers) {
        // Nothing else may wake a driver.
        return;
    }
    let mut at_us = 0;
    for _ in 0..world.shared.workload.count() {
        at_us += rng.range(10_000, 300_000);
        world.after(at_us, What::Transfer);
    }
}

/// Lets everything happen until a time.
fn until(world: &mut World, until_us: u64, mut on_nemesis: impl FnMut(&mut World)) {
    while world.failure.is_none() {
        let Some(what) = world.advance(until_us) else { return };
        if let Some(What::Nemesis) = world.happen(what) {
            on_nemesis(world);
        }
        if world.trace.steps >= MAX_STEPS {
            world.fail("progress: too many steps");
        }
        if world.trace.steps.is_multiple_of(4_096) {
            let lowest = world.nodes.iter().map(|node| node.height()).min().unwrap_or(0);
            world.shared.forget(lowest);
            let best = world.nodes.iter().map(|node| node.height()).max().unwrap_or(0);
            world.oracle.forget(best.saturating_sub(16));
        }
    }
}
