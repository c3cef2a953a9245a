//! Nodes that do not follow the rules. Each runs the real driver with its own key, so that it stays in the
//! middle of things, and does with the driver's actions, and with packets, what its behaviour says.

use super::{
    mutation::Mutation,
    net::{Packet, short},
    rng::Rng,
    world::World,
};
use alloy_primitives::B256;
use arc_malachitebft_core_types::{NilOrVal, Round, SignedProposal, SignedVote, VoteType};
use btt_node::consensus::{
    context::{Ballot, BlockId, Height, Offer, ValidatorId},
    driver::{Action, BuildOrder, Decided, seal},
    message::Message,
};
use btt_runtime::block::Block;
use k256::ecdsa::SigningKey;
use std::sync::Arc;

/// A way to misbehave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// Votes for a block at some peers and for nil, or another block, at others.
    TwoVotes,
    /// Proposes one block to some peers and another to others.
    TwoProposals,
    /// Proposes, and never hands out the block.
    Withholder,
    /// Sends bytes that are nothing, and messages with flipped bits.
    Garbage,
    /// Proposes blocks that do not execute.
    InvalidBlocks,
    /// Stamps its blocks far ahead, or behind.
    TimeLiar,
    /// Hands on false blocks, false certificates, too many and too few.
    LyingSync,
    /// Says that it has absurd heights.
    Braggart,
    /// Says everything that it ever heard again.
    Parrot,
    /// Says nothing.
    Silent,
    /// Votes for nil in many rounds.
    NilFlood,
    /// Votes in rounds and heights to come, for blocks that do not exist.
    Prophet,
    /// Forgets its locks and votes for whatever was proposed last.
    Amnesiac,
    /// Says certificates that certify nothing.
    Forger,
    /// Hands on every block that it hears of with another body.
    Poisoner,
    /// Proposes blocks that say of the market what is not so.
    MarketLiar,
}

/// All of them.
pub const ALL: [Behaviour; 16] = [
    Behaviour::TwoVotes,
    Behaviour::TwoProposals,
    Behaviour::Withholder,
    Behaviour::Garbage,
    Behaviour::InvalidBlocks,
    Behaviour::TimeLiar,
    Behaviour::LyingSync,
    Behaviour::Braggart,
    Behaviour::Parrot,
    Behaviour::Silent,
    Behaviour::NilFlood,
    Behaviour::Prophet,
    Behaviour::Amnesiac,
    Behaviour::Forger,
    Behaviour::Poisoner,
    Behaviour::MarketLiar,
];

/// What a byzantine driver wants done, done its way.
pub fn perform(world: &mut World, me: usize, action: Action) {
    let Some(behaviour) = world.nodes[me].behaviour else { return };
    if world.is(Mutation::ClaimedSigners)
        && let Action::Broadcast(Message::Vote(vote)) = &action
    {
        claim_signers(world, me, vote);
    }
    match (behaviour, action) {
        (
            Behaviour::Silent,
            Action::Broadcast(_) | Action::Send(..) | Action::SendBlock(..) | Action::Accuse(_),
        )
        | (Behaviour::Withholder, Action::SendBlock(..)) => {}
        (Behaviour::TwoVotes, Action::Broadcast(Message::Vote(vote))) => {
            let mut other = vote.message.clone();
            other.value = other_value(world, me, &other.value);
            let other = signed_vote(world, me, other);
            split(world, me, &Message::Vote(vote), &other);
        }
        (Behaviour::Amnesiac, Action::Broadcast(Message::Vote(vote))) => {
            let mut ballot = vote.message;
            let hashes = &world.nodes[me].hashes;
            if let Some(hash) = hashes.last().filter(|(at, _)| *at == ballot.height.0) {
                ballot.value = NilOrVal::Val(BlockId(hash.1));
            }
            let message = signed_vote(world, me, ballot);
            to_all(world, me, &message);
        }
        (Behaviour::TwoProposals, Action::Broadcast(Message::Proposal(proposal))) => {
            propose_two(world, me, &proposal);
        }
        (Behaviour::InvalidBlocks, Action::Broadcast(Message::Proposal(proposal))) => {
            propose_invalid(world, me, &proposal);
        }
        (Behaviour::InvalidBlocks, Action::SendBlock(..)) => {}
        (Behaviour::MarketLiar, Action::Broadcast(Message::Proposal(proposal))) => {
            super::market::liar::propose(world, me, proposal);
        }
        (Behaviour::Garbage, action @ Action::Broadcast(_)) => {
            for to in 0..world.nodes.len() {
                world.send(me, to, Packet::Garbage);
            }
            if let Action::Broadcast(message) = &action {
                flip_a_bit(world, me, message);
            }
            world.perform_honestly(me, action);
        }
        (Behaviour::NilFlood, action @ Action::Broadcast(_)) => {
            flood(world, me, &action, 12, false);
            world.perform_honestly(me, action);
        }
        (Behaviour::Prophet, action @ Action::Broadcast(_)) => {
            flood(world, me, &action, 3, true);
            world.perform_honestly(me, action);
        }
        (Behaviour::Forger, Action::Broadcast(Message::Vote(vote))) => {
            forge(world, me, &vote.message);
            world.perform_honestly(me, Action::Broadcast(Message::Vote(vote)));
        }
        (Behaviour::Braggart, Action::Apply(hash, proof)) => {
            let height = *world.rng.pick(&[u64::MAX, u64::MAX - 1, proof.height + 1_000]);
            world.perform_honestly(me, Action::Apply(hash, proof));
            for to in 0..world.nodes.len() {
                world.send(me, to, Packet::Status { height, earliest: 0 });
            }
        }
        (_, action) => world.perform_honestly(me, action),
    }
}

/// What a byzantine node hears and keeps.
pub fn overhear(world: &mut World, me: usize, packet: &Packet) {
    let Some(behaviour) = world.nodes[me].behaviour else { return };
    if let (Behaviour::Poisoner, Packet::Block(block)) = (behaviour, packet) {
        let poisoned = Arc::new(with_another_body(block));
        for to in 0..world.nodes.len() {
            world.send(me, to, Packet::Block(poisoned.clone()));
        }
    }
    let Packet::Message(message) = packet else { return };
    if let Message::Proposal(proposal) = message {
        let place = (proposal.height.0, proposal.value.0);
        let hashes = &mut world.nodes[me].hashes;
        if !hashes.contains(&place) {
            hashes.push(place);
        }
        if hashes.len() > 8 {
            hashes.remove(0);
        }
    }
    if behaviour != Behaviour::Parrot {
        return;
    }
    let heard = &mut world.nodes[me].heard;
    heard.push(message.clone());
    if heard.len() > 400 {
        heard.remove(0);
    }
    if world.rng.happens(300_000) {
        let again = world.rng.pick(&world.nodes[me].heard).clone();
        let to = world.rng.below(world.nodes.len() as u64) as usize;
        world.send(me, to, Packet::Message(again));
    }
}

/// Whether the behaviour deals with a packet itself.
pub fn answers(world: &mut World, from: usize, me: usize, packet: &Packet) -> bool {
    match (world.nodes[me].behaviour, packet) {
        (Some(Behaviour::Silent), Packet::FetchBlock(_) | Packet::FetchBlocks { .. })
        | (Some(Behaviour::Withholder), Packet::FetchBlock(_)) => true,
        (Some(Behaviour::Braggart), Packet::FetchBlocks { .. }) => {
            world.send(me, from, Packet::Fetched(Vec::new()));
            true
        }
        (Some(Behaviour::LyingSync), Packet::FetchBlocks { from: first, count }) => {
            let blocks = super::receive::decided_from(world, me, *first, *count);
            let lie = false_blocks(&mut world.rng, blocks);
            world.send(me, from, Packet::Fetched(lie));
            true
        }
        _ => false,
    }
}

fn false_blocks(rng: &mut Rng, mut blocks: Vec<Decided>) -> Vec<Decided> {
    match rng.below(7) {
        0 => blocks.clear(),
        6 => blocks.iter_mut().for_each(|b| b.block = Arc::new(with_another_body(&b.block))),
        1 => blocks.reverse(),
        2 => blocks.extend(blocks.clone()),
        3 => blocks.iter_mut().for_each(|b| b.certificate.signatures.truncate(1)),
        4 => blocks.iter_mut().for_each(|b| {
            let mut block = (*b.block).clone();
            block.header.state_root = B256::repeat_byte(7);
            b.certificate.block_hash = block.hash();
            b.block = Arc::new(block);
        }),
        _ => blocks.iter_mut().for_each(|b| {
            if let Some(first) = b.certificate.signatures.first().cloned() {
                b.certificate.signatures.iter_mut().for_each(|s| s.signature = first.signature);
            }
        }),
    }
    blocks
}

/// The same header over something else.
fn with_another_body(block: &Block) -> Block {
    let mut block = block.clone();
    if block.body.transactions.pop().is_none() {
        block.body.system.pop();
    }
    block
}

/// What a byzantine node orders from its builder.
pub fn twist_order(behaviour: Behaviour, order: &mut BuildOrder, rng: &mut Rng) {
    if behaviour == Behaviour::TimeLiar {
        let lie = *rng.pick(&[1_500, 60_000, 7 * 86_400_000]);
        order.time_ms = if rng.happens(500_000) {
            order.time_ms.saturating_add(lie)
        } else {
            order.time_ms.saturating_sub(lie)
        };
    }
}

/// The same vote, and one for something else, in the name of everybody.
fn claim_signers(world: &mut World, me: usize, vote: &SignedVote<super::Btt>) {
    let other = B256::repeat_byte(6);
    for voter in 0..world.nodes.len() {
        let mut claimed = vote.clone();
        claimed.message.voter = ValidatorId(world.nodes[voter].key.address());
        if world.rng.happens(500_000) {
            claimed.message.value = NilOrVal::Val(BlockId(other));
        }
        for to in (0..world.nodes.len()).filter(|to| *to != voter) {
            world.send(me, to, Packet::Message(Message::Vote(claimed.clone())));
        }
    }
}

fn to_all(world: &mut World, me: usize, message: &Message) {
    world.say(me, 0..world.nodes.len(), message);
}

/// One message for some peers, the other for the rest.
fn split(world: &mut World, me: usize, a: &Message, b: &Message) {
    let mask = world.rng.draw();
    let nodes = world.nodes.len();
    let (left, right): (Vec<_>, Vec<_>) = (0..nodes).partition(|to| mask & (1 << to) != 0);
    world.say(me, left, a);
    world.say(me, right, b);
    // Now and then somebody hears both.
    if world.rng.happens(200_000) {
        let to = world.rng.below(nodes as u64) as usize;
        world.say(me, [to], a);
        world.say(me, [to], b);
    }
}

fn other_value(world: &mut World, me: usize, value: &NilOrVal<BlockId>) -> NilOrVal<BlockId> {
    let known: Vec<B256> = world.nodes[me].hashes.iter().rev().map(|(_, hash)| *hash).collect();
    match value {
        NilOrVal::Val(_) if world.rng.happens(500_000) => NilOrVal::Nil,
        NilOrVal::Val(BlockId(hash)) => {
            let other = known.into_iter().find(|known| known != hash);
            NilOrVal::Val(BlockId(other.unwrap_or_else(|| B256::repeat_byte(9))))
        }
        NilOrVal::Nil => {
            NilOrVal::Val(BlockId(known.first().copied().unwrap_or(B256::repeat_byte(8))))
        }
    }
}

fn signing_key(world: &World, me: usize) -> SigningKey {
    SigningKey::from(world.nodes[me].key.secret())
}

/// A vote with this node's signature.
pub fn signed_vote(world: &World, me: usize, mut ballot: Ballot) -> Message {
    ballot.voter = ValidatorId(world.nodes[me].key.address());
    let digest = ballot.vote().digest(world.shared.config.chain_id);
    Message::Vote(SignedVote::new(ballot, seal(&signing_key(world, me), digest)))
}

/// A proposal with this node's signature.
pub fn signed_proposal(world: &World, me: usize, offer: Offer) -> Message {
    let digest = offer.proposal().digest(world.shared.config.chain_id);
    Message::Proposal(SignedProposal::new(offer, seal(&signing_key(world, me), digest)))
}

fn propose_two(world: &mut World, me: usize, proposal: &SignedProposal<super::Btt>) {
    let order = world.nodes[me].running.as_ref().and_then(|running| running.last_order.clone());
    let honest = Message::Proposal(proposal.clone());
    let (Some(order), true) = (order, proposal.pol_round.is_nil()) else {
        return to_all(world, me, &honest);
    };
    let mut other = order;
    other.time_ms = other.time_ms.saturating_add(1);
    let node = &mut world.nodes[me];
    let Some(running) = &mut node.running else { return };
    let built =
        running.ledger.build(&mut world.shared, &node.key, other, world.arrived, (&[0xb], false));
    let Ok(block) = built else { return to_all(world, me, &honest) };
    let block = super::world::reencoded(&block);
    let offer = Offer { value: BlockId(block.hash()), ..proposal.message.clone() };
    let other = signed_proposal(world, me, offer);
    for to in 0..world.nodes.len() {
        world.send(me, to, Packet::Block(block.clone()));
    }
    split(world, me, &honest, &other);
}

fn propose_invalid(world: &mut World, me: usize, proposal: &SignedProposal<super::Btt>) {
    let block = world.nodes[me].undecided(proposal.value.0);
    let Some(block) = block else { return };
    let mut bad: Block = (*block).clone();
    match world.rng.below(5) {
        0 => bad.header.state_root = B256::repeat_byte(1),
        1 => bad.header.gas_used += 1,
        2 => bad.header.mix_hash = B256::repeat_byte(2),
        3 => bad.body.system.clear(),
        _ => bad.header.parent_hash = B256::repeat_byte(3),
    }
    let bad = Arc::new(bad);
    let now_us = world.now_us;
    world.trace.say(now_us, || format!("{me} proposes invalid {}", short(bad.hash())));
    let offer = Offer { value: BlockId(bad.hash()), ..proposal.message.clone() };
    let message = signed_proposal(world, me, offer);
    for to in 0..world.nodes.len() {
        world.send(me, to, Packet::Block(bad.clone()));
    }
    to_all(world, me, &message);
}

fn flip_a_bit(world: &mut World, me: usize, message: &Message) {
    let mut bytes = message.encode();
    let bit = world.rng.below(bytes.len() as u64 * 8) as usize;
    if let Some(byte) = bytes.get_mut(bit / 8) {
        *byte ^= 1 << (bit % 8);
    }
    let packet = match Message::decode(&bytes, world.shared.config.chain_id) {
        Ok(message) => Packet::Message(message),
        Err(_) => Packet::Garbage,
    };
    for to in 0..world.nodes.len() {
        world.send(me, to, packet.clone());
    }
}

/// Votes for nil in the next rounds; or for blocks that do not exist, in rounds and heights to come.
fn flood(world: &mut World, me: usize, action: &Action, count: u32, is_far: bool) {
    let Action::Broadcast(Message::Vote(vote)) = action else { return };
    for ahead in 1..=count {
        let mut ballot = vote.message.clone();
        let round = ballot.round.as_u32().unwrap_or(0);
        ballot.value = NilOrVal::Nil;
        ballot.round = Round::new(round.saturating_add(ahead));
        if is_far {
            let far = world.rng.below(1_000) as u32;
            ballot.round = Round::new(round.saturating_add(far));
            ballot.height = Height(ballot.height.0.saturating_add(world.rng.below(7)));
            ballot.value = NilOrVal::Val(BlockId(B256::repeat_byte(world.rng.draw() as u8 | 1)));
        }
        if world.rng.happens(500_000) {
            ballot.kind = VoteType::Precommit;
        }
        let message = signed_vote(world, me, ballot);
        to_all(world, me, &message);
    }
}

/// Certificates whose power is its own alone, counted several times.
fn forge(world: &mut World, me: usize, ballot: &Ballot) {
    use arc_malachitebft_core_types::{
        PolkaCertificate, PolkaSignature, RoundCertificate, RoundCertificateType, RoundSignature,
    };
    let Message::Vote(own) = signed_vote(world, me, ballot.clone()) else { return };
    let copies = world.nodes.len();
    let polka = PolkaCertificate {
        height: own.height,
        round: own.round,
        value_id: BlockId(B256::repeat_byte(5)),
        polka_signatures: vec![PolkaSignature::new(own.voter, own.signature); copies],
    };
    let round = RoundCertificate {
        height: own.height,
        round: Round::new(own.round.as_u32().unwrap_or(0) + 2),
        cert_type: RoundCertificateType::Precommit,
        round_signatures: vec![
            RoundSignature::new(own.kind, own.value, own.voter, own.signature);
            copies
        ],
    };
    for message in [Message::Polka(polka), Message::Round(round)] {
        let chain_id = world.shared.config.chain_id;
        if let Ok(decoded) = Message::decode(&message.encode(), chain_id) {
            for to in 0..world.nodes.len() {
                world.send(me, to, Packet::Message(decoded.clone()));
            }
        }
    }
}
