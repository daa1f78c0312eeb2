//! Claude Code: a marketplace with one plugin.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Contents, ExportError, document};

/// The name of the server in the plugin. Claude Code puts the plugin's before it, and tools' names have a limit.
const SERVER: &str = "remit";

/// The files of the marketplace.
pub(super) fn files(contents: &Contents<'_>) -> Result<BTreeMap<String, Vec<u8>>, ExportError> {
    let name = contents.name;
    let below = format!("plugins/{name}");
    let mut files = contents.texts(&format!("{below}/skills"))?;
    let description = contents.description();
    let market = json!({
        "name": contents.market(),
        "description": "Skills that run through Remit",
        "owner": { "name": "exported by Remit" },
        "plugins": [{
            "name": name,
            "source": format!("./{below}"),
            "description": description,
        }],
    });
    let mut plugin = json!({
        "name": name,
        "version": contents.version(),
        "description": description,
        "author": { "name": "exported by Remit" },
    });
    if let ([only], Some(fields)) = (contents.skills, plugin.as_object_mut())
        && let Some(license) = &only.license
    {
        fields.insert("license".to_owned(), json!(license));
    }
    let servers = json!({ "mcpServers": { SERVER: contents.server.entry() } });
    files.insert(
        ".claude-plugin/marketplace.json".to_owned(),
        document(&market),
    );
    files.insert(
        format!("{below}/.claude-plugin/plugin.json"),
        document(&plugin),
    );
    files.insert(format!("{below}/.mcp.json"), document(&servers));
    files.insert(format!("{below}/README.md"), readme(contents).into_bytes());
    Ok(files)
}

/// For whoever finds the plugin: what it is and what it cannot do.
fn readme(contents: &Contents<'_>) -> String {
    let skills: String = contents
        .skills
        .iter()
        .map(|skill| format!("- `{}`\n", skill.name))
        .collect();
    format!(
        "# {}\n\n\
         Exported by Remit, which runs these skills' plugins in sandboxes:\n\n{skills}\n\
         The plugin starts `remit serve` on this machine for these skills and no others. What each may touch stands in \
         its skill.toml and nowhere else: neither this package nor the agent can grant, approve or widen anything. A \
         skill that needs a person's approval is approved with `remit approve`; `remit audit log` shows what was called \
         and what was denied. The paths are those of the machine that it was exported on.\n",
        contents.name
    )
}
