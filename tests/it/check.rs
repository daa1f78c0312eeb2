//! `remit check`: what is wrong with a skill, found without running it.

use crate::support::Remit;

#[test]
fn the_sample_skills_have_no_findings() {
    for name in ["weekly-report", "inbox-triage", "service-review"] {
        let (remit, skill) = Remit::with_skill(name);
        remit
            .run(&["check", skill.to_str().unwrap()])
            .exits(0)
            .prints(&format!("{name}: ok"));
        let out = remit
            .run(&["check", skill.to_str().unwrap(), "--json"])
            .exits(0);
        assert_eq!(out.json()["findings"], serde_json::json!([]), "{name}");
    }
}

#[test]
fn an_unknown_key_is_named_with_file_and_line() {
    for (table, key) in [
        ("version", "colour"),
        ("[inputs.week]", "patern"),
        ("[plugins.mail]", "operation"),
        ("[[plugins.mail.files]]", "acess"),
        ("[[steps]]", "wen"),
    ] {
        let (remit, skill) = Remit::with_skill("weekly-report");
        let manifest = skill.join("skill.toml");
        let text = std::fs::read_to_string(&manifest).unwrap();
        let line = text.lines().position(|l| l.starts_with(table)).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.insert(line + 1, format!("{key} = \"x\""));
        std::fs::write(&manifest, lines.join("\n")).unwrap();
        let out = remit.run(&["check", skill.to_str().unwrap()]).exits(2);
        let said = format!("{}{}", out.stdout, out.stderr);
        // Lines count from 1, and the key was put after its table's.
        for word in ["skill.toml", &format!(":{}", line + 2), key] {
            assert!(said.contains(word), "{key}: {word:?} is not said:\n{said}");
        }
    }
}

#[test]
fn steps_that_cannot_work_are_found() {
    for (old, new, said) in [
        ("call = \"mail.search\"", "call = \"mail.serach\"", "serach"),
        ("call = \"drive.list\"", "call = \"drives.list\"", "drives"),
        (
            "{{ steps.week.messages }}",
            "{{ steps.weak.messages }}",
            "weak",
        ),
        (
            "{{ inputs.week | week_start }}",
            "{{ inputs.weak | week_start }}",
            "weak",
        ),
        ("max_chars = 20000", "max_chars = \"many\"", "max_chars"),
        (
            "templates/report.md.j2",
            "templates/absent.md.j2",
            "absent.md.j2",
        ),
        (
            "output = \"report.md\"",
            "output = \"../report.md\"",
            "../report.md",
        ),
    ] {
        let (remit, skill) = Remit::with_skill("weekly-report");
        let manifest = skill.join("skill.toml");
        let text = std::fs::read_to_string(&manifest).unwrap();
        assert!(text.contains(old), "the sample lacks {old}");
        std::fs::write(&manifest, text.replacen(old, new, 1)).unwrap();
        let out = remit.run(&["check", skill.to_str().unwrap()]).exits(2);
        let all = format!("{}{}", out.stdout, out.stderr);
        assert!(all.contains(said), "{new}: {said:?} is not said:\n{all}");
    }
}

#[test]
fn what_is_no_skill_is_refused() {
    let remit = Remit::new();
    remit.run(&["check", "nowhere"]).exits(2).says("hint:");
    std::fs::create_dir(remit.path().join("empty")).unwrap();
    remit.run(&["check", "empty"]).exits(2).says("SKILL.md");
    let file = remit.write("file", "x");
    remit.run(&["check", file.to_str().unwrap()]).exits(2);
}

#[test]
fn a_skill_md_alone_is_a_skill_that_grants_nothing() {
    let remit = Remit::new();
    remit.write(
        "notes/SKILL.md",
        "---\nname: notes\ndescription: Take notes. Use when asked to.\n---\n\nWrite it down.\n",
    );
    remit.run(&["check", "notes"]).exits(0);
    remit.run(&["show", "notes"]).exits(0).prints("notes");
}
