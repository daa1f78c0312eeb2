use super::*;

fn skill(name: &str) -> Exported {
    Exported {
        name: name.to_owned(),
        version: "0.1.0".to_owned(),
        description: "Writes a report.".to_owned(),
        license: Some("MIT".to_owned()),
        folder: format!("/skills/{name}"),
        digest: "0123abcd".to_owned(),
        writes: false,
        texts: BTreeMap::from([("SKILL.md".to_owned(), b"---\n".to_vec())]),
        obeyed: None,
    }
}

fn program() -> Program {
    Program {
        command: "remit".to_owned(),
        env: BTreeMap::new(),
    }
}

fn package(target: Target, name: Option<&str>, skills: &[Exported]) -> Package {
    Package::new(target, name, skills, &program()).unwrap()
}

fn read(package: &Package, path: &str) -> Value {
    serde_json::from_slice(&package.files[path]).unwrap()
}

#[test]
fn each_target_starts_exactly_the_skills_that_were_named() {
    let one = [skill("weekly-report")];
    let two = [skill("weekly-report"), skill("inbox-triage")];
    let args = |target, skills| package(target, None, skills).starts.join(" ");
    for target in [Target::Codex, Target::Claude, Target::McpJson] {
        assert_eq!(args(target, &one), "remit serve /skills/weekly-report");
    }
    let both = "/skills/weekly-report /skills/inbox-triage";
    assert_eq!(args(Target::Claude, &two), format!("remit serve {both}"));
    // Codex never asks again which tools there are.
    assert_eq!(
        args(Target::Codex, &two),
        format!("remit serve --open {both}")
    );
}

#[test]
fn texts_of_strangers_are_data_in_json_and_drive_no_terminal() {
    let mut odd = skill("weekly-report");
    odd.description = one_line(
        "\"},\"hooks\":{\"x\":1}\n\u{1b}[2J\u{202e}evil",
        MAX_DESCRIPTION,
    );
    for (target, path) in [
        (
            Target::Codex,
            "plugins/weekly-report/.codex-plugin/plugin.json",
        ),
        (
            Target::Claude,
            "plugins/weekly-report/.claude-plugin/plugin.json",
        ),
    ] {
        let plugin = read(&package(target, None, &[odd.clone()]), path);
        assert!(plugin.get("hooks").is_none());
        let said = plugin["description"].as_str().unwrap();
        assert!(said.starts_with("\"},\"hooks\""), "{said}");
        assert!(remit_policy::is_display_safe(said), "{said:?}");
    }
}

#[test]
fn names_are_those_that_agents_accept() {
    let named = |name, skills: &[Exported]| {
        Package::new(Target::Codex, name, skills, &program()).map(|package| package.name)
    };
    let one = [skill("weekly-report")];
    assert_eq!(named(None, &one).unwrap(), "weekly-report");
    assert_eq!(named(Some("ours"), &one).unwrap(), "ours");
    let two = [skill("a"), skill("b")];
    assert_eq!(named(None, &two).unwrap(), "remit-skills");
    // A skill may be called in any script.
    assert_eq!(named(None, &[skill("отчёт")]).unwrap(), "remit-skills");
    let long = "a".repeat(65);
    for bad in [
        "",
        "..",
        "a/b",
        "A",
        "a_b",
        "-a",
        "a--b",
        "отчёт",
        "a b",
        &long,
    ] {
        assert_eq!(
            named(Some(bad), &one).unwrap_err().code(),
            "export-name",
            "{bad}"
        );
    }
    let twice = named(None, &[skill("a"), skill("a")]).unwrap_err();
    assert_eq!(twice.code(), "export-twice");
}

#[test]
fn a_changed_skill_is_another_version() {
    let version = |skills: &[Exported]| {
        let package = package(Target::Claude, Some("x"), skills);
        read(&package, "plugins/x/.claude-plugin/plugin.json")["version"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(version(&[skill("a")]), "0.1.0+0123abcd");
    let mut changed = skill("a");
    changed.digest = "9".repeat(8);
    assert_eq!(version(&[changed.clone()]), "0.1.0+99999999");
    assert_ne!(
        version(&[skill("a"), skill("b")]),
        version(&[changed, skill("b")])
    );
    let mut built = skill("a");
    built.version = "1.0.0+build.5".to_owned();
    assert_eq!(version(&[built]), "1.0.0+build.5.0123abcd");
}

#[test]
fn what_an_agent_would_obey_is_not_given_to_those_that_read_it() {
    for obeyed in [copies::Obeyed::Tools, copies::Obeyed::Command] {
        let mut odd = skill("a");
        odd.obeyed = Some(obeyed);
        for target in [Target::Codex, Target::Claude] {
            let refused = Package::new(target, None, &[odd.clone()], &program()).unwrap_err();
            assert_eq!(refused.code(), "export-obeyed");
        }
        // It holds no text of the skill.
        package(Target::McpJson, None, &[odd]);
    }
}

#[test]
fn commands_are_words_for_a_shell() {
    let package = package(Target::Claude, None, &[skill("a")]);
    let commands = package.commands("/home/me/it's here");
    assert_eq!(
        commands[0],
        "claude plugin marketplace add '/home/me/it'\\''s here'"
    );
    assert_eq!(commands[1], "claude plugin install a@remit-a");
    assert_eq!(quoted("/a/b-c_1.2"), "/a/b-c_1.2");
    assert_eq!(quoted(""), "''");
    assert_eq!(quoted("a b"), "'a b'");
    assert_eq!(quoted("$(x)"), "'$(x)'");
}

#[test]
fn a_folder_is_new_or_empty_or_an_earlier_export_of_the_same() {
    let root = tempfile::tempdir().unwrap();
    let out = root.path().join("out");
    let mut first = skill("a");
    first.texts.insert("old.md".to_owned(), b"old".to_vec());
    let path = package(Target::Codex, None, &[first]).write(&out).unwrap();
    let texts = out.join("plugins/a/skills/a");
    assert!(Path::new(&path).is_absolute());
    assert!(texts.join("old.md").exists());
    std::fs::write(out.join("mine"), "kept").unwrap();

    package(Target::Codex, None, &[skill("a")])
        .write(&out)
        .unwrap();
    assert!(texts.join("SKILL.md").exists());
    assert!(!texts.join("old.md").exists());
    assert!(out.join("mine").exists());

    for (target, name) in [(Target::Claude, "a"), (Target::Codex, "b")] {
        let other = package(target, Some(name), &[skill("a")]);
        assert_eq!(other.write(&out).unwrap_err().code(), "out-not-empty");
    }
    let taken = root.path().join("taken");
    std::fs::create_dir(&taken).unwrap();
    std::fs::write(taken.join("x"), "").unwrap();
    let refused = package(Target::Codex, None, &[skill("a")]).write(&taken);
    assert_eq!(refused.unwrap_err().code(), "out-not-empty");
}

#[test]
fn a_hostile_mark_removes_nothing_outside() {
    let root = tempfile::tempdir().unwrap();
    let out = root.path().join("out");
    std::fs::create_dir(&out).unwrap();
    std::fs::write(root.path().join("kept"), "k").unwrap();
    let mark = json!({ "agent": "codex", "name": "a", "files": ["../kept"] });
    std::fs::write(out.join(".remit-export.json"), mark.to_string()).unwrap();
    let refused = package(Target::Codex, None, &[skill("a")]).write(&out);
    assert_eq!(refused.unwrap_err().code(), "path-outside-skill");
    assert!(root.path().join("kept").exists());
}
