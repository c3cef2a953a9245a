//! Whether the chain would pay a voucher, and how much: the contract's checks in the contract's order, and the
//! one that only a payee can make: that all it holds fits the deposit.

use alloy_primitives::{B256, U256, keccak256};
use btt_api::types::{AnyVoucher, SignedVoucher};
use btt_runtime::modules::channels::voucher::{
    ClaimError, Domain, KnownSigner, is_tick_of, parse_signature, pool_tick_id,
};
use btt_runtime::primitives::amount::format_btt;

use super::{Terms, claim_wei, digest, status_name};

/// Why a voucher would not be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The name of the batch's status for it.
    pub name: &'static str,
    /// In words.
    pub why: String,
}

impl Fault {
    fn new(status: u8, why: impl Into<String>) -> Self {
        Self { name: status_name(status), why: why.into() }
    }
}

/// What a voucher is worth now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Claimed in its lane in all, in wei.
    pub claim_wei: u128,
    /// Of it, not yet paid, in wei.
    pub due_wei: u128,
}

/// Checks a voucher. `terms`: its channel, or its pool towards its payee; `held_wei`: what other vouchers at
/// hand claim in other lanes beyond what was paid there; `now_s`: the chain's time.
///
/// # Errors
/// [`Fault`].
pub fn check(
    domain: &Domain,
    signed: &SignedVoucher,
    terms: Option<&Terms>,
    held_wei: u128,
    now_s: u64,
) -> Result<Verdict, Fault> {
    let Some(terms) = terms else {
        return Err(Fault::new(2, "no channel or pool of this id is open"));
    };
    let claim_wei = claim_wei(signed).map_err(|error| match error {
        ClaimError::TickTooFar { .. } => Fault::new(5, error.to_string()),
        ClaimError::Overflow => Fault::new(7, error.to_string()),
    })?;
    let lane = signed.voucher.lane();
    let paid_wei = usize::try_from(lane).ok().and_then(|lane| terms.lanes_wei.get(lane));
    let Some(paid_wei) = paid_wei.copied() else {
        return Err(Fault::new(4, format!("lane {lane} is none of 0 to 3")));
    };
    if let AnyVoucher::Conditional(voucher) = signed.voucher {
        if now_s >= voucher.timeout {
            return Err(Fault::new(13, "the time of its condition is over"));
        }
        if signed.secret.is_some_and(|secret| keccak256(secret) != voucher.hash_lock) {
            return Err(Fault::new(12, "the secret is not what its condition asks for"));
        }
    }
    if claim_wei <= paid_wei {
        let paid = format_btt(U256::from(paid_wei));
        return Err(Fault::new(
            1,
            format!("pays nothing: {paid} were paid in lane {lane} already"),
        ));
    }
    if terms.is_frozen {
        return Err(Fault::new(10, "the pool promised more than it has and is frozen"));
    }
    check_limit(signed, terms, claim_wei, held_wei)?;
    check_signature(domain, signed, terms)?;
    Ok(Verdict { claim_wei, due_wei: claim_wei - paid_wei })
}

fn check_limit(
    signed: &SignedVoucher,
    terms: &Terms,
    claim_wei: u128,
    held_wei: u128,
) -> Result<(), Fault> {
    let others_wei = terms.others_wei(signed.voucher.lane()).saturating_add(held_wei);
    let all_wei = others_wei.saturating_add(claim_wei);
    if all_wei <= terms.limit_wei {
        return Ok(());
    }
    let btt = |wei: u128| format_btt(U256::from(wei));
    let (all, limit) = (btt(all_wei), btt(terms.limit_wei));
    Err(match signed.voucher {
        AnyVoucher::Pool(_) => {
            Fault::new(9, format!("claims {all} in all lanes, and a payee's share is {limit}"))
        }
        _ => Fault::new(8, format!("claims {all} in all lanes, and the deposit is {limit}")),
    })
}

fn check_signature(domain: &Domain, signed: &SignedVoucher, terms: &Terms) -> Result<(), Fault> {
    let signature =
        parse_signature(&signed.signature).map_err(|error| Fault::new(3, error.to_string()))?;
    match KnownSigner::recover(digest(domain, &signed.voucher), &signature) {
        Ok(signer) if signer.address() == terms.signer => {}
        Ok(_) => return Err(Fault::new(3, format!("not signed by {}", terms.signer))),
        Err(_) => return Err(Fault::new(3, "the signature is nobody's")),
    }
    let Some(tick) = signed.tick.filter(|tick| tick.index > 0) else { return Ok(()) };
    let (anchor, bound_to, amount_wei) = match signed.voucher {
        AnyVoucher::Voucher(v) => (v.tick_anchor, v.channel_id, v.cumulative_amount),
        AnyVoucher::Pool(v) => {
            (v.tick_anchor, pool_tick_id(v.pool_id, v.payee), v.cumulative_amount)
        }
        AnyVoucher::Conditional(_) => (B256::ZERO, B256::ZERO, 0),
    };
    let lane = signed.voucher.lane();
    if is_tick_of(anchor, bound_to, lane, amount_wei, tick.index, tick.preimage) {
        return Ok(());
    }
    Err(Fault::new(6, format!("the preimage is not tick {} of the voucher", tick.index)))
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, Bytes};
    use btt_api::types::{ChannelVoucher, ConditionalChannelVoucher, VoucherTick};
    use btt_runtime::modules::channels::voucher::{TickChain, sign};

    use super::*;
    use crate::channels::line::tests::{ID, domain, key, plain, signed};

    fn terms() -> Terms {
        let digest = B256::repeat_byte(9);
        Terms {
            signer: KnownSigner::recover(digest, &sign(digest, &key())).unwrap().address(),
            payer: Address::repeat_byte(1),
            payee: Address::repeat_byte(2),
            limit_wei: 100,
            deposit_wei: 100,
            settled_wei: 30,
            lanes_wei: [10, 20, 0, 0],
            closes_at_ms: 0,
            closes_at_block: 0,
            is_frozen: false,
        }
    }

    fn name(signed: &SignedVoucher, terms: &Terms) -> &'static str {
        check(&domain(), signed, Some(terms), 0, 1_000).unwrap_err().name
    }

    #[test]
    fn a_voucher_is_worth_what_was_not_paid_yet() {
        let verdict = check(&domain(), &plain(0, 80), Some(&terms()), 0, 0);
        assert_eq!(verdict, Ok(Verdict { claim_wei: 80, due_wei: 70 }));
        assert_eq!(name(&plain(0, 81), &terms()), "above_deposit");
        // What is held of another lane is promised, too.
        let error = check(&domain(), &plain(0, 80), Some(&terms()), 1, 0).unwrap_err();
        assert_eq!(error.name, "above_deposit");
        assert_eq!(name(&plain(1, 20), &terms()), "nothing_new");
        assert_eq!(name(&plain(4, 1), &terms()), "bad_lane");
        assert_eq!(
            check(&domain(), &plain(0, 80), None, 0, 0).unwrap_err().name,
            "unknown_channel"
        );
        let frozen = Terms { is_frozen: true, ..terms() };
        assert_eq!(name(&plain(0, 80), &frozen), "pool_is_frozen");
    }

    #[test]
    fn only_the_signer_counts_and_only_its_one_form() {
        let foreign = Terms { signer: Address::repeat_byte(8), ..terms() };
        assert_eq!(name(&plain(0, 80), &foreign), "bad_signature");
        let mut other_parity = plain(0, 80);
        let mut bytes = other_parity.signature.to_vec();
        bytes[64] = if bytes[64] == 27 { 28 } else { 27 };
        other_parity.signature = Bytes::from(bytes);
        assert_eq!(name(&other_parity, &terms()), "bad_signature");
        let elsewhere = check(&Domain::of(1), &plain(0, 80), Some(&terms()), 0, 0).unwrap_err();
        assert_eq!(elsewhere.name, "bad_signature");
    }

    #[test]
    fn ticks_and_conditions_are_checked() {
        let chain = TickChain::new(ID, 2, 5, 4, B256::repeat_byte(3));
        let voucher = AnyVoucher::Voucher(ChannelVoucher {
            channel_id: ID,
            lane: 2,
            cumulative_amount: 5,
            tick_anchor: chain.anchor(),
            tick_value: 2,
            tick_max: 4,
        });
        let with = |index, preimage| SignedVoucher {
            tick: Some(VoucherTick { index, preimage }),
            ..signed(voucher)
        };
        let third = with(3, chain.tick(3).unwrap());
        let verdict = check(&domain(), &third, Some(&terms()), 0, 0);
        assert_eq!(verdict, Ok(Verdict { claim_wei: 11, due_wei: 11 }));
        assert_eq!(name(&with(4, chain.tick(3).unwrap()), &terms()), "bad_tick");
        assert_eq!(name(&with(5, B256::ZERO), &terms()), "tick_too_far");
        let secret = B256::repeat_byte(6);
        let conditional = signed(AnyVoucher::Conditional(ConditionalChannelVoucher {
            channel_id: ID,
            lane: 2,
            cumulative_amount: 5,
            hash_lock: keccak256(secret),
            timeout: 1_001,
        }));
        assert!(check(&domain(), &conditional, Some(&terms()), 0, 1_000).is_ok());
        let late = check(&domain(), &conditional, Some(&terms()), 0, 1_001).unwrap_err();
        assert_eq!(late.name, "condition_expired");
        let wrong = SignedVoucher { secret: Some(B256::ZERO), ..conditional };
        assert_eq!(name(&wrong, &terms()), "bad_secret");
    }
}
