//! The last-signed guard (rule C.6): how far this key has signed, in the data folder and outside of it.
//!
//! A data folder restored from a copy forgets what was signed since; the copy outside does not. Both carry
//! the number of the run that wrote them last: where they differ, one is older than the other.
//!
//! ```text
//! file = two records of 96 bytes, written in turns: the newer whole one counts
//! record = sequence u64 ‖ run [16] ‖ height u64 ‖ round u32 ‖ step u8 ‖ digest [32] ‖ crc32 u32, padded
//! ```

use crate::consensus::driver::SignedStep;
use alloy_primitives::B256;
use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

const RECORD_BYTES: usize = 96;
const CRC_AT: usize = 69;

/// The guard cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// A file cannot be read or written.
    #[error("last-signed guard {file}: {reason}")]
    Io {
        /// Which.
        file: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// Another process holds it.
    #[error(
        "another process signs with this validator's key (it holds {0}); two would sign against each other"
    )]
    Taken(PathBuf),
}

/// What the guard said when it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// The newest step that either copy knows of.
    pub last: SignedStep,
    /// Whether the copies tell the same story: both are of the same run, or one is the next run's and
    /// nothing was signed in that, or nothing was signed ever.
    pub agrees: bool,
}

struct Copy {
    path: PathBuf,
    file: File,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Record {
    sequence: u64,
    run: [u8; 16],
    step: SignedStep,
}

impl Record {
    fn encode(&self) -> [u8; RECORD_BYTES] {
        let SignedStep { height, round, step, digest } = self.step;
        let mut bytes = Vec::with_capacity(RECORD_BYTES);
        bytes.extend_from_slice(&self.sequence.to_be_bytes());
        bytes.extend_from_slice(&self.run);
        bytes.extend_from_slice(&height.to_be_bytes());
        bytes.extend_from_slice(&round.to_be_bytes());
        bytes.push(step);
        bytes.extend_from_slice(digest.as_slice());
        let crc = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&crc.to_be_bytes());
        let mut record = [0; RECORD_BYTES];
        record[..bytes.len()].copy_from_slice(&bytes);
        record
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let crc = u32::from_be_bytes(bytes.get(CRC_AT..CRC_AT + 4)?.try_into().ok()?);
        if crc32fast::hash(bytes.get(..CRC_AT)?) != crc {
            return None;
        }
        let (sequence, rest) = bytes.split_first_chunk()?;
        let (run, rest) = rest.split_first_chunk()?;
        let (height, rest) = rest.split_first_chunk()?;
        let (round, rest) = rest.split_first_chunk()?;
        let (step, rest) = rest.split_first()?;
        let digest = B256::from_slice(rest.get(..32)?);
        let (height, round) = (u64::from_be_bytes(*height), u32::from_be_bytes(*round));
        let step = SignedStep { height, round, step: *step, digest };
        Some(Self { sequence: u64::from_be_bytes(*sequence), run: *run, step })
    }
}

impl Copy {
    fn open(path: &Path) -> Result<Self, GuardError> {
        let error = |reason| GuardError::Io { file: path.to_owned(), reason };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(error)?;
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(path).map_err(error)?;
        Ok(Self { path: path.to_owned(), file })
    }

    fn error(&self, reason: io::Error) -> GuardError {
        GuardError::Io { file: self.path.clone(), reason }
    }

    /// Its whole records, the newest first.
    fn read(&self) -> Result<Vec<Record>, GuardError> {
        let bytes = std::fs::read(&self.path).map_err(|e| self.error(e))?;
        let mut records: Vec<_> = bytes.chunks(RECORD_BYTES).filter_map(Record::decode).collect();
        records.sort_by_key(|record| std::cmp::Reverse(record.sequence));
        Ok(records)
    }

    fn write(&self, record: &Record) -> Result<(), GuardError> {
        let at = (record.sequence % 2) * RECORD_BYTES as u64;
        let written = self.file.write_all_at(&record.encode(), at);
        written.and_then(|()| self.file.sync_data()).map_err(|e| self.error(e))
    }
}

/// Whether two copies tell the same story.
///
/// A process that ends while it begins a run may leave that run in one copy only. Then the record before,
/// which that copy still holds, is the other one's newest, and the step has not changed since.
fn is_same_story(a: &[Record], b: &[Record]) -> bool {
    let goes_on = |longer: &[Record], shorter: &[Record]| match (longer, shorter) {
        ([newest, before], [other, ..]) => before == other && newest.step == before.step,
        ([only], []) => only.step == SignedStep::default(),
        _ => false,
    };
    let run = |records: &[Record]| records.first().map(|record| record.run);
    run(a) == run(b) || goes_on(a, b) || goes_on(b, a)
}

/// Both copies, held by this process alone.
pub struct Guard {
    inside: Copy,
    outside: Copy,
    record: Record,
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard").field("outside", &self.outside.path).finish_non_exhaustive()
    }
}

impl Guard {
    /// Opens both copies and begins a run, which both know of before anything is signed.
    pub fn open(
        inside: &Path,
        outside: &Path,
        run: [u8; 16],
    ) -> Result<(Self, Opened), GuardError> {
        let (inside, outside) = (Copy::open(inside)?, Copy::open(outside)?);
        for copy in [&outside, &inside] {
            copy.file.try_lock().map_err(|error| match error {
                TryLockError::WouldBlock => GuardError::Taken(copy.path.clone()),
                TryLockError::Error(reason) => copy.error(reason),
            })?;
        }
        let (a, b) = (inside.read()?, outside.read()?);
        let agrees = is_same_story(&a, &b);
        let both = || a.iter().chain(&b);
        let last = both().map(|record| record.step).max().unwrap_or_default();
        // The next write goes to the other place than the newest record.
        let sequence = both().map(|record| record.sequence).max().unwrap_or_default();
        let mut guard = Self { inside, outside, record: Record { sequence, run, step: last } };
        guard.write(last)?;
        for copy in [&guard.inside, &guard.outside] {
            copy.file.sync_all().map_err(|e| copy.error(e))?;
            let folder = copy.path.parent().unwrap_or(Path::new("."));
            File::open(folder).and_then(|f| f.sync_all()).map_err(|e| copy.error(e))?;
        }
        Ok((guard, Opened { last, agrees }))
    }

    /// Makes a step durable in both copies, side by side. After an error nothing may be signed any more.
    pub fn write(&mut self, step: SignedStep) -> Result<(), GuardError> {
        self.record.sequence += 1;
        self.record.step = step;
        let (inside, outside, record) = (&self.inside, &self.outside, &self.record);
        std::thread::scope(|scope| {
            let other = scope.spawn(|| outside.write(record));
            let this = inside.write(record);
            let other =
                other.join().unwrap_or_else(|_| Err(outside.error(io::ErrorKind::Other.into())));
            this.and(other)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(height: u64) -> SignedStep {
        SignedStep { height, round: 1, step: 2, digest: B256::repeat_byte(height as u8) }
    }

    /// Flips a bit of the record that begins there.
    fn damage(files: [&Path; 2], at: usize) {
        for file in files {
            let mut bytes = std::fs::read(file).unwrap();
            bytes[at + 30] ^= 1;
            std::fs::write(file, bytes).unwrap();
        }
    }

    #[test]
    fn the_newest_step_is_read_back_from_both_copies() {
        let folder = tempfile::tempdir().unwrap();
        let (inside, outside) = (folder.path().join("a/guard"), folder.path().join("b/guard"));
        let (mut guard, opened) = Guard::open(&inside, &outside, [1; 16]).unwrap();
        assert_eq!(opened, Opened { last: SignedStep::default(), agrees: true });
        for height in 1..10 {
            guard.write(step(height)).unwrap();
        }
        drop(guard);
        let (_guard, opened) = Guard::open(&inside, &outside, [2; 16]).unwrap();
        assert_eq!(opened, Opened { last: step(9), agrees: true });
    }

    #[test]
    fn a_restored_or_lost_copy_is_noticed_and_the_other_one_counts() {
        let folder = tempfile::tempdir().unwrap();
        let (inside, outside) = (folder.path().join("in"), folder.path().join("out"));
        let (mut guard, _) = Guard::open(&inside, &outside, [1; 16]).unwrap();
        guard.write(step(3)).unwrap();
        let snapshot = std::fs::read(&inside).unwrap();
        drop(guard);
        let (mut guard, _) = Guard::open(&inside, &outside, [2; 16]).unwrap();
        guard.write(step(8)).unwrap();
        drop(guard);
        std::fs::write(&inside, snapshot).unwrap();
        let (guard, opened) = Guard::open(&inside, &outside, [3; 16]).unwrap();
        assert_eq!(opened, Opened { last: step(8), agrees: false });
        drop(guard);
        std::fs::remove_file(&outside).unwrap();
        let (_guard, opened) = Guard::open(&inside, &outside, [4; 16]).unwrap();
        assert_eq!(opened, Opened { last: step(8), agrees: false });
    }

    #[test]
    fn a_run_that_began_in_one_copy_only_is_no_restored_copy() {
        let folder = tempfile::tempdir().unwrap();
        let (inside, outside) = (folder.path().join("in"), folder.path().join("out"));
        let read = |path| std::fs::read(path).unwrap();
        drop(Guard::open(&inside, &outside, [1; 16]).unwrap());
        std::fs::remove_file(&inside).unwrap();
        let (mut guard, opened) = Guard::open(&inside, &outside, [2; 16]).unwrap();
        assert_eq!(opened, Opened { last: SignedStep::default(), agrees: true });
        guard.write(step(3)).unwrap();
        drop(guard);
        for file in [&inside, &outside] {
            let before = read(file);
            drop(Guard::open(&inside, &outside, [3; 16]).unwrap());
            std::fs::write(file, &before).unwrap();
            let (_, opened) = Guard::open(&inside, &outside, [4; 16]).unwrap();
            assert_eq!(opened, Opened { last: step(3), agrees: true });
            // Had something been signed in that run, it would be an old copy.
            let (mut guard, _) = Guard::open(&inside, &outside, [3; 16]).unwrap();
            guard.write(step(3)).unwrap();
            drop(guard);
            std::fs::write(file, &before).unwrap();
            let (_, opened) = Guard::open(&inside, &outside, [4; 16]).unwrap();
            assert_eq!(opened, Opened { last: step(3), agrees: false });
        }
    }

    #[test]
    fn beginning_a_run_leaves_the_newest_record_whole() {
        let folder = tempfile::tempdir().unwrap();
        let (inside, outside) = (folder.path().join("in"), folder.path().join("out"));
        let (mut guard, _) = Guard::open(&inside, &outside, [1; 16]).unwrap();
        guard.write(step(4)).unwrap();
        guard.write(step(5)).unwrap();
        drop(guard);
        let (guard, _) = Guard::open(&inside, &outside, [2; 16]).unwrap();
        let at = ((guard.record.sequence % 2) as usize) * RECORD_BYTES;
        drop(guard);
        damage([&inside, &outside], at);
        let (_guard, opened) = Guard::open(&inside, &outside, [3; 16]).unwrap();
        assert_eq!(opened.last, step(5));
    }

    #[test]
    fn a_torn_record_leaves_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let (inside, outside) = (folder.path().join("in"), folder.path().join("out"));
        let (mut guard, _) = Guard::open(&inside, &outside, [1; 16]).unwrap();
        guard.write(step(4)).unwrap();
        guard.write(step(5)).unwrap();
        let at = ((guard.record.sequence % 2) as usize) * RECORD_BYTES;
        drop(guard);
        damage([&inside, &outside], at);
        let (_guard, opened) = Guard::open(&inside, &outside, [2; 16]).unwrap();
        assert_eq!(opened.last, step(4));
    }

    #[test]
    fn a_second_process_with_the_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let outside = folder.path().join("out");
        let (_guard, _) = Guard::open(&folder.path().join("a"), &outside, [1; 16]).unwrap();
        let second = Guard::open(&folder.path().join("b"), &outside, [2; 16]);
        assert!(matches!(second, Err(GuardError::Taken(_))));
    }
}
