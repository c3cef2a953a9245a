//! `consensus_`: who decides blocks, and who signed them.

use super::{ConsensusState, RpcError, context::Rpc};
use alloy_primitives::{Address, FixedBytes};
use btt_api::{
    server::ConsensusApiServer,
    types::{
        Commit, CommitSigner, ConsensusRole, ConsensusStatus, ConsensusStep, Number, ValidatorInfo,
        ValidatorSet,
    },
};
use btt_runtime::{
    block::{LATE_BLOCKS, Vote, VoteKind, header::time_ms, total_power, validator_address},
    config::Validator,
};
use jsonrpsee::core::RpcResult;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

/// How many blocks before a height tell who signs and who does not.
const RECENT_BLOCKS: u64 = 100;
/// The whole of a share.
const SHARE_UNIT: u128 = 10_000;

/// Who signed lately, by consensus key.
#[derive(Debug, Default)]
struct Attendance {
    blocks: u32,
    /// Signed and missed.
    counts: BTreeMap<FixedBytes<33>, (u32, u32)>,
}

impl Attendance {
    fn of(&self, validator: &Validator) -> (u32, u32) {
        self.counts.get(&validator.public_key).copied().unwrap_or_default()
    }
}

/// In hundredths of a percent.
pub(super) fn share_bps(power: u64, total: u64) -> u32 {
    let share = u128::from(power) * SHARE_UNIT / u128::from(total.max(1));
    u32::try_from(share).unwrap_or(u32::MAX)
}

/// The set's key is on the curve, or no block could have been decided.
fn address(validator: &Validator) -> Address {
    validator_address(validator).unwrap_or_default()
}

impl Rpc {
    /// The validators that decide a height, in canonical order.
    fn validators_of(&self, height: u64) -> Result<Arc<[Validator]>, RpcError> {
        Ok(self.chain().validators_at(height)?)
    }

    /// Where consensus is. One process that decides alone waits, but for the moment that a block takes.
    pub(super) fn consensus_state(&self) -> ConsensusState {
        if let Some(view) = &self.context.consensus {
            return view.status();
        }
        let height = self.chain().head().number.saturating_add(1);
        ConsensusState {
            height,
            round: 0,
            step: ConsensusStep::Waiting,
            validator: self.alone(height),
            sync: None,
        }
    }

    /// The only validator of a height.
    fn alone(&self, height: u64) -> Option<Address> {
        let validators = self.validators_of(height).ok()?;
        let [validator] = &*validators else { return None };
        validator_address(validator)
    }

    fn proposer_of(&self, height: u64, round: u32) -> Option<Address> {
        match &self.context.consensus {
            Some(view) => view.proposer(height, round),
            None => self.alone(height),
        }
    }

    /// Who signed the blocks before `height`, as the blocks after them say (rule B.4): a certificate holds
    /// the first precommits that were enough, and later blocks bring the rest. The newest block's own
    /// certificate is all there is of it.
    fn attendance(&self, height: u64) -> Result<Attendance, RpcError> {
        let newest = height.saturating_sub(1).min(self.chain().head().number);
        let oldest = newest.saturating_sub(RECENT_BLOCKS - 1).max(1);
        let mut attendance = Attendance::default();
        let sets = self.chain().validator_sets(oldest, newest)?;
        for number in oldest..=newest {
            let Some(validators) = sets.get(number) else { continue };
            let Some(signed) = self.signers_of(number)? else { continue };
            attendance.blocks += 1;
            for (index, validator) in (0u16..).zip(validators.iter()) {
                let (has, lacks) = attendance.counts.entry(validator.public_key).or_default();
                *(if signed.contains(&index) { has } else { lacks }) += 1;
            }
        }
        Ok(attendance)
    }

    /// Places of the validators whose precommits for a block are on the chain.
    fn signers_of(&self, number: u64) -> Result<Option<BTreeSet<u16>>, RpcError> {
        let Some(certificate) = self.chain().store().certificate(number)? else { return Ok(None) };
        let mut signed: BTreeSet<u16> =
            certificate.signatures.iter().map(|entry| entry.validator_index).collect();
        for later in number + 1..=number + LATE_BLOCKS {
            let Some(block) = self.chain().block(later)? else { break };
            let body = &block.block.body;
            let certified = body.parent_certificate().filter(|c| c.height == number).into_iter();
            signed.extend(certified.flat_map(|c| c.signatures.iter().map(|s| s.validator_index)));
            let late = body.late_precommits().iter().filter(|l| l.height == number);
            signed.extend(late.map(|l| l.validator_index));
        }
        Ok(Some(signed))
    }

    fn consensus_status(&self) -> Result<ConsensusStatus, RpcError> {
        let state = self.consensus_state();
        let head = self.chain().head();
        // Consensus is a block ahead while the chain makes one durable.
        let decided = state.height.min(head.number.saturating_add(1));
        let validators = self.validators_of(decided)?;
        let attendance = self.attendance(decided)?;
        let own = state
            .validator
            .and_then(|own| validators.iter().find(|v| validator_address(v) == Some(own)));
        let proposer = self.proposer_of(state.height, state.round);
        let role = match (own, state.validator) {
            (None, _) => ConsensusRole::Full,
            (Some(_), own) if own == proposer => ConsensusRole::Proposer,
            (Some(_), _) => ConsensusRole::Validator,
        };
        let (power, total) = (own.map_or(0, |own| own.power), total_power(&validators));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        // Genesis carries no time of day.
        let block_ms = time_ms(&head.header).filter(|_| head.number > 0);
        Ok(ConsensusStatus {
            height: state.height,
            round: state.round,
            step: state.step,
            role,
            proposer,
            validator: state.validator,
            power,
            total_power: total,
            share_bps: share_bps(power, total),
            validators: u32::try_from(validators.len()).unwrap_or(u32::MAX),
            head_number: head.number,
            head_hash: head.hash,
            since_block_ms: block_ms.map(|block_ms| now_ms.saturating_sub(block_ms)),
            syncing: state.sync.is_some(),
            missed_recent: own.map_or(0, |own| attendance.of(own).1),
            recent_blocks: attendance.blocks,
        })
    }

    fn validator_set(&self, height: Option<Number>) -> Result<ValidatorSet, RpcError> {
        let next = self.chain().head().number.saturating_add(1);
        let height = height.map_or(next, |height| height.0);
        if height > next {
            let text = format!("the validators of block {height} are not decided; next is {next}");
            return Err(RpcError::InvalidParams(text));
        }
        let validators = self.validators_of(height)?;
        let total = total_power(&validators);
        let attendance = self.attendance(height)?;
        let own = self.consensus_state().validator;
        let peers = self.context.network.as_ref().map(|network| {
            let peers = network.peers().into_iter();
            peers.filter_map(|peer| peer.validator).collect::<BTreeSet<Address>>()
        });
        let described = (0u16..).zip(validators.iter()).map(|(index, validator)| {
            let address = address(validator);
            let is_self = own == Some(address);
            let (signed_recent, missed_recent) = attendance.of(validator);
            ValidatorInfo {
                index,
                address,
                public_key: validator.public_key,
                operator: validator.operator,
                power: validator.power,
                share_bps: share_bps(validator.power, total),
                signed_recent,
                missed_recent,
                connected: if is_self {
                    Some(true)
                } else {
                    peers.as_ref().map(|peers| peers.contains(&address))
                },
                is_self,
            }
        });
        Ok(ValidatorSet {
            height,
            total_power: total,
            recent_blocks: attendance.blocks,
            validators: described.collect(),
        })
    }

    fn commit_of(&self, height: u64) -> Result<Option<Commit>, RpcError> {
        let Some(certificate) = self.chain().store().certificate(height)? else { return Ok(None) };
        let validators = self.validators_of(height)?;
        let (round, block_hash) = (certificate.round, certificate.block_hash);
        let vote = Vote { kind: VoteKind::Precommit, height, round, block_hash };
        let mut absent: BTreeMap<usize, Address> =
            validators.iter().map(address).enumerate().collect();
        let mut signatures = Vec::with_capacity(certificate.signatures.len());
        for entry in &certificate.signatures {
            let index = usize::from(entry.validator_index);
            // A certificate that names nobody of the set was never committed.
            let (Some(validator), Some(address)) = (validators.get(index), absent.remove(&index))
            else {
                let text = format!("the certificate of block {height} names validator {index}");
                return Err(RpcError::Internal(text));
            };
            signatures.push(CommitSigner {
                validator_index: entry.validator_index,
                address,
                power: validator.power,
                signature: entry.signature,
            });
        }
        Ok(Some(Commit {
            height,
            round,
            block_hash,
            digest: vote.digest(self.chain().config().chain_id),
            signed_power: signatures.iter().map(|entry| entry.power).fold(0, u64::saturating_add),
            total_power: total_power(&validators),
            signatures,
            absent: absent.into_values().collect(),
        }))
    }
}

#[jsonrpsee::core::async_trait]
impl ConsensusApiServer for Rpc {
    async fn status(&self) -> RpcResult<ConsensusStatus> {
        Ok(self.slowly(Self::consensus_status).await?)
    }

    async fn validators(&self, height: Option<Number>) -> RpcResult<ValidatorSet> {
        Ok(self.slowly(move |rpc| rpc.validator_set(height)).await?)
    }

    async fn commit(&self, height: Number) -> RpcResult<Option<Commit>> {
        Ok(self.slowly(move |rpc| rpc.commit_of(height.0)).await?)
    }

    fn proposer(
        &self,
        height: Option<Number>,
        round: Option<Number>,
    ) -> RpcResult<Option<Address>> {
        let state = self.consensus_state();
        let height = height.map_or(state.height, |height| height.0);
        let current = if height == state.height { state.round } else { 0 };
        let round = match round {
            Some(round) => u32::try_from(round.0)
                .map_err(|_| RpcError::InvalidParams("a round has 32 bits".to_owned()))?,
            None => current,
        };
        Ok(self.proposer_of(height, round))
    }
}

#[cfg(test)]
mod tests {
    use super::share_bps;

    #[test]
    fn shares_are_hundredths_of_a_percent_and_never_divide_by_zero() {
        assert_eq!(share_bps(1, 4), 2_500);
        assert_eq!(share_bps(u64::MAX, u64::MAX), 10_000);
        assert_eq!(share_bps(0, 0), 0);
    }
}
