//! `btt keys`.

use std::path::PathBuf;

use alloy_primitives::Address;
use btt_api::keystore::kdf::ScryptParams;
use btt_api::keystore::{KeyFile, SecretKey};
use serde::{Serialize, Serializer};
use zeroize::Zeroizing;

use crate::args::Keys;
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::keys::hd::{Mnemonic, Path};
use crate::keys::{KeySource, prompt};
use crate::output::Report;
use crate::render::Fields;

/// An account as `new`, `import` and `show` print it.
#[derive(Debug, Serialize)]
struct AccountReport {
    name: String,
    address: Option<Address>,
    path: PathBuf,
}

impl Report for AccountReport {
    fn human(&self) -> String {
        self.address.map_or_else(|| "unknown".to_owned(), |address| address.to_string())
    }
}

/// A new account with the words that can restore it.
#[derive(Serialize)]
struct WordsReport {
    #[serde(flatten)]
    account: AccountReport,
    #[serde(serialize_with = "plain")]
    mnemonic: Zeroizing<String>,
}

impl Report for WordsReport {
    fn human(&self) -> String {
        format!("{}\n{}", self.account.human(), self.mnemonic.as_str())
    }
}

#[derive(Serialize)]
struct ExportReport {
    name: String,
    address: Address,
    #[serde(serialize_with = "plain")]
    private_key: Zeroizing<String>,
}

impl Report for ExportReport {
    fn human(&self) -> String {
        self.private_key.as_str().to_owned()
    }
}

#[derive(Debug, Serialize)]
struct ListReport {
    accounts: Vec<AccountReport>,
}

impl Report for ListReport {
    fn human(&self) -> String {
        let lines = self.accounts.iter().fold(Fields::new(), |fields, account| {
            let address = account.address.map(|address| address.to_string());
            fields.line(
                &account.name,
                address.unwrap_or_else(|| format!("(see: btt keys show {})", account.name)),
            )
        });
        lines.render()
    }
}

#[derive(Debug, Serialize)]
struct DeleteReport {
    name: String,
    deleted: bool,
}

impl Report for DeleteReport {
    fn human(&self) -> String {
        format!("deleted {}", self.name)
    }
}

fn plain<S: Serializer>(secret: &Zeroizing<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret)
}

pub(super) fn run(context: &Context, verb: Keys) -> Result<(), CliError> {
    match verb {
        Keys::New { name, mnemonic: false, .. } => {
            context.folder.check_free(&name)?;
            let report = store(context, name, &SecretKey::random()?)?;
            context.output.emit(&report)
        }
        Keys::New { name, mnemonic: true, yes_i_know } => new_from_words(context, name, yes_i_know),
        Keys::Import { name, mnemonic, index, path, passphrase } => {
            context.folder.check_free(&name)?;
            let key = if mnemonic {
                let path = path.map_or(Ok(Path::ethereum(index)), |path| path.parse())?;
                import_words(&path, passphrase)?
            } else {
                import_key(context)?
            };
            let report = store(context, name, &key)?;
            context.output.emit(&report)
        }
        Keys::List => list(context),
        Keys::Show { name } => {
            let path = context.folder.path_of(&name)?;
            let file = Box::new(context.folder.read(&name)?);
            let source = KeySource::File { label: name.clone(), file };
            let (address, _) = source.address_or_unlock(context)?;
            context.output.emit(&AccountReport { name, address: Some(address), path })
        }
        Keys::Export { name, yes_i_know } => export(context, name, yes_i_know),
        Keys::Delete { name, yes } => {
            context.folder.path_of(&name)?;
            if !yes {
                let question =
                    format!("Delete {name}? Without a copy of its key, its BTT is lost for ever.");
                prompt::confirm(context.output, &question, "add --yes")?;
            }
            context.folder.delete(&name)?;
            context.output.emit(&DeleteReport { name, deleted: true })
        }
    }
}

fn store(context: &Context, name: String, key: &SecretKey) -> Result<AccountReport, CliError> {
    let password = context.passwords.new_password(context.output, &name)?;
    let file = KeyFile::encrypt(key, &password, ScryptParams::STANDARD)?;
    let path = context.folder.create(&name, &file)?;
    context.output.note(&format!("{name} is in {}", path.display()));
    Ok(AccountReport { name, address: Some(key.address()), path })
}

fn new_from_words(context: &Context, name: String, yes_i_know: bool) -> Result<(), CliError> {
    context.folder.check_free(&name)?;
    if !yes_i_know {
        let question = "The 12 words will be shown once; whoever sees them has the key. Go on?";
        prompt::confirm(context.output, question, "add --yes-i-know")?;
    }
    let words = Mnemonic::random()?;
    let key = words.derive("", &Path::ethereum(0))?;
    let account = store(context, name, &key)?;
    context.output.note("Write these words down; they restore the key without file or password.");
    context.output.emit(&WordsReport { account, mnemonic: words.phrase() })
}

fn import_words(path: &Path, passphrase: bool) -> Result<SecretKey, CliError> {
    let words = Mnemonic::parse(&prompt::secret_or_stdin("Words")?)?;
    let passphrase =
        if passphrase { prompt::secret("Passphrase of the words")? } else { Zeroizing::default() };
    words.derive(&passphrase, path)
}

fn import_key(context: &Context) -> Result<SecretKey, CliError> {
    if let Some(text) = &context.key_flag {
        return KeySource::parse("--key", text, context)?.unlock(context);
    }
    SecretKey::from_hex(&prompt::secret_or_stdin("Private key")?).map_err(|error| {
        CliError::new(Code::InvalidArgument, error.to_string())
            .hint("For words: add --mnemonic. For a key file: add --key FILE")
    })
}

fn list(context: &Context) -> Result<(), CliError> {
    let accounts: Vec<AccountReport> = context
        .folder
        .list()?
        .into_iter()
        .map(|account| AccountReport {
            name: account.name,
            address: account.address,
            path: account.path,
        })
        .collect();
    if accounts.is_empty() && !context.output.is_json() {
        context.output.note(&format!(
            "no accounts in {}; make one: btt keys new NAME",
            context.folder.path().display()
        ));
        return Ok(());
    }
    context.output.emit(&ListReport { accounts })
}

fn export(context: &Context, name: String, yes_i_know: bool) -> Result<(), CliError> {
    let file = Box::new(context.folder.read(&name)?);
    if !yes_i_know {
        let question = format!("Print the private key of {name}? Whoever sees it has the BTT.");
        prompt::confirm(context.output, &question, "add --yes-i-know")?;
    }
    let key = KeySource::File { label: name.clone(), file }.unlock(context)?;
    context.output.emit(&ExportReport { name, address: key.address(), private_key: key.to_hex() })
}
