//! Records that were moved away, and the log that goes on without them.

use std::path::PathBuf;

use remit_sign::NoteKey;

use super::*;

struct Place {
    root: tempfile::TempDir,
    key: NoteKey,
}

impl Place {
    fn new() -> Place {
        Place {
            root: tempfile::tempdir().unwrap(),
            key: NoteKey::generate("remit-audit/").unwrap(),
        }
    }

    fn log(&self) -> PathBuf {
        self.root.path().join("audit")
    }

    fn fill(&self, records: usize) {
        let log = AuditLog::open(self.log()).unwrap();
        for n in 0..records {
            log.append(&[entry(n)]).unwrap();
        }
    }

    fn archive(&self, name: &str) -> Result<Archived, AuditError> {
        let log = AuditLog::open(self.log()).unwrap();
        archive(&log, &self.root.path().join(name), &self.key)
    }

    fn verify(
        &self,
        archives: &[&str],
        checkpoint: Option<Checkpoint>,
    ) -> Result<Verified, AuditError> {
        let archives: Vec<PathBuf> = archives.iter().map(|a| self.root.path().join(a)).collect();
        let how = Verification {
            key: Some(self.key.verifier()),
            checkpoint,
            archives: &archives,
        };
        verify_with(self.log(), &how)
    }

    fn counts(&self, archives: &[&str]) -> (u64, u64) {
        let verified = self.verify(archives, None).unwrap();
        (verified.records, verified.archived)
    }

    fn code(&self, archives: &[&str]) -> &'static str {
        self.verify(archives, None).unwrap_err().code()
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(self.root.path().join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !name.ends_with(".lock"))
            .collect();
        names.sort();
        names
    }

    fn checkpoint(&self) -> Checkpoint {
        let note = make_checkpoint(self.log(), &self.key).unwrap();
        Checkpoint::signed(note.as_bytes(), self.key.verifier()).unwrap()
    }
}

#[test]
fn the_chain_and_the_tree_go_on_over_an_archive() {
    let place = Place::new();
    place.fill(3);
    let early = place.checkpoint();
    let archived = place.archive("old").unwrap();
    // The record that closes the file is one too.
    assert_eq!((archived.records, archived.files.len()), (4, 1));
    assert_eq!(place.names("audit"), ["000002.jsonl", "000002.note"]);
    assert_eq!(place.names("old"), ["000001.jsonl", "000002.note"]);
    assert_eq!(place.counts(&[]), (4, 4));
    place.fill(2);
    assert_eq!(place.counts(&[]), (6, 4));
    let late = place.checkpoint();
    place.archive("old").unwrap();
    place.fill(1);
    assert_eq!(place.counts(&[]), (8, 7));
    assert_eq!(place.counts(&["old"]), (8, 0));
    // Checkpoints from before and between hold, where the records are that they are of.
    for checkpoint in [early, late] {
        assert!(place.verify(&["old"], Some(checkpoint)).is_ok());
        let error = place.verify(&[], Some(checkpoint)).unwrap_err();
        assert_eq!(error.code(), "audit-archived");
    }
    let now = place.checkpoint();
    assert!(place.verify(&[], Some(now)).is_ok());
    assert!(place.verify(&["old"], Some(now)).is_ok());
    // What the archiving wrote is a checkpoint like any other.
    let note = std::fs::read(place.log().join("000003.note")).unwrap();
    let note = Checkpoint::signed(&note, place.key.verifier()).unwrap();
    assert_eq!(note.records(), 7);
    assert!(place.verify(&[], Some(note)).is_ok());
    // The archive hangs together by itself.
    let how = Verification {
        key: Some(place.key.verifier()),
        ..Verification::default()
    };
    assert_eq!(
        verify_with(place.root.path().join("old"), &how)
            .unwrap()
            .records,
        7
    );
    let seqs: Vec<u64> = read(place.log()).unwrap().map(|r| r.unwrap().seq).collect();
    assert_eq!(seqs, [7]);
}

#[test]
fn archives_in_folders_of_their_own_are_one_log_with_all_of_them() {
    let place = Place::new();
    for name in ["one", "two", "three"] {
        place.fill(2);
        place.archive(name).unwrap();
    }
    assert_eq!(place.counts(&["one", "two", "three"]), (9, 0));
    assert_eq!(place.counts(&["three", "two"]), (9, 3));
    assert_eq!(place.code(&["one", "three"]), "audit-broken");
}

#[test]
fn a_changed_archive_or_note_shows() {
    let place = Place::new();
    place.fill(3);
    place.archive("old").unwrap();
    place.fill(2);
    assert_eq!(place.counts(&["old"]), (6, 0));
    let old = place.root.path().join("old/000001.jsonl");
    let text = std::fs::read_to_string(&old).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.pop();
    std::fs::write(&old, lines.join("\n") + "\n").unwrap();
    assert_eq!(place.code(&["old"]), "audit-broken");
    // Another chain of the same length.
    let other = Place::new();
    other.fill(3);
    other.archive("old").unwrap();
    std::fs::copy(other.root.path().join("old/000001.jsonl"), &old).unwrap();
    assert_eq!(place.code(&["old"]), "audit-broken");
    std::fs::write(&old, &text).unwrap();
    assert_eq!(place.counts(&["old"]), (6, 0));
    // A note of another host, though it is of the right form, and one that was changed.
    let note = place.log().join("000002.note");
    let good = std::fs::read_to_string(&note).unwrap();
    let forged = other.log().join("000002.note");
    std::fs::copy(&forged, &note).unwrap();
    assert_eq!(place.code(&[]), "audit-note");
    for damaged in [
        good.replacen("\n4\n", "\n5\n", 1),
        good.replacen("file 2", "file 1", 1),
        good.replacen("head ", "head 0", 1),
        String::new(),
    ] {
        std::fs::write(&note, damaged).unwrap();
        assert_eq!(place.code(&[]), "audit-note");
    }
    std::fs::write(&note, &good).unwrap();
    assert_eq!(place.counts(&[]), (6, 4));
    assert_eq!(verify(place.log()).unwrap_err().code(), "audit-key-missing");
    // Without the note, nothing accounts for what is missing.
    std::fs::remove_file(&note).unwrap();
    assert_eq!(first_bad(&place.log()), Some(0));
}

#[test]
fn a_log_that_was_replaced_with_its_archive_is_not_what_the_host_signed() {
    let place = Place::new();
    place.fill(3);
    place.archive("old").unwrap();
    place.fill(1);
    // Another chain of the same length, which hangs together, around the note that the host signed.
    let other = Place::new();
    other.fill(3);
    other.archive("old").unwrap();
    other.fill(1);
    for file in ["old/000001.jsonl", "audit/000002.jsonl"] {
        std::fs::copy(other.root.path().join(file), place.root.path().join(file)).unwrap();
    }
    assert_eq!(place.code(&["old"]), "audit-broken");
    // With nothing after it, too.
    std::fs::write(place.log().join("000002.jsonl"), "").unwrap();
    assert_eq!(place.code(&["old"]), "audit-broken");
}

#[test]
fn a_signed_note_that_does_not_give_its_own_root_is_refused() {
    let place = Place::new();
    place.fill(2);
    place.archive("old").unwrap();
    let note = place.log().join("000002.note");
    let text = std::fs::read_to_string(&note).unwrap();
    let body = text.split("\n\n").next().unwrap();
    let subtree = body
        .lines()
        .find(|line| line.starts_with("subtree "))
        .unwrap();
    for body in [
        body.replace(subtree, &format!("subtree {}", "A".repeat(43) + "=")),
        body.replace(subtree, "subtree AAAA"),
        body.replace(&format!("\n{subtree}"), ""),
        body.replace("file 2\n", ""),
    ] {
        std::fs::write(&note, place.key.sign(&body)).unwrap();
        assert_eq!(place.code(&[]), "audit-note", "{body}");
    }
    std::fs::write(&note, place.key.sign(body)).unwrap();
    assert_eq!(place.counts(&[]), (3, 3));
}

#[test]
fn whoever_writes_meanwhile_goes_on_in_the_next_file() {
    let place = Place::new();
    let idle = AuditLog::open(place.log()).unwrap();
    idle.append(&[entry(0)]).unwrap();
    // One that is archived once, and one that slept through two archives.
    let asleep = AuditLog::open(place.log()).unwrap();
    place.archive("old").unwrap();
    idle.append(&[entry(1)]).unwrap();
    place.archive("old").unwrap();
    place.fill(1);
    asleep.append(&[entry(2)]).unwrap();
    idle.append(&[entry(3)]).unwrap();
    assert_eq!(place.counts(&["old"]), (7, 0));
    assert_eq!(place.counts(&[]), (7, 4));
}

#[test]
fn writers_and_archivers_at_once_make_one_chain() {
    let place = Place::new();
    place.fill(1);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let log = AuditLog::open(place.log()).unwrap();
                for n in 0..60 {
                    log.append(&[entry(n), entry(n + 1)]).unwrap();
                }
            });
        }
        // As processes that begin meanwhile do.
        scope.spawn(|| {
            for n in 0..200 {
                let log = AuditLog::open(place.log()).unwrap();
                log.append(&[entry(n)]).unwrap();
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..12 {
                    place.archive("old").unwrap();
                }
            });
        }
    });
    let (records, archived) = place.counts(&["old"]);
    assert!(records > 561 && archived == 0, "{records}");
    assert_eq!(place.counts(&[]).0, records);
}

#[test]
fn an_archive_that_was_cut_short_is_finished_by_the_next() {
    let whole = Place::new();
    whole.fill(3);
    whole.archive("old").unwrap();
    whole.fill(2);
    let note = std::fs::read(whole.log().join("000002.note")).unwrap();
    let first = std::fs::read(whole.root.path().join("old/000001.jsonl")).unwrap();
    // Killed before the files were removed: all of it is still there, and accounted for.
    std::fs::write(whole.log().join("000001.jsonl"), &first).unwrap();
    assert_eq!(whole.counts(&[]), (6, 0));
    whole.fill(1);
    whole.archive("old").unwrap();
    assert_eq!(whole.names("audit"), ["000003.jsonl", "000003.note"]);
    assert_eq!(whole.counts(&["old"]), (8, 0));
    // Killed while they were removed: those left over have nothing before them.
    std::fs::write(whole.log().join("000002.jsonl"), "left over").unwrap();
    assert_eq!(whole.counts(&[]), (8, 8));
    whole.fill(1);
    assert_eq!(whole.counts(&["old"]), (9, 0));
    // Killed before the log's own note was written: the copies are there, and are the same.
    let place = Place::new();
    place.fill(3);
    place.archive("first").unwrap();
    let copies = place.root.path().join("old");
    std::fs::create_dir(&copies).unwrap();
    place.fill(1);
    std::fs::copy(place.log().join("000002.note"), copies.join("000002.note")).unwrap();
    std::fs::write(copies.join("000002.part"), "half").unwrap();
    place.archive("old").unwrap();
    assert_eq!(place.counts(&["first", "old"]), (6, 0));
    assert!(!note.is_empty());
}

#[test]
fn an_archive_writes_over_nothing_and_lies_elsewhere() {
    let place = Place::new();
    place.fill(2);
    let old = place.root.path().join("old");
    std::fs::create_dir(&old).unwrap();
    std::fs::write(old.join("000001.jsonl"), "mine").unwrap();
    assert_eq!(place.archive("old").unwrap_err().code(), "audit-io");
    assert_eq!(
        std::fs::read_to_string(old.join("000001.jsonl")).unwrap(),
        "mine"
    );
    assert_eq!(place.archive("audit").unwrap_err().code(), "audit-io");
    assert_eq!(place.archive("audit/below").unwrap_err().code(), "audit-io");
    // Nothing was lost by any of that.
    assert_eq!(place.counts(&[]).1, 0);
    place.archive("new").unwrap();
    assert_eq!(place.counts(&["new"]).1, 0);
}

#[test]
fn a_broken_log_is_not_archived() {
    let place = Place::new();
    place.fill(3);
    let path = place.log().join("000001.jsonl");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(place.archive("old").unwrap_err().code(), "audit-broken");
    assert!(path.exists());
}

#[test]
fn archiving_again_with_nothing_new_moves_nothing() {
    let place = Place::new();
    place.fill(1);
    place.archive("old").unwrap();
    let again = place.archive("old").unwrap();
    assert_eq!((again.records, again.files.len()), (2, 0));
    assert_eq!(place.counts(&["old"]), (2, 0));
    // Removed after it was closed, without an archive: that is no archiving.
    let log = AuditLog::open(place.log()).unwrap();
    log.append(&[entry(0)]).unwrap();
    std::fs::remove_file(place.log().join("000002.jsonl")).unwrap();
    assert_eq!(log.append(&[entry(1)]).unwrap_err().code(), "audit-cut");
}
