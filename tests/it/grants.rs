//! A skill holds exactly its grants: take one away, and it is denied exactly there.

use crate::support::{Outcome, Prometheus, Remit};
use std::path::Path;

/// What comes of a run of the skill without one line of its grants.
enum Without {
    /// It is denied, with this code, and the error names this.
    Denied(&'static str, &'static str),
    /// It is no skill any more: the table lacks a key that it must have.
    Invalid(&'static str),
    /// It runs: the line said what holds without it, or kept a grant small.
    Runs,
}

/// What must come of it, by the line.
fn without(line: &str) -> Without {
    use Without::{Denied, Invalid, Runs};
    match line.split([' ', '=']).next().unwrap() {
        "component" => Invalid("component"),
        "operations" => Denied("operation-not-listed", "lists"),
        "config" if line.contains("base-url") => Denied("config-not-granted", "config base-url="),
        // Then the plugin looks where it is mounted by custom, and that is another folder.
        "config" if line.contains("documents") => Denied("file-outside-grant", "/drive"),
        "config" => Denied("file-outside-grant", "/mail"),
        "path" => Invalid("path"),
        "mount" => Invalid("mount"),
        "origin" => Invalid("origin"),
        "methods" => Denied("http-method-denied", "POST"),
        "\"/api/v1/query\"," => Denied("http-path-denied", "/api/v1/query"),
        "\"/api/v1/query_range\"," => Denied("http-path-denied", "/api/v1/query_range"),
        "\"/api/v1/alerts\"," => Denied("http-path-denied", "/api/v1/alerts"),
        "\"/api/v1/targets\"," => Denied("http-path-denied", "/api/v1/targets"),
        "access" | "max_requests" | "max_response" => Runs,
        _ => panic!("the test does not know the line `{line}`: say what comes of its absence"),
    }
}

/// The numbers of the lines that grant something.
fn grant_lines(manifest: &str) -> Vec<usize> {
    let mut inside = false;
    let mut found = Vec::new();
    for (number, line) in manifest.lines().enumerate() {
        if line.starts_with('[') {
            inside = line.contains("[plugins.");
        } else if inside && !line.trim().is_empty() && !line.starts_with('#') {
            // The marks of a list that goes over several lines grant nothing.
            if !line.ends_with('[') && line != "]" {
                found.push(number);
            }
        }
    }
    found
}

#[track_caller]
fn is_as_due(out: Outcome, line: &str, results: bool) {
    match without(line.trim()) {
        Without::Denied(code, named) => {
            let out = out.exits(3).says(&format!("error[{code}]"));
            assert!(out.stderr.contains(named), "{line}: {}", out.stderr);
            assert!(!results, "{line}: there are results");
        }
        Without::Invalid(key) => {
            let out = out
                .exits(2)
                .says("error[manifest-missing-key]")
                .says("skill.toml:");
            assert!(
                out.stderr.contains(&format!("`{key}`")),
                "{line}: {}",
                out.stderr
            );
            assert!(!results, "{line}: there are results");
        }
        Without::Runs => {
            out.exits(0);
            assert!(results, "{line}: there are no results");
        }
    }
}

#[test]
fn without_any_one_line_of_its_grants_a_skill_is_denied_there() {
    let server = Prometheus::start();
    for (name, result) in [
        ("weekly-report", "report.md"),
        ("inbox-triage", "triage.md"),
        ("service-review", "review.md"),
    ] {
        let (remit, skill) = Remit::with_skill(name);
        let manifest = skill.join("skill.toml");
        let text = std::fs::read_to_string(&manifest)
            .unwrap()
            .replace("127.0.0.1:9090", &server.authority());
        let run =
            |out: &str| remit.run(&["run", skill.to_str().unwrap(), "--approve", "--out", out]);
        std::fs::write(&manifest, &text).unwrap();
        run("whole").exits(0);
        let lines: Vec<&str> = text.lines().collect();
        let granting = grant_lines(&text);
        assert!(
            granting.len() >= 6,
            "{name} has {} lines that grant",
            granting.len()
        );
        for number in granting {
            let mut left = lines.clone();
            let line = left.remove(number);
            std::fs::write(&manifest, left.join("\n")).unwrap();
            let folder = format!("without-{number}");
            let out = run(&folder);
            is_as_due(out, line, remit.path().join(folder).join(result).exists());
        }
    }
}

#[test]
fn without_a_whole_table_a_plugin_is_denied_there() {
    for plugin in ["mail", "drive"] {
        let (remit, skill) = Remit::with_skill("weekly-report");
        edit(&skill.join("skill.toml"), |text| {
            without_files(text, plugin)
        });
        let out = remit
            .run(&["run", skill.to_str().unwrap(), "--out", "out"])
            .exits(3)
            .says("error[capability-not-granted]");
        assert!(
            out.stderr.contains("files read ./FOLDER /work/"),
            "{}",
            out.stderr
        );
        assert!(!remit.path().join("out/report.md").exists());
    }
}

fn edit(manifest: &Path, change: impl FnOnce(String) -> String) {
    let text = std::fs::read_to_string(manifest).unwrap();
    let changed = change(text.clone());
    assert_ne!(text, changed, "the edit changes nothing");
    std::fs::write(manifest, changed).unwrap();
}

/// The table `[[plugins.NAME.files]]` and its lines, taken out.
fn without_files(text: String, plugin: &str) -> String {
    let head = format!("[[plugins.{plugin}.files]]");
    let start = text.find(&head).unwrap();
    let end = text[start..].find("\n\n").map_or(text.len(), |n| start + n);
    format!("{}{}", &text[..start], &text[end..])
}

#[test]
fn a_link_out_of_the_granted_folder_is_not_followed() {
    let (remit, skill) = Remit::with_skill("weekly-report");
    remit.write(
        "secret.md",
        "# The treasure map\n\nThe turnips are under the oak.\n",
    );
    std::os::unix::fs::symlink(
        remit.path().join("secret.md"),
        skill.join("data/drive/map.md"),
    )
    .unwrap();
    let folder = skill.join("data/drive");
    let grant = format!("files read {} /drive", folder.display());
    let drive = crate::support::plugin("drive");
    let read = |path: &str| {
        remit.run(&[
            "call",
            drive.to_str().unwrap(),
            "read",
            "--input",
            &format!(r#"{{"path":"{path}"}}"#),
            "--allow",
            &grant,
        ])
    };
    let out = read("map.md");
    assert_ne!(out.status, 0);
    assert!(!format!("{}{}", out.stdout, out.stderr).contains("under the oak"));
    read("plans/roadmap-2027.md").exits(0);
}
