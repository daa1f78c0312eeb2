//! Which folders of the host may be mounted at all.

use crate::{Mount, SandboxError};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, fstat, fstatfs, openat2, stat};
use rustix::io::Errno;
use rustix::process::geteuid;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

/// Folders that no mount may be, nor hold: Remit's own data and the user's home. No mount may lie within Remit's own
/// data either. Made once and kept, since each call asks it.
#[derive(Clone, Debug, Default)]
pub struct Forbidden {
    home: Option<Folder>,
    own: Vec<Folder>,
}

#[derive(Clone, Debug)]
struct Folder {
    path: PathBuf,
    /// Device and inode, since a folder can be bound to a second place.
    identity: Option<(u64, u64)>,
}

impl Folder {
    fn new(path: &Path) -> Folder {
        // A folder that does not exist yet is compared by its text.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let identity = stat(&path).ok().map(|found| (found.st_dev, found.st_ino));
        Folder { path, identity }
    }

    fn is(&self, path: &Path, identity: (u64, u64)) -> bool {
        self.path == path || self.identity == Some(identity)
    }
}

impl Forbidden {
    /// The current user's home, and `own`: where Remit keeps its components, approvals, audit log and caches.
    pub fn new<P: AsRef<Path>>(own: impl IntoIterator<Item = P>) -> Forbidden {
        Forbidden {
            home: std::env::home_dir()
                .filter(|home| home.is_absolute())
                .map(|home| Folder::new(&home)),
            own: own.into_iter().map(|p| Folder::new(p.as_ref())).collect(),
        }
    }

    /// The same for another home folder.
    pub fn with_home(mut self, home: &Path) -> Forbidden {
        self.home = Some(Folder::new(home));
        self
    }

    fn refuses(&self, path: &Path, identity: (u64, u64)) -> Option<&'static str> {
        if path == Path::new("/") {
            return Some("it is the root of the file system");
        }
        if ["/proc", "/sys", "/dev"]
            .iter()
            .any(|s| path.starts_with(s))
        {
            return Some("it belongs to the kernel");
        }
        if let Some(home) = &self.home {
            if home.is(path, identity) {
                return Some("it is the home folder itself");
            }
            if home.path.starts_with(path) {
                return Some("it holds the home folder");
            }
        }
        for own in &self.own {
            if own.is(path, identity) || path.starts_with(&own.path) || own.path.starts_with(path) {
                return Some("Remit keeps its own data there");
            }
        }
        None
    }
}

/// A folder of the host that passed.
pub(super) struct Root {
    pub(super) dir: OwnedFd,
    /// The device that all below must be on. None on overlayfs, whose files have the numbers of its layers; the kernel
    /// is asked to cross no mount anyway.
    pub(super) device: Option<u64>,
}

/// Opens the folder behind a mount.
///
/// # Errors
/// If it is missing, is not a folder of the current user, or is one that may never be mounted.
pub(super) fn open_root(mount: &Mount, forbidden: &Forbidden) -> Result<Root, SandboxError> {
    let failed = |reason: String| SandboxError::Mount {
        mount: mount.guest.clone(),
        reason,
        forbidden: false,
    };
    let refused = |reason: &str| SandboxError::Mount {
        mount: mount.guest.clone(),
        reason: reason.to_owned(),
        forbidden: true,
    };
    if !mount.host.is_absolute() {
        return Err(failed("its path is not absolute".to_owned()));
    }
    let path = mount
        .host
        .canonicalize()
        .map_err(|error| failed(error.to_string()))?;
    // The path has no links any more; should one appear in it meanwhile, it is not followed.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let dir = openat2(CWD, &path, flags, Mode::empty(), resolve).map_err(|errno| {
        failed(match errno {
            Errno::NOTDIR => "it is not a folder".to_owned(),
            Errno::NOSYS => "files need Linux 5.6 or later, with openat2 allowed".to_owned(),
            other => std::io::Error::from(other).to_string(),
        })
    })?;
    let found = fstat(&dir).map_err(|errno| failed(std::io::Error::from(errno).to_string()))?;
    if let Some(reason) = forbidden.refuses(&path, (found.st_dev, found.st_ino)) {
        return Err(refused(reason));
    }
    // Wherever such a file system is mounted.
    if MADE_UP.contains(&kind(&dir)) {
        return Err(refused("it belongs to the kernel"));
    }
    if found.st_uid != geteuid().as_raw() {
        return Err(refused("it is another user's"));
    }
    Ok(Root {
        device: (kind(&dir) != OVERLAYFS).then_some(found.st_dev),
        dir,
    })
}

/// Numbers of file systems, from linux/magic.h.
const OVERLAYFS: u64 = 0x794c_7630;
const MADE_UP: [u64; 10] = [
    0x9fa0,      // proc
    0x6265_6572, // sysfs
    0x1cd1,      // devpts
    0x6462_6720, // debugfs
    0x7472_6163, // tracefs
    0x7363_6673, // securityfs
    0x27_e0eb,   // cgroup
    0x6367_7270, // cgroup2
    0xf97c_ff8c, // selinuxfs
    0xcafe_4a11, // bpf
];

/// The kind of file system that a folder lies in; 0 where that cannot be told.
fn kind(dir: &OwnedFd) -> u64 {
    // The type is signed or not, by architecture; the numbers have 32 bits.
    fstatfs(dir).map_or(0, |found| found.f_type as u64 & 0xffff_ffff)
}
