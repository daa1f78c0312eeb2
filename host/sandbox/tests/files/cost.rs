//! What the layer costs over plain wasmtime-wasi, for many small files.

use super::guest::*;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::tempdir;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::filesystem::{Descriptor, Dir, WasiFilesystemCtx, WasiFilesystemCtxView};
use wasmtime_wasi::p2::bindings::filesystem::types::{HostDescriptor, HostDirectoryEntryStream};
use wasmtime_wasi::{FsPerms, OpenMode};

const MESSAGES: usize = 500;

/// Lists the folder, then opens, reads and closes each file.
async fn walk(view: &mut (impl HostDescriptor + HostDirectoryEntryStream), root: u32) -> Duration {
    let started = Instant::now();
    let stream = code(view.read_directory(fd(root)).await).unwrap();
    let mut names = Vec::new();
    loop {
        let again = wasmtime::component::Resource::new_borrow(stream.rep());
        match code(view.read_directory_entry(again).await).unwrap() {
            Some(entry) => names.push(entry.name),
            None => break,
        }
    }
    HostDirectoryEntryStream::drop(view, stream).unwrap();
    assert_eq!(names.len(), MESSAGES);
    for name in names {
        let file = code(view.open_at(fd(root), FOLLOW, name, none(), READ).await).unwrap();
        let (bytes, _) = code(view.read(fd(file.rep()), 64 << 10, 0).await).unwrap();
        assert_eq!(bytes.len(), 4000);
        HostDescriptor::drop(view, file).unwrap();
    }
    started.elapsed()
}

async fn plain(folder: &Path) -> Duration {
    let (mut ctx, mut table) = (WasiFilesystemCtx::default(), ResourceTable::new());
    let dir = fs::File::open(folder).unwrap();
    let dir = Dir::new(dir, FsPerms::ReadOnly, OpenMode::READ, false);
    let root = table.push(Descriptor::Dir(dir)).unwrap().rep();
    let mut view = WasiFilesystemCtxView {
        ctx: &mut ctx,
        table: &mut table,
    };
    walk(&mut view, root).await
}

async fn ours(folder: &Path) -> Duration {
    let mut guest = Guest::reading(folder);
    let root = guest.root;
    walk(&mut guest.view(), root).await
}

/// The bound is wide, since other tests run beside it; alone, the layer takes about 1.1 times as long.
#[tokio::test]
async fn a_folder_of_messages_is_read_about_as_fast_as_without_the_layer() {
    let folder = tempdir().unwrap();
    for index in 0..MESSAGES {
        fs::write(folder.path().join(format!("{index}.eml")), [b'x'; 4000]).unwrap();
    }
    let (mut floor, mut layer) = (Duration::MAX, Duration::MAX);
    for _ in 0..9 {
        floor = floor.min(plain(folder.path()).await);
        layer = layer.min(ours(folder.path()).await);
    }
    let each = |time: Duration| time.as_nanos() / MESSAGES as u128;
    let ratio = layer.as_secs_f64() / floor.as_secs_f64();
    println!(
        "{} ns a message, plain {} ns: {ratio:.2}",
        each(layer),
        each(floor)
    );
    assert!(ratio < 2.5, "{ratio}");
}
