//! `btt market submit`: receipts handed in.

use std::collections::BTreeSet;
use std::path::Path;

use alloy_primitives::U256;
use btt_api::types::{MarketLease, MarketReceipt};
use btt_runtime::modules::market::{IMarket, limits::MAX_RECEIPTS};
use btt_runtime::primitives::addresses::MARKET;
use serde_json::json;

use crate::args::Sending;
use crate::channels::read_lines;
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::native::Session;
use crate::render::market::size;
use crate::render::{Fields, MarketReport, counted, short_id};
use crate::rpc::Rpc;

/// What a status byte of `submitReceipts` says.
fn status(byte: u8) -> &'static str {
    match byte {
        0 => "counts",
        1 => "not_higher",
        2 => "no_such_lease",
        3 => "too_late",
        4 => "above_lease",
        _ => "bad_signature",
    }
}

/// The same for who handed it in.
async fn reason(rpc: &Rpc, receipt: &MarketReceipt, byte: u8) -> String {
    match byte {
        1 => "not higher than what the chain has".to_owned(),
        2 => "there is no such lease, or it is closed".to_owned(),
        3 => "the time for receipts is over".to_owned(),
        4 => "for more than the lease is of".to_owned(),
        _ => {
            let params = vec![json!(receipt.lease_id)];
            match rpc.request::<MarketLease>("market_lease", params).await {
                Ok(lease) => format!("not signed by {}, who signs for this lease", lease.signer),
                Err(_) => "not signed by who signs for the lease".to_owned(),
            }
        }
    }
}

pub(super) async fn run(context: &Context, file: &Path, sending: &Sending) -> Result<(), CliError> {
    let mut receipts = Vec::new();
    for (number, text) in (1..).zip(read_lines(file)?) {
        let receipt: MarketReceipt = serde_json::from_str(&text).map_err(|error| {
            CliError::new(Code::InvalidArgument, format!("line {number} is no receipt: {error}"))
                .hint("A line is what btt market receipt prints")
        })?;
        receipts.push(receipt);
    }
    if receipts.is_empty() {
        return Err(CliError::new(Code::InvalidArgument, "there is no receipt to hand in"));
    }
    let session = Session::open(context, sending)?;
    send(context, &session, receipts).await
}

/// Hands in those that count, so many at once as a transaction takes.
pub(super) async fn send(
    context: &Context,
    session: &Session<'_>,
    receipts: Vec<MarketReceipt>,
) -> Result<(), CliError> {
    let (mut rows, mut transactions, mut lines) = (Vec::new(), Vec::new(), Fields::new());
    let (mut refused, mut reasons) = (0usize, BTreeSet::new());
    for part in receipts.chunks(MAX_RECEIPTS) {
        let call = IMarket::submitReceiptsCall { receipts: part.iter().map(to_abi).collect() };
        let statuses = session.preview(MARKET, &call).await?;
        let of_part = part.iter().zip(statuses.iter().copied());
        let (good, bad): (Vec<_>, Vec<_>) = of_part.clone().partition(|(_, byte)| *byte == 0);
        for (receipt, byte) in &bad {
            reasons.insert(reason(&session.rpc, receipt, *byte).await);
        }
        refused += bad.len();
        if !good.is_empty() {
            let receipts = good.iter().map(|(receipt, _)| to_abi(receipt)).collect();
            let call = IMarket::submitReceiptsCall { receipts };
            let effect = Fields::new().line("hands in", counted(good.len() as u64, "receipt"));
            let sent = session.submit(MARKET, &call, U256::ZERO, effect).await?;
            sent.check_success()?;
            transactions.push(sent.transaction_hash);
        }
        for (receipt, byte) in of_part {
            let (lease, bytes) = (receipt.lease_id, receipt.delivered_bytes.0);
            rows.push(json!({ "lease": lease, "delivered_bytes": bytes, "status": status(byte) }));
            let what = format!("{}: {}", size(bytes.into()), status(byte).replace('_', " "));
            lines = lines.line(&short_id(lease), what);
        }
    }
    let json = json!({ "transaction_hashes": transactions, "receipts": rows });
    context.output.emit(&MarketReport::new(json, lines.render()))?;
    match refused {
        0 => Ok(()),
        count => {
            let verb = if count == 1 { "does" } else { "do" };
            let reasons: Vec<String> = reasons.into_iter().collect();
            let what = format!("{} {verb} not count", counted(count as u64, "receipt"));
            Err(CliError::new(Code::VoucherInvalid, format!("{what}: {}", reasons.join("; "))))
        }
    }
}

fn to_abi(receipt: &MarketReceipt) -> IMarket::SignedReceipt {
    IMarket::SignedReceipt {
        leaseId: receipt.lease_id,
        deliveredBytes: u128::from(receipt.delivered_bytes.0),
        signature: receipt.signature.clone(),
    }
}
