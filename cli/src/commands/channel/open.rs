//! `btt channel open`, `topup`.

use alloy_eips::BlockId;
use alloy_primitives::{Address, B256, U256};
use btt_runtime::modules::channels::IChannels;
use btt_runtime::primitives::DEV_CHAIN_ID;
use btt_runtime::primitives::addresses::CHANNELS;
use btt_runtime::primitives::amount::format_btt;

use super::{id, wei};
use crate::args::{Open, Sending, Terms};
use crate::channels::{Book, Price};
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::native::{Names, Session, ask};
use crate::parse::{self, when};
use crate::render::{Fields, span, utc};
use crate::rpc::Rpc;

/// The chain of `bttd localnet`.
const LOCALNET_CHAIN_ID: u64 = 990_002;
/// Grace where none is asked for, in seconds: a night offline loses nothing.
const GRACE_S: u64 = 86_400;
/// The same on a chain of one machine, where people try things out.
const LOCAL_GRACE_S: u64 = 60;

/// What `--grace`, `--expiry`, `--salt` and `--price` say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opening {
    pub(super) grace_s: u32,
    /// Seconds since 1970; 0 for never.
    pub(super) expiry: u64,
    pub(super) salt: B256,
    price: Option<Price>,
}

impl Opening {
    /// Reads the options; asks the node for its chain and time where they leave something open.
    pub(super) async fn read(rpc: &Rpc, terms: &Terms) -> Result<Self, CliError> {
        let price = match &terms.price {
            Some(text) => Some(Price::parse("--price", text)?),
            None => None,
        };
        let salt = match &terms.salt {
            Some(text) => parse::hash("--salt", text)?,
            None => B256::ZERO,
        };
        let grace_s = match &terms.grace {
            Some(text) => when::span_s("--grace", text)?,
            None if [DEV_CHAIN_ID, LOCALNET_CHAIN_ID].contains(&rpc.chain_id().await?) => {
                LOCAL_GRACE_S
            }
            None => GRACE_S,
        };
        let grace_s = u32::try_from(grace_s).map_err(|_| {
            CliError::new(Code::InvalidArgument, "--grace is longer than a century")
        })?;
        let expiry = match &terms.expiry {
            Some(text) => {
                let now_s = rpc.known_block(BlockId::latest()).await?.header.timestamp;
                when::time_s("--expiry", text, now_s)?
            }
            None => 0,
        };
        Ok(Self { grace_s, expiry, salt, price })
    }

    /// `500 BTT buys 166.6 MiB at 3 BTT/MiB`.
    fn deposit(&self, deposit_wei: u128, terms: &Terms) -> String {
        let deposit = format_btt(U256::from(deposit_wei));
        match (&self.price, &terms.price) {
            (Some(price), Some(text)) => {
                format!("{deposit} buys {} at {}", price.buys(deposit_wei), text.trim())
            }
            _ => deposit,
        }
    }

    /// What it costs and when it returns.
    pub(super) fn money(&self, terms: &Terms, deposit_wei: u128, storage_wei: u128) -> Fields {
        let grace = span(u64::from(self.grace_s) * 1_000);
        let storage = format_btt(U256::from(storage_wei));
        let expiry = (self.expiry > 0).then(|| {
            format!(
                "and from {} on (expiry and grace) by anyone",
                utc(self.expiry + u64::from(self.grace_s))
            )
        });
        let buys = terms.price.is_some().then(|| self.deposit(deposit_wei, terms));
        let storage = (storage_wei > 0).then(|| format!("{storage}, returns when it ends"));
        Fields::new()
            .maybe("buys", buys)
            .maybe("storage", storage)
            .line("returns", format!("what is not claimed: {grace} after you ask (request-close)"))
            .maybe("", expiry)
    }
}

/// What the records of a channel and of a pool cost, in wei.
pub(super) async fn storage_deposits(rpc: &Rpc) -> Result<(u128, u128), CliError> {
    let call = IChannels::storageDepositCall {};
    let wei = ask(rpc, None, CHANNELS, 0, &call, BlockId::latest()).await?;
    Ok((wei.channelWei, wei.poolWei))
}

/// An address or name; zero without one.
pub(super) fn address_or_zero(
    context: &Context,
    argument: &str,
    text: Option<&String>,
) -> Result<Address, CliError> {
    match text {
        Some(text) => parse::address_or_name(argument, text, &context.folder),
        None => Ok(Address::ZERO),
    }
}

pub(super) async fn open(context: &Context, arguments: &Open) -> Result<(), CliError> {
    let deposit_wei = wei("--deposit", &arguments.deposit)?;
    let payee = parse::address_or_name("--to", &arguments.to, &context.folder)?;
    let operator = address_or_zero(context, "--operator", arguments.operator.as_ref())?;
    let signer = address_or_zero(context, "--signer", arguments.signer.as_ref())?;
    let session = Session::open(context, &arguments.sending)?;
    let opening = Opening::read(&session.rpc, &arguments.terms).await?;
    let (storage_wei, _) = storage_deposits(&session.rpc).await?;
    let call = IChannels::openCall {
        payee,
        operator,
        signer,
        salt: opening.salt,
        graceS: opening.grace_s,
        expiry: opening.expiry,
    };
    let money = opening.money(&arguments.terms, deposit_wei, storage_wei);
    let signed_by = if signer.is_zero() { session.from } else { signer };
    let effect = Fields::new()
        .line("opens a channel to", payee)
        .line("vouchers signed by", signed_by)
        .line("deposit", format_btt(U256::from(deposit_wei)))
        .maybe("operator", (!operator.is_zero()).then_some(operator))
        .and(money.clone());
    let value = U256::from(deposit_wei) + U256::from(storage_wei);
    session.send(CHANNELS, &call, value, effect, &Names::default(), money).await
}

pub(super) async fn top_up(
    context: &Context,
    text: &str,
    amount: &str,
    sending: &Sending,
) -> Result<(), CliError> {
    let amount_wei = wei("AMOUNT", amount)?;
    let session = Session::open(context, sending)?;
    let id = id(context, &session.rpc, text).await?;
    let terms = Book::new(&session.rpc).terms(id, None).await?;
    let takes_back = terms.filter(|terms| terms.closes_at_ms > 0 && terms.payer == session.from);
    let effect = Fields::new()
        .line("adds to channel", id)
        .maybe("paid to", terms.map(|terms| terms.payee))
        .maybe(
            "deposit",
            terms.map(|t| format_btt(U256::from(t.deposit_wei) + U256::from(amount_wei))),
        )
        .maybe("also", takes_back.map(|_| "takes the close request back"));
    let call = IChannels::topUpCall { channelId: id };
    let (names, after) = (Names::default(), Fields::new());
    session.send(CHANNELS, &call, U256::from(amount_wei), effect, &names, after).await
}
