//! Signed checkpoints: what they show, and what is not taken for one.

use remit_sign::{NoteKey, NoteVerifier};

use super::*;

fn signed(folder: &Path, key: &NoteKey) -> String {
    make_checkpoint(folder, key).unwrap()
}

fn check(folder: &Path, note: &str, key: &NoteVerifier) -> Result<Verified, &'static str> {
    let checkpoint = Checkpoint::signed(note.as_bytes(), key).map_err(|e| e.code())?;
    verify_against(folder, checkpoint).map_err(|e| e.code())
}

fn key() -> NoteKey {
    NoteKey::generate("remit-audit/").unwrap()
}

#[test]
fn a_log_that_goes_on_holds_against_every_earlier_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let key = key();
    let mut notes = vec![signed(folder.path(), &key)];
    for _ in 0..9 {
        filled(folder.path(), 1);
        notes.push(signed(folder.path(), &key));
    }
    for (n, note) in notes.iter().enumerate() {
        assert!(note.starts_with(&format!("{}\n{n}\n", key.verifier().name())));
        assert_eq!(
            check(folder.path(), note, key.verifier()).unwrap().records,
            9
        );
    }
}

#[test]
fn a_cut_or_replaced_log_shows_against_a_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let key = key();
    let log = String::from_utf8(filled(folder.path(), 5)).unwrap();
    let note = signed(folder.path(), &key);
    let against = || check(folder.path(), &note, key.verifier());
    // Cut to any shorter log that hangs together.
    for kept in 0..5 {
        let shorter: String = log.lines().take(kept).map(|l| format!("{l}\n")).collect();
        std::fs::write(file(folder.path()), shorter).unwrap();
        assert!(verify(folder.path()).is_ok());
        assert_eq!(against(), Err("audit-checkpoint"), "{kept}");
    }
    // All of it replaced: another chain of the same length, and a longer one.
    for records in [5, 8] {
        std::fs::remove_file(file(folder.path())).unwrap();
        filled(folder.path(), records);
        assert!(verify(folder.path()).is_ok());
        assert_eq!(against(), Err("audit-checkpoint"));
    }
    // The true log, gone on in another way than it did: what came after the checkpoint is not vouched for.
    std::fs::write(file(folder.path()), &log).unwrap();
    filled(folder.path(), 2);
    assert_eq!(against().unwrap().records, 7);
    std::fs::remove_dir_all(folder.path()).unwrap();
    assert_eq!(against(), Err("audit-checkpoint"));
}

#[test]
fn what_the_host_did_not_sign_is_no_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let (key, other) = (key(), key());
    filled(folder.path(), 3);
    let note = signed(folder.path(), &key);
    let code = |note: &str| check(folder.path(), note, key.verifier()).unwrap_err();
    assert!(check(folder.path(), &note, key.verifier()).is_ok());
    assert_eq!(
        check(folder.path(), &note, other.verifier()),
        Err("note-invalid")
    );
    assert_eq!(code(&signed(folder.path(), &other)), "note-invalid");
    // Fewer records, with the signature of more.
    assert_eq!(code(&note.replacen("\n3\n", "\n2\n", 1)), "note-invalid");
    let lines: Vec<&str> = note.lines().collect();
    let name = key.verifier().name();
    let body = |origin: &str, size: &str, root: &str, more: &str| {
        code(&key.sign(&format!("{origin}\n{size}\n{root}\n{more}")))
    };
    // Signed by the key, and still none, or of another log.
    for (origin, size, root, more) in [
        ("elsewhere", "3", lines[2], ""),
        ("", "3", lines[2], ""),
        (name, "03", lines[2], ""),
        (name, "+3", lines[2], ""),
        (name, "-3", lines[2], ""),
        (name, "99999999999999999999", lines[2], ""),
        (name, "3", "AAAA", ""),
        (name, "3", "", ""),
        (name, "3", lines[2], "\nx\n"),
    ] {
        assert_eq!(
            body(origin, size, root, more),
            "note-invalid",
            "{origin} {size} {root} {more:?}"
        );
    }
    // The form allows further lines.
    let more = key.sign(&format!("{name}\n3\n{}\nfurther\n", lines[2]));
    assert!(check(folder.path(), &more, key.verifier()).is_ok());
    // Of the right form and signed, with another root.
    let wrong = key.sign(&format!("{name}\n3\n{}\n", "A".repeat(43) + "="));
    assert_eq!(code(&wrong), "audit-checkpoint");
}

#[test]
fn no_checkpoint_is_made_of_a_broken_log() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = filled(folder.path(), 3);
    log[100] ^= 1;
    std::fs::write(file(folder.path()), &log).unwrap();
    assert_eq!(
        make_checkpoint(folder.path(), &key()).unwrap_err().code(),
        "audit-broken"
    );
}

#[test]
fn an_empty_log_has_the_checkpoint_of_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let key = key();
    let note = signed(&folder.path().join("none"), &key);
    assert!(check(folder.path(), &note, key.verifier()).is_ok());
    filled(folder.path(), 1);
    assert!(check(folder.path(), &note, key.verifier()).is_ok());
}
