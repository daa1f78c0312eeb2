//! Keys and signatures, through the command line and with Debian's minisign.

use crate::support::{Outcome, Remit, Terminal, plain, root};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A workspace with an unencrypted key.
fn with_key() -> Remit {
    let remit = Remit::new();
    remit
        .run(&["key", "new", "--out", "my.key", "--no-password"])
        .exits(0)
        .says("not encrypted");
    remit
}

fn read(remit: &Remit, path: &str) -> String {
    std::fs::read_to_string(remit.path().join(path)).unwrap()
}

fn minisign(remit: &Remit, args: &[&str]) -> Outcome {
    let mut command = Command::new("minisign");
    command
        .args(args)
        .current_dir(remit.path())
        .env("HOME", remit.path())
        .stdin(Stdio::null());
    if let Err(error) = Command::new("minisign").arg("-v").output() {
        panic!("minisign cannot be started ({error}): run scripts/setup");
    }
    Outcome::of(command)
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn minisign_verifies_what_remit_signs() {
    let remit = with_key();
    let signed = remit
        .run(&["sign", "plugins/mail.wasm", "--key", "my.key", "--json"])
        .exits(0)
        .json();
    assert_eq!(signed["name"], "mail");
    let comment = format!(
        "remit name=mail version={} digest={}",
        signed["version"].as_str().unwrap(),
        signed["digest"].as_str().unwrap()
    );
    assert!(
        read(&remit, "plugins/mail.wasm.minisig")
            .contains(&format!("\ntrusted comment: {comment}\n"))
    );
    assert_eq!(
        read(&remit, "plugins/mail.wasm.pub"),
        read(&remit, "my.pub")
    );
    minisign(
        &remit,
        &["-Vm", "plugins/mail.wasm", "-p", "plugins/mail.wasm.pub"],
    )
    .exits(0)
    .prints(&comment);
    // And sees what is not signed.
    let mut bytes = std::fs::read(remit.path().join("plugins/mail.wasm")).unwrap();
    bytes.push(0);
    remit.write("plugins/mail.wasm", bytes);
    let changed = minisign(&remit, &["-Vm", "plugins/mail.wasm", "-p", "my.pub"]);
    assert_ne!(changed.status, 0);
}

#[test]
fn minisign_signs_with_remits_keys_and_remit_with_minisigns() {
    let remit = with_key();
    remit.write("file", "content");
    minisign(&remit, &["-Sm", "file", "-s", "my.key", "-W"]).exits(0);
    minisign(&remit, &["-Vm", "file", "-p", "my.pub"]).exits(0);
    minisign(&remit, &["-G", "-W", "-s", "their.key", "-p", "their.pub"]).exits(0);
    remit
        .run(&["sign", "plugins/mail.wasm", "--key", "their.key"])
        .exits(0)
        .prints("is signed by minisign:");
    minisign(&remit, &["-Vm", "plugins/mail.wasm", "-p", "their.pub"]).exits(0);
}

#[test]
fn a_signature_of_minisigns_counts_with_remits_comment_and_not_without() {
    use remit_sign::{PublicKey, Signature, Subject, verify};
    let remit = with_key();
    let content = std::fs::read(remit.path().join("plugins/mail.wasm")).unwrap();
    let subject = Subject::new("mail", "1.2.3", remit_package::Digest::of(&content)).unwrap();
    let key: PublicKey = read(&remit, "my.pub").parse().unwrap();
    let check = |more: &[&str]| {
        let args = [
            &[
                "-Sm",
                "plugins/mail.wasm",
                "-s",
                "my.key",
                "-W",
                "-x",
                "out",
            ],
            more,
        ]
        .concat();
        minisign(&remit, &args).exits(0);
        let text = std::fs::read(remit.path().join("out")).unwrap();
        Signature::parse(&text)
            .and_then(|signature| verify(&signature, &content, &subject, Some(&key)))
            .map_err(|error| error.code())
    };
    assert!(check(&["-t", &subject.to_string()]).is_ok());
    assert_eq!(check(&[]).unwrap_err(), "signature-partial");
    assert_eq!(
        check(&["-t", "remit name=mail"]).unwrap_err(),
        "signature-partial"
    );
    let other = subject.to_string().replace("1.2.3", "1.2.4");
    assert_eq!(check(&["-t", &other]).unwrap_err(), "signature-subject");
    // The form of old, over the bytes themselves.
    assert_eq!(
        check(&["-l", "-t", &subject.to_string()]).unwrap_err(),
        "signature-legacy"
    );
}

#[test]
fn a_key_is_for_its_owner_and_never_replaced() {
    let remit = Remit::new();
    let made = remit
        .run(&["key", "new", "--no-password", "--json"])
        .exits(0)
        .json();
    let secret = PathBuf::from(made["secret"].as_str().unwrap());
    assert!(secret.starts_with(remit.path().join("config/remit")));
    assert_eq!(mode(&secret), 0o600);
    assert!(made["signer"].as_str().unwrap().starts_with("minisign:RW"));
    let before = std::fs::read(&secret).unwrap();
    remit
        .run(&["key", "new", "--no-password"])
        .exits(2)
        .says("is there already, and a key is never replaced");
    assert_eq!(std::fs::read(&secret).unwrap(), before);
    remit
        .run(&["key", "new", "--no-password", "--out", "my.pub"])
        .exits(2)
        .says("the name of a public key");
    // It is the one that is used if none is named.
    let signed = remit
        .run(&["sign", "plugins/mail.wasm", "--json"])
        .exits(0)
        .json();
    assert_eq!(signed["signer"], made["signer"]);
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o644)).unwrap();
    remit
        .run(&["sign", "plugins/mail.wasm"])
        .exits(2)
        .says("error[key-exposed]")
        .says("chmod 600");
    let none = Remit::new();
    none.run(&["sign", "plugins/mail.wasm"])
        .exits(2)
        .says("`remit key new`");
}

#[test]
fn a_password_opens_the_key_and_nothing_else_does() {
    let remit = Remit::new();
    remit.write("password", "correct horse\nand what else is there\n");
    remit.write("wrong", "correct house\n");
    remit.write("empty", "\n");
    let new = |args: &[&str]| remit.run(&[&["key", "new", "--out", "my.key"], args].concat());
    new(&[]).exits(2).says("no terminal to ask");
    new(&["--password-file", "empty"])
        .exits(2)
        .says("the password is empty");
    new(&["--password-file", "nowhere"])
        .exits(2)
        .says("error[file-missing]");
    assert!(!remit.path().join("my.key").exists());
    new(&["--password-file", "password"]).exits(0);
    assert!(!read(&remit, "my.key").contains("horse"));
    let sign = |args: &[&str]| {
        remit.run(&[&["sign", "plugins/mail.wasm", "--key", "my.key"], args].concat())
    };
    sign(&[]).exits(2).says("error[key-password-missing]");
    sign(&["--password-file", "wrong"])
        .exits(2)
        .says("error[key-password]");
    assert!(!remit.path().join("plugins/mail.wasm.minisig").exists());
    sign(&["--password-file", "password"]).exits(0);
    // From stdin.
    let mut command = remit.command(&[
        "sign",
        "plugins/mail.wasm",
        "--key",
        "my.key",
        "--password-file",
        "-",
    ]);
    let password = std::fs::File::open(remit.path().join("password")).unwrap();
    command.stdin(password);
    Outcome::of(command).exits(0);
    minisign(&remit, &["-Vm", "plugins/mail.wasm", "-p", "my.pub"]).exits(0);
}

#[test]
fn minisign_opens_remits_encrypted_key() {
    let remit = Remit::new();
    remit.write("password", "correct horse\n");
    remit
        .run(&[
            "key",
            "new",
            "--out",
            "my.key",
            "--password-file",
            "password",
        ])
        .exits(0);
    remit.write("file", "content");
    let mut command = Command::new("minisign");
    command
        .args(["-Sm", "file", "-s", "my.key"])
        .current_dir(remit.path())
        .stdin(std::fs::File::open(remit.path().join("password")).unwrap());
    Outcome::of(command).exits(0);
    minisign(&remit, &["-Vm", "file", "-p", "my.pub"]).exits(0);
}

#[test]
fn a_password_is_typed_twice_and_never_shown() {
    let remit = Remit::new();
    let args = ["key", "new", "--out", "my.key"];
    let mut terminal = Terminal::start(&remit, &args);
    terminal.shows("Password for the new key: ");
    terminal.types("one\r");
    terminal.shows("The same again: ");
    terminal.types("two\r");
    terminal.shows("the two passwords differ");
    assert_eq!(terminal.ends(), 2);
    let mut terminal = Terminal::start(&remit, &args);
    terminal.shows("Password for the new key: ");
    terminal.types("\u{3}");
    terminal.shows("no password was given");
    assert_eq!(terminal.ends(), 2);
    let mut terminal = Terminal::start(&remit, &args);
    // A slip of the finger, taken back.
    terminal.shows("Password for the new key: ");
    terminal.types("hort\u{7f}se\r");
    terminal.shows("The same again: ");
    terminal.types("horse\r");
    terminal.shows("the secret key is in");
    assert_eq!(terminal.ends(), 0);
    let mut terminal = Terminal::start(&remit, &["sign", "plugins/mail.wasm", "--key", "my.key"]);
    terminal.shows("Password of my.key: ");
    terminal.types("horse\r");
    terminal.shows("is signed by");
    assert_eq!(terminal.ends(), 0);
    assert!(!terminal.has_shown("horse"));
}

#[test]
fn what_is_signed_is_what_the_component_says_that_it_is() {
    let remit = with_key();
    let sign =
        |file: &str, args: &[&str]| remit.run(&[&["sign", file, "--key", "my.key"], args].concat());
    let mail = "plugins/mail.wasm";
    sign(mail, &["--name", "drive"])
        .exits(2)
        .says("says that it is `mail`, not `drive`");
    sign(mail, &["--version", "9.9.9"])
        .exits(2)
        .says("not `9.9.9`");
    sign(mail, &["--name", "mail"]).exits(0);
    // A plain component says nothing that binds.
    std::fs::copy(plain(), remit.path().join("plain.wasm")).unwrap();
    let signed = sign(
        "plain.wasm",
        &["--name", "tool", "--version", "2.0.0", "--json"],
    )
    .exits(0);
    assert_eq!(signed.json()["name"], "tool");
    sign("plain.wasm", &["--name", "a b", "--version", "2.0.0"])
        .exits(2)
        .says("error[subject-invalid]");
    remit.write("skill.tar.gz", b"\x1f\x8b whatever");
    sign("skill.tar.gz", &[]).says("error[archive-invalid]");
    sign("nowhere.wasm", &[])
        .exits(2)
        .says("error[file-missing]");
    sign("plugins", &[])
        .exits(2)
        .says("error[skill-md-missing]");
    remit.write("broken.wasm", b"\0asm\x0d\0\x01\0junk");
    sign("broken.wasm", &[]).exits(2).says("component");
    assert!(!remit.path().join("broken.wasm.minisig").exists());
}

#[test]
fn a_skill_is_signed_as_the_archive_that_is_published() {
    let remit = with_key();
    remit.write(
        "skills/weekly-report/SKILL.md",
        "---\nname: weekly-report\ndescription: Reports. Use in tests.\n---\n\nReport.\n",
    );
    remit.write("skills/weekly-report/skill.toml", "version = \"0.2.0\"\n");
    let skill = remit.path().join("skills/weekly-report");
    let sign = |args: &[&str]| {
        let args = [&["sign", "skills/weekly-report/", "--key", "my.key"], args].concat();
        remit.run(&args)
    };
    let signed = sign(&["--json"]).exits(0).json();
    assert_eq!(signed["name"], "weekly-report");
    let packed = remit_registry::pack(&skill).unwrap();
    assert_eq!(signed["digest"], packed.digest.to_string());
    let of_folder = read(&remit, "skills/weekly-report.minisig");
    assert_eq!(mode(&remit.path().join("skills/weekly-report.pub")), 0o644);
    sign(&["--version", "9.9.9"])
        .exits(2)
        .says("the skill says");
    // Its archive says the same, and so has the same signature.
    remit.write("skill.tar.gz", &packed.bytes);
    remit
        .run(&["sign", "skill.tar.gz", "--key", "my.key"])
        .exits(0);
    assert_eq!(read(&remit, "skill.tar.gz.minisig"), of_folder);
    minisign(&remit, &["-Vm", "skill.tar.gz", "-p", "my.pub"]).exits(0);
}

#[test]
fn what_is_no_key_signs_nothing() {
    let remit = with_key();
    let public = read(&remit, "my.pub");
    remit.write("bad.key", &public);
    std::fs::set_permissions(
        remit.path().join("bad.key"),
        std::fs::Permissions::from_mode(0o600),
    )
    .unwrap();
    for key in ["bad.key", "plugins/mail.wasm", "nowhere", "plugins"] {
        let out = remit
            .run(&["sign", "plugins/mail.wasm", "--key", key])
            .exits(2);
        assert!(out.stderr.contains("error["), "{key}: {}", out.stderr);
    }
    assert!(!remit.path().join("plugins/mail.wasm.minisig").exists());
    assert!(root().join("plugins/mail.wasm").exists());
}

#[test]
fn the_operators_policy_names_who_must_have_signed() {
    let (remit, _) = Remit::with_skill("weekly-report");
    let made = remit
        .run(&["key", "new", "--no-password", "--json"])
        .exits(0)
        .json();
    let signer = made["signer"].as_str().unwrap();
    remit.write(
        "config/remit/policy.toml",
        format!("signers = [\"{signer}\"]\n"),
    );
    remit
        .run(&["run", "weekly-report", "--approve"])
        .exits(3)
        .says("error[signer-required]")
        .says("signed by nobody")
        .says("hint:");
    remit
        .run(&["call", "plugins/mail.wasm", "search"])
        .exits(3)
        .says("error[signer-required]");
    remit.write("config/remit/policy.toml", "signers = [\"minisign:me\"]\n");
    remit
        .run(&["run", "weekly-report"])
        .exits(2)
        .says("does not name a signer");
}
