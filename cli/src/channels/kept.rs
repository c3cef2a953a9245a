//! A payee's vouchers: the newest of each channel and lane is money.

use alloy_primitives::{Address, B256};
use btt_api::types::{AnyVoucher, SignedVoucher};
use serde::{Deserialize, Serialize};

use super::{Entry, claim_wei};

/// A voucher in the payee's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Kept(pub SignedVoucher);

/// Channel or pool, payee of a pool's voucher, lane, and the condition of one that has one: a promise that may
/// lapse never takes the place of one that cannot.
pub type KeptKey = (B256, Option<Address>, u32, Option<B256>);

impl Entry for Kept {
    type Key = KeptKey;

    fn key(&self) -> KeptKey {
        let (payee, lock) = match self.0.voucher {
            AnyVoucher::Voucher(_) => (None, None),
            AnyVoucher::Pool(v) => (Some(v.payee), None),
            AnyVoucher::Conditional(v) => (None, Some(v.hash_lock)),
        };
        (self.0.voucher.id(), payee, self.0.voucher.lane(), lock)
    }

    /// It claims more; or the same with a secret that the other lacks.
    fn outranks(&self, other: &Self) -> bool {
        let worth = |kept: &Self| (claim_wei(&kept.0).unwrap_or(0), kept.0.secret.is_some());
        worth(self) > worth(other)
    }
}

/// Whether two keys are of the same sum: channel or pool, payee, lane.
pub fn same_lane(a: &KeptKey, b: &KeptKey) -> bool {
    (a.0, a.1, a.2) == (b.0, b.1, b.2)
}

#[cfg(test)]
mod tests {
    use btt_api::types::{ChannelVoucher, ConditionalChannelVoucher, VoucherTick};

    use super::*;
    use crate::channels::Ledger;
    use crate::channels::line::tests::{ID, plain, signed};

    #[test]
    fn a_lower_voucher_never_takes_the_place_of_a_higher_one() {
        let place = tempfile::tempdir().unwrap();
        let mut ledger: Ledger<Kept> = Ledger::open(place.path(), "kept").unwrap();
        assert_eq!(ledger.offer(Kept(plain(0, 5))), Ok(true));
        assert_eq!(ledger.offer(Kept(plain(0, 4))), Ok(false));
        assert_eq!(ledger.offer(Kept(plain(1, 4))), Ok(true));
        let ticks = ChannelVoucher {
            channel_id: ID,
            cumulative_amount: 4,
            tick_value: 1,
            tick_max: 10,
            ..Default::default()
        };
        let tick = Some(VoucherTick { index: 2, preimage: B256::ZERO });
        let ticked = SignedVoucher { tick, ..signed(AnyVoucher::Voucher(ticks)) };
        assert_eq!(ledger.offer(Kept(ticked)), Ok(true), "4 and 2 ticks are 6");
        let conditional = ConditionalChannelVoucher {
            channel_id: ID,
            cumulative_amount: 50,
            hash_lock: B256::repeat_byte(1),
            ..Default::default()
        };
        let promise = signed(AnyVoucher::Conditional(conditional));
        assert_eq!(ledger.offer(Kept(promise.clone())), Ok(true));
        let told = SignedVoucher { secret: Some(B256::ZERO), ..promise.clone() };
        assert_eq!(ledger.offer(Kept(told)), Ok(true), "now the secret is known");
        assert_eq!(ledger.offer(Kept(promise)), Ok(false));
        ledger.commit().unwrap();
        drop(ledger);
        let ledger: Ledger<Kept> = Ledger::open(place.path(), "kept").unwrap();
        let claims: Vec<u128> = ledger.entries().map(|kept| claim_wei(&kept.0).unwrap()).collect();
        assert_eq!(claims, [6, 50, 4]);
    }
}
