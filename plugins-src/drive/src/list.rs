//! `list`.

use remit_plugin::files::{self, Kind};
use remit_plugin::{Fault, clock, log};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::place;

const DEFAULT_LIMIT: u32 = 1000;

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// The folder, for example `notes`; the whole drive unless said.
    path: Option<String>,
    /// Also what is in its folders.
    recursive: Option<bool>,
    /// How many entries at most; 1000 unless said.
    #[schemars(range(min = 1, max = 10_000))]
    limit: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Listed {
    entries: Vec<Listing>,
    /// Whether there are more than `limit`.
    truncated: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Listing {
    /// The path below the drive: what `read` takes.
    path: String,
    name: String,
    kind: EntryKind,
    /// The file name's extension in lower case, `file` where there is none; `folder` of a folder.
    #[serde(rename = "type")]
    entry_type: String,
    /// In bytes; 0 of a folder.
    size: u64,
    /// As in RFC 3339.
    modified: String,
}

#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    File,
    Folder,
}

pub fn list(input: List) -> Result<Listed, Fault> {
    let root = place::root()?;
    let start = place::relative(input.path.as_deref().unwrap_or_default())?;
    let limit = input.limit.unwrap_or(DEFAULT_LIMIT) as usize;
    let mut found = Vec::new();
    if input.recursive.unwrap_or(false) {
        place::walk(&root, &start, &mut |path, entry| {
            found.push((path.to_string(), entry.clone()));
            found.len() <= limit
        })?;
    } else {
        let entries = files::read_dir(&place::full(&root, &start))?;
        let path = |name: &str| {
            if start.is_empty() {
                name.to_string()
            } else {
                format!("{start}/{name}")
            }
        };
        found.extend(
            place::visible(entries)
                .into_iter()
                .map(|it| (path(&it.name), it)),
        );
    }
    let truncated = found.len() > limit;
    found.truncate(limit);

    let mut entries = Vec::new();
    for (path, entry) in found {
        let metadata = match files::metadata(&place::full(&root, &path)) {
            Ok(metadata) => metadata,
            Err(error) => {
                log::warn(&format!("left out: {error}"));
                continue;
            }
        };
        let is_folder = entry.kind == Kind::Folder;
        entries.push(Listing {
            kind: if is_folder {
                EntryKind::Folder
            } else {
                EntryKind::File
            },
            entry_type: if is_folder {
                "folder".to_string()
            } else {
                place::type_of(&entry.name)
            },
            size: if is_folder { 0 } else { metadata.size },
            modified: modified(metadata.modified),
            name: entry.name,
            path,
        });
    }
    Ok(Listed { entries, truncated })
}

/// A file's time as text.
pub fn modified(seconds: Option<u64>) -> String {
    clock::rfc3339(i64::try_from(seconds.unwrap_or_default()).unwrap_or_default())
}
