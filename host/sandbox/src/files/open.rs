//! Opening. What was judged is what is opened, and nothing is changed before it is judged.

use super::beneath::{look_beneath, open_beneath, parent_beneath, split};
use super::place::{Kind, Place};
use super::stop::Stop;
use remit_policy::{Access, DenialCode};
use rustix::fs::{FileType, Mode, OFlags, fstat, ftruncate};
use rustix::io::Errno;
use std::fs::File;
use std::sync::atomic::Ordering;
use wasmtime_wasi::p2::bindings::filesystem::types::{DescriptorFlags, ErrorCode, OpenFlags};

/// How often an entry may be swapped between the look and the open before that is an error.
const TRIES: u32 = 16;

/// How to open.
#[derive(Clone, Copy, Debug)]
pub(super) struct How {
    follow: bool,
    create: bool,
    exclusive: bool,
    folder: bool,
    truncate: bool,
    read: bool,
    write: bool,
}

/// What was opened.
pub(super) struct Opened {
    pub(super) file: File,
    pub(super) folder: bool,
    pub(super) read: bool,
    pub(super) write: bool,
    /// Whether a file that is to be written has holes.
    pub(super) has_holes: bool,
}

impl How {
    /// Reads the flags as wasmtime-wasi does.
    pub(super) fn new(
        follow: bool,
        open: OpenFlags,
        flags: DescriptorFlags,
    ) -> Result<How, ErrorCode> {
        let synced = DescriptorFlags::FILE_INTEGRITY_SYNC
            | DescriptorFlags::DATA_INTEGRITY_SYNC
            | DescriptorFlags::REQUESTED_WRITE_SYNC;
        if flags.intersects(synced) {
            return Err(ErrorCode::Unsupported);
        }
        let changes = OpenFlags::CREATE | OpenFlags::EXCLUSIVE | OpenFlags::TRUNCATE;
        if open.contains(OpenFlags::DIRECTORY) && open.intersects(changes) {
            return Err(ErrorCode::Invalid);
        }
        let create = open.contains(OpenFlags::CREATE);
        let exclusive = create && open.contains(OpenFlags::EXCLUSIVE);
        let truncate = open.contains(OpenFlags::TRUNCATE);
        let write = flags.contains(DescriptorFlags::WRITE);
        Ok(How {
            // As O_EXCL has it: a link in the place is something in the place.
            follow: follow && !exclusive,
            create,
            exclusive,
            folder: open.contains(OpenFlags::DIRECTORY),
            truncate,
            read: flags.contains(DescriptorFlags::READ) || !write,
            write: write || create || truncate,
        })
    }

    fn action(self) -> &'static str {
        match self.write {
            true => "open-write",
            false => "open-read",
        }
    }
}

impl Place {
    /// Opens a file or folder.
    pub(super) fn open(&self, how: How) -> Result<Opened, Stop> {
        let action = how.action();
        let access = match how.write {
            true => Access::Write,
            false => Access::Read,
        };
        let rule = self.judge(action, access)?;
        let mut recorded = false;
        let mut made = false;
        for _ in 0..TRIES {
            // A look has no effect, so one record tells of the whole: a FIFO is not opened even for a moment.
            let found = match look_beneath(&self.dir, &self.path, how.follow) {
                Ok((_, found)) => Some(self.fit(action, &found, how.write)?),
                Err(Errno::NOENT) if how.create => None,
                Err(errno) if recorded && errno != Errno::XDEV => return Err(errno.into()),
                Err(errno) => return Err(self.failed(action, &rule, errno)),
            };
            if found.is_none() && !made {
                let parent = split(&self.path).map_or("", |name| name.parent);
                let parent = parent_beneath(&self.dir, parent)
                    .map_err(|errno| self.failed(action, &rule, errno))?;
                self.take_entry(action, parent, 0)?;
                made = true;
            }
            if !recorded {
                self.shared.allow(action, &self.shown(), &rule)?;
                recorded = true;
            }
            match self.open_found(how, found) {
                // Nothing is made through a link to nothing.
                Err(Errno::EXIST) if !how.exclusive && self.is_link() => {
                    return Err(Stop::Code(ErrorCode::Loop));
                }
                // Someone else made or removed it meanwhile: look again.
                Err(Errno::EXIST) if !how.exclusive => {}
                Err(Errno::NOENT) if how.create && found.is_some() => {}
                Err(Errno::NXIO) => {
                    let reason = "it is neither a plain file nor a folder";
                    return Err(self.refuse(action, DenialCode::FileKind, reason));
                }
                Err(Errno::XDEV) => return Err(self.leads_out(action)),
                Err(errno) => return Err(errno.into()),
                Ok(file) => return self.opened(action, how, file),
            }
        }
        Err(Stop::Code(ErrorCode::Busy))
    }

    fn is_link(&self) -> bool {
        look_beneath(&self.dir, &self.path, false)
            .is_ok_and(|(_, found)| FileType::from_raw_mode(found.st_mode).is_symlink())
    }

    fn open_found(&self, how: How, found: Option<Kind>) -> Result<File, Errno> {
        let mut flags = match found {
            Some(Kind::Folder) if how.write => return Err(Errno::ISDIR),
            Some(Kind::Folder) => OFlags::RDONLY | OFlags::DIRECTORY,
            Some(Kind::Link) if !how.exclusive => return Err(Errno::LOOP),
            Some(_) if how.exclusive => return Err(Errno::EXIST),
            Some(_) if how.folder => return Err(Errno::NOTDIR),
            // Always exclusively: what is there after all was not judged.
            None => OFlags::CREATE | OFlags::EXCL,
            Some(_) => OFlags::empty(),
        };
        if found != Some(Kind::Folder) {
            flags |= match (how.read, how.write) {
                (true, true) => OFlags::RDWR,
                (false, true) => OFlags::WRONLY,
                _ => OFlags::RDONLY,
            };
        }
        flags.set(OFlags::NOFOLLOW, !how.follow);
        let mode = match found {
            None => Mode::from_raw_mode(0o666),
            Some(_) => Mode::empty(),
        };
        open_beneath(&self.dir, &self.path, flags, mode).map(File::from)
    }

    /// Looks at what was opened, since the name may have come to mean something else, and only then empties it.
    fn opened(&self, action: &str, how: How, file: File) -> Result<Opened, Stop> {
        let found = fstat(&file)?;
        let folder = self.fit(action, &found, how.write)? == Kind::Folder;
        if how.folder && !folder {
            return Err(Stop::Code(ErrorCode::NotDirectory));
        }
        let mut has_holes = how.write && found.st_blocks.saturating_mul(512) < found.st_size;
        if how.truncate && found.st_size > 0 {
            ftruncate(&file, 0)?;
            has_holes = false;
        }
        self.shared
            .meter
            .files_opened
            .fetch_add(1, Ordering::Relaxed);
        Ok(Opened {
            file,
            folder,
            read: how.read,
            write: how.write && !folder,
            has_holes,
        })
    }
}
