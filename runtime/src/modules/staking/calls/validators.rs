//! What operators do with their validators.

use super::{
    super::{
        IStaking, params as p,
        state::{Description, KeyOwner, List, Standing, Validator, broken},
    },
    delegations::add_stake,
    emit, epoch,
    ranking::{enter, unrank},
    validator,
};
use crate::{
    block::{consensus_address, signer_of},
    modules::{Host, ModuleError, params},
};
use alloy_primitives::{Address, B256, Bytes, FixedBytes, U256, keccak256};
use alloy_sol_types::SolValue;

const DAY_MS: u64 = 86_400_000;
const ALL_BPS: u16 = 10_000;

/// What a validator starts with.
#[derive(Debug)]
pub(in super::super) struct NewValidator {
    pub(in super::super) public_key: FixedBytes<33>,
    pub(in super::super) description: Description,
    pub(in super::super) commission_bps: u16,
    pub(in super::super) max_commission_bps: u16,
    pub(in super::super) max_commission_change_bps: u16,
}

/// What a consensus key signs to show that its holder is this operator's (rule A.5's form).
pub fn possession_digest(chain_id: u64, operator: Address) -> B256 {
    keccak256((keccak256("btt.possession.v1"), U256::from(chain_id), operator).abi_encode())
}

/// Makes the operator a validator with a self stake that has come with the call. Without `possession`
/// the key's holder has been asked by other means: genesis.
pub(in super::super) fn create(
    host: &mut dyn Host,
    operator: Address,
    new: NewValidator,
    possession: Option<&Bytes>,
    self_stake_wei: u128,
) -> Result<(), ModuleError> {
    if Validator::load(host, operator)?.is_some() {
        return Err(ModuleError::revert(IStaking::ValidatorExists { operator }));
    }
    let NewValidator {
        public_key,
        description,
        commission_bps,
        max_commission_bps,
        max_commission_change_bps,
    } = new;
    check_description(&description)?;
    if max_commission_bps > ALL_BPS {
        return Err(too_high(max_commission_bps, ALL_BPS));
    }
    if commission_bps > max_commission_bps {
        return Err(too_high(commission_bps, max_commission_bps));
    }
    let min_wei = params::value(host, &p::MIN_SELF_STAKE)?;
    if self_stake_wei < min_wei {
        return Err(ModuleError::revert(IStaking::SelfStakeTooLow {
            amountWei: U256::from(self_stake_wei),
            minWei: U256::from(min_wei),
        }));
    }
    let now = epoch(host)?;
    take_key(host, operator, &public_key, possession, now.saturating_add(1))?;
    description.save(host, operator)?;
    let mut validator = Validator {
        operator,
        public_key,
        commission_bps,
        max_commission_bps,
        max_commission_change_bps,
        ..Validator::default()
    };
    List::operators().push(host, operator)?;
    add_stake(host, &mut validator, operator, self_stake_wei)?;
    emit(
        host,
        &IStaking::ValidatorCreated {
            operator,
            publicKey: Bytes::copy_from_slice(public_key.as_slice()),
            selfStakeWei: U256::from(self_stake_wei),
        },
    )?;
    // All places taken by larger stakes is no reason to refuse: it may grow and stand later.
    if enter(host, &mut validator)?.is_ok() {
        emit(host, &IStaking::ValidatorRanked { operator })?;
    }
    validator.save(host)
}

/// Checks a new consensus key and books it for the operator.
fn take_key(
    host: &mut dyn Host,
    operator: Address,
    public_key: &FixedBytes<33>,
    possession: Option<&Bytes>,
    from_epoch: u64,
) -> Result<(), ModuleError> {
    let key = consensus_address(public_key)
        .ok_or_else(|| ModuleError::revert(IStaking::BadPublicKey {}))?;
    if let Some(possession) = possession {
        // As the `ecrecover` precompile charges.
        host.charge(3_000)?;
        let digest = possession_digest(host.block().chain_id, operator);
        let signature = FixedBytes::<65>::try_from(possession.as_ref()).ok();
        if signature.and_then(|signature| signer_of(digest, &signature).ok()) != Some(key) {
            return Err(ModuleError::revert(IStaking::BadProofOfPossession {}));
        }
    }
    if KeyOwner::load(host, key)?.is_some() {
        return Err(ModuleError::revert(IStaking::ConsensusKeyUsed { key }));
    }
    KeyOwner { operator, from_epoch }.save(host, key)
}

fn check_description(description: &Description) -> Result<(), ModuleError> {
    let Description { name, website } = description;
    let is_clean = |text: &str| !text.chars().any(char::is_control);
    let fits = !name.trim().is_empty()
        && name.len() <= Description::MAX_NAME
        && website.len() <= Description::MAX_WEBSITE;
    if fits && is_clean(name) && is_clean(website) {
        return Ok(());
    }
    Err(ModuleError::revert(IStaking::BadDescription {}))
}

fn too_high(bps: u16, max_bps: u16) -> ModuleError {
    ModuleError::revert(IStaking::CommissionTooHigh { bps, maxBps: max_bps })
}

/// Changes name and website.
pub(in super::super) fn edit(
    host: &mut dyn Host,
    operator: Address,
    description: Description,
) -> Result<(), ModuleError> {
    validator(host, operator)?;
    check_description(&description)?;
    description.save(host, operator)?;
    let Description { name, website } = description;
    emit(host, &IStaking::ValidatorEdited { operator, name, website })
}

/// Changes the commission by at most its daily step.
pub(in super::super) fn set_commission(
    host: &mut dyn Host,
    operator: Address,
    bps: u16,
) -> Result<(), ModuleError> {
    let mut validator = validator(host, operator)?;
    let (old, most) = (validator.commission_bps, validator.max_commission_change_bps);
    if bps > validator.max_commission_bps {
        return Err(too_high(bps, validator.max_commission_bps));
    }
    let now = host.block().time_ms;
    let is_same_day = validator.commission_changed_ms != 0
        && now < validator.commission_changed_ms.saturating_add(DAY_MS);
    if bps > old && (is_same_day || bps.abs_diff(old) > most) {
        return Err(ModuleError::revert(IStaking::CommissionStepTooLarge {
            oldBps: old,
            newBps: bps,
            maxChangeBps: if is_same_day { 0 } else { most },
        }));
    }
    validator.commission_bps = bps;
    // Lowering it is always welcome, but starts the day too: or a fall and a rise would be free steps.
    validator.commission_changed_ms = now;
    validator.save(host)?;
    emit(host, &IStaking::CommissionChanged { operator, oldBps: old, newBps: bps })
}

/// Schedules another consensus key for the next epoch (rule F.4).
pub(in super::super) fn rotate_key(
    host: &mut dyn Host,
    operator: Address,
    public_key: FixedBytes<33>,
    possession: &Bytes,
) -> Result<(), ModuleError> {
    let mut validator = validator(host, operator)?;
    refuse_tombstoned(&validator)?;
    let now = epoch(host)?;
    let age_s = params::narrow(host, &p::EVIDENCE_AGE)?;
    let time_ms = host.block().time_ms;
    let [newest, second, third, oldest] = validator.rotations_ms;
    let next = now.saturating_add(1);
    let is_fifth = oldest != 0 && time_ms < oldest.saturating_add(age_s.saturating_mul(1000));
    if validator.rotated_epoch == next || is_fifth {
        return Err(ModuleError::revert(IStaking::TooManyRotations {}));
    }
    take_key(host, operator, &public_key, Some(possession), next)?;
    validator.next_public_key = public_key;
    validator.rotations_ms = [time_ms, newest, second, third];
    validator.rotated_epoch = next;
    validator.save(host)?;
    let public_key = Bytes::copy_from_slice(public_key.as_slice());
    emit(host, &IStaking::ConsensusKeyRotationScheduled { operator, publicKey: public_key })
}

fn refuse_tombstoned(validator: &Validator) -> Result<(), ModuleError> {
    if validator.standing.is_tombstoned {
        return Err(ModuleError::revert(IStaking::Tombstoned { operator: validator.operator }));
    }
    Ok(())
}

/// Ends the jail of the operator's validator.
pub(in super::super) fn unjail(host: &mut dyn Host, operator: Address) -> Result<(), ModuleError> {
    let mut validator = validator(host, operator)?;
    refuse_tombstoned(&validator)?;
    if !validator.standing.is_jailed {
        return Err(ModuleError::revert(IStaking::NotJailed { operator }));
    }
    if host.block().time_ms < validator.jailed_until_ms {
        let until_ms = validator.jailed_until_ms;
        return Err(ModuleError::revert(IStaking::StillJailed { untilMs: until_ms }));
    }
    validator.standing.is_jailed = false;
    validator.jailed_until_ms = 0;
    validator.save(host)?;
    emit(host, &IStaking::ValidatorUnjailed { operator })
}

/// Leaves the set for some epochs from the next one on.
pub(in super::super) fn declare_maintenance(
    host: &mut dyn Host,
    operator: Address,
    epochs: u64,
) -> Result<(), ModuleError> {
    let mut validator = validator(host, operator)?;
    let most = params::narrow(host, &p::MAX_MAINTENANCE)?;
    let now = epoch(host)?;
    // As many epochs at work as it was away.
    let last = validator.maintenance_until.saturating_sub(validator.maintenance_from);
    let is_too_soon = last > 0 && now < validator.maintenance_until.saturating_add(last);
    if epochs == 0 || epochs > most || is_too_soon {
        return Err(ModuleError::revert(IStaking::BadMaintenance { maxEpochs: most }));
    }
    validator.maintenance_from = now.saturating_add(1);
    validator.maintenance_until = validator.maintenance_from.saturating_add(epochs);
    let until = validator.maintenance_until;
    validator.save(host)?;
    emit(host, &IStaking::MaintenanceDeclared { operator, untilEpoch: until })
}

/// Leaves for good.
pub(in super::super) fn exit(host: &mut dyn Host, operator: Address) -> Result<(), ModuleError> {
    let mut validator = validator(host, operator)?;
    let Standing { has_exited, is_tombstoned, .. } = validator.standing;
    if has_exited || is_tombstoned {
        return Err(ModuleError::revert(IStaking::ValidatorClosed { operator }));
    }
    if List::candidates().len(host)? == 1 && validator.place != 0 {
        // Nobody would make blocks any more.
        return Err(ModuleError::revert(IStaking::NotEligible { operator }));
    }
    validator.standing.has_exited = true;
    unrank(host, &mut validator)?;
    validator.save(host)?;
    emit(host, &IStaking::ValidatorExited { operator })
}

/// The key that is in force in the next epoch replaces the one of this.
pub(in super::super) fn apply_rotation(
    host: &mut dyn Host,
    validator: &mut Validator,
) -> Result<(), ModuleError> {
    if validator.next_public_key.is_zero() {
        return Ok(());
    }
    validator.public_key = std::mem::take(&mut validator.next_public_key);
    if consensus_address(&validator.public_key).is_none() {
        return Err(broken("a scheduled key is no curve point"));
    }
    let public_key = Bytes::copy_from_slice(validator.public_key.as_slice());
    emit(
        host,
        &IStaking::ConsensusKeyRotated { operator: validator.operator, publicKey: public_key },
    )
}
