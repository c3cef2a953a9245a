//! The command line of `btt gov`.

use clap::{Args, Subcommand, ValueEnum};

use super::Sending;

const PROPOSE_EXAMPLES: &str = "\
Examples:
  btt gov propose param blockGasLimit=80000000 --title \"Larger blocks\" --deposit \"10,000 BTT\"
  btt gov propose param \"minDelegationWei=5 BTT\" unbondingS=14d --title \"…\" --deposit 10000
  btt gov propose spend 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 \"250,000 BTT\" --title \"…\" --deposit 10000
  btt gov propose feature market-2 --min-version 0.3.0 --title \"…\" --deposit 10000";

/// The governance verbs.
#[derive(Debug, Subcommand)]
pub enum Gov {
    /// List proposals, newest first
    List {
        /// Only those: deposit, voting, passed, rejected, vetoed, noQuorum, expired, enacted, failed
        #[arg(long, value_name = "STATUS")]
        status: Option<String>,
        /// At most so many
        #[arg(long, value_name = "COUNT", default_value_t = 20)]
        limit: u64,
    },
    /// Show a proposal and how its vote stands
    Show {
        /// Its number
        #[arg(value_name = "ID")]
        id: u64,
    },
    /// Show every parameter that a vote may change, with its range
    Params,
    /// Show features that votes turned on
    Features,
    /// Make a proposal
    #[command(subcommand, after_help = PROPOSE_EXAMPLES)]
    Propose(Propose),
    /// Add to a proposal's deposit
    Deposit {
        /// Its number
        #[arg(value_name = "ID")]
        id: u64,
        /// How much, such as "10,000 BTT"
        #[arg(value_name = "AMOUNT")]
        amount: String,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Vote with the account's validator, or else with its delegations
    Vote {
        /// The proposal's number
        #[arg(value_name = "ID")]
        id: u64,
        /// For what
        #[arg(value_name = "CHOICE")]
        choice: Choice,
        /// Vote with the delegation to this validator only; may be repeated
        #[arg(long, value_name = "VALIDATOR")]
        only: Vec<String>,
        /// Vote with the delegations even though the account operates a validator
        #[arg(long)]
        delegations: bool,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Take the deposit of a proposal back that is over
    Reclaim {
        /// Its number
        #[arg(value_name = "ID")]
        id: u64,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
}

/// What is proposed.
#[derive(Debug, Subcommand)]
pub enum Propose {
    /// Change parameters
    Param {
        /// Each as NAME=VALUE; see: btt gov params
        #[arg(value_name = "NAME=VALUE", required = true)]
        changes: Vec<String>,
        /// How it is proposed.
        #[command(flatten)]
        proposing: Proposing,
    },
    /// Pay out of the treasury
    Spend {
        /// Who gets it: an address or an account's name
        #[arg(value_name = "ADDRESS")]
        to: String,
        /// How much, such as "250,000 BTT"
        #[arg(value_name = "AMOUNT")]
        amount: String,
        /// How it is proposed.
        #[command(flatten)]
        proposing: Proposing,
    },
    /// Turn new rules on, once two thirds of the power are ready
    Feature {
        /// Their name
        #[arg(value_name = "NAME")]
        name: String,
        /// The least version of bttd that knows them
        #[arg(long, value_name = "VERSION")]
        min_version: String,
        /// How it is proposed.
        #[command(flatten)]
        proposing: Proposing,
    },
    /// Cancel an open slash
    CancelSlash {
        /// Whose
        #[arg(value_name = "VALIDATOR")]
        validator: String,
        /// How it is proposed.
        #[command(flatten)]
        proposing: Proposing,
    },
    /// Let a module whose hook failed work again
    Unpause {
        /// Its name, such as staking, or its address
        #[arg(value_name = "MODULE")]
        module: String,
        /// How it is proposed.
        #[command(flatten)]
        proposing: Proposing,
    },
}

/// How something is proposed.
#[derive(Debug, Args)]
pub struct Proposing {
    /// What it is about, in a line of at most 128 bytes
    #[arg(long, value_name = "TEXT")]
    pub title: String,
    /// The first deposit, such as "10,000 BTT"; returned unless the proposal is vetoed
    #[arg(long, value_name = "AMOUNT")]
    pub deposit: String,
    /// Take the short track, with a larger deposit and threshold
    #[arg(long)]
    pub expedited: bool,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// A vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Choice {
    /// For it
    Yes,
    /// Against it
    No,
    /// Against it, and its deposits shall be burnt
    Veto,
    /// Count for the quorum only
    Abstain,
}
