//! What the chain shows, and what survives.

mod archives;
mod checkpoints;

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::report::Provenance;

fn entry(n: usize) -> Entry<'static> {
    Entry::Refused {
        run: None,
        step: None,
        what: format!("mail.search {n}"),
        code: "effect-not-granted",
        reason: "x".repeat(n % 7),
    }
}

fn filled(folder: &Path, records: usize) -> Vec<u8> {
    let log = AuditLog::open(folder).unwrap();
    for n in 0..records {
        log.append(&[entry(n)]).unwrap();
    }
    bytes(folder)
}

fn file(folder: &Path) -> std::path::PathBuf {
    folder.join("000001.jsonl")
}

fn bytes(folder: &Path) -> Vec<u8> {
    std::fs::read(file(folder)).unwrap()
}

fn first_bad(folder: &Path) -> Option<u64> {
    match verify(folder) {
        Err(AuditError::Broken { index, .. }) => Some(index),
        Err(other) => panic!("{other}"),
        Ok(_) => None,
    }
}

/// The record that holds a byte.
fn record_at(log: &[u8], byte: usize) -> u64 {
    log[..byte].iter().filter(|b| **b == b'\n').count() as u64
}

#[test]
fn a_log_verifies_and_goes_on_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 3);
    filled(folder.path(), 2);
    let verified = verify(folder.path()).unwrap();
    assert_eq!((verified.records, verified.torn), (5, 0));
    let records: Vec<_> = read(folder.path()).unwrap().map(Result::unwrap).collect();
    assert_eq!(
        records.iter().map(|r| r.seq).collect::<Vec<_>>(),
        [0, 1, 2, 3, 4]
    );
    assert_eq!(records[4].kind, "refused");
    assert_eq!(records[4].text("what"), Some("mail.search 1"));
    assert_eq!(records[4].prev, records[3].hash);
    assert!(records[0].time.parse::<jiff::Timestamp>().is_ok());
    assert_eq!(verify(folder.path().join("nothing")).unwrap().records, 0);
}

#[test]
fn every_changed_byte_shows_at_its_record() {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path(), 3);
    for at in 0..log.len() {
        for flip in [0x01, 0x80] {
            let mut changed = log.clone();
            changed[at] ^= flip;
            std::fs::write(file(folder.path()), &changed).unwrap();
            assert_eq!(
                first_bad(folder.path()),
                Some(record_at(&log, at)),
                "byte {at} ^ {flip:#x}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn any_byte_set_to_any_other_shows(at in 0usize..2000, to in any::<u8>()) {
        let folder = tempfile::tempdir().unwrap();
        let mut log = filled(folder.path(), 6);
        let at = at % log.len();
        prop_assume!(log[at] != to);
        let record = record_at(&log, at);
        log[at] = to;
        std::fs::write(file(folder.path()), &log).unwrap();
        prop_assert_eq!(first_bad(folder.path()), Some(record));
    }
}

#[test]
fn a_record_dropped_swapped_doubled_or_inserted_shows() {
    let folder = tempfile::tempdir().unwrap();
    let log = String::from_utf8(filled(folder.path(), 5)).unwrap();
    let lines: Vec<&str> = log.lines().collect();
    let check = |lines: &[&str], bad: u64| {
        std::fs::write(file(folder.path()), lines.join("\n") + "\n").unwrap();
        assert_eq!(first_bad(folder.path()), Some(bad));
    };
    check(&[&lines[..2], &lines[3..]].concat(), 2);
    check(&lines[1..], 0);
    check(&[lines[0], lines[2], lines[1], lines[3], lines[4]], 1);
    check(&[lines[0], lines[1], lines[1], lines[2]], 2);
    check(&[lines[0], "{}", lines[1]], 1);
    check(&[lines[0], "", lines[1]], 1);
    check(&[lines[0], lines[1], "not a record"], 2);
}

#[test]
fn what_the_chain_cannot_show_the_checkpoint_does() {
    let folder = tempfile::tempdir().unwrap();
    let log = String::from_utf8(filled(folder.path(), 5)).unwrap();
    let checkpoint: Checkpoint = verify(folder.path()).unwrap().to_string().parse().unwrap();
    assert!(verify_against(folder.path(), checkpoint).is_ok());
    filled(folder.path(), 1);
    assert!(
        verify_against(folder.path(), checkpoint).is_ok(),
        "a log may go on"
    );
    let shorter: String = log.lines().take(4).map(|l| format!("{l}\n")).collect();
    std::fs::write(file(folder.path()), shorter).unwrap();
    assert!(verify(folder.path()).is_ok());
    assert_eq!(
        verify_against(folder.path(), checkpoint)
            .unwrap_err()
            .code(),
        "audit-checkpoint"
    );
    std::fs::remove_file(file(folder.path())).unwrap();
    filled(folder.path(), 5);
    assert_eq!(
        verify_against(folder.path(), checkpoint)
            .unwrap_err()
            .code(),
        "audit-checkpoint"
    );
}

#[test]
fn a_write_cut_short_anywhere_is_repaired_and_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path(), 3);
    let last = log[..log.len() - 1]
        .iter()
        .rposition(|b| *b == b'\n')
        .unwrap()
        + 1;
    for end in last..log.len() {
        std::fs::write(file(folder.path()), &log[..end]).unwrap();
        let verified = verify(folder.path()).unwrap();
        assert_eq!(
            (verified.records, verified.torn),
            (2, (end - last) as u64),
            "cut at {end}"
        );
        filled(folder.path(), 1);
        let records: Vec<_> = read(folder.path()).unwrap().map(Result::unwrap).collect();
        assert!(verify(folder.path()).is_ok());
        assert_eq!(records.len(), if end == last { 3 } else { 4 });
        assert_eq!(records.iter().any(|r| r.kind == "repaired"), end != last);
    }
}

#[test]
fn a_broken_end_is_not_written_after() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = filled(folder.path(), 3);
    let at = log.len() - 90;
    log[at] ^= 1;
    std::fs::write(file(folder.path()), &log).unwrap();
    assert_eq!(
        AuditLog::open(folder.path()).err().unwrap().code(),
        "audit-broken"
    );
}

#[test]
fn writers_at_once_make_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            // A log of its own each, as separate processes have.
            scope.spawn(|| {
                let log = AuditLog::open(folder.path()).unwrap();
                for n in 0..50 {
                    log.append(&[entry(n), entry(n + 1)]).unwrap();
                }
            });
        }
    });
    assert_eq!(verify(folder.path()).unwrap().records, 400);
}

#[test]
fn writers_make_one_chain_whatever_is_removed_beside_the_log() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for round in 0..5 {
                    let log = AuditLog::open(folder.path()).unwrap();
                    for n in 0..40 {
                        log.append(&[entry(n), entry(round)]).unwrap();
                        // All that there is in the folder but the log itself.
                        for other in std::fs::read_dir(folder.path()).unwrap() {
                            let other = other.unwrap().path();
                            if other.extension().is_none_or(|e| e != "jsonl") {
                                let _ = std::fs::remove_file(other);
                            }
                        }
                    }
                }
            });
        }
    });
    assert_eq!(verify(folder.path()).unwrap().records, 1600);
}

#[test]
fn what_is_no_regular_file_takes_no_record() {
    for kind in ["pipe", "link", "folder"] {
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path());
        match kind {
            "pipe" => rustix::fs::mknodat(
                rustix::fs::CWD,
                &path,
                rustix::fs::FileType::Fifo,
                rustix::fs::Mode::RWXU,
                0,
            )
            .unwrap(),
            "link" => std::os::unix::fs::symlink(folder.path().join("other"), &path).unwrap(),
            _ => std::fs::create_dir(&path).unwrap(),
        }
        let error = AuditLog::open(folder.path()).err().unwrap();
        assert_eq!(error.code(), "audit-io", "{kind}");
        // Nor is it waited for.
        assert_eq!(verify(folder.path()).unwrap_err().code(), "audit-io");
    }
}

#[test]
fn a_full_file_is_followed_by_the_next_and_both_are_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 3);
    let first = AuditLog::open(folder.path()).unwrap();
    let second = AuditLog::open(folder.path()).unwrap();
    let long = "x".repeat(200_000);
    let long = || Entry::Refused {
        run: None,
        step: None,
        what: long.clone(),
        code: "c",
        reason: String::new(),
    };
    while !folder.path().join("000002.jsonl").exists() {
        first.append(&[long()]).unwrap();
    }
    for n in 0..3 {
        second.append(&[entry(n)]).unwrap();
        first.append(&[entry(n)]).unwrap();
    }
    let verified = verify(folder.path()).unwrap();
    let last = std::fs::read_to_string(folder.path().join("000002.jsonl")).unwrap();
    assert_eq!(last.lines().count(), 7);
    assert!(verified.records > 300 && verified.torn == 0);
    // A file of the log that is gone shows, the first as well as the last.
    filled(folder.path(), 1);
    let checkpoint: Checkpoint = verify(folder.path()).unwrap().to_string().parse().unwrap();
    std::fs::rename(file(folder.path()), folder.path().join("000003.jsonl")).unwrap();
    assert_eq!(first_bad(folder.path()), Some(0));
    std::fs::rename(folder.path().join("000003.jsonl"), file(folder.path())).unwrap();
    std::fs::remove_file(folder.path().join("000002.jsonl")).unwrap();
    assert!(verify_against(folder.path(), checkpoint).is_err());
}

#[test]
fn a_log_that_is_cut_or_removed_in_use_takes_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let log = AuditLog::open(folder.path()).unwrap();
    log.append(&[entry(0), entry(1)]).unwrap();
    std::fs::OpenOptions::new()
        .write(true)
        .open(file(folder.path()))
        .unwrap()
        .set_len(10)
        .unwrap();
    assert_eq!(log.append(&[entry(2)]).unwrap_err().code(), "audit-cut");
    std::fs::remove_file(file(folder.path())).unwrap();
    assert_eq!(log.append(&[entry(2)]).unwrap_err().code(), "audit-cut");
}

#[test]
fn a_missing_file_in_the_middle_shows() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 2);
    std::fs::rename(file(folder.path()), folder.path().join("000002.jsonl")).unwrap();
    assert_eq!(first_bad(folder.path()), Some(0));
}

#[test]
fn the_folder_is_its_owners_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let audit = folder.path().join("audit");
    filled(&audit, 1);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&audit), mode(&file(&audit))), (0o700, 0o600));
}

#[test]
fn a_record_reads_back_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let log = AuditLog::open(folder.path()).unwrap();
    let mut provenance = Provenance::default();
    provenance.plugins.insert("mail".to_owned());
    log.append(&[Entry::Output {
        run: "r",
        step: "s",
        path: "a \"quoted\" \u{1}, \"hash\":\"".to_owned(),
        bytes: 3,
        digest: "sha256:00",
        provenance: &provenance,
    }])
    .unwrap();
    let record = read(folder.path()).unwrap().next().unwrap().unwrap();
    assert_eq!(record.text("path"), Some("a \"quoted\" \u{1}, \"hash\":\""));
    assert_eq!(record.body["provenance"]["plugins"][0], "mail");
    assert_eq!(verify(folder.path()).unwrap().records, 1);
}
