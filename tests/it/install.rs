//! Plugins from elsewhere: shown, asked about, installed, and used by name.

use crate::support::{Outcome, Remit, Stranger, Terminal, Web, sign_beside};
use remit_sign::SecretKey;
use serde_json::{Value, json};
use std::path::PathBuf;

/// All files below Remit's data that say what is installed.
fn state(remit: &Remit) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for folder in ["store/components", "store/signatures", "publishers"] {
        let entries = std::fs::read_dir(remit.data().join(folder))
            .into_iter()
            .flatten();
        files.extend(entries.map(|entry| entry.unwrap().path()));
    }
    files.push(remit.data().join("remit.lock"));
    files.sort();
    files
        .into_iter()
        .filter_map(|path| std::fs::read(&path).ok().map(|bytes| (path, bytes)))
        .filter(|(path, _)| path.file_name().is_some_and(|name| name != "lock"))
        .collect()
}

/// Runs a command that must fail and change nothing.
#[track_caller]
fn refused(remit: &Remit, args: &[&str], status: i32, code: &str) -> Outcome {
    let before = state(remit);
    let out = remit
        .run(args)
        .exits(status)
        .says(&format!("error[{code}]"));
    assert_eq!(state(remit), before, "{args:?} changed something");
    out
}

fn listed(remit: &Remit) -> Value {
    remit.run(&["list", "--json"]).exits(0).json()["plugins"].clone()
}

fn web(remit: &Remit) -> Web {
    Web::serving(&remit.path().join("www"))
}

fn key() -> SecretKey {
    SecretKey::generate().unwrap()
}

#[test]
fn a_plugin_is_shown_asked_about_and_then_used_by_its_name() {
    let remit = Remit::new();
    let out = refused(&remit, &["install", "plugins/mail.wasm"], 3, "not-approved");
    let out = out.says("hint: `remit install plugins/mail.wasm --yes`");
    let out = out
        .says("nobody: who made it cannot be told")
        .says("asks for")
        .says("search");
    assert_eq!(out.stdout, "");
    assert_eq!(listed(&remit), json!([]));
    refused(&remit, &["show", "mail"], 2, "usage");
    remit
        .run(&["install", "plugins/mail.wasm", "--yes"])
        .exits(0)
        .prints("installed mail 0.1.0");
    remit.run(&["show", "mail"]).exits(0).prints("offers");
    let input = json!({"query": "x"}).to_string();
    let folder = "files read ./skills /mail";
    std::fs::create_dir_all(remit.path().join("skills")).unwrap();
    remit
        .run(&[
            "call", "mail", "search", "--input", &input, "--allow", folder,
        ])
        .exits(0)
        .prints("messages");
    remit
        .run(&["list"])
        .exits(0)
        .prints("mail 0.1.0")
        .prints("not signed");
    let plugins = listed(&remit);
    assert_eq!(plugins[0]["name"], "mail");
    assert_eq!(plugins[0]["signer"], Value::Null);
    remit
        .run(&["verify"])
        .exits(0)
        .prints("1 plugin pinned, 1 component in the store");
    // Once more is nothing new, and needs no answer.
    remit
        .run(&["install", "plugins/mail.wasm"])
        .exits(0)
        .prints("installed already");
}

#[test]
fn a_person_at_a_terminal_is_asked() {
    let remit = Remit::new();
    let mut terminal = Terminal::start(&remit, &["install", "plugins/mail.wasm"]);
    terminal.shows("Install this? [y/N]");
    terminal.types("n\n");
    assert_eq!(terminal.ends(), 3);
    assert_eq!(listed(&remit), json!([]));
    let mut terminal = Terminal::start(&remit, &["install", "plugins/mail.wasm"]);
    terminal.shows("Install this? [y/N]");
    terminal.types("y\n");
    assert_eq!(terminal.ends(), 0);
    assert_eq!(listed(&remit)[0]["name"], "mail");
}

#[test]
fn a_signature_must_hold_for_name_version_and_bytes() {
    let remit = Remit::new();
    let web = web(&remit);
    let (path, url) = (web.file("mail.wasm"), web.url("mail.wasm"));
    let install = ["install", &url, "--yes"];
    let stranger = Stranger::new("mail", "1.0.0");
    for (name, version) in [("drive", "1.0.0"), ("mail", "1.0.1")] {
        stranger.write(&remit, &path);
        sign_beside(&path, &key(), name, version);
        refused(&remit, &install, 4, "signature-subject");
    }
    // Over other bytes.
    stranger.write_signed(&remit, &path, &key());
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend([0, 3, 1, b'x', 0]);
    std::fs::write(&path, bytes).unwrap();
    refused(&remit, &install, 4, "signature-wrong");
    // By another key than the one beside it.
    stranger.write_signed(&remit, &path, &key());
    std::fs::write(web.file("mail.wasm.pub"), key().public().file_text()).unwrap();
    refused(&remit, &install, 4, "signature-key");
    // No signature at all.
    std::fs::write(web.file("mail.wasm.minisig"), "untrusted comment: none\n").unwrap();
    refused(&remit, &install, 4, "signature-malformed");
    let ada = key();
    stranger.write_signed(&remit, &path, &ada);
    remit.run(&install).exits(0);
    let signer = format!("minisign:{}", ada.public());
    assert_eq!(listed(&remit)[0]["signer"], signer);
    remit.run(&["list"]).exits(0).prints(&signer);
    remit.run(&["verify"]).exits(0).prints("1 signature");
}

#[test]
fn an_operator_who_names_signers_is_obeyed_before_anything_runs() {
    let remit = Remit::new();
    let web = web(&remit);
    let (path, url) = (web.file("mail.wasm"), web.url("mail.wasm"));
    let (ada, eve) = (key(), key());
    let policy = format!("signers = [\"minisign:{}\"]\n", ada.public());
    remit.write("config/remit/policy.toml", policy);
    let stranger = Stranger::new("mail", "1.0.0");
    stranger.write(&remit, &path);
    let install = ["install", &url, "--yes", "--accept-change"];
    remit.run(&install).exits(3);
    stranger.write_signed(&remit, &path, &eve);
    remit.run(&install).exits(3);
    let described = |remit: &Remit| remit.audit().iter().any(|it| it["kind"] == "described");
    assert!(!described(&remit), "its code ran");
    stranger.write_signed(&remit, &path, &ada);
    remit.run(&install).exits(0);
    assert!(described(&remit));
}

#[test]
fn what_an_address_gives_is_pinned_and_another_thing_is_an_update() {
    let remit = Remit::new();
    let web = web(&remit);
    let (path, url) = (web.file("mail.wasm"), web.url("mail.wasm"));
    Stranger::new("mail", "1.0.0").write(&remit, &path);
    remit.run(&["install", &url, "--yes"]).exits(0);
    remit
        .run(&["update", "--check"])
        .exits(0)
        .prints("mail  nothing new");
    Stranger::new("mail", "1.1.0")
        .offering("delete", "destructive")
        .needing("http * https://*/**")
        .saying("summary", "Searches and deletes mail")
        .write(&remit, &path);
    let out = refused(&remit, &["install", &url, "--yes"], 4, "tag-moved");
    out.says("hint: `remit update mail` shows what is different");
    // What is pinned is here: nobody is asked.
    remit
        .run(&["install", &url, "--frozen"])
        .exits(0)
        .prints("installed already");
    // What is different, the worst first.
    let before = state(&remit);
    let out = remit.run(&["update", "--check"]).exits(1);
    let lines: Vec<&str> = out.stdout.lines().map(str::trim).collect();
    assert_eq!(lines[0], "mail 1.0.0 → 1.1.0");
    assert_eq!(lines[1], "+ operation delete [destructive] “Does it”");
    assert!(
        lines[2].starts_with("+ need widened: http * https://*/**, was http GET"),
        "{lines:?}"
    );
    let folded = lines.join(" ");
    assert!(
        folded.contains("a wildcard where there was a name"),
        "{lines:?}"
    );
    assert!(
        out.stdout.contains("~ text: “Searches and deletes mail”"),
        "{lines:?}"
    );
    assert_eq!(state(&remit), before, "--check changed something");
    let json = remit.run(&["update", "--check", "--json"]).exits(1).json();
    assert_eq!(json["news"], true);
    assert_eq!(
        json["plans"][0]["plugins"][0]["differences"][0]["mark"],
        "added"
    );
    refused(&remit, &["update", "mail"], 3, "not-approved").says("need widened");
    remit
        .run(&["update", "mail", "--yes"])
        .exits(0)
        .prints("updated mail 1.1.0");
    assert_eq!(listed(&remit)[0]["version"], "1.1.0");
    remit.run(&["update", "--check"]).exits(0);
    refused(&remit, &["update", "nothing"], 2, "not-installed").says("installed are: mail");
}

#[test]
fn whoever_is_not_who_it_was_is_refused_until_a_person_accepts_it() {
    let remit = Remit::new();
    let web = web(&remit);
    let (path, url) = (web.file("mail.wasm"), web.url("mail.wasm"));
    let (ada, eve) = (key(), key());
    Stranger::new("mail", "1.0.0").write_signed(&remit, &path, &ada);
    remit.run(&["install", &url, "--yes"]).exits(0);
    let update = ["update", "mail", "--yes"];

    Stranger::new("mail", "1.1.0").write_signed(&remit, &path, &eve);
    refused(&remit, &update, 3, "publisher-key-changed").says("--accept-change");
    Stranger::new("mail", "1.1.0").write(&remit, &path);
    refused(&remit, &update, 3, "publisher-unsigned");
    Stranger::new("mail", "0.9.0").write_signed(&remit, &path, &ada);
    refused(&remit, &update, 3, "publisher-older");
    // From elsewhere, also after it was removed: what is known of a publisher stays.
    let elsewhere = web.url("other/mail.wasm");
    Stranger::new("mail", "1.1.0").write_signed(&remit, &web.file("other/mail.wasm"), &ada);
    refused(
        &remit,
        &["install", &elsewhere, "--yes"],
        3,
        "publisher-other-source",
    );
    remit.run(&["remove", "mail"]).exits(0);
    refused(
        &remit,
        &["install", &elsewhere, "--yes"],
        3,
        "publisher-other-source",
    );
    // The twins: the same signer's newer version is taken, and another's with a person's word.
    Stranger::new("mail", "1.0.0").write_signed(&remit, &path, &ada);
    remit.run(&["install", &url, "--yes"]).exits(0);
    Stranger::new("mail", "1.1.0").write_signed(&remit, &path, &ada);
    remit.run(&update).exits(0);
    Stranger::new("mail", "1.2.0").write_signed(&remit, &path, &eve);
    refused(
        &remit,
        &["update", "mail", "--accept-change"],
        3,
        "not-approved",
    );
    remit
        .run(&["update", "mail", "--yes", "--accept-change"])
        .exits(0);
    assert_eq!(
        listed(&remit)[0]["signer"],
        format!("minisign:{}", eve.public())
    );
    remit.run(&["verify"]).exits(0);
}

#[test]
fn a_changed_key_can_be_accepted_at_the_terminal() {
    let remit = Remit::new();
    let web = web(&remit);
    let (path, url) = (web.file("mail.wasm"), web.url("mail.wasm"));
    Stranger::new("mail", "1.0.0").write_signed(&remit, &path, &key());
    remit.run(&["install", &url, "--yes"]).exits(0);
    Stranger::new("mail", "1.1.0").write_signed(&remit, &path, &key());
    for (answer, status, version) in [("n\n", 3, "1.0.0"), ("y\n", 0, "1.1.0")] {
        let mut terminal = Terminal::start(&remit, &["update", "mail"]);
        terminal.shows("although it is not from whom it was? [y/N]");
        terminal.types(answer);
        assert_eq!(terminal.ends(), status);
        assert_eq!(listed(&remit)[0]["version"], version);
    }
}

#[test]
fn a_name_that_looks_like_an_installed_one_is_refused() {
    let remit = Remit::new();
    Stranger::new("mail", "1.0.0").write(&remit, &remit.path().join("a/mail.wasm"));
    remit.run(&["install", "a/mail.wasm", "--yes"]).exits(0);
    Stranger::new("mai1", "1.0.0").write(&remit, &remit.path().join("x.wasm"));
    let install = ["install", "x.wasm", "--yes", "--accept-change"];
    refused(&remit, &install, 3, "name-collision").says("looks like the installed mail");
    for name in ["Mail", "ma\u{456}l"] {
        Stranger::new(name, "1.0.0").write(&remit, &remit.path().join("x.wasm"));
        refused(&remit, &install, 2, "description-invalid");
    }
    remit
        .run(&["install", "plugins/drive.wasm", "--yes"])
        .exits(0);
}

#[test]
fn no_text_of_a_stranger_drives_the_terminal() {
    let remit = Remit::new();
    let web = web(&remit);
    let (path, url) = (web.file("mail.wasm"), web.url("mail.wasm"));
    let tricks = "\u{1b}[2J\u{1b}]8;;http://evil\u{7}\r\u{8}\u{202e}x\u{200b}\u{e0041}";
    let mut stranger = Stranger::new("mail", "1.0.0").saying("summary", tricks);
    stranger.0["operations"][0]["summary"] = tricks.into();
    stranger.0["operations"][0]["input_schema"] =
        json!({"type": "object", "properties": {tricks: {}}});
    stranger.0["needs"][0]["reason"] = tricks.into();
    let mut said = String::new();
    let mut run = |args: &[&str]| {
        for json in [false, true] {
            let args: Vec<&str> = args
                .iter()
                .copied()
                .chain(json.then_some("--json"))
                .collect();
            let out = remit.run(&args);
            assert!(
                !json || serde_json::from_str::<Value>(&out.stdout).is_ok(),
                "{args:?}: {}",
                out.stdout
            );
            said.push_str(&out.stdout);
            said.push_str(&out.stderr);
        }
    };
    stranger.write(&remit, &path);
    run(&["install", &url]);
    run(&["install", &url, "--yes"]);
    run(&["list"]);
    run(&["show", "mail"]);
    stranger.0["version"] = "2.0.0".into();
    for text in ["summary", "reason"] {
        let other = format!("{tricks} other");
        match text {
            "reason" => stranger.0["needs"][0]["reason"] = other.into(),
            _ => stranger.0["operations"][0]["summary"] = other.into(),
        }
    }
    stranger.0["operations"][0]["input_schema"] = json!({"type": "object"});
    stranger.write(&remit, &path);
    run(&["update", "--check"]);
    run(&["update", "--yes"]);
    assert!(
        said.contains("mail 1.0.0 → 2.0.0") && said.contains("text of search"),
        "{said}"
    );
    for hidden in [
        '\x1b',
        '\u{7}',
        '\r',
        '\u{8}',
        '\u{202e}',
        '\u{200b}',
        '\u{e0041}',
    ] {
        assert!(!said.contains(hidden), "{hidden:?} is printed: {said:?}");
    }
}

#[test]
fn bytes_that_are_not_what_was_installed_are_found_and_mended() {
    let remit = Remit::new();
    remit
        .run(&["install", "plugins/mail.wasm", "--yes"])
        .exits(0);
    let stored = |folder: &str| {
        let mut entries = std::fs::read_dir(remit.data().join("store").join(folder)).unwrap();
        entries.next().unwrap().unwrap().path()
    };
    let component = stored("components");
    let bytes = std::fs::read(&component).unwrap();
    std::fs::write(&component, &bytes[..bytes.len() - 1]).unwrap();
    remit
        .run(&["verify"])
        .exits(4)
        .says("error[installed-damaged]: mail: ");
    remit
        .run(&["show", "mail"])
        .exits(4)
        .says("digest-mismatch");
    remit
        .run(&["install", "plugins/mail.wasm", "--yes"])
        .exits(0);
    remit.run(&["verify"]).exits(0);
    std::fs::remove_file(&component).unwrap();
    remit.run(&["verify"]).exits(4).says("installed-damaged");
    remit
        .run(&["install", "plugins/mail.wasm", "--yes"])
        .exits(0);
    // What it says is pinned too.
    let lock = remit.data().join("remit.lock");
    let text = std::fs::read_to_string(&lock).unwrap();
    std::fs::write(&lock, text.replacen("summary = \"", "summary = \"Not ", 1)).unwrap();
    remit
        .run(&["verify"])
        .exits(4)
        .says("it describes itself otherwise");
    remit.run(&["show", "mail"]).exits(4).says("pin-mismatch");
    std::fs::write(&lock, &text[..text.len() / 2]).unwrap();
    for command in [
        &["verify"][..],
        &["list"],
        &["update"],
        &["gc"],
        &["install", "plugins/mail.wasm", "--yes"],
    ] {
        remit.run(command).exits(4).says("lock-syntax");
    }
    std::fs::write(&lock, &text).unwrap();
    remit.run(&["verify", "--json"]).exits(0);
}

#[test]
fn a_signature_that_was_tampered_with_is_found() {
    let remit = Remit::new();
    let web = web(&remit);
    let path = web.file("mail.wasm");
    Stranger::new("mail", "1.0.0").write_signed(&remit, &path, &key());
    remit
        .run(&["install", &web.url("mail.wasm"), "--yes"])
        .exits(0);
    let folder = remit.data().join("store/signatures");
    let file = std::fs::read_dir(&folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let text = std::fs::read_to_string(&file).unwrap();
    for (changed, says) in [
        (
            text.replace("version=1.0.0", "version=1.0.1"),
            "installed-damaged",
        ),
        (text.replace("\"1.0.0\"", "\"1.0.1\""), "installed-damaged"),
        (text[..text.len() / 2].to_owned(), "signatures"),
    ] {
        assert_ne!(changed, text);
        std::fs::write(&file, changed).unwrap();
        remit.run(&["verify"]).exits(4).says(says);
    }
    std::fs::remove_file(&file).unwrap();
    remit
        .run(&["verify"])
        .exits(4)
        .says("no signature of minisign:");
    std::fs::write(&file, text).unwrap();
    remit.run(&["verify"]).exits(0);
}

#[test]
fn compiled_code_that_was_tampered_with_is_found() {
    let remit = Remit::with_own_cache();
    remit
        .run(&["install", "plugins/mail.wasm", "--yes"])
        .exits(0);
    remit
        .run(&["verify"])
        .exits(0)
        .prints("1 file of compiled code");
    let folder = remit.cache().join("compiled");
    let file = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|it| it == "cwasm"))
        .unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    remit
        .run(&["verify"])
        .exits(4)
        .says("its MAC is wrong")
        .says("remove that file");
}

#[test]
fn what_nothing_refers_to_is_freed_and_nothing_else() {
    let remit = Remit::new();
    remit
        .run(&["install", "plugins/mail.wasm", "--yes"])
        .exits(0);
    remit
        .run(&["install", "plugins/drive.wasm", "--yes"])
        .exits(0);
    remit.run(&["gc"]).exits(0).prints("nothing to free");
    remit
        .run(&["remove", "mail"])
        .exits(0)
        .prints("`remit gc` frees its bytes");
    remit
        .run(&["remove", "mail"])
        .exits(2)
        .says("not-installed");
    let out = remit.run(&["gc", "--dry-run"]).exits(0);
    assert!(
        out.stdout.contains("1 plugin, ") && out.stdout.contains("would be freed"),
        "{}",
        out.stdout
    );
    let components = || {
        std::fs::read_dir(remit.data().join("store/components"))
            .unwrap()
            .count()
    };
    assert_eq!(components(), 2);
    let json = remit.run(&["gc", "--json"]).exits(0).json();
    assert_eq!(json["components"].as_array().unwrap().len(), 1);
    assert_eq!(components(), 1);
    remit.run(&["show", "drive"]).exits(0);
    remit.run(&["verify"]).exits(0);
}

#[test]
fn a_second_installation_waits_for_the_first() {
    let remit = Remit::new();
    remit.run(&["list"]).exits(0);
    let lock = std::fs::File::create(remit.data().join("install.lock")).unwrap();
    lock.lock().unwrap();
    let mut child = remit
        .command(&["install", "plugins/mail.wasm", "--yes"])
        .stderr(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut said = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut said, &mut line).unwrap();
    assert_eq!(line, "another installation goes on: waiting for its end\n");
    assert!(child.try_wait().unwrap().is_none());
    assert_eq!(listed(&remit), json!([]));
    drop(lock);
    std::io::Read::read_to_string(&mut said, &mut line).unwrap();
    assert!(child.wait().unwrap().success(), "{line}");
    assert_eq!(listed(&remit)[0]["name"], "mail");
}

#[test]
fn many_at_once_install_all_of_theirs() {
    let remit = Remit::new();
    let names = ["calendar", "drive", "mail", "table"];
    let children: Vec<_> = (names.iter())
        .map(|name| {
            let path = format!("plugins/{name}.wasm");
            let mut command = remit.command(&["install", &path, "--yes"]);
            command
                .stderr(std::process::Stdio::null())
                .stdout(std::process::Stdio::null());
            command.spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let plugins = listed(&remit);
    let found: Vec<&str> = plugins
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(found, names);
    remit.run(&["verify"]).exits(0);
}

#[test]
fn a_source_that_is_none_says_what_one_is() {
    let remit = Remit::new();
    remit.write("text.wasm", "not wasm");
    for (source, status) in [
        ("nothing", 2),
        ("nothing.wasm", 2),
        ("text.wasm", 2),
        ("ftp://example.org/mail.wasm", 2),
        ("http://example.org/mail.wasm", 2),
        ("oci://", 2),
        ("", 2),
        ("https://127.0.0.1:1/mail.wasm", 1),
    ] {
        let out = remit.run(&["install", source, "--yes"]);
        assert_eq!(out.status, status, "{source}: {}", out.stderr);
        assert!(out.stderr.contains("error["), "{source}: {}", out.stderr);
        let json = remit.run(&["install", source, "--yes", "--json"]).json();
        assert!(json["error"]["code"].is_string(), "{source}: {json}");
    }
    assert_eq!(listed(&remit), json!([]));
}

#[test]
fn what_was_installed_when_and_from_where_is_in_the_log() {
    let remit = Remit::new();
    let path = remit.path().join("a/mail.wasm");
    Stranger::new("mail", "1.0.0").write(&remit, &path);
    let install = ["install", "a/mail.wasm"];
    remit.run(&install).exits(3);
    let records = |kind: &str| -> Vec<Value> {
        let all = remit.audit().into_iter();
        all.filter(|record| record["kind"] == kind).collect()
    };
    assert!(records("installed").is_empty(), "nobody said yes");
    remit.run(&["install", "a/mail.wasm", "--yes"]).exits(0);
    Stranger::new("mail", "1.1.0").write(&remit, &path);
    remit.run(&["update", "mail", "--yes"]).exits(0);
    remit.run(&["remove", "mail"]).exits(0);
    let installed = records("installed");
    let says = |record: &Value| {
        ["what", "name", "version", "was"]
            .map(|field| record[field].as_str().unwrap_or("").to_owned())
    };
    assert_eq!(says(&installed[0]), ["plugin", "mail", "1.0.0", ""]);
    assert_eq!(says(&installed[1]), ["plugin", "mail", "1.1.0", "1.0.0"]);
    assert!(
        installed[0]["digest"]
            .as_str()
            .unwrap()
            .starts_with("sha256:")
    );
    assert!(
        installed[0]["source"]
            .as_str()
            .unwrap()
            .ends_with("mail.wasm")
    );
    assert_eq!(records("removed")[0]["name"], "mail");
    remit
        .run(&["audit", "log"])
        .exits(0)
        .prints("installed the plugin mail 1.1.0 in place of 1.0.0 from ")
        .prints("removed mail");
}
