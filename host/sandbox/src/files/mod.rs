//! The `files` capability: wasi:filesystem over mounts, with quotas and a record of each open.
//!
//! It stands between the guest and wasmtime-wasi. What takes a *path* is done here: the policy judges it, the kernel
//! resolves it beneath the folder that it starts from (`openat2`, so nothing can be swapped in between), what was found
//! is looked at, the decision is recorded, and only then something is opened or changed. Of what takes an open
//! *descriptor* reading is left to wasmtime-wasi, and writing is done here, since it is counted. Everything that may
//! block runs on tokio's blocking threads, in one step.
//!
//! A record is made for each open, each change and each denial; looks at metadata are recorded once for each folder,
//! reads and writes of an open file not at all.

mod beneath;
mod change;
mod descriptor;
mod host;
mod listing;
mod look;
mod node;
mod open;
mod place;
mod quota;
mod root;
mod shared;
mod stop;
mod stream;
mod times;
mod tree;
mod write;

pub use self::root::Forbidden;

use self::node::Node;
use self::quota::Quota;
use self::root::open_root;
use self::shared::{Mounted, Shared};
use crate::{Journal, Meter, Mount, SandboxError};
use remit_policy::{Access, Authority};
use std::collections::HashMap;
use std::fs::File;
use std::sync::{Arc, Mutex};
use wasmtime::component::{HasData, Linker, ResourceTable};
use wasmtime_wasi::filesystem::{WasiFilesystemCtx, WasiFilesystemCtxView};
use wasmtime_wasi::p2::bindings::filesystem;

/// The files of one call.
pub struct FilesCtx {
    shared: Arc<Shared>,
    mounts: Vec<Arc<Mounted>>,
    /// What is known of each descriptor, by its place in the resource table.
    nodes: HashMap<u32, Node>,
    /// wasmtime-wasi's own, which knows no folder.
    wasi: WasiFilesystemCtx,
}

impl FilesCtx {
    /// Opens the folders behind the mounts of a call, those that the authority lets through. A mount without a grant is
    /// an error, a grant without a mount is not there for the guest.
    ///
    /// # Errors
    /// [`SandboxError::Mount`] if a folder is missing, is another user's, or may never be mounted.
    pub fn open(
        mounts: &[Mount],
        forbidden: &Forbidden,
        authority: Arc<Authority>,
        journal: Arc<Journal>,
        usage: Arc<Meter>,
    ) -> Result<FilesCtx, SandboxError> {
        let mut opened: Vec<Arc<Mounted>> = Vec::with_capacity(mounts.len());
        for mount in mounts {
            let Some((id, grant)) = authority.mount(&mount.guest) else {
                return Err(SandboxError::Mount {
                    mount: mount.guest.clone(),
                    reason: "nothing that is granted covers it".to_owned(),
                    forbidden: true,
                });
            };
            if opened.iter().any(|other| other.id == id) {
                return Err(SandboxError::Call(format!(
                    "{} is mounted twice",
                    mount.guest
                )));
            }
            let root = open_root(mount, forbidden)?;
            let access = match authority.file_access(id, ".", Access::Write) {
                Ok(_) => Access::Write,
                Err(_) => Access::Read,
            };
            opened.push(Arc::new(Mounted {
                id,
                guest: mount.guest.clone(),
                grant: grant.clone(),
                access,
                dir: node::root(File::from(root.dir), access),
                device: root.device,
                quota: Quota::new(authority.file_quota(id)),
                adding: Mutex::new(()),
            }));
        }
        Ok(FilesCtx {
            shared: Arc::new(Shared::new(authority, journal, usage)),
            mounts: opened,
            nodes: HashMap::new(),
            wasi: WasiFilesystemCtx::default(),
        })
    }
}

impl Drop for FilesCtx {
    fn drop(&mut self) {
        self.shared.end();
    }
}

/// What the host functions of wasi:filesystem see.
pub struct FilesView<'a> {
    /// The call's files.
    pub ctx: &'a mut FilesCtx,
    /// The call's resources.
    pub table: &'a mut ResourceTable,
}

impl FilesView<'_> {
    fn wasi(&mut self) -> WasiFilesystemCtxView<'_> {
        WasiFilesystemCtxView {
            ctx: &mut self.ctx.wasi,
            table: self.table,
        }
    }
}

struct Files;

impl HasData for Files {
    type Data<'a> = FilesView<'a>;
}

/// Adds `wasi:filesystem/types` and `wasi:filesystem/preopens`.
///
/// # Errors
/// If the linker has them already.
pub fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: fn(&mut T) -> FilesView<'_>,
) -> wasmtime::Result<()> {
    filesystem::types::add_to_linker::<T, Files>(linker, view)?;
    filesystem::preopens::add_to_linker::<T, Files>(linker, view)
}
