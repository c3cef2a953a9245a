//! `staking`: validators, delegations, rewards, slashing. Stake decides who makes blocks.
//!
//! ```text
//! shares, rewards, churn (pure) ◄ state ◄ epochs, signing ◄ calls ◄ slashing ◄ turnover ◄ hooks
//! ```
//! | record (key: keccak256("btt.staking.<record>" ‖ whose)) | value |
//! |---|---|
//! | validator (operator) | standing, key, commission, stake and shares, reward index, power: 9 slots |
//! | description (operator) | name and website: 3 slots |
//! | delegation (delegator, validator) | shares, reward index, rewards owed, counts: 3 slots |
//! | unbonding, lot (delegator, validator) | up to 7 entries of 2 and 3 slots |
//! | entry (validator, epoch) | reward index with which the delegations of an epoch start to earn |
//! | slash (operator) | fraction, escrow, deadline: 5 slots |
//! | key (consensus address) | operator, first epoch: kept for ever |
//! | candidates, operators, open-slashes, delegator, destinations | lists |
//! | unbonded (validator), redelegated (from, to) | running sums by epoch |
//! | epoch, set | epochs and validator sets, see `epochs.rs` |
//! | signed, missed, proposed, tally | the epoch's blocks, see `signing.rs` |
//! | totals, churn, slashes | sums; power changed today; the newest slashes |
//!
//! Invariants (`invariants.rs`): the escrow holds bonded and unbonding stake, rewards owed and slash escrow;
//! bonded stake is the sum of all validators'; shares of a validator are at least the sum of its
//! delegations' (rounding leaves dust in the pool, never a debt); a set is never empty.
//!
//! A record of a delegation or validator needs no storage deposit (rule C.4): its least stake is one.
//! Sources: rules A.8, B.2, B.4, F of the design; Cosmos SDK x/staking, x/slashing, x/distribution for the
//! shape; Ethereum for the correlated slash.

mod abi;
pub mod ballots;
mod calls;
mod churn;
pub mod epochs;
mod genesis;
mod hooks;
mod invariants;
pub mod params;
mod rewards;
mod shares;
mod signing;
pub mod slashing;
mod state;
#[cfg(test)]
mod tests;
mod turnover;
mod views;

pub use abi::IStaking;
pub use calls::possession_digest;
pub use epochs::Epoch;
pub use genesis::{GenesisDelegation, GenesisValidator, init};
pub use invariants::check as check_invariants;
pub use slashing::admits;

use super::{Call, Host, Module, ModuleError, Moment, decode, dispatch, params::Param};
use crate::{
    block::{Evidence, Statement},
    primitives::addresses::{GOVERNANCE, STAKING},
};
use alloy_primitives::{Address, Bytes, FixedBytes, U256};
use alloy_sol_types::{SolCall, SolInterface};
use calls::NewValidator;
use state::{Description, List};

/// The module.
#[derive(Debug)]
pub struct Staking;

impl Module for Staking {
    fn address(&self) -> Address {
        STAKING
    }

    fn name(&self) -> &'static str {
        "staking"
    }

    fn params(&self) -> &'static [Param] {
        params::PARAMS
    }

    fn is_payable(&self, selector: [u8; 4]) -> bool {
        matches!(
            selector,
            IStaking::createValidatorCall::SELECTOR | IStaking::delegateCall::SELECTOR
        )
    }

    /// Out and claims, and reads, which show what is there to claim.
    fn is_exit(&self, selector: [u8; 4]) -> bool {
        matches!(
            selector,
            IStaking::undelegateCall::SELECTOR
                | IStaking::withdrawUnbondedCall::SELECTOR
                | IStaking::claimRewardsCall::SELECTOR
                | IStaking::claimAllRewardsCall::SELECTOR
                | IStaking::claimCommissionCall::SELECTOR
                | IStaking::exitCall::SELECTOR
        ) || is_view(selector)
    }

    fn call(
        &self,
        call: &mut Call<'_>,
        selector: [u8; 4],
        arguments: &[u8],
    ) -> Result<Bytes, ModuleError> {
        if !IStaking::IStakingCalls::valid_selector(selector) {
            return Err(dispatch::unknown(selector));
        }
        let decoded = decode::arguments(selector, arguments)?;
        if is_view(selector) {
            return view(call.host(), decoded).map(Bytes::from);
        }
        call.may_write()?;
        write(call, decoded).map(Bytes::from)
    }

    fn hook(&self, moment: Moment, host: &mut dyn Host) -> Result<(), ModuleError> {
        hooks::run(moment, host)
    }
}

fn is_view(selector: [u8; 4]) -> bool {
    use IStaking as I;
    matches!(
        selector,
        I::possessionDigestCall::SELECTOR
            | I::epochCall::SELECTOR
            | I::totalsCall::SELECTOR
            | I::validatorCall::SELECTOR
            | I::validatorsCall::SELECTOR
            | I::candidatesCall::SELECTOR
            | I::activeSetCall::SELECTOR
            | I::keyOwnerCall::SELECTOR
            | I::delegationCall::SELECTOR
            | I::delegationsCall::SELECTOR
            | I::unbondingsCall::SELECTOR
            | I::redelegationsCall::SELECTOR
            | I::rewardsCall::SELECTOR
            | I::slashesCall::SELECTOR
    )
}

/// Runs a call that reads. A settled delegation is shown as it would be; nothing is written.
fn view(host: &mut dyn Host, call: IStaking::IStakingCalls) -> Result<Vec<u8>, ModuleError> {
    use IStaking::{self as I, IStakingCalls as C};
    Ok(match call {
        C::possessionDigest(c) => {
            let digest = calls::possession_digest(host.block().chain_id, c.operator);
            I::possessionDigestCall::abi_encode_returns(&digest)
        }
        C::epoch(_) => I::epochCall::abi_encode_returns(&views::epoch(host)?),
        C::totals(_) => I::totalsCall::abi_encode_returns(&views::totals(host)?),
        C::validator(c) => {
            I::validatorCall::abi_encode_returns(&views::validator(host, c.operator)?)
        }
        C::validators(c) => {
            let (operators, total) = views::page(host, List::operators(), c.offset, c.limit)?;
            I::validatorsCall::abi_encode_returns(&I::validatorsReturn { operators, total })
        }
        C::candidates(c) => {
            let (operators, total) = views::page(host, List::candidates(), c.offset, c.limit)?;
            I::candidatesCall::abi_encode_returns(&I::candidatesReturn { operators, total })
        }
        C::activeSet(_) => {
            let (operators, powers) = views::active_set(host)?;
            I::activeSetCall::abi_encode_returns(&I::activeSetReturn { operators, powers })
        }
        C::keyOwner(c) => {
            let (operator, from_epoch) = views::key_owner(host, c.key)?;
            let found = I::keyOwnerReturn { operator, fromEpoch: from_epoch };
            I::keyOwnerCall::abi_encode_returns(&found)
        }
        C::delegation(c) => I::delegationCall::abi_encode_returns(&views::delegation(
            host,
            c.delegator,
            c.validator,
        )?),
        C::delegations(c) => {
            I::delegationsCall::abi_encode_returns(&views::delegations(host, c.delegator)?)
        }
        C::unbondings(c) => I::unbondingsCall::abi_encode_returns(&views::unbondings(
            host,
            c.delegator,
            c.validator,
        )?),
        C::redelegations(c) => I::redelegationsCall::abi_encode_returns(&views::redelegations(
            host,
            c.delegator,
            c.validator,
        )?),
        C::rewards(c) => {
            let delegation = views::delegation(host, c.delegator, c.validator)?;
            I::rewardsCall::abi_encode_returns(&delegation.rewardsWei)
        }
        C::slashes(c) => I::slashesCall::abi_encode_returns(&views::slashes(host, c.limit)?),
        _ => return Err(state::broken("a write among the reads")),
    })
}

/// Runs a call that writes.
fn write(call: &mut Call<'_>, decoded: IStaking::IStakingCalls) -> Result<Vec<u8>, ModuleError> {
    use IStaking::{self as I, IStakingCalls as C};
    let (caller, value) = (call.caller, call.value_wei.saturating_to::<u128>());
    let host = call.host();
    match decoded {
        C::createValidator(c) => {
            let new = NewValidator {
                public_key: public_key(&c.publicKey)?,
                description: Description { name: c.name, website: c.website },
                commission_bps: c.commissionBps,
                max_commission_bps: c.maxCommissionBps,
                max_commission_change_bps: c.maxCommissionChangeBps,
            };
            calls::create(host, caller, new, Some(&c.possession), value)?;
        }
        C::editValidator(c) => {
            calls::edit(host, caller, Description { name: c.name, website: c.website })?;
        }
        C::setCommission(c) => calls::set_commission(host, caller, c.commissionBps)?,
        C::rotateConsensusKey(c) => {
            calls::rotate_key(host, caller, public_key(&c.publicKey)?, &c.possession)?;
        }
        C::enterRanking(c) => calls::enter_ranking(host, c.operator)?,
        C::unjail(_) => calls::unjail(host, caller)?,
        C::declareMaintenance(c) => calls::declare_maintenance(host, caller, c.epochs)?,
        C::exit(_) => calls::exit(host, caller)?,
        C::delegate(c) => {
            let shares = calls::delegate(host, caller, c.validator, value)?;
            return Ok(I::delegateCall::abi_encode_returns(&U256::from(shares)));
        }
        C::undelegate(c) => {
            let out = calls::undelegate(host, caller, c.validator, c.amountWei)?;
            return Ok(I::undelegateCall::abi_encode_returns(&I::undelegateReturn {
                takenWei: U256::from(out.wei),
                unlocksAtMs: out.unlocks.time_ms,
                unlocksAtBlock: out.unlocks.block,
            }));
        }
        C::redelegate(c) => {
            let (from, to) = (c.fromValidator, c.toValidator);
            let wei = calls::redelegate(host, caller, from, to, c.amountWei)?;
            return Ok(I::redelegateCall::abi_encode_returns(&U256::from(wei)));
        }
        C::withdrawUnbonded(c) => {
            let wei = calls::withdraw_unbonded(host, caller, c.validator)?;
            return Ok(I::withdrawUnbondedCall::abi_encode_returns(&U256::from(wei)));
        }
        C::claimRewards(c) => {
            let wei = calls::claim_rewards(host, caller, c.validator)?;
            return Ok(I::claimRewardsCall::abi_encode_returns(&U256::from(wei)));
        }
        C::claimAllRewards(c) => {
            let wei = calls::claim_all(host, caller, &c.validators)?;
            return Ok(I::claimAllRewardsCall::abi_encode_returns(&U256::from(wei)));
        }
        C::compound(c) => {
            let wei = calls::compound(host, caller, c.validator)?;
            return Ok(I::compoundCall::abi_encode_returns(&U256::from(wei)));
        }
        C::claimCommission(_) => {
            let wei = calls::claim_commission(host, caller)?;
            return Ok(I::claimCommissionCall::abi_encode_returns(&U256::from(wei)));
        }
        C::submitEvidence(c) => {
            let proof = Evidence::new(
                c.kind,
                c.height,
                c.round,
                statement(&c.first)?,
                statement(&c.second)?,
            );
            calls::submit_evidence(host, &proof)?;
        }
        C::cancelSlash(c) => {
            if caller != GOVERNANCE {
                return Err(ModuleError::revert(I::NotGovernance { caller }));
            }
            slashing::cancel(host, c.operator)?;
        }
        _ => return Err(state::broken("a read among the writes")),
    }
    Ok(Vec::new())
}

fn public_key(bytes: &Bytes) -> Result<FixedBytes<33>, ModuleError> {
    FixedBytes::try_from(bytes.as_ref()).map_err(|_| ModuleError::revert(IStaking::BadPublicKey {}))
}

fn statement(given: &IStaking::Statement) -> Result<Statement, ModuleError> {
    let signature = FixedBytes::try_from(given.signature.as_ref()).map_err(|_| {
        ModuleError::revert(IStaking::BadEvidence { reason: "a signature has 65 bytes".to_owned() })
    })?;
    Ok(Statement {
        block_hash: given.blockHash,
        pol_round_plus_one: given.polRoundPlusOne,
        signature,
    })
}
