//! `btt receipt`.

use alloy_eips::BlockId;

use crate::context::Context;
use crate::error::{CliError, Code};
use crate::parse;
use crate::render::ReceiptReport;

pub(super) async fn run(context: &Context, text: &str) -> Result<(), CliError> {
    let hash = parse::hash("HASH", text)?;
    let rpc = context.rpc()?;
    let (receipt, finalized) =
        tokio::try_join!(rpc.receipt(hash), rpc.known_block(BlockId::finalized()))?;
    let receipt = receipt.ok_or_else(|| {
        CliError::new(Code::NotFound, format!("no block holds transaction {hash} yet"))
            .hint(format!("Is it waiting? btt tx {hash}"))
    })?;
    context.output.emit(&ReceiptReport::new(&receipt, finalized.header.number))
}
