//! Lines of a pipe in chunks: as many as are there, so that thousands share one write to the disk, and one
//! that comes alone is answered at once.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::error::{CliError, Code};

/// Most lines of a chunk.
const MAX_LINES: usize = 1_024;
/// Longest line, in bytes.
const MAX_LINE_BYTES: u64 = 16 * 1024;
/// What is read from the system at once, in bytes.
const BUFFER_BYTES: usize = 256 * 1024;

/// Lines of a file or of stdin.
pub struct Chunks {
    reader: BufReader<Box<dyn Read>>,
    name: PathBuf,
    number: u64,
}

impl Chunks {
    /// Of a file; `-` is stdin.
    ///
    /// # Errors
    /// [`Code::Io`].
    pub fn open(file: &Path) -> Result<Self, CliError> {
        let source: Box<dyn Read> = if file == Path::new("-") {
            Box::new(io::stdin())
        } else {
            Box::new(File::open(file).map_err(|error| {
                CliError::new(Code::Io, format!("cannot read {}: {error}", file.display()))
            })?)
        };
        Ok(Self::of(source, file))
    }

    fn of(source: Box<dyn Read>, name: &Path) -> Self {
        let reader = BufReader::with_capacity(BUFFER_BYTES, source);
        Self { reader, name: name.to_owned(), number: 0 }
    }

    /// The next lines with their numbers, from 1 on, without empty ones; waits for one. Empty at the end.
    ///
    /// # Errors
    /// [`Code::Io`], and [`Code::InvalidArgument`] for a line that is too long.
    pub fn next_chunk(&mut self) -> Result<Vec<(u64, String)>, CliError> {
        let name = self.name.display();
        let failed = |e: io::Error| CliError::new(Code::Io, format!("cannot read {name}: {e}"));
        let mut chunk = Vec::new();
        while chunk.len() < MAX_LINES {
            let is_there = self.reader.buffer().contains(&b'\n');
            if !chunk.is_empty() && !is_there {
                break;
            }
            let mut line = String::new();
            let mut limited = self.reader.by_ref().take(MAX_LINE_BYTES);
            if limited.read_line(&mut line).map_err(failed)? == 0 {
                break;
            }
            self.number += 1;
            if line.len() as u64 == MAX_LINE_BYTES && !line.ends_with('\n') {
                let text = format!("line {} of {name} is too long for a voucher", self.number);
                return Err(CliError::new(Code::InvalidArgument, text));
            }
            if !line.trim().is_empty() {
                chunk.push((self.number, line.trim().to_owned()));
            }
        }
        Ok(chunk)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn chunks(text: String) -> Chunks {
        Chunks::of(Box::new(Cursor::new(text)), Path::new("-"))
    }

    #[test]
    fn what_is_there_comes_together_and_the_last_line_needs_no_end() {
        let mut lines = chunks("a\n\n b \nc".to_owned());
        let (a, b, c) = ((1, "a".to_owned()), (3, "b".to_owned()), (4, "c".to_owned()));
        assert_eq!(lines.next_chunk().unwrap(), [a, b]);
        assert_eq!(lines.next_chunk().unwrap(), [c]);
        assert!(lines.next_chunk().unwrap().is_empty());
    }

    #[test]
    fn chunks_and_lines_have_an_end() {
        let mut lines = chunks("x\n".repeat(1_500));
        assert_eq!(lines.next_chunk().unwrap().len(), 1_024);
        assert_eq!(lines.next_chunk().unwrap().len(), 476);
        let error = chunks("x".repeat(20_000)).next_chunk().unwrap_err();
        assert_eq!(error.message, "line 1 of - is too long for a voucher");
    }
}
