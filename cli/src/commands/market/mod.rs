//! `btt market`: one file for each kind of verb.

mod award;
mod bid;
mod bond;
mod clear;
mod commit;
mod look;
mod offer;
mod receipt;
mod reveal;
mod sellers;
mod submit;
mod wait;
mod watch;

use alloy_primitives::Address;
use btt_api::types::{MarketEpoch, MarketLease, MarketOffer, OfferPage};
use serde_json::json;

use crate::args::Market;
use crate::context::Context;
use crate::error::CliError;
use crate::keys::KeySource;
use crate::parse;
use crate::rpc::Rpc;

pub(super) async fn run(context: &Context, verb: Market) -> Result<(), CliError> {
    match verb {
        Market::Offer(arguments) => offer::post(context, &arguments).await,
        Market::Offers { swarm, seller } => {
            look::offers(context, swarm.as_deref(), seller.as_deref()).await
        }
        Market::Change(arguments) => offer::change(context, &arguments).await,
        Market::Withdraw { id, sending } => offer::withdraw(context, id, &sending).await,
        Market::Bond { verb } => bond::run(context, verb).await,
        Market::Seller { seller } => look::seller(context, seller.as_deref()).await,
        Market::Bid(arguments) => Box::pin(bid::run(context, &arguments)).await,
        Market::Reveal { id, wait, sending } => reveal::run(context, id, wait, &sending).await,
        Market::Cancel { id, sending } => bid::cancel(context, id, &sending).await,
        Market::Status { account } => look::status(context, account.as_deref()).await,
        Market::Awards { account, limit } => look::awards(context, account.as_deref(), limit).await,
        Market::Leases { account, limit } => look::leases(context, account.as_deref(), limit).await,
        Market::Prices { swarm, limit } => look::prices(context, &swarm, limit).await,
        Market::Simulate { swarm, tiers, epochs } => {
            look::simulate(context, &swarm, &tiers, epochs).await
        }
        Market::Receipt { lease, delivered, submit, sending } => {
            let sending = submit.then_some(&sending);
            receipt::run(context, &lease, &delivered, sending).await
        }
        Market::Submit { file, sending } => submit::run(context, &file, &sending).await,
        Market::Watch { swarm, account, count } => {
            watch::run(context, swarm.as_deref(), account.as_deref(), count).await
        }
        Market::Book { epoch } => look::book(context, epoch).await,
        Market::Clear { file, naive } => clear::run(context, &file, naive),
    }
}

/// An account by address or name; the run's own without one.
fn account(context: &Context, who: Option<&str>) -> Result<Address, CliError> {
    match who {
        Some(text) => parse::address_or_name("ADDRESS", text, &context.folder),
        None => Ok(KeySource::select(context)?.address_or_unlock(context)?.0),
    }
}

/// The epoch under way.
async fn epoch(rpc: &Rpc) -> Result<MarketEpoch, CliError> {
    Ok(rpc.request("market_epoch", vec![]).await?)
}

/// All pages of a list of offers.
async fn all_offers(
    rpc: &Rpc,
    method: &str,
    of: serde_json::Value,
) -> Result<Vec<MarketOffer>, CliError> {
    let (mut offset, mut offers) = (0, Vec::new());
    loop {
        let page: OfferPage = rpc.request(method, vec![of.clone(), json!(offset)]).await?;
        offers.extend(page.offers);
        match page.next {
            Some(next) => offset = next,
            None => return Ok(offers),
        }
    }
}

/// The newest leases of an account.
async fn leases_of(rpc: &Rpc, account: Address, most: u64) -> Result<Vec<MarketLease>, CliError> {
    Ok(rpc.request("market_leases", vec![json!(account), json!(most)]).await?)
}
