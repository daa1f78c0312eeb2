//! What a guest would do, without a guest.

use remit_policy::{Authority, DenialCode, Grant, Grants, Layer, Limits, OperatorPolicy};
use remit_sandbox::files::{FilesCtx, FilesView, Forbidden};
use remit_sandbox::{Decision, Journal, MemoryRecorder, Meter, Mount, RecordError, Recorder};
use std::path::Path;
use std::sync::Arc;
use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::bindings::filesystem::preopens::Host as _;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, DirectoryEntry, ErrorCode, HostDescriptor, HostDirectoryEntryStream,
    OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{DynOutputStream, FsResult};

pub const READ: DescriptorFlags = DescriptorFlags::READ;
pub const WRITE: DescriptorFlags = DescriptorFlags::WRITE;
pub const FOLLOW: PathFlags = PathFlags::SYMLINK_FOLLOW;

pub struct Guest {
    pub ctx: FilesCtx,
    pub table: ResourceTable,
    pub recorder: Arc<MemoryRecorder>,
    pub meter: Arc<Meter>,
    /// The first mount.
    pub root: u32,
}

pub fn authority(grants: &[&str]) -> Arc<Authority> {
    let grants = grants
        .iter()
        .map(|text| Grant::parse(Layer::Grant, text).unwrap())
        .collect();
    let grants = Grants::new(grants).unwrap();
    let policy = OperatorPolicy::default();
    Arc::new(Authority::new(grants, None, &policy, Limits::default()))
}

pub fn mount(guest: &str, host: &Path) -> Mount {
    Mount {
        guest: guest.to_owned(),
        host: host.to_owned(),
    }
}

struct Forward(Arc<MemoryRecorder>);

impl Recorder for Forward {
    fn record(&self, decision: &Decision) -> Result<(), RecordError> {
        self.0.record(decision)
    }
}

impl Guest {
    /// `grants` in the compact form, `mounts` as guest path and folder.
    pub fn new(grants: &[&str], mounts: &[(&str, &Path)]) -> Guest {
        let recorder = Arc::new(MemoryRecorder::default());
        let mut guest = Guest::recorded(grants, mounts, Arc::new(Forward(recorder.clone())));
        guest.recorder = recorder;
        guest
    }

    pub fn recorded(
        grants: &[&str],
        mounts: &[(&str, &Path)],
        recorder: Arc<dyn Recorder>,
    ) -> Guest {
        let meter = Arc::new(Meter::default());
        let mounts: Vec<Mount> = mounts.iter().map(|(g, h)| mount(g, h)).collect();
        let ctx = FilesCtx::open(
            &mounts,
            &Forbidden::default(),
            authority(grants),
            Arc::new(Journal::new(recorder)),
            meter.clone(),
        )
        .unwrap();
        let mut guest = Guest {
            ctx,
            table: ResourceTable::new(),
            recorder: Arc::default(),
            meter,
            root: 0,
        };
        if !mounts.is_empty() {
            guest.root = guest.preopens()[0].0;
        }
        guest
    }

    /// One folder, which may be read, or read and written.
    pub fn reading(folder: &Path) -> Guest {
        Guest::new(&["files read ./data /data"], &[("/data", folder)])
    }

    pub fn writing(folder: &Path) -> Guest {
        Guest::new(&["files write ./data /data"], &[("/data", folder)])
    }

    pub fn view(&mut self) -> FilesView<'_> {
        FilesView {
            ctx: &mut self.ctx,
            table: &mut self.table,
        }
    }

    pub fn preopens(&mut self) -> Vec<(u32, String)> {
        let folders = self.view().get_directories().unwrap();
        folders
            .into_iter()
            .map(|(fd, name)| (fd.rep(), name))
            .collect()
    }

    pub async fn open_in(
        &mut self,
        dir: u32,
        path: &str,
        open: OpenFlags,
        flags: DescriptorFlags,
    ) -> Result<u32, ErrorCode> {
        self.open_how(dir, FOLLOW, path, open, flags).await
    }

    pub async fn open_how(
        &mut self,
        dir: u32,
        follow: PathFlags,
        path: &str,
        open: OpenFlags,
        flags: DescriptorFlags,
    ) -> Result<u32, ErrorCode> {
        let opened = self
            .view()
            .open_at(fd(dir), follow, path.to_owned(), open, flags)
            .await;
        code(opened).map(|fd| fd.rep())
    }

    pub async fn open(
        &mut self,
        path: &str,
        open: OpenFlags,
        flags: DescriptorFlags,
    ) -> Result<u32, ErrorCode> {
        self.open_in(self.root, path, open, flags).await
    }

    /// Reads a whole small file, and closes it.
    pub async fn read(&mut self, path: &str) -> Result<String, ErrorCode> {
        let file = self.open(path, none(), READ).await?;
        let read = self.view().read(fd(file), 1 << 20, 0).await;
        self.close(file);
        code(read).map(|(bytes, _)| String::from_utf8(bytes).unwrap())
    }

    /// Creates or empties a file and writes it.
    pub async fn write(&mut self, path: &str, text: &[u8]) -> Result<(), ErrorCode> {
        let flags = OpenFlags::CREATE | OpenFlags::TRUNCATE;
        let file = self.open(path, flags, WRITE).await?;
        let written = self.view().write(fd(file), text.to_vec(), 0).await;
        self.close(file);
        code(written).map(|_| ())
    }

    pub async fn write_at(
        &mut self,
        file: u32,
        bytes: usize,
        offset: u64,
    ) -> Result<u64, ErrorCode> {
        code(self.view().write(fd(file), vec![7; bytes], offset).await)
    }

    pub fn stream(&mut self, file: u32, offset: Option<u64>) -> Result<DynOutputStream, ErrorCode> {
        let mut view = self.view();
        let stream = match offset {
            Some(offset) => view.write_via_stream(fd(file), offset),
            None => view.append_via_stream(fd(file)),
        };
        code(stream).map(|stream| self.table.delete(stream).unwrap())
    }

    pub fn close(&mut self, file: u32) {
        HostDescriptor::drop(&mut self.view(), Resource::new_own(file)).unwrap();
    }

    pub async fn list(&mut self, dir: u32) -> Result<Vec<DirectoryEntry>, ErrorCode> {
        let stream = code(self.view().read_directory(fd(dir)).await)?;
        let mut entries = Vec::new();
        loop {
            let again = Resource::new_borrow(stream.rep());
            match code(self.view().read_directory_entry(again).await)? {
                Some(entry) => entries.push(entry),
                None => break,
            }
        }
        HostDirectoryEntryStream::drop(&mut self.view(), stream).unwrap();
        Ok(entries)
    }

    /// The denials since the last look, by code.
    pub fn denials(&self) -> Vec<DenialCode> {
        let decisions = self.recorder.take().into_iter();
        decisions
            .filter_map(|d| d.result.err())
            .map(|d| d.code)
            .collect()
    }
}

pub fn fd(rep: u32) -> Resource<Descriptor> {
    Resource::new_borrow(rep)
}

/// The error that the guest sees; a trap fails the test.
pub fn code<T>(result: FsResult<T>) -> Result<T, ErrorCode> {
    result.map_err(|error| error.downcast().expect("an error code, not a trap"))
}

/// A file or link as text, to compare trees before and after.
pub fn tree(folder: &Path) -> Vec<String> {
    use std::os::unix::fs::MetadataExt;
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let meta = path.symlink_metadata().unwrap();
            let holds = match meta.is_file() {
                true => std::fs::read(&path).unwrap(),
                false => Vec::new(),
            };
            let changed = (meta.mtime(), meta.mtime_nsec(), meta.mode(), meta.nlink());
            found.push(format!("{path:?} {changed:?} {holds:?}"));
            if meta.is_dir() {
                folders.push(path);
            }
        }
    }
    found.sort();
    found
}

/// No flags at all.
pub fn none() -> OpenFlags {
    OpenFlags::empty()
}
