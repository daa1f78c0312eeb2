//! Golden manifests: each of `valid/` is read; each of `invalid/` gives exactly the message beside it.
//!
//! A new rule is a new pair of files. `UPDATE=1` writes the messages anew: look at the difference.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fmt::Write;
use std::path::{Path, PathBuf};

use remit_package::{Manifest, OutputSchema, PackageError};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/manifests")
        .join(name)
}

/// The files of a folder with this ending, sorted.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .collect();
    files.sort();
    files
}

fn read(path: &Path) -> Result<Manifest, PackageError> {
    Manifest::parse("skill.toml", &std::fs::read_to_string(path).unwrap())
}

/// What a person sees, with the code that a script sees.
fn told(error: &PackageError) -> String {
    let mut text = format!("{error}\n");
    if let Some(hint) = error.hint() {
        writeln!(text, "hint: {hint}").unwrap();
    }
    writeln!(text, "code: {}", error.code()).unwrap();
    text
}

#[test]
fn valid_manifests_are_read() {
    let found = files(&folder("valid"), "toml");
    assert!(found.len() > 3);
    for path in found {
        read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}

#[test]
fn invalid_manifests_give_the_message_beside_them() {
    let update = std::env::var_os("UPDATE").is_some();
    let folder = folder("invalid");
    let found = files(&folder, "toml");
    assert!(found.len() > 50);
    let mut wrong = String::new();
    for path in &found {
        let name = path.file_name().unwrap().display();
        let Err(error) = read(path) else {
            writeln!(wrong, "{name} is read").unwrap();
            continue;
        };
        let told = told(&error);
        let beside = path.with_extension("err");
        if update {
            std::fs::write(&beside, &told).unwrap();
        }
        match std::fs::read_to_string(&beside) {
            Ok(expected) if expected == told => {}
            Ok(expected) => writeln!(wrong, "{name}:\n{told}instead of\n{expected}").unwrap(),
            Err(_) => writeln!(wrong, "{name} has no message beside it").unwrap(),
        }
        let line = error.line().unwrap_or_else(|| panic!("{name}: no line"));
        assert!(line >= 1, "{name}");
        assert!(error.place().unwrap().file == "skill.toml", "{name}");
    }
    for beside in files(&folder, "err") {
        if !beside.with_extension("toml").exists() {
            writeln!(wrong, "{} has no manifest", beside.display()).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn all_that_a_manifest_says_is_kept() {
    let manifest = read(&folder("valid").join("everything.toml")).unwrap();
    assert_eq!(manifest.version.as_deref(), Some("1.2.3-rc.1+build.5"));
    let inputs: Vec<_> = manifest.inputs.keys().map(String::as_str).collect();
    assert_eq!(inputs, ["repo", "labels", "many"], "in the order written");
    assert_eq!(
        manifest.inputs["many"].schema["properties"]["ratio"]["default"],
        0.5
    );
    assert_eq!(
        manifest.inputs["many"].default,
        Some(serde_json::json!({"count": 1}))
    );
    assert_eq!(manifest.inputs["repo"].default, None);

    let tracker = &manifest.plugins["tracker"];
    assert_eq!(tracker.effect, remit_policy::Effect::Write);
    let grants: Vec<_> = tracker.grants.iter().map(ToString::to_string).collect();
    assert_eq!(
        grants,
        [
            "config base-url=https://api.github.com",
            "config project={inputs.repo}",
            "http GET,HEAD https://status.example.org/**",
            "files write {run}/drafts /drafts max-bytes=16MiB max-entries=100",
            "http GET https://api.github.com/repos/{inputs.repo}/issues /repos/*/labels/** \
             addresses=127.0.0.1/32 max-requests=20 max-response=2MiB",
            "secret github-token header authorization \"Bearer {secret}\" for https://api.github.com",
            "files read ./data /data",
        ]
    );
    assert_eq!(tracker.grant_places.len(), grants.len());
    let lines: Vec<_> = tracker
        .grant_places
        .iter()
        .map(|place| place.line)
        .collect();
    assert_eq!(lines, [30, 30, 32, 33, 36, 36, 45].map(Some));
    assert_eq!(tracker.limits.time.unwrap().as_secs(), 10, "its own");
    assert_eq!(tracker.limits.requests, Some(50), "the skill's");
    assert!(manifest.plugins["pinned"].operations.is_empty());

    let steps = &manifest.steps;
    assert_eq!(steps[0].retry.as_ref().unwrap().attempts, 3);
    assert_eq!((steps[0].parallel, steps[0].max), (4, 1000));
    assert_eq!((steps[1].parallel, steps[1].max), (16, 100_000));
    assert_eq!(steps[1].retry.as_ref().unwrap().wait.as_secs(), 1);
    assert!(steps[1].approve.is_some() && steps[1].when.is_some());
    assert_eq!(steps[3].line, steps[3].place.line.unwrap());
    let schemas: Vec<_> = steps.iter().map(|step| step.schema.as_ref()).collect();
    assert!(schemas[..4].iter().all(Option::is_none));
    assert_eq!(
        schemas[4],
        Some(&OutputSchema::File("schemas/facts.json".to_owned()))
    );
    let Some(OutputSchema::Inline(inline)) = schemas[5] else {
        panic!("{:?}", schemas[5]);
    };
    assert_eq!(inline["properties"]["count"]["type"], "integer");
}

#[test]
fn the_skills_of_this_repository_are_read() {
    let skills = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../skills");
    for entry in std::fs::read_dir(skills).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let skill = remit_package::Skill::open(&path)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert!(!skill.manifest.steps.is_empty());
        }
    }
}
