//! The SDKs for C, C++ and Zig: their pages are compiled and run, and their own tests pass.

use crate::support::root;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn run(program: &Path, folder: &Path, args: &[&str]) -> String {
    let output = Command::new(program)
        .args(args)
        .current_dir(folder)
        .env("REMIT_HOME", root().join(".tools/workshop/home"))
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|e| {
            panic!(
                "{} cannot be run ({e}): run scripts/setup",
                program.display()
            )
        });
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        output.status.success(),
        "{} {args:?}\n{stdout}{stderr}",
        program.display()
    );
    stdout.into_owned()
}

/// The page of a README, as the source of a new project, built and called.
fn page_works(language: &str, readme: &str, source: &str) {
    let remit = Path::new(env!("CARGO_BIN_EXE_remit"));
    let folder = root().join(".tools/workshop/pages").join(language);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    std::fs::create_dir_all(&folder).unwrap();
    run(remit, &folder, &["new", "count", "--lang", language]);

    let text = std::fs::read_to_string(root().join(readme)).unwrap();
    let (_, rest) = text
        .split_once(&format!("\n```{language}\n"))
        .expect("the page");
    let (page, _) = rest.split_once("\n```\n").unwrap();
    let project = folder.join("count");
    // The page is the whole plugin.
    std::fs::remove_dir_all(project.join("src")).unwrap();
    std::fs::create_dir(project.join("src")).unwrap();
    std::fs::write(project.join(source), page).unwrap();
    std::fs::remove_file(project.join("remit-test.toml")).unwrap();
    std::fs::create_dir(project.join("notes")).unwrap();
    std::fs::write(project.join("notes/todo.md"), "to be\nor  not\tto be\n").unwrap();

    run(remit, &project, &["build"]);
    let output = run(
        remit,
        &project,
        &[
            "call",
            "build/count.wasm",
            "count",
            "--input",
            r#"{"path": "/notes/todo.md"}"#,
            "--allow",
            "files read ./notes /notes",
        ],
    );
    let output: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert_eq!(output, serde_json::json!({"words": 6}));
    run(remit, &project, &["test"]);
}

#[test]
fn the_page_of_c_works() {
    page_works("c", "plugins-src/sdk/c/README.md", "src/plugin.c");
}

#[test]
fn the_page_of_cpp_works() {
    page_works("cpp", "plugins-src/sdk/c/README.md", "src/plugin.cpp");
}

#[test]
fn the_page_of_zig_works() {
    page_works("zig", "plugins-src/sdk/zig/README.md", "src/plugin.zig");
}

/// The zig that `remit build` installs: building `table` does it where it is not there yet.
fn zig() -> PathBuf {
    let remit = Path::new(env!("CARGO_BIN_EXE_remit"));
    run(remit, &root().join("plugins-src/table"), &["build"]);
    root().join(".tools/workshop/home/cache/tools/python/zig-0.17.1/bin/python")
}

#[test]
fn the_sdks_own_tests_pass() {
    run(
        Path::new("make"),
        &root().join("plugins-src/sdk/c"),
        &["test"],
    );
    let zig = zig();
    for folder in ["plugins-src/sdk/zig", "plugins-src/table"] {
        run(
            &zig,
            &root().join(folder),
            &["-m", "ziglang", "build", "test"],
        );
    }
}
