//! The command line of `btt keys`.

use clap::Subcommand;

/// The key verbs.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Make a new key
    New {
        /// The account's name
        #[arg(value_name = "NAME")]
        name: String,
        /// Make it from 12 new words (BIP-39) and show them once
        #[arg(long)]
        mnemonic: bool,
        /// Do not ask before the words are shown
        #[arg(long, requires = "mnemonic")]
        yes_i_know: bool,
    },
    /// Import a private key, a mnemonic or a key file; secrets are asked for or read from stdin
    #[command(after_help = IMPORT_EXAMPLES)]
    Import {
        /// The account's name
        #[arg(value_name = "NAME")]
        name: String,
        /// Import from 12 to 24 words (BIP-39)
        #[arg(long)]
        mnemonic: bool,
        /// Which account of the words: m/44'/60'/0'/0/INDEX
        #[arg(long, value_name = "INDEX", requires = "mnemonic", default_value_t = 0)]
        index: u32,
        /// Another BIP-32 path of the words
        #[arg(long, value_name = "PATH", requires = "mnemonic", conflicts_with = "index")]
        path: Option<String>,
        /// The words have a BIP-39 passphrase; ask for it
        #[arg(long, requires = "mnemonic")]
        passphrase: bool,
    },
    /// List the accounts
    #[command(visible_alias = "ls")]
    List,
    /// Show an account's address
    Show {
        /// The account's name
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Print an account's private key
    Export {
        /// The account's name
        #[arg(value_name = "NAME")]
        name: String,
        /// Do not ask
        #[arg(long)]
        yes_i_know: bool,
    },
    /// Delete an account's key file
    Delete {
        /// The account's name
        #[arg(value_name = "NAME")]
        name: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

const IMPORT_EXAMPLES: &str = "\
Examples:
  btt keys import alice                    asks for the private key
  btt keys import alice --mnemonic         asks for the words
  btt keys import alice --key UTC--2026…   takes over a key file of geth or Foundry
  btt keys import ci --password-file pw < key.txt";
