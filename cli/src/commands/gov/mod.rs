//! `btt gov`: one file for each kind of verb.

mod look;
mod propose;
mod values;
mod vote;

use crate::args::Gov;
use crate::context::Context;
use crate::error::CliError;

pub(super) async fn run(context: &Context, verb: Gov) -> Result<(), CliError> {
    match verb {
        Gov::List { status, limit } => look::list(context, status.as_deref(), limit).await,
        Gov::Show { id } => look::show(context, id).await,
        Gov::Params => look::params(context).await,
        Gov::Features => look::features(context).await,
        Gov::Propose(what) => propose::run(context, what).await,
        Gov::Deposit { id, amount, sending } => vote::deposit(context, id, &amount, &sending).await,
        Gov::Vote { id, choice, only, delegations, sending } => {
            vote::vote(context, id, choice, &only, delegations, &sending).await
        }
        Gov::Reclaim { id, sending } => vote::reclaim(context, id, &sending).await,
    }
}
