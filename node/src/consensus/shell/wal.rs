//! The write-ahead log on disk.
//!
//! Two files take turns by height, so that the log of a height stays until the next one ends, when its
//! block is long durable. A file is overwritten from its start each time, never truncated: its blocks stay
//! allocated, so a sync writes data and no metadata. A record's checksum covers height and place, so what
//! an earlier height left behind is not mistaken for this one's.
//!
//! ```text
//! record  = length u32 ‖ crc32 u32 ‖ payload        (big-endian; crc over height ‖ index ‖ payload)
//! record 0 holds the height; the rest are the driver's entries
//! ```

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// Largest record: a block with its header.
const MAX_RECORD_BYTES: usize = 4 << 20;
/// Size that a file is given when it is made.
const INITIAL_BYTES: usize = 1 << 20;
/// A file above this size gives its space back when it is taken again.
const MAX_IDLE_BYTES: u64 = 16 << 20;
const HEADER_BYTES: usize = 8;
/// Bytes written at once. The page cache keeps what one call wrote as one piece, and a sync writes whole pieces:
/// after a call of 1 MiB, each later record of 100 bytes there would cost 1 MiB again.
const PIECE_BYTES: usize = 4096;

/// The log cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("write-ahead log {file}: {reason}")]
pub struct WalError {
    /// Which file.
    pub file: PathBuf,
    /// What the system says.
    pub reason: io::Error,
}

struct Slot {
    path: PathBuf,
    file: File,
}

impl Slot {
    fn error(&self, reason: io::Error) -> WalError {
        WalError { file: self.path.clone(), reason }
    }

    fn open(path: PathBuf) -> Result<Self, WalError> {
        let error = |reason| WalError { file: path.clone(), reason };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(&path).map_err(error)?;
        if file.metadata().map_err(error)?.len() == 0 {
            write_at(&file, &vec![0; INITIAL_BYTES], 0).map_err(error)?;
            file.sync_all().map_err(error)?;
        }
        Ok(Self { path, file })
    }

    /// Height and entries, as far as they are whole.
    fn read(&self) -> Result<Option<Held>, WalError> {
        let mut at = 0u64;
        let Some(first) = self.record(&mut at)? else { return Ok(None) };
        let Ok(height) = <[u8; 8]>::try_from(first.payload.as_slice()).map(u64::from_be_bytes)
        else {
            return Ok(None);
        };
        if first.crc != crc(height, 0, &first.payload) {
            return Ok(None);
        }
        let mut entries = Vec::new();
        while let Some(record) = self.record(&mut at)? {
            if record.crc != crc(height, entries.len() as u64 + 1, &record.payload) {
                break;
            }
            entries.push(record.payload);
        }
        Ok(Some(Held { height, entries }))
    }

    fn record(&self, at: &mut u64) -> Result<Option<Record>, WalError> {
        let mut header = [0u8; HEADER_BYTES];
        if !self.read_exact(&mut header, *at)? {
            return Ok(None);
        }
        let [l0, l1, l2, l3, c0, c1, c2, c3] = header;
        let length = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
        if length == 0 || length > MAX_RECORD_BYTES {
            return Ok(None);
        }
        let mut payload = vec![0; length];
        if !self.read_exact(&mut payload, *at + HEADER_BYTES as u64)? {
            return Ok(None);
        }
        *at += (HEADER_BYTES + length) as u64;
        Ok(Some(Record { crc: u32::from_be_bytes([c0, c1, c2, c3]), payload }))
    }

    /// Whether the file has so many bytes there.
    fn read_exact(&self, into: &mut [u8], at: u64) -> Result<bool, WalError> {
        match self.file.read_exact_at(into, at) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(self.error(error)),
        }
    }
}

/// What a file holds.
struct Held {
    height: u64,
    entries: Vec<Vec<u8>>,
}

fn write_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    let mut at = at;
    for piece in bytes.chunks(PIECE_BYTES) {
        file.write_all_at(piece, at)?;
        at += piece.len() as u64;
    }
    Ok(())
}

struct Record {
    crc: u32,
    payload: Vec<u8>,
}

fn crc(height: u64, index: u64, payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&height.to_be_bytes());
    hasher.update(&index.to_be_bytes());
    hasher.update(payload);
    hasher.finalize()
}

/// Where a file is written on.
#[derive(Debug, Clone, Copy, Default)]
struct End {
    /// Height that the file holds.
    height: u64,
    /// Records in it, synced or not.
    records: u64,
    /// Where the next goes.
    at: u64,
}

impl End {
    fn of(held: &Held) -> Self {
        let sizes = held.entries.iter().map(|entry| (HEADER_BYTES + entry.len()) as u64);
        let at = sizes.sum::<u64>() + HEADER_BYTES as u64 + 8;
        Self { height: held.height, records: held.entries.len() as u64 + 1, at }
    }
}

/// The log.
pub struct Wal {
    slots: [Slot; 2],
    ends: [End; 2],
    current: usize,
    /// Records not yet in the file.
    pending: Vec<u8>,
}

impl std::fmt::Debug for Wal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wal").field("ends", &self.ends).finish_non_exhaustive()
    }
}

/// What an opened log holds of two heights in a row.
#[derive(Debug, Default)]
pub struct Entries {
    /// Of the height that was asked for.
    pub of_height: Vec<Vec<u8>>,
    /// Of the one after it.
    pub of_next: Vec<Vec<u8>>,
}

impl Wal {
    /// Opens the log in a folder; gives the entries that it holds of `height` and of the next, and goes on
    /// behind those of `height`.
    pub fn open(folder: &Path, height: u64) -> Result<(Self, Entries), WalError> {
        let error = |reason| WalError { file: folder.to_owned(), reason };
        std::fs::create_dir_all(folder).map_err(error)?;
        let slots = [Slot::open(folder.join("0"))?, Slot::open(folder.join("1"))?];
        // New files stay only once their folder is synced.
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(error)?;
        let mut ends = [End::default(); 2];
        let mut take = |height: u64| -> Result<Vec<Vec<u8>>, WalError> {
            let slot = slot_of(height);
            let held = slots[slot].read()?.filter(|held| held.height == height);
            let Some(held) = held else { return Ok(Vec::new()) };
            ends[slot] = End::of(&held);
            Ok(held.entries)
        };
        let entries = Entries { of_height: take(height)?, of_next: take(height + 1)? };
        let current = slot_of(height);
        Ok((Self { slots, ends, current, pending: Vec::new() }, entries))
    }

    /// Goes to a height, in the file that its turn is: behind what the file holds of it already, else from
    /// the file's start.
    pub fn start(&mut self, height: u64) -> Result<(), WalError> {
        self.sync()?;
        self.current = slot_of(height);
        if self.ends[self.current].height == height {
            return Ok(());
        }
        let slot = &self.slots[self.current];
        let length = slot.file.metadata().map_err(|e| slot.error(e))?.len();
        if length > MAX_IDLE_BYTES {
            slot.file.set_len(INITIAL_BYTES as u64).map_err(|e| slot.error(e))?;
        }
        self.ends[self.current] = End { height, records: 0, at: 0 };
        self.append(&height.to_be_bytes());
        Ok(())
    }

    /// Adds an entry; durable after [`Self::sync`].
    pub fn append(&mut self, payload: &[u8]) {
        let end = &mut self.ends[self.current];
        let crc = crc(end.height, end.records, payload);
        self.pending.extend_from_slice(&(payload.len() as u32).to_be_bytes());
        self.pending.extend_from_slice(&crc.to_be_bytes());
        self.pending.extend_from_slice(payload);
        end.records += 1;
    }

    /// Whether there is something to sync.
    pub fn is_dirty(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Makes all entries durable. After an error the log must not be used any more: a failed sync may
    /// have dropped what it was to write, and a second one would not tell.
    pub fn sync(&mut self) -> Result<(), WalError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let (slot, end) = (&self.slots[self.current], &mut self.ends[self.current]);
        write_at(&slot.file, &self.pending, end.at).map_err(|e| slot.error(e))?;
        slot.file.sync_data().map_err(|e| slot.error(e))?;
        end.at += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }
}

fn slot_of(height: u64) -> usize {
    (height % 2) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(folder: &Path, height: u64, entries: &[&[u8]]) {
        let (mut wal, _) = Wal::open(folder, height).unwrap();
        wal.start(height).unwrap();
        entries.iter().for_each(|entry| wal.append(entry));
        wal.sync().unwrap();
    }

    fn read(folder: &Path, height: u64) -> Vec<Vec<u8>> {
        Wal::open(folder, height).unwrap().1.of_height
    }

    #[test]
    fn what_was_synced_is_read_back_and_written_on() {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path(), 7, &[b"one", &[9; 3_000_000]]);
        let (mut wal, entries) = Wal::open(folder.path(), 7).unwrap();
        assert_eq!(entries.of_height, [b"one".to_vec(), vec![9; 3_000_000]]);
        wal.append(b"three");
        wal.sync().unwrap();
        assert_eq!(read(folder.path(), 7)[2], b"three");
        assert!(read(folder.path(), 5).is_empty());
    }

    #[test]
    fn the_height_before_stays_until_the_one_after() {
        let folder = tempfile::tempdir().unwrap();
        let (mut wal, _) = Wal::open(folder.path(), 1).unwrap();
        for height in 1..=2 {
            wal.start(height).unwrap();
            wal.append(&[height as u8; 40]);
        }
        wal.sync().unwrap();
        assert_eq!(read(folder.path(), 1), [[1; 40]]);
        wal.start(3).unwrap();
        wal.append(b"x");
        wal.sync().unwrap();
        // Shorter than what height 1 left in the same file, none of which shows.
        assert_eq!(read(folder.path(), 3), [b"x"]);
        assert_eq!(read(folder.path(), 2), [[2; 40]]);
        assert!(read(folder.path(), 1).is_empty());
    }

    #[test]
    fn a_height_that_was_begun_goes_on_where_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let (mut wal, _) = Wal::open(folder.path(), 4).unwrap();
        for height in 4..=5 {
            wal.start(height).unwrap();
            wal.append(&[height as u8]);
        }
        wal.sync().unwrap();
        let (mut wal, entries) = Wal::open(folder.path(), 4).unwrap();
        assert_eq!((entries.of_height, entries.of_next), (vec![vec![4]], vec![vec![5]]));
        wal.append(b"more of 4");
        wal.start(5).unwrap();
        wal.append(b"more of 5");
        wal.sync().unwrap();
        assert_eq!(read(folder.path(), 4), [vec![4], b"more of 4".to_vec()]);
        assert_eq!(read(folder.path(), 5), [vec![5], b"more of 5".to_vec()]);
    }

    #[test]
    fn a_log_cut_or_damaged_anywhere_gives_a_whole_prefix() {
        let folder = tempfile::tempdir().unwrap();
        let entries: [&[u8]; 3] = [b"first", b"second", b"third"];
        written(folder.path(), 2, &entries);
        let file = folder.path().join("0");
        let whole = std::fs::read(&file).unwrap();
        let length = 16 + entries.iter().map(|entry| entry.len() + 8).sum::<usize>();
        for at in 0..length {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            for bytes in [damaged, whole[..at.max(1)].to_vec()] {
                std::fs::write(&file, bytes).unwrap();
                let read = read(folder.path(), 2);
                assert!(read.len() < 3 && read.iter().zip(entries).all(|(a, b)| a == b), "at {at}");
            }
        }
    }
}
