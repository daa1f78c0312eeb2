//! `remit new`, `remit build`, `remit test`: from nothing to a tested plugin, in each language, with its real tools.

use crate::support::{Outcome, root};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The workshop: a folder and a home that stay, so that a language's own tools and caches are there the next time.
/// Its projects are made anew each time.
struct Workshop {
    folder: PathBuf,
}

impl Workshop {
    fn of(language: &str) -> Workshop {
        let folder = root().join(".tools/workshop").join(language);
        // The target folder of cargo is kept: where std is built from source, that takes minutes.
        let project = folder.join("hello");
        if project.exists() {
            std::fs::remove_dir_all(&project).unwrap();
        }
        std::fs::create_dir_all(&folder).unwrap();
        Workshop { folder }
    }

    /// The one that is there already.
    fn at(language: &str) -> Workshop {
        Workshop {
            folder: root().join(".tools/workshop").join(language),
        }
    }

    fn remit(&self, folder: &Path, args: &[&str]) -> Outcome {
        let mut command = Command::new(env!("CARGO_BIN_EXE_remit"));
        command
            .args(args)
            .current_dir(folder)
            .env("REMIT_HOME", root().join(".tools/workshop/home"))
            .env("CARGO_TARGET_DIR", self.folder.join("target"))
            .stdin(Stdio::null());
        Outcome::of(command)
    }

    fn project(&self) -> PathBuf {
        self.folder.join("hello")
    }
}

/// What holds of a new project in every language.
fn works(language: &str) {
    let workshop = Workshop::of(language);
    workshop
        .remit(&workshop.folder, &["new", "hello", "--lang", language])
        .exits(0)
        .prints("remit build");
    let project = workshop.project();
    let built = workshop
        .remit(&project, &["build", "--json"])
        .exits(0)
        .json();
    assert_eq!(built["path"], "build/hello.wasm");

    let report = workshop.remit(&project, &["test", "--json"]);
    assert_eq!(report.status, 0, "{}{}", report.stdout, report.stderr);

    // The same operation, with the same answer, in every language.
    let text =
        r#"{"text": "To be, or not to be:\nthat is the question. Größe zählt 🦀 größe", "top": 3}"#;
    let counts = workshop
        .remit(
            &project,
            &["call", "build/hello.wasm", "word_count", "--input", text],
        )
        .exits(0)
        .json();
    let due: Value = serde_json::from_str(
        r#"{"words": 13, "characters": 62, "lines": 2, "most_frequent": [
            {"word": "be", "count": 2}, {"word": "größe", "count": 2}, {"word": "to", "count": 2}]}"#,
    )
    .unwrap();
    assert_eq!(counts, due, "{language}");

    // What it is not granted, it is denied; what another may be granted, it has no need for.
    let url = r#"{"url": "https://example.org/"}"#;
    let denied = workshop.remit(
        &project,
        &["call", "build/hello.wasm", "fetch_title", "--input", url],
    );
    assert_eq!(
        denied.status, 3,
        "{language}: {}{}",
        denied.stdout, denied.stderr
    );
    assert!(
        denied.stderr.contains("http GET https://example.org/"),
        "{}",
        denied.stderr
    );
}

/// A project's own tests pass in the language's own test tool.
fn own_tests_pass(project: &Path, program: &str, args: &[&str]) {
    let output = Command::new(program)
        .args(args)
        .current_dir(project)
        .env("CARGO_TARGET_DIR", project.join("../target"))
        .output()
        .unwrap_or_else(|e| panic!("{program} cannot be run ({e}): run scripts/setup"));
    assert!(
        output.status.success(),
        "{program} {args:?}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn rust_from_nothing_to_a_tested_plugin() {
    works("rust");
    own_tests_pass(
        &Workshop::at("rust").project(),
        "cargo",
        &["test", "--quiet"],
    );
}

#[test]
fn c_from_nothing_to_a_tested_plugin() {
    works("c");
    own_tests_pass(&Workshop::at("c").project(), "make", &["test"]);
}

#[test]
fn cpp_from_nothing_to_a_tested_plugin() {
    works("cpp");
    own_tests_pass(&Workshop::at("cpp").project(), "make", &["test"]);
}

#[test]
fn zig_from_nothing_to_a_tested_plugin() {
    works("zig");
    // The zig that `remit build` installed, since a machine need not have its own.
    let python = root().join(".tools/workshop/home/cache/tools/python/zig-0.17.1/bin/python");
    own_tests_pass(
        &Workshop::at("zig").project(),
        python.to_str().unwrap(),
        &["-m", "ziglang", "build", "test"],
    );
}

#[test]
fn javascript_from_nothing_to_a_tested_plugin() {
    works("js");
    own_tests_pass(&Workshop::at("js").project(), "npm", &["test"]);
}

#[test]
fn typescript_from_nothing_to_a_tested_plugin() {
    works("ts");
    own_tests_pass(&Workshop::at("ts").project(), "npm", &["test"]);
}

#[test]
fn python_from_nothing_to_a_tested_plugin() {
    works("python");
    own_tests_pass(
        &Workshop::at("python").project(),
        "python3",
        &["-m", "unittest"],
    );
}

#[test]
fn go_from_nothing_to_a_tested_plugin() {
    works("go");
    // The go that `remit build` installed, since a machine need not have its own.
    let go = root().join(".tools/workshop/home/cache/tools/python/go-1.27.3/bin/go");
    own_tests_pass(
        &Workshop::at("go").project(),
        go.to_str().unwrap(),
        &["test", "./..."],
    );
}

#[test]
fn without_a_language_the_languages_are_listed() {
    let remit = crate::support::Remit::new();
    remit
        .run(&["new", "hello"])
        .exits(2)
        .says("rust (Rust)")
        .says("--lang");
    remit
        .run(&["new", "hello", "--lang", "cobol"])
        .exits(2)
        .says("language-unknown");
    assert!(!remit.path().join("hello").exists());
}

#[test]
fn a_folder_without_a_project_says_what_was_looked_for() {
    let remit = crate::support::Remit::new();
    remit
        .run(&["build"])
        .exits(2)
        .says("project-unknown")
        .says("Cargo.toml");
}
