//! The system section of a block: what validators say, checked against the sets of the heights they speak
//! of.

use super::{
    BlockContext, BlockError,
    sets::{of_height, store_error},
};
use crate::{
    block::{
        BlockFacts, Body, BodyError, ConsensusFacts, Evidence, EvidenceError, Offence,
        ProposerProof, SystemItem, check_signals, evidence, late, vrf,
    },
    modules::{Host, OverlayHost, staking},
    state::{Overlay, StateReader},
};
use alloy_primitives::B256;

/// What follows from a system section that is right.
pub(super) struct Verified {
    /// Randomness of the block.
    pub(super) mix: B256,
    /// What modules hear of it.
    pub(super) consensus: ConsensusFacts,
}

/// Takes out of a proposer's system section the evidence that its block cannot carry: what was proven a
/// while ago may be too old by now.
pub(super) fn sift<S: StateReader>(
    ctx: &BlockContext<'_, S>,
    system: Vec<SystemItem>,
) -> Result<Vec<SystemItem>, BlockError> {
    let mut sifted = Vec::with_capacity(system.len());
    for item in system {
        let SystemItem::Evidence(proofs) = item else {
            sifted.push(item);
            continue;
        };
        let mut admitted = Vec::with_capacity(proofs.len());
        for proof in proofs {
            match on_parent(ctx, |host| admissible(ctx, host, &proof)) {
                Ok(_) => admitted.push(proof),
                Err(BlockError::Evidence(_)) => {}
                Err(error) => return Err(error),
            }
        }
        if !admitted.is_empty() {
            sifted.push(SystemItem::Evidence(admitted));
        }
    }
    Ok(sifted)
}

/// Checks the system section.
pub(super) fn verify<S: StateReader>(
    ctx: &BlockContext<'_, S>,
    body: &Body,
) -> Result<Verified, BlockError> {
    let (chain_id, height) = (ctx.config.chain_id, ctx.parent.number.saturating_add(1));
    if !body.system.is_sorted_by(|a, b| a.kind() < b.kind()) {
        return Err(BodyError::SystemOrder.into());
    }
    match body.parent_certificate() {
        // Nobody signs genesis (rule A.4).
        None if height == 1 => {}
        Some(_) if height == 1 => return Err(BlockError::GenesisCertificate),
        None => return Err(BlockError::SystemItemMissing("parent certificate")),
        Some(certificate) => {
            let parent = ctx.parent.number;
            certificate.verify(chain_id, parent, ctx.parent_hash, ctx.validators.at(parent))?;
        }
    }
    let hash_of = |number| ctx.state.block_hash(number).map_err(BlockError::Store);
    late::verify(chain_id, ctx.validators, height, body.late_precommits(), hash_of)?;
    let offences = offences(ctx, body.evidence())?;
    body.signals().map_or(Ok(()), check_signals)?;
    let proposer = body.proposer().ok_or(BlockError::SystemItemMissing("VRF proof"))?;
    let mix = next_mix(ctx, height, proposer)?;
    let parents = ctx.validators.at(ctx.parent.number);
    Ok(Verified { mix, consensus: ConsensusFacts::new(body, offences, parents) })
}

fn offences<S: StateReader>(
    ctx: &BlockContext<'_, S>,
    proofs: &[Evidence],
) -> Result<Vec<Offence>, BlockError> {
    evidence::check_order(proofs)?;
    if proofs.is_empty() {
        return Ok(Vec::new());
    }
    on_parent(ctx, |host| proofs.iter().map(|proof| admissible(ctx, host, proof)).collect())
}

/// Whether the child of the state behind `host` may carry a proof, and what it proves: it holds, it is
/// not too old, and its signer was a validator of its height who is not tombstoned yet. Who proposes leaves out what is not
/// admissible; who checks refuses the block.
fn admissible<S>(
    ctx: &BlockContext<'_, S>,
    host: &mut dyn Host,
    proof: &Evidence,
) -> Result<Offence, BlockError> {
    let (chain_id, number) = (ctx.config.chain_id, ctx.parent.number.saturating_add(1));
    let validators = of_height(ctx.config, host, proof.height).map_err(store_error)?;
    let validators = validators.ok_or(EvidenceError::Forgotten(proof.height))?;
    let offence = proof.verify(chain_id, number, &validators)?;
    if ctx.config.modules {
        staking::admits(host, &offence).map_err(store_error)??;
    }
    Ok(offence)
}

/// A host on the parent's state; what is written is thrown away.
pub(super) fn on_parent<S: StateReader, T>(
    ctx: &BlockContext<'_, S>,
    ask: impl FnOnce(&mut dyn Host) -> Result<T, BlockError>,
) -> Result<T, BlockError> {
    let parent = BlockFacts::of(ctx.config, ctx.parent);
    ask(&mut OverlayHost::new(&mut Overlay::new(ctx.state), &parent))
}

fn next_mix<S>(
    ctx: &BlockContext<'_, S>,
    height: u64,
    ProposerProof { validator_index, proof }: &ProposerProof,
) -> Result<B256, BlockError> {
    let validators = ctx.validators.at(height);
    let proposer = validators
        .get(usize::from(*validator_index))
        .ok_or(BlockError::UnknownProposer(*validator_index))?;
    let key = k256::PublicKey::from_sec1_bytes(proposer.public_key.as_slice())
        .map_err(|_| BlockError::Vrf)?;
    let alpha = vrf::input(ctx.config.chain_id, height, ctx.parent.mix_hash);
    let output = vrf::verify(&key, &alpha, proof).map_err(|_| BlockError::Vrf)?;
    Ok(vrf::next_mix(ctx.parent.mix_hash, output))
}
