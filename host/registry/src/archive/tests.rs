use super::*;
use crate::RegistryError;
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use remit_package::Digest;
use std::io::Write as _;
use std::os::unix::fs::symlink;
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

#[test]
fn a_skill_in_its_folder_or_at_the_top_is_found() {
    let (found, root) = is_taken(&Tar::skill().file("weekly/a/b.md", b"text").gzip());
    assert_eq!(found.root, root.path().join("into/weekly"));
    assert_eq!((found.files, found.bytes), (2, DOC.len() as u64 + 4));
    assert_eq!(std::fs::read(found.root.join("a/b.md")).unwrap(), b"text");
    let (found, root) = is_taken(&Tar::default().folder("./").file("./SKILL.md", DOC).gzip());
    assert_eq!(found.root, root.path().join("into"));
    for none in [
        Tar::default(),
        Tar::default().file("README.md", b"x"),
        Tar::default().folder("SKILL.md"),
        Tar::default().file("a/b/SKILL.md", DOC),
        Tar::default().file("a/SKILL.md", DOC).file("b/x", b""),
    ] {
        assert_eq!(code_of(&none.gzip()), "archive-invalid");
    }
}

#[test]
fn names_that_climb_or_hide_are_refused() {
    for path in [
        "../outside",
        "weekly/../../outside",
        "weekly/..",
        "..",
        "/etc/passwd",
        "//outside",
        "weekly//x",
        "weekly/./x",
        "././x",
        "weekly\\..\\outside",
        "C:\\x",
        "C:x",
        "weekly/new\nline",
        "weekly/esc\u{1b}[2J",
        "weekly/bidi\u{202e}x",
        "weekly/zero\u{200b}x",
    ] {
        let archive = Tar::skill().file(path, b"x").gzip();
        assert_eq!(code_of(&archive), "archive-unsafe", "{path:?}");
        let archive = Tar::skill().folder(path).gzip();
        assert_eq!(code_of(&archive), "archive-unsafe", "{path:?}");
    }
    let archive = Tar::skill().entry(EntryType::Regular, b"weekly/\xff", b"", b"");
    assert_eq!(code_of(&archive.gzip()), "archive-unsafe");
    is_taken(&Tar::skill().file("weekly/..x", b"").gzip());
    is_taken(&Tar::skill().file("weekly/ordentlich äöü.md", b"").gzip());
}

#[test]
fn a_name_is_taken_from_nowhere_but_the_header() {
    let long = format!("weekly/{}", "x".repeat(120));
    for archive in [
        Tar::skill().entry(
            EntryType::GNULongName,
            b"././@LongLink",
            b"",
            long.as_bytes(),
        ),
        Tar::skill().entry(EntryType::GNULongLink, b"././@LongLink", b"", b"../outside"),
        Tar::skill()
            .pax(&[("path", "../outside")])
            .file("weekly/x", b"x"),
        Tar::skill()
            .pax(&[("linkpath", "../outside")])
            .file("weekly/x", b"x"),
        Tar::skill().pax(&[("size", "1")]).file("weekly/x", b"xyz"),
        Tar::skill()
            .pax(&[("GNU.sparse.name", "../x")])
            .file("weekly/x", b"x"),
        Tar::skill()
            .pax(&[("GNU.sparse.major", "1")])
            .file("weekly/x", b"x"),
        Tar::skill()
            .pax(&[("mtime", "1"), ("path", "x")])
            .file("weekly/x", b"x"),
        Tar::skill().entry(
            EntryType::XGlobalHeader,
            b"g",
            b"",
            pax_text(&[("path", "x")]).as_bytes(),
        ),
        Tar::skill().entry(EntryType::XHeader, b"x", b"", b"nonsense"),
        Tar::skill().entry(EntryType::XHeader, b"x", b"", b"0 a=b\n"),
        Tar::skill().entry(EntryType::XHeader, b"x", b"", b"999 a=b\n"),
        Tar::skill().entry(EntryType::XHeader, b"x", b"", b"4294967296 mtime=b\n"),
        Tar::skill().entry(EntryType::GNUSparse, b"weekly/x", b"", b"x"),
        Tar::skill().entry(EntryType::new(b'V'), b"volume", b"", b""),
        Tar::skill().entry(EntryType::new(b'D'), b"weekly/d", b"", b""),
        Tar::skill().entry(EntryType::new(b'7'), b"weekly/c", b"", b""),
    ] {
        assert_eq!(code_of(&archive.gzip()), "archive-unsafe");
    }
    let large = "x".repeat(70 << 10);
    let archive = Tar::skill().pax(&[("comment", &large)]);
    assert_eq!(code_of(&archive.gzip()), "archive-too-large");
    let harmless = Tar::skill()
        .entry(
            EntryType::XGlobalHeader,
            b"g",
            b"",
            pax_text(&[("comment", "abc")]).as_bytes(),
        )
        .pax(&[("mtime", "1700000000.5"), ("uid", "1000"), ("uname", "ann")])
        .file("weekly/x", b"x");
    is_taken(&harmless.gzip());
}

#[test]
fn links_devices_and_pipes_are_refused() {
    for kind in [
        EntryType::Symlink,
        EntryType::Link,
        EntryType::Char,
        EntryType::Block,
        EntryType::Fifo,
    ] {
        for (path, link) in [
            ("weekly/x", "../../outside"),
            ("weekly/x", "SKILL.md"),
            ("x", "/"),
        ] {
            let archive = Tar::skill()
                .entry(kind, path.as_bytes(), link.as_bytes(), b"")
                .file("weekly/x/y", b"through");
            assert_eq!(code_of(&archive.gzip()), "archive-unsafe", "{kind:?}");
        }
    }
}

#[test]
fn a_name_comes_once_in_any_spelling() {
    for (first, second) in [
        ("weekly/a", "weekly/a"),
        ("weekly/a", "weekly/A"),
        ("weekly/\u{e9}", "weekly/e\u{301}"),
        ("weekly/stra\u{df}e", "weekly/STRA\u{df}E"),
        ("weekly/\u{fb01}x", "weekly/fix"),
        ("weekly/a", "weekly/a/b"),
        ("weekly/a/b", "weekly/a"),
        ("weekly/a/x", "weekly/A/y"),
        ("weekly/x", "Weekly/y"),
        ("weekly/skill.MD", "weekly/x"),
    ] {
        let archive = Tar::skill().file(first, b"1").file(second, b"2");
        assert_eq!(
            code_of(&archive.gzip()),
            "archive-unsafe",
            "{first} {second}"
        );
    }
    // A folder may be named before, after and twice.
    let archive = Tar::skill()
        .folder("weekly/")
        .folder("weekly/a/")
        .file("weekly/a/x", b"1")
        .folder("weekly/a")
        .file("weekly/b", b"2");
    assert_eq!(is_taken(&archive.gzip()).0.files, 3);
    let both = Tar::skill().folder("weekly/a").file("weekly/a", b"");
    assert_eq!(code_of(&both.gzip()), "archive-unsafe");
}

#[test]
fn depth_length_and_number_are_bounded() {
    let deep = |depth: usize| format!("weekly/{}f", "d/".repeat(depth - 2));
    is_taken(&Tar::skill().file(&deep(MAX_DEPTH), b"").gzip());
    let archive = Tar::skill().file(&deep(MAX_DEPTH + 1), b"").gzip();
    assert_eq!(code_of(&archive), "archive-unsafe");
    let many = |count: usize| {
        (0..count).fold(Tar::skill(), |tar, n| {
            tar.file(&format!("weekly/.h/{n}"), b"")
        })
    };
    is_taken(&many(MAX_ENTRIES - 10).gzip());
    assert_eq!(code_of(&many(MAX_ENTRIES + 1).gzip()), "archive-too-large");
    // Folders that nobody names count too.
    let folders = (0..900).fold(Tar::skill(), |tar, n| {
        tar.file(&format!("weekly/.{n}/1/2/3/4/5/6/7/8/9/a/f"), b"")
    });
    assert_eq!(code_of(&folders.gzip()), "archive-too-large");
}

#[test]
fn bombs_are_refused_before_they_are_written() {
    let zeros = vec![0; (ANY_RATIO as usize) + (1 << 20)];
    let bomb = Tar::skill().file("weekly/zeros", &zeros).gzip();
    assert!((bomb.len() as u64) < ANY_RATIO / 100);
    let (result, root) = unpacked(&bomb);
    assert_eq!(result.unwrap_err().code(), "archive-too-large");
    assert!(!root.path().join("into/weekly/zeros").exists());
    // A size that is only claimed.
    for size in [MAX_UNPACKED + 1, u64::from(u32::MAX) * 8, u64::MAX / 2] {
        let claim = Tar::skill().sized(EntryType::Regular, b"weekly/x", b"", b"x", size);
        assert_eq!(code_of(&claim.gzip()), "archive-too-large", "{size}");
    }
    // In pieces, and in what is left out.
    let piece = vec![0; 1 << 20];
    let pieces = (0..20).fold(Tar::skill(), |tar, n| {
        tar.file(&format!("weekly/.{n}"), &piece)
    });
    assert_eq!(code_of(&pieces.gzip()), "archive-too-large");
    // As zeros after the end.
    let mut padded = Tar::skill().ended();
    padded.resize(60 << 20, 0);
    assert_eq!(code_of(&gzip(&padded)), "archive-too-large");
    let below = vec![0; 8 << 20];
    is_taken(&Tar::skill().file("weekly/zeros", &below).gzip());
}

#[test]
fn what_is_damaged_cut_short_or_goes_on_is_refused() {
    let good = Tar::skill().file("weekly/x", &[7; 5000]).gzip();
    is_taken(&good);
    for cut in [0, 1, 10, good.len() / 2, good.len() - 8, good.len() - 1] {
        assert_eq!(code_of(&good[..cut]), "archive-invalid", "cut at {cut}");
    }
    let mut checksum = good.clone();
    let last = checksum.len() - 6;
    checksum[last] ^= 1;
    assert_eq!(code_of(&checksum), "archive-invalid");
    assert_eq!(
        code_of(&[good.as_slice(), b"x"].concat()),
        "archive-invalid"
    );
    assert_eq!(
        code_of(&[good.as_slice(), good.as_slice()].concat()),
        "archive-invalid"
    );
    assert_eq!(
        code_of(&[good.as_slice(), &gzip(b"")].concat()),
        "archive-invalid"
    );
    // A second archive after the end of the first, in the same member.
    let mut two = Tar::skill().ended();
    two.extend(Tar::default().file("weekly/y", b"y").ended());
    assert_eq!(code_of(&gzip(&two)), "archive-invalid");
    // A tar that breaks off within a file, in a whole gzip.
    let tar = Tar::skill().file("weekly/x", &[7; 5000]).0;
    assert_eq!(code_of(&gzip(&tar[..tar.len() - 1024])), "archive-invalid");
    assert_eq!(
        code_of(&gzip(&tar[..tar.len() - 5120 - 100])),
        "archive-invalid"
    );
    let mut header = Tar::skill().0;
    header[0] ^= 1;
    assert_eq!(code_of(&gzip(&header)), "archive-invalid");
    for other in [b"PK\x03\x04".as_slice(), b"\0asm", b"", b"\x1f\x8b"] {
        assert_eq!(code_of(other), "archive-invalid");
    }
}

#[test]
fn odd_entries_are_refused() {
    for archive in [
        Tar::skill().entry(EntryType::Regular, b"weekly/x/", b"", b""),
        Tar::skill().entry(EntryType::Directory, b"weekly/x", b"", b"content"),
        Tar::skill().entry(EntryType::Regular, b"", b"", b""),
        Tar::skill().entry(EntryType::Regular, b"./", b"", b"x"),
        Tar::skill().entry(EntryType::Regular, b"/", b"", b"x"),
    ] {
        assert_eq!(code_of(&archive.gzip()), "archive-unsafe");
    }
}

#[test]
fn hidden_names_and_runs_are_left_out() {
    let archive = Tar::skill()
        .file("weekly/.git/config", b"x")
        .file("weekly/.env", b"x")
        .file("weekly/runs/1/report.md", b"x")
        .file("weekly/templates/runs/a.j2", b"x");
    let (found, _root) = is_taken(&archive.gzip());
    let mut names: Vec<_> = walk(&found.root)
        .into_iter()
        .filter(|path| path.is_file())
        .map(|path| {
            path.strip_prefix(&found.root)
                .unwrap()
                .display()
                .to_string()
        })
        .collect();
    names.sort();
    assert_eq!(names, ["SKILL.md", "templates/runs/a.j2"]);
}

fn skill_folder() -> (tempfile::TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("weekly");
    std::fs::create_dir_all(folder.join("templates")).unwrap();
    std::fs::write(folder.join("SKILL.md"), DOC).unwrap();
    std::fs::write(folder.join("templates/b.j2"), "b").unwrap();
    std::fs::write(folder.join("templates/a.j2"), "a").unwrap();
    (root, folder)
}

#[test]
fn packing_is_the_same_wherever_and_whenever() {
    let (_root, folder) = skill_folder();
    let first = pack(&folder).unwrap();
    assert_eq!(first.digest, Digest::of(&first.bytes));
    assert_eq!(
        first.files,
        ["SKILL.md", "templates/a.j2", "templates/b.j2"]
    );
    use std::os::unix::fs::PermissionsExt;
    let (_other, copy) = skill_folder();
    let file = std::fs::File::options()
        .write(true)
        .open(copy.join("SKILL.md"))
        .unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
    file.set_permissions(PermissionsExt::from_mode(0o755))
        .unwrap();
    std::fs::create_dir_all(copy.join("runs/1")).unwrap();
    std::fs::write(copy.join("runs/1/report.md"), "x").unwrap();
    std::fs::write(copy.join(".env"), "x").unwrap();
    std::fs::create_dir(copy.join("empty")).unwrap();
    assert_eq!(pack(&copy).unwrap().bytes, first.bytes);
    assert_eq!(pack(&copy.join("../weekly/")).unwrap().bytes, first.bytes);
    std::fs::write(copy.join("templates/a.j2"), "c").unwrap();
    assert_ne!(pack(&copy).unwrap().digest, first.digest);
}

#[test]
fn what_is_packed_is_unpacked_as_it_was() {
    let (_root, folder) = skill_folder();
    let packed = pack(&folder).unwrap();
    let (found, _root) = is_taken(&packed.bytes);
    assert_eq!(found.files, packed.files.len());
    for file in &packed.files {
        assert_eq!(
            std::fs::read(found.root.join(file)).unwrap(),
            std::fs::read(folder.join(file)).unwrap()
        );
    }
    assert_eq!(pack(&found.root).unwrap().bytes, packed.bytes);
}

#[test]
fn a_folder_with_links_pipes_or_strange_names_is_not_packed() {
    let breaks: [&dyn Fn(&Path); 6] = [
        &|folder| symlink("SKILL.md", folder.join("link")).unwrap(),
        &|folder| symlink("/etc", folder.join("templates/link")).unwrap(),
        &|folder| std::fs::write(folder.join("new\nline"), "").unwrap(),
        &|folder| std::fs::write(folder.join("skill.MD"), "").unwrap(),
        &|folder| std::fs::write(folder.join("x".repeat(200)), "").unwrap(),
        &|folder| std::fs::create_dir_all(folder.join("d/".repeat(20))).unwrap(),
    ];
    for make in breaks {
        let (_root, folder) = skill_folder();
        assert!(pack(&folder).is_ok());
        make(&folder);
        assert_eq!(pack(&folder).unwrap_err().code(), "archive-unsafe");
    }
    let (root, folder) = skill_folder();
    let hidden = root.path().join(".weekly");
    std::fs::rename(folder, &hidden).unwrap();
    assert_eq!(pack(&hidden).unwrap_err().code(), "archive-unsafe");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever is changed in an archive: it is refused, or unpacks beneath its folder.
    #[test]
    fn damaged_archives_never_reach_outside(
        places in prop::collection::vec((0_usize..4096, any::<u8>()), 1..8),
    ) {
        let mut tar = Tar::skill()
            .folder("weekly/a")
            .file("weekly/a/b", b"content")
            .pax(&[("mtime", "1")])
            .file("weekly/c", b"more")
            .ended();
        for (at, byte) in places {
            let length = tar.len();
            tar[at % length] = byte;
        }
        // The checksums are made right again, so that what they guard is reached.
        for start in (0..tar.len()).step_by(512) {
            let Some(block) = tar.get_mut(start..start + 512) else { break };
            if block[257..262] == *b"ustar" {
                let header: &mut [u8; 512] = block.try_into().unwrap();
                let mut fixed = Header::from_byte_slice(header).clone();
                fixed.set_cksum();
                *header = *fixed.as_bytes();
            }
        }
        let _ = unpacked(&gzip(&tar));
    }

    #[test]
    fn any_name_is_refused_or_stays_inside(path in "[a./\\\\ \u{1b}é~-]{0,40}", kind in 0_u8..=255) {
        let archive = Tar::skill().entry(EntryType::new(kind), path.as_bytes(), b"../outside", b"x");
        let _ = unpacked(&archive.gzip());
    }

    #[test]
    fn any_damage_of_the_gzip_is_refused_or_harmless(at in 0_usize..400, bit in 0_u8..8) {
        let mut bytes = Tar::skill().file("weekly/x", b"content").gzip();
        let length = bytes.len();
        bytes[at % length] ^= 1 << bit;
        let (result, root) = unpacked(&bytes);
        if let Ok(found) = result {
            prop_assert!(found.root.starts_with(root.path()));
            prop_assert_eq!(std::fs::read(found.root.join("SKILL.md")).unwrap(), DOC);
        }
    }
}
