//! One file a verb. Each reads its arguments, asks the node or the keystore, and emits one report.

mod balance;
mod block;
mod call;
mod chain;
mod channel;
mod completions;
mod faucet;
mod gov;
mod keys;
mod market;
mod message;
mod net;
mod receipt;
mod rpc;
mod send;
mod sign;
mod stake;
mod tx;
mod verify;

use crate::args::Command;
use crate::context::Context;
use crate::error::CliError;

/// Runs one verb.
///
/// # Errors
/// Whatever the verb says; nothing has been printed to stdout then, except where `send` reports a
/// reverted transaction.
pub async fn run(context: &Context, command: Command) -> Result<(), CliError> {
    match command {
        Command::Keys(verb) => keys::run(context, verb),
        Command::Balance(arguments) => balance::run(context, &arguments).await,
        Command::Send(arguments) => send::run(context, &arguments).await,
        Command::Call(arguments) => call::run(context, &arguments).await,
        Command::Stake(verb) => Box::pin(stake::run(context, *verb)).await,
        Command::Channel(verb) => Box::pin(channel::run(context, *verb)).await,
        Command::Market(verb) => Box::pin(market::run(context, *verb)).await,
        Command::Gov(verb) => Box::pin(gov::run(context, verb)).await,
        Command::Tx { hash } => tx::run(context, &hash).await,
        Command::Receipt { hash } => receipt::run(context, &hash).await,
        Command::Block { block } => block::run(context, &block).await,
        Command::Chain(verb) => chain::run(context, verb).await,
        Command::Net(verb) => net::run(context, &verb).await,
        Command::Status => net::status(context).await,
        Command::Sign(arguments) => sign::run(context, &arguments),
        Command::Verify(arguments) => verify::run(context, &arguments),
        Command::Faucet { to, amount } => faucet::run(context, &to, &amount).await,
        Command::Rpc { method, params } => rpc::run(context, &method, &params).await,
        Command::Completions { shell } => completions::run(context, shell),
    }
}
