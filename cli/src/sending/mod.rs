//! From a wish to a final transaction: draft → confirm → unlock → sign → submit → wait.

mod draft;
mod envelope;
mod report;
mod wait;

use std::time::{Duration, Instant};

use crate::context::Context;
use crate::error::{CliError, Code};
use crate::keys::{KeySource, prompt};
use crate::rpc::{Rpc, RpcError};

pub use draft::{Draft, Intent, check_balance};
pub use envelope::{Fees, SignedTransaction};
pub use report::SentReport;
pub(crate) use wait::until_final;

/// How to go about it.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// Do not ask.
    pub yes: bool,
    /// How long to wait until the transaction is final; `None`: not at all.
    pub wait: Option<Duration>,
}

impl Manner {
    /// Whether there is a yes, or somebody to give it.
    ///
    /// # Errors
    /// [`Code::ConfirmationRequired`].
    pub fn check(self) -> Result<(), CliError> {
        if !self.yes && !prompt::somebody_is_there() {
            return Err(prompt::nobody_to_ask("add --yes"));
        }
        Ok(())
    }
}

/// Carries out `intent` with the key of `source`.
///
/// # Errors
/// [`Code::ConfirmationRequired`] before anything is asked of the node where a question would be
/// needed; [`Code::InsufficientFunds`] and [`Code::Reverted`] before anything is signed;
/// [`Code::NotFinal`] where the time is up, with the hash.
pub async fn submit(
    context: &Context,
    rpc: &Rpc,
    source: &KeySource,
    intent: Intent,
    manner: Manner,
) -> Result<SentReport, CliError> {
    manner.check()?;
    let (from, unlocked) = source.address_or_unlock(context)?;
    let draft = Draft::prepare(rpc, from, intent).await?;
    draft.check_funds()?;
    if !manner.yes {
        context.output.ask(&format!("{}\n", draft.summary(source.label()))).map_err(|error| {
            CliError::new(Code::Io, format!("cannot write to the terminal: {error}"))
        })?;
        prompt::confirm(context.output, "Send it?", "add --yes")?;
    }
    let key = match unlocked {
        Some(key) => key,
        None => source.unlock(context)?,
    };
    let signed = draft.sign(&key);
    drop(key);
    let started = Instant::now();
    let hash = signed.hash;
    rpc.send_raw(&signed.raw).await.map_err(|error| sending_failed(error, hash))?;
    let Some(patience) = manner.wait else {
        return Ok(SentReport::submitted(&draft, hash));
    };
    let receipt = wait::until_final(context.output, rpc, hash, patience).await?;
    let elapsed = started.elapsed();
    let reason =
        if receipt.status() { None } else { Some(draft.revert_reason(rpc, &receipt).await) };
    Ok(SentReport::included(&draft, &receipt, elapsed, reason))
}

/// A refusal means that nothing was sent; a broken connection leaves it open.
fn sending_failed(error: RpcError, hash: alloy_primitives::B256) -> CliError {
    let refused = matches!(error, RpcError::Refused { .. });
    let error = CliError::from(error);
    if refused {
        return error;
    }
    error.hint(format!("It may have been sent all the same. Look: btt receipt {hash}"))
}
