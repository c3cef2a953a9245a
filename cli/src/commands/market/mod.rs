//! `btt market`.

mod clear;

use crate::args::Market;
use crate::context::Context;
use crate::error::CliError;

pub(super) fn run(context: &Context, verb: &Market) -> Result<(), CliError> {
    match verb {
        Market::Clear { file, naive } => clear::run(context, file, *naive),
    }
}
