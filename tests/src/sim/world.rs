//! The heap of events, and what each of them does. One thread, virtual time, everything from the seed.

use super::{
    byzantine,
    disk::Unsynced,
    ledger::Shared,
    mutation::Mutation,
    net::{Net, Packet, words},
    node::{CrashPoint, Node, driver_config},
    oracle::Oracle,
    rng::Rng,
    trace::Trace,
};
use btt_node::consensus::driver::{Action, DriverConfig, Event, Now, Output};
use btt_runtime::block::Block;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    sync::Arc,
};

/// The time of day at which a run begins, in ms since 1970.
pub const DAWN_MS: u64 = 1_800_000_000_000;

/// What is going to happen.
#[derive(Debug)]
pub enum What {
    /// A packet arrives: from, to.
    Deliver(usize, usize, Box<Packet>),
    /// A driver's timer: node, and its run.
    Timer(usize, u32),
    /// A flush ends.
    Flushed(usize, u32),
    /// Something that a driver asked its own node for is done.
    Reply(usize, u32, Box<Event>),
    /// A build or an execution ends.
    Work(usize, u32, Box<Action>),
    /// An applied block is durable.
    Durable(usize, u32),
    /// A crashed node starts again.
    Restart(usize),
    /// Two nodes connect, if both run.
    Connect(usize, usize),
    /// A node tells all others again where it stands, as the swarm does every 2 s.
    Beat(usize, u32),
    /// A transfer reaches all nodes.
    Transfer,
    /// The nemesis strikes.
    Nemesis,
}

/// A run.
pub struct World {
    /// Now, in µs.
    pub now_us: u64,
    heap: BinaryHeap<Reverse<(u64, u64)>>,
    queue: BTreeMap<u64, What>,
    next_id: u64,
    /// All nodes.
    pub nodes: Vec<Node>,
    /// The network.
    pub net: Net,
    /// What nodes share to save time.
    pub shared: Shared,
    /// Promises.
    pub oracle: Oracle,
    /// What happened.
    pub trace: Trace,
    /// Randomness of the network and the nemesis.
    pub rng: Rng,
    /// What drivers are set to.
    pub config: DriverConfig,
    /// The planted fault, if any.
    pub mutation: Option<Mutation>,
    /// Blocks become durable while the next height is under way.
    pub commits_behind: bool,
    /// Transfers sent so far.
    pub arrived: u64,
    /// The first broken promise.
    pub failure: Option<String>,
}

impl World {
    /// A world of these nodes at time 0, nothing running.
    pub fn new(nodes: Vec<Node>, shared: Shared, mut rng: Rng, mutation: Option<Mutation>) -> Self {
        let honest = nodes.iter().filter(|n| n.is_honest()).map(|n| n.key.address()).collect();
        let oracle = Oracle::new(shared.config.clone(), honest);
        Self {
            now_us: 0,
            heap: BinaryHeap::new(),
            queue: BTreeMap::new(),
            next_id: 0,
            net: Net::new(nodes.len()),
            nodes,
            config: driver_config(shared.config.clone()),
            shared,
            oracle,
            trace: Trace::default(),
            rng: rng.fork(),
            mutation,
            commits_behind: false,
            arrived: 0,
            failure: None,
        }
    }

    /// Whether this fault is planted.
    pub fn is(&self, mutation: Mutation) -> bool {
        self.mutation == Some(mutation)
    }

    /// Puts an event on the heap.
    pub fn after(&mut self, delay_us: u64, what: What) {
        self.next_id += 1;
        self.heap.push(Reverse((self.now_us.saturating_add(delay_us), self.next_id)));
        self.queue.insert(self.next_id, what);
    }

    /// Notes a broken promise; the run ends.
    pub fn fail(&mut self, reason: impl Into<String>) {
        let reason = reason.into();
        self.failure.get_or_insert(reason);
    }

    /// Notes what a check says.
    pub fn check(&mut self, check: Result<(), String>) {
        if let Err(reason) = check {
            self.fail(reason);
        }
    }

    /// Takes the next event that is due by `until_us`; false if there is none.
    pub fn advance(&mut self, until_us: u64) -> Option<What> {
        let next = self.heap.peek().map(|Reverse(next)| *next);
        let Some((at_us, id)) = next.filter(|(at_us, _)| *at_us <= until_us) else {
            self.now_us = until_us;
            return None;
        };
        self.heap.pop();
        self.now_us = at_us;
        self.trace.steps += 1;
        self.trace.add(at_us);
        self.queue.remove(&id)
    }

    /// Lets an event happen; those of the nemesis are given back.
    pub fn happen(&mut self, what: What) -> Option<What> {
        match what {
            What::Deliver(from, to, packet) => self.deliver(from, to, *packet),
            What::Timer(node, run) if self.is_running(node, run) => {
                let now_us = self.now_us;
                self.trace.say(now_us, || format!("{node} timer"));
                if let Some(running) = &mut self.nodes[node].running {
                    running.timer_us = None;
                }
                self.step(node, Event::Tick);
            }
            What::Flushed(node, run) if self.is_running(node, run) => self.flushed(node),
            What::Reply(node, run, event) if self.is_running(node, run) => {
                self.step(node, *event);
            }
            What::Work(node, run, work) if self.is_running(node, run) => self.work(node, *work),
            What::Durable(node, run) if self.is_running(node, run) => self.durable(node),
            What::Restart(node) => self.start(node),
            What::Connect(a, b) => self.connect(a, b),
            What::Beat(node, run) if self.is_running(node, run) => self.beat(node),
            What::Transfer => {
                self.arrived += 1;
                for node in 0..self.nodes.len() {
                    self.step(node, Event::Work);
                }
            }
            What::Nemesis => return Some(what),
            _ => {}
        }
        None
    }

    pub(super) fn is_running(&self, node: usize, run: u32) -> bool {
        self.nodes[node].run == run && self.nodes[node].running.is_some()
    }

    /// Tells a driver something, and takes care of what it answers.
    pub fn step(&mut self, index: usize, event: Event) {
        let now_us = self.now_us;
        let node = &mut self.nodes[index];
        let skew_ms = node.skew_ms;
        let Some(running) = &mut node.running else { return };
        let now = Now {
            mono_ms: (now_us - running.boot_us) / 1_000,
            wall_ms: (DAWN_MS + now_us / 1_000).saturating_add_signed(skew_ms),
        };
        let output = running.driver.step(now, event);
        let due_us = running.driver.due_ms().map(|ms| running.boot_us + ms * 1_000);
        if let Some(due_us) = due_us
            && running.timer_us.is_none_or(|timer_us| due_us < timer_us)
            && !self.mutation.is_some_and(|m| m.loses_timer(now_us))
        {
            running.timer_us = Some(due_us);
            let run = self.nodes[index].run;
            self.after(due_us.saturating_sub(now_us), What::Timer(index, run));
        }
        self.hold(index, output);
    }

    /// Flushes what is to be durable; holds the actions until then.
    fn hold(&mut self, index: usize, output: Output) {
        let Output { mut wal, signed, actions } = output;
        if let Some(mutation) = self.mutation {
            wal.retain(|record| mutation.writes(record));
        }
        if self.is(Mutation::ActionsBeforeFlush) {
            for action in actions {
                self.perform(index, action);
            }
            self.flush_later(index, Unsynced { wal, signed }, Vec::new());
            return;
        }
        let Some(running) = &mut self.nodes[index].running else { return };
        let unsynced = Unsynced { wal, signed }.after(std::mem::take(&mut running.lazy));
        let is_bound = actions.iter().any(Action::is_binding);
        let must_wait = (is_bound && !unsynced.is_empty()) || !running.held.is_empty();
        if must_wait && (is_bound || !actions.is_empty()) {
            return self.flush_later(index, unsynced, actions);
        }
        running.lazy = unsynced;
        for action in actions {
            self.perform(index, action);
        }
    }

    fn flush_later(&mut self, index: usize, unsynced: Unsynced, actions: Vec<Action>) {
        let now_us = self.now_us;
        let node = &mut self.nodes[index];
        let (low, high) = node.speed.flush;
        let took = node.rng.range(low, high);
        node.write(unsynced);
        let run = node.run;
        let Some(running) = &mut node.running else { return };
        running.held.push_back(actions);
        running.flush_free_us = running.flush_free_us.max(now_us + took);
        let delay_us = running.flush_free_us - now_us;
        self.after(delay_us, What::Flushed(index, run));
    }

    fn flushed(&mut self, index: usize) {
        let crash_at = self.nodes[index].crash_at;
        if crash_at == Some(CrashPoint::BeforeFlush) {
            return self.crash(index, None);
        }
        self.nodes[index].disk.sync_one();
        let Some(running) = &mut self.nodes[index].running else { return };
        let actions = running.held.pop_front().unwrap_or_default();
        let run = self.nodes[index].run;
        for (done, action) in actions.into_iter().enumerate() {
            if crash_at.is_some_and(|at| at == CrashPoint::BetweenActions(done)) {
                return self.crash(index, None);
            }
            if self.is_running(index, run) {
                self.perform(index, action);
            }
        }
    }

    fn deliver(&mut self, from: usize, to: usize, packet: Packet) {
        let now_us = self.now_us;
        if self.nodes[to].running.is_none() || !self.net.is_up(from, to) {
            return;
        }
        self.trace.say(now_us, || format!("{to} < {from} {}", words(&packet)));
        byzantine::overhear(self, to, &packet);
        super::receive::receive(self, from, to, packet);
    }
}

/// A block as its bytes say it.
pub fn reencoded(block: &Block) -> Arc<Block> {
    match Block::decode(&block.encode()) {
        Ok(decoded) => Arc::new(decoded),
        Err(_) => Arc::new(block.clone()),
    }
}
