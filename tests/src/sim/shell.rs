//! What a node does for its driver: messages, builds, executions.

use super::{
    byzantine, market,
    mutation::Mutation,
    net::Packet,
    world::{What, World, reencoded},
};
use btt_node::consensus::{
    driver::{Action, Event, Offence, Verdict},
    message::Message,
};

impl World {
    /// Does what a driver wants done; byzantine nodes do it their way.
    pub(super) fn perform(&mut self, index: usize, action: Action) {
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
                let is_lie = offence == Offence::FalseBlock;
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
        let Some((last_us, others)) = delays.split_last() else { return };
        let packet = Box::new(packet);
        for delay_us in others {
            self.after(*delay_us, What::Deliver(from, to, packet.clone()));
        }
        self.after(*last_us, What::Deliver(from, to, packet));
    }

    /// Tells a node's own driver something later.
    pub fn reply(&mut self, node: usize, delay_us: u64, event: Event) {
        let run = self.nodes[node].run;
        self.after(delay_us, What::Reply(node, run, Box::new(event)));
    }

    pub(super) fn work_later(&mut self, index: usize, work: Action) {
        let (low, high) = self.nodes[index].speed.execute;
        let delay_us = self.nodes[index].rng.range(low, high);
        let run = self.nodes[index].run;
        self.after(delay_us, What::Work(index, run, Box::new(work)));
    }

    pub(super) fn work(&mut self, index: usize, work: Action) {
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
                let is_void = market::liar::voids(node.behaviour, &mut node.rng);
                let (ledger, shared) = (&mut running.ledger, &mut self.shared);
                match ledger.build(shared, &node.key, order, self.arrived, (&free, is_void)) {
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
}
