//! `btt tx`.

use alloy_eips::BlockId;

use crate::context::Context;
use crate::error::{CliError, Code};
use crate::parse;
use crate::render::TransactionReport;

pub(super) async fn run(context: &Context, text: &str) -> Result<(), CliError> {
    let hash = parse::hash("HASH", text)?;
    let rpc = context.rpc()?;
    let (transaction, finalized) =
        tokio::try_join!(rpc.transaction(hash), rpc.known_block(BlockId::finalized()))?;
    let transaction = transaction.ok_or_else(|| {
        CliError::new(Code::NotFound, format!("the node knows no transaction {hash}"))
            .hint("Is it of this chain? btt chain info")
    })?;
    context.output.emit(&TransactionReport::new(&transaction, finalized.header.number))
}
