//! `btt block`.

use crate::context::Context;
use crate::error::{CliError, Code};
use crate::parse;
use crate::render::BlockReport;

pub(super) async fn run(context: &Context, text: &str) -> Result<(), CliError> {
    let id = parse::block(text)?;
    let block = context.rpc()?.block(id).await?.ok_or_else(|| {
        CliError::new(Code::NotFound, format!("the node has no block {text}"))
            .hint("The newest: btt block latest")
    })?;
    context.output.emit(&BlockReport::from(&block))
}
