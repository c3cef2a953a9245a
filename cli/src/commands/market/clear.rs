//! `btt market clear`: the chain's own clearing, on a file.

use std::path::Path;
use std::time::Instant;

use btt_runtime::modules::market::clearing::{Book, Outcome, clear};

use crate::context::Context;
use crate::error::{CliError, Code};
use crate::market::{compare::compare, naive, named, read_book};
use crate::render::{CheckedRow, ClearReport, counted, milliseconds};

/// Books with more bids are compared by their allocation and a sample of payments.
const MAX_BIDS_FULLY_PRICED: usize = 5_000;
/// Payments that are compared of larger books.
const SAMPLED_PAYMENTS: usize = 200;

pub(super) fn run(context: &Context, file: &Path, is_checked: bool) -> Result<(), CliError> {
    let known = read_book(file)?;
    let book = &known.book;
    let start = Instant::now();
    let outcome = clear(book).map_err(|error| {
        let name = named(file);
        CliError::new(Code::InvalidArgument, format!("{name} cannot be cleared: {error}"))
    })?;
    let clear_us = micros(start);
    let bids = counted(book.bids.len() as u64, "bid");
    context.output.note(&format!("cleared {bids} in {}", milliseconds(clear_us)));
    let report = ClearReport::new(&known, &outcome);
    match is_checked {
        false => context.output.emit(&report),
        true => {
            let checked = check(context, book, &outcome, clear_us)?;
            context.output.emit(&report.checked(checked))
        }
    }
}

fn micros(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// Solves by the reference solver and compares.
fn check(
    context: &Context,
    book: &Book,
    outcome: &Outcome,
    clear_us: u64,
) -> Result<CheckedRow, CliError> {
    let sample = (book.bids.len() > MAX_BIDS_FULLY_PRICED).then_some(SAMPLED_PAYMENTS);
    if sample.is_some() {
        context.output.note("solving some 200 times more by the slow solver, maybe for minutes");
    }
    let start = Instant::now();
    let reference = naive::solve(book, sample);
    let naive_us = micros(start);
    let agreement = compare(book, outcome, &reference).map_err(|difference| {
        let text = format!("the reference solver disagrees: {difference}");
        CliError::new(Code::ClearingDiffers, text).hint(
            "This is a fault of the chain or of the reference; please report it with the book",
        )
    })?;
    Ok(CheckedRow::new(&agreement, clear_us, naive_us))
}
