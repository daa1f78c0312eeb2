//! The folders that a guest starts with, the listing of folders, and the meaning of errors.

use super::FilesView;
use super::listing::{Listing, read_some};
use super::node::{Node, blocking};
use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::bindings::filesystem::preopens;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    self, DirectoryEntry, DirectoryEntryStream, ErrorCode, HostDirectoryEntryStream,
};
use wasmtime_wasi::p2::{FsError, FsResult};

impl preopens::Host for FilesView<'_> {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Resource<Descriptor>, String)>> {
        if self.ctx.mounts.is_empty() {
            let denial = self.ctx.shared.authority.no_folder();
            self.ctx.shared.deny("list-mounts", denial).map_err(trap)?;
        }
        let mut folders = Vec::with_capacity(self.ctx.mounts.len());
        for mounted in self.ctx.mounts.clone() {
            let slot = self.ctx.shared.slot().map_err(trap)?;
            let descriptor = Descriptor::Dir(mounted.dir.clone());
            let resource = self
                .push(descriptor, Node::mount(&mounted, slot))
                .map_err(trap)?;
            folders.push((resource, mounted.guest.clone()));
        }
        Ok(folders)
    }
}

fn trap(error: impl Into<FsError>) -> wasmtime::Error {
    let error: FsError = error.into();
    // A code has no way to the guest here; anything else is a trap already.
    match error.downcast() {
        Ok(code) => wasmtime::Error::new(code),
        Err(trap) => trap,
    }
}

impl types::Host for FilesView<'_> {
    fn convert_error_code(&mut self, error: FsError) -> wasmtime::Result<ErrorCode> {
        self.wasi().convert_error_code(error)
    }

    fn filesystem_error_code(
        &mut self,
        error: Resource<wasmtime::Error>,
    ) -> wasmtime::Result<Option<ErrorCode>> {
        // What our streams say; those of wasmtime-wasi say what the system said.
        if let Some(code) = self.table.get(&error)?.downcast_ref::<ErrorCode>() {
            return Ok(Some(*code));
        }
        self.wasi().filesystem_error_code(error)
    }
}

/// Ours, in the place of wasmtime-wasi's: see `read_directory`.
fn listing(stream: &Resource<DirectoryEntryStream>) -> Resource<Listing> {
    Resource::new_borrow(stream.rep())
}

impl HostDirectoryEntryStream for FilesView<'_> {
    async fn read_directory_entry(
        &mut self,
        stream: Resource<DirectoryEntryStream>,
    ) -> FsResult<Option<DirectoryEntry>> {
        self.ctx.shared.standing("list")?;
        let open = self.table.get_mut(&listing(&stream))?;
        if let Some(entry) = open.next() {
            return Ok(Some(entry));
        }
        let Some(folder) = open.more() else {
            return Ok(None);
        };
        let entries = blocking(move || read_some(&folder)).await?;
        let open = self.table.get_mut(&listing(&stream))?;
        open.add(entries);
        Ok(open.next())
    }

    fn drop(&mut self, stream: Resource<DirectoryEntryStream>) -> wasmtime::Result<()> {
        self.table
            .delete(Resource::<Listing>::new_own(stream.rep()))?;
        Ok(())
    }
}
