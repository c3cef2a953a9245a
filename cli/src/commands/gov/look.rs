//! `btt gov list`, `show`, `params`, `features`.

use btt_api::types::{Feature, GovParam, Proposal, ProposalPage, Tally, Votes};
use serde_json::json;

use crate::context::Context;
use crate::error::{CliError, Code};
use crate::keys::KeySource;
use crate::render::{FeaturesReport, ParamRow, ParamsReport, ProposalReport, ProposalsReport};
use crate::rpc::Rpc;

/// Statuses that a list can be asked for.
const STATUSES: [&str; 9] = [
    "deposit", "voting", "passed", "rejected", "vetoed", "noQuorum", "expired", "enacted", "failed",
];

pub(super) async fn list(
    context: &Context,
    status: Option<&str>,
    limit: u64,
) -> Result<(), CliError> {
    if let Some(status) = status
        && !STATUSES.contains(&status)
    {
        let text = format!("--status '{status}' is none that a proposal can have");
        return Err(CliError::new(Code::InvalidArgument, text)
            .hint(format!("Known are {}", STATUSES.join(", "))));
    }
    let params = vec![json!(status), json!(0), json!(limit)];
    let page: ProposalPage = context.rpc()?.request("gov_proposals", params).await?;
    context.output.emit(&ProposalsReport::from(page))
}

pub(super) async fn show(context: &Context, id: u64) -> Result<(), CliError> {
    let rpc = context.rpc()?;
    let proposal: Proposal = rpc.request("gov_proposal", vec![json!(id)]).await?;
    let tally: Tally = rpc.request("gov_tally", vec![json!(id)]).await?;
    // The reader's own votes, where the reader is known without being asked.
    let reader = KeySource::select(context).ok().and_then(|source| source.address());
    let own: Option<Votes> = match reader {
        Some(reader) => Some(rpc.request("gov_votes", vec![json!(id), json!(reader)]).await?),
        None => None,
    };
    context.output.emit(&ProposalReport::new(proposal, &tally, own))
}

/// Every parameter that a vote may change.
pub(super) async fn all_params(rpc: &Rpc) -> Result<Vec<GovParam>, CliError> {
    Ok(rpc.request("gov_params", vec![]).await?)
}

pub(super) async fn params(context: &Context) -> Result<(), CliError> {
    let row = |param: GovParam| ParamRow {
        name: param.name,
        value: param.value.to_string(),
        min: param.min.to_string(),
        max: param.max.to_string(),
        default: param.default_value.to_string(),
        unit: param.unit,
    };
    let params = all_params(&context.rpc()?).await?;
    context.output.emit(&ParamsReport { params: params.into_iter().map(row).collect() })
}

pub(super) async fn features(context: &Context) -> Result<(), CliError> {
    let features: Vec<Feature> = context.rpc()?.request("gov_features", vec![]).await?;
    context.output.emit(&FeaturesReport::from(features))
}
