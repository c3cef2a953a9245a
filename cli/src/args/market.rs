//! The command line of `btt market`.

use std::path::PathBuf;

use clap::Subcommand;

const CLEAR_EXAMPLES: &str = "\
Examples:
  btt market clear docs/examples/market-book.json
  btt market clear book.json --naive
  btt market clear - --json < book.json";

/// The verbs of the bandwidth market.
#[derive(Debug, Subcommand)]
pub enum Market {
    /// Clear a book of offers and bids as the chain would, without a node
    #[command(after_help = CLEAR_EXAMPLES)]
    Clear {
        /// File with the book, in JSON; - is stdin
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Check the result by a second, slow solver, which solves once more without each winner
        #[arg(long)]
        naive: bool,
    },
}
