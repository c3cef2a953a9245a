//! `btt market watch`: events as blocks bring them, and a countdown for whoever looks.

use std::time::Duration;

use btt_api::types::{MarketChange, MarketEpoch, MarketEvent, MarketFilter};

use super::epoch;
use super::wait::bar;
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::market::swarm;
use crate::parse;
use crate::render::market::{event, phase, plain};
use crate::render::{now_ms, span};
use crate::rpc::Subscription;

/// How often the countdown moves.
const TICK: Duration = Duration::from_millis(250);

/// The phase under way.
struct Countdown {
    epoch: u32,
    phase: &'static str,
    ends_at_ms: u64,
}

impl Countdown {
    fn of(epoch: &MarketEpoch) -> Self {
        Self { epoch: epoch.epoch, phase: phase(epoch.phase), ends_at_ms: epoch.ends_at_ms }
    }

    fn take(&mut self, change: &MarketChange) {
        if let MarketChange::PhaseChanged { epoch, phase: now, ends_at_ms, .. } = change {
            *self = Self { epoch: *epoch, phase: phase(*now), ends_at_ms: *ends_at_ms };
        }
    }

    fn text(&self) -> String {
        let left = match self.ends_at_ms.saturating_sub(now_ms()) {
            0 => "until its last block".to_owned(),
            left => format!("{} more", span(left)),
        };
        format!("epoch {}: {}, {left}", self.epoch, self.phase)
    }
}

pub(super) async fn run(
    context: &Context,
    of_swarm: Option<&str>,
    of_account: Option<&str>,
    count: Option<u64>,
) -> Result<(), CliError> {
    let filter = MarketFilter {
        swarm: of_swarm.map(|text| swarm("--swarm", text)).transpose()?,
        account: of_account
            .map(|text| parse::address_or_name("--account", text, &context.folder))
            .transpose()?,
    };
    let rpc = context.rpc()?;
    // A node that is not there is told of as by every verb.
    epoch(&rpc).await?;
    let mut events: Subscription<MarketEvent> =
        rpc.subscribe("market_subscribe", &filter, "market_unsubscribe").await?;
    let mut countdown = Countdown::of(&epoch(&rpc).await?);
    let bar = bar(context);
    let mut told = 0u64;
    while count.is_none_or(|count| told < count) {
        bar.set_message(countdown.text());
        let next = tokio::select! {
            next = events.next() => next?,
            () = tokio::time::sleep(TICK) => continue,
        };
        countdown.take(&next.change);
        bar.suspend(|| tell(context, &next))?;
        told += 1;
    }
    bar.finish_and_clear();
    Ok(())
}

fn tell(context: &Context, happened: &MarketEvent) -> Result<(), CliError> {
    if !context.output.is_json() {
        return context.output.line(&event(happened));
    }
    let line = serde_json::to_string(&plain(happened))
        .map_err(|error| CliError::new(Code::Io, format!("cannot write JSON: {error}")))?;
    context.output.line(&line)
}
