//! Starts, crashes, connections.

use super::{
    ledger::Ledger,
    mutation::Mutation,
    net::Packet,
    node::Running,
    rng::Rng,
    world::{What, World},
};
use btt_node::consensus::driver::{Driver, Event, Peer};

/// Time between two statuses of a node, in µs.
const BEAT_US: u64 = 2_000_000;

impl World {
    /// Starts a node from its disk.
    pub fn start(&mut self, index: usize) {
        if self.nodes[index].running.is_some() {
            return;
        }
        let now_us = self.now_us;
        let node = &mut self.nodes[index];
        node.run += 1;
        node.disk.open();
        let mut start = node.start_point(&self.shared.config);
        let mut identity = node.identity();
        if let Some(mutation) = self.mutation {
            mutation.spoil_start(&mut start, &mut identity, index);
        }
        let (height, entries) = (start.height, start.wal.len());
        if node.is_honest() && !start.wal.is_empty() && self.mutation.is_none() {
            let check =
                super::replay::replays_alike(&self.config, node, &self.shared, &self.oracle);
            self.check(check);
        }
        let node = &mut self.nodes[index];
        let driver = match Driver::new(self.config.clone(), start, Some(identity)) {
            Ok(driver) => driver,
            Err(error) => return self.fail(format!("node {index} cannot start: {error}")),
        };
        let durable = &node.disk.durable;
        let luck = Rng::new(u64::from(node.run) << 8 | index as u64);
        let (head, state) = (durable.head.clone(), durable.state.clone());
        let ledger = Ledger::new(&self.shared.config, head, state, luck);
        node.running = Some(Running {
            driver,
            ledger,
            boot_us: now_us,
            lazy: Default::default(),
            held: Default::default(),
            timer_us: None,
            committing: Default::default(),
            unreported: None,
            last_order: None,
            flush_free_us: now_us,
            commit_free_us: now_us,
        });
        self.trace.say(now_us, || format!("{index} starts at {height} with {entries} log entries"));
        self.look_at(index);
        self.step(index, Event::Tick);
        let run = self.nodes[index].run;
        // Any event makes a driver look at its timers: among beats, a lost one does no harm.
        if self.mutation != Some(Mutation::LostTimers) {
            self.after(BEAT_US, What::Beat(index, run));
        }
        for peer in (0..self.nodes.len()).filter(|peer| *peer != index) {
            let delay_us = self.rng.range(1_000, 40_000);
            self.after(delay_us, What::Connect(index, peer));
        }
    }

    /// Whether the others have no quorum without this node at the height that it is at, or the next.
    pub fn holds_a_third(&self, node: usize) -> bool {
        let height = self.nodes[node].height();
        let own = self.nodes[node].key.validator(1).public_key;
        (height..=height + 2).any(|height| {
            let set = self.oracle.validators_at(height);
            let total = btt_runtime::block::total_power(&set);
            let power = set.iter().find(|v| v.public_key == own).map_or(0, |v| v.power);
            power * 3 >= total
        })
    }

    /// Tells all others where a node stands: what it told before may be lost.
    pub fn beat(&mut self, index: usize) {
        let height = self.nodes[index].height();
        for to in 0..self.nodes.len() {
            self.send(index, to, Packet::Status { height, earliest: 1 });
        }
        let run = self.nodes[index].run;
        self.after(BEAT_US, What::Beat(index, run));
    }

    /// Two nodes connect and tell each other what they have.
    pub fn connect(&mut self, a: usize, b: usize) {
        let both_run = self.nodes[a].running.is_some() && self.nodes[b].running.is_some();
        let is_cut = self.net.link(a, b).is_cut || self.net.link(b, a).is_cut;
        if !both_run || is_cut || !self.net.set_up(a, b, true) {
            return;
        }
        for (me, peer) in [(a, b), (b, a)] {
            self.step(me, Event::PeerUp(Peer(peer as u32)));
            let height = self.nodes[me].height();
            self.send(me, peer, Packet::Status { height, earliest: 1 });
        }
    }

    /// Two nodes notice that they are not connected any more.
    pub fn disconnect(&mut self, a: usize, b: usize) {
        if self.net.set_up(a, b, false) {
            self.step(a, Event::PeerDown(Peer(b as u32)));
            self.step(b, Event::PeerDown(Peer(a as u32)));
        }
    }

    /// A node loses power; it starts again after a while, or when everything heals.
    pub fn crash(&mut self, index: usize, restart_us: Option<u64>) {
        let now_us = self.now_us;
        let node = &mut self.nodes[index];
        if node.running.take().is_none() {
            return;
        }
        node.crash_at = None;
        node.run += 1;
        node.disk.crash(&mut node.rng, self.mutation == Some(Mutation::GuardBeforeLog));
        self.oracle.crashed(index);
        let node = &mut self.nodes[index];
        let delay_us = restart_us.unwrap_or_else(|| node.rng.range(1_000, 1_500_000));
        self.trace.say(now_us, || format!("{index} crashes"));
        for peer in 0..self.nodes.len() {
            if self.net.set_up(index, peer, false) {
                self.step(peer, Event::PeerDown(Peer(index as u32)));
            }
        }
        self.after(delay_us, What::Restart(index));
    }
}
