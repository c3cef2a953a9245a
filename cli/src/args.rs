//! The command line.

mod channel;
mod gov;
mod keys;
mod market;
mod market_terms;
mod pool;
mod stake;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub use channel::{Channel, Open, Signing, Terms, Voucher};
pub use gov::{Choice, Gov, Propose, Proposing};
pub use keys::Keys;
pub use market::{Bond, Market};
pub use market_terms::{Bid, ChangedOffer, Offer, OfferSpan, Tiers};
pub use pool::Pool;
pub use stake::{AmountOrAll, ConsensusKey, Description, Stake};

/// The wallet of btt-chain.
#[derive(Debug, Parser)]
#[command(name = "btt", version, about, disable_help_subcommand = true, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done, 1 failed, 2 the command line is wrong.")]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// Where the node's JSON-RPC is
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "BTT_RPC_URL",
        hide_env_values = true,
        default_value = "http://127.0.0.1:8545"
    )]
    pub rpc: String,
    /// Whose key: an account's name, a key file, or a 0x private key (better: BTT_PRIVATE_KEY)
    #[arg(long, global = true, value_name = "KEY")]
    pub key: Option<String>,
    /// File with the key's password (else BTT_PASSWORD, else asked for)
    #[arg(long, global = true, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Folder of the key files [default: ~/.btt/keystore]
    #[arg(long, global = true, value_name = "DIR", env = "BTT_KEYSTORE", hide_env_values = true)]
    pub keystore: Option<PathBuf>,
    /// Print results and errors as JSON; amounts are decimal wei
    #[arg(long, global = true)]
    pub json: bool,
    /// Print no progress, only results, errors and questions
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make, import, list, show, export and delete keys
    #[command(subcommand, visible_alias = "key")]
    Keys(Keys),
    /// Show what an account owns
    Balance(Balance),
    /// Send BTT, call a contract with a transaction, or create one
    #[command(after_help = SEND_EXAMPLES)]
    Send(Box<Send>),
    /// Ask a contract, without a transaction
    #[command(after_help = CALL_EXAMPLES)]
    Call(Call),
    /// Stake: delegate, earn, take out; run a validator
    #[command(subcommand)]
    Stake(Box<Stake>),
    /// Payment channels: open, sign vouchers, check, settle, close
    #[command(subcommand, visible_alias = "channels")]
    Channel(Box<Channel>),
    /// Bandwidth market: offer upload, bid for it, sign receipts, see prices
    #[command(subcommand)]
    Market(Box<Market>),
    /// Govern: propose, vote, see parameters and features
    #[command(subcommand)]
    Gov(Gov),
    /// Show a transaction
    Tx {
        /// Its hash
        #[arg(value_name = "HASH")]
        hash: String,
    },
    /// Show what came of a transaction
    Receipt {
        /// Its hash
        #[arg(value_name = "HASH")]
        hash: String,
    },
    /// Show a block
    Block {
        /// Number, hash, or latest, finalized, safe, earliest, pending
        #[arg(value_name = "BLOCK", default_value = "latest")]
        block: String,
    },
    /// Show the chain's state and parameters
    #[command(subcommand)]
    Chain(Chain),
    /// Show the network: consensus, peers, validators, who signed a block
    #[command(subcommand)]
    Net(Net),
    /// Show how the node is; the same as `net status`
    Status,
    /// Sign a message (EIP-191) or typed data (EIP-712)
    Sign(Sign),
    /// Check who signed a message or typed data
    Verify(Verify),
    /// Get test BTT on a development chain
    Faucet {
        /// Who gets it: an address or an account's name
        #[arg(value_name = "ADDRESS")]
        to: String,
        /// How much
        #[arg(value_name = "AMOUNT", default_value = "1000")]
        amount: String,
    },
    /// Call any JSON-RPC method
    Rpc {
        /// The method, such as eth_blockNumber
        #[arg(value_name = "METHOD")]
        method: String,
        /// Its parameters; what is not JSON is taken as a string
        #[arg(value_name = "PARAMS", allow_negative_numbers = true)]
        params: Vec<String>,
    },
    /// Print a completion script, for `source <(btt completions bash)`
    Completions {
        /// The shell
        #[arg(value_name = "SHELL")]
        shell: Shell,
    },
}

const SEND_EXAMPLES: &str = "\
Examples:
  btt send 1.5 --to bob
  btt send --amount \"12.5 BTT\" --to 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 --key alice
  btt send --to 0x5FbDB2315678afecb367f032d93F642f64180aa3 --sig \"transfer(address,uint256)\" bob 100
  btt send --create counter.hex --sig \"constructor(uint256)\" 7";

const CALL_EXAMPLES: &str = "\
Examples:
  btt call 0x5FbDB2315678afecb367f032d93F642f64180aa3 \"balanceOf(address)(uint256)\" alice
  btt call 0x5FbDB2315678afecb367f032d93F642f64180aa3 \"function name() returns (string)\"";

/// Arguments of `balance`.
#[derive(Debug, Args)]
pub struct Balance {
    /// An address or an account's name [default: the account of --key]
    #[arg(value_name = "ADDRESS")]
    pub address: Option<String>,
    /// In which unit
    #[arg(long, value_enum, default_value_t = Unit::Btt)]
    pub unit: Unit,
    /// At which block
    #[arg(long, value_name = "BLOCK", default_value = "latest")]
    pub block: String,
}

/// Units that amounts are shown in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Unit {
    /// 10¹⁸ wei, with thousands grouped
    Btt,
    /// 10⁹ wei
    Gwei,
    /// The smallest unit
    Wei,
}

/// Arguments of `send`.
#[derive(Debug, Args)]
pub struct Send {
    /// The amount; with --sig, the arguments of the call
    #[arg(value_name = "AMOUNT | ARGS", allow_negative_numbers = true)]
    pub positional: Vec<String>,
    /// Who gets it: an address or an account's name
    #[arg(long, value_name = "ADDRESS", required_unless_present = "create")]
    pub to: Option<String>,
    /// The amount, such as "12.5 BTT", "3 gwei", "100 wei"
    #[arg(long, visible_alias = "value", value_name = "AMOUNT")]
    pub amount: Option<String>,
    /// The function to call, such as "transfer(address,uint256)"
    #[arg(long, value_name = "SIGNATURE")]
    pub sig: Option<String>,
    /// Raw call data
    #[arg(long, value_name = "HEX", conflicts_with_all = ["sig", "create"])]
    pub data: Option<String>,
    /// Create a contract from this bytecode, or from a file that holds it in hex
    #[arg(long, value_name = "HEX | FILE", conflicts_with = "to")]
    pub create: Option<String>,
    /// Most gas it may use [default: the node's estimate]
    #[arg(long, value_name = "GAS")]
    pub gas_limit: Option<u64>,
    /// Price of gas of a legacy transaction, such as "10 gwei"
    #[arg(long, value_name = "PRICE", conflicts_with = "priority_fee")]
    pub gas_price: Option<String>,
    /// Tip for the proposer per gas, such as "1 gwei" [default: the node's advice]
    #[arg(long, value_name = "PRICE")]
    pub priority_fee: Option<String>,
    /// Nonce [default: the next one]
    #[arg(long, value_name = "NONCE")]
    pub nonce: Option<u64>,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
    /// Print the hash and do not wait
    #[arg(long = "async")]
    pub no_wait: bool,
    /// How long to wait until it is final
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub timeout: u64,
}

/// How a call of the chain's own contracts is sent.
#[derive(Debug, Clone, Args)]
pub struct Sending {
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
    /// Print the hash and do not wait
    #[arg(long = "async")]
    pub no_wait: bool,
    /// How long to wait until it is final
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub timeout: u64,
}

/// Arguments of `call`.
#[derive(Debug, Args)]
pub struct Call {
    /// The contract: an address or an account's name
    #[arg(value_name = "ADDRESS")]
    pub to: String,
    /// The function with what it returns, such as "balanceOf(address)(uint256)"
    #[arg(value_name = "SIGNATURE", required_unless_present = "data")]
    pub sig: Option<String>,
    /// Its arguments
    #[arg(value_name = "ARGS", allow_negative_numbers = true)]
    pub args: Vec<String>,
    /// Raw call data; the answer is printed in hex
    #[arg(long, value_name = "HEX", conflicts_with = "sig")]
    pub data: Option<String>,
    /// In whose name: an address or an account's name
    #[arg(long, value_name = "ADDRESS")]
    pub from: Option<String>,
    /// BTT that the call brings
    #[arg(long, visible_alias = "value", value_name = "AMOUNT")]
    pub amount: Option<String>,
    /// At which block
    #[arg(long, value_name = "BLOCK", default_value = "latest")]
    pub block: String,
}

/// The chain verbs.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum Chain {
    /// Show id, height, fees and peers
    Info,
    /// Show the chain's parameters with their bounds
    Params,
}

/// The network verbs.
#[derive(Debug, Subcommand)]
pub enum Net {
    /// Show height, round, the node's role, missed blocks and peers [also: btt status]
    Status,
    /// Show whom the node is connected to
    Peers {
        /// File whose first line is the node's admin token
        #[arg(long, value_name = "FILE", env = "BTT_ADMIN_TOKEN_FILE", hide_env_values = true)]
        admin_token_file: Option<PathBuf>,
    },
    /// Show who decides a block, with power and missed blocks
    Validators {
        /// The block's number [default: the next one]
        #[arg(value_name = "HEIGHT")]
        height: Option<u64>,
    },
    /// Show who signed a block
    Commit {
        /// The block's number [default: the newest one]
        #[arg(value_name = "HEIGHT")]
        height: Option<u64>,
    },
}

/// What is signed: text, bytes or typed data.
#[derive(Debug, Args)]
pub struct Sign {
    /// The text to sign
    #[arg(value_name = "MESSAGE", required_unless_present = "typed")]
    pub message: Option<String>,
    /// The message is bytes in hex
    #[arg(long)]
    pub hex: bool,
    /// Sign the EIP-712 typed data of this JSON file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["message", "hex"])]
    pub typed: Option<PathBuf>,
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub struct Verify {
    /// The text that was signed
    #[arg(value_name = "MESSAGE", required_unless_present = "typed")]
    pub message: Option<String>,
    /// The signature: 65 bytes in hex
    #[arg(value_name = "SIGNATURE", required = true)]
    pub signature: String,
    /// Who should have signed: an address or an account's name
    #[arg(long, value_name = "ADDRESS")]
    pub address: String,
    /// The message is bytes in hex
    #[arg(long)]
    pub hex: bool,
    /// Check the EIP-712 typed data of this JSON file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["message", "hex"])]
    pub typed: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::testing::assert_golden;

    fn write_help(command: &mut clap::Command, text: &mut String) {
        let help = command.render_help().to_string();
        let name = command.get_bin_name().unwrap_or("btt");
        text.push_str(&format!("$ {name} --help\n"));
        // The options of every command are approved once.
        let kept = |part: &&str| name == "btt" || !part.starts_with("Options of every command");
        let parts: Vec<&str> = help.split("\n\n").filter(kept).collect();
        text.push_str(&format!("{}\n\n", parts.join("\n\n").trim_end()));
        for verb in command.get_subcommands_mut() {
            write_help(verb, text);
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_texts_are_as_approved() {
        let mut command = Cli::command().term_width(100);
        command.build();
        let mut text = String::new();
        write_help(&mut command, &mut text);
        assert_golden("help.txt", &text);
    }

    #[test]
    fn a_private_key_in_the_environment_is_not_shown_by_help() {
        // BTT_PRIVATE_KEY and BTT_PASSWORD are read by hand: clap would print their values.
        let mut command = Cli::command();
        command.build();
        for argument in command.get_arguments() {
            let variable = argument.get_env().and_then(|name| name.to_str()).unwrap_or_default();
            assert!(!["BTT_PRIVATE_KEY", "BTT_PASSWORD"].contains(&variable), "{variable}");
        }
    }
}
