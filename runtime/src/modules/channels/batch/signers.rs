//! Which signatures a call will ask for: the node recovers them in parallel before it executes (rule H.6).
//! What is left out here is recovered in execution, so nothing depends on this list.

use super::{
    super::{
        IChannels::IChannelsCalls as Calls,
        voucher::{Domain, parse_signature},
    },
    BatchItem, MAX_BATCH_ITEMS, Payment, decode_all,
};
use crate::modules::decode;
use alloy_primitives::{B256, Signature};

/// Digest and signature of every voucher in a call's input.
pub fn signatures_in(chain_id: u64, input: &[u8]) -> Vec<(B256, Signature)> {
    let Some(call) = decode::input::<Calls>(input) else { return Vec::new() };
    let domain = Domain::of(chain_id);
    let one = |digest: B256, signature: &[u8]| {
        parse_signature(signature).ok().map(|signature| (digest, signature))
    };
    let of = |digest: B256, signature: &[u8]| one(digest, signature).into_iter().collect();
    match call {
        Calls::settle(c) => of(domain.digest(&c.voucher), &c.signature),
        Calls::settleConditional(c) => of(domain.digest(&c.voucher), &c.signature),
        Calls::poolSettle(c) => of(domain.digest(&c.voucher), &c.signature),
        Calls::close(c) => of(domain.digest(&c.voucher), &c.signature),
        Calls::closeAsOperator(c) => of(domain.digest(&c.voucher), &c.signature),
        Calls::settleWatched(c) => {
            let voucher = one(domain.digest(&c.voucher), &c.signature);
            let watch = one(domain.digest(&c.watch), &c.watchSignature);
            voucher.into_iter().chain(watch).collect()
        }
        Calls::coopClose(c) => {
            let digest = domain.digest(&c.split);
            let both = [&c.signerSignature, &c.payeeSignature];
            both.into_iter().filter_map(|signature| one(digest, signature)).collect()
        }
        Calls::batchSettle(c) => of_batch(&domain, &c.items),
        _ => Vec::new(),
    }
}

fn of_batch(domain: &Domain, items: &[u8]) -> Vec<(B256, Signature)> {
    match decode_all(items) {
        // The call reverts before it looks at a signature.
        Ok(items) if items.len() > MAX_BATCH_ITEMS => Vec::new(),
        Ok(items) => items.iter().filter_map(|item| of_item(domain, item)).collect(),
        Err(_) => Vec::new(),
    }
}

fn of_item(domain: &Domain, item: &BatchItem) -> Option<(B256, Signature)> {
    let digest = match &item.payment {
        Payment::Voucher(voucher, _) => domain.digest(voucher),
        Payment::Pool(voucher, _) => domain.digest(voucher),
        Payment::Conditional(voucher, _) => domain.digest(voucher),
    };
    Some((digest, parse_signature(&item.signature).ok()?))
}
