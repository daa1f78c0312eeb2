//! The lines of the log's files, one after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use super::chain::MAX_LINE;
use super::error::AuditError;
use super::files;

/// A line, and where it stands.
pub(super) struct Line {
    pub(super) file: PathBuf,
    /// The file's number.
    pub(super) of: u32,
    /// The line's number there, from 1.
    pub(super) number: u64,
    pub(super) bytes: Vec<u8>,
    /// Whether it ends in a line feed.
    pub(super) whole: bool,
    /// Whether a file is missing before it.
    pub(super) misplaced: bool,
}

/// The lines of all files, in order.
pub(super) struct Lines {
    files: std::vec::IntoIter<(u32, PathBuf)>,
    due: u32,
    current: Option<(u32, PathBuf, BufReader<File>, u64)>,
    misplaced: bool,
}

impl Lines {
    /// Of the log in `folder`, with the files of archives before them. An absent folder has none.
    pub(super) fn open(folder: &Path, archives: &[PathBuf]) -> Result<Lines, AuditError> {
        let mut found = BTreeMap::new();
        let mut begins = BTreeSet::from([1]);
        let own = folder.is_dir().then(|| folder.to_owned());
        for folder in archives.iter().chain(&own) {
            begins.extend(files::note_numbers(folder)?);
            for number in files::numbers(folder)? {
                // An archive's before what was left over of it in the log.
                found
                    .entry(number)
                    .or_insert_with(|| files::path(folder, number));
            }
        }
        // Files that nothing accounts for the beginning of, before one with a note: whoever archived them was killed
        // while it removed them.
        if let Some(begin) = found.keys().copied().find(|number| begins.contains(number)) {
            found = found.split_off(&begin);
        }
        let files: Vec<_> = found.into_iter().collect();
        Ok(Lines {
            due: 1,
            files: files.into_iter(),
            current: None,
            misplaced: false,
        })
    }

    /// The number of the first file.
    pub(super) fn first(&self) -> Option<u32> {
        self.files.as_slice().first().map(|(number, _)| *number)
    }

    /// Says which file is to be the first: those before it are accounted for.
    pub(super) fn begin_at(&mut self, number: u32) {
        self.due = number;
    }

    pub(super) fn next_line(&mut self) -> Result<Option<Line>, AuditError> {
        loop {
            if let Some((of, path, reader, number)) = &mut self.current {
                let mut bytes = Vec::new();
                // One byte more than a line may have, so that one that is too long does not look whole.
                reader
                    .take(MAX_LINE as u64 + 1)
                    .read_until(b'\n', &mut bytes)
                    .map_err(|e| AuditError::io(path, e))?;
                if !bytes.is_empty() {
                    *number += 1;
                    let whole = bytes.pop_if(|byte| *byte == b'\n').is_some();
                    return Ok(Some(Line {
                        file: path.clone(),
                        of: *of,
                        number: *number,
                        bytes,
                        whole,
                        misplaced: self.misplaced,
                    }));
                }
                self.current = None;
            }
            let Some((number, path)) = self.files.next() else {
                return Ok(None);
            };
            self.misplaced |= number != self.due;
            self.due = number.saturating_add(1);
            let file = files::open_to_read(&path)?;
            self.current = Some((number, path, BufReader::with_capacity(64 * 1024, file), 0));
        }
    }
}
