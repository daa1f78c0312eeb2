//! Folders that the host reads and writes without ever leaving them.

use std::io;
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, DirBuilder, DirBuilderExt, File, MetadataExt, OpenOptions, OpenOptionsExt};

use crate::codes::Code;
use crate::digest::{Digest, DigestReader};
use crate::error::PackageError;
use crate::file::{QUIET, check_kind, read_capped, shown, write_whole};

/// A skill's folder. Each path is resolved beneath it: neither `..` nor a link leads out.
#[derive(Debug)]
pub struct SkillDir {
    dir: Dir,
    path: PathBuf,
}

impl SkillDir {
    /// Opens an existing folder.
    pub fn open(path: &Path) -> Result<SkillDir, PackageError> {
        let fail = |error: io::Error| match error.kind() {
            io::ErrorKind::NotADirectory => PackageError::new(
                Code::SkillNotFolder,
                format!("{} is not a folder", shown(path)),
            )
            .hinted("a skill is a folder that holds SKILL.md"),
            _ => PackageError::io(shown(path), error),
        };
        let canonical = path.canonicalize().map_err(fail)?;
        let dir = Dir::open_ambient_dir(&canonical, ambient_authority()).map_err(fail)?;
        Ok(SkillDir {
            dir,
            path: canonical,
        })
    }

    /// The folder's own path, canonical at the time it was opened. For messages and for mounting; what is read
    /// is read through [`dir`](Self::dir).
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The open folder.
    pub fn dir(&self) -> &Dir {
        &self.dir
    }

    /// Reads a regular file of at most `max` bytes. Links are followed inside the folder only; a pipe or a
    /// device is refused without blocking.
    pub fn read(&self, rel: &str, max: u64) -> Result<Vec<u8>, PackageError> {
        read_beneath(&self.dir, rel, max)
    }

    /// The same as text, which must be UTF-8.
    pub fn read_text(&self, rel: &str, max: u64) -> Result<String, PackageError> {
        String::from_utf8(self.read(rel, max)?).map_err(|_| {
            PackageError::new(
                Code::FileKind,
                format!("{} is not UTF-8 text", remit_policy::display_safe(rel, 300)),
            )
        })
    }

    /// Whether something by that name exists beneath the folder.
    pub fn exists(&self, rel: &str) -> bool {
        self.dir.exists(rel)
    }
}

/// A run's folder: what is written there is whole or not there at all.
#[derive(Debug)]
pub struct RunDir {
    dir: Dir,
    path: PathBuf,
}

impl RunDir {
    /// Makes a new folder (0700), with its parents. Fails with `file-io` if there is one that is not empty.
    pub fn create(path: &Path) -> Result<RunDir, PackageError> {
        let fail = |error| {
            PackageError::no_folder(path, "for the results", error)
                .hinted("choose another folder with --out")
        };
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(fail)?;
        }
        let made = std::os::unix::fs::DirBuilderExt::mode(&mut std::fs::DirBuilder::new(), 0o700)
            .create(path);
        match made {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let mut entries = std::fs::read_dir(path).map_err(fail)?;
                if entries.next().is_some() {
                    return Err(fail(io::ErrorKind::DirectoryNotEmpty.into()));
                }
            }
            made => made.map_err(fail)?,
        }
        let path = path.canonicalize().map_err(fail)?;
        let dir = Dir::open_ambient_dir(&path, ambient_authority()).map_err(fail)?;
        Ok(RunDir { dir, path })
    }

    /// Opens a folder that is there, with what is in it.
    pub fn open(path: &Path) -> Result<RunDir, PackageError> {
        let fail = |error| PackageError::io(shown(path), error);
        let path = path.canonicalize().map_err(fail)?;
        let dir = Dir::open_ambient_dir(&path, ambient_authority()).map_err(fail)?;
        Ok(RunDir { dir, path })
    }

    /// The folder's canonical path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The open folder.
    pub fn dir(&self) -> &Dir {
        &self.dir
    }

    /// Removes a file beneath the folder. One that is not there is no fault.
    pub fn remove(&self, rel: &str) -> Result<(), PackageError> {
        plain_path(rel)?;
        match self.dir.remove_file(rel) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(climbs_or_io(rel, error)),
            _ => Ok(()),
        }
    }

    /// Writes a file beneath the folder, making the folders on the way: to a temporary name, synced, renamed.
    /// `rel` is one or more plain names joined by `/`: no `..`, no absolute path, no control characters.
    pub fn write(&self, rel: &str, bytes: &[u8]) -> Result<(), PackageError> {
        let fail = |error| climbs_or_io(rel, error);
        let (folders, name) = plain_path(rel)?;
        if folders.is_empty() {
            return write_whole(&self.dir, name.as_ref(), bytes, None).map_err(fail);
        }
        let dir = match self.dir.open_dir(folders) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.make_folders(folders).map_err(fail)?;
                self.dir.open_dir(folders).map_err(fail)?
            }
            opened => opened.map_err(fail)?,
        };
        write_whole(&dir, name.as_ref(), bytes, None).map_err(fail)
    }

    /// Makes a folder (0700) beneath the run's, with its parents, such as one that a plugin is to write into.
    pub fn make_folder(&self, rel: &str) -> Result<(), PackageError> {
        plain_path(rel)?;
        self.make_folders(rel)
            .map_err(|error| climbs_or_io(rel, error))
    }

    fn make_folders(&self, rel: &str) -> io::Result<()> {
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        self.dir.create_dir_with(rel, &builder)
    }

    /// Reads a regular file of at most `max` bytes.
    pub fn read(&self, rel: &str, max: u64) -> Result<Vec<u8>, PackageError> {
        read_beneath(&self.dir, rel, max)
    }

    /// The length and digest of a regular file, however long it is.
    pub fn digest(&self, rel: &str) -> Result<(u64, Digest), PackageError> {
        let mut reader = DigestReader::new(open_beneath(&self.dir, rel)?);
        let bytes = io::copy(&mut reader, &mut io::sink()).map_err(|e| climbs_or_io(rel, e))?;
        Ok((bytes, reader.finish()))
    }
}

/// Reads beneath a folder; see [`SkillDir::read`].
fn read_beneath(dir: &Dir, rel: &str, max: u64) -> Result<Vec<u8>, PackageError> {
    let name = remit_policy::display_safe(rel, 300);
    read_capped(&name, open_beneath(dir, rel)?, max)
}

fn open_beneath(dir: &Dir, rel: &str) -> Result<File, PackageError> {
    let name = remit_policy::display_safe(rel, 300);
    let fail = |error| climbs_or_io(rel, error);
    check_kind(&name, dir.metadata(rel).map_err(fail)?.mode())?;
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(QUIET);
    let file = dir.open_with(rel, &options).map_err(fail)?;
    check_kind(&name, file.metadata().map_err(fail)?.mode())?;
    Ok(file)
}

/// cap-std answers a climb with its own error, told apart from the kernel's by having no number (or EXDEV,
/// which openat2 gives); a person should hear that it was a climb.
fn climbs_or_io(rel: &str, error: io::Error) -> PackageError {
    let exdev = rustix::io::Errno::XDEV.raw_os_error();
    let climbs = error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_none();
    if climbs || error.raw_os_error() == Some(exdev) {
        return outside(rel);
    }
    PackageError::io(remit_policy::display_safe(rel, 300), error)
}

fn outside(rel: &str) -> PackageError {
    let rel = remit_policy::display_safe(rel, 300);
    PackageError::new(
        Code::PathOutsideSkill,
        format!("{rel} leads out of the folder that it must stay in"),
    )
    .hinted("name a file inside the folder; links may not point outside of it")
}

/// Whether a path could name a file beneath a run's folder, without looking at one.
///
/// # Errors
/// If it climbs, is absolute, or holds a name that is none.
pub fn check_output_path(rel: &str) -> Result<(), PackageError> {
    plain_path(rel).map(|_| ())
}

/// Splits `a/b/c` into `a/b` and `c`, if all names in it are plain.
fn plain_path(rel: &str) -> Result<(&str, &str), PackageError> {
    let bad = |name: &str| {
        name.is_empty() || name == "." || name.len() > 255 || name.chars().any(char::is_control)
    };
    if rel.starts_with('/') || rel.split('/').any(|name| name == "..") {
        return Err(outside(rel));
    }
    if rel.len() > 4096 || rel.split('/').any(bad) {
        let rel = remit_policy::display_safe(rel, 300);
        return Err(PackageError::new(
            Code::FileKind,
            format!("`{rel}` is not the name of a file"),
        )
        .hinted(
            "names are joined by single `/`, at most 255 bytes each, without control characters",
        ));
    }
    Ok(rel.rsplit_once('/').unwrap_or(("", rel)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn skill() -> (tempfile::TempDir, SkillDir) {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("secret"), "outside").unwrap();
        let inner = root.path().join("skill");
        std::fs::create_dir_all(inner.join("sub")).unwrap();
        std::fs::write(inner.join("sub/a.txt"), "inside").unwrap();
        let opened = SkillDir::open(&inner).unwrap();
        (root, opened)
    }

    #[test]
    fn paths_and_links_that_lead_out_are_refused() {
        let (root, skill) = skill();
        let inner = root.path().join("skill");
        symlink("../secret", inner.join("link")).unwrap();
        symlink(root.path().join("secret"), inner.join("absolute")).unwrap();
        symlink("..", inner.join("up")).unwrap();
        symlink("link", inner.join("chain")).unwrap();
        let absolute = root.path().join("secret");
        for rel in [
            "../secret",
            "sub/../../secret",
            "link",
            "absolute",
            "up/secret",
            "chain",
            absolute.to_str().unwrap(),
        ] {
            assert_eq!(
                skill.read(rel, 99).unwrap_err().code(),
                "path-outside-skill",
                "{rel}"
            );
            assert!(!skill.exists(rel), "{rel}");
        }
    }

    #[test]
    fn paths_and_links_that_stay_inside_are_followed() {
        let (root, skill) = skill();
        symlink("sub/a.txt", root.path().join("skill/link")).unwrap();
        for rel in ["sub/a.txt", "./sub/a.txt", "sub/../sub/a.txt", "link"] {
            assert_eq!(skill.read(rel, 99).unwrap(), b"inside", "{rel}");
        }
        assert_eq!(skill.read("nothing", 9).unwrap_err().code(), "file-missing");
        assert_eq!(skill.read("sub", 9).unwrap_err().code(), "file-kind");
        assert_eq!(
            skill.read("sub/a.txt", 5).unwrap_err().code(),
            "file-too-large"
        );
    }

    #[test]
    fn a_pipe_in_a_skill_does_not_block() {
        let (root, skill) = skill();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            root.path().join("skill/pipe"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RWXU,
            0,
        )
        .unwrap();
        assert_eq!(skill.read("pipe", 9).unwrap_err().code(), "file-kind");
    }

    #[test]
    fn a_skill_that_is_a_file_or_missing_is_named() {
        let (root, _) = skill();
        let file = root.path().join("secret");
        assert_eq!(
            SkillDir::open(&file).unwrap_err().code(),
            "skill-not-a-folder"
        );
        let missing = root.path().join("nothing");
        assert_eq!(SkillDir::open(&missing).unwrap_err().code(), "file-missing");
    }

    #[test]
    fn results_are_written_beneath_the_run_and_nowhere_else() {
        let root = tempfile::tempdir().unwrap();
        let run = RunDir::create(&root.path().join("runs/1")).unwrap();
        run.write("report.md", b"r").unwrap();
        run.write("drafts/a/b.md", b"d").unwrap();
        assert_eq!(run.read("drafts/a/b.md", 9).unwrap(), b"d");
        let again = RunDir::open(&root.path().join("runs/1")).unwrap();
        assert_eq!(again.read("drafts/a/b.md", 9).unwrap(), b"d");
        let digest = run.digest("drafts/a/b.md").unwrap();
        assert_eq!(digest, (1, Digest::of(b"d")));
        symlink("../..", run.path().join("up")).unwrap();
        for rel in ["../x", "/x", "a/../../x", "up/x"] {
            assert_eq!(
                run.write(rel, b"x").unwrap_err().code(),
                "path-outside-skill",
                "{rel}"
            );
        }
        for rel in ["", "a//b", "a/./b", "a/", "new\nline"] {
            assert_eq!(run.write(rel, b"x").unwrap_err().code(), "file-kind");
        }
        assert!(!root.path().join("x").exists());
    }

    #[test]
    fn only_what_is_beneath_a_folder_is_removed() {
        let root = tempfile::tempdir().unwrap();
        let run = RunDir::create(&root.path().join("out")).unwrap();
        run.write("a/b.md", b"b").unwrap();
        run.remove("a/b.md").unwrap();
        run.remove("a/b.md").unwrap();
        assert!(!run.path().join("a/b.md").exists());
        std::fs::write(root.path().join("kept"), b"k").unwrap();
        symlink("..", run.path().join("up")).unwrap();
        for rel in ["../kept", "up/kept"] {
            let refused = run.remove(rel).unwrap_err().code();
            assert_eq!(refused, "path-outside-skill", "{rel}");
        }
        assert!(root.path().join("kept").exists());
    }

    #[test]
    fn a_run_takes_an_empty_folder_and_no_other() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("out");
        RunDir::create(&path).unwrap();
        RunDir::create(&path).unwrap().write("a", b"").unwrap();
        assert_eq!(RunDir::create(&path).unwrap_err().code(), "file-io");
    }
}
