//! `btt channel settle`: one voucher by a call of its own, many by batches.

use std::collections::BTreeMap;
use std::path::Path;

use alloy_primitives::{B256, U256};
use btt_api::types::{AnyVoucher, SignedVoucher};
use btt_runtime::modules::channels::IChannels;
use btt_runtime::modules::channels::voucher::{Domain, Tick};
use btt_runtime::primitives::addresses::CHANNELS;
use btt_runtime::primitives::amount::format_btt;

use super::settle_many::{self, Refused};
use super::verify::Checker;
use crate::args::Sending;
use crate::channels::{Entry, Kept, KeptKey, Ledger, Typed, folder, parse_line, read_lines, typed};
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::native::{Names, Session};
use crate::parse;
use crate::render::Fields;

/// A voucher that would be paid, and how much.
#[derive(Debug, Clone)]
pub(super) struct Payable {
    pub(super) signed: SignedVoucher,
    pub(super) due_wei: u128,
}

pub(super) async fn run(
    context: &Context,
    file: Option<&Path>,
    secret: Option<&str>,
    sending: &Sending,
) -> Result<(), CliError> {
    let secret = match secret {
        Some(text) => Some(parse::hash("--secret", text)?),
        None => None,
    };
    let session = Session::open(context, sending)?;
    let mut checker = Checker::new(&session.rpc).await?;
    let newest = match file {
        Some(file) => newest_of_file(&checker.domain, file, secret)?,
        None => newest_kept(context, session.rpc.chain_id().await?, secret)?,
    };
    let (mut payable, mut refused) = (Vec::new(), Vec::new());
    for signed in newest {
        if matches!(signed.voucher, AnyVoucher::Conditional(_)) && signed.secret.is_none() {
            if file.is_some() {
                let why = "it has a condition: give its --secret".to_owned();
                refused.push(Refused { signed, status: "bad_secret", why });
            }
            continue;
        }
        match checker.check(&signed).await? {
            Ok((verdict, _)) => payable.push(Payable { signed, due_wei: verdict.due_wei }),
            // What is kept stays in the file when it has been paid.
            Err(fault)
                if file.is_none() && ["nothing_new", "unknown_channel"].contains(&fault.name) => {}
            Err(fault) => refused.push(Refused { signed, status: fault.name, why: fault.why }),
        }
    }
    match (&payable[..], &refused[..]) {
        ([], []) => Err(CliError::new(Code::NotFound, "there is nothing to settle")
            .hint("Vouchers are kept by: btt channel verify --keep FILE")),
        ([], [only]) => Err(CliError::new(
            Code::VoucherInvalid,
            format!("the voucher would not be paid: {}", only.why),
        )
        .hint(format!("Its status would be {}", only.status))),
        ([one], []) => settle_one(&session, one).await,
        _ => settle_many::run(context, &session, payable, refused).await,
    }
}

/// The highest of each channel, payee and lane: the others would pay nothing beside it.
fn newest(all: impl IntoIterator<Item = SignedVoucher>) -> Vec<SignedVoucher> {
    let mut newest: BTreeMap<KeptKey, Kept> = BTreeMap::new();
    for kept in all.into_iter().map(Kept) {
        let key = kept.key();
        if newest.get(&key).is_none_or(|old| kept.outranks(old)) {
            newest.insert(key, kept);
        }
    }
    newest.into_values().map(|kept| kept.0).collect()
}

fn with_secret(mut signed: SignedVoucher, secret: Option<B256>) -> SignedVoucher {
    if matches!(signed.voucher, AnyVoucher::Conditional(_)) {
        signed.secret = signed.secret.or(secret);
    }
    signed
}

fn newest_of_file(
    domain: &Domain,
    file: &Path,
    secret: Option<B256>,
) -> Result<Vec<SignedVoucher>, CliError> {
    let mut all = Vec::new();
    for (line, number) in read_lines(file)?.iter().zip(1u64..) {
        let signed = parse_line(domain, line).map_err(|why| {
            CliError::new(Code::InvalidArgument, format!("line {number} is no voucher: {why}"))
                .hint("See what is wrong with which: btt channel verify FILE")
        })?;
        all.push(with_secret(signed, secret));
    }
    Ok(newest(all))
}

fn newest_kept(
    context: &Context,
    chain_id: u64,
    secret: Option<B256>,
) -> Result<Vec<SignedVoucher>, CliError> {
    let ledger: Ledger<Kept> = Ledger::open(&folder(context, chain_id), "kept")?;
    Ok(ledger.entries().map(|kept| with_secret(kept.0.clone(), secret)).collect())
}

async fn settle_one(session: &Session<'_>, one: &Payable) -> Result<(), CliError> {
    let SignedVoucher { voucher, tick, secret, signature, .. } = one.signed.clone();
    let tick = tick.map_or_else(Tick::default, Into::into);
    let effect = Fields::new()
        .line("settles", voucher.id())
        .line("lane", voucher.lane())
        .line("pays", format!("{} to its payee", format_btt(U256::from(one.due_wei))));
    let names = Names::default();
    let (none, nothing) = (U256::ZERO, Fields::new());
    match typed(&voucher) {
        Typed::Voucher(voucher) => {
            let call = IChannels::settleCall { voucher, tick, signature };
            session.preview(CHANNELS, &call).await?;
            session.send(CHANNELS, &call, none, effect, &names, nothing).await
        }
        Typed::Pool(voucher) => {
            let call = IChannels::poolSettleCall { voucher, tick, signature };
            session.preview(CHANNELS, &call).await?;
            session.send(CHANNELS, &call, none, effect, &names, nothing).await
        }
        Typed::Conditional(voucher) => {
            let secret = secret.unwrap_or_default();
            let call = IChannels::settleConditionalCall { voucher, secret, signature };
            session.preview(CHANNELS, &call).await?;
            session.send(CHANNELS, &call, none, effect, &names, nothing).await
        }
    }
}
