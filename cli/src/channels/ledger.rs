//! A file that never forgets the larger amount: what was signed, what was received. A line is on the disk
//! before the program says so; of two entries for the same thing the higher one counts, in whatever order they
//! were written. A line that a crash cut short was never spoken of and is dropped.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{CliError, Code};

/// How long another `btt` may use the file before this one gives up.
const LOCK_PATIENCE: Duration = Duration::from_secs(10);
/// A file smaller than this is left as it is, in bytes.
const COMPACT_BYTES: u64 = 4 << 20;
/// A file is rewritten when it has so many times more lines than entries.
const COMPACT_RATIO: u64 = 4;

/// What a ledger holds.
pub trait Entry: Serialize + DeserializeOwned {
    /// What it is about.
    type Key: Ord + Clone;

    /// What it is about.
    fn key(&self) -> Self::Key;

    /// Whether it counts and the other, of the same key, no longer does.
    fn outranks(&self, other: &Self) -> bool;
}

/// The entries that count, and the file behind them, which is this process's alone while this lives.
#[derive(Debug)]
pub struct Ledger<E: Entry> {
    path: PathBuf,
    entries: BTreeMap<E::Key, E>,
    file: File,
    staged: String,
    lines: u64,
    bytes: u64,
    _lock: File,
}

impl<E: Entry> Ledger<E> {
    /// Opens `NAME.jsonl` of a folder, or makes both, readable by their owner only.
    ///
    /// # Errors
    /// [`Code::Io`], also where another `btt` holds it for long, or a line is not to be understood.
    pub fn open(folder: &Path, name: &str) -> Result<Self, CliError> {
        let path = folder.join(format!("{name}.jsonl"));
        let failed = |error: &dyn std::fmt::Display| {
            CliError::new(Code::Io, format!("cannot use {}: {error}", path.display()))
        };
        make_private_folder(folder).map_err(|error| failed(&error))?;
        let lock = private_file(&folder.join(format!("{name}.lock"))).map_err(|e| failed(&e))?;
        wait_for(&lock).map_err(|error| failed(&error))?;
        let is_new = !path.exists();
        let mut file = private_file(&path).map_err(|error| failed(&error))?;
        if is_new {
            sync_folder(folder).map_err(|error| failed(&error))?;
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(|error| failed(&error))?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        text.truncate(whole);
        let bytes = whole as u64;
        file.set_len(bytes).map_err(|error| failed(&error))?;
        file.seek(SeekFrom::End(0)).map_err(|error| failed(&error))?;
        let mut ledger = Self {
            entries: BTreeMap::new(),
            file,
            staged: String::new(),
            lines: 0,
            bytes,
            _lock: lock,
            path: path.clone(),
        };
        for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            ledger.lines += 1;
            let entry: E = serde_json::from_slice(line)
                .map_err(|error| failed(&format!("line {}: {error}", ledger.lines)))?;
            ledger.take(entry);
        }
        Ok(ledger)
    }

    /// What counts for a key.
    pub fn get(&self, key: &E::Key) -> Option<&E> {
        self.entries.get(key)
    }

    /// All that counts, by key.
    pub fn entries(&self) -> impl Iterator<Item = &E> {
        self.entries.values()
    }

    /// Enters it where it outranks what is there; says whether it did. It is not safe before [`Self::commit`].
    ///
    /// # Errors
    /// [`Code::Io`] for what cannot be written as JSON.
    pub fn offer(&mut self, entry: E) -> Result<bool, CliError> {
        if self.get(&entry.key()).is_some_and(|old| !entry.outranks(old)) {
            return Ok(false);
        }
        let line = serde_json::to_string(&entry)
            .map_err(|error| CliError::new(Code::Io, format!("cannot write JSON: {error}")))?;
        self.staged.push_str(&line);
        self.staged.push('\n');
        self.lines += 1;
        self.take(entry);
        Ok(true)
    }

    /// Makes all that was offered durable.
    ///
    /// # Errors
    /// [`Code::Io`]; nothing that was offered must be relied on then.
    pub fn commit(&mut self) -> Result<(), CliError> {
        if self.staged.is_empty() {
            return Ok(());
        }
        let staged = std::mem::take(&mut self.staged);
        let failed = |error: io::Error| {
            CliError::new(Code::Io, format!("cannot write {}: {error}", self.path.display()))
        };
        self.bytes += staged.len() as u64;
        let live = (self.entries.len() as u64).saturating_mul(COMPACT_RATIO);
        if self.bytes > COMPACT_BYTES && self.lines > live {
            return self.rewrite();
        }
        self.file.write_all(staged.as_bytes()).map_err(failed)?;
        self.file.sync_data().map_err(failed)
    }

    fn take(&mut self, entry: E) {
        let key = entry.key();
        if self.entries.get(&key).is_none_or(|old| entry.outranks(old)) {
            self.entries.insert(key, entry);
        }
    }

    /// Writes what counts to a new file and puts it in the old one's place.
    fn rewrite(&mut self) -> Result<(), CliError> {
        let mut text = String::new();
        for entry in self.entries.values() {
            let line = serde_json::to_string(entry)
                .map_err(|error| CliError::new(Code::Io, format!("cannot write JSON: {error}")))?;
            text.push_str(&line);
            text.push('\n');
        }
        let temporary = self.path.with_extension("jsonl.new");
        let replace = || -> io::Result<File> {
            let mut file = private_file(&temporary)?;
            file.set_len(0)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&temporary, &self.path)?;
            sync_folder(self.path.parent().unwrap_or(Path::new(".")))?;
            Ok(file)
        };
        self.file = replace().map_err(|error| {
            CliError::new(Code::Io, format!("cannot rewrite {}: {error}", self.path.display()))
        })?;
        (self.lines, self.bytes) = (self.entries.len() as u64, text.len() as u64);
        Ok(())
    }
}

fn wait_for(lock: &File) -> io::Result<()> {
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::new(ErrorKind::WouldBlock, "another btt is using it"));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Makes a folder that only its owner may look into.
pub(crate) fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Opens a file that only its owner may read, or makes it.
pub(crate) fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes what was created or renamed in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    struct Amount {
        name: String,
        wei: u64,
    }

    impl Entry for Amount {
        type Key = String;

        fn key(&self) -> String {
            self.name.clone()
        }

        fn outranks(&self, other: &Self) -> bool {
            self.wei > other.wei
        }
    }

    fn amount(name: &str, wei: u64) -> Amount {
        Amount { name: name.to_owned(), wei }
    }

    fn open(folder: &Path) -> Ledger<Amount> {
        Ledger::open(folder, "test").unwrap()
    }

    #[test]
    fn the_higher_amount_stays_whatever_comes_later() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("channels/990003");
        let mut ledger = open(&folder);
        assert_eq!(ledger.offer(amount("a", 5)), Ok(true));
        assert_eq!(ledger.offer(amount("a", 5)), Ok(false));
        assert_eq!(ledger.offer(amount("a", 4)), Ok(false));
        assert_eq!(ledger.offer(amount("b", 1)), Ok(true));
        ledger.commit().unwrap();
        drop(ledger);
        // Even one that somebody else appended.
        let path = folder.join("test.jsonl");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{text}{{\"name\":\"a\",\"wei\":2}}\n")).unwrap();
        let ledger = open(&folder);
        assert_eq!(ledger.get(&"a".to_owned()), Some(&amount("a", 5)));
        assert_eq!(ledger.entries().count(), 2);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&path), mode(&folder)), (0o600, 0o700));
        }
    }

    #[test]
    fn a_torn_line_is_dropped_and_a_broken_one_is_not_passed_over() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("test.jsonl");
        fs::write(&path, "{\"name\":\"a\",\"wei\":5}\n{\"name\":\"a\",\"we").unwrap();
        let mut ledger = open(place.path());
        assert_eq!(ledger.get(&"a".to_owned()), Some(&amount("a", 5)));
        ledger.offer(amount("a", 9)).unwrap();
        ledger.commit().unwrap();
        drop(ledger);
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            "{\"name\":\"a\",\"wei\":5}\n{\"name\":\"a\",\"wei\":9}\n"
        );
        fs::write(&path, "nonsense\n{\"name\":\"a\",\"wei\":5}\n").unwrap();
        let error = Ledger::<Amount>::open(place.path(), "test").unwrap_err();
        assert!(error.message.contains("line 1"), "{}", error.message);
    }

    #[test]
    fn a_long_file_is_rewritten_without_what_no_longer_counts() {
        let place = tempfile::tempdir().unwrap();
        let mut ledger = open(place.path());
        let name = "n".repeat(1_000);
        for wei in 0..6_000 {
            ledger.offer(amount(&name, wei)).unwrap();
            if wei % 100 == 0 {
                ledger.commit().unwrap();
            }
        }
        ledger.commit().unwrap();
        let size = fs::metadata(place.path().join("test.jsonl")).unwrap().len();
        assert!(size < COMPACT_BYTES, "{size}");
        drop(ledger);
        assert_eq!(open(place.path()).get(&name).unwrap().wei, 5_999);
    }
}
