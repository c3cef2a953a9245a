//! Waiting for a phase, with a countdown where somebody looks.

use std::time::{Duration, Instant};

use btt_api::types::MarketEpoch;
use indicatif::{ProgressBar, ProgressStyle};

use super::epoch;
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::render::market::{left, phase};
use crate::render::now_ms;
use crate::rpc::Rpc;

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(150);
/// How long a node may be away while somebody waits.
const PATIENCE: Duration = Duration::from_secs(60);

/// Looks at the market until something is so.
#[derive(Debug)]
pub(super) struct Waiter<'r> {
    rpc: &'r Rpc,
    bar: ProgressBar,
}

impl<'r> Waiter<'r> {
    pub(super) fn new(context: &Context, rpc: &'r Rpc) -> Self {
        Self { rpc, bar: bar(context) }
    }

    /// The epoch under way. A node that is away for a moment is waited for: a bid must be revealed.
    pub(super) async fn epoch(&self) -> Result<MarketEpoch, CliError> {
        let started = Instant::now();
        loop {
            match epoch(self.rpc).await {
                Err(error) if is_passing(&error) && started.elapsed() < PATIENCE => {
                    self.bar.set_message(error.message);
                    self.pause().await;
                }
                answer => return answer,
            }
        }
    }

    /// Looks until the epoch is as wanted.
    pub(super) async fn until(
        &self,
        wanted: impl Fn(&MarketEpoch) -> bool,
    ) -> Result<MarketEpoch, CliError> {
        loop {
            let epoch = self.epoch().await?;
            if wanted(&epoch) {
                self.bar.finish_and_clear();
                return Ok(epoch);
            }
            self.show(&epoch);
            self.pause().await;
        }
    }

    pub(super) async fn pause(&self) {
        tokio::time::sleep(PAUSE).await;
    }

    /// Shows phase and countdown.
    pub(super) fn show(&self, epoch: &MarketEpoch) {
        self.bar.set_message(countdown(epoch));
    }

    /// The same with what is waited for.
    pub(super) fn show_why(&self, epoch: &MarketEpoch, why: &str) {
        self.bar.set_message(format!("{why}; {}", countdown(epoch)));
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn countdown(epoch: &MarketEpoch) -> String {
    let left = left(epoch.ends_at_ms.saturating_sub(now_ms()), epoch.blocks_left);
    format!("epoch {}: {}, {left} more", epoch.epoch, phase(epoch.phase))
}

/// What may be over the next time.
pub(super) fn is_passing(error: &CliError) -> bool {
    matches!(error.code, Code::NoConnection | Code::Timeout)
}

/// A line on stderr that moves; nothing where stderr is no terminal or quiet is asked for.
pub(super) fn bar(context: &Context) -> ProgressBar {
    if context.output.is_quiet() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
