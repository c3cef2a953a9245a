//! Decided blocks: applied, checked against all promises, durable after a while, told to peers.

use super::{
    ledger::decided,
    mutation::Mutation,
    net::Packet,
    world::{What, World},
};
use btt_node::consensus::driver::Event;

impl World {
    /// Applies a decided block.
    pub(super) fn apply(
        &mut self,
        index: usize,
        hash: alloy_primitives::B256,
        proof: btt_runtime::block::CommitCertificate,
    ) {
        let now_us = self.now_us;
        let is_honest = self.nodes[index].is_honest();
        let node = &mut self.nodes[index];
        let Some(running) = &mut node.running else { return };
        let executed = match running.ledger.apply(&mut self.shared, hash, proof.round) {
            Ok(executed) => executed,
            Err(reason) if is_honest => return self.fail(format!("node {index}: {reason}")),
            Err(_) => return,
        };
        node.applied += 1;
        let height = executed.block.header.number;
        let total = running.ledger.state.total_balance();
        let invariants = self.shared.prove(hash, &running.ledger.state);
        if total != Some(self.shared.supply) {
            self.fail(format!("supply: {total:?} wei after block {height} on node {index}"));
        }
        if let Err(broken) = invariants {
            self.fail(format!("invariants after block {height} on node {index}: {broken}"));
        }
        let name = super::net::short(hash);
        let round = proof.round;
        self.trace.say(now_us, || format!("{index} applies {height} {name} of round {round}"));
        if is_honest {
            let check = self.oracle.applied(&executed, &proof);
            self.check(check);
            for evidence in executed.block.body.evidence() {
                let check = self.oracle.convicted(evidence);
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

    pub(super) fn durable(&mut self, index: usize) {
        self.nodes[index].commit_one();
        self.report_applied(index);
    }

    /// Tells the driver that its block is applied: once it is durable, or once its parent is.
    pub(super) fn report_applied(&mut self, index: usize) {
        let may_wait = usize::from(self.commits_behind);
        let Some(running) = &mut self.nodes[index].running else { return };
        if running.committing.len() > may_wait {
            return;
        }
        let Some(height) = running.unreported.take() else { return };
        let is_stale = self.mutation == Some(Mutation::StaleSets);
        let mut validators = running.ledger.sets.clone();
        let told = validators.at(if is_stale { height } else { height + 1 }).clone();
        if let Some(mutation) = self.mutation {
            validators.append(height + 1, mutation.doctored(&told, index).into());
        }
        let waiting = self.shared.workload.waiting(&running.ledger.state, self.arrived, 1);
        let has_work = !waiting.is_empty();
        let epoch_waits = running.ledger.look(&self.shared.config).epoch_waits();
        self.step(index, Event::Applied { height, validators, has_work });
        if !has_work && epoch_waits {
            self.step(index, Event::EpochWaits);
        }
        self.look_at(index);
        for to in 0..self.nodes.len() {
            self.send(index, to, Packet::Status { height, earliest: 1 });
        }
    }

    /// What a driver shows must be right.
    pub(super) fn look_at(&mut self, index: usize) {
        if !self.nodes[index].is_honest() {
            return;
        }
        let Some(running) = &self.nodes[index].running else { return };
        let status = running.driver.status();
        let check = self.oracle.committee(status.height, &status.committee);
        self.check(check);
    }
}
