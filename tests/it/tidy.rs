//! The house's own rules, held as tests.

use crate::support::root;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Files that git knows, with one of these endings, below a folder.
fn files(below: &str, endings: &[&str]) -> Vec<PathBuf> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "--",
            below,
        ])
        .current_dir(root())
        .output()
        .expect("git is missing: install it");
    assert!(
        listed.status.success(),
        "git ls-files failed: run the tests in a checkout"
    );
    let files: Vec<PathBuf> = String::from_utf8(listed.stdout)
        .unwrap()
        .lines()
        .filter(|line| endings.iter().any(|e| line.ends_with(e)))
        .map(|line| root().join(line))
        .filter(|path| path.is_file())
        .collect();
    assert!(
        !files.is_empty(),
        "no file below {below}: the rule would hold of nothing"
    );
    files
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The names under `[dependencies]` of a crate.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let text = read(&root().join(manifest));
    let table: toml::Table = text.parse().unwrap();
    let mut names = BTreeSet::new();
    for key in ["dependencies", "build-dependencies"] {
        if let Some(found) = table.get(key).and_then(toml::Value::as_table) {
            names.extend(found.keys().cloned());
        }
    }
    names
}

fn ours(manifest: &str) -> BTreeSet<String> {
    dependencies(manifest)
        .into_iter()
        .filter(|name| name.starts_with("remit-"))
        .collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
fn arrows_point_one_way() {
    // cli → { author, install, mcp, review } → run → { sandbox, sign, package } → policy, and install → registry
    let arrows: &[(&str, &[&str])] = &[
        ("policy", &[]),
        ("package", &["remit-policy"]),
        ("sandbox", &["remit-policy"]),
        ("sign", &["remit-package", "remit-policy"]),
        ("registry", &["remit-package", "remit-policy"]),
        (
            "run",
            &[
                "remit-package",
                "remit-policy",
                "remit-sandbox",
                "remit-sign",
            ],
        ),
        (
            "install",
            &[
                "remit-package",
                "remit-policy",
                "remit-registry",
                "remit-run",
                "remit-sign",
            ],
        ),
        ("review", &["remit-package", "remit-policy", "remit-run"]),
        ("author", &["remit-package", "remit-policy", "remit-run"]),
        ("mcp", &["remit-package", "remit-policy", "remit-run"]),
    ];
    for (name, arrows) in arrows {
        let manifest = format!("host/{name}/Cargo.toml");
        assert_eq!(ours(&manifest), set(arrows), "{manifest}");
    }
    assert_eq!(arrows.len(), files("host", &["Cargo.toml"]).len());
    assert!(!ours("Cargo.toml").contains("remit-sandbox"));
}

#[test]
fn only_the_sandbox_uses_wasmtime() {
    only_one_uses("host/sandbox/Cargo.toml", "wasmtime");
}

#[test]
fn only_mcp_uses_rmcp() {
    only_one_uses("host/mcp/Cargo.toml", "rmcp");
}

/// Of all our crates, this one alone names dependencies that begin so.
fn only_one_uses(one: &str, library: &str) {
    let one = root().join(one);
    let mut manifests = files("host", &["Cargo.toml"]);
    manifests.push(root().join("Cargo.toml"));
    for manifest in manifests {
        let path = manifest.to_str().unwrap();
        let found: Vec<_> = dependencies(path)
            .into_iter()
            .filter(|n| n.starts_with(library))
            .collect();
        assert_eq!(!found.is_empty(), manifest == one, "{path} names {found:?}");
    }
}

#[test]
fn policy_does_no_io() {
    for file in files("host/policy/src", &[".rs"]) {
        for word in [
            "std::fs",
            "std::net::Tcp",
            "std::process",
            "std::time::SystemTime",
            "Instant::now",
            "async fn",
            "tokio",
        ] {
            assert!(
                !read(&file).contains(word),
                "{} names {word}",
                file.display()
            );
        }
    }
}

#[test]
fn only_the_command_line_uses_anyhow() {
    for manifest in files("host", &["Cargo.toml"]) {
        let manifest = manifest.to_str().unwrap();
        assert!(
            !dependencies(manifest).contains("anyhow"),
            "{manifest} names anyhow"
        );
    }
}

#[test]
fn no_file_has_more_than_500_lines() {
    for file in files("host", &[".rs"])
        .into_iter()
        .chain(files("plugins-src", &[".rs"]))
    {
        let lines = read(&file).lines().count();
        assert!(
            lines <= 500,
            "{} has {lines} lines: which two rooms is it?",
            file.display()
        );
    }
}

#[test]
fn no_file_is_named_for_nothing() {
    for file in files(".", &[".rs"]) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        assert!(
            ![
                "util.rs",
                "utils.rs",
                "helpers.rs",
                "common.rs",
                "misc.rs",
                "manager.rs"
            ]
            .contains(&name.as_str()),
            "{}: name it after what it holds",
            file.display()
        );
    }
}

#[test]
fn no_path_of_a_machine_is_committed() {
    let endings = [
        ".rs",
        ".toml",
        ".md",
        ".wit",
        ".yml",
        ".json",
        ".j2",
        ".sh",
        "justfile",
        "scripts/test",
        "scripts/setup",
    ];
    for file in files(".", &endings) {
        let text = read(&file);
        // Split, so that this file does not accuse itself.
        for path in [
            concat!("/ro", "ot/"),
            concat!("/wo", "rk/main"),
            concat!("/tmp/", "wt/"),
        ] {
            assert!(!text.contains(path), "{} holds {path}", file.display());
        }
    }
    for file in files(".", &[".wasm"]) {
        let bytes = std::fs::read(&file).unwrap();
        for path in [
            concat!("/ro", "ot/"),
            concat!("/ho", "me/"),
            ".cargo/registry",
        ] {
            let found = bytes
                .windows(path.len())
                .any(|window| window == path.as_bytes());
            assert!(
                !found,
                "{} holds {path}: build it with `just plugins`",
                file.display()
            );
        }
    }
}

/// The codes of all crates.
fn all_codes() -> impl Iterator<Item = (&'static str, &'static str)> {
    remit_run::codes_by_crate()
        .chain(remit_author::AuthorError::CODES.iter().copied())
        .chain(remit_install::error_codes())
        .chain(remit_registry::RegistryError::CODES.iter().copied())
        .chain(remit_review::ReviewError::CODES.iter().copied())
        .chain(remit_mcp::McpError::CODES.iter().copied())
        .chain(remit_mcp::export::ExportError::CODES.iter().copied())
}

/// The table of docs/errors.md, from the codes themselves. `UPDATE=1` writes it.
#[test]
fn every_error_code_is_documented() {
    const HEAD: &str = "| code | meaning |\n|---|---|\n";
    let path = root().join("docs/errors.md");
    let text = read(&path);
    let (before, table) = text.split_once(HEAD).expect("docs/errors.md has its table");
    let codes: std::collections::BTreeMap<_, _> = all_codes().collect();
    assert!(codes.len() > 100, "{} codes", codes.len());
    let due: String = codes
        .iter()
        .map(|(code, meaning)| format!("| `{code}` | {} |\n", in_a_cell(meaning)))
        .collect();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{before}{HEAD}{due}")).unwrap();
    } else {
        assert_eq!(table, due, "run this test with UPDATE=1");
    }
}

/// Some crates write a meaning as a sentence; in the table all are alike.
fn in_a_cell(meaning: &str) -> String {
    let meaning = meaning.trim_end_matches('.');
    let name = ["Remit", "SKILL", "JSON"]
        .iter()
        .any(|name| meaning.starts_with(name));
    let mut letters = meaning.chars();
    match letters.next() {
        Some(first) if !name => first.to_lowercase().chain(letters).collect(),
        _ => meaning.to_owned(),
    }
}

#[test]
fn no_code_has_two_meanings() {
    let mut seen = std::collections::BTreeMap::new();
    for (code, meaning) in all_codes() {
        // Some crates write it as a sentence.
        let meaning = meaning.trim_end_matches('.').to_lowercase();
        let kebab = code
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        assert!(kebab, "{code} is not in kebab case");
        if let Some(other) = seen.insert(code, meaning.clone()) {
            assert_eq!(other, meaning, "{code} means two things");
        }
    }
}

#[test]
fn the_page_in_readme_is_the_one_that_is_compiled() {
    let block = |text: &str, fence: &str| {
        let start = text.find(fence).expect("the page") + fence.len();
        let end = text[start..].find("```").unwrap() + start;
        text[start..end].to_owned()
    };
    let doctest: String = read(&root().join("plugins-src/sdk/rust/src/lib.rs"))
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line)))
        .collect();
    let compiled: String = block(&doctest, "```\n")
        .lines()
        .filter(|l| !l.starts_with("# "))
        .map(|l| format!("{l}\n"))
        .collect();
    assert_eq!(
        block(&read(&root().join("README.md")), "```rust\n"),
        compiled
    );
}

#[test]
fn every_rule_of_the_kit_is_documented() {
    let text = read(&root().join("docs/authoring.md"));
    for rule in remit_author::kit::RULES {
        let row = format!("| `{}` | {} |\n", rule.name, rule.says);
        assert!(
            text.contains(&row),
            "docs/authoring.md lacks the line\n{row}"
        );
    }
}
