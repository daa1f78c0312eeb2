//! Real clients of MCP, and what stands between them and `remit serve`.

mod fixture;
mod names;
mod proxy;
mod serving;

pub use fixture::{SKILL, fixture};
pub use proxy::Proxy;
pub use serving::Serving;

use std::path::PathBuf;
use std::process::Command;

use super::root;

/// Node.js 22 with this script of MCP's own tools, for example `@modelcontextprotocol/conformance/dist/index.js`.
pub fn node(script: &str) -> Command {
    let tools = root().join(".tools");
    let script = tools.join("mcp-tools/node_modules").join(script);
    let mut command = Command::new(tool(tools.join("node22/bin/node")));
    command.arg(tool(script));
    command
}

/// The Python that has `fastmcp` and `mcp`, with this script of tests/data/mcp/.
pub fn python(script: &str) -> Command {
    let mut command = Command::new(tool(root().join(".tools/mcp-clients/bin/python")));
    // What it leaves beside a script would lie in the checkout.
    command
        .arg("-B")
        .arg(root().join("tests/data/mcp").join(script));
    command
}

fn tool(path: PathBuf) -> PathBuf {
    assert!(
        path.is_file(),
        "{} is missing: run scripts/setup",
        path.display()
    );
    path
}
