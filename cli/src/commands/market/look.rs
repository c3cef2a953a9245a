//! `btt market offers`, `seller`, `status`, `awards`, `leases`, `prices`, `simulate`, `book`.

use alloy_primitives::{Address, B256};
use btt_api::types::{
    Award, MarketBid, MarketBook, MarketOffer, SimulateBid, SimulatedBid, SwarmPrice,
};
use btt_runtime::modules::market::clearing::{Bid, Book, Offer, TieRule};
use serde_json::json;

use super::{account, all_offers, bond, epoch, leases_of};
use crate::args::Tiers;
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::keys::KeySource;
use crate::market::{Kept, long_swarm, price, swarm, tier, to_json};
use crate::render::market::{self as render, plain};
use crate::render::{Fields, MarketReport};
use crate::rpc::Rpc;

/// Leases that `status` looks at.
const MAX_LEASES: u64 = 50;

async fn offers_of(rpc: &Rpc, seller: Address) -> Result<Vec<MarketOffer>, CliError> {
    all_offers(rpc, "market_offersOf", json!(seller)).await
}

pub(super) async fn offers(
    context: &Context,
    of_swarm: Option<&str>,
    of_seller: Option<&str>,
) -> Result<(), CliError> {
    let rpc = context.rpc()?;
    let mut offers = match of_swarm {
        Some(text) => all_offers(&rpc, "market_offers", json!(swarm("--swarm", text)?)).await?,
        None => {
            let who = account(context, of_seller).map_err(|error| match error.code {
                Code::NoKey => CliError::new(Code::NoKey, "offers of whom?")
                    .hint("Name a swarm (--swarm) or a seller (--seller), or give a key (--key)"),
                _ => error,
            })?;
            offers_of(&rpc, who).await?
        }
    };
    offers.sort_by_key(|offer| (offer.ask_ticks, offer.id));
    let json = json!({ "offers": plain(&offers) });
    context.output.emit(&MarketReport::new(json, render::offers(&offers)))
}

pub(super) async fn seller(context: &Context, who: Option<&str>) -> Result<(), CliError> {
    let rpc = context.rpc()?;
    let who = account(context, who)?;
    let (seller, offers) = tokio::try_join!(bond::seller(&rpc, who), offers_of(&rpc, who))?;
    let mut json = plain(&seller);
    json["offers"] = plain(&offers);
    context.output.emit(&MarketReport::new(json, render::seller(&seller, &offers)))
}

pub(super) async fn status(context: &Context, who: Option<&str>) -> Result<(), CliError> {
    let rpc = context.rpc()?;
    let now = epoch(&rpc).await?;
    let nobody = who.is_none()
        && matches!(KeySource::select(context), Err(error) if error.code == Code::NoKey);
    if nobody {
        let json = json!({ "epoch": plain(&now), "account": null, "bids": [], "leases": [] });
        let text = render::phase_lines(&now).render();
        return context.output.emit(&MarketReport::new(json, text));
    }
    let who = account(context, who)?;
    let chain_id = rpc.chain_id().await?;
    let bids: Vec<MarketBid> = rpc.request("market_bids", vec![json!(who)]).await?;
    let mut leases = leases_of(&rpc, who, MAX_LEASES).await?;
    leases.retain(|lease| lease.end.is_none());
    let kept = Kept::of(context, chain_id).bids(now.epoch)?;
    let is_kept = |id: u64| kept.iter().any(|bid| bid.bid_id == Some(id));
    let mut rows = plain(&bids);
    for (row, bid) in rows.as_array_mut().into_iter().flatten().zip(&bids) {
        row["is_kept"] = json!(is_kept(bid.id));
    }
    let json = json!({
        "epoch": plain(&now), "account": who, "bids": rows, "leases": plain(&leases),
    });
    let lines = render::phase_lines(&now).line("account", who).render();
    let mut text = format!("{lines}\n\n{}", render::bid_table(&bids, is_kept));
    if !leases.is_empty() {
        text = format!("{text}\n\n{}", render::lease_table(&leases, who));
    }
    context.output.emit(&MarketReport::new(json, text))
}

pub(super) async fn awards(
    context: &Context,
    who: Option<&str>,
    limit: u64,
) -> Result<(), CliError> {
    let (rpc, who) = (context.rpc()?, account(context, who)?);
    let awards: Vec<Award> = rpc.request("market_awards", vec![json!(who), json!(limit)]).await?;
    let json = json!({ "account": who, "awards": plain(&awards) });
    context.output.emit(&MarketReport::new(json, render::awards(&awards)))
}

pub(super) async fn leases(
    context: &Context,
    who: Option<&str>,
    limit: u64,
) -> Result<(), CliError> {
    let (rpc, who) = (context.rpc()?, account(context, who)?);
    let leases = leases_of(&rpc, who, limit).await?;
    let json = json!({ "account": who, "leases": plain(&leases) });
    context.output.emit(&MarketReport::new(json, render::leases(&leases, who)))
}

pub(super) async fn prices(context: &Context, text: &str, limit: u64) -> Result<(), CliError> {
    let swarm = swarm("--swarm", text)?;
    let params = vec![json!(swarm), json!(limit)];
    let prices: Vec<SwarmPrice> = context.rpc()?.request("market_prices", params).await?;
    let json = json!({ "swarm": swarm, "prices": plain(&prices) });
    let text = format!("swarm {}\n\n{}", long_swarm(swarm), render::prices(&prices));
    context.output.emit(&MarketReport::new(json, text))
}

pub(super) async fn simulate(
    context: &Context,
    text: &str,
    tiers: &Tiers,
    epochs: u32,
) -> Result<(), CliError> {
    let swarm = swarm("--swarm", text)?;
    let tiers = price::tiers(tiers.units, &tiers.price, &tiers.tier)?;
    let words = price::in_words(&tiers);
    let bid = SimulateBid { swarm, tiers, epochs: Some(epochs) };
    let results: Vec<SimulatedBid> =
        context.rpc()?.request("market_simulateBid", vec![json!(bid)]).await?;
    let json = json!({ "swarm": swarm, "tiers": plain(&bid.tiers), "epochs": plain(&results) });
    let lines = Fields::new().line("swarm", long_swarm(swarm)).line("bids", words).render();
    let text = format!("{lines}\n\n{}", render::simulated(&results));
    context.output.emit(&MarketReport::new(json, text))
}

/// A book as clearing has it.
fn as_cleared(book: MarketBook) -> Book {
    let offer = |offer: btt_api::types::BookOffer| Offer {
        id: offer.id,
        seller: offer.seller,
        capacity: offer.capacity,
        reserve: offer.reserve_ticks,
        swarms: offer.swarms,
    };
    let bid = |bid: btt_api::types::BookBid| Bid {
        id: bid.id,
        buyer: bid.buyer,
        swarm: bid.swarm,
        tiers: bid.tiers.iter().map(tier).collect(),
        defaulted: bid.is_defaulted,
    };
    Book {
        seed: book.seed,
        tie: TieRule::Key,
        min_ask: book.min_ask_ticks,
        fee_bps: book.fee_bps,
        offers: book.offers.into_iter().map(offer).collect(),
        bids: book.bids.into_iter().map(bid).collect(),
    }
}

pub(super) async fn book(context: &Context, epoch: Option<u32>) -> Result<(), CliError> {
    let params = epoch.map(|epoch| json!(epoch)).into_iter().collect();
    let found: Option<MarketBook> = context.rpc()?.request("market_book", params).await?;
    let Some(found) = found else {
        let which =
            epoch.map_or_else(|| "there".to_owned(), |epoch| format!("epoch {epoch}: there"));
        let why = format!("{which} is no frozen book that the node remembers");
        return Err(CliError::new(Code::NotFound, why)
            .hint("A book is there from its freeze on, if it had bids: btt market status"));
    };
    let (number, root) = (found.epoch, found.root);
    let known = root.filter(|root| *root != B256::ZERO);
    let root = known.map_or_else(String::new, |root| format!(", root {root} on the chain"));
    context.output.note(&format!("epoch {number}{root}; check it: btt market clear FILE --naive"));
    let text = to_json(number, &as_cleared(found))
        .map_err(|error| CliError::new(Code::Io, format!("cannot write JSON: {error}")))?;
    context.output.line(&text)
}
