//! `btt market bond`.

use alloy_primitives::{Address, U256};
use btt_api::types::MarketSeller;
use btt_runtime::modules::market::IMarket;
use btt_runtime::primitives::addresses::MARKET;
use btt_runtime::primitives::amount::format_btt;
use serde_json::json;

use super::account;
use crate::args::Bond;
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::native::{Names, Session};
use crate::parse;
use crate::render::market::{bond, plain};
use crate::render::{Fields, MarketReport};
use crate::rpc::Rpc;

/// A seller as the node knows it.
pub(super) async fn seller(rpc: &Rpc, seller: Address) -> Result<MarketSeller, CliError> {
    Ok(rpc.request("market_seller", vec![json!(seller)]).await?)
}

pub(super) async fn run(context: &Context, verb: Option<Bond>) -> Result<(), CliError> {
    match verb.unwrap_or(Bond::Show { seller: None }) {
        Bond::Show { seller: who } => {
            let who = account(context, who.as_deref())?;
            let seller = seller(&context.rpc()?, who).await?;
            context.output.emit(&MarketReport::new(plain(&seller), bond(&seller).render()))
        }
        Bond::Add { amount, sending } => {
            let amount = parse::amount("AMOUNT", &amount)?;
            if amount.is_zero() {
                return Err(CliError::new(Code::InvalidArgument, "nothing would change")
                    .hint("See what is missing: btt market bond"));
            }
            let session = Session::open(context, &sending)?;
            let effect = Fields::new().line("adds to the bond", format_btt(amount));
            let call = IMarket::topUpBondCall {};
            session.send(MARKET, &call, amount, effect, &Names::default(), Fields::new()).await
        }
        Bond::Take { amount, sending } => {
            let session = Session::open(context, &sending)?;
            let amount = match &amount {
                Some(text) => parse::amount("AMOUNT", text)?,
                None => {
                    let now = seller(&session.rpc, session.from).await?;
                    now.bond_wei.saturating_sub(now.required_wei)
                }
            };
            if amount.is_zero() {
                return Err(CliError::new(Code::NotFound, "no part of the bond is free").hint(
                    "It is free when the offers are over and their leases closed: btt market bond",
                ));
            }
            let call = IMarket::withdrawBondCall { amountWei: amount };
            session.preview(MARKET, &call).await?;
            let effect = Fields::new().line("takes from the bond", format_btt(amount));
            session.send(MARKET, &call, U256::ZERO, effect, &Names::default(), Fields::new()).await
        }
    }
}
