//! The methods of `wasi:filesystem/types.descriptor`.

use super::FilesView;
use super::listing::Listing;
use super::look::{hash, shown};
use super::node::blocking;
use super::open::How;
use super::stream::{Reader, State, Writer};
use super::times::timestamps;
use remit_policy::Access;
use rustix::fs::fstat;
use std::sync::atomic::Ordering;
use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    Advice, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntryStream, ErrorCode,
    Filesize, HostDescriptor, MetadataHashValue, NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, FsResult};

type Fd = Resource<Descriptor>;

fn follows(flags: PathFlags) -> bool {
    flags.contains(PathFlags::SYMLINK_FOLLOW)
}

impl FilesView<'_> {
    /// That the guest may write at all where this descriptor lies. If not, the denial is recorded.
    fn may_write(&self, fd: &Fd, action: &str) -> FsResult<()> {
        let node = self.node(fd)?;
        if node.mounted.access == Access::Read {
            self.place_itself(fd)?.judge(action, Access::Write)?;
            // The policy let it through after all, but the mount is read-only: never fall through to the write.
            return Err(ErrorCode::ReadOnly.into());
        }
        Ok(())
    }

    fn writer(
        &mut self,
        fd: Fd,
        position: Option<Filesize>,
    ) -> FsResult<Resource<DynOutputStream>> {
        self.may_write(&fd, "write")?;
        let node = self.node(&fd)?;
        let writer: DynOutputStream = Box::new(Writer {
            shared: self.ctx.shared.clone(),
            written: node.written()?,
            position,
            state: State::Ready,
            _file: node.slot.clone(),
            _slot: self.ctx.shared.stream_slot()?,
        });
        Ok(self.table.push(writer)?)
    }
}

impl HostDescriptor for FilesView<'_> {
    fn read_via_stream(&mut self, fd: Fd, offset: Filesize) -> FsResult<Resource<DynInputStream>> {
        let (file, slot) = (self.node(&fd)?.slot.clone(), self.ctx.shared.stream_slot()?);
        let stream = self.wasi().read_via_stream(fd, offset)?;
        let reader: DynInputStream = Box::new(Reader {
            inner: self.table.delete(stream)?,
            shared: self.ctx.shared.clone(),
            _file: file,
            _slot: slot,
        });
        Ok(self.table.push(reader)?)
    }

    fn write_via_stream(
        &mut self,
        fd: Fd,
        offset: Filesize,
    ) -> FsResult<Resource<DynOutputStream>> {
        self.writer(fd, Some(offset))
    }

    fn append_via_stream(&mut self, fd: Fd) -> FsResult<Resource<DynOutputStream>> {
        self.writer(fd, None)
    }

    async fn advise(
        &mut self,
        fd: Fd,
        offset: Filesize,
        length: Filesize,
        advice: Advice,
    ) -> FsResult<()> {
        self.wasi().advise(fd, offset, length, advice).await
    }

    async fn sync_data(&mut self, fd: Fd) -> FsResult<()> {
        self.wasi().sync_data(fd).await
    }

    async fn get_flags(&mut self, fd: Fd) -> FsResult<DescriptorFlags> {
        self.wasi().get_flags(fd).await
    }

    async fn get_type(&mut self, fd: Fd) -> FsResult<DescriptorType> {
        // Nothing else is ever opened.
        Ok(match self.node(&fd)?.folder {
            true => DescriptorType::Directory,
            false => DescriptorType::RegularFile,
        })
    }

    async fn set_size(&mut self, fd: Fd, size: Filesize) -> FsResult<()> {
        self.may_write(&fd, "set-size")?;
        let written = self.node(&fd)?.written()?;
        let shared = self.ctx.shared.clone();
        blocking(move || shared.set_size(&written, size)).await
    }

    async fn set_times(
        &mut self,
        fd: Fd,
        accessed: NewTimestamp,
        modified: NewTimestamp,
    ) -> FsResult<()> {
        let place = self.place_itself(&fd)?;
        let times = timestamps(accessed, modified)?;
        blocking(move || place.set_own_times(&times)).await
    }

    async fn read(
        &mut self,
        fd: Fd,
        length: Filesize,
        offset: Filesize,
    ) -> FsResult<(Vec<u8>, bool)> {
        // At most 64 KiB at a time, whatever the guest asks for (wasmtime-wasi's MAX_READ_SIZE_ALLOC).
        self.ctx.shared.standing("read")?;
        let (bytes, ended) = self.wasi().read(fd, length, offset).await?;
        let counter = &self.ctx.shared.meter.file_bytes_read;
        counter.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok((bytes, ended))
    }

    async fn write(&mut self, fd: Fd, bytes: Vec<u8>, offset: Filesize) -> FsResult<Filesize> {
        self.may_write(&fd, "write")?;
        let written = self.node(&fd)?.written()?;
        let shared = self.ctx.shared.clone();
        let done = blocking(move || shared.write(&written, Some(offset), &bytes)).await?;
        Ok(done as u64)
    }

    async fn read_directory(&mut self, fd: Fd) -> FsResult<Resource<DirectoryEntryStream>> {
        let node = self.node(&fd)?;
        if !node.folder {
            return Err(ErrorCode::NotDirectory.into());
        }
        let (folder, slot) = (node.file.clone(), self.ctx.shared.slot()?);
        let listing = blocking(move || Listing::new(&folder, slot)).await?;
        // The linker knows the resource by wasmtime-wasi's type, which holds a whole folder in memory; the table holds
        // ours in its place, and only methods of ours look it up.
        let listing = self.table.push(listing)?;
        Ok(Resource::new_own(listing.rep()))
    }

    async fn sync(&mut self, fd: Fd) -> FsResult<()> {
        self.wasi().sync(fd).await
    }

    async fn create_directory_at(&mut self, fd: Fd, path: String) -> FsResult<()> {
        let place = self.place(&fd, path)?;
        blocking(move || place.create_folder()).await
    }

    async fn stat(&mut self, fd: Fd) -> FsResult<DescriptorStat> {
        let file = self.node(&fd)?.file.clone();
        blocking(move || Ok(shown(&fstat(&file)?))).await
    }

    async fn stat_at(
        &mut self,
        fd: Fd,
        flags: PathFlags,
        path: String,
    ) -> FsResult<DescriptorStat> {
        let place = self.place(&fd, path)?;
        blocking(move || place.stat(follows(flags))).await
    }

    async fn set_times_at(
        &mut self,
        fd: Fd,
        flags: PathFlags,
        path: String,
        accessed: NewTimestamp,
        modified: NewTimestamp,
    ) -> FsResult<()> {
        let place = self.place(&fd, path)?;
        let times = timestamps(accessed, modified)?;
        blocking(move || place.set_times(follows(flags), &times)).await
    }

    async fn link_at(
        &mut self,
        fd: Fd,
        _: PathFlags,
        path: String,
        new_fd: Fd,
        new_path: String,
    ) -> FsResult<()> {
        let (old, new) = (self.place(&fd, path)?, self.place(&new_fd, new_path)?);
        blocking(move || old.create_name(&new)).await
    }

    async fn open_at(
        &mut self,
        fd: Fd,
        path_flags: PathFlags,
        path: String,
        open_flags: OpenFlags,
        flags: DescriptorFlags,
    ) -> FsResult<Fd> {
        let place = self.place(&fd, path)?;
        let how = How::new(follows(path_flags), open_flags, flags)?;
        let slot = self.ctx.shared.slot()?;
        let (place, opened) = blocking(move || {
            let opened = place.open(how)?;
            Ok((place, opened))
        })
        .await?;
        self.push_opened(place, opened, slot)
    }

    async fn readlink_at(&mut self, fd: Fd, path: String) -> FsResult<String> {
        let place = self.place(&fd, path)?;
        blocking(move || place.read_link()).await
    }

    async fn remove_directory_at(&mut self, fd: Fd, path: String) -> FsResult<()> {
        let place = self.place(&fd, path)?;
        blocking(move || place.remove_folder()).await
    }

    async fn rename_at(
        &mut self,
        fd: Fd,
        path: String,
        new_fd: Fd,
        new_path: String,
    ) -> FsResult<()> {
        let (old, new) = (self.place(&fd, path)?, self.place(&new_fd, new_path)?);
        let (old, new) = blocking(move || {
            old.rename(&new)?;
            Ok((old, new))
        })
        .await?;
        self.moved(&old.mounted, &old.full, &new.full);
        Ok(())
    }

    async fn symlink_at(&mut self, fd: Fd, target: String, path: String) -> FsResult<()> {
        let place = self.place(&fd, path)?;
        blocking(move || place.create_link(&target)).await
    }

    async fn unlink_file_at(&mut self, fd: Fd, path: String) -> FsResult<()> {
        let place = self.place(&fd, path)?;
        blocking(move || place.remove_file()).await
    }

    async fn is_same_object(&mut self, a: Fd, b: Fd) -> wasmtime::Result<bool> {
        self.wasi().is_same_object(a, b).await
    }

    async fn metadata_hash(&mut self, fd: Fd) -> FsResult<MetadataHashValue> {
        let (file, shared) = (self.node(&fd)?.file.clone(), self.ctx.shared.clone());
        blocking(move || Ok(hash(&shared.key, &fstat(&file)?))).await
    }

    async fn metadata_hash_at(
        &mut self,
        fd: Fd,
        flags: PathFlags,
        path: String,
    ) -> FsResult<MetadataHashValue> {
        let place = self.place(&fd, path)?;
        blocking(move || place.hash(follows(flags))).await
    }

    fn drop(&mut self, fd: Fd) -> wasmtime::Result<()> {
        self.ctx.nodes.remove(&fd.rep());
        self.wasi().drop(fd)
    }
}
