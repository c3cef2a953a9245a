//! `btt channel pool`.

use alloy_primitives::U256;
use btt_runtime::modules::channels::IChannels;
use btt_runtime::primitives::addresses::CHANNELS;
use btt_runtime::primitives::amount::format_btt;

use super::open::{Opening, address_or_zero, storage_deposits};
use super::{id, look, settle, voucher, wei};
use crate::args::{Pool, Sending};
use crate::channels::Book;
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::native::{Names, Session};
use crate::parse;
use crate::render::{Fields, deadline, now_ms, span};

pub(super) async fn run(context: &Context, verb: Pool) -> Result<(), CliError> {
    match verb {
        open @ Pool::Open { .. } => self::open(context, &open).await,
        Pool::Topup { id, amount, collateral, sending } => {
            top_up(context, &id, &amount, collateral.as_deref(), &sending).await
        }
        Pool::Voucher { id: text, to, amount, signing } => {
            let rpc = context.rpc()?;
            let payee = parse::address_or_name("--to", &to, &context.folder)?;
            let id = id(context, &rpc, &text).await?;
            voucher::one(context, &rpc, (id, Some(payee)), &amount, &signing, None).await
        }
        Pool::Settle { file, sending } => {
            settle::run(context, file.as_deref(), None, &sending).await
        }
        Pool::Close { id, sending } => close(context, &id, &sending).await,
        Pool::Show { id, payee } => look::show_pool(context, &id, payee.as_deref()).await,
    }
}

fn btt(wei: u128) -> String {
    format_btt(U256::from(wei))
}

async fn open(context: &Context, verb: &Pool) -> Result<(), CliError> {
    let Pool::Open { deposit, collateral, min_payees, signer, terms, sending } = verb else {
        return Ok(());
    };
    let deposit_wei = wei("--deposit", deposit)?;
    let collateral_wei = match collateral {
        Some(text) => wei("--collateral", text)?,
        None => deposit_wei,
    };
    let signer = address_or_zero(context, "--signer", signer.as_ref())?;
    let session = Session::open(context, sending)?;
    let opening = Opening::read(&session.rpc, terms).await?;
    let (_, storage_wei) = storage_deposits(&session.rpc).await?;
    let call = IChannels::poolOpenCall {
        signer,
        salt: opening.salt,
        graceS: opening.grace_s,
        expiry: opening.expiry,
        minPayees: *min_payees,
        collateralWei: collateral_wei,
    };
    let share_wei = deposit_wei.checked_div(u128::from(*min_payees)).unwrap_or(0);
    let collateral =
        format!("{}, returns too, but burns if you promise too much", btt(collateral_wei));
    let money = opening.money(terms, deposit_wei, storage_wei).line("collateral", collateral);
    let signed_by = if signer.is_zero() { session.from } else { signer };
    let effect = Fields::new()
        .line("opens a pool for", format!("{min_payees} payees or more"))
        .line("vouchers signed by", signed_by)
        .line("deposit", btt(deposit_wei))
        .line("a payee", format!("may claim {} of it", btt(share_wei)))
        .and(money.clone());
    let value = U256::from(deposit_wei) + U256::from(collateral_wei) + U256::from(storage_wei);
    session.send(CHANNELS, &call, value, effect, &Names::default(), money).await
}

async fn top_up(
    context: &Context,
    text: &str,
    amount: &str,
    collateral: Option<&str>,
    sending: &Sending,
) -> Result<(), CliError> {
    let amount_wei = wei("AMOUNT", amount)?;
    let session = Session::open(context, sending)?;
    let id = id(context, &session.rpc, text).await?;
    let pool = Book::new(&session.rpc).open_pool(id).await?.ok_or_else(|| not_open(text))?;
    let deposit_wei = pool.depositWei.saturating_add(amount_wei);
    let collateral_wei = match collateral {
        Some(text) => wei("--collateral", text)?,
        None => deposit_wei.saturating_sub(pool.collateralWei),
    };
    let effect = Fields::new()
        .line("adds to pool", id)
        .line("deposit", btt(deposit_wei))
        .line("collateral", btt(pool.collateralWei.saturating_add(collateral_wei)))
        .maybe("also", (pool.closesAtMs > 0).then_some("takes the close request back"));
    let call = IChannels::poolTopUpCall { poolId: id, collateralWei: collateral_wei };
    let value = U256::from(amount_wei) + U256::from(collateral_wei);
    session.send(CHANNELS, &call, value, effect, &Names::default(), Fields::new()).await
}

fn not_open(text: &str) -> CliError {
    CliError::new(Code::NotFound, format!("no pool {text} is open"))
        .hint("See what is open: btt channel list")
}

/// The next of the two steps: asks first, and ends it where that is possible.
async fn close(context: &Context, text: &str, sending: &Sending) -> Result<(), CliError> {
    let session = Session::open(context, sending)?;
    let id = id(context, &session.rpc, text).await?;
    let pool = Book::new(&session.rpc).open_pool(id).await?.ok_or_else(|| not_open(text))?;
    let left = btt(pool.depositWei.saturating_sub(pool.settledWei));
    let about = Fields::new().line("left", format!("{left} of {}", btt(pool.depositWei)));
    let names = Names::default();
    let end = IChannels::poolCloseCall { poolId: id };
    let can_end = session.preview(CHANNELS, &end).await;
    if can_end.is_err() && pool.closesAtMs == 0 && pool.payer == session.from {
        let effect = Fields::new()
            .line("asks to close", id)
            .and(about)
            .line("grace", span(u64::from(pool.graceS) * 1_000))
            .line("then", "payees have the grace to settle; sign no more vouchers");
        let after =
            Fields::new().line("then", format!("get the rest: btt channel pool close {id}"));
        let ask = IChannels::poolRequestCloseCall { poolId: id };
        return session.send(CHANNELS, &ask, U256::ZERO, effect, &names, after).await;
    }
    can_end.map_err(|error| match pool.closesAtMs {
        0 => error,
        ms => error.hint(format!("It ends {}", deadline(ms, pool.closesAtBlock, now_ms()))),
    })?;
    let effect = Fields::new()
        .line("ends", id)
        .and(about)
        .line("collateral", btt(pool.collateralWei))
        .line("then", "both return to the payer");
    session.send(CHANNELS, &end, U256::ZERO, effect, &names, Fields::new()).await
}
