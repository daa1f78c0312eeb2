//! Killed at any moment: nothing half-written, and a log that verifies.

use crate::support::Remit;
use std::time::Duration;

#[test]
fn a_killed_run_leaves_whole_files_and_a_log_that_verifies() {
    let (remit, skill) = Remit::with_skill("weekly-report");
    let skill = skill.to_str().unwrap();
    remit.run(&["run", skill, "--out", "whole"]).exits(0);
    let whole = |name: &str| std::fs::read(remit.path().join("whole").join(name)).unwrap();
    for (round, wait) in [5, 20, 40, 80, 120, 180, 260, 360].into_iter().enumerate() {
        let out = format!("killed-{round}");
        let mut child = remit
            .command(&["run", skill, "--out", &out])
            .stderr(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        let folder = remit.path().join(&out);
        if folder.join("run.json").exists() {
            let text = std::fs::read(folder.join("run.json")).unwrap();
            let _: serde_json::Value =
                serde_json::from_slice(&text).expect("run.json is half-written");
        }
        for name in ["report.md", "report.html", "facts.json"] {
            if let Ok(text) = std::fs::read(folder.join(name)) {
                assert_eq!(
                    text.len(),
                    whole(name).len(),
                    "{name} is half-written after {wait} ms"
                );
            }
        }
        remit.run(&["audit", "verify"]).exits(0);
    }
    // The next run goes on with the same log.
    remit.run(&["run", skill, "--out", "after"]).exits(0);
    remit.run(&["audit", "verify"]).exits(0);
}
