//! What is unpacked, and what is not.

use super::*;

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
    for (path, says) in [
        ("/etc/passwd", "is absolute"),
        ("../x", "climbs out"),
        ("weekly/a\u{1b}b", "hides"),
    ] {
        let error = unpacked(&Tar::skill().file(path, b"x").gzip())
            .0
            .unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(error.class(), remit_policy::ErrorClass::Integrity);
    }
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
