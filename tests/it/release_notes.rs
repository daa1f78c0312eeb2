//! The notes of a release: tracker, documents and the plugin `summary`, against a tracker on the loopback.

use crate::support::{Prism, Remit, TRACKER, World, edit};
use serde_json::{Value, json};
use std::path::PathBuf;

impl World {
    /// Runs it, and gives what it wrote.
    fn notes(&self, out: &str, more: &[&str]) -> Notes {
        let mut args = vec!["--out", out];
        args.extend(more);
        self.run(&args).exits(0);
        let read =
            |name: &str| std::fs::read_to_string(self.remit.path().join(out).join(name)).unwrap();
        Notes {
            data: serde_json::from_str(&read("notes.json")).unwrap(),
            markdown: read("notes.md"),
            page: read("notes.html"),
            announcement: read("announcement.md"),
        }
    }

    fn on_tracker(&self, name: &str) -> PathBuf {
        self.skill
            .join("data/github/brackwater/harbour-view")
            .join(name)
    }
}

struct Notes {
    data: Value,
    markdown: String,
    page: String,
    announcement: String,
}

impl Notes {
    /// The numbers under each heading.
    fn headings(&self) -> Vec<(String, Vec<u64>)> {
        let groups = self.data["groups"].as_array().unwrap();
        let group = |it: &Value| {
            let entries = it["entries"].as_array().unwrap();
            let numbers = entries.iter().map(|it| it["number"].as_u64().unwrap());
            (
                it["heading"].as_str().unwrap().to_owned(),
                numbers.collect(),
            )
        };
        groups.iter().map(group).collect()
    }

    fn entry(&self, number: u64) -> &Value {
        let groups = self.data["groups"].as_array().unwrap().iter();
        groups
            .flat_map(|it| it["entries"].as_array().unwrap())
            .find(|it| it["number"] == number)
            .unwrap_or_else(|| panic!("no #{number}: {:?}", self.headings()))
    }
}

#[test]
fn without_approval_it_is_refused_with_the_card_and_a_hint() {
    let world = World::of("release-notes");
    world
        .remit
        .run(&["run", world.skill.to_str().unwrap()])
        .exits(3)
        .says("error[not-approved]")
        .says(&format!(
            "! send GET to http://{}",
            world.tracker.authority()
        ))
        .says("/repos/{inputs.repo}/issues/*")
        .says("hint:")
        .says("--approve");
    assert_eq!(world.tracker.asked(), Vec::<String>::new());
    let check = world.remit.run(&["check", world.skill.to_str().unwrap()]);
    assert_eq!(check.exits(0).stdout, "release-notes: ok\n");
}

#[test]
fn without_the_built_plugin_it_is_said_how_to_build_it() {
    let (remit, skill) = Remit::with_skill("release-notes");
    let built = remit.path().join("plugins-src/summary/build");
    std::fs::remove_dir_all(built).unwrap();
    let skill = skill.to_str().unwrap();
    let hint = "hint: build the plugin first: `remit build plugins-src/summary`";
    remit
        .run(&["run", skill])
        .exits(2)
        .says("error[file-missing]")
        .says("summary.wasm: there is no such file")
        .says(hint);
    remit
        .run(&["check", skill])
        .exits(2)
        .prints("error[file-missing]")
        .prints(hint);
}

#[test]
fn changes_are_grouped_by_the_style_guide_with_breaking_ones_first() {
    let world = World::of("release-notes");
    let notes = world.notes("out", &[]);
    let due = [
        ("Breaking changes", vec![372, 377]),
        ("Security", vec![387]),
        ("New", vec![380, 383, 389]),
        ("Mended", vec![391, 392, 394]),
        ("Faster", vec![385]),
        ("Handbook", vec![395]),
        ("Other changes", vec![400]),
    ];
    let due = due.map(|(heading, numbers)| (heading.to_owned(), numbers));
    // Not those that were closed unmerged, are left out, were told in 3.3.1, or came before.
    assert_eq!(notes.headings(), due);
    assert_eq!(notes.data["left_out"], 2);
    let place = |text: &str| {
        let found = notes.markdown.find(text);
        found.unwrap_or_else(|| panic!("no {text}:\n{}", notes.markdown))
    };
    assert!(place("## Breaking changes") < place("## Security"));
    // The team's table decides, but for where what breaks comes.
    let guide = world.skill.join("data/docs/style-guide.md");
    edit(&guide, "| `breaking` | Breaking changes |\n", "");
    edit(
        &guide,
        "| Mended |\n",
        "| Repaired |\n| `breaking` | Mind this |\n",
    );
    edit(
        &guide,
        "| `enhancement` | New |\n",
        "| `enhancement` | left out |\n",
    );
    let notes = world.notes("other", &[]);
    let headings = notes.headings();
    assert_eq!(headings[0], ("Mind this".to_owned(), vec![377]));
    assert!(headings.iter().any(|(name, _)| name == "Repaired"));
    assert!(!headings.iter().any(|(name, _)| name == "New"));
}

#[test]
fn words_are_the_writers_own_and_short() {
    let notes = World::of("release-notes").notes("out", &[]);
    let body = "From now on each gauge has two levels, amber and red, each with its own threshold";
    let text = notes.entry(372)["text"].as_str().unwrap();
    assert!(text.contains(body) && text.len() < 400, "{text}");
    assert_eq!(notes.entry(372)["shortened"], true);
    for inner in [
        "one transaction",
        "Thank you for the pull request",
        "upgrade note\n",
        "[x]",
    ] {
        assert!(!text.contains(inner), "{text}");
    }
    // A fragment takes the place of the pull request's own words.
    assert_eq!(
        notes.entry(383)["title"],
        "All gauges of a quay on one chart"
    );
    assert!(
        !notes
            .markdown
            .contains("held the printouts against the window")
    );
    assert_eq!(notes.entry(387)["shortened"], false);
}

#[test]
fn upgrade_notes_issues_and_people_are_where_they_belong() {
    let world = World::of("release-notes");
    let notes = world.notes("out", &[]);
    // From Word and from Markdown; a note for another release is not there.
    for quoted in [
        "  > The old threshold of each gauge becomes the red level.",
        "  > 2. If they cannot read an offset, cut the text after 19 characters",
    ] {
        assert!(
            notes.markdown.contains(quoted),
            "{quoted}:\n{}",
            notes.markdown
        );
    }
    assert!(!notes.markdown.contains("second slot"));
    assert!(
        notes
            .page
            .contains("<blockquote><h3>Upgrade note: times in exports</h3><ol>")
    );
    let closes = notes.entry(372)["closes"].as_array().unwrap();
    assert_eq!(closes.len(), 2);
    assert_eq!(closes[1]["author"], "eike-harms");
    assert_eq!(notes.data["also_closed"].as_array().unwrap().len(), 1);
    assert!(!notes.markdown.contains("Dark mode"), "it was not planned");
    assert_eq!(
        notes.data["new"],
        json!(["leila-haddad", "new-hand", "nuno-conceicao", "sato-ken"])
    );
    let authors = notes.data["authors"].as_array().unwrap();
    assert!(authors.contains(&json!("tomasreis")) && !authors.contains(&json!("dependabot[bot]")));

    std::fs::remove_file(world.skill.join("data/docs/upgrade/export-times.md")).unwrap();
    let notes = world.notes("without", &[]);
    assert_eq!(notes.data["without_upgrade"], json!([377]));
    assert!(notes.markdown.contains("**No upgrade note names #377.**"));
}

#[test]
fn the_announcement_is_a_draft_of_it() {
    let text = World::of("release-notes").notes("out", &[]).announcement;
    for part in [
        "Harbour View 3.4.0 is out. Before you upgrade: 2 changes may need something from you.",
        "see “Upgrade note: two levels of alarm”",
        "- All gauges of a quay on one chart",
        "Until now a gauge had one threshold",
        "[Name]",
    ] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
}

#[test]
fn edits_on_the_tracker_and_in_documents_change_the_notes() {
    let world = World::of("release-notes");
    edit(
        &world.on_tracker("pulls.json"),
        "JMA format for the export",
        "Turnip format for the export",
    );
    edit(
        &world.on_tracker("issues.json"),
        "Map is empty at 180 degrees",
        "Map lacks turnips",
    );
    edit(
        &world.skill.join("data/docs/fragments/392.md"),
        "four harbours were affected",
        "four turnips were affected",
    );
    let notes = world.notes("out", &[]);
    for text in [
        "Turnip format for the export",
        "Map lacks turnips",
        "four turnips were affected",
    ] {
        assert!(notes.markdown.contains(text), "{text}");
        assert!(notes.page.contains(text), "{text}");
    }
}

#[test]
fn days_and_milestones_choose() {
    let world = World::of("release-notes");
    let november = ["--input", "since=2026-11-09", "--input", "until=2026-11-11"];
    let notes = world.notes("days", &november);
    let numbers: Vec<_> = notes.headings().into_iter().flat_map(|it| it.1).collect();
    assert_eq!(numbers, [392, 394, 395]);
    // One of the changes is under none.
    let notes = world.notes("milestone", &["--input", "milestone=3.4"]);
    assert_eq!(notes.data["changes"], 11);
    assert!(!notes.markdown.contains("## Other changes"));
    world
        .run(&["--input", "since=2027-01-01", "--out", "none"])
        .exits(1)
        .says("error[check-failed]")
        .says("nothing was merged into main of brackwater/harbour-view since 2027-01-01");
}

#[test]
fn hostile_titles_and_texts_stay_text() {
    let world = World::of("release-notes");
    let title = r"| x | <script>alert(1)</script> **bold** [here](https://evil.example) `c`";
    let pulls = world.on_tracker("pulls.json");
    let in_json = |text: &str| serde_json::to_string(text).unwrap();
    edit(
        &pulls,
        "\"Long names in the legend of a chart\"",
        &in_json(title),
    );
    let body = "<img src=x onerror=alert(1)> [click](javascript:alert(1))\n\n> quoted\n\n--- \n\n";
    edit(
        &pulls,
        "\"The legend was cut off where a name has more than 40 letters.\"",
        &in_json(&body.repeat(9)),
    );
    edit(
        &pulls,
        "https://github.com/brackwater/harbour-view/pull/394",
        "javascript:alert(1)//394",
    );
    edit(
        &world.skill.join("data/docs/upgrade/export-times.md"),
        "1. Look for",
        "<iframe src=//evil.example></iframe> ![x](https://evil.example/x.png)\n\n1. Look for",
    );
    let notes = world.notes("out", &[]);
    assert_eq!(notes.entry(394)["title"], title);
    for tag in ["<script", "<img", "<iframe", "href=\"javascript", "src=\""] {
        assert!(!notes.page.contains(tag), "{tag}");
    }
    assert!(notes.page.contains("&lt;script&gt;"));
    for text in [&notes.markdown, &notes.announcement] {
        for mark in [
            "<script", "<img", "<iframe", "**bold**", "[here](", "[click](", "`c`", "![",
        ] {
            assert!(!text.contains(mark), "{mark}:\n{text}");
        }
    }
    for outside in ["@import", "url(", "<link"] {
        assert!(!notes.page.contains(outside), "{outside}");
    }
}

#[test]
fn it_asks_for_what_it_shows_and_is_denied_without_the_grant() {
    let world = World::of("release-notes");
    world.notes("whole", &[]);
    let asked = world.tracker.asked();
    assert_eq!(asked.len(), 2 + 12, "{asked:?}");
    assert!(
        asked
            .iter()
            .all(|it| it.starts_with("\"GET /repos/brackwater/harbour-view/"))
    );

    let manifest = world.skill.join("skill.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let start = text.find("[[plugins.tracker.http]]").unwrap();
    let end = start + text[start..].find("\n\n").unwrap();
    std::fs::write(&manifest, format!("{}{}", &text[..start], &text[end..])).unwrap();
    world
        .run(&["--out", "without"])
        .exits(3)
        .says("error[http-host-denied]: step pulls: tracker.list_pull_requests was refused");
    assert!(!world.remit.path().join("without/notes.md").exists());
    assert_eq!(world.tracker.asked().len(), 14);
}

#[test]
fn githubs_own_description_answers_it() {
    let (prism, (remit, skill)) = (Prism::start(), Remit::with_skill("release-notes"));
    edit(&skill.join("skill.toml"), TRACKER, &prism.authority());
    let args = [
        "run",
        skill.to_str().unwrap(),
        "--approve",
        "--input",
        "repo=octocat/Hello-World",
        "--input",
        "since=2011-01-01",
        "--out",
        "out",
    ];
    remit.run(&args).exits(0);
    assert_eq!(prism.violations(), Vec::<String>::new());
    let text = std::fs::read_to_string(remit.path().join("out/notes.md")).unwrap();
    // Each page of the description's example is the same, so it is there once.
    assert_eq!(text.matches("**Amazing new feature**").count(), 1, "{text}");
}
