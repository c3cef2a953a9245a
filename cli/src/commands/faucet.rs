//! `btt faucet`: test BTT on a development chain.

use std::time::Duration;

use btt_api::keystore::SecretKey;
use btt_runtime::primitives::DEV_CHAIN_ID;

use crate::context::Context;
use crate::error::{CliError, Code};
use crate::keys::KeySource;
use crate::parse;
use crate::sending::{self, Intent, Manner};

/// A development chain makes a block when there is work.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) async fn run(context: &Context, to: &str, amount: &str) -> Result<(), CliError> {
    let to = parse::address_or_name("ADDRESS", to, &context.folder)?;
    let value = parse::amount("AMOUNT", amount)?;
    let rpc = context.rpc()?;
    let chain_id = rpc.chain_id().await?;
    if chain_id != DEV_CHAIN_ID {
        return Err(CliError::new(
            Code::WrongChain,
            format!(
                "the faucet is for development chains (id {DEV_CHAIN_ID}); this is chain {chain_id}"
            ),
        )
        .hint("Start one: bttd dev"));
    }
    // The first account of the public test mnemonic: everybody has its key.
    let [first, ..] = btt_genesis::dev_accounts();
    let key = SecretKey::from_bytes(&first.secret_key.0).map_err(|error| {
        CliError::new(Code::Keystore, format!("the test key is broken: {error}"))
    })?;
    let manner = Manner { yes: true, wait: Some(PATIENCE) };
    let source = KeySource::Plain(key);
    let sent = sending::submit(context, &rpc, &source, Intent::transfer(to, value), manner).await?;
    context.output.emit(&sent)?;
    sent.check_success()
}
