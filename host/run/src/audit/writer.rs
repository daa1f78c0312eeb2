//! Appending to the log, from any number of threads and processes.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::FlockOperation;
use sha2::{Digest as _, Sha256};

use super::chain::{self, Hash, MAX_LINE};
use super::checkpoint::Base;
use super::clock::Clock;
use super::error::AuditError;
use super::files;
use super::record::Entry;

/// How long records may wait to be synced to the disk while more come; see the module's page.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// The audit log of this user. Appending is safe among threads and processes: each append holds a lock on the very file
/// that it writes to, takes up what others have appended meanwhile, and goes on from there.
pub struct AuditLog {
    folder: PathBuf,
    state: Mutex<State>,
    /// A sync in the background failed: what was written may be lost, so nothing more is.
    sync_failed: Arc<AtomicBool>,
}

struct State {
    number: u32,
    file: Arc<File>,
    /// How far the file has been taken up.
    end: u64,
    next: u64,
    head: Hash,
    /// The last record taken up closes the file.
    closed: bool,
    buffer: Vec<u8>,
    body: Vec<u8>,
    clock: Clock,
    synced: Instant,
}

impl AuditLog {
    /// Opens the log in `folder`, which is made if it is not there. A last line that a killed writer left unfinished
    /// is cut off, and that is recorded.
    ///
    /// # Errors
    /// [`AuditError::Broken`] if the last record is not what was written. Only the end is looked at here;
    /// [`verify`](super::verify) looks at all of it.
    pub fn open(folder: impl AsRef<Path>) -> Result<AuditLog, AuditError> {
        let folder = folder.as_ref();
        files::make_folder(folder)?;
        Ok(AuditLog {
            folder: folder.to_owned(),
            state: Mutex::new(State::at_end(folder)?),
            sync_failed: Arc::new(AtomicBool::new(false)),
        })
    }

    /// The log's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Appends records, all or none, in one write; returns the number of the last one. When this returns, the
    /// operating system has them; see the module's page for when the disk does.
    pub fn append(&self, entries: &[Entry<'_>]) -> Result<u64, AuditError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if self.sync_failed.load(Ordering::Relaxed) {
            return Err(AuditError::io(
                &self.folder,
                std::io::Error::other("an earlier sync to the disk failed"),
            ));
        }
        let held = Held::take(&state.file, &self.folder)?;
        let _held = state.catch_up(&self.folder, held)?;
        state.write(&self.folder, entries)?;
        if state.synced.elapsed() >= SYNC_EVERY {
            state.synced = Instant::now();
            self.sync_in_background(&state.file)?;
        }
        Ok(state.next.saturating_sub(1))
    }

    /// Closes the file that is written to, so that it never changes again; gives the number of the next one. A file
    /// without records is left as it is.
    pub(super) fn close_file(&self) -> Result<u32, AuditError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let held = Held::take(&state.file, &self.folder)?;
        let held = state.catch_up(&self.folder, held)?;
        if state.end > 0 {
            let file = state.number;
            state.write(&self.folder, &[Entry::Closed { file }])?;
            state.closed = true;
            state.catch_up(&self.folder, held)?;
        }
        Ok(state.number)
    }

    /// Not on the caller's thread: it may take as long as a thousand calls.
    fn sync_in_background(&self, file: &Arc<File>) -> Result<(), AuditError> {
        let (synced, failed) = (Arc::clone(file), Arc::clone(&self.sync_failed));
        let spawned = std::thread::Builder::new()
            .name("audit sync".to_owned())
            .spawn(move || {
                if synced.sync_data().is_err() {
                    failed.store(true, Ordering::Relaxed);
                }
            });
        match spawned {
            Ok(_) => Ok(()),
            // No thread to be had: then here.
            Err(_) => file
                .sync_data()
                .map_err(|e| AuditError::io(&self.folder, e)),
        }
    }

    /// Waits until all that was appended is on the disk.
    pub fn sync(&self) -> Result<(), AuditError> {
        let file = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.synced = Instant::now();
            Arc::clone(&state.file)
        };
        file.sync_data()
            .map_err(|e| AuditError::io(&self.folder, e))
    }
}

/// So often the log may be archived while one writer begins.
const MOVES: u32 = 1_000;

/// The lock among processes on a file of the log, while it is held. It is the file itself that is locked, so that two
/// writers of one file always see each other, whatever became of its name.
struct Held(Arc<File>);

impl Held {
    fn take(file: &Arc<File>, path: &Path) -> Result<Self, AuditError> {
        loop {
            match rustix::fs::flock(file, FlockOperation::LockExclusive) {
                Ok(()) => return Ok(Self(Arc::clone(file))),
                Err(rustix::io::Errno::INTR) => {}
                Err(e) => return Err(AuditError::io(path, e.into())),
            }
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = rustix::fs::flock(&self.0, FlockOperation::Unlock);
    }
}

impl State {
    /// The state after the last record in the folder.
    fn at_end(folder: &Path) -> Result<Self, AuditError> {
        for _ in 0..MOVES {
            if let Some(state) = Self::at_end_as_listed(folder)? {
                return Ok(state);
            }
        }
        let moving = "its files are moved away faster than they can be read";
        Err(AuditError::io(folder, std::io::Error::other(moving)))
    }

    /// The same; none if files were moved to an archive meanwhile, so that what was listed is not the log any more.
    fn at_end_as_listed(folder: &Path) -> Result<Option<Self>, AuditError> {
        let numbers = files::numbers(folder)?;
        let note = files::note_numbers(folder)?.last().copied();
        let number = numbers.last().copied().max(note).unwrap_or(1);
        let path = files::path(folder, number);
        // One that was there is not made anew: records in it would stand before the log's beginning.
        let opened = match numbers.contains(&number) {
            true => files::open_again(&path),
            false => files::open_to_append(&path),
        };
        let Some(file) = unless_moved(opened)? else {
            return Ok(None);
        };
        let mut state = State {
            number,
            file: Arc::new(file),
            end: 0,
            next: 0,
            head: Hash::default(),
            closed: false,
            buffer: Vec::new(),
            body: Vec::new(),
            clock: Clock::default(),
            synced: Instant::now(),
        };
        let held = Held::take(&state.file, &path)?;
        // Files are closed and added under that lock, so what is the last one now stays it.
        let last = files::numbers(folder)?.last().copied();
        if last != Some(number) || files::note_numbers(folder)?.last().copied() != note {
            return Ok(None);
        }
        // A new file may still be empty: then the end of the log is the end of the file before it.
        for number in numbers.iter().rev() {
            let path = files::path(folder, *number);
            let Some(file) = unless_moved(files::open_to_read(&path))? else {
                return Ok(None);
            };
            if let Some(last) = last_record(&file, &path)? {
                state.next = last.seq + 1;
                state.head = last.hash;
                if *number == state.number {
                    state.end = last.end;
                    state.closed = last.closes;
                }
                break;
            }
        }
        // Nothing since the files before were archived.
        if state.next == 0
            && let Some(note) = note
            && let Some(base) = Base::read(folder, note, None)?
        {
            state.next = base.tree.size();
            state.head = base.head;
        }
        state.catch_up(folder, held)?;
        Ok(Some(state))
    }

    /// Takes up what others have appended since, and goes on to the next file where this one is full. Gives the lock on
    /// the file that is to be written to.
    fn catch_up(&mut self, folder: &Path, mut held: Held) -> Result<Held, AuditError> {
        loop {
            let (length, links) =
                length_and_links(&self.file).map_err(|e| AuditError::io(&self.path(folder), e))?;
            let cut = || AuditError::Cut {
                file: self.path(folder),
            };
            if length < self.end {
                return Err(cut());
            }
            let is_gone = links == 0;
            if is_gone && !self.is_archived(folder)? {
                return Err(cut());
            }
            if length > self.end {
                self.take_up(folder, &self.path(folder), length)?;
            }
            if is_gone {
                held = self.go_on_after_archive(folder)?;
                continue;
            }
            if self.end < files::FULL && !self.closed {
                return Ok(held);
            }
            // Later syncs are of the next file.
            let full = self.path(folder);
            (self.file.sync_data()).map_err(|e| AuditError::io(&full, e))?;
            let next = files::path(folder, self.number + 1);
            self.file = Arc::new(files::open_to_append(&next)?);
            self.number += 1;
            self.end = 0;
            self.closed = false;
            held = Held::take(&self.file, &next)?;
            sync_folder(folder)?;
        }
    }

    /// Whether the file that is written to was archived: a note stands before a later one.
    fn is_archived(&self, folder: &Path) -> Result<bool, AuditError> {
        let last = files::note_numbers(folder)?.last().copied();
        Ok(last.is_some_and(|begin| begin > self.number))
    }

    /// From a file that was closed or full, and then archived, to the one that is written to now.
    fn go_on_after_archive(&mut self, folder: &Path) -> Result<Held, AuditError> {
        let now = State::at_end(folder)?;
        let ended = self.closed || self.end >= files::FULL;
        if !ended || now.next < self.next {
            return Err(AuditError::Cut {
                file: self.path(folder),
            });
        }
        *self = now;
        Held::take(&self.file, &self.path(folder))
    }

    /// The file that is written to.
    fn path(&self, folder: &Path) -> PathBuf {
        files::path(folder, self.number)
    }

    fn take_up(&mut self, folder: &Path, path: &Path, length: u64) -> Result<(), AuditError> {
        let mut bytes = vec![0; usize::try_from(length - self.end).unwrap_or(usize::MAX)];
        self.file
            .read_exact_at(&mut bytes, self.end)
            .map_err(|e| AuditError::io(path, e))?;
        let mut rest = bytes.as_slice();
        while let Some(at) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, after) = rest.split_at_checked(at).unwrap_or((rest, &[]));
            self.head = chain::open(line, self.next, self.head)
                .map_err(|reason| self.broken(path, reason))?;
            self.closed = chain::closes(line);
            self.next += 1;
            self.end += at as u64 + 1;
            rest = after.get(1..).unwrap_or_default();
        }
        if rest.is_empty() {
            return Ok(());
        }
        if !chain::is_torn(rest, self.next, self.head) {
            return Err(self.broken(path, "it does not end in a line feed".to_owned()));
        }
        // Whoever wrote this is gone: we hold the lock that it held.
        self.file
            .set_len(self.end)
            .map_err(|e| AuditError::io(path, e))?;
        let digest = remit_package::Digest::from(<[u8; 32]>::from(Sha256::digest(rest)));
        let repaired = Entry::Repaired {
            bytes: rest.len() as u64,
            digest: digest.to_string(),
        };
        self.write(folder, &[repaired])
    }

    fn broken(&self, path: &Path, reason: String) -> AuditError {
        AuditError::Broken {
            index: self.next,
            file: path.to_owned(),
            line: 0,
            reason,
        }
    }

    /// Writes records after the last one. The lock is held and nothing is left to take up.
    fn write(&mut self, folder: &Path, entries: &[Entry<'_>]) -> Result<(), AuditError> {
        let path = || files::path(folder, self.number);
        let mut head = self.head;
        let mut next = self.next;
        self.buffer.clear();
        let time = self.clock.now();
        for entry in entries {
            self.body.clear();
            serde_json::to_writer(&mut self.body, entry)
                .map_err(|e| AuditError::io(&path(), e.into()))?;
            let before = self.buffer.len();
            head = chain::seal(&mut self.buffer, next, time, head, &self.body);
            let bytes = self.buffer.len() - before;
            if bytes > MAX_LINE {
                return Err(AuditError::TooLong {
                    bytes,
                    max: MAX_LINE,
                });
            }
            next += 1;
        }
        let mut file: &File = &self.file;
        if let Err(error) = file.write_all(&self.buffer) {
            // Part of it may be there. What cannot be cut off now is a torn line for the next writer.
            let _ = self.file.set_len(self.end);
            return Err(AuditError::io(&path(), error));
        }
        self.end += self.buffer.len() as u64;
        self.head = head;
        self.next = next;
        Ok(())
    }
}

/// What was opened; none if it is not there any more.
fn unless_moved(opened: Result<File, AuditError>) -> Result<Option<File>, AuditError> {
    match opened {
        Err(AuditError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            Ok(None)
        }
        opened => opened.map(Some),
    }
}

/// The last whole record of a file.
struct Last {
    seq: u64,
    hash: Hash,
    /// Where it ends.
    end: u64,
    /// Whether it closes the file.
    closes: bool,
}

fn last_record(file: &File, path: &Path) -> Result<Option<Last>, AuditError> {
    let length = file.metadata().map_err(|e| AuditError::io(path, e))?.len();
    // The longest line, a torn one after it, and the line feed before it.
    let start = length.saturating_sub(2 * MAX_LINE as u64 + 2);
    let mut tail = vec![0; usize::try_from(length - start).unwrap_or(usize::MAX)];
    file.read_exact_at(&mut tail, start)
        .map_err(|e| AuditError::io(path, e))?;
    let Some(last) = tail.iter().rposition(|byte| *byte == b'\n') else {
        return Ok(None);
    };
    let before = tail.get(..last).unwrap_or_default();
    let first = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let line = before.get(first..).unwrap_or_default();
    let (seq, hash) = chain::open_last(line).map_err(|reason| AuditError::Broken {
        index: u64::MAX,
        file: path.to_owned(),
        line: 0,
        reason,
    })?;
    Ok(Some(Last {
        seq,
        hash,
        end: start + last as u64 + 1,
        closes: chain::closes(line),
    }))
}

/// How long a file is and how many names it has. No times are asked for: the kernel would then give each write after
/// it a finer time of its own, which doubles what a write costs.
fn length_and_links(file: &File) -> std::io::Result<(u64, u32)> {
    use rustix::fs::{AtFlags, StatxFlags, statx};
    let found = statx(
        file,
        c"",
        AtFlags::EMPTY_PATH,
        StatxFlags::SIZE | StatxFlags::NLINK,
    )?;
    Ok((found.stx_size, found.stx_nlink))
}

fn sync_folder(folder: &Path) -> Result<(), AuditError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|e| AuditError::io(folder, e))
}
