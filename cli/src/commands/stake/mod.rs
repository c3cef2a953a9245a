//! `btt stake`: one file for each kind of verb.

mod claims;
mod look;
mod moves;
mod operate;

use crate::args::Stake;
use crate::context::Context;
use crate::error::CliError;

pub(super) async fn run(context: &Context, verb: Stake) -> Result<(), CliError> {
    match verb {
        Stake::List { status } => look::list(context, status.as_deref()).await,
        Stake::Show { who } => look::show(context, who.as_deref()).await,
        Stake::Rewards { who } => look::rewards(context, who.as_deref()).await,
        Stake::Unbonding { who } => look::unbonding(context, who.as_deref()).await,
        Stake::Slashes { limit } => look::slashes(context, limit).await,
        Stake::Delegate { amount, to, sending } => {
            moves::delegate(context, &amount, &to, &sending).await
        }
        Stake::Undelegate { amount, from, sending } => {
            moves::undelegate(context, &amount, &from, &sending).await
        }
        Stake::Redelegate { amount, from, to, sending } => {
            moves::redelegate(context, &amount, &from, &to, &sending).await
        }
        Stake::Withdraw { from, sending } => {
            claims::withdraw(context, from.as_deref(), &sending).await
        }
        Stake::Claim { from, sending } => claims::claim(context, from.as_deref(), &sending).await,
        Stake::Compound { from, sending } => {
            claims::compound(context, from.as_deref(), &sending).await
        }
        Stake::ClaimCommission { sending } => claims::commission(context, &sending).await,
        operating => operate::run(context, operating).await,
    }
}
