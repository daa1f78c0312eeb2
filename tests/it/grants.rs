//! A skill holds exactly its grants: take one away, and it is denied exactly there.

use crate::support::Remit;
use std::path::Path;

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
fn without_its_folder_a_plugin_is_denied_there() {
    for plugin in ["mail", "drive"] {
        let (remit, skill) = Remit::with_skill("weekly-report");
        edit(&skill.join("skill.toml"), |text| {
            without_files(text, plugin)
        });
        let out = remit
            .run(&["run", skill.to_str().unwrap(), "--out", "out"])
            .exits(3);
        assert!(
            out.stderr.contains("error[capability-not-granted]"),
            "{}",
            out.stderr
        );
        assert!(
            out.stderr.contains("files read ./FOLDER /work/"),
            "{}",
            out.stderr
        );
        assert!(!remit.path().join("out/report.md").exists());
    }
}

#[test]
fn an_operation_that_is_not_listed_is_not_called() {
    let (remit, skill) = Remit::with_skill("weekly-report");
    edit(&skill.join("skill.toml"), |text| {
        text.replace(
            r#"operations = ["search", "read"]"#,
            r#"operations = ["search"]"#,
        )
    });
    remit
        .run(&["check", skill.to_str().unwrap()])
        .exits(2)
        .prints("mail.read");
    remit.run(&["run", skill.to_str().unwrap()]).exits(3);
}

#[test]
fn without_its_config_a_plugin_does_not_know_it() {
    let (remit, skill) = Remit::with_skill("service-review");
    edit(&skill.join("skill.toml"), |text| {
        text.replace("config = { base-url = \"http://127.0.0.1:9090\" }\n", "")
    });
    let out = remit
        .run(&["run", skill.to_str().unwrap(), "--approve"])
        .exits(3);
    assert!(out.stderr.contains("config base-url="), "{}", out.stderr);
}

#[test]
fn without_a_path_a_request_is_denied_there() {
    for path in ["query", "query_range", "alerts", "targets"] {
        let server = crate::support::Prometheus::start();
        let (remit, skill) = Remit::with_skill("service-review");
        edit(&skill.join("skill.toml"), |text| {
            text.replace(&format!("  \"/api/v1/{path}\",\n"), "")
                .replace("127.0.0.1:9090", &server.authority())
        });
        let out = remit
            .run(&["run", skill.to_str().unwrap(), "--approve"])
            .exits(3);
        assert!(out.stderr.contains("http-path-denied"), "{}", out.stderr);
        assert!(
            out.stderr.contains(&format!("/api/v1/{path}")),
            "{}",
            out.stderr
        );
    }
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
