//! `remit secret`: kept in a keyring or an encrypted file, used by calls, shown nowhere (hostile case 144).

use crate::support::{Outcome, Remit, Server, Session, Terminal};
use serde_json::Value;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};

/// `remit` with the words of a command, in a session if there is one, and what it reads.
fn remit_in(remit: &Remit, session: Option<&Session>, args: &[&str], stdin: &str) -> Outcome {
    let mut command = remit.command(args);
    if let Some(session) = session {
        command.env("DBUS_SESSION_BUS_ADDRESS", session.address());
    }
    typed(command, stdin)
}

fn typed(mut command: Command, stdin: &str) -> Outcome {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that refuses its arguments reads nothing.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let out = child.wait_with_output().unwrap();
    Outcome {
        status: out.status.code().unwrap_or(-1),
        stdout: String::from_utf8(out.stdout).unwrap(),
        stderr: String::from_utf8(out.stderr).unwrap(),
    }
}

/// A value that is like no other text, under each encoding in which it could get out.
pub(crate) struct Canary(pub(crate) String);

impl Canary {
    pub(crate) fn new() -> Canary {
        let random: u64 = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 1);
        Canary(format!("canary {random:016x}+/{random:016X}"))
    }

    #[track_caller]
    pub(crate) fn is_not_in(&self, bytes: &[u8], what: &str) {
        let hex =
            |digit: fn(&u8) -> String| self.0.as_bytes().iter().map(digit).collect::<String>();
        let percent: String = self
            .0
            .bytes()
            .map(|b| match b.is_ascii_alphanumeric() {
                true => char::from(b).to_string(),
                false => format!("%{b:02X}"),
            })
            .collect();
        let mut forms = vec![
            self.0.clone(),
            hex(|b| format!("{b:02x}")),
            hex(|b| format!("{b:02X}")),
            percent,
        ];
        // Base64 has three forms of what stands in the middle of a text.
        for skipped in 0..3 {
            let whole = (self.0.len() - skipped) / 3 * 3;
            forms.push(base64(&self.0.as_bytes()[skipped..skipped + whole]));
        }
        for form in &forms {
            let found = bytes.windows(form.len()).any(|it| it == form.as_bytes());
            assert!(!found, "{form} is in {what}");
        }
        // The finding itself is tried: a search that finds nothing would find no fault.
        assert!(self.0.len() > 20 && forms.iter().all(|form| form.len() > 20));
    }

    #[track_caller]
    pub(crate) fn is_in_no_file_below(&self, folder: &Path) {
        let mut folders = vec![folder.to_path_buf()];
        let mut files = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).unwrap().flatten() {
                match entry.file_type().unwrap() {
                    kind if kind.is_dir() => folders.push(entry.path()),
                    kind if kind.is_file() => {
                        files += 1;
                        let bytes = std::fs::read(entry.path()).unwrap();
                        self.is_not_in(&bytes, &entry.path().display().to_string());
                    }
                    _ => {}
                }
            }
        }
        assert!(files > 3, "{files} files below {}", folder.display());
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = bytes.chunks_exact(3).flat_map(|three| {
        let number = three
            .iter()
            .fold(0, |number, b| number << 8 | usize::from(*b));
        [18, 12, 6, 0].map(|shift| char::from(DIGITS[number >> shift & 63]))
    });
    digits.collect()
}

/// A call that a secret is granted to, for a server.
fn call(remit: &Remit, session: Option<&Session>, at: &str) -> Outcome {
    let config = format!("config base-url=http://{at}");
    let http = format!("http GET http://{at}/repos/*/*/issues");
    let secret =
        format!("secret github-token header authorization \"Bearer {{secret}}\" for http://{at}");
    let args = [
        "call",
        "plugins/tracker.wasm",
        "list_issues",
        "--input",
        r#"{"repo":"acme/site"}"#,
        "--allow",
        &config,
        "--allow",
        &http,
        "--allow",
        &secret,
    ];
    remit_in(remit, session, &args, "")
}

/// Connected to it may have been, to know the address; but no request is sent without its secret.
#[track_caller]
fn assert_nothing_was_asked(server: &Server) {
    assert_eq!(server.asked().join(""), "");
}

/// The value is used by a call, and is nowhere but where it belongs.
fn is_kept_used_and_shown_nowhere(
    remit: &Remit,
    session: Option<&Session>,
    place: &str,
    kept: &str,
) {
    let canary = Canary::new();
    let shown = std::cell::RefCell::new(Vec::new());
    let note = |out: Outcome| {
        shown.borrow_mut().extend_from_slice(out.stdout.as_bytes());
        shown.borrow_mut().extend_from_slice(out.stderr.as_bytes());
        out
    };
    let server = Server::answering("200 OK", "", "[]");
    let at = server.authority();
    note(call(remit, session, at))
        .says("secret-unavailable")
        .says("remit secret set github-token");
    assert_nothing_was_asked(&server);

    note(remit_in(
        remit,
        session,
        &["secret", "set", "github-token"],
        &format!("{}\n", canary.0),
    ))
    .exits(0)
    .prints(kept);
    let listed = note(remit_in(remit, session, &["secret", "list", "--json"], ""))
        .exits(0)
        .json();
    let first = &listed["secrets"][0];
    assert_eq!(first["name"], "github-token");
    assert_eq!(first["places"], serde_json::json!([place]));
    assert_eq!(first["last_used"], Value::Null);

    note(call(remit, session, at)).exits(0);
    let asked = server.asked().join("");
    assert!(
        asked
            .to_lowercase()
            .contains("authorization: bearer canary"),
        "{asked}"
    );
    assert!(asked.contains(&canary.0), "{asked}");

    let listed = note(remit_in(remit, session, &["secret", "list", "--json"], "")).json();
    let used = &listed["secrets"][0]["last_used"];
    assert_eq!(used["plugin"], "tracker");
    assert_eq!(used["operation"], "list_issues");
    note(remit_in(remit, session, &["secret", "list"], "")).prints("by tracker.list_issues");
    let log = note(remit_in(
        remit,
        session,
        &["audit", "log", "--secret", "github-token"],
        "",
    ))
    .exits(0)
    .prints("used")
    .prints("tracker.list_issues")
    .prints(&format!("http://{at}/"))
    .prints("not used [secret-unavailable]");
    assert_eq!(log.stdout.lines().count(), 2, "{}", log.stdout);

    note(remit_in(
        remit,
        session,
        &["audit", "log", "--json", "-n", "0"],
        "",
    ));
    canary.is_not_in(&shown.borrow(), "what was printed");
    // Its own folders, the keyring's file and the bus's among them.
    canary.is_in_no_file_below(remit.path());

    note(remit_in(
        remit,
        session,
        &["secret", "remove", "github-token"],
        "",
    ))
    .exits(0);
    note(call(remit, session, at)).says("secret-unavailable");
    note(remit_in(
        remit,
        session,
        &["secret", "remove", "github-token"],
        "",
    ))
    .exits(2)
    .says("secret-missing");
}

#[test]
fn a_secret_is_kept_in_the_encrypted_file_where_there_is_no_keyring() {
    let remit = Remit::new();
    is_kept_used_and_shown_nowhere(&remit, None, "file", "the encrypted file");
    let config = remit.path().join("config/remit");
    for name in ["secrets.age", "secrets.key"] {
        assert_eq!(
            std::fs::metadata(config.join(name)).unwrap().mode() & 0o777,
            0o600
        );
    }
}

#[test]
fn a_secret_is_kept_in_the_keyring_where_there_is_one() {
    let remit = Remit::new();
    let session = Session::start(&remit);
    is_kept_used_and_shown_nowhere(&remit, Some(&session), "keyring", "the system keyring");
    assert!(!remit.path().join("config/remit/secrets.age").exists());
}

#[test]
fn a_session_without_a_keyring_is_as_none() {
    let remit = Remit::new();
    let session = Session::bus_alone(&remit);
    is_kept_used_and_shown_nowhere(&remit, Some(&session), "file", "the encrypted file");
    remit_in(
        &remit,
        Some(&session),
        &["secret", "set", "x", "--in", "keyring"],
        "a value of it",
    )
    .exits(2)
    .says("secret-keyring-missing")
    .says("--in file");
}

#[test]
fn a_locked_keyring_is_an_error_and_never_a_window() {
    let remit = Remit::new();
    let session = Session::start(&remit);
    let run = |args: &[&str], stdin: &str| remit_in(&remit, Some(&session), args, stdin);
    run(&["secret", "set", "github-token"], "value of the keyring").exits(0);
    session.lock();
    run(&["secret", "set", "other"], "another value")
        .exits(1)
        .says("secret-keyring-locked")
        .says("hint: unlock it");
    // What is in it can neither be replaced by the file's, nor be taken for removed.
    run(
        &["secret", "set", "github-token", "--in", "file"],
        "value of the file",
    )
    .exits(1)
    .says("secret-keyring-locked");
    run(&["secret", "remove", "github-token"], "")
        .exits(1)
        .says("secret-keyring-locked");
    let server = Server::answering("200 OK", "", "[]");
    // An older value in a plain file is not used in its place.
    let plain = remit.write(
        "config/remit/secrets/github-token",
        "value of the plain file",
    );
    std::fs::set_permissions(plain, std::fs::Permissions::from_mode(0o600)).unwrap();
    call(&remit, Some(&session), server.authority()).says("the system keyring is locked");
    assert_nothing_was_asked(&server);
    run(&["secret", "list"], "")
        .exits(0)
        .says("secret-keyring-locked");
    // Another secret, in the file, is not held up by it.
    run(&["secret", "set", "other", "--in", "file"], "another value").exits(0);
    run(&["secret", "list", "--json"], "").prints("\"other\"");
}

#[test]
fn a_bus_that_does_not_answer_holds_nothing_up_for_long() {
    let remit = Remit::new();
    let socket = remit.path().join("bus");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let run = |args: &[&str], stdin: &str| {
        let mut command = remit.command(args);
        command.env(
            "DBUS_SESSION_BUS_ADDRESS",
            format!("unix:path={}", socket.display()),
        );
        typed(command, stdin)
    };
    run(&["secret", "set", "github-token"], "value of the keyring")
        .exits(1)
        .says("secret-keyring-failed")
        .says("does not answer")
        .says("--in file");
    run(
        &["secret", "set", "github-token", "--in", "file"],
        "value of the file",
    )
    .exits(0);
}

#[test]
fn a_bus_that_is_not_there_is_none() {
    let remit = Remit::new();
    for address in [
        "unix:path=/nowhere/bus",
        "nonsense",
        "tcp:host=127.0.0.1,port=1",
        "",
    ] {
        let mut command = remit.command(&["secret", "set", "github-token", "--json"]);
        command.env("DBUS_SESSION_BUS_ADDRESS", address);
        let kept = typed(command, "value of it").exits(0).json();
        assert_eq!(kept["place"], "file", "{address}");
    }
}

#[test]
fn a_new_place_takes_the_value_out_of_the_old_one() {
    let remit = Remit::new();
    let session = Session::start(&remit);
    let run = |args: &[&str], stdin: &str| remit_in(&remit, Some(&session), args, stdin).exits(0);
    let places = || run(&["secret", "list", "--json"], "").json()["secrets"][0]["places"].clone();
    run(&["secret", "set", "a", "--in", "file"], "value one");
    assert_eq!(places(), serde_json::json!(["file"]));
    run(&["secret", "set", "a"], "value two");
    assert_eq!(places(), serde_json::json!(["keyring"]));
    run(&["secret", "set", "a", "--in", "file"], "value three");
    assert_eq!(places(), serde_json::json!(["file"]));
    run(&["secret", "remove", "a"], "").prints("the encrypted file");
}

#[test]
fn the_environment_goes_first_and_a_plain_file_last() {
    let remit = Remit::new();
    let server = Server::answering("200 OK", "", "[]");
    let at = server.authority();
    let last = || server.asked().pop().unwrap();
    let plain = remit.write("config/remit/secrets/github-token", "value-plain\n");
    std::fs::set_permissions(plain, std::fs::Permissions::from_mode(0o600)).unwrap();
    call(&remit, None, at).exits(0);
    assert!(last().contains("Bearer value-plain"));
    remit_in(
        &remit,
        None,
        &["secret", "set", "github-token"],
        "value-file",
    )
    .exits(0)
    .says("not used any more");
    call(&remit, None, at).exits(0);
    assert!(last().contains("Bearer value-file"));
    let mut command = remit.command(&["secret", "list", "--json"]);
    command.env("REMIT_SECRET_GITHUB_TOKEN", "value-environment");
    let listed = Outcome::of(command).exits(0).json();
    assert_eq!(
        listed["secrets"],
        serde_json::json!([{
            "name": "github-token", "places": ["environment", "file", "plain-file"],
            "last_used": listed["secrets"][0]["last_used"],
        }])
    );
    remit_in(&remit, None, &["secret", "remove", "github-token"], "")
        .exits(0)
        .prints("the encrypted file and a plain file");
    call(&remit, None, at).says("secret-unavailable");
}

#[test]
fn hostile_names_and_values_are_refused_before_anything_is_kept() {
    let remit = Remit::new();
    for name in [
        "",
        "..",
        "../x",
        "a/b",
        "a b",
        "tok\u{e9}n",
        "\u{1b}[2J",
        &"x".repeat(65),
    ] {
        for verb in ["set", "remove"] {
            let out =
                remit_in(&remit, None, &["secret", verb, "--", name], "a value of it").exits(2);
            assert!(!out.stderr.contains('\u{1b}'), "{}", out.stderr);
        }
        remit_in(&remit, None, &["audit", "log", "--secret", name], "").exits(2);
    }
    for (value, code) in [
        ("short", "secret-too-short"),
        ("", "secret-too-short"),
        ("two\nlines of it", "secret-not-text"),
        (" value with a space", "secret-not-text"),
        ("tab\tin the middle", "secret-not-text"),
        (&"x".repeat(8193), "secret-too-long"),
        (&"x".repeat(100_000), "secret-too-long"),
    ] {
        let out = remit_in(&remit, None, &["secret", "set", "token"], value)
            .exits(2)
            .says(code);
        assert!(value.len() < 6 || !out.stderr.contains(value));
    }
    let kept: Vec<_> = std::fs::read_dir(remit.path().join("config/remit"))
        .unwrap()
        .collect();
    assert!(kept.is_empty(), "{kept:?}");
    remit_in(&remit, None, &["secret", "set", "token"], &"x".repeat(8192)).exits(0);
}

#[test]
fn a_value_on_the_command_line_is_refused_and_not_repeated() {
    let remit = Remit::new();
    for args in [
        &["secret", "set", "token", "canary-on-the-line"][..],
        &["secret", "set", "token", "--canary-on-the-line"],
        &["secret", "set", "token", "a", "canary-on-the-line"],
    ] {
        let out = remit_in(&remit, None, args, "")
            .exits(2)
            .says("command line");
        assert!(!out.stderr.contains("canary"), "{}", out.stderr);
    }
}

#[test]
fn a_value_is_typed_unseen() {
    let remit = Remit::new();
    let mut terminal = Terminal::start(&remit, &["secret", "set", "github-token"]);
    terminal.shows("(not shown): ");
    terminal.types("canary-typeX\u{7f}d-unseen\r");
    terminal.shows("is kept in the encrypted file");
    assert_eq!(terminal.ends(), 0);
    assert!(!terminal.has_shown("canary") && !terminal.has_shown("unseen"));
    let server = Server::answering("200 OK", "", "[]");
    call(&remit, None, server.authority()).exits(0);
    assert!(server.asked()[0].contains("Bearer canary-typed-unseen"));

    let mut terminal = Terminal::start(&remit, &["secret", "set", "other"]);
    terminal.shows("(not shown): ");
    terminal.types("canary\u{3}");
    assert_eq!(terminal.ends(), 2);
    assert!(!terminal.has_shown("canary"));
    remit_in(&remit, None, &["secret", "remove", "other"], "").exits(2);
}

#[test]
fn two_that_are_set_at_once_are_both_kept() {
    let remit = Remit::new();
    std::thread::scope(|scope| {
        for number in 0..6 {
            let remit = &remit;
            scope.spawn(move || {
                let name = format!("token-{number}");
                remit_in(remit, None, &["secret", "set", &name], "a value of it").exits(0);
            });
        }
    });
    let listed = remit.run(&["secret", "list", "--json"]).json();
    assert_eq!(listed["secrets"].as_array().unwrap().len(), 6);
}

/// The file and its key are age's own: its program reads them.
#[test]
fn the_encrypted_file_is_one_of_ages() {
    let remit = Remit::new();
    remit_in(&remit, None, &["secret", "set", "token"], "a value of it").exits(0);
    let out = Command::new("age")
        .args(["-d", "-i", "secrets.key", "secrets.age"])
        .current_dir(remit.path().join("config/remit"))
        .output()
        .expect("age is missing: run scripts/setup");
    assert_eq!(
        String::from_utf8_lossy(&out.stdout),
        "token a value of it\n"
    );
}

#[test]
fn a_damaged_file_and_a_lost_key_say_so() {
    let remit = Remit::new();
    remit_in(
        &remit,
        None,
        &["secret", "set", "github-token"],
        "a value of it",
    )
    .exits(0);
    let config = remit.path().join("config/remit");
    let file = config.join("secrets.age");
    let mut bytes = std::fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    let server = Server::answering("200 OK", "", "[]");
    call(&remit, None, server.authority()).says("was changed or cut off");
    remit_in(&remit, None, &["secret", "set", "other"], "a value of it")
        .exits(4)
        .says("secret-file-damaged")
        .says("hint:");
    remit_in(&remit, None, &["secret", "list"], "")
        .exits(0)
        .says("secret-file-damaged");
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    std::fs::rename(config.join("secrets.key"), remit.path().join("key")).unwrap();
    call(&remit, None, server.authority()).says("is missing");
    assert_nothing_was_asked(&server);
    remit_in(&remit, None, &["secret", "set", "other"], "a value of it")
        .exits(4)
        .says("secret-identity")
        .says("REMIT_IDENTITY");
    let mut command = remit.command(&["secret", "set", "other"]);
    command.env("REMIT_IDENTITY", remit.path().join("key"));
    typed(command, "a value of it").exits(0);
}
