//! A folder of key files, one an account, named as the account.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use alloy_primitives::Address;

use super::secret::random_bytes;
use super::{KeyFile, KeystoreError, MAX_FILE_BYTES};

/// Longest account name, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// An account as the folder lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The file's name.
    pub name: String,
    /// The address the file states; Foundry's files state none.
    pub address: Option<Address>,
    /// The file.
    pub path: PathBuf,
}

/// A folder of key files. It need not exist until the first key is created.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where the folder is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether an account of this name is there.
    pub fn contains(&self, name: &str) -> bool {
        is_plain_name(name) && self.path.join(name).is_file()
    }

    /// All accounts, by name. Files that are no version 3 key files are left out.
    ///
    /// # Errors
    /// [`KeystoreError::Io`]; a folder that is not there lists as empty.
    pub fn list(&self) -> Result<Vec<Account>, KeystoreError> {
        let io = |source| io_error("list", &self.path, source);
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(io(error)),
        };
        let mut accounts = Vec::new();
        for entry in entries {
            let path = entry.map_err(io)?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if name.starts_with('.') || !path.is_file() {
                continue;
            }
            if let Ok(file) = read_file(&path) {
                accounts.push(Account { name: name.to_owned(), address: file.address(), path });
            }
        }
        accounts.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(accounts)
    }

    /// Reads the file of one account.
    ///
    /// # Errors
    /// [`KeystoreError::NoSuchAccount`], or what [`KeyFile::parse`] says.
    pub fn read(&self, name: &str) -> Result<KeyFile, KeystoreError> {
        let path = self.path_of(name)?;
        read_file(&path)
    }

    /// Checks that `name` is a good name and still free.
    ///
    /// # Errors
    /// [`KeystoreError::InvalidName`] and [`KeystoreError::AlreadyExists`].
    pub fn check_free(&self, name: &str) -> Result<(), KeystoreError> {
        if !is_good_name(name) {
            return Err(KeystoreError::InvalidName(name.to_owned()));
        }
        if self.path.join(name).symlink_metadata().is_ok() {
            return Err(self.already_exists(name));
        }
        Ok(())
    }

    /// Writes a new account; an existing one is never replaced.
    ///
    /// The name is claimed with `O_EXCL`, so that two writers cannot both have it; the content is
    /// written beside it with mode 0600, made durable and renamed onto it, so that no reader ever sees
    /// half a file.
    ///
    /// # Errors
    /// As [`Self::check_free`], and [`KeystoreError::Io`].
    pub fn create(&self, name: &str, file: &KeyFile) -> Result<PathBuf, KeystoreError> {
        self.check_free(name)?;
        create_private_folder(&self.path).map_err(|e| io_error("create", &self.path, e))?;
        let mut suffix = [0u8; 8];
        random_bytes(&mut suffix)?;
        let temporary =
            self.path.join(format!(".{name}.{}.new", alloy_primitives::hex::encode(suffix)));
        let target = self.path.join(name);
        match create_private(&target) {
            Ok(_claim) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return Err(self.already_exists(name));
            }
            Err(error) => return Err(io_error("write", &target, error)),
        }
        let written = write_durably(&temporary, file.to_json().as_bytes())
            .and_then(|()| fs::rename(&temporary, &target))
            .and_then(|()| File::open(&self.path)?.sync_all());
        if let Err(error) = written {
            // Leave neither half a file nor an empty claim; the first error is the one to report.
            let _ = fs::remove_file(&temporary);
            let _ = fs::remove_file(&target);
            return Err(io_error("write", &target, error));
        }
        Ok(target)
    }

    /// Deletes an account's file.
    ///
    /// # Errors
    /// [`KeystoreError::NoSuchAccount`] and [`KeystoreError::Io`].
    pub fn delete(&self, name: &str) -> Result<(), KeystoreError> {
        let path = self.path_of(name)?;
        fs::remove_file(&path).map_err(|error| io_error("delete", &path, error))
    }

    /// The file of an account that is there.
    ///
    /// # Errors
    /// [`KeystoreError::NoSuchAccount`].
    pub fn path_of(&self, name: &str) -> Result<PathBuf, KeystoreError> {
        if !self.contains(name) {
            let (name, folder) = (name.to_owned(), self.path.clone());
            return Err(KeystoreError::NoSuchAccount { name, folder });
        }
        Ok(self.path.join(name))
    }

    fn already_exists(&self, name: &str) -> KeystoreError {
        KeystoreError::AlreadyExists { name: name.to_owned(), folder: self.path.clone() }
    }
}

impl KeyFile {
    /// Reads a key file anywhere.
    ///
    /// # Errors
    /// [`KeystoreError::Io`], or what [`KeyFile::parse`] says.
    pub fn read(path: &Path) -> Result<Self, KeystoreError> {
        read_file(path)
    }
}

fn read_file(path: &Path) -> Result<KeyFile, KeystoreError> {
    let io = |error| io_error("read", path, error);
    let mut text = String::new();
    let limit = MAX_FILE_BYTES as u64 + 1;
    File::open(path).map_err(io)?.take(limit).read_to_string(&mut text).map_err(io)?;
    KeyFile::parse(&text)
}

/// A name for new accounts: nothing that a shell, a path or an address could be mistaken for.
fn is_good_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    name.len() <= MAX_NAME_BYTES
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && !name.to_ascii_lowercase().starts_with("0x")
        && name.bytes().all(plain)
}

/// A name that stays inside the folder. Others' files may be called what ours may not.
fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0'])
}

fn create_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn write_durably(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = create_private(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn create_private_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn io_error(action: &'static str, path: &Path, source: std::io::Error) -> KeystoreError {
    KeystoreError::Io { action, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::super::SecretKey;
    use super::super::file::tests::FAST;
    use super::*;

    fn some_file() -> (SecretKey, KeyFile) {
        let key = SecretKey::random().unwrap();
        let file = KeyFile::encrypt(&key, "pw", FAST).unwrap();
        (key, file)
    }

    #[test]
    fn a_created_account_is_listed_read_and_deleted() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path().join("deep/keystore"));
        assert_eq!(folder.list().unwrap(), []);
        let (key, file) = some_file();
        let path = folder.create("alice", &file).unwrap();
        let expected =
            Account { name: "alice".into(), address: Some(key.address()), path: path.clone() };
        assert_eq!(folder.list().unwrap(), [expected]);
        assert_eq!(folder.read("alice").unwrap(), file);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "a temporary file is left");
        folder.delete("alice").unwrap();
        assert!(!path.exists());
        assert!(matches!(folder.delete("alice"), Err(KeystoreError::NoSuchAccount { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_a_key_file() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path().join("keystore"));
        let path = folder.create("alice", &some_file().1).unwrap();
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn an_account_is_never_overwritten() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path());
        let (_, first) = some_file();
        folder.create("alice", &first).unwrap();
        let refused = folder.create("alice", &some_file().1);
        assert!(matches!(refused, Err(KeystoreError::AlreadyExists { .. })), "{refused:?}");
        assert_eq!(folder.read("alice").unwrap(), first);
    }

    #[test]
    fn names_that_leave_the_folder_or_look_like_addresses_are_refused() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path().join("keystore"));
        let long = "a".repeat(65);
        for bad in ["", "..", ".hidden", "a/b", "../up", "-x", "0x12", "0Xab", "a b", &long, "ä"] {
            let refused = folder.create(bad, &some_file().1);
            assert!(matches!(refused, Err(KeystoreError::InvalidName(_))), "{bad}");
            let absent = folder.read(bad);
            assert!(matches!(absent, Err(KeystoreError::NoSuchAccount { .. })), "{bad}");
        }
    }

    #[test]
    fn other_files_in_the_folder_are_left_out_of_the_list() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path());
        fs::write(place.path().join("notes.txt"), "buy milk").unwrap();
        fs::create_dir(place.path().join("old")).unwrap();
        folder.create("bob", &some_file().1).unwrap();
        let names: Vec<String> = folder.list().unwrap().into_iter().map(|a| a.name).collect();
        assert_eq!(names, ["bob"]);
    }
}
