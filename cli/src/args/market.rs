//! The command line of `btt market`. What a bid, an offer and a tier say is in `market_terms.rs`.

use std::path::PathBuf;

use clap::Subcommand;

use super::{Bid, ChangedOffer, Offer, Sending, Tiers};
use crate::parse::{any, whole};

/// Most entries of a list that a node answers with.
const MAX_ENTRIES: u64 = 1_000;

const CLEAR_EXAMPLES: &str = "\
Examples:
  btt market clear docs/examples/market-book.json
  btt market clear book.json --naive
  btt market clear - --json < book.json";

const OFFER_EXAMPLES: &str = "\
Examples:
  btt market offer --swarm 2b66980093bc11806fab50cb3cb41835b95a0362 --capacity 100 --reserve 0.02
  btt market offer --swarm \"magnet:?xt=urn:btih:2b66…\" --capacity 10 --reserve \"0.05 BTT\" --epochs 30";

const BID_EXAMPLES: &str = "\
Examples:
  btt market bid --swarm 2b66980093bc11806fab50cb3cb41835b95a0362 --units 4 --price 0.05
  btt market bid --swarm 2b66… --units 2 --price 0.05 --tier 0.03x4          # 2 units, and 4 more if they are cheap
  btt market bid --swarm 2b66… --units 4 --price 0.05 --ceiling 0.1 --no-wait && btt market reveal --wait";

/// The verbs of the bandwidth market. A unit is 8 MiB delivered within a lease; prices are BTT for a unit. A swarm
/// is a torrent's infohash (40 or 64 hex digits) or its magnet link.
#[derive(Debug, Subcommand)]
pub enum Market {
    /// Offer upload capacity, from the next epoch on
    #[command(after_help = OFFER_EXAMPLES)]
    Offer(Box<Offer>),
    /// List standing offers
    Offers {
        /// Those for this swarm
        #[arg(long, value_name = "SWARM")]
        swarm: Option<String>,
        /// Those of this seller: an address or a name [default: the account of --key]
        #[arg(long, value_name = "ADDRESS", conflicts_with = "swarm")]
        seller: Option<String>,
    },
    /// Replace an offer from the next epoch on; what is not named stays
    Change(Box<ChangedOffer>),
    /// End an offer with the current epoch
    Withdraw {
        /// The offer
        #[arg(value_name = "OFFER", value_parser = any::<u64>)]
        id: u64,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Show, add to or take from a seller's bond
    Bond {
        /// What to do [default: show]
        #[command(subcommand)]
        verb: Option<Bond>,
    },
    /// Show a seller: bond, offers, and what it delivered of what it leased
    Seller {
        /// Who: an address or a name [default: the account of --key]
        #[arg(value_name = "ADDRESS")]
        seller: Option<String>,
    },
    /// Bid for units of a swarm: seal, reveal when it is time, and wait for the award
    #[command(after_help = BID_EXAMPLES)]
    Bid(Box<Bid>),
    /// Reveal the bids that the wallet keeps; without it they bid their ceiling
    Reveal {
        /// Only this bid
        #[arg(value_name = "BID", value_parser = any::<u64>)]
        id: Option<u64>,
        /// Wait for the reveal phase
        #[arg(long)]
        wait: bool,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// End a standing bid with its current epoch
    Cancel {
        /// The bid
        #[arg(value_name = "BID", value_parser = any::<u64>)]
        id: u64,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Show the epoch, its phase, and an account's bids and open leases
    Status {
        /// Whose: an address or a name [default: the account of --key]
        #[arg(value_name = "ADDRESS")]
        account: Option<String>,
    },
    /// List what an account's bids came to
    Awards {
        /// Whose: an address or a name [default: the account of --key]
        #[arg(value_name = "ADDRESS")]
        account: Option<String>,
        /// At most so many
        #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = whole(1..=MAX_ENTRIES))]
        limit: u64,
    },
    /// List an account's leases, as buyer and as seller
    Leases {
        /// Whose: an address or a name [default: the account of --key]
        #[arg(value_name = "ADDRESS")]
        account: Option<String>,
        /// At most so many
        #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = whole(1..=MAX_ENTRIES))]
        limit: u64,
    },
    /// Show what a swarm's units cost in the newest epochs
    Prices {
        /// The swarm
        #[arg(long, value_name = "SWARM")]
        swarm: String,
        /// At most so many epochs
        #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = whole(1..=MAX_ENTRIES))]
        limit: u64,
    },
    /// Show what a bid would have won and paid in the newest epochs
    Simulate {
        /// The swarm
        #[arg(long, value_name = "SWARM")]
        swarm: String,
        /// What it bids.
        #[command(flatten)]
        tiers: Tiers,
        /// In so many epochs, at most 8
        #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = whole(1..=8u32))]
        epochs: u32,
    },
    /// Sign a receipt, off the chain: so much of a lease was delivered in all
    Receipt {
        /// The lease; the first digits of its id stand for it
        #[arg(value_name = "LEASE")]
        lease: String,
        /// Bytes, such as 8388608 or 24MiB, or `all`
        #[arg(value_name = "BYTES")]
        delivered: String,
        /// Hand it in as well
        #[arg(long)]
        submit: bool,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Hand receipts in; anyone may, and only the highest of a lease counts
    Submit {
        /// File of receipts, one a line; - is stdin
        #[arg(value_name = "FILE", default_value = "-")]
        file: PathBuf,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Print what happens in the market as it happens, one event a line
    Watch {
        /// Only what concerns this swarm
        #[arg(long, value_name = "SWARM")]
        swarm: Option<String>,
        /// Only what concerns this account: an address or a name
        #[arg(long, value_name = "ADDRESS")]
        account: Option<String>,
        /// End after so many events
        #[arg(long, value_name = "COUNT", value_parser = any::<u64>)]
        count: Option<u64>,
    },
    /// Print the book of an epoch as `clear` reads it
    Book {
        /// The epoch [default: the newest whose book is frozen]
        #[arg(long, value_name = "EPOCH", value_parser = any::<u32>)]
        epoch: Option<u32>,
    },
    /// Clear a book of offers and bids of any size by the chain's own code, without a node
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

/// What is done with a bond.
#[derive(Debug, Subcommand)]
pub enum Bond {
    /// Show a seller's bond and what its offers bind of it
    Show {
        /// Who: an address or a name [default: the account of --key]
        #[arg(value_name = "ADDRESS")]
        seller: Option<String>,
    },
    /// Add to it
    Add {
        /// How much
        #[arg(value_name = "AMOUNT")]
        amount: String,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Take out what no offer binds
    Take {
        /// How much [default: all that is free]
        #[arg(value_name = "AMOUNT")]
        amount: Option<String>,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
}
