//! Reading the log back, and finding what is wrong with it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::chain::{self, Hash, MAX_LINE};
use super::error::AuditError;
use super::files;
use super::record::Record;

/// A log that hangs together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// How many whole records there are.
    pub records: u64,
    /// The hash of the last one, 64 hexadecimal digits; zeros if there is none.
    pub head: String,
    /// Bytes of a last line that a killed writer left unfinished; the next writer cuts them off.
    pub torn: u64,
}

/// A place in the log that was noted elsewhere: what shows that the end was cut off or all of it replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// How many records there were.
    pub records: u64,
    /// The hash of the last one.
    pub head: Hash,
}

impl std::str::FromStr for Checkpoint {
    type Err = String;

    /// `RECORDS:HASH`, as [`Verified`] displays it.
    fn from_str(text: &str) -> Result<Self, String> {
        let (records, head) = text.split_once(':').ok_or("a checkpoint is RECORDS:HASH")?;
        Ok(Self {
            records: records
                .parse()
                .map_err(|_| "a checkpoint is RECORDS:HASH")?,
            head: head.parse()?,
        })
    }
}

impl std::fmt::Display for Verified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.records, self.head)
    }
}

/// Checks every record of the log in `folder`. An absent folder is an empty log.
///
/// # Errors
/// [`AuditError::Broken`] names the first bad record.
pub fn verify(folder: impl AsRef<Path>) -> Result<Verified, AuditError> {
    check(folder.as_ref(), None)
}

/// The same, and that the log goes on from `checkpoint`.
pub fn verify_against(
    folder: impl AsRef<Path>,
    checkpoint: Checkpoint,
) -> Result<Verified, AuditError> {
    check(folder.as_ref(), Some(checkpoint))
}

fn check(folder: &Path, checkpoint: Option<Checkpoint>) -> Result<Verified, AuditError> {
    let mut seq = 0;
    let mut head = Hash::default();
    let mut torn = 0;
    let mut at_checkpoint = checkpoint.filter(|c| c.records == 0).map(|_| head);
    let mut lines = Lines::open(folder)?;
    while let Some(line) = lines.next_line()? {
        let bad = |reason: &str| AuditError::Broken {
            index: seq,
            file: line.file.clone(),
            line: line.number,
            reason: reason.to_owned(),
        };
        if torn > 0 {
            return Err(bad("it follows a line that was not finished"));
        }
        if line.misplaced {
            return Err(bad("a file of the log is missing before it"));
        }
        if !line.whole {
            if !chain::is_torn(&line.bytes, seq, head) {
                return Err(bad("it does not end in a line feed"));
            }
            torn = line.bytes.len() as u64;
            continue;
        }
        head = chain::open(&line.bytes, seq, head).map_err(|reason| bad(&reason))?;
        // What was sealed is a record: a writer of ours made it, or somebody who can make chains.
        serde_json::from_slice::<Record>(&line.bytes).map_err(|e| bad(&e.to_string()))?;
        seq += 1;
        if checkpoint.is_some_and(|c| c.records == seq) {
            at_checkpoint = Some(head);
        }
    }
    if let Some(checkpoint) = checkpoint {
        let reason = match at_checkpoint {
            None => format!("it has {seq} records only"),
            Some(head) if head != checkpoint.head => "another record is there".to_owned(),
            Some(_) => String::new(),
        };
        if !reason.is_empty() {
            return Err(AuditError::Checkpoint {
                seq: checkpoint.records,
                reason,
            });
        }
    }
    Ok(Verified {
        records: seq,
        head: head.to_string(),
        torn,
    })
}

/// Reads the records of the log in `folder`, oldest first, without checking the chain.
pub fn read(folder: impl AsRef<Path>) -> Result<Records, AuditError> {
    Ok(Records {
        lines: Lines::open(folder.as_ref())?,
        index: 0,
    })
}

/// The records of a log; see [`read`].
pub struct Records {
    lines: Lines,
    index: u64,
}

impl Iterator for Records {
    type Item = Result<Record, AuditError>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = match self.lines.next_line() {
            Ok(line) => line?,
            Err(error) => return Some(Err(error)),
        };
        if !line.whole {
            return None;
        }
        let index = self.index;
        self.index += 1;
        Some(
            serde_json::from_slice(&line.bytes).map_err(|e| AuditError::Broken {
                index,
                file: line.file,
                line: line.number,
                reason: e.to_string(),
            }),
        )
    }
}

/// Reads the lines of the log in `folder`, oldest first, each the JSON text of a record, without reading them: for who
/// wants a few fields of very many records.
pub fn read_lines(folder: impl AsRef<Path>) -> Result<RecordLines, AuditError> {
    Ok(RecordLines(Lines::open(folder.as_ref())?))
}

/// The lines of a log; see [`read_lines`].
pub struct RecordLines(Lines);

impl Iterator for RecordLines {
    type Item = Result<Vec<u8>, AuditError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.0.next_line() {
            // The end of a log may be a line that is not finished.
            Ok(line) => line.filter(|line| line.whole).map(|line| Ok(line.bytes)),
            Err(error) => Some(Err(error)),
        }
    }
}

struct Line {
    file: PathBuf,
    number: u64,
    bytes: Vec<u8>,
    whole: bool,
    misplaced: bool,
}

/// The lines of all files, one after the other.
struct Lines {
    folder: PathBuf,
    numbers: std::vec::IntoIter<u32>,
    due: u32,
    current: Option<(PathBuf, BufReader<File>, u64)>,
    misplaced: bool,
}

impl Lines {
    fn open(folder: &Path) -> Result<Self, AuditError> {
        let numbers = match files::numbers(folder) {
            Err(AuditError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                Vec::new()
            }
            numbers => numbers?,
        };
        Ok(Self {
            folder: folder.to_owned(),
            numbers: numbers.into_iter(),
            due: 1,
            current: None,
            misplaced: false,
        })
    }

    fn next_line(&mut self) -> Result<Option<Line>, AuditError> {
        loop {
            if let Some((path, reader, number)) = &mut self.current {
                let mut bytes = Vec::new();
                // One byte more than a line may have, so that one that is too long does not look whole.
                std::io::Read::take(&mut *reader, MAX_LINE as u64 + 1)
                    .read_until(b'\n', &mut bytes)
                    .map_err(|e| AuditError::io(path, e))?;
                if !bytes.is_empty() {
                    *number += 1;
                    let whole = bytes.pop_if(|byte| *byte == b'\n').is_some();
                    return Ok(Some(Line {
                        file: path.clone(),
                        number: *number,
                        bytes,
                        whole,
                        misplaced: self.misplaced,
                    }));
                }
                self.current = None;
            }
            let Some(number) = self.numbers.next() else {
                return Ok(None);
            };
            self.misplaced |= number != self.due;
            self.due = number.saturating_add(1);
            let path = files::path(&self.folder, number);
            let file = files::open_to_read(&path)?;
            self.current = Some((path, BufReader::with_capacity(64 * 1024, file), 0));
        }
    }
}
