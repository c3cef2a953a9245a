//! The heap of events, and what each of them does. One thread, virtual time, everything from the seed.

use super::{
    byzantine,
    disk::Unsynced,
    ledger::{Ledger, Shared, decided},
    mutation::Mutation,
    net::{Net, Packet, words},
    node::{CrashPoint, Node, Running, driver_config},
    oracle::Oracle,
    rng::Rng,
    trace::Trace,
};
use btt_node::consensus::{
    driver::{Action, Driver, DriverConfig, Event, Now, Output, Peer, Verdict},
    message::Message,
};
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
    Deliver(usize, usize, Packet),
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
        let Reverse((at_us, id)) = *self.heap.peek()?;
        if at_us > until_us {
            self.now_us = until_us;
            return None;
        }
        self.heap.pop();
        self.now_us = at_us;
        self.trace.steps += 1;
        self.trace.add(at_us);
        self.queue.remove(&id)
    }

    /// Lets an event happen; those of the nemesis are given back.
    pub fn happen(&mut self, what: What) -> Option<What> {
        match what {
            What::Deliver(from, to, packet) => self.deliver(from, to, packet),
            What::Timer(node, run) if self.is_running(node, run) => {
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

    fn is_running(&self, node: usize, run: u32) -> bool {
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
            && !self.mutation.is_some_and(|m| m.loses_timer(index, now_us))
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
        if actions.is_empty() && wal.is_empty() && signed.is_none() {
            return;
        }
        let is_free = wal.is_empty() && signed.is_none();
        let running = self.nodes[index].running.as_ref();
        if is_free && running.is_some_and(|running| running.held.is_empty()) {
            for action in actions {
                self.perform(index, action);
            }
        } else {
            self.flush_later(index, Unsynced { wal, signed }, actions);
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

    /// Does what a driver wants done; byzantine nodes do it their way.
    fn perform(&mut self, index: usize, action: Action) {
        if self.nodes[index].behaviour.is_some() {
            byzantine::perform(self, index, action);
        } else {
            self.perform_honestly(index, action);
        }
    }

    /// Does what a driver wants done.
    pub fn perform_honestly(&mut self, index: usize, action: Action) {
        let peers = 0..self.nodes.len();
        match action {
            Action::Broadcast(message) => self.say(index, peers, &message),
            Action::Send(peer, message) => self.say(index, [peer.0 as usize], &message),
            Action::SendBlock(peer, block) => {
                let block = reencoded(&block);
                let to_one = |to: &usize| peer.is_none_or(|peer| peer.0 as usize == *to);
                for to in peers.filter(to_one) {
                    self.send(index, to, Packet::Block(block.clone()));
                }
            }
            Action::Build(_) | Action::Execute(..) => self.work_later(index, action),
            Action::Apply(hash, proof) => self.apply(index, hash, proof),
            Action::FetchBlock(peer, hash) => {
                self.send(index, peer.0 as usize, Packet::FetchBlock(hash));
            }
            Action::FetchBlocks { peer, from, count } => {
                let to = peer.0 as usize;
                if self.net.is_up(index, to) {
                    self.send(index, to, Packet::FetchBlocks { from, count });
                } else {
                    self.reply(index, 1_000, Event::FetchFailed(peer));
                }
            }
            Action::AskSignedStep(peer) => self.send(index, peer.0 as usize, Packet::AskStep),
            Action::Accuse(evidence) => {
                if self.nodes[index].is_honest() {
                    let check = self.oracle.accused(&evidence);
                    self.check(check);
                }
                for to in peers {
                    self.send(index, to, Packet::Evidence(evidence.clone()));
                }
            }
            Action::Report(peer, offence) => {
                let now_us = self.now_us;
                self.trace.say(now_us, || format!("{index} reports {} for {offence:?}", peer.0));
                let is_lie = offence == btt_node::consensus::driver::Offence::FalseBlock;
                if is_lie && self.nodes[peer.0 as usize].is_honest() {
                    self.fail(format!("{index} reports honest {} for a false block", peer.0));
                }
            }
            Action::Stop(reason) => {
                if self.nodes[index].is_honest() {
                    self.fail(format!("node {index} stops: {reason}"));
                }
            }
        }
    }

    /// Sends a message as its bytes say it.
    pub fn say(&mut self, from: usize, to: impl IntoIterator<Item = usize>, message: &Message) {
        // What leaves an honest node binds it, whether it arrives or not.
        let check = self.oracle.left(message);
        self.check(check);
        match Message::decode(&message.encode(), self.shared.config.chain_id) {
            Ok(decoded) if decoded == *message || self.nodes[from].behaviour.is_some() => {
                for to in to {
                    self.send(from, to, Packet::Message(decoded.clone()));
                }
            }
            other => self.fail(format!("node {from} says {message:?}, which reads {other:?}")),
        }
    }

    /// Sends a packet.
    pub fn send(&mut self, from: usize, to: usize, packet: Packet) {
        if from == to {
            return;
        }
        let delays = self.net.arrivals(from, to, &mut self.rng);
        for delay_us in delays {
            self.after(delay_us, What::Deliver(from, to, packet.clone()));
        }
    }

    /// Tells a node's own driver something later.
    pub fn reply(&mut self, node: usize, delay_us: u64, event: Event) {
        let run = self.nodes[node].run;
        self.after(delay_us, What::Reply(node, run, Box::new(event)));
    }

    fn work_later(&mut self, index: usize, work: Action) {
        let (low, high) = self.nodes[index].speed.execute;
        let delay_us = self.nodes[index].rng.range(low, high);
        let run = self.nodes[index].run;
        self.after(delay_us, What::Work(index, run, Box::new(work)));
    }

    fn work(&mut self, index: usize, work: Action) {
        let node = &mut self.nodes[index];
        let Some(running) = &mut node.running else { return };
        match work {
            Action::Build(mut order) => {
                let (height, round) = (order.height, order.round);
                running.last_order = Some(order.clone());
                if let Some(behaviour) = &node.behaviour {
                    byzantine::twist_order(*behaviour, &mut order, &mut node.rng);
                }
                if self.mutation == Some(Mutation::EvidenceDropped) {
                    order.evidence.clear();
                }
                let running = node.running.as_mut();
                let Some(running) = running else { return };
                let free = node.run.to_be_bytes();
                let (ledger, shared) = (&mut running.ledger, &mut self.shared);
                match ledger.build(shared, &node.key, order, self.arrived, &free) {
                    Ok(block) => self.step(index, Event::Built { height, round, block }),
                    Err(reason) if self.nodes[index].is_honest() => {
                        // A height that was applied meanwhile cannot be built any more.
                        if self.nodes[index].height() < height {
                            self.fail(format!("node {index} cannot build {height}: {reason}"));
                        }
                    }
                    Err(_) => {}
                }
            }
            Action::Execute(hash, block) => {
                let (ledger, shared) = (&mut running.ledger, &mut self.shared);
                let verdict = match ledger.execute(shared, hash, &block, &mut node.rng) {
                    Ok(()) => Verdict::Valid,
                    Err(_) if self.mutation == Some(Mutation::VerdictsAlwaysValid) => {
                        Verdict::Valid
                    }
                    Err(reason) => Verdict::Invalid(reason),
                };
                let now_us = self.now_us;
                let name = super::net::short(hash);
                self.trace.say(now_us, || format!("{index} executed {name}: {verdict:?}"));
                self.step(index, Event::Executed(hash, verdict));
            }
            _ => {}
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

    /// Applies a decided block.
    fn apply(
        &mut self,
        index: usize,
        hash: alloy_primitives::B256,
        proof: btt_runtime::block::CommitCertificate,
    ) {
        let now_us = self.now_us;
        let is_honest = self.nodes[index].is_honest();
        let node = &mut self.nodes[index];
        let Some(running) = &mut node.running else { return };
        let executed = match running.ledger.apply(hash) {
            Ok(executed) => executed,
            Err(reason) if is_honest => return self.fail(format!("node {index}: {reason}")),
            Err(_) => return,
        };
        node.applied += 1;
        let height = executed.block.header.number;
        let total = running.ledger.state.total_balance();
        if total != Some(self.shared.supply) {
            self.fail(format!("supply: {total:?} wei after block {height} on node {index}"));
        }
        let name = super::net::short(hash);
        let round = proof.round;
        self.trace.say(now_us, || format!("{index} applies {height} {name} of round {round}"));
        if is_honest {
            let check = self.oracle.applied(&executed.block.header, hash, &proof);
            self.check(check);
            for evidence in executed.block.body.evidence() {
                let check = self.oracle.accused(evidence);
                self.check(check);
            }
        }
        let decided = decided(&executed, proof);
        let node = &mut self.nodes[index];
        let (low, high) = node.speed.commit;
        let took = node.rng.range(low, high);
        let run = node.run;
        let Some(running) = &mut node.running else { return };
        running.committing.push_back((executed, decided));
        running.unreported = Some(height);
        running.commit_free_us = running.commit_free_us.max(now_us + took);
        let delay_us = running.commit_free_us - now_us;
        self.after(delay_us, What::Durable(index, run));
        self.report_applied(index);
    }

    fn durable(&mut self, index: usize) {
        self.nodes[index].commit_one();
        self.report_applied(index);
    }

    /// Tells the driver that its block is applied: once it is durable, or once its parent is.
    fn report_applied(&mut self, index: usize) {
        let may_wait = usize::from(self.commits_behind);
        let Some(running) = &mut self.nodes[index].running else { return };
        if running.committing.len() > may_wait {
            return;
        }
        let Some(height) = running.unreported.take() else { return };
        let is_stale = self.mutation == Some(Mutation::StaleSets);
        let of_height = if is_stale { height } else { height + 1 };
        let validators = self.shared.config.validators_at(of_height);
        let validators = match self.mutation {
            Some(mutation) => mutation.doctored(validators, index),
            None => validators.to_vec(),
        };
        let waiting = self.shared.workload.waiting(&running.ledger.state, self.arrived, 1);
        let has_work = !waiting.is_empty();
        self.step(index, Event::Applied { height, validators, has_work });
        if self.is(Mutation::AppliedTwice) {
            let validators = self.shared.config.validators_at(height + 1).to_vec();
            self.step(index, Event::Applied { height, validators, has_work });
        }
        self.look_at(index);
        for to in 0..self.nodes.len() {
            self.send(index, to, Packet::Status { height, earliest: 1 });
        }
    }

    /// What a driver shows must be right.
    fn look_at(&mut self, index: usize) {
        if !self.nodes[index].is_honest() {
            return;
        }
        let Some(running) = &self.nodes[index].running else { return };
        let status = running.driver.status();
        let check = self.oracle.committee(status.height, &status.committee);
        self.check(check);
    }

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
        let ledger = Ledger::new(durable.head.clone(), durable.state.clone());
        node.running = Some(Running {
            driver,
            ledger,
            boot_us: now_us,
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
        for peer in (0..self.nodes.len()).filter(|peer| *peer != index) {
            let delay_us = self.rng.range(1_000, 40_000);
            self.after(delay_us, What::Connect(index, peer));
        }
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

/// A block as its bytes say it.
pub fn reencoded(block: &Block) -> Arc<Block> {
    match Block::decode(&block.encode()) {
        Ok(decoded) => Arc::new(decoded),
        Err(_) => Arc::new(block.clone()),
    }
}
