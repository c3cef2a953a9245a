//! Receipts: what buyers sign for what was delivered. Anyone hands them in; only the seller gains.

use super::{
    super::{
        IMarket::{self, SignedReceipt},
        gas,
        limits::MAX_RECEIPTS,
        signed::receipt_digest,
        state::{Epoch, Lease},
    },
    emit,
};
use crate::modules::{Deadline, Host, ModuleError, channels::voucher::parse_signature};
use alloy_primitives::{B256, U256};

/// Why a receipt does not count.
enum Refused {
    NotIncreasing(u128, u128),
    UnknownLease(B256),
    TooLate(Deadline),
    AboveLease(u128, u128),
    BadSignature,
}

enum Failed {
    Refused(Refused),
    Module(ModuleError),
}

impl From<ModuleError> for Failed {
    fn from(error: ModuleError) -> Self {
        Self::Module(error)
    }
}

impl From<Refused> for Failed {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl Refused {
    /// In a batch; 0 is a receipt that counts.
    fn status(&self) -> u8 {
        match self {
            Self::NotIncreasing(..) => 1,
            Self::UnknownLease(_) => 2,
            Self::TooLate(_) => 3,
            Self::AboveLease(..) => 4,
            Self::BadSignature => 5,
        }
    }

    fn into_revert(self) -> ModuleError {
        match self {
            Self::NotIncreasing(delivered, known) => {
                ModuleError::revert(IMarket::ReceiptNotIncreasing {
                    deliveredBytes: delivered,
                    known,
                })
            }
            Self::UnknownLease(id) => ModuleError::revert(IMarket::UnknownLease { leaseId: id }),
            Self::TooLate(Deadline { time_ms, block }) => {
                ModuleError::revert(IMarket::ReceiptTooLate { untilMs: time_ms, untilBlock: block })
            }
            Self::AboveLease(delivered, due) => ModuleError::revert(IMarket::AboveLease {
                deliveredBytes: delivered,
                dueBytes: due,
            }),
            Self::BadSignature => ModuleError::revert(IMarket::BadSignature {}),
        }
    }
}

/// Hands one in.
pub(in super::super) fn submit(
    host: &mut dyn Host,
    id: B256,
    delivered_bytes: u128,
    signature: &[u8],
) -> Result<(), ModuleError> {
    gas::charge_receipts(host, 1)?;
    match take(host, id, delivered_bytes, signature) {
        Ok(()) => Ok(()),
        Err(Failed::Refused(refused)) => Err(refused.into_revert()),
        Err(Failed::Module(error)) => Err(error),
    }
}

/// Hands in many; returns a status byte for each.
pub(in super::super) fn submit_many(
    host: &mut dyn Host,
    receipts: &[SignedReceipt],
) -> Result<Vec<u8>, ModuleError> {
    if receipts.len() > MAX_RECEIPTS {
        let (count, max) = (U256::from(receipts.len()), U256::from(MAX_RECEIPTS));
        return Err(ModuleError::revert(IMarket::TooMany { count, max }));
    }
    gas::charge_receipts(host, receipts.len())?;
    let one = |receipt: &SignedReceipt| match take(
        host,
        receipt.leaseId,
        receipt.deliveredBytes,
        &receipt.signature,
    ) {
        Ok(()) => Ok(0),
        Err(Failed::Refused(refused)) => Ok(refused.status()),
        Err(Failed::Module(error)) => Err(error),
    };
    receipts.iter().map(one).collect()
}

fn take(
    host: &mut dyn Host,
    id: B256,
    delivered_bytes: u128,
    signature: &[u8],
) -> Result<(), Failed> {
    let mut lease = Lease::load(host, id)?.ok_or(Refused::UnknownLease(id))?;
    // Leases of an epoch that is still being opened have no end yet.
    let end = Epoch::load(host, lease.epoch)?.receipt_end;
    if end != Deadline::default() && end.has_passed(host.block()) {
        return Err(Refused::TooLate(end).into());
    }
    let due = u128::from(lease.due_bytes());
    if delivered_bytes > due {
        return Err(Refused::AboveLease(delivered_bytes, due).into());
    }
    let known = u128::from(lease.delivered_bytes);
    if delivered_bytes <= known {
        return Err(Refused::NotIncreasing(delivered_bytes, known).into());
    }
    let digest = receipt_digest(host.block().chain_id, id, delivered_bytes);
    let signer = parse_signature(signature).ok().and_then(|s| host.recover(digest, &s).ok());
    if signer != Some(lease.signer) {
        return Err(Refused::BadSignature.into());
    }
    lease.delivered_bytes =
        u32::try_from(delivered_bytes).map_err(|_| Refused::AboveLease(delivered_bytes, due))?;
    lease.save_delivered(host)?;
    emit(host, &IMarket::ReceiptSubmitted { leaseId: id, deliveredBytes: delivered_bytes })?;
    Ok(())
}
