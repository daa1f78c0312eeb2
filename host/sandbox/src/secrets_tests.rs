use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::*;

const VALUE: &[u8] = b"canary-3f9a1c77";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn write(path: &Path, value: &[u8], mode: u32) {
    fs::write(path, value).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn get(folder: &Path, name: &str) -> Result<SecretValue, SecretError> {
    EnvAndFileSecrets::new(Some(folder.to_owned())).get(name)
}

fn code(folder: &Path, name: &str) -> &'static str {
    get(folder, name)
        .map(|_| "read")
        .unwrap_or_else(|e| e.code())
}

#[test]
fn a_private_file_is_read_without_its_last_newline() {
    let dir = folder();
    for (name, text) in [
        ("plain", VALUE.to_vec()),
        ("lf", [VALUE, b"\n"].concat()),
        ("crlf", [VALUE, b"\r\n"].concat()),
    ] {
        write(&dir.path().join(name), &text, 0o600);
        assert_eq!(get(dir.path(), name).unwrap().expose(), VALUE, "{name}");
    }
}

#[test]
fn a_file_that_others_may_read_is_refused() {
    let dir = folder();
    for mode in [0o640, 0o604, 0o644, 0o660, 0o610] {
        write(&dir.path().join("token"), VALUE, mode);
        assert_eq!(code(dir.path(), "token"), "secret-file-unsafe", "{mode:o}");
    }
    write(&dir.path().join("token"), VALUE, 0o400);
    assert_eq!(code(dir.path(), "token"), "read");
}

#[test]
fn a_link_is_refused_and_its_target_is_not() {
    let dir = folder();
    write(&dir.path().join("target"), VALUE, 0o600);
    symlink(dir.path().join("target"), dir.path().join("link")).unwrap();
    assert_eq!(code(dir.path(), "link"), "secret-file-unsafe");
    assert_eq!(code(dir.path(), "target"), "read");
}

#[test]
fn a_folder_that_others_may_write_is_refused() {
    let dir = folder();
    write(&dir.path().join("token"), VALUE, 0o600);
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(code(dir.path(), "token"), "secret-file-unsafe");
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(code(dir.path(), "token"), "read");
}

#[test]
fn a_fifo_or_folder_is_refused_without_waiting() {
    let dir = folder();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        dir.path().join("fifo"),
        FileType::Fifo,
        Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    fs::create_dir(dir.path().join("folder")).unwrap();
    assert_eq!(code(dir.path(), "fifo"), "secret-file-unsafe");
    assert_eq!(code(dir.path(), "folder"), "secret-file-unsafe");
}

#[test]
fn a_name_never_leads_elsewhere() {
    let dir = folder();
    for name in [
        "",
        ".",
        "..",
        "../token",
        "a/b",
        "/etc/passwd",
        "a\0b",
        "tokén",
        "a b",
    ] {
        assert_eq!(code(dir.path(), name), "secret-name", "{name:?}");
    }
}

#[test]
fn an_absent_secret_says_how_it_is_set() {
    let dir = folder();
    let error = get(dir.path(), "no-such").unwrap_err();
    assert_eq!(error.code(), "secret-missing");
    let hint = error.hint().unwrap();
    assert!(
        hint.contains("REMIT_SECRET_NO_SUCH") && hint.contains("`remit secret set no-such`"),
        "{hint}"
    );
    assert_eq!(
        EnvAndFileSecrets::new(None)
            .get("no-such")
            .unwrap_err()
            .code(),
        "secret-missing"
    );
}

#[test]
fn a_value_is_one_line_of_a_sensible_length() {
    for (value, expected) in [
        (&b"1234567"[..], "secret-too-short"),
        (b"12345678", "taken"),
        (&[b'x'; MAX_SECRET + 1], "secret-too-long"),
        (&[b'x'; MAX_SECRET], "taken"),
        (b"one secret", "taken"),
        (b"two\nlines of it", "secret-not-text"),
        (b"one secret ", "secret-not-text"),
        (b" one secret", "secret-not-text"),
        (b"\tone secret", "secret-not-text"),
        (b"one secret\r", "secret-not-text"),
        (b"          ", "secret-not-text"),
        (b"nul\0nul\0nul", "secret-not-text"),
        ("schlüssel-wort".as_bytes(), "secret-not-text"),
    ] {
        let found = SecretValue::new("it", value.to_vec())
            .map(|_| "taken")
            .unwrap_or_else(|e| e.code());
        assert_eq!(found, expected, "{}", String::from_utf8_lossy(value));
    }
}

#[test]
fn neither_a_value_nor_an_error_prints_it() {
    let value = SecretValue::new("it", VALUE.to_vec()).unwrap();
    assert!(!format!("{value:?}").contains("canary"));
    let error = SecretValue::new("it", b"canary\n\n\n\n".to_vec()).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("canary"));
}

#[test]
fn every_code_is_listed_once() {
    let mut codes: Vec<_> = SecretError::CODES.iter().map(|(code, _)| *code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), SecretError::CODES.len());
}
