//! A skill that reaches a server: shown, asked about, and run against a real Prometheus.

use crate::support::{Prometheus, Remit};
use std::path::PathBuf;

/// The skill, with its server's port replaced.
fn against(server: &str) -> (Remit, PathBuf) {
    let (remit, skill) = Remit::with_skill("service-review");
    let manifest = skill.join("skill.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    assert!(text.contains("127.0.0.1:9090"));
    std::fs::write(&manifest, text.replace("127.0.0.1:9090", server)).unwrap();
    (remit, skill)
}

#[test]
fn the_card_names_origin_methods_and_paths() {
    let (remit, skill) = Remit::with_skill("service-review");
    remit
        .run(&["show", skill.to_str().unwrap()])
        .exits(0)
        .prints("http://127.0.0.1:9090")
        .prints("GET")
        .prints("POST")
        .prints("/api/v1/query_range")
        .prints("needs approval");
}

#[test]
fn without_approval_it_is_refused_with_the_card_and_a_hint() {
    let (remit, skill) = Remit::with_skill("service-review");
    let out = remit
        .run(&["run", skill.to_str().unwrap()])
        .exits(3)
        .says("error[not-approved]")
        .says("http://127.0.0.1:9090")
        .says("hint:")
        .says("--approve");
    assert!(out.stderr.contains("remit approve"), "{}", out.stderr);
}

#[test]
fn approved_it_charts_real_series() {
    let server = Prometheus::start();
    let (remit, skill) = against(&server.authority());
    let skill = skill.to_str().unwrap();
    remit
        .run(&[
            "run",
            skill,
            "--approve",
            "--input",
            "window=15m",
            "--out",
            "out",
        ])
        .exits(0);
    let html = std::fs::read_to_string(remit.path().join("out/review.html")).unwrap();
    assert!(html.contains("<svg"), "no chart");
    let markdown = std::fs::read_to_string(remit.path().join("out/review.md")).unwrap();
    assert!(markdown.contains("prometheus"), "{markdown}");
    assert!(
        markdown.contains(&server.authority()),
        "the scraped instance is not named:\n{markdown}"
    );
    let allowed = remit
        .audit()
        .into_iter()
        .filter(|r| r["capability"] == "http" && r["allowed"] == true)
        .count();
    assert!(allowed >= 4, "{allowed} requests are recorded");
}

#[test]
fn a_kept_approval_holds_until_something_changes() {
    let server = Prometheus::start();
    let (remit, skill) = against(&server.authority());
    let path = skill.to_str().unwrap();
    remit.run(&["approve", path]).exits(3).says("hint:");
    remit.run(&["approve", path, "--yes"]).exits(0);
    remit
        .run(&["run", path, "--input", "window=15m", "--out", "one"])
        .exits(0);

    let manifest = skill.join("skill.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(
        &manifest,
        text.replace("\"/api/v1/alerts\"", "\"/api/v1/**\""),
    )
    .unwrap();
    remit
        .run(&["run", path, "--input", "window=15m", "--out", "two"])
        .exits(3)
        .says("/api/v1/**");
    assert!(!remit.path().join("two").exists());
}
