//! What a node does with a packet: the part of the shell that faces the network.

use super::{byzantine, mutation::Mutation, net::Packet, world::World};
use btt_node::consensus::driver::{Decided, Event, Peer};

/// Most decided blocks that a node hands on at once.
const MAX_SERVED: u32 = 32;

/// A packet has arrived.
pub fn receive(world: &mut World, from: usize, to: usize, packet: Packet) {
    let peer = Peer(from as u32);
    if world.nodes[to].behaviour.is_some() && byzantine::answers(world, from, to, &packet) {
        return;
    }
    match packet {
        Packet::Garbage => {}
        Packet::Message(message) => {
            let node = &world.nodes[to];
            if node.is_honest()
                && let Some(running) = &node.running
            {
                let height = running.driver.status().height;
                world.oracle.heard(to, node.run, height, &message, world.now_us);
            }
            world.step(to, Event::Message(peer, message));
        }
        Packet::Block(block) => world.step(to, Event::Block(peer, block)),
        Packet::Status { height, earliest } => {
            world.step(to, Event::Status { peer, height, earliest });
        }
        Packet::FetchBlock(hash) => {
            if let Some(block) = world.nodes[to].undecided(hash) {
                let block = super::world::reencoded(&block);
                world.send(to, from, Packet::Block(block));
            }
        }
        Packet::FetchBlocks { from: first, count } => {
            let blocks = decided_from(world, to, first, count);
            world.send(to, from, Packet::Fetched(blocks));
        }
        Packet::Fetched(blocks) => world.step(to, Event::Fetched(peer, blocks)),
        Packet::AskStep if world.is(Mutation::CopyWithItsGuard) => {}
        Packet::AskStep => {
            if let Some(message) = world.nodes[to].newest_of(&world.nodes[from].key) {
                world.send(to, from, Packet::Message(message));
            }
        }
        Packet::Evidence(_) if world.is(Mutation::EvidenceDropped) => {}
        Packet::Evidence(evidence) => {
            world.step(to, Event::Evidence { evidence, validators: None })
        }
    }
}

/// Decided blocks of a node, rising.
pub fn decided_from(world: &World, node: usize, first: u64, count: u32) -> Vec<Decided> {
    let last = first.saturating_add(u64::from(count.min(MAX_SERVED)));
    (first..last).map_while(|height| world.nodes[node].decided(height)).collect()
}
