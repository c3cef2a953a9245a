//! What must hold, whatever happens. Each check names the promise that it holds the driver to.

use super::{
    market::Tally,
    net::{short, words_of_message},
};
use alloy_primitives::{Address, B256};
use btt_node::consensus::{context::Committee, message::Message};
use btt_runtime::{
    block::{CommitCertificate, Evidence, VoteKind, header::time_ms, validator_address},
    config::{ChainConfig, Validator},
    executor::ExecutedBlock,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// height, round, step: 0 proposal, 1 prevote, 2 precommit.
type Place = (u64, u32, u8);
/// Block and proof round.
type Said = (B256, i64);

/// Promises, and what was seen so far.
#[derive(Debug)]
pub struct Oracle {
    config: Arc<ChainConfig>,
    /// Keys of honest nodes.
    honest: BTreeSet<Address>,
    /// Blocks that honest nodes applied.
    decided: BTreeMap<u64, (B256, B256)>,
    certificates: BTreeSet<B256>,
    /// Validators of heights, as the blocks before say.
    sets: BTreeMap<u64, Arc<[Validator]>>,
    /// What honest keys said.
    said: BTreeMap<(Address, Place), Said>,
    /// Who prevoted for a block, honest or not.
    prevotes: BTreeMap<(u64, u32, B256), BTreeSet<Address>>,
    /// Newest precommit for a block, by honest key and height.
    locks: BTreeMap<(Address, u64), (u32, B256)>,
    committees: BTreeMap<u64, Committee>,
    /// What honest drivers were told, by node, run and signer.
    heard: BTreeMap<(usize, u32, Address, Place), Said>,
    /// Who said two things to one honest driver, to which node, and when, in µs.
    pub guilty: BTreeMap<Address, (usize, u64)>,
    /// Against whom there is evidence.
    pub accused: BTreeSet<Address>,
    /// Against whom a block carries evidence.
    pub convicted: BTreeSet<Address>,
    judged: BTreeMap<B256, Address>,
    /// Rounds above 0 that decided.
    pub late_rounds: u64,
    /// What became of the market.
    pub tally: Tally,
}

/// A broken promise.
pub type Check = Result<(), String>;

impl Oracle {
    /// Promises of a chain's honest validators.
    pub fn new(config: Arc<ChainConfig>, honest: BTreeSet<Address>) -> Self {
        let first = Arc::from(config.validators.clone());
        Self {
            sets: BTreeMap::from([(0, first)]),
            config,
            honest,
            decided: BTreeMap::new(),
            certificates: BTreeSet::new(),
            said: BTreeMap::new(),
            prevotes: BTreeMap::new(),
            locks: BTreeMap::new(),
            committees: BTreeMap::new(),
            heard: BTreeMap::new(),
            guilty: BTreeMap::new(),
            accused: BTreeSet::new(),
            convicted: BTreeSet::new(),
            judged: BTreeMap::new(),
            late_rounds: 0,
            tally: Tally::default(),
        }
    }

    /// Who decides a height: as a simulation of other sets plans it, else as blocks say so far.
    pub fn validators_at(&self, height: u64) -> Arc<[Validator]> {
        if !self.config.validator_changes.is_empty() {
            return self.config.scheduled_validators(height).into();
        }
        let newest = self.sets.range(..=height).next_back();
        newest.map(|(_, set)| set.clone()).unwrap_or_default()
    }

    /// The set after a block is the same everywhere, and the planned one where there is a plan.
    fn followed_by(&mut self, height: u64, next: Option<&Arc<[Validator]>>) -> Check {
        let next = next.cloned().unwrap_or_else(|| self.validators_at(height));
        let first = self.sets.entry(height + 1).or_insert_with(|| next.clone()).clone();
        if first == next && self.validators_at(height + 1) == next {
            Ok(())
        } else {
            Err(format!("validators of height {} differ", height + 1))
        }
    }

    /// Agreement, one state root, one next set, certificates that hold, times that rise.
    pub fn applied(&mut self, executed: &ExecutedBlock, proof: &CommitCertificate) -> Check {
        let (header, hash) = (&executed.block.header, executed.hash);
        let height = header.number;
        let place = (hash, header.state_root);
        if !self.decided.contains_key(&height) {
            self.tally.count(executed);
        }
        let first = *self.decided.entry(height).or_insert(place);
        if first != place {
            let (other, _) = first;
            return Err(format!(
                "agreement: block {height} is {} here and {} elsewhere",
                short(hash),
                short(other)
            ));
        }
        self.followed_by(height, executed.next_validators.as_ref())?;
        let name = alloy_primitives::keccak256(alloy_rlp::encode(proof));
        if self.certificates.insert(name) {
            let validators = self.validators_at(height);
            proof
                .verify(self.config.chain_id, height, hash, &validators)
                .map_err(|error| format!("certificate of applied block {height}: {error}"))?;
            self.late_rounds += u64::from(proof.round > 0);
        }
        time_ms(header).map(|_| ()).ok_or_else(|| format!("block {height} has no time"))
    }

    /// The committee of a height is the same everywhere.
    pub fn committee(&mut self, height: u64, committee: &Committee) -> Check {
        let first = self.committees.entry(height).or_insert_with(|| committee.clone());
        if first == committee {
            Ok(())
        } else {
            let (a, b) = (first.skipped(), committee.skipped());
            Err(format!("committee of height {height}: skipped {a:?} elsewhere and {b:?} here"))
        }
    }

    /// Statements that a message holds: who, where, what.
    fn statements(message: &Message) -> Vec<(Address, Place, Said)> {
        match message {
            Message::Vote(vote) => {
                let said = vote.vote();
                let step = if said.kind == VoteKind::Prevote { 1 } else { 2 };
                vec![(vote.voter.0, (said.height, said.round, step), (said.block_hash, 0))]
            }
            Message::Proposal(proposal) => {
                let said = proposal.proposal();
                let place = (said.height, said.round, 0);
                vec![(proposal.proposer.0, place, (said.block_hash, said.pol_round))]
            }
            Message::Polka(polka) => {
                let place = (polka.height.0, polka.round.as_u32().unwrap_or(0), 1);
                let said = (polka.value_id.0, 0);
                polka.polka_signatures.iter().map(|s| (s.address.0, place, said)).collect()
            }
            Message::Round(_) => Vec::new(),
        }
    }

    /// A message left a node. No honest key says two things, and honest locks hold.
    pub fn left(&mut self, message: &Message) -> Check {
        for (signer, place, said) in Self::statements(message) {
            let (height, round, step) = place;
            if step == 1 && !said.0.is_zero() {
                self.prevotes.entry((height, round, said.0)).or_default().insert(signer);
            }
            // Others can only repeat what it signed, and that is seen when it leaves its own node.
            if !self.honest.contains(&signer) {
                continue;
            }
            let first = *self.said.entry((signer, place)).or_insert(said);
            if first != said {
                return Err(format!(
                    "double sign: {} after saying {}",
                    words_of_message(message),
                    short(first.0)
                ));
            }
            self.lock(signer, place, said.0)?;
        }
        Ok(())
    }

    /// A message that an honest node would say contradicts nothing that it said.
    pub fn would_keep_faith(&self, message: &Message) -> Check {
        for (signer, place, said) in Self::statements(message) {
            match self.said.get(&(signer, place)) {
                Some(first) if *first != said && self.honest.contains(&signer) => {
                    let (words, first) = (words_of_message(message), short(first.0));
                    return Err(format!("replay says {words} after saying {first}"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whoever precommitted a block prevotes for another one only with a polka for it since then.
    fn lock(&mut self, signer: Address, (height, round, step): Place, hash: B256) -> Check {
        if hash.is_zero() {
            return Ok(());
        }
        if step == 2 {
            let lock = self.locks.entry((signer, height)).or_insert((round, hash));
            if round >= lock.0 {
                *lock = (round, hash);
            }
            return Ok(());
        }
        let Some((locked, value)) = self.locks.get(&(signer, height)).copied() else {
            return Ok(());
        };
        if step != 1 || value == hash || round <= locked {
            return Ok(());
        }
        let has_polka = (locked..round).any(|round| self.has_polka(height, round, hash));
        if has_polka {
            Ok(())
        } else {
            let (locked_hash, hash) = (short(value), short(hash));
            Err(format!(
                "lock: {signer} precommitted {locked_hash} at {height}/{locked} and prevotes {hash} in \
                 round {round} without a polka"
            ))
        }
    }

    fn has_polka(&self, height: u64, round: u32, hash: B256) -> bool {
        let Some(voters) = self.prevotes.get(&(height, round, hash)) else { return false };
        let validators = self.validators_at(height);
        let signed: u64 =
            validators.iter().filter(|v| voters.contains(&v.operator)).map(|v| v.power).sum();
        signed * 3 > validators.iter().map(|v| v.power).sum::<u64>() * 2
    }

    /// An honest driver at `height` was told this.
    pub fn heard(&mut self, node: usize, run: u32, height: u64, message: &Message, now_us: u64) {
        let (Message::Vote(_) | Message::Proposal(_)) = message else { return };
        for (signer, place, said) in Self::statements(message) {
            let is_near = place.0 + 4 > height && place.0 <= height && place.1 < 8;
            let is_member = self.validators_at(place.0).iter().any(|v| v.operator == signer);
            if !is_near || !is_member || self.honest.contains(&signer) {
                continue;
            }
            let first = *self.heard.entry((node, run, signer, place)).or_insert(said);
            if first != said {
                self.guilty.entry(signer).or_insert((node, now_us));
            }
        }
    }

    /// Evidence was found: nobody honest is ever accused.
    pub fn accused(&mut self, evidence: &Evidence) -> Check {
        self.judge(evidence).map(|accused| {
            self.accused.insert(accused);
        })
    }

    /// A block carries evidence.
    pub fn convicted(&mut self, evidence: &Evidence) -> Check {
        self.judge(evidence).map(|accused| {
            self.convicted.insert(accused);
        })
    }

    fn judge(&mut self, evidence: &Evidence) -> Result<Address, String> {
        let hash = evidence.hash();
        if let Some(accused) = self.judged.get(&hash) {
            return Ok(*accused);
        }
        let (chain_id, height) = (self.config.chain_id, evidence.height);
        let validators = self.validators_at(height);
        let Ok(offence) = evidence.verify(chain_id, height, &validators) else {
            return Err("an honest node accuses without proof".to_owned());
        };
        let is_accused = |v: &&Validator| validator_address(v) == Some(offence.signer);
        let accused = validators.iter().find(is_accused).map_or(offence.signer, |v| v.operator);
        if self.honest.contains(&accused) {
            return Err(format!("{accused} is honest and accused: {evidence:?}"));
        }
        self.judged.insert(hash, accused);
        Ok(accused)
    }

    /// A node lost its memory, and perhaps what it was about to prove.
    pub fn crashed(&mut self, node: usize) {
        let accused = &self.accused;
        self.guilty.retain(|address, (at, _)| *at != node || accused.contains(address));
    }

    /// Everybody who said two things to one honest node a while ago is accused; in a block, if that node
    /// has a turn to propose.
    pub fn all_accused(&self, before_us: u64, has_turns: bool) -> Check {
        let known = if has_turns { &self.convicted } else { &self.accused };
        let is_free = |a: &Address, at: u64| at < before_us && !known.contains(a);
        match self.guilty.iter().find(|(address, (_, at))| is_free(address, *at)) {
            Some((address, (node, at))) => Err(format!(
                "evidence: {address} said two things to node {node} at {} ms, and no evidence says so",
                at / 1_000
            )),
            None => Ok(()),
        }
    }

    /// What was seen of old heights is not needed any more.
    pub fn forget(&mut self, height: u64) {
        self.heard.retain(|(_, _, _, place), _| place.0 >= height);
        self.prevotes.retain(|(at, ..), _| *at >= height);
        self.locks.retain(|(_, at), _| *at >= height);
        self.committees.retain(|at, _| *at >= height);
    }
}
