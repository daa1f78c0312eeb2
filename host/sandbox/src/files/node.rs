//! The descriptors that a guest holds, and what is known of each.

use super::FilesView;
use super::open::Opened;
use super::place::Place;
use super::shared::{Mounted, Slot, Written};
use super::stop::{Stop, no_such_descriptor};
use remit_policy::Access;
use std::sync::Arc;
use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::{Descriptor, Dir, File};
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;
use wasmtime_wasi::runtime::spawn_blocking;
use wasmtime_wasi::{FsPerms, OpenMode};

/// Whether wasmtime-wasi may block the current thread: never, since a disk may be slow and the deadline must hold.
const INLINE: bool = false;

/// An open descriptor.
pub(super) struct Node {
    pub(super) mounted: Arc<Mounted>,
    /// Relative to the mount, without `.` and `..`; empty is the mount itself.
    pub(super) path: String,
    pub(super) file: Arc<std::fs::File>,
    pub(super) folder: bool,
    pub(super) write: bool,
    pub(super) has_holes: bool,
    pub(super) slot: Arc<Slot>,
}

/// Runs what may block, on a thread that may.
pub(super) async fn blocking<R: Send + 'static>(
    body: impl FnOnce() -> Result<R, Stop> + Send + 'static,
) -> FsResult<R> {
    Ok(spawn_blocking(body).await?)
}

fn perms(access: Access) -> FsPerms {
    match access {
        Access::Write => FsPerms::ReadWrite,
        Access::Read => FsPerms::ReadOnly,
    }
}

/// A mount's root as wasmtime-wasi knows it.
pub(super) fn root(dir: std::fs::File, access: Access) -> Dir {
    let mut mode = OpenMode::READ;
    mode.set(OpenMode::WRITE, access == Access::Write);
    Dir::new(dir, perms(access), mode, INLINE)
}

impl Node {
    /// What is known of a descriptor for one of the call's mounts.
    pub(super) fn mount(mounted: &Arc<Mounted>, slot: Arc<Slot>) -> Node {
        Node {
            mounted: mounted.clone(),
            path: String::new(),
            file: mounted.dir.dir.clone(),
            folder: true,
            write: false,
            has_holes: false,
            slot,
        }
    }

    /// The file, if it is open for writing.
    pub(super) fn written(&self) -> Result<Written, ErrorCode> {
        if !self.write {
            return Err(ErrorCode::BadDescriptor);
        }
        Ok(Written {
            mounted: self.mounted.clone(),
            file: self.file.clone(),
            asked: self.mounted.shown(&self.path),
            has_holes: self.has_holes,
        })
    }
}

/// A path without `.`, `..` and empty names.
fn normal(path: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    names.join("/")
}

impl FilesView<'_> {
    /// What is known of a descriptor, for a further use of it.
    pub(super) fn node(&self, fd: &Resource<Descriptor>) -> FsResult<&Node> {
        self.ctx.shared.standing("use")?;
        self.ctx.nodes.get(&fd.rep()).ok_or_else(no_such_descriptor)
    }

    /// Where `path` leads, in the folder that the guest holds.
    pub(super) fn place(&self, fd: &Resource<Descriptor>, path: String) -> FsResult<Place> {
        let node = self.node(fd)?;
        if !node.folder {
            return Err(ErrorCode::NotDirectory.into());
        }
        Ok(self.place_of(node, path))
    }

    /// The thing itself that the guest holds, for a decision on it.
    pub(super) fn place_itself(&self, fd: &Resource<Descriptor>) -> FsResult<Place> {
        let node = self.node(fd)?;
        let mut place = self.place_of(node, String::new());
        place.full = node.path.clone();
        Ok(place)
    }

    fn place_of(&self, node: &Node, path: String) -> Place {
        Place::new(
            self.ctx.shared.clone(),
            node.mounted.clone(),
            node.file.clone(),
            &node.path,
            path,
        )
    }

    /// Hands a descriptor to the guest.
    pub(super) fn push(
        &mut self,
        descriptor: Descriptor,
        node: Node,
    ) -> FsResult<Resource<Descriptor>> {
        let resource = self.table.push(descriptor)?;
        self.ctx.nodes.insert(resource.rep(), node);
        Ok(resource)
    }

    pub(super) fn push_opened(
        &mut self,
        place: Place,
        opened: Opened,
        slot: Arc<Slot>,
    ) -> FsResult<Resource<Descriptor>> {
        let mut mode = OpenMode::empty();
        mode.set(OpenMode::READ, opened.read);
        // A folder has it where things may be changed in it; wasi calls that `mutate-directory`.
        let changeable = opened.folder && place.mounted.access == Access::Write;
        mode.set(OpenMode::WRITE, opened.write || changeable);
        let perms = perms(place.mounted.access);
        let (file, descriptor) = if opened.folder {
            let dir = Dir::new(opened.file, perms, mode, INLINE);
            (dir.dir.clone(), Descriptor::Dir(dir))
        } else {
            let file = File::new(opened.file, perms, mode, INLINE);
            (file.file.clone(), Descriptor::File(file))
        };
        let node = Node {
            path: normal(&place.full),
            mounted: place.mounted,
            file,
            folder: opened.folder,
            write: opened.write,
            has_holes: opened.has_holes,
            slot,
        };
        self.push(descriptor, node)
    }

    /// After a rename: what the guest holds below the old path is shown under the new one from now on.
    pub(super) fn moved(&mut self, mounted: &Arc<Mounted>, old: &str, new: &str) {
        let (old, new) = (normal(old), normal(new));
        let held = self.ctx.nodes.values_mut();
        for node in held.filter(|node| Arc::ptr_eq(&node.mounted, mounted)) {
            let moved = match node.path.strip_prefix(&old) {
                Some("") => new.clone(),
                Some(rest) if rest.starts_with('/') => format!("{new}{rest}"),
                _ => continue,
            };
            node.path = moved;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn a_held_path_is_in_one_spelling() {
        for (path, expected) in [
            (".", ""),
            ("a//b/", "a/b"),
            ("a/./b/../c", "a/c"),
            ("..", ""),
        ] {
            assert_eq!(normal(path), expected, "{path}");
        }
    }
}
