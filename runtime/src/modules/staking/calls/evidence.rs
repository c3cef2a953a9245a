//! Anybody may prove that a validator signed twice.

use super::super::{
    IStaking,
    slashing::{self, NotTaken},
};
use crate::{
    block::Evidence,
    modules::{Host, ModuleError},
};

/// Gas of one recovery, as the `ecrecover` precompile charges.
const RECOVERY_GAS: u64 = 3_000;

/// Takes a proof that came by a transaction.
pub(in super::super) fn submit_evidence(
    host: &mut dyn Host,
    proof: &Evidence,
) -> Result<(), ModuleError> {
    host.charge(RECOVERY_GAS.saturating_mul(2))?;
    let offence = proof.prove(host.block().chain_id).map_err(|error| {
        ModuleError::revert(IStaking::BadEvidence { reason: error.to_string() })
    })?;
    match slashing::examine(host, offence.signer, offence.height)? {
        Ok(case) => slashing::accept(host, case, offence.hash),
        Err(NotTaken::Stranger(key)) => Err(ModuleError::revert(IStaking::BadEvidence {
            reason: format!("{key} was no validator's key at that height"),
        })),
        Err(NotTaken::TooOld(height)) => {
            Err(ModuleError::revert(IStaking::EvidenceTooOld { height }))
        }
        Err(NotTaken::Tombstoned(operator)) => {
            Err(ModuleError::revert(IStaking::AlreadyTombstoned { operator }))
        }
    }
}
