//! What execution and modules know of the block under way.

use super::{Body, CommitCertificate, EvidenceError, Header, MarketResult, total_power};
use crate::{
    config::{ChainConfig, ParamDefaults, Validator},
    tx::RecoveryMemo,
};
use alloy_primitives::{Address, B256};
use std::sync::Arc;

/// What execution knows of the block under way beyond Ethereum's fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockFacts {
    /// Chain id, for digests that modules check.
    pub chain_id: u64,
    /// Block number.
    pub number: u64,
    /// Block time in ms.
    pub time_ms: u64,
    /// Gas limit of the block.
    pub gas_limit: u64,
    /// Base fee, wei per gas.
    pub base_fee_wei: u64,
    /// Randomness.
    pub mix: B256,
    /// Who earns the tips.
    pub beneficiary: Address,
    /// Defaults of the chain parameters.
    pub params: ParamDefaults,
    /// What the block's validators say of each other; empty for calls that no block holds.
    pub consensus: Arc<ConsensusFacts>,
    /// Signers of what the transaction under way carries in its calldata, as far as the node has recovered
    /// them (rule H.6). Whatever is not there is recovered when it is asked for.
    pub recovered: RecoveryMemo,
}

/// What the system section of a block says of validators, checked. Validators stand as places in the set
/// of the height that is meant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConsensusFacts {
    /// Who proposes the block.
    pub proposer: u16,
    /// The parent's certificate; none in block 1.
    pub certificate: Option<Certified>,
    /// Height and signer of late precommits, rising.
    pub late: Vec<(u64, u16)>,
    /// Who signed against itself, in the order of the evidence.
    pub offences: Vec<Offence>,
    /// Ids of the features that the proposer's node knows, rising.
    pub signals: Vec<B256>,
    /// What the market's epoch came to, where it is due.
    pub market: Option<MarketResult>,
}

/// A certificate that a block carries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Certified {
    /// Height of the block it decided.
    pub height: u64,
    /// Who is in it, rising.
    pub signers: Vec<u16>,
    /// Their power.
    pub signed_power: u64,
    /// Power of the set.
    pub total_power: u64,
}

/// Misbehaviour that a block proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offence {
    /// Address of the consensus key; its validator was in the set of `height`.
    pub signer: Address,
    /// Height of the two statements.
    pub height: u64,
    /// Their round.
    pub round: u32,
    /// Hash of the evidence.
    pub hash: B256,
}

impl ConsensusFacts {
    /// What a body says, with the offences that its evidence proves. `parents` decided its parent.
    pub(crate) fn new(body: &Body, offences: Vec<Offence>, parents: &[Validator]) -> Self {
        Self {
            proposer: body.proposer().map_or(0, |proof| proof.validator_index),
            certificate: body.parent_certificate().map(|c| Certified::of(c, parents)),
            late: body.late_precommits().iter().map(|l| (l.height, l.validator_index)).collect(),
            offences,
            signals: body.signals().unwrap_or_default().to_vec(),
            market: body.market(),
        }
    }

    /// The facts of a block of the chain, which was checked before it was decided.
    pub fn of_decided(
        chain_id: u64,
        body: &Body,
        parents: &[Validator],
    ) -> Result<Self, EvidenceError> {
        let offences = body.evidence().iter().map(|proof| proof.prove(chain_id));
        Ok(Self::new(body, offences.collect::<Result<_, _>>()?, parents))
    }
}

impl Certified {
    fn of(certificate: &CommitCertificate, validators: &[Validator]) -> Self {
        let signers: Vec<u16> = certificate.signatures.iter().map(|s| s.validator_index).collect();
        let members = signers.iter().filter_map(|index| validators.get(usize::from(*index)));
        Self {
            height: certificate.height,
            signed_power: members.map(|v| v.power).fold(0, u64::saturating_add),
            total_power: total_power(validators),
            signers,
        }
    }
}

impl BlockFacts {
    /// The facts of a block with this header; [`Self::consensus`] is empty.
    pub fn of(config: &ChainConfig, header: &Header) -> Self {
        Self {
            chain_id: config.chain_id,
            number: header.number,
            time_ms: super::header::time_ms(header)
                .unwrap_or_else(|| header.timestamp.saturating_mul(1000)),
            gas_limit: header.gas_limit,
            base_fee_wei: header.base_fee_per_gas.unwrap_or(0),
            mix: header.mix_hash,
            beneficiary: header.beneficiary,
            params: config.params,
            consensus: Arc::default(),
            recovered: RecoveryMemo::default(),
        }
    }
}
