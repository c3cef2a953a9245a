//! Waiting for finality.

use std::time::{Duration, Instant};

use alloy_eips::BlockId;
use alloy_primitives::B256;
use alloy_rpc_types_eth::TransactionReceipt;
use indicatif::{ProgressBar, ProgressStyle};

use crate::error::{CliError, Code};
use crate::output::Output;
use crate::render::grouped;
use crate::rpc::Rpc;

/// First pause between two looks; each is half as long again as the last.
const FIRST_PAUSE: Duration = Duration::from_millis(40);
/// Longest pause between two looks.
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// Waits until the transaction is in a block that is final, and returns its receipt.
///
/// # Errors
/// [`Code::NotFinal`] when `patience` is over, and whatever the node's failures become; each says
/// the hash, because the transaction is on its way all the same.
pub(crate) async fn until_final(
    output: Output,
    rpc: &Rpc,
    hash: B256,
    patience: Duration,
) -> Result<TransactionReceipt, CliError> {
    // Said at once, so that an interrupted wait does not lose it.
    output.note(&format!("sent {hash}"));
    let spinner = spinner(output);
    let started = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let receipt = rpc.receipt(hash).await.map_err(|error| {
            CliError::from(error)
                .hint(format!("The transaction was sent. Look later: btt receipt {hash}"))
        })?;
        if let Some(receipt) = receipt {
            let final_block = rpc.block(BlockId::finalized()).await.map_err(|error| {
                CliError::from(error)
                    .hint(format!("The transaction was included. Look later: btt receipt {hash}"))
            })?;
            let finalized = final_block.map(|block| block.header.number);
            let included = receipt.block_number;
            if included.is_some() && included <= finalized {
                spinner.finish_and_clear();
                return Ok(receipt);
            }
            if let Some(number) = included {
                spinner.set_message(format!(
                    "in block {}, waiting until it is final",
                    grouped(number)
                ));
            }
        }
        if started.elapsed() >= patience {
            spinner.finish_and_clear();
            return Err(not_final(rpc, hash, patience).await);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

/// Waiting longer may help a transaction that the node still has, not one that it dropped.
async fn not_final(rpc: &Rpc, hash: B256, patience: Duration) -> CliError {
    let seconds = patience.as_secs();
    if let Ok(None) = rpc.transaction(hash).await {
        return CliError::new(
            Code::NotFinal,
            format!("transaction {hash} was sent, but after {seconds} s the node no longer has it"),
        )
        .hint("It was dropped as invalid or replaced by another of the same nonce; send it again");
    }
    CliError::new(
        Code::NotFinal,
        format!("transaction {hash} was sent but is not final after {seconds} s"),
    )
    .hint(format!("Look later: btt receipt {hash}"))
}

/// A spinner on stderr; nothing where stderr is no terminal or quiet is asked for.
fn spinner(output: Output) -> ProgressBar {
    if output.is_quiet() {
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        spinner.set_style(style);
    }
    spinner.set_message("waiting for a block");
    spinner.enable_steady_tick(Duration::from_millis(80));
    spinner
}
