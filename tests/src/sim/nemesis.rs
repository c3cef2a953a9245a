//! What goes wrong from outside: crashes, partitions, bad links, slow disks, wrong clocks, old copies.

use super::{
    mutation::Mutation,
    net::Link,
    node::{CrashPoint, Speed},
    rng::Rng,
    world::{What, World},
};

/// Something that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A node loses power, now.
    Crash,
    /// A node loses power right before a flush, or between actions after one.
    CrashAtPoint,
    /// All nodes lose power.
    Blackout,
    /// Two groups do not reach each other.
    Partition,
    /// One node is heard by nobody, or hears nobody.
    OneWay,
    /// Links lose, repeat, delay and reorder.
    BadLinks,
    /// All partitions and bad links end.
    Mend,
    /// A disk or a processor is slow.
    Slow,
    /// All disks are slow at committing blocks, and at nothing else.
    SlowCommits,
    /// A clock is wrong.
    Skew,
    /// A node keeps an old copy of its data folder, and later runs from it with its newest guard.
    OldCopy,
    /// A node is offline for long.
    Away,
}

/// Lets something go wrong.
pub fn strike(world: &mut World, fault: Fault) {
    let mut rng = world.rng.fork();
    let nodes = world.nodes.len();
    let node = rng.below(nodes as u64) as usize;
    let now_us = world.now_us;
    world.trace.say(now_us, || format!("nemesis: {fault:?} {node}"));
    match fault {
        Fault::Crash => world.crash(node, None),
        Fault::CrashAtPoint => {
            let point = if rng.happens(400_000) {
                CrashPoint::BeforeFlush
            } else {
                CrashPoint::BetweenActions(rng.below(3) as usize)
            };
            world.nodes[node].crash_at = Some(point);
        }
        Fault::Blackout => {
            for node in 0..nodes {
                world.crash(node, None);
            }
        }
        Fault::Partition => {
            let mask = rng.draw();
            let is_noticed = rng.happens(500_000);
            for (a, b) in pairs(nodes) {
                if (mask >> a) & 1 != (mask >> b) & 1 {
                    world.net.link(a, b).is_cut = true;
                    world.net.link(b, a).is_cut = true;
                    if is_noticed {
                        world.disconnect(a, b);
                    }
                }
            }
        }
        Fault::OneWay => {
            let hears = rng.happens(500_000);
            for peer in (0..nodes).filter(|peer| *peer != node) {
                let (from, to) = if hears { (node, peer) } else { (peer, node) };
                world.net.link(from, to).is_cut = true;
            }
        }
        Fault::BadLinks => {
            for (a, b) in pairs(nodes) {
                *world.net.link(a, b) = bad_link(&mut rng);
                *world.net.link(b, a) = bad_link(&mut rng);
            }
        }
        Fault::Mend => mend(world),
        Fault::Slow => {
            let slow = |rng: &mut Rng| (1_000, *rng.pick(&[5_000, 50_000, 400_000]));
            let speed =
                Speed { flush: slow(&mut rng), execute: slow(&mut rng), commit: slow(&mut rng) };
            world.nodes[node].speed = speed;
        }
        Fault::SlowCommits => {
            for node in &mut world.nodes {
                node.speed.commit = (50_000, *rng.pick(&[100_000, 300_000, 1_000_000]));
            }
        }
        Fault::Skew => world.nodes[node].skew_ms = rng.range(0, 10_000) as i64 - 5_000,
        Fault::OldCopy => old_copy(world, &mut rng),
        Fault::Away => world.crash(node, Some(rng.range(2_000_000, 10_000_000))),
    }
}

fn pairs(nodes: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..nodes).flat_map(move |a| (a + 1..nodes).map(move |b| (a, b)))
}

fn bad_link(rng: &mut Rng) -> Link {
    Link {
        low_us: rng.range(0, 5_000),
        high_us: *rng.pick(&[5_000, 50_000, 300_000, 2_000_000, 10_000_000]),
        loss: *rng.pick(&[0, 10_000, 100_000, 300_000]),
        twice: *rng.pick(&[0, 50_000, 300_000]),
        is_cut: false,
    }
}

/// The first honest node: copies its data folder, or comes back from the copy. It is silent until others have
/// decided a block without it (rule C.6), so one that holds a third of the power is left alone: the others could
/// not.
fn old_copy(world: &mut World, rng: &mut Rng) {
    let Some(node) = (0..world.nodes.len()).find(|node| world.nodes[*node].is_honest()) else {
        return;
    };
    if world.holds_a_third(node) {
        return;
    }
    match world.nodes[node].snapshot.take() {
        None => world.nodes[node].snapshot = Some(Box::new(world.nodes[node].disk.durable.clone())),
        Some(copy) => {
            world.crash(node, Some(rng.range(10_000, 1_000_000)));
            let has_old_guard = world.is(Mutation::CopyWithItsGuard);
            let disk = &mut world.nodes[node].disk;
            if has_old_guard {
                disk.durable = *copy;
                return;
            }
            let guard = disk.durable.guard;
            disk.durable = *copy;
            // The guard lies outside of the data folder; the folder does not know it, and says so.
            disk.durable.guard = guard;
            world.nodes[node].closed_until = guard.height;
        }
    }
}

/// Links are good again, and everybody connects.
pub fn mend(world: &mut World) {
    world.net.heal();
    for (a, b) in pairs(world.nodes.len()) {
        let delay_us = world.rng.range(1_000, 60_000);
        world.after(delay_us, What::Connect(a, b));
    }
}

/// Everything is well again: all nodes run, on good machines with good clocks.
pub fn heal(world: &mut World) {
    mend(world);
    for node in 0..world.nodes.len() {
        world.nodes[node].speed = Speed::GOOD;
        world.nodes[node].crash_at = None;
        world.nodes[node].skew_ms = world.nodes[node].skew_ms.clamp(-300, 300);
        if world.nodes[node].running.is_none() {
            let delay_us = world.rng.range(1_000, 100_000);
            world.after(delay_us, What::Restart(node));
        }
    }
}
