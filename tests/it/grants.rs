//! A skill holds exactly its grants: take one away, and it is denied exactly there.

use crate::support::{Prometheus, Remit, SampleTracker, root};
use std::path::Path;

/// What comes of a run of the skill without one line of its grants.
enum Without {
    /// A call is denied, with this code, and the error names this.
    Denied(&'static str, String),
    /// No call is made: the plan already holds one that would be denied, and the hint names this.
    Refused(&'static str, String),
    /// It is no skill any more: the table lacks a key that it must have.
    Invalid(&'static str),
    /// It runs: the line said what holds without it, or kept a grant small.
    Runs,
}

/// What must come of it, by the line and the plugin to which it grants.
fn without(line: &str, plugin: &str) -> Without {
    use Without::{Denied, Invalid, Refused, Runs};
    match line.split([' ', '=']).next().unwrap() {
        "component" => Invalid("component"),
        "operations" => Refused(
            "operation-not-listed",
            format!("to `operations` under [plugins.{plugin}]"),
        ),
        // Then it asks the server that it has of its own, and that one is not granted.
        "config" if plugin == "tracker" => Denied(
            "http-host-denied",
            "http GET https://api.github.com/repos/".to_owned(),
        ),
        "config" if line.contains("base-url") => {
            Denied("config-not-granted", "config base-url=VALUE".to_owned())
        }
        "config" => Denied("config-not-granted", "config folder=VALUE".to_owned()),
        "path" => Invalid("path"),
        "mount" => Invalid("mount"),
        "origin" => Invalid("origin"),
        "methods" if line.contains("POST") => Denied("http-method-denied", "POST".to_owned()),
        // GET alone is less than what holds without the line.
        "methods" | "access" | "max_requests" | "max_response" => Runs,
        path if path.starts_with("\"/") => Denied(
            "http-path-denied",
            // The last name of `/issues/*` is a number.
            path.trim_matches(['"', ',', '*'])
                .replace("{inputs.repo}", "brackwater/harbour-view"),
        ),
        _ => panic!("the test does not know the line `{line}`: say what comes of its absence"),
    }
}

/// The lines that grant something: their numbers, from 0, and the plugin to which they grant.
fn grant_lines(manifest: &str) -> Vec<(usize, &str)> {
    let mut plugin = None;
    let mut found = Vec::new();
    for (number, line) in manifest.lines().enumerate() {
        if line.starts_with('[') {
            let table = line.trim_matches(['[', ']']).strip_prefix("plugins.");
            plugin = table.and_then(|table| table.split('.').next());
        } else if let Some(plugin) = plugin
            && !line.trim().is_empty()
            && !line.starts_with('#')
            // The marks of a list that goes over several lines grant nothing.
            && !line.ends_with('[')
            && line != "]"
        {
            found.push((number, plugin));
        }
    }
    found
}

/// Runs the skill whole, then without each line of its grants; `result` is a file that a run leaves.
fn each_line_is_needed_or_said(name: &str, result: &str, change: impl Fn(String) -> String) {
    let (remit, skill) = Remit::with_skill(name);
    let manifest = skill.join("skill.toml");
    let text = change(std::fs::read_to_string(&manifest).unwrap());
    let run = |out: &str| remit.run(&["run", skill.to_str().unwrap(), "--approve", "--out", out]);
    std::fs::write(&manifest, &text).unwrap();
    run("whole").exits(0);
    assert!(remit.path().join("whole").join(result).exists());
    let lines: Vec<&str> = text.lines().collect();
    let granting = grant_lines(&text);
    assert!(granting.len() >= 6, "{name}: {} grants", granting.len());
    for (number, plugin) in granting {
        let mut left = lines.clone();
        let line = left.remove(number).trim();
        std::fs::write(&manifest, left.join("\n")).unwrap();
        let folder = format!("without-{number}");
        let out = run(&folder);
        let folder = remit.path().join(folder);
        let says = |status: i32, texts: [&str; 2]| {
            for text in texts {
                assert!(
                    out.status == status && out.stderr.contains(text),
                    "{name} without `{line}` does not exit {status} with {text:?}:\n{}",
                    out.stderr
                );
            }
            assert!(!folder.join(result).exists(), "{line}: there are results");
        };
        match without(line, plugin) {
            Without::Denied(code, named) => {
                says(3, [&format!("error[{code}]"), &named]);
                says(3, [&format!(": {plugin}."), " is denied: "]);
            }
            Without::Refused(code, named) => {
                says(3, [&format!("error[{code}]"), &named]);
                assert!(!folder.exists(), "{line}: a run was begun");
            }
            Without::Invalid(key) => {
                says(2, ["error[manifest-missing-key]", &format!("`{key}`")]);
                assert!(!folder.exists(), "{line}: a run was begun");
            }
            Without::Runs => {
                assert_eq!(out.status, 0, "{line}: {}", out.stderr);
                assert!(folder.join(result).exists(), "{line}: there are no results");
            }
        }
    }
}

#[test]
fn without_any_one_line_of_its_grants_weekly_report_is_denied_there() {
    each_line_is_needed_or_said("weekly-report", "report.md", |text| text);
}

#[test]
fn without_any_one_line_of_its_grants_inbox_triage_is_denied_there() {
    each_line_is_needed_or_said("inbox-triage", "triage.md", |text| text);
}

#[test]
fn without_any_one_line_of_its_grants_service_review_is_denied_there() {
    let server = Prometheus::start();
    each_line_is_needed_or_said("service-review", "review.md", |text| {
        text.replace("127.0.0.1:9090", &server.authority())
    });
}

#[test]
fn without_any_one_line_of_its_grants_daily_brief_is_denied_there() {
    let tracker = SampleTracker::start(&root().join("skills/daily-brief/data/github"));
    each_line_is_needed_or_said("daily-brief", "brief.md", |text| {
        text.replace("127.0.0.1:8474", tracker.authority())
    });
}

#[test]
fn without_any_one_line_of_its_grants_release_notes_is_denied_there() {
    let tracker = SampleTracker::start(&root().join("skills/release-notes/data/github"));
    each_line_is_needed_or_said("release-notes", "notes.md", |text| {
        text.replace("127.0.0.1:8474", tracker.authority())
    });
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
