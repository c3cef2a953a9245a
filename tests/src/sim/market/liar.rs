//! A proposer that lies about item 4: another root, none where one is due, one where none is, an epoch given up in an
//! early round. The last is a block that executes; the others every validator refuses by executing them.

use super::super::{
    Btt,
    byzantine::{Behaviour, signed_proposal},
    net::{Packet, short},
    rng::Rng,
    world::World,
};
use alloy_primitives::B256;
use arc_malachitebft_core_types::SignedProposal;
use btt_node::consensus::{
    context::{BlockId, Offer},
    driver::Action,
    message::Message,
};
use btt_runtime::block::{Block, MarketResult, SystemItem};
use std::sync::Arc;

/// Whether a byzantine builder wants the epoch given up, whatever the round.
pub fn voids(behaviour: Option<Behaviour>, rng: &mut Rng) -> bool {
    behaviour == Some(Behaviour::MarketLiar) && rng.happens(500_000)
}

/// Proposes another block than its driver made, if there is a lie to tell.
pub fn propose(world: &mut World, me: usize, proposal: SignedProposal<Btt>) {
    let made = world.nodes[me].undecided(proposal.value.0);
    let Some(block) = made.and_then(|block| twisted(&block, &mut world.rng)) else {
        return world.perform_honestly(me, Action::Broadcast(Message::Proposal(proposal)));
    };
    let (block, now_us) = (Arc::new(block), world.now_us);
    world.trace.say(now_us, || format!("{me} lies about the market: {}", short(block.hash())));
    world.oracle.tally.lies += 1;
    let offer = Offer { value: BlockId(block.hash()), ..proposal.message };
    let message = signed_proposal(world, me, offer);
    for to in 0..world.nodes.len() {
        world.send(me, to, Packet::Block(block.clone()));
    }
    world.say(me, 0..world.nodes.len(), &message);
}

/// The block with another item 4, and a header that fits.
fn twisted(block: &Block, rng: &mut Rng) -> Option<Block> {
    let mut block = block.clone();
    let lie = match block.body.market() {
        Some(MarketResult::Root(_)) if rng.happens(500_000) => {
            Some(MarketResult::Root(B256::repeat_byte(4)))
        }
        Some(MarketResult::Root(_)) => None,
        // Built as a lie already.
        Some(MarketResult::Void) => return None,
        None if rng.happens(900_000) => return None,
        None if rng.happens(500_000) => Some(MarketResult::Void),
        None => Some(MarketResult::Root(B256::repeat_byte(5))),
    };
    let system = &mut block.body.system;
    system.retain(|item| !matches!(item, SystemItem::Market(_)));
    system.extend(lie.map(SystemItem::Market));
    system.sort_by_key(SystemItem::kind);
    block.header.requests_hash = Some(block.body.system_hash());
    Some(block)
}
