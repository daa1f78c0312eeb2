//! The main job: mail and documents into a report, unattended.

use crate::support::Remit;
use std::path::{Path, PathBuf};

fn report(folder: &Path) -> (String, String) {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    (read("report.md"), read("report.html"))
}

/// The sample messages.
fn messages(skill: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![skill.join("data/mail")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path)
            } else {
                found.push(path)
            }
        }
    }
    found
}

#[test]
fn runs_unattended_and_says_where_the_report_is() {
    let (remit, skill) = Remit::with_skill("weekly-report");
    let out = remit.run(&["run", skill.to_str().unwrap()]).exits(0);
    let printed = out
        .stdout
        .lines()
        .find(|l| l.ends_with("report.html"))
        .expect("the report's path");
    let (markdown, html) = report(remit.path().join(printed).parent().unwrap());
    assert!(markdown.contains("## Decisions"), "{markdown}");
    assert!(html.contains("<svg"), "the page has a chart");
    for outside in [
        "src=\"http",
        "href=\"http",
        "@import",
        "url(http",
        "<script",
    ] {
        assert!(
            !html.contains(outside),
            "the page is not self-contained: {outside}"
        );
    }
}

#[test]
fn an_edited_message_changes_the_report() {
    let (remit, skill) = Remit::with_skill("weekly-report");
    let run = |out: &str| {
        remit
            .run(&["run", skill.to_str().unwrap(), "--out", out])
            .exits(0);
        report(&remit.path().join(out))
    };
    let (before, page_before) = run("before");
    // Many are encoded: one that says a decision in plain text.
    let (path, text) = messages(&skill)
        .into_iter()
        .filter_map(|path| Some((path.clone(), std::fs::read_to_string(path).ok()?)))
        .find(|(_, text)| text.contains("the broker's disk alarm"))
        .expect("a plain message with a decision");
    assert!(before.contains("The broker's disk alarm"));
    std::fs::write(
        &path,
        text.replace("the broker's disk alarm", "the turnips of Zanzibar"),
    )
    .unwrap();
    let (after, page_after) = run("after");
    assert!(
        !before.contains("The turnips of Zanzibar")
            && !page_before.contains("The turnips of Zanzibar")
    );
    assert!(
        after.contains("The turnips of Zanzibar"),
        "the edited fact is missing:\n{after}"
    );
    assert!(page_after.contains("The turnips of Zanzibar"));
}

#[test]
fn another_week_is_another_report() {
    let (remit, skill) = Remit::with_skill("weekly-report");
    let skill = skill.to_str().unwrap();
    remit.run(&["run", skill, "--out", "a"]).exits(0);
    remit
        .run(&["run", skill, "--input", "week=2026-W46", "--out", "b"])
        .exits(0);
    assert_ne!(
        report(&remit.path().join("a")).0,
        report(&remit.path().join("b")).0
    );
}

#[test]
fn an_input_that_does_not_fit_is_refused_before_anything_runs() {
    let (remit, skill) = Remit::with_skill("weekly-report");
    let skill = skill.to_str().unwrap();
    remit
        .run(&["run", skill, "--input", "week=yesterday"])
        .exits(2)
        .says("error[input-invalid]")
        .says("week");
    remit
        .run(&["run", skill, "--input", "weak=2026-W46"])
        .exits(2)
        .says("error[input-unknown]")
        .says("hint:");
    assert!(
        !remit.path().join("runs").exists(),
        "a run's folder was made"
    );
}

#[test]
fn run_json_tells_where_each_result_came_from() {
    let (remit, skill) = Remit::with_skill("weekly-report");
    let out = remit
        .run(&["run", skill.to_str().unwrap(), "--out", "out", "--json"])
        .exits(0);
    let kept: serde_json::Value =
        serde_json::from_slice(&std::fs::read(remit.path().join("out/run.json")).unwrap()).unwrap();
    assert_eq!(kept["state"], "done");
    assert_eq!(out.json()["run"], kept["run"]);
    let report = kept["outputs"]
        .as_array()
        .unwrap()
        .iter()
        .find(|o| o["path"] == "report.md")
        .unwrap();
    assert_eq!(
        report["provenance"]["plugins"],
        serde_json::json!(["drive", "mail", "table"])
    );
}

#[test]
fn support_tickets_are_counted_where_the_week_has_them() {
    let (remit, skill) = Remit::with_skill("weekly-report");
    let skill = skill.to_str().unwrap();
    remit.run(&["run", skill, "--out", "out"]).exits(0);
    let (markdown, html) = report(&remit.path().join("out"));
    assert!(
        markdown.contains("| silent gauge | 9 | 21 min |"),
        "{markdown}"
    );
    assert!(
        markdown.contains("- open: BW-4447, export (Ferrelmar)"),
        "{markdown}"
    );
    assert!(html.contains("BW-4447, export (Ferrelmar)"));
    remit
        .run(&["run", skill, "--input", "week=2026-W46", "--out", "before"])
        .exits(0);
    let (markdown, html) = report(&remit.path().join("before"));
    assert!(!markdown.contains("| Topic | Tickets |"), "{markdown}");
    assert!(!html.contains("<th>Topic</th>"));
}

/// The facts are what the templates after them, and whoever reads facts.json, rely on.
#[test]
fn facts_that_are_not_what_the_schema_says_end_the_run_before_a_report_is_made_of_them() {
    for (field, wrong) in [
        ("\"messages\": w.people | length", "\"messages\": \"many\""),
        ("\"days\": w.days", "\"days\": w.days[1:]"),
        ("\"machines\": w.machines", "\"engines\": w.machines"),
    ] {
        let (remit, skill) = Remit::with_skill("weekly-report");
        crate::support::edit(&skill.join("templates/facts.json.j2"), field, wrong);
        remit
            .run(&["run", skill.to_str().unwrap(), "--out", "out"])
            .exits(1)
            .says(
                "error[output-schema]: step facts: the output `facts.json` does not fit its schema",
            );
        for file in ["facts.json", "report.md"] {
            assert!(
                !remit.path().join("out").join(file).exists(),
                "{field}: {file}"
            );
        }
    }
}
