//! The command line of `btt channel pool`.

use std::path::PathBuf;

use clap::Subcommand;

use super::{Sending, Signing, Terms};

/// The verbs of pools.
#[derive(Debug, Subcommand)]
pub enum Pool {
    /// Open a pool: one deposit for many payees, with collateral that is burnt if more is promised
    Open {
        /// What can be paid in all
        #[arg(long, value_name = "AMOUNT")]
        deposit: String,
        /// Burnt if more than the deposit is promised [default: as much as the deposit, the least there may be]
        #[arg(long, value_name = "AMOUNT")]
        collateral: Option<String>,
        /// For at least so many payees: each may claim this part of the deposit at most
        #[arg(long, value_name = "COUNT", default_value_t = 8)]
        min_payees: u16,
        /// Who signs vouchers [default: who opens]
        #[arg(long, value_name = "ADDRESS")]
        signer: Option<String>,
        /// Time, terms and price.
        #[command(flatten)]
        terms: Terms,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Add to a pool's deposit; this also takes a close request back
    Topup {
        /// The pool
        #[arg(value_name = "ID")]
        id: String,
        /// How much more can be paid
        #[arg(value_name = "AMOUNT")]
        amount: String,
        /// How much more collateral [default: what the larger deposit needs]
        #[arg(long, value_name = "AMOUNT")]
        collateral: Option<String>,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Sign a voucher for one payee, off the chain
    Voucher {
        /// The pool
        #[arg(value_name = "ID")]
        id: String,
        /// The payee: an address or an account's name
        #[arg(long, value_name = "ADDRESS")]
        to: String,
        /// What the lane pays this payee in all
        #[arg(long, value_name = "AMOUNT")]
        amount: String,
        /// What else it says.
        #[command(flatten)]
        signing: Signing,
    },
    /// Be paid by vouchers; the same as `channel settle`
    Settle {
        /// File of vouchers, one a line; - is stdin [default: all that the wallet keeps]
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Ask for what is left; run it again after the grace to get it
    Close {
        /// The pool
        #[arg(value_name = "ID")]
        id: String,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Show a pool, and what a payee was paid
    Show {
        /// The pool
        #[arg(value_name = "ID")]
        id: String,
        /// A payee: an address or a name [default: none]
        #[arg(long, value_name = "ADDRESS")]
        payee: Option<String>,
    },
}
