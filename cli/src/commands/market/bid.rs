//! `btt market bid`, `cancel`.

use alloy_primitives::{Address, U256};
use btt_api::types::{MarketBid, MarketPhase};
use btt_runtime::modules::market::{IMarket, limits::MAX_BID_EPOCHS};
use btt_runtime::primitives::addresses::MARKET;
use btt_runtime::primitives::amount::format_btt;
use serde_json::json;

use super::commit::{Wanted, commit};
use super::sellers::{Sellers, wait_for, why_nothing};
use super::wait::Waiter;
use super::{award, epoch, reveal};
use crate::args::{Bid, Sending};
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::market::{Kept, KeptBid, long_swarm, price, swarm};
use crate::native::{Names, Session};
use crate::parse;
use crate::render::Fields;

/// What the arguments say.
fn wanted(context: &Context, arguments: &Bid) -> Result<Wanted, CliError> {
    let refuse =
        |why: String, hint: &str| Err(CliError::new(Code::InvalidArgument, why).hint(hint));
    let tiers = price::tiers(arguments.tiers.units, &arguments.tiers.price, &arguments.tiers.tier)?;
    let first = tiers.first().map_or(0, |tier| tier.price_ticks.0);
    let ceiling_ticks = match &arguments.ceiling {
        Some(text) => price::ticks("--ceiling", text)?,
        None => first,
    };
    if ceiling_ticks < first {
        let shown = format_btt(price::wei(ceiling_ticks));
        return refuse(
            format!("a ceiling of {shown} is below the price"),
            "The ceiling is locked for each unit: the price, or more to hide it",
        );
    }
    if !(1..=MAX_BID_EPOCHS).contains(&arguments.epochs) {
        return refuse(
            format!("a bid cannot stand for {} epochs", arguments.epochs),
            &format!("Choose 1 to {MAX_BID_EPOCHS}"),
        );
    }
    let qmax = tiers.iter().map(|tier| tier.quantity).sum();
    if ceiling_ticks.checked_mul(u64::from(qmax)).is_none() {
        return refuse("the lock is more than all coins".to_owned(), "Bid less");
    }
    let signer = match &arguments.signer {
        Some(text) => parse::address_or_name("--signer", text, &context.folder)?,
        None => Address::ZERO,
    };
    let swarm = swarm("--swarm", &arguments.swarm)?;
    Ok(Wanted { swarm, tiers, ceiling_ticks, qmax, epochs: arguments.epochs, signer })
}

/// That no standing bid of the account for the swarm is in the way.
async fn check_standing(session: &Session<'_>, wanted: &Wanted) -> Result<(), CliError> {
    let own: Vec<MarketBid> = session.rpc.request("market_bids", vec![json!(session.from)]).await?;
    let standing = own.iter().find(|bid| bid.swarm == wanted.swarm && bid.epochs_left > 1);
    let Some(MarketBid { id, epochs_left, .. }) = standing else { return Ok(()) };
    let swarm = long_swarm(wanted.swarm);
    let why = format!(
        "the account already bids for {swarm}: bid {id} stands for {epochs_left} epochs, this one counted"
    );
    Err(CliError::new(Code::InvalidArgument, why).hint(format!("End it: btt market cancel {id}")))
}

/// What people agree to.
fn effect(wanted: &Wanted, sellers: &str, fee: U256, is_waiting: bool) -> Fields {
    let first = wanted.tiers.first().map_or(0, |tier| tier.price_ticks.0);
    let hides = (wanted.ceiling_ticks > first)
        .then(|| format!("{} is public; your price is not", price::price(wanted.ceiling_ticks)));
    let reveal = match is_waiting {
        true => "by itself when it is time; until then this keeps running",
        false => "by you in the reveal phase: btt market reveal --wait",
    };
    let stands = (wanted.epochs > 1)
        .then(|| format!("for {} epochs; after the first one the bid is open", wanted.epochs));
    Fields::new()
        .line("bids for", format!("{} of {}", price::units(wanted.qmax), long_swarm(wanted.swarm)))
        .line("at most", price::in_words(&wanted.tiers))
        .line("that is", price::price(first))
        .line("locks", format!("{}; what is not paid returns", wanted.locked_in_words()))
        .maybe("ceiling", hides)
        .maybe("stands", stands)
        .maybe("book fee", (!fee.is_zero()).then(|| format!("at most {}", format_btt(fee))))
        .maybe("receipts by", (!wanted.signer.is_zero()).then_some(wanted.signer))
        .line("revealed", reveal)
        .line("sellers", sellers)
}

pub(super) async fn run(context: &Context, arguments: &Bid) -> Result<(), CliError> {
    let wanted = wanted(context, arguments)?;
    let sending = Sending { yes: arguments.yes, no_wait: false, timeout: arguments.timeout };
    let mut session = Session::open(context, &sending)?;
    let now = epoch(&session.rpc).await?;
    let first = wanted.tiers.first().map_or(0, |tier| tier.price_ticks.0);
    if first < now.min_ask_ticks {
        let least = format_btt(price::wei(now.min_ask_ticks));
        let why = format!("no unit is sold below {least}, and this bids less");
        return Err(CliError::new(Code::InvalidAmount, why).hint("Bid more: --price"));
    }
    let fee = wanted.max_fee_wei(&session.rpc).await?;
    session.check_balance(wanted.locked_wei().saturating_add(fee)).await?;
    check_standing(&session, &wanted).await?;
    let sellers = Sellers::of(&session.rpc, wanted.swarm).await?;
    let awaited = sellers.awaited(&now, first).filter(|_| !arguments.now);
    let in_words = sellers.in_words(&now, first, !arguments.now);
    if arguments.yes {
        context.output.note(&format!("sellers: {in_words}"));
    }
    session.agree(&effect(&wanted, &in_words, fee, !arguments.no_wait))?;
    let kept = Kept::of(context, session.rpc.chain_id().await?);
    if let Some(epoch) = awaited {
        wait_for(&Waiter::new(context, &session.rpc), context.output, epoch).await?;
    }
    let (bid, sent) = commit(&session, &kept, &wanted).await?;
    if arguments.no_wait {
        let after = Fields::new().line("next", "btt market reveal --wait");
        return session.report(sent, &Names::default(), after);
    }
    context.output.note(&format!(
        "bid {} is sealed in epoch {}; if this is interrupted: btt market reveal",
        bid.bid_id.unwrap_or_default(),
        bid.epoch
    ));
    let rpc = session.rpc.clone();
    let waiter = Waiter::new(context, &rpc);
    let bid = reveal_in_time(&session, &waiter, &kept, bid).await?;
    let (award, leases) = award::wait(&session, &waiter, &bid).await?;
    let why = match &award {
        Some(award) if award.units == 0 => why_nothing(&rpc, &bid).await?,
        _ => String::new(),
    };
    context.output.emit(&award::report(
        &bid,
        &sent,
        award.as_ref().map(|a| (a, why.as_str())),
        &leases,
    ))
}

/// Waits for the reveal phase and reveals. A bid that misses it is in the book all the same, at its ceiling.
async fn reveal_in_time(
    session: &Session<'_>,
    waiter: &Waiter<'_>,
    kept: &Kept,
    bid: KeptBid,
) -> Result<KeptBid, CliError> {
    let output = session.context.output;
    let now =
        waiter.until(|now| now.epoch != bid.epoch || now.phase != MarketPhase::Commit).await?;
    if now.epoch != bid.epoch || now.phase != MarketPhase::Reveal {
        output.note("the reveal phase was over before this looked: the bid bids its ceiling");
        return Ok(bid);
    }
    let mut results = reveal::reveal(session, kept, vec![bid.clone()]).await?;
    let Some(result) = results.pop() else { return Ok(bid) };
    match result.fault {
        None => output.note(&format!("revealed: {}", price::in_words(&bid.tiers))),
        Some(fault) => {
            output.note(&format!("not revealed, it bids its ceiling: {}", fault.sentence()))
        }
    }
    Ok(result.bid)
}

pub(super) async fn cancel(context: &Context, id: u64, sending: &Sending) -> Result<(), CliError> {
    let session = Session::open(context, sending)?;
    let call = IMarket::cancelBidCall { bidId: id };
    let refund = session.preview(MARKET, &call).await?;
    let effect = Fields::new()
        .line("ends", format!("bid {id} with its current epoch"))
        .line("returns", format_btt(refund));
    session.send(MARKET, &call, U256::ZERO, effect, &Names::default(), Fields::new()).await
}
