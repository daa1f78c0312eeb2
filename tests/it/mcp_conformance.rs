//! MCP's public conformance suite against `remit serve`, in both eras. What a check wants that Remit does not do is in
//! tests/data/mcp/expected-*.yaml, with the reason; the suite fails where one of these passes after all.

use crate::support::mcp_clients::{Proxy, SKILL, Serving, fixture, node};
use crate::support::{Outcome, Remit, root};

/// The fixture, served, behind the proxy that knows the suite's names.
struct Fixture {
    remit: Remit,
    serving: Serving,
    proxy: Proxy,
}

impl Fixture {
    fn start() -> Fixture {
        let remit = fixture();
        let serving = Serving::start(&remit, &[SKILL]);
        let proxy = Proxy::before(serving.address(), serving.token());
        Fixture {
            remit,
            serving,
            proxy,
        }
    }

    /// Runs the suite, and gives how many checks passed.
    #[track_caller]
    fn passes(&self, arguments: &[&str]) -> usize {
        let mut command = node("@modelcontextprotocol/conformance/dist/index.js");
        command
            .args(["server", "--url", &self.proxy.url()])
            .args(arguments)
            .current_dir(self.remit.path());
        let out = Outcome::of(command);
        let report = format!(
            "{}\n{}\n--- remit serve\n{}",
            out.stdout,
            out.stderr,
            self.serving.log()
        );
        assert_eq!(out.status, 0, "{report}");
        // A whole set ends with `Total: 30 passed, 4 failed`, one scenario with `Passed: 7/7, 0 failed, 0 warnings`.
        let total = ["Total: ", "Passed: "].iter().find_map(|head| {
            let rest = out.stdout.rsplit(head).next()?;
            let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
            digits
                .parse()
                .ok()
                .filter(|_| rest.len() < out.stdout.len())
        });
        total.unwrap_or_else(|| panic!("it says no total:\n{report}"))
    }

    #[track_caller]
    fn meets(&self, revision: &str, at_least: usize) {
        let expected = root().join(format!("tests/data/mcp/expected-{revision}.yaml"));
        let expected = expected.to_str().unwrap();
        let passed = self.passes(&["--requirements", revision, "--expected-failures", expected]);
        assert!(passed >= at_least, "only {passed} checks passed");
    }
}

#[test]
fn the_era_of_sessions_is_spoken_as_the_suite_has_it() {
    Fixture::start().meets("2025-11-25", 65);
}

#[test]
fn the_era_without_sessions_is_spoken_as_the_suite_has_it() {
    Fixture::start().meets("2026-07-28", 130);
}

/// SEP-2640, which no revision requires.
#[test]
fn the_skills_extension_is_spoken_as_the_suite_has_it() {
    let fixture = Fixture::start();
    // With a list of what may fail, though an empty one, warnings count too.
    let none = fixture.remit.write("none.yaml", "server: []\n");
    for scenario in [
        "sep-2640-skills-enumeration",
        "sep-2640-skills-manifest",
        "sep-2640-skills-directory",
    ] {
        let passed = fixture.passes(&[
            "--scenario",
            scenario,
            "--spec-version",
            "2026-07-28",
            "--force",
            "--expected-failures",
            none.to_str().unwrap(),
        ]);
        assert!(passed > 3, "{scenario}: only {passed} checks passed");
    }
}
