//! The skill `test`, which supplies what MCP's conformance suite calls by fixed names (tests/data/mcp/test).

use std::path::Path;

use crate::support::{Remit, copy_folder, root};

/// The fixture's folder, from the workspace and from the checkout alike.
pub const SKILL: &str = "tests/data/mcp/test";

/// A workspace with the fixture and its plugin, approved: a person said yes to its writes as such, not to each.
pub fn fixture() -> Remit {
    let remit = Remit::new();
    copy_folder(&root().join(SKILL), &remit.path().join(SKILL));
    remit.write(GUEST, guest());
    remit.run(&["approve", SKILL, "--yes"]).exits(0);
    remit
}

const GUEST: &str = "tests/guests/conformance.wasm";

/// The plugin's bytes (plugins-src/conformance).
fn guest() -> Vec<u8> {
    let path: &Path = &root().join(GUEST);
    std::fs::read(path).unwrap_or_else(|e| {
        panic!(
            "{} is missing ({e}): build it with `just plugins`",
            path.display()
        )
    })
}
