//! Any other client: an `.mcp.json`, the form that Claude Code gave its name and many read.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Contents, document};

/// The one file.
pub(super) fn files(contents: &Contents<'_>) -> BTreeMap<String, Vec<u8>> {
    let mut server = contents.server.entry();
    // Some clients want to be told, and those that know only this kind do not mind.
    server.shift_insert(0, "type".to_owned(), json!("stdio"));
    let servers = json!({ "mcpServers": { contents.name: server } });
    BTreeMap::from([(".mcp.json".to_owned(), document(&servers))])
}
