//! Codex: a marketplace with one plugin.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Contents, ExportError, document, one_line};

/// A skill may take an hour at the most, and each of its limits is Remit's to keep; Codex gives up after five minutes.
const TOOL_SECONDS: u32 = 3_600;
/// A plugin that this machine has not compiled yet is compiled first.
const START_SECONDS: u32 = 120;
/// What Codex takes of a prompt that it proposes.
const MAX_PROMPT: usize = 128;

/// The files of the marketplace.
pub(super) fn files(contents: &Contents<'_>) -> Result<BTreeMap<String, Vec<u8>>, ExportError> {
    let name = contents.name;
    let below = format!("plugins/{name}");
    let mut files = contents.texts(&format!("{below}/skills"))?;
    let market = json!({
        "name": contents.market(),
        "interface": { "displayName": "Skills that run through Remit" },
        "plugins": [{
            "name": name,
            "source": { "source": "local", "path": format!("./{below}") },
            "policy": { "installation": "AVAILABLE", "authentication": "ON_INSTALL" },
            "category": "Productivity",
        }],
    });
    let description = contents.description();
    let writes = contents.skills.iter().any(|skill| skill.writes);
    let prompts: Vec<String> = contents
        .skills
        .iter()
        .take(3)
        .map(|skill| {
            one_line(
                &format!("Follow the skill {} through Remit", skill.name),
                MAX_PROMPT,
            )
        })
        .collect();
    let plugin = json!({
        "name": name,
        "version": contents.version(),
        "description": description,
        "author": { "name": "exported by Remit" },
        "skills": "./skills/",
        "mcpServers": "./.mcp.json",
        "interface": {
            "displayName": name,
            "shortDescription": one_line(&description, 100),
            "longDescription": description,
            "developerName": "exported by Remit",
            "category": "Productivity",
            "capabilities": if writes { json!(["Read", "Write"]) } else { json!(["Read"]) },
            "defaultPrompt": prompts,
        },
    });
    let mut server = contents.server.entry();
    server.insert("startup_timeout_sec".to_owned(), json!(START_SECONDS));
    server.insert("tool_timeout_sec".to_owned(), json!(TOOL_SECONDS));
    let servers = json!({ "mcpServers": { name: server } });
    files.insert(
        ".agents/plugins/marketplace.json".to_owned(),
        document(&market),
    );
    files.insert(
        format!("{below}/.codex-plugin/plugin.json"),
        document(&plugin),
    );
    files.insert(format!("{below}/.mcp.json"), document(&servers));
    Ok(files)
}
