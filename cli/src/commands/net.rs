//! `btt net status`, `peers`, `validators` and `commit`: the network and who decides its blocks.

use std::path::Path;

use alloy_primitives::U64;
use alloy_rpc_types_eth::SyncStatus;
use btt_api::types::{Commit, ConsensusStatus, PeerInfo, ValidatorSet};
use serde_json::json;

use crate::args::Net;
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::render::{CommitReport, PeersReport, StatusReport, ValidatorsReport};
use crate::rpc::{Rpc, RpcError};

/// The node's code for a request without its admin token.
const UNAUTHORIZED: i32 = -32001;
/// JSON-RPC's code for a method that the server does not have.
const METHOD_NOT_FOUND: i32 = -32601;
/// What to do to see peers.
const HOW_TO_ADMINISTER: &str = "Start the node with --admin-token-file FILE, then: \
    btt net peers --admin-token-file FILE";

pub(super) async fn run(context: &Context, verb: &Net) -> Result<(), CliError> {
    match verb {
        Net::Status => status(context).await,
        Net::Peers { admin_token_file } => peers(context, admin_token_file.as_deref()).await,
        Net::Validators { height } => validators(context, *height).await,
        Net::Commit { height } => commit(context, *height).await,
    }
}

pub(super) async fn status(context: &Context) -> Result<(), CliError> {
    let rpc = context.rpc()?;
    let (status, sync, peers, client_version) = Box::pin(async {
        tokio::try_join!(
            rpc.request::<ConsensusStatus>("consensus_status", vec![]),
            rpc.request::<SyncStatus>("eth_syncing", vec![]),
            rpc.peer_count(),
            rpc.client_version(),
        )
    })
    .await?;
    let highest = match sync {
        SyncStatus::Info(info) => Some(info.highest_block.saturating_to()),
        SyncStatus::None => None,
    };
    let report = StatusReport::new(rpc.url(), client_version, peers, highest, &status);
    context.output.emit(&report)
}

async fn validators(context: &Context, height: Option<u64>) -> Result<(), CliError> {
    let params = height.map(|height| vec![json!(height)]).unwrap_or_default();
    let set: ValidatorSet = context.rpc()?.request("consensus_validators", params).await?;
    context.output.emit(&ValidatorsReport::from(set))
}

async fn commit(context: &Context, height: Option<u64>) -> Result<(), CliError> {
    let rpc = context.rpc()?;
    let height = match height {
        Some(height) => height,
        None => rpc.request::<U64>("eth_blockNumber", vec![]).await?.to(),
    };
    let commit: Option<Commit> = rpc.request("consensus_commit", vec![json!(height)]).await?;
    let commit = commit.ok_or_else(|| {
        CliError::new(Code::NotFound, format!("block {height} has no certificate"))
            .hint("Certificates begin with block 1 and end with the newest: btt block")
    })?;
    context.output.emit(&CommitReport::from(commit))
}

async fn peers(context: &Context, token_file: Option<&Path>) -> Result<(), CliError> {
    let rpc = context.rpc()?;
    let Some(file) = token_file else {
        let count = rpc.peer_count().await?.unwrap_or(0);
        let text =
            format!("the node has {count} peers; who they are it tells only with its admin token");
        return Err(CliError::new(Code::Unauthorized, text).hint(HOW_TO_ADMINISTER));
    };
    let rpc = Rpc::with_token(rpc.url(), &token(file)?)?;
    let peers: Vec<PeerInfo> = rpc.request("admin_peers", vec![]).await.map_err(refused)?;
    context.output.emit(&PeersReport::from(peers))
}

/// The first line of the file.
fn token(file: &Path) -> Result<String, CliError> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        CliError::new(Code::Io, format!("cannot read {}: {error}", file.display()))
    })?;
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}

fn refused(error: RpcError) -> CliError {
    match &error {
        RpcError::Refused { code: UNAUTHORIZED, .. } => {
            CliError::new(Code::Unauthorized, "the node does not take this admin token")
                .hint("It must be the first line of the file that the node was started with")
        }
        RpcError::Refused { code: METHOD_NOT_FOUND, .. } => {
            CliError::new(Code::Unauthorized, "the node tells nobody who its peers are")
                .hint(HOW_TO_ADMINISTER)
        }
        _ => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_to_do_about_it() {
        let refusal = |code| {
            let method = "admin_peers".to_owned();
            refused(RpcError::Refused { method, code, message: "no".to_owned(), data: None })
        };
        assert_eq!(refusal(UNAUTHORIZED).code, Code::Unauthorized);
        assert!(refusal(METHOD_NOT_FOUND).sentence().contains("--admin-token-file FILE"));
        assert_eq!(refusal(-32000).code, Code::RpcError);
    }
}
