//! Counting the power behind certificates. Their signatures were recovered when they were decoded.

use super::super::context::{BttContext, Committee, Seal, ValidatorId};
use super::signing::is_sealed;
use arc_malachitebft_core_types::{CertificateError, RoundCertificateType, ThresholdParam};
use std::collections::BTreeSet;

type Result = std::result::Result<(), CertificateError<BttContext>>;

/// Checks that different members with enough power signed.
pub(super) fn check<'a>(
    committee: &Committee,
    signed: impl Iterator<Item = (&'a ValidatorId, &'a Seal)>,
    threshold: ThresholdParam,
) -> Result {
    let mut seen = BTreeSet::new();
    let mut power = 0u64;
    for (id, seal) in signed {
        let member = committee.member(*id).filter(|_| is_sealed(seal));
        let member = member.ok_or(CertificateError::UnknownValidator(*id))?;
        if !seen.insert(*id) {
            return Err(CertificateError::DuplicateVote(*id));
        }
        power = power.saturating_add(member.validator.power);
    }
    let total = committee.total_power();
    if threshold.is_met(power, total) {
        Ok(())
    } else {
        let expected = threshold.min_expected(total);
        Err(CertificateError::NotEnoughVotingPower { signed: power, total, expected })
    }
}

/// What a round certificate must hold.
pub(super) fn threshold_of(kind: &RoundCertificateType) -> ThresholdParam {
    match kind {
        RoundCertificateType::Skip => ThresholdParam::F_PLUS_ONE,
        RoundCertificateType::Precommit => ThresholdParam::TWO_F_PLUS_ONE,
    }
}
