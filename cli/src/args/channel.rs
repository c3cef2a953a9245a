//! The command line of `btt channel`. That of pools is in `pool.rs`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Pool, Sending};

const OPEN_EXAMPLES: &str = "\
Examples:
  btt channel open --to bob --deposit 500 --price \"3 BTT/MiB\"
  btt channel open --to 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 --deposit \"2,500 BTT\" --expiry 30d --signer hot";

const VOUCHER_EXAMPLES: &str = "\
Examples:
  btt channel voucher 0x12ab… --amount \"12.5 BTT\"           # 12.5 BTT in all, not 12.5 BTT more
  btt channel voucher --stdin < amounts > vouchers         # lines of {\"id\": \"0x…\", \"amount\": \"12.5 BTT\", \"lane\": 0}
  btt channel voucher 0x12ab… --amount 20 --hash-lock 0x… --timeout 2h";

/// The verbs of payment channels. A channel is named by its id, or by the first eight or more digits of one
/// that the wallet knows.
#[derive(Debug, Subcommand)]
pub enum Channel {
    /// Open a channel: deposit BTT for one payee, to be paid by vouchers
    #[command(after_help = OPEN_EXAMPLES)]
    Open(Box<Open>),
    /// Add to a channel's deposit; by its payer this also takes a close request back
    Topup {
        /// The channel
        #[arg(value_name = "ID")]
        id: String,
        /// How much more
        #[arg(value_name = "AMOUNT")]
        amount: String,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Sign a voucher, off the chain: the payee may take so much in all
    #[command(after_help = VOUCHER_EXAMPLES)]
    Voucher(Box<Voucher>),
    /// Print a tick of the newest voucher: it pays so many ticks more
    Tick {
        /// The channel
        #[arg(value_name = "ID")]
        id: String,
        /// How many ticks in all
        #[arg(value_name = "COUNT")]
        count: u32,
        /// The lane of the voucher
        #[arg(long, value_name = "LANE", default_value_t = 0)]
        lane: u32,
        /// The payee of a pool's voucher: an address or a name
        #[arg(long, value_name = "ADDRESS")]
        payee: Option<String>,
    },
    /// Check vouchers against the chain, one result a line
    Verify {
        /// File of vouchers, one a line; - is stdin
        #[arg(value_name = "FILE", default_value = "-")]
        file: PathBuf,
        /// Keep the newest of each channel and lane in the wallet's folder
        #[arg(long)]
        keep: bool,
    },
    /// Be paid by vouchers while the channel goes on; many are settled by batches
    Settle {
        /// File of vouchers, one a line; - is stdin [default: all that the wallet keeps]
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// What a voucher with a condition asks for, 32 bytes in hex
        #[arg(long, value_name = "HEX")]
        secret: Option<String>,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// End a channel as its payee: take what is owed, the rest returns to the payer
    Close {
        /// The channel
        #[arg(value_name = "ID")]
        id: String,
        /// File with the last voucher [default: the one that the wallet keeps]
        #[arg(long, value_name = "FILE")]
        voucher: Option<PathBuf>,
        /// As the operator: the salt that the channel was opened with
        #[arg(long, value_name = "HEX")]
        operator_salt: Option<String>,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// End a channel at once by a split that both sides sign
    CoopClose {
        /// The channel
        #[arg(value_name = "ID")]
        id: String,
        /// What the payee gets of what is left; without --with this prints the signed half
        #[arg(long, value_name = "AMOUNT", required_unless_present = "with")]
        payee_part: Option<String>,
        /// File with the other side's half: signs the same and sends both; - is stdin
        #[arg(long, value_name = "FILE")]
        with: Option<PathBuf>,
        /// Even if the payee would get less than its vouchers are worth
        #[arg(long)]
        force: bool,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Ask for the deposit back: the payee has the grace to settle, then withdraw
    RequestClose {
        /// The channel
        #[arg(value_name = "ID")]
        id: String,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Return to the payer what is left, after the grace of a close request
    Withdraw {
        /// The channel
        #[arg(value_name = "ID")]
        id: String,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Return to the payer what is left, after expiry and grace
    Expire {
        /// The channel
        #[arg(value_name = "ID")]
        id: String,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// List open channels
    List {
        /// Those that this account pays: an address or a name
        #[arg(long, value_name = "ADDRESS")]
        payer: Option<String>,
        /// Those that this account is paid by [default: both of the account of --key]
        #[arg(long, value_name = "ADDRESS", conflicts_with = "payer")]
        payee: Option<String>,
    },
    /// Show a channel, what was paid, and what the wallet keeps of it
    Show {
        /// The channel
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Print what happens to channels as it happens, one event a line
    Watch {
        /// Only this channel or pool
        #[arg(value_name = "ID")]
        id: Option<String>,
        /// End after so many events
        #[arg(long, value_name = "COUNT")]
        count: Option<u64>,
    },
    /// Hand the kept vouchers of a channel to a watchtower, which settles them when you are away
    Entrust {
        /// The channel
        #[arg(value_name = "ID")]
        id: String,
        /// The tower's account, which gets the tip: an address or a name
        #[arg(long, value_name = "ADDRESS")]
        tower: String,
        /// What it may keep of what it settles
        #[arg(long, value_name = "SHARE", default_value = "1%")]
        tip: String,
        /// Until when it may: a span like 30d, or a date
        #[arg(long = "for", value_name = "TIME", default_value = "30d")]
        valid_for: String,
        /// The tower's node [default: that of --rpc]
        #[arg(long, value_name = "URL")]
        tower_rpc: Option<String>,
    },
    /// Print all vouchers that the wallet keeps, one a line
    Export {
        /// File to write; it must not be there yet [default: stdout]
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Keep vouchers of a file, where they are newer than what is kept
    Import {
        /// File of vouchers, one a line; - is stdin
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Pools: one deposit for many payees
    #[command(subcommand)]
    Pool(Box<Pool>),
}

/// Arguments of `channel open`.
#[derive(Debug, Args)]
pub struct Open {
    /// The payee: an address or an account's name
    #[arg(long, value_name = "ADDRESS")]
    pub to: String,
    /// What can be paid in all
    #[arg(long, value_name = "AMOUNT")]
    pub deposit: String,
    /// Who signs vouchers [default: who opens]
    #[arg(long, value_name = "ADDRESS")]
    pub signer: Option<String>,
    /// Who may close for the payee [default: nobody]
    #[arg(long, value_name = "ADDRESS")]
    pub operator: Option<String>,
    /// Time, terms and price.
    #[command(flatten)]
    pub terms: Terms,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// What channels and pools are opened with alike.
#[derive(Debug, Args)]
pub struct Terms {
    /// How long the payee has to settle after a close request [default: 24h; 60s on a chain of one machine]
    #[arg(long, value_name = "TIME")]
    pub grace: Option<String>,
    /// When anyone may end it: 30d, 2027-01-31 or "2027-01-31 12:00" (UTC) [default: never]
    #[arg(long, value_name = "WHEN")]
    pub expiry: Option<String>,
    /// A number of your own in its id, 32 bytes in hex [default: 0]
    #[arg(long, value_name = "HEX")]
    pub salt: Option<String>,
    /// Tells what the deposit buys, such as "3 BTT/MiB"
    #[arg(long, value_name = "PRICE")]
    pub price: Option<String>,
}

/// Arguments of `channel voucher`.
#[derive(Debug, Args)]
pub struct Voucher {
    /// The channel
    #[arg(value_name = "ID", required_unless_present = "stdin")]
    pub id: Option<String>,
    /// What the lane pays in all since the channel was opened
    #[arg(long, value_name = "AMOUNT", required_unless_present = "stdin")]
    pub amount: Option<String>,
    /// What else it says.
    #[command(flatten)]
    pub signing: Signing,
    /// Only with the preimage of this (keccak256, 32 bytes in hex)
    #[arg(long, value_name = "HEX", requires = "timeout", conflicts_with_all = ["ticks", "stdin"])]
    pub hash_lock: Option<String>,
    /// Only until then: 2h, 2027-01-31 or "2027-01-31 12:00" (UTC)
    #[arg(long, value_name = "WHEN", requires = "hash_lock")]
    pub timeout: Option<String>,
    /// Sign for each line of stdin: {"id", "amount", "lane", "payee"}, of which the last two may be left out
    #[arg(long, conflicts_with_all = ["id", "amount", "lane", "ticks", "file"])]
    pub stdin: bool,
}

/// What a voucher says.
#[derive(Debug, Args)]
pub struct Signing {
    /// Which of four parallel sums, 0 to 3
    #[arg(long, value_name = "LANE", default_value_t = 0)]
    pub lane: u32,
    /// How many ticks may follow, at most 1024
    #[arg(long, value_name = "COUNT", requires = "tick_value")]
    pub ticks: Option<u32>,
    /// What a tick pays
    #[arg(long, value_name = "AMOUNT", requires = "ticks")]
    pub tick_value: Option<String>,
    /// Append the voucher to this file, not to stdout
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Even above the deposit, or below what was signed before
    #[arg(long)]
    pub force: bool,
}
