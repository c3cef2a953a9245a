//! The command line of `btt stake`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Sending;

const CREATE_EXAMPLES: &str = "\
The consensus key signs blocks; it never needs to leave the validator's machine. There:
  bttd keys possession --datadir ./data --operator ADDRESS
and where the operator's key is, with what that prints:
  btt stake create-validator --name \"my node\" --commission 5% --self-stake \"1,000,000 BTT\" \\
    --public-key 0x02… --possession 0x…";

const DELEGATE_EXAMPLES: &str = "\
Examples:
  btt stake delegate 1000 --to \"my node\"
  btt stake delegate \"2,500.5 BTT\" --to 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 --key alice";

/// The staking verbs. A validator is named by its operator's address, or by its name where only one has it.
#[derive(Debug, Subcommand)]
pub enum Stake {
    /// List validators
    #[command(visible_alias = "validators")]
    List {
        /// Only those: candidate, active, jailed, tombstoned, maintenance, exited
        #[arg(long, value_name = "STATUS")]
        status: Option<String>,
    },
    /// Show a validator, or all that an account has at stake
    Show {
        /// A validator, an address or an account's name [default: the account of --key]
        #[arg(value_name = "WHO")]
        who: Option<String>,
    },
    /// Show rewards that are not claimed yet
    Rewards {
        /// An address or an account's name [default: the account of --key]
        #[arg(value_name = "ADDRESS")]
        who: Option<String>,
    },
    /// Show stake on its way out, and when it unlocks
    Unbonding {
        /// An address or an account's name [default: the account of --key]
        #[arg(value_name = "ADDRESS")]
        who: Option<String>,
    },
    /// Show who was slashed, and what is still open
    Slashes {
        /// How many of the newest
        #[arg(long, value_name = "COUNT", default_value_t = 20)]
        limit: u64,
    },
    /// Delegate BTT to a validator
    #[command(after_help = DELEGATE_EXAMPLES)]
    Delegate {
        /// How much, such as 1000 or "2,500.5 BTT"
        #[arg(value_name = "AMOUNT")]
        amount: String,
        /// The validator
        #[arg(long, value_name = "VALIDATOR")]
        to: String,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Take stake out of a validator; it unlocks after the unbonding time
    Undelegate {
        /// How much.
        #[command(flatten)]
        amount: AmountOrAll,
        /// The validator
        #[arg(long, value_name = "VALIDATOR")]
        from: String,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Move stake to another validator at once
    Redelegate {
        /// How much.
        #[command(flatten)]
        amount: AmountOrAll,
        /// The validator that has it
        #[arg(long, value_name = "VALIDATOR")]
        from: String,
        /// The validator that gets it
        #[arg(long, value_name = "VALIDATOR")]
        to: String,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Pay out stake that has unlocked
    Withdraw {
        /// The validator it was with [default: the only one with unlocked stake]
        #[arg(long, value_name = "VALIDATOR")]
        from: Option<String>,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Pay out rewards
    Claim {
        /// Of this validator only [default: of all]
        #[arg(long, value_name = "VALIDATOR")]
        from: Option<String>,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Delegate rewards to the validator that they come from
    Compound {
        /// The validator [default: the only one with rewards]
        #[arg(long, value_name = "VALIDATOR")]
        from: Option<String>,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Become the operator of a validator
    #[command(after_help = CREATE_EXAMPLES)]
    CreateValidator {
        /// What people see of it.
        #[command(flatten)]
        description: Description,
        /// Stake of its own, such as "1,000,000 BTT"
        #[arg(long, value_name = "AMOUNT")]
        self_stake: String,
        /// What it keeps of its delegators' rewards, such as 5%
        #[arg(long, value_name = "PERCENT")]
        commission: String,
        /// The most it may ever keep; cannot be changed later
        #[arg(long, value_name = "PERCENT", default_value = "20%")]
        max_commission: String,
        /// The largest rise of commission in a day; cannot be changed later
        #[arg(long, value_name = "PERCENT", default_value = "1%")]
        max_commission_change: String,
        /// The key that signs blocks.
        #[command(flatten)]
        consensus_key: ConsensusKey,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Change the validator's name and website
    Edit {
        /// New name [default: as it is]
        #[arg(long, value_name = "NAME", required_unless_present = "website")]
        name: Option<String>,
        /// New website [default: as it is]
        #[arg(long, value_name = "URL")]
        website: Option<String>,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Change the validator's commission
    Commission {
        /// What it keeps of its delegators' rewards, such as 5%
        #[arg(value_name = "PERCENT")]
        percent: String,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Replace the validator's consensus key at the next epoch
    RotateKey {
        /// The key that signs blocks.
        #[command(flatten)]
        consensus_key: ConsensusKey,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Pay out the validator's commission
    ClaimCommission {
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Bring the validator back from jail
    Unjail {
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Let the validator stand for election where its stake suffices
    EnterRanking {
        /// The validator [default: the account's own]
        #[arg(value_name = "VALIDATOR")]
        validator: Option<String>,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// Leave the validator set for some epochs, without being jailed
    Maintenance {
        /// For how many epochs, from the next one on
        #[arg(value_name = "EPOCHS")]
        epochs: u64,
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
    /// End the validator for good
    Exit {
        /// How it is sent.
        #[command(flatten)]
        sending: Sending,
    },
}

/// An amount, or all there is.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct AmountOrAll {
    /// How much, such as 1000 or "2,500.5 BTT"
    #[arg(value_name = "AMOUNT")]
    pub amount: Option<String>,
    /// All that is free
    #[arg(long)]
    pub all: bool,
}

/// What people see of a validator.
#[derive(Debug, Args)]
pub struct Description {
    /// Its name, at most 32 bytes
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// Where to read about it, at most 64 bytes
    #[arg(long, value_name = "URL", default_value = "")]
    pub website: String,
}

/// A consensus key: its file, or its public key and proof of possession.
#[derive(Debug, Args)]
pub struct ConsensusKey {
    /// The key's file: 64 hex digits or a V3 keystore, as `bttd keys new` makes it
    #[arg(long, value_name = "FILE", required_unless_present = "public_key")]
    pub consensus_key_file: Option<PathBuf>,
    /// File with the password of that key file (else asked for)
    #[arg(long, value_name = "FILE", requires = "consensus_key_file")]
    pub consensus_password_file: Option<PathBuf>,
    /// The compressed public key, as `bttd keys possession` prints it
    #[arg(
        long,
        value_name = "HEX",
        conflicts_with = "consensus_key_file",
        requires = "possession"
    )]
    pub public_key: Option<String>,
    /// The proof of possession, as `bttd keys possession` prints it
    #[arg(long, value_name = "HEX", requires = "public_key")]
    pub possession: Option<String>,
}
