//! `btt channel request-close`, `withdraw`, `expire`: the payer's ways out.

use alloy_primitives::{B256, U256};
use alloy_sol_types::SolCall;
use btt_runtime::modules::channels::IChannels;
use btt_runtime::primitives::addresses::CHANNELS;
use btt_runtime::primitives::amount::format_btt;

use super::id;
use crate::args::Sending;
use crate::channels::Book;
use crate::context::Context;
use crate::error::CliError;
use crate::native::{Names, Session};
use crate::render::{Fields, span};

/// The channel, whom it pays, and what is left of it.
async fn about(session: &Session<'_>, id: B256, verb: &str) -> Result<Fields, CliError> {
    let fields = Fields::new().line(verb, id);
    let channel = Book::new(&session.rpc).channel(id).await?;
    Ok(channel.map_or(fields.clone(), |channel| {
        let left_wei = channel.depositWei.saturating_sub(channel.settledWei);
        let left = format_btt(U256::from(left_wei));
        fields
            .line("payee", channel.payee)
            .line("left", format!("{left} of {}", format_btt(U256::from(channel.depositWei))))
            .line("grace", span(u64::from(channel.graceS) * 1_000))
    }))
}

pub(super) async fn request(
    context: &Context,
    text: &str,
    sending: &Sending,
) -> Result<(), CliError> {
    let session = Session::open(context, sending)?;
    let id = id(context, &session.rpc, text).await?;
    let call = IChannels::requestCloseCall { channelId: id };
    session.preview(CHANNELS, &call).await?;
    let effect = about(&session, id, "asks to close")
        .await?
        .line("then", "the payee has the grace to settle; sign no more vouchers");
    let after = Fields::new().line("then", format!("get the rest: btt channel withdraw {id}"));
    session.send(CHANNELS, &call, U256::ZERO, effect, &Names::default(), after).await
}

pub(super) async fn withdraw(
    context: &Context,
    text: &str,
    sending: &Sending,
) -> Result<(), CliError> {
    let session = Session::open(context, sending)?;
    let id = id(context, &session.rpc, text).await?;
    end(session, id, "ends", &IChannels::withdrawCall { channelId: id }).await
}

pub(super) async fn expire(
    context: &Context,
    text: &str,
    sending: &Sending,
) -> Result<(), CliError> {
    let session = Session::open(context, sending)?;
    let id = id(context, &session.rpc, text).await?;
    end(session, id, "expires", &IChannels::expireCall { channelId: id }).await
}

async fn end<C: SolCall>(
    session: Session<'_>,
    id: B256,
    verb: &str,
    call: &C,
) -> Result<(), CliError> {
    session.preview(CHANNELS, call).await?;
    let effect = about(&session, id, verb).await?.line("then", "what is left returns to the payer");
    session.send(CHANNELS, call, U256::ZERO, effect, &Names::default(), Fields::new()).await
}
