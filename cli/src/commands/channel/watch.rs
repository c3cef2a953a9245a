//! `btt channel watch`: events of final blocks as they come.

use std::time::Duration;

use alloy_eips::BlockId;
use alloy_primitives::B256;
use alloy_rpc_types_eth::Log;
use alloy_sol_types::SolEvent;
use btt_runtime::modules::channels::IChannels;
use btt_runtime::primitives::addresses::CHANNELS;
use serde_json::{Value, json};

use super::id;
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::native::{batch_items, channel_event};
use crate::render::{grouped, short_id};
use crate::rpc::Rpc;

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(250);
/// Blocks asked for at once.
const MAX_BLOCKS: u64 = 500;

pub(super) async fn run(
    context: &Context,
    text: Option<&str>,
    count: Option<u64>,
) -> Result<(), CliError> {
    let rpc = context.rpc()?;
    let only = match text {
        Some(text) => Some(id(context, &rpc, text).await?),
        None => None,
    };
    let mut next = final_block(&rpc).await? + 1;
    context.output.note(&format!("watching from block {} on; Ctrl-C ends", grouped(next)));
    let mut told = 0u64;
    loop {
        let newest = final_block(&rpc).await?;
        while next <= newest {
            let last = newest.min(next + MAX_BLOCKS - 1);
            let filter = json!({
                "address": CHANNELS, "fromBlock": format!("{next:#x}"), "toBlock": format!("{last:#x}"),
            });
            let logs: Vec<Log> = rpc.request("eth_getLogs", vec![filter]).await?;
            for log in logs.iter().filter(|log| is_of(&log.inner, only)) {
                tell(context, log)?;
                told += 1;
                if count.is_some_and(|count| told >= count) {
                    return Ok(());
                }
            }
            next = last + 1;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn final_block(rpc: &Rpc) -> Result<u64, CliError> {
    Ok(rpc.known_block(BlockId::finalized()).await?.header.number)
}

/// Every event names its channel or pool first; a batch names many in its data.
fn is_of(log: &alloy_primitives::Log, only: Option<B256>) -> bool {
    let Some(only) = only else { return true };
    match IChannels::BatchSettled::decode_log(log) {
        Ok(batch) => batch_items(&batch.items).iter().any(|(id, _)| *id == only),
        Err(_) => log.topics().get(1) == Some(&only),
    }
}

fn tell(context: &Context, log: &Log) -> Result<(), CliError> {
    let block = log.block_number.unwrap_or_default();
    let (event, words) = channel_event(&log.inner);
    let Some(mut event) = event else { return Ok(()) };
    if context.output.is_json() {
        event.insert("block_number".to_owned(), Value::from(block));
        event.insert("transaction_hash".to_owned(), json!(log.transaction_hash));
        let line = serde_json::to_string(&event)
            .map_err(|error| CliError::new(Code::Io, format!("cannot write JSON: {error}")))?;
        return context.output.line(&line);
    }
    let name = event.get("event").and_then(Value::as_str).unwrap_or_default();
    let of = match name {
        "BatchSettled" => String::new(),
        _ => log.topics().get(1).map_or_else(String::new, |id| format!(" {}", short_id(*id))),
    };
    let words = words.in_one_line();
    let colon = if words.is_empty() { "" } else { ": " };
    context.output.line(&format!("block {}  {name}{of}{colon}{words}", grouped(block)))
}
