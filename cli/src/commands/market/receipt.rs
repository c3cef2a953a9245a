//! `btt market receipt`: what a buyer signs for what was delivered.

use alloy_primitives::{B256, Bytes};
use btt_api::types::{MarketLease, MarketReceipt, Number};
use btt_runtime::modules::channels::voucher::{SigningKey, sign};
use btt_runtime::modules::market::receipt_digest;
use serde_json::json;

use super::{account, leases_of, submit};
use crate::args::Sending;
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::keys::KeySource;
use crate::native::Session;
use crate::parse;
use crate::render::market::{share, size};
use crate::rpc::Rpc;

/// Fewest digits that stand for an id.
const MIN_ID_DIGITS: usize = 4;
/// Leases that are searched for one that begins so.
const MAX_LEASES: u64 = 200;
/// Sizes that bytes can be given in.
const SIZES: [(&str, u64); 4] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("B", 1)];

/// A count of bytes such as `8388608`, `24MiB` or `all`.
fn bytes(text: &str, all: u128) -> Result<u64, CliError> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("all") {
        return Ok(u64::try_from(all).unwrap_or(u64::MAX));
    }
    let found = SIZES.iter().find_map(|(name, size)| {
        let split = text.len().checked_sub(name.len())?;
        let (number, unit) = (text.get(..split)?, text.get(split..)?);
        unit.eq_ignore_ascii_case(name).then_some((number, *size))
    });
    let (number, size) = found.unwrap_or((text, 1));
    let number: Option<u64> = number.trim().replace([',', '_'], "").parse().ok();
    number.and_then(|number| number.checked_mul(size)).ok_or_else(|| {
        CliError::new(Code::InvalidArgument, format!("BYTES '{text}' is no number of bytes"))
            .hint("Write 8388608, 8MiB or all")
    })
}

/// A lease by its id, or the newest of the account's that begins so.
async fn lease(context: &Context, rpc: &Rpc, text: &str) -> Result<MarketLease, CliError> {
    let digits = text.strip_prefix("0x").unwrap_or(text).trim_end_matches('…').to_lowercase();
    let is_prefix = (MIN_ID_DIGITS..64).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_prefix {
        let id: B256 = parse::hash("LEASE", text)?;
        return Ok(rpc.request("market_lease", vec![json!(id)]).await?);
    }
    let mut own = leases_of(rpc, account(context, None)?, MAX_LEASES).await?;
    own.retain(|lease| format!("{:x}", lease.id).starts_with(&digits));
    match (own.pop(), own.len()) {
        (Some(only), 0) => Ok(only),
        (Some(_), more) => Err(CliError::new(
            Code::InvalidArgument,
            format!("{} leases begin with 0x{digits}", more + 1),
        )
        .hint("Give more digits: btt market leases")),
        (None, _) => Err(CliError::new(
            Code::NotFound,
            format!("none of the account's newest leases begins with 0x{digits}"),
        )
        .hint("See them: btt market leases. The whole id, 64 digits, always does")),
    }
}

/// That the chain would take it.
fn check(lease: &MarketLease, delivered: u64) -> Result<(), CliError> {
    let refuse =
        |why: String, hint: &str| Err(CliError::new(Code::InvalidArgument, why).hint(hint));
    let delivered = u128::from(delivered);
    if lease.end.is_some() {
        return refuse(format!("lease {} is closed", lease.id), "Nothing more is paid by it");
    }
    if delivered > lease.due_bytes {
        return refuse(
            format!("the lease is of {}", size(lease.due_bytes)),
            "A receipt says what was delivered in all, at most the whole: all",
        );
    }
    if lease.delivered_bytes >= lease.due_bytes {
        return refuse(
            "the whole lease is signed for already".to_owned(),
            "Nothing is missing: btt market leases",
        );
    }
    if delivered <= lease.delivered_bytes {
        return refuse(
            format!("{} are signed for already", share(lease.delivered_bytes, lease.due_bytes)),
            "A receipt says what was delivered in all, not what came since the last one",
        );
    }
    Ok(())
}

pub(super) async fn run(
    context: &Context,
    text: &str,
    delivered: &str,
    sending: Option<&Sending>,
) -> Result<(), CliError> {
    let session = match sending {
        Some(sending) => Some(Session::open(context, sending)?),
        None => None,
    };
    let rpc = context.rpc()?;
    let lease = lease(context, &rpc, text).await?;
    let delivered = bytes(delivered, lease.due_bytes)?;
    check(&lease, delivered)?;
    let key = KeySource::select(context)?.unlock(context)?;
    if key.address() != lease.signer {
        let why = format!(
            "receipts of this lease are signed by {}, not by {}",
            lease.signer,
            key.address()
        );
        return Err(CliError::new(Code::SignatureInvalid, why).hint("Choose the key: --key"));
    }
    let digest = receipt_digest(rpc.chain_id().await?, lease.id, u128::from(delivered));
    let signing = SigningKey::from_byte_array(*key.to_bytes()).map_err(|error| {
        CliError::new(Code::Keystore, format!("the key signs nothing: {error}"))
    })?;
    let signature = Bytes::copy_from_slice(&sign(digest, &signing).as_bytes());
    drop(key);
    let receipt =
        MarketReceipt { lease_id: lease.id, delivered_bytes: Number(delivered), signature };
    match session {
        Some(session) => submit::send(context, &session, vec![receipt]).await,
        None => {
            let share = share(delivered.into(), lease.due_bytes);
            context.output.note(&format!("signed for {share}; hand it in: btt market submit FILE"));
            context.output.line(&line(&receipt))
        }
    }
}

/// A receipt as the seller gets it: plain numbers, for people look at it.
fn line(receipt: &MarketReceipt) -> String {
    json!({
        "leaseId": receipt.lease_id, "deliveredBytes": receipt.delivered_bytes.0,
        "signature": receipt.signature,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_as_people_write_them() {
        let all = 33_554_432;
        for (text, want) in [
            ("8388608", 8_388_608),
            ("8,388,608", 8_388_608),
            ("24MiB", 25_165_824),
            ("1 gib", 1 << 30),
            ("5 B", 5),
            ("all", 33_554_432),
        ] {
            assert_eq!(bytes(text, all), Ok(want), "{text}");
        }
        for bad in ["", "MiB", "-1", "1.5MiB", "99999999999 GiB"] {
            assert_eq!(bytes(bad, all).unwrap_err().code, Code::InvalidArgument, "{bad}");
        }
    }
}
