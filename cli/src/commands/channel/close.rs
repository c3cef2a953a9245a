//! `btt channel close`: the payee takes what is owed and ends the channel.

use std::path::Path;

use alloy_primitives::{B256, U256};
use btt_api::types::{AnyVoucher, SignedVoucher};
use btt_runtime::modules::channels::IChannels;
use btt_runtime::modules::channels::voucher::{Domain, Tick, Voucher};
use btt_runtime::primitives::addresses::CHANNELS;
use btt_runtime::primitives::amount::format_btt;

use super::id;
use super::verify::Checker;
use crate::args::Sending;
use crate::channels::{Entry, Kept, Ledger, Terms, claim_wei, folder, parse_line, read_lines};
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::native::{Names, Session};
use crate::parse;
use crate::render::Fields;

pub(super) async fn run(
    context: &Context,
    text: &str,
    (file, operator_salt): (Option<&Path>, Option<&str>),
    sending: &Sending,
) -> Result<(), CliError> {
    let salt = match operator_salt {
        Some(text) => Some(parse::hash("--operator-salt", text)?),
        None => None,
    };
    let session = Session::open(context, sending)?;
    let id = id(context, &session.rpc, text).await?;
    let mut checker = Checker::new(&session.rpc).await?;
    let terms = checker.book.terms(id, None).await?.ok_or_else(|| {
        CliError::new(Code::NotFound, format!("no channel {id} is open"))
            .hint("See what is open: btt channel list")
    })?;
    let ledger: Ledger<Kept> =
        Ledger::open(&folder(context, session.rpc.chain_id().await?), "kept")?;
    let due = due_by_lane(&ledger, id, &terms);
    let last = match file {
        Some(file) => Some(of_file(&checker.domain, file, id)?),
        None => ledger.get(&due_key(id, &due)).map(|kept| kept.0.clone()),
    };
    let used_lane = last.as_ref().map_or(0, |signed| signed.voucher.lane());
    if let Some((lane, wei)) = due.iter().find(|(lane, _)| *lane != used_lane) {
        return Err(CliError::new(
            Code::VoucherInvalid,
            format!(
                "{} are due in lane {lane} too, and a close pays one lane only",
                format_btt(U256::from(*wei))
            ),
        )
        .hint("Settle first: btt channel settle"));
    }
    let (voucher, tick, signature, capture_wei) = match &last {
        Some(signed) if checker.check(signed).await?.is_ok() => of(signed)?,
        Some(signed) if file.is_some() => {
            let why = checker.check(signed).await?.err().map(|fault| fault.why).unwrap_or_default();
            return Err(CliError::new(
                Code::VoucherInvalid,
                format!("the voucher would not be paid: {why}"),
            )
            .hint("To close without it, leave --voucher out"));
        }
        // Nothing new to take: no signature is needed.
        _ => {
            let voucher = Voucher { channelId: id, ..Voucher::default() };
            (voucher, Tick::default(), Vec::new(), terms.lanes_wei[0])
        }
    };
    let lane = usize::try_from(voucher.lane).unwrap_or(0);
    let taken_wei =
        capture_wei.saturating_sub(terms.lanes_wei.get(lane).copied().unwrap_or_default());
    let left_wei = terms.deposit_wei.saturating_sub(terms.settled_wei);
    let refund = format_btt(U256::from(left_wei.saturating_sub(taken_wei)));
    let effect = Fields::new()
        .line("closes", id)
        .line("to the payee", format_btt(U256::from(taken_wei)))
        .line("to the payer", refund);
    let names = Names::default();
    let signature = signature.into();
    match salt {
        None => {
            let call = IChannels::closeCall { voucher, tick, signature, captureWei: capture_wei };
            session.preview(CHANNELS, &call).await?;
            session.send(CHANNELS, &call, U256::ZERO, effect, &names, Fields::new()).await
        }
        Some(salt) => {
            let captured = capture_wei;
            let call = IChannels::closeAsOperatorCall {
                voucher,
                tick,
                signature,
                captureWei: captured,
                salt,
            };
            session.preview(CHANNELS, &call).await?;
            session.send(CHANNELS, &call, U256::ZERO, effect, &names, Fields::new()).await
        }
    }
}

/// Lanes with kept vouchers that claim more than was paid, and how much more.
pub(super) fn due_by_lane(ledger: &Ledger<Kept>, id: B256, terms: &Terms) -> Vec<(u32, u128)> {
    let of_channel = ledger.entries().filter(|kept| {
        kept.0.voucher.id() == id && matches!(kept.0.voucher, AnyVoucher::Voucher(_))
    });
    of_channel
        .filter_map(|kept| {
            let lane = kept.0.voucher.lane();
            let paid_wei = terms.lanes_wei.get(usize::try_from(lane).ok()?).copied()?;
            let due_wei = claim_wei(&kept.0).ok()?.checked_sub(paid_wei)?;
            (due_wei > 0).then_some((lane, due_wei))
        })
        .collect()
}

fn due_key(id: B256, due: &[(u32, u128)]) -> <Kept as Entry>::Key {
    (id, None, due.first().map_or(0, |(lane, _)| *lane), None)
}

fn of_file(domain: &Domain, file: &Path, id: B256) -> Result<SignedVoucher, CliError> {
    let lines = read_lines(file)?;
    let mut newest: Option<Kept> = None;
    for line in &lines {
        let signed = parse_line(domain, line).map_err(|why| {
            CliError::new(Code::InvalidArgument, format!("the voucher is not to be read: {why}"))
        })?;
        let kept = Kept(signed);
        let is_of_channel =
            kept.0.voucher.id() == id && matches!(kept.0.voucher, AnyVoucher::Voucher(_));
        if is_of_channel && newest.as_ref().is_none_or(|old| kept.outranks(old)) {
            newest = Some(kept);
        }
    }
    newest.map(|kept| kept.0).ok_or_else(|| {
        CliError::new(Code::InvalidArgument, format!("the file has no voucher of channel {id}"))
    })
}

fn of(signed: &SignedVoucher) -> Result<(Voucher, Tick, Vec<u8>, u128), CliError> {
    let AnyVoucher::Voucher(voucher) = signed.voucher else {
        return Err(CliError::new(Code::InvalidArgument, "only plain vouchers close a channel"));
    };
    let capture_wei = claim_wei(signed)
        .map_err(|error| CliError::new(Code::VoucherInvalid, error.to_string()))?;
    let tick = signed.tick.map_or_else(Tick::default, Into::into);
    Ok((voucher.into(), tick, signed.signature.to_vec(), capture_wei))
}
