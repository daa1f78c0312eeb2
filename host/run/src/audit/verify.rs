//! Reading the log back, and finding what is wrong with it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use remit_sign::{NoteKey, NoteVerifier};
use serde::Serialize;

use super::chain::{self, Hash};
use super::checkpoint::{self, Base, Checkpoint};
use super::error::AuditError;
use super::files;
use super::lines::{Line, Lines};
use super::record::Record;
use super::tree::Tree;

/// A log that hangs together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// How many whole records there are, those in archives included.
    pub records: u64,
    /// The hash of the last one, 64 hexadecimal digits; zeros if there is none.
    pub head: String,
    /// Bytes of a last line that a killed writer left unfinished; the next writer cuts them off.
    pub torn: u64,
    /// How many of the records, the first ones, are in archives that were not looked at. What they were is known from the
    /// checkpoint that the host signed when it archived them.
    pub archived: u64,
}

impl std::fmt::Display for Verified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.records, self.head)
    }
}

/// How to verify a log. The default looks at the log alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct Verification<'a> {
    /// The host's key; needed for a log whose beginning is archived.
    pub key: Option<&'a NoteVerifier>,
    /// What the log must go on from.
    pub checkpoint: Option<Checkpoint>,
    /// Folders with the archived files, to be looked at too.
    pub archives: &'a [PathBuf],
}

/// Checks every record of the log in `folder`. An absent folder is an empty log.
///
/// # Errors
/// [`AuditError::Broken`] names the first bad record.
pub fn verify(folder: impl AsRef<Path>) -> Result<Verified, AuditError> {
    verify_with(folder, &Verification::default())
}

/// The same, and that the log goes on from `checkpoint`.
pub fn verify_against(
    folder: impl AsRef<Path>,
    checkpoint: Checkpoint,
) -> Result<Verified, AuditError> {
    let checkpoint = Some(checkpoint);
    verify_with(
        folder,
        &Verification {
            checkpoint,
            ..Verification::default()
        },
    )
}

/// The same, with all that a verification can be told.
pub fn verify_with(
    folder: impl AsRef<Path>,
    how: &Verification<'_>,
) -> Result<Verified, AuditError> {
    let wants_tree = matches!(how.checkpoint, Some(Checkpoint::Tree { .. }));
    Ok(Walk::run(folder.as_ref(), how, wants_tree, None)?.verified())
}

/// Verifies the log, and signs a checkpoint of it; gives the note.
pub fn make_checkpoint(folder: impl AsRef<Path>, key: &NoteKey) -> Result<String, AuditError> {
    let how = Verification {
        key: Some(key.verifier()),
        ..Verification::default()
    };
    let walk = Walk::run(folder.as_ref(), &how, true, None)?;
    Ok(checkpoint::sign(&walk.tree, key))
}

/// Verifies the files before `file`; gives what the log was where that one begins.
pub(super) fn before_file(folder: &Path, file: u32, key: &NoteKey) -> Result<Base, AuditError> {
    let how = Verification {
        key: Some(key.verifier()),
        ..Verification::default()
    };
    let walk = Walk::run(folder, &how, true, Some(file))?;
    Ok(Base {
        file,
        head: walk.head,
        tree: walk.tree,
    })
}

/// How far a verification has come.
struct Walk {
    seq: u64,
    head: Hash,
    torn: u64,
    archived: u64,
    tree: Tree,
    wants_tree: bool,
    /// The notes that are still to be come to, by the file before which they stand.
    notes: BTreeMap<u32, Base>,
    checkpoint: Option<Checkpoint>,
}

impl Walk {
    fn run(
        folder: &Path,
        how: &Verification<'_>,
        wants_tree: bool,
        until: Option<u32>,
    ) -> Result<Walk, AuditError> {
        let mut lines = Lines::open(folder, how.archives)?;
        let notes = notes(folder, how)?;
        let mut walk = Walk {
            seq: 0,
            head: Hash::default(),
            torn: 0,
            archived: 0,
            tree: Tree::default(),
            wants_tree: wants_tree || !notes.is_empty(),
            notes,
            checkpoint: how.checkpoint,
        };
        // With no file at all, the log is what its last note says that it was.
        let first = lines
            .first()
            .or_else(|| walk.notes.keys().next_back().copied())
            .unwrap_or(1);
        walk.notes.retain(|file, _| *file >= first);
        if let Some(base) = walk.notes.remove(&first) {
            lines.begin_at(first);
            walk.seq = base.tree.size();
            walk.archived = walk.seq;
            walk.head = base.head;
            walk.tree = base.tree;
        }
        walk.begin()?;
        while let Some(line) = lines.next_line()? {
            if until.is_some_and(|until| line.of >= until) {
                break;
            }
            walk.take(&line)?;
        }
        walk.end(folder)?;
        Ok(walk)
    }

    /// Whether what comes before the first record that is looked at can be held against the checkpoint.
    fn begin(&mut self) -> Result<(), AuditError> {
        match self.checkpoint {
            Some(checkpoint) if checkpoint.records() < self.archived => Err(AuditError::Archived {
                seq: checkpoint.records(),
                first: self.archived,
            }),
            _ => self.hold_against_checkpoint(),
        }
    }

    fn take(&mut self, line: &Line) -> Result<(), AuditError> {
        let bad = |index: u64, reason: &str| AuditError::Broken {
            index,
            file: line.file.clone(),
            line: line.number,
            reason: reason.to_owned(),
        };
        if self.torn > 0 {
            return Err(bad(self.seq, "it follows a line that was not finished"));
        }
        if line.misplaced {
            return Err(bad(self.seq, "a file of the log is missing before it"));
        }
        while let Some(note) = self
            .notes
            .first_entry()
            .filter(|note| *note.key() <= line.of)
        {
            if !self_is(note.get(), self.seq, self.head, &self.tree) {
                return Err(bad(self.seq, "what is before it is not what was archived"));
            }
            note.remove();
        }
        if !line.whole {
            if !chain::is_torn(&line.bytes, self.seq, self.head) {
                return Err(bad(self.seq, "it does not end in a line feed"));
            }
            self.torn = line.bytes.len() as u64;
            return Ok(());
        }
        self.head = chain::open(&line.bytes, self.seq, self.head)
            .map_err(|reason| bad(self.seq, &reason))?;
        // What was sealed is a record: a writer of ours made it, or somebody who can make chains.
        serde_json::from_slice::<Record>(&line.bytes).map_err(|e| bad(self.seq, &e.to_string()))?;
        self.seq += 1;
        if self.wants_tree {
            self.tree.push(&line.bytes);
        }
        self.hold_against_checkpoint()
    }

    fn hold_against_checkpoint(&self) -> Result<(), AuditError> {
        let holds = match self.checkpoint {
            Some(checkpoint) if checkpoint.records() != self.seq => true,
            Some(Checkpoint::Chain { head, .. }) => head == self.head,
            Some(Checkpoint::Tree { root, .. }) => root == self.tree.root(),
            None => true,
        };
        if holds {
            return Ok(());
        }
        Err(AuditError::Checkpoint {
            seq: self.seq,
            reason: "the records up to it are others".to_owned(),
        })
    }

    fn end(&self, folder: &Path) -> Result<(), AuditError> {
        if let Some(checkpoint) = self.checkpoint
            && checkpoint.records() > self.seq
        {
            return Err(AuditError::Checkpoint {
                seq: checkpoint.records(),
                reason: format!("it has {} records only", self.seq),
            });
        }
        for note in self.notes.values() {
            if !self_is(note, self.seq, self.head, &self.tree) {
                return Err(AuditError::Broken {
                    index: self.seq,
                    file: files::note_path(folder, note.file),
                    line: 0,
                    reason: "the records before it are not what was archived".to_owned(),
                });
            }
        }
        Ok(())
    }

    fn verified(&self) -> Verified {
        Verified {
            records: self.seq,
            head: self.head.to_string(),
            torn: self.torn,
            archived: self.archived,
        }
    }
}

fn self_is(base: &Base, seq: u64, head: Hash, tree: &Tree) -> bool {
    base.tree.size() == seq && base.head == head && base.tree == *tree
}

/// The notes of the log and of its archives, each signed by the host.
fn notes(folder: &Path, how: &Verification<'_>) -> Result<BTreeMap<u32, Base>, AuditError> {
    let mut notes = BTreeMap::new();
    let live = folder.is_dir().then(|| folder.to_owned());
    for folder in how.archives.iter().chain(&live) {
        for number in files::note_numbers(folder)? {
            let Some(key) = how.key else {
                return Err(AuditError::KeyMissing);
            };
            if let Some(base) = Base::read(folder, number, Some(key))? {
                notes.insert(number, base);
            }
        }
    }
    Ok(notes)
}

/// Reads the records of the log in `folder`, oldest first, without checking the chain. Those in archives are not read.
pub fn read(folder: impl AsRef<Path>) -> Result<Records, AuditError> {
    Ok(Records {
        lines: Lines::open(folder.as_ref(), &[])?,
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
    Ok(RecordLines(Lines::open(folder.as_ref(), &[])?))
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
