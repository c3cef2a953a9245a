//! `btt channel`: one file for each kind of verb.

mod close;
mod coop;
mod entrust;
mod keep;
mod leave;
mod look;
mod open;
mod pool;
mod settle;
mod settle_many;
mod verify;
mod voucher;
mod watch;

use alloy_primitives::{Address, B256};
use btt_api::types::{ChannelInfo, ChannelPage, ChannelQuery};
use serde_json::json;

use crate::args::Channel;
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::keys::KeySource;
use crate::parse;
use crate::rpc::Rpc;

/// Fewest digits of an id that stand for the whole.
const MIN_ID_DIGITS: usize = 8;

pub(super) async fn run(context: &Context, verb: Channel) -> Result<(), CliError> {
    match verb {
        Channel::Open(arguments) => open::open(context, &arguments).await,
        Channel::Topup { id, amount, sending } => {
            open::top_up(context, &id, &amount, &sending).await
        }
        Channel::Voucher(arguments) => voucher::run(context, &arguments).await,
        Channel::Tick { id, count, lane, payee } => {
            voucher::tick(context, &id, count, lane, payee.as_deref()).await
        }
        Channel::Verify { file, keep } => verify::verify(context, &file, keep).await,
        Channel::Settle { file, secret, sending } => {
            settle::run(context, file.as_deref(), secret.as_deref(), &sending).await
        }
        Channel::Close { id, voucher, operator_salt, sending } => {
            let from = (voucher.as_deref(), operator_salt.as_deref());
            close::run(context, &id, from, &sending).await
        }
        Channel::CoopClose { id, payee_part, with, force, sending } => match with {
            None => coop::half(context, &id, payee_part.as_deref(), force).await,
            Some(with) => {
                let part = payee_part.as_deref();
                coop::submit(context, &id, part, &with, force, &sending).await
            }
        },
        Channel::RequestClose { id, sending } => leave::request(context, &id, &sending).await,
        Channel::Withdraw { id, sending } => leave::withdraw(context, &id, &sending).await,
        Channel::Expire { id, sending } => leave::expire(context, &id, &sending).await,
        Channel::List { payer, payee } => {
            look::list(context, payer.as_deref(), payee.as_deref()).await
        }
        Channel::Show { id } => look::show(context, &id).await,
        Channel::Watch { id, count } => watch::run(context, id.as_deref(), count).await,
        Channel::Entrust { id, tower, tip, valid_for, tower_rpc } => {
            let terms = entrust::Terms {
                tower: &tower,
                tip: &tip,
                valid_for: &valid_for,
                tower_rpc: tower_rpc.as_deref(),
            };
            entrust::run(context, &id, &terms).await
        }
        Channel::Export { file } => keep::export(context, file.as_deref()).await,
        Channel::Import { file } => keep::import(context, &file).await,
        Channel::Pool(verb) => pool::run(context, *verb).await,
    }
}

/// An amount in wei that fits a voucher.
fn wei(argument: &str, text: &str) -> Result<u128, CliError> {
    // No amount is above the supply, which has 100 bits.
    parse::amount(argument, text).map(|wei| wei.saturating_to())
}

/// An account by address or name; the run's own without one.
fn account(context: &Context, argument: &str, who: Option<&str>) -> Result<Address, CliError> {
    match who {
        Some(text) => parse::address_or_name(argument, text, &context.folder),
        None => Ok(KeySource::select(context)?.address_or_unlock(context)?.0),
    }
}

/// An id, or the one of the account's channels that begins so.
async fn id(context: &Context, rpc: &Rpc, text: &str) -> Result<B256, CliError> {
    let digits = text.strip_prefix("0x").unwrap_or(text).trim_end_matches('…').to_lowercase();
    let is_prefix = (MIN_ID_DIGITS..64).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_prefix {
        return parse::hash("ID", text);
    }
    let own = account(context, "ID", None)?;
    let mut found: Vec<B256> = Vec::new();
    for query in [of_payer(own), of_payee(own)] {
        let all = channels(rpc, query).await?.into_iter().map(|channel| channel.id);
        found.extend(all.filter(|id| format!("{id:x}").starts_with(&digits)));
    }
    found.sort_unstable();
    found.dedup();
    match found[..] {
        [only] => Ok(only),
        [] => Err(CliError::new(
            Code::NotFound,
            format!("no channel or pool of {own} has an id that begins with 0x{digits}"),
        )
        .hint("See all: btt channel list. The whole id, 64 digits, always does")),
        _ => Err(CliError::new(
            Code::InvalidArgument,
            format!("{} ids begin with 0x{digits}", found.len()),
        )
        .hint("Give more digits: btt channel list --json")),
    }
}

fn of_payer(payer: Address) -> ChannelQuery {
    ChannelQuery { payer: Some(payer), ..Default::default() }
}

fn of_payee(payee: Address) -> ChannelQuery {
    ChannelQuery { payee: Some(payee), ..Default::default() }
}

/// All that a query finds, part by part.
async fn channels(rpc: &Rpc, mut query: ChannelQuery) -> Result<Vec<ChannelInfo>, CliError> {
    let mut all = Vec::new();
    loop {
        let page: ChannelPage = rpc.request("channel_list", vec![json!(query)]).await?;
        all.extend(page.channels);
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => return Ok(all),
        }
    }
}
