//! `btt market reveal`, and the reveal of `btt market bid`.

use alloy_eips::BlockId;
use alloy_primitives::B256;
use btt_api::types::{BidStatus, MarketBid, MarketEpoch, MarketPhase};
use btt_runtime::modules::market::IMarket;
use btt_runtime::primitives::addresses::MARKET;
use serde_json::json;

use super::wait::{Waiter, is_passing};
use crate::args::Sending;
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::market::{Kept, KeptBid, price, short_swarm};
use crate::native::{Session, ask};
use crate::render::market::phase;
use crate::render::{Fields, MarketReport};
use crate::rpc::Rpc;

/// Tries of one reveal while the phase lasts.
const ATTEMPTS: u32 = 3;

/// What became of a kept bid.
#[derive(Debug)]
pub(super) struct Revealed {
    pub(super) bid: KeptBid,
    /// `None` for one that was revealed before.
    pub(super) transaction: Option<B256>,
    pub(super) fault: Option<CliError>,
}

/// Learns from the chain what a crash kept from the file: under which id a bid is in the book, and whether it is
/// revealed. An account has one bid for a swarm in an epoch.
pub(super) async fn find_id(rpc: &Rpc, kept: &Kept, bid: &mut KeptBid) -> Result<(), CliError> {
    if bid.bid_id.is_some() {
        return Ok(());
    }
    let mine: Vec<MarketBid> = rpc.request("market_bids", vec![json!(bid.buyer)]).await?;
    for candidate in mine.iter().filter(|c| c.swarm == bid.swarm && c.epoch == bid.epoch) {
        let call = IMarket::bidCall { bidId: candidate.id };
        let known = ask(rpc, None, MARKET, 0, &call, BlockId::latest()).await?;
        let is_revealed = candidate.tiers.as_ref() == Some(&bid.tiers);
        if known.commitHash == bid.commit_hash() || is_revealed {
            bid.bid_id = Some(candidate.id);
            bid.is_revealed = is_revealed;
            kept.write(bid)?;
        }
    }
    Ok(())
}

/// Reveals bids of the epoch under way, all in the same block if it takes them.
pub(super) async fn reveal(
    session: &Session<'_>,
    kept: &Kept,
    bids: Vec<KeptBid>,
) -> Result<Vec<Revealed>, CliError> {
    let mut results = Vec::new();
    for bid in bids {
        results.push(send(session, bid).await);
    }
    for result in &mut results {
        if let (Some(hash), None) = (result.transaction, &result.fault) {
            match session.receipt(hash).await {
                Ok(receipt) if receipt.status() => {}
                Ok(_) => result.fault = Some(reverted(hash)),
                Err(error) => result.fault = Some(error),
            }
        }
        if result.fault.is_none() {
            result.bid.is_revealed = true;
            kept.write(&result.bid)?;
        }
    }
    Ok(results)
}

fn reverted(hash: B256) -> CliError {
    CliError::new(
        Code::Reverted,
        format!("the reveal {hash} came too late, or somebody else's came first"),
    )
    .hint("See the bid: btt market status")
}

async fn send(session: &Session<'_>, bid: KeptBid) -> Revealed {
    let Some(id) = bid.bid_id else {
        let fault = CliError::new(Code::NotFound, "it never came into the book");
        return Revealed { bid, transaction: None, fault: Some(fault) };
    };
    let mut attempt = 1;
    loop {
        match try_once(session, id, &bid).await {
            Err(error) if is_passing(&error) && attempt < ATTEMPTS => attempt += 1,
            Ok(transaction) => return Revealed { bid, transaction, fault: None },
            Err(error) => return Revealed { bid, transaction: None, fault: Some(error) },
        }
    }
}

async fn try_once(session: &Session<'_>, id: u64, bid: &KeptBid) -> Result<Option<B256>, CliError> {
    let known: MarketBid = session.rpc.request("market_bid", vec![json!(id)]).await?;
    if known.status == BidStatus::Revealed {
        return Ok(None);
    }
    session.dispatch(MARKET, &bid.reveal(id)).await.map(Some)
}

/// Those of the account that are kept and not revealed, of the epoch under way, with their ids.
async fn waiting(
    session: &Session<'_>,
    kept: &Kept,
    epoch: &MarketEpoch,
    only: Option<u64>,
) -> Result<Vec<KeptBid>, CliError> {
    let mut bids = Vec::new();
    for mut bid in kept.bids(epoch.epoch)? {
        if bid.epoch != epoch.epoch || bid.is_revealed || bid.buyer != session.from {
            continue;
        }
        find_id(&session.rpc, kept, &mut bid).await?;
        let is_wanted = only.is_none() || bid.bid_id == only;
        if bid.bid_id.is_some() && !bid.is_revealed && is_wanted {
            bids.push(bid);
        }
    }
    Ok(bids)
}

pub(super) async fn run(
    context: &Context,
    only: Option<u64>,
    wait: bool,
    sending: &Sending,
) -> Result<(), CliError> {
    let mut session = Session::look(context, sending)?;
    let kept = Kept::of(context, session.rpc.chain_id().await?);
    let rpc = session.rpc.clone();
    let waiter = Waiter::new(context, &rpc);
    let mut epoch = waiter.epoch().await?;
    let mut bids = waiting(&session, &kept, &epoch, only).await?;
    if bids.is_empty() {
        return nothing(context, &session, &kept, &epoch, only).await;
    }
    session.can_be_agreed()?;
    if epoch.phase == MarketPhase::Commit && wait {
        let mine = epoch.epoch;
        epoch = waiter.until(|now| now.epoch != mine || now.phase != MarketPhase::Commit).await?;
        bids = waiting(&session, &kept, &epoch, only).await?;
    }
    if epoch.phase != MarketPhase::Reveal {
        let why = format!("nothing can be revealed now: {}", phase(epoch.phase));
        return Err(CliError::new(Code::NotFound, why).hint(match epoch.phase {
            MarketPhase::Commit => "Wait for the phase: btt market reveal --wait",
            _ => "What was not revealed bids its ceiling in this epoch",
        }));
    }
    let effect = bids.iter().fold(Fields::new(), |lines, bid| {
        let id = bid.bid_id.unwrap_or_default();
        lines.line("reveals", format!("bid {id}: {}", price::in_words(&bid.tiers)))
    });
    session.agree(&effect)?;
    let results = reveal(&session, &kept, bids).await?;
    report(context, results)
}

/// Sealed bids of the account in the epoch under way whose secrets this wallet does not have.
async fn sealed_elsewhere(
    session: &Session<'_>,
    kept: &Kept,
    epoch: &MarketEpoch,
) -> Result<Option<MarketBid>, CliError> {
    let known = kept.bids(epoch.epoch)?;
    let own: Vec<MarketBid> = session.rpc.request("market_bids", vec![json!(session.from)]).await?;
    Ok(own.into_iter().find(|bid| {
        let is_kept = known.iter().any(|kept| kept.bid_id == Some(bid.id));
        // One that stands can be revealed in its first epoch only, and has an award after it.
        let is_first = bid.epoch == epoch.epoch && bid.awards.is_empty();
        bid.status == BidStatus::Sealed && is_first && !is_kept
    }))
}

async fn nothing(
    context: &Context,
    session: &Session<'_>,
    kept: &Kept,
    epoch: &MarketEpoch,
    only: Option<u64>,
) -> Result<(), CliError> {
    let elsewhere = match epoch.phase {
        MarketPhase::Clearing => None,
        _ => sealed_elsewhere(session, kept, epoch).await?,
    };
    if let Some(bid) = elsewhere.filter(|bid| only.is_none_or(|only| only == bid.id)) {
        let folder = kept.path().display();
        let why = format!("bid {} is sealed, and its secrets are not in {folder}", bid.id);
        return Err(CliError::new(Code::NotFound, why)
            .hint("Reveal with the wallet that sealed it; without that it bids its ceiling"));
    }
    if only.is_none() {
        let text = "no bid of this account waits for a reveal";
        return context.output.emit(&MarketReport::new(json!({ "revealed": [] }), text));
    }
    let known = kept.bids(epoch.epoch)?;
    let is_done = known.iter().any(|bid| bid.bid_id == only && bid.is_revealed);
    if is_done {
        let text = "it is revealed already";
        return context.output.emit(&MarketReport::new(json!({ "revealed": [] }), text));
    }
    let id = only.unwrap_or_default();
    let why = format!("bid {id} of {} is not in the open epoch, or not kept here", session.from);
    Err(CliError::new(Code::NotFound, why)
        .hint(format!("What is kept is in {}; see: btt market status", kept.path().display())))
}

fn report(context: &Context, results: Vec<Revealed>) -> Result<(), CliError> {
    let rows: Vec<_> = results
        .iter()
        .map(|result| {
            json!({
                "bid": result.bid.bid_id, "epoch": result.bid.epoch, "swarm": result.bid.swarm,
                "is_revealed": result.fault.is_none(), "transaction_hash": result.transaction,
                "fault": result.fault.as_ref().map(CliError::sentence),
            })
        })
        .collect();
    let lines = results.iter().fold(Fields::new(), |lines, result| {
        let id = result.bid.bid_id.unwrap_or_default();
        let what = match &result.fault {
            None => format!("revealed: {}", price::in_words(&result.bid.tiers)),
            Some(fault) => format!("not revealed: {}", fault.sentence()),
        };
        lines.line(&format!("bid {id} ({})", short_swarm(result.bid.swarm)), what)
    });
    context.output.emit(&MarketReport::new(json!({ "revealed": rows }), lines.render()))?;
    match results.into_iter().find_map(|result| result.fault) {
        Some(fault) => Err(fault),
        None => Ok(()),
    }
}
