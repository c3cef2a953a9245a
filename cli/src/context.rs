//! What every command needs: where the node is, where the keys are, how to speak.

use std::path::PathBuf;

use btt_api::keystore::Folder;

use crate::args::Global;
use crate::error::{CliError, Code};
use crate::keys::password::Passwords;
use crate::output::Output;
use crate::rpc::Rpc;

/// The options of one run, resolved.
#[derive(Debug)]
pub struct Context {
    /// Where results and messages go.
    pub output: Output,
    /// The key files.
    pub folder: Folder,
    /// Where passwords come from.
    pub passwords: Passwords,
    /// `--key`, as written.
    pub key_flag: Option<String>,
    rpc_url: String,
}

impl Context {
    /// Resolves the global options. Nothing is opened or asked yet.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`] where no keystore folder can be named.
    pub fn new(global: Global, output: Output) -> Result<Self, CliError> {
        let folder = match global.keystore {
            Some(folder) => folder,
            None => default_keystore()?,
        };
        Ok(Self {
            output,
            folder: Folder::new(folder),
            passwords: Passwords::new(global.password_file),
            key_flag: global.key,
            rpc_url: global.rpc,
        })
    }

    /// A client of the node. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`] for something that is no URL.
    pub fn rpc(&self) -> Result<Rpc, CliError> {
        Rpc::new(&self.rpc_url)
    }
}

fn default_keystore() -> Result<PathBuf, CliError> {
    std::env::home_dir()
        .filter(|home| !home.as_os_str().is_empty())
        .map(|home| home.join(".btt").join("keystore"))
        .ok_or_else(|| {
            CliError::new(Code::InvalidArgument, "this user has no home folder to keep keys in")
                .hint("Say where they are: --keystore DIR")
        })
}
