//! Archives that are written by hand, so that they may be wrong.

mod packing;
mod random;
mod unpacking;

use super::*;
use crate::RegistryError;
use flate2::{Compression, write::GzEncoder};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use tar::{EntryType, Header};

const DOC: &[u8] = b"---\nname: weekly\ndescription: It does.\n---\nDo it.\n";

/// A tar that is written by hand, so that it may be wrong.
#[derive(Default)]
struct Tar(Vec<u8>);

impl Tar {
    /// One that holds a skill already.
    fn skill() -> Tar {
        Tar::default().file("weekly/SKILL.md", DOC)
    }

    fn file(self, path: &str, content: &[u8]) -> Tar {
        self.entry(EntryType::Regular, path.as_bytes(), b"", content)
    }

    fn folder(self, path: &str) -> Tar {
        self.entry(EntryType::Directory, path.as_bytes(), b"", b"")
    }

    fn entry(self, kind: EntryType, path: &[u8], link: &[u8], content: &[u8]) -> Tar {
        self.sized(kind, path, link, content, content.len() as u64)
    }

    fn sized(
        mut self,
        kind: EntryType,
        path: &[u8],
        link: &[u8],
        content: &[u8],
        size: u64,
    ) -> Tar {
        let mut header = Header::new_ustar();
        let fields = header.as_ustar_mut().unwrap();
        fields.name[..path.len()].copy_from_slice(path);
        fields.linkname[..link.len()].copy_from_slice(link);
        header.set_entry_type(kind);
        header.set_mode(0o777);
        header.set_size(size);
        header.set_cksum();
        self.0.extend(header.as_bytes());
        self.0.extend(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    fn pax(self, records: &[(&str, &str)]) -> Tar {
        let text = pax_text(records);
        self.entry(EntryType::XHeader, b"PaxHeaders/x", b"", text.as_bytes())
    }

    fn ended(mut self) -> Vec<u8> {
        self.0.extend([0; 1024]);
        self.0
    }

    fn gzip(self) -> Vec<u8> {
        gzip(&self.ended())
    }
}

fn pax_text(records: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (key, value) in records {
        let body = format!(" {key}={value}\n");
        let mut length = body.len() + 1;
        while length.to_string().len() + body.len() != length {
            length += 1;
        }
        text.push_str(&format!("{length}{body}"));
    }
    text
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Unpacks beside a file that nothing may touch, and looks whether anything did.
fn unpacked(archive: &[u8]) -> (Result<Unpacked, RegistryError>, tempfile::TempDir) {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("archive");
    std::fs::write(&file, archive).unwrap();
    std::fs::write(root.path().join("outside"), "untouched").unwrap();
    let into = root.path().join("into");
    std::fs::create_dir(&into).unwrap();
    let result = unpack(&file, &into);
    let mut names: Vec<_> = std::fs::read_dir(root.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["archive", "into", "outside"]);
    assert_eq!(
        std::fs::read(root.path().join("outside")).unwrap(),
        b"untouched"
    );
    for path in walk(&into) {
        let kind = std::fs::symlink_metadata(&path).unwrap().file_type();
        assert!(kind.is_file() || kind.is_dir(), "{}", path.display());
    }
    if let Err(error) = &result {
        assert!(remit_policy::is_display_safe(&error.to_string()), "{error}");
    }
    (result, root)
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(walk(&path));
        }
        found.push(path);
    }
    found
}

#[track_caller]
fn code_of(archive: &[u8]) -> &'static str {
    unpacked(archive).0.expect_err("it was unpacked").code()
}

#[track_caller]
fn is_taken(archive: &[u8]) -> (Unpacked, tempfile::TempDir) {
    let (result, root) = unpacked(archive);
    (result.unwrap(), root)
}
