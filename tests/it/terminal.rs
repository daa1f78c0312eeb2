//! A person at a terminal: asked, answered, interrupted.

use crate::support::{Remit, Terminal, evil};
use std::time::Duration;

const QUESTION: &str = "Run it with this?";

/// A skill that must be approved, and does nothing then.
fn asking() -> Remit {
    let remit = Remit::new();
    skill(&remit, "files write ./data /data", "{ op = \"counter\" }");
    std::fs::create_dir_all(remit.path().join("skills/probe/data")).unwrap();
    remit
}

fn skill(remit: &Remit, grant: &str, with: &str) {
    std::fs::copy(evil(), remit.path().join("plugins/evil.wasm")).unwrap();
    remit.write(
        "skills/probe/SKILL.md",
        "---\nname: probe\ndescription: Probes. Use in tests.\n---\n\nProbe.\n",
    );
    remit.write(
        "skills/probe/skill.toml",
        format!(
            "version = \"0.1.0\"\n[plugins.evil]\ncomponent = \"../../plugins/evil.wasm\"\noperations = [\"do\"]\n\
             grants = [\"{grant}\"]\nlimits = {{ time = \"60s\" }}\n[[steps]]\nid = \"one\"\ncall = \"evil.do\"\nwith = {with}\n"
        ),
    );
}

#[test]
fn a_person_is_asked_and_what_they_say_holds() {
    for (answer, status, again) in [("n", 3, 3), ("", 3, 3), ("y", 0, 3), ("a", 0, 0)] {
        let remit = asking();
        let mut terminal = Terminal::start(&remit, &["run", "probe"]);
        terminal.shows("change and remove files").shows(QUESTION);
        terminal.types(&format!("{answer}\r"));
        assert_eq!(terminal.ends(), status, "{answer:?}");
        assert_eq!(
            remit.run(&["run", "probe"]).status,
            again,
            "after {answer:?}"
        );
    }
}

#[test]
fn an_interrupt_ends_a_question() {
    for command in ["run", "approve"] {
        let remit = asking();
        let mut terminal = Terminal::start(&remit, &[command, "probe"]);
        terminal.shows(if command == "run" {
            QUESTION
        } else {
            "Approve this"
        });
        terminal.types("\u{3}");
        assert_ne!(terminal.ends(), 0, "{command}");
        assert!(!remit.path().join("runs").exists());
        remit.run(&["run", "probe"]).exits(3);
    }
}

#[test]
fn an_interrupt_ends_a_run_with_its_state_written() {
    let remit = Remit::new();
    skill(
        &remit,
        "config colour=blue",
        "{ op = \"sleep\", years = 10 }",
    );
    remit.run(&["check", "probe"]).exits(0);
    let mut terminal = Terminal::start(&remit, &["run", "probe", "--out", "out"]);
    terminal.shows("evil.do");
    // The step is shown when it begins: the call is a moment later.
    std::thread::sleep(Duration::from_millis(300));
    terminal.types("\u{3}");
    terminal
        .shows("error")
        .shows("[cancelled]")
        .shows("out/run.json");
    assert_eq!(terminal.ends(), 1);
    is_cancelled(&remit);
}

#[test]
fn sigterm_ends_a_run_with_its_state_written() {
    let remit = Remit::new();
    skill(
        &remit,
        "config colour=blue",
        "{ op = \"sleep\", years = 10 }",
    );
    remit.run(&["check", "probe"]).exits(0);
    let mut child = remit
        .command(&["run", "probe", "--out", "out"])
        .spawn()
        .unwrap();
    let record = remit.path().join("out/run.json");
    let is_running =
        || std::fs::read_to_string(&record).is_ok_and(|text| text.contains("\"evil\""));
    for _ in 0..1000 {
        if is_running() {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(300));
    let told = std::process::Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(told.success());
    assert_eq!(child.wait().unwrap().code(), Some(1));
    is_cancelled(&remit);
}

fn is_cancelled(remit: &Remit) {
    let text = std::fs::read_to_string(remit.path().join("out/run.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["state"], "cancelled", "{text}");
    remit.run(&["audit", "verify"]).exits(0);
    remit.run(&["audit", "log"]).prints("cancelled");
}

#[test]
fn a_component_is_seen_to_be_compiled_once() {
    let remit = Remit::with_own_cache();
    let component = crate::support::plugin("calendar");
    let call = ["call", component.to_str().unwrap(), "nothing-such"];
    let mut first = Terminal::start(&remit, &call);
    first
        .shows("of WebAssembly, once")
        .shows("operation-unknown");
    assert_ne!(first.ends(), 0);
    let mut second = Terminal::start(&remit, &call);
    second.shows("operation-unknown");
    assert_ne!(second.ends(), 0);
    assert!(!second.has_shown("of WebAssembly"));
}

#[test]
fn a_card_is_as_wide_as_the_terminal() {
    let (remit, _) = Remit::with_skill("service-review");
    for columns in [24, 40, 64, 80] {
        let mut command = remit.command(&["show", "service-review"]);
        command.env("COLUMNS", columns.to_string());
        let card = crate::support::Outcome::of(command).exits(0).stdout;
        for line in card.lines() {
            assert!(line.chars().count() <= columns, "{columns}: {line:?}");
        }
        let words: String = card.split_whitespace().collect();
        assert!(
            words.contains("sendGET,POSTtohttp://127.0.0.1:9090"),
            "{card}"
        );
    }
}

#[test]
fn who_starts_a_server_by_hand_is_told_what_it_waits_for() {
    let remit = asking();
    let mut terminal = Terminal::start(&remit, &["serve", "probe"]);
    terminal.shows("This waits for an MCP client on stdin");
    terminal.types("\u{3}");
    assert_eq!(terminal.ends(), 0);
    assert!(!terminal.has_shown("internal-bug"));
}
