//! `read`.

use remit_plugin::Fault;
use remit_plugin::files::{File, Kind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{list, place, text};

/// More than anybody reads at once; the caller may say more or less.
const DEFAULT_MAX_CHARS: u32 = 200_000;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// The document's path, for example `notes/plan.md`.
    path: String,
    /// Cut the text after so many characters.
    #[schemars(range(min = 1, max = 1_000_000))]
    max_chars: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Document {
    path: String,
    /// What the document calls itself, else its file name.
    title: String,
    /// The file name's extension in lower case, `file` where there is none.
    #[serde(rename = "type")]
    document_type: String,
    /// In bytes.
    size: u64,
    /// As in RFC 3339.
    modified: String,
    /// Its text; empty where the file is of a kind that has none.
    text: String,
    /// Whether the text goes on.
    truncated: bool,
}

pub fn read(input: Read) -> Result<Document, Fault> {
    let path = place::relative(&input.path)?;
    let full = place::full(&place::root()?, &path);
    if path.is_empty() {
        return Err(Fault::invalid_input("the path is empty: name a document"));
    }
    let metadata = remit_plugin::files::metadata(&full)?;
    if metadata.kind != Kind::File {
        return Err(Fault::invalid_input(format!(
            "`{path}` is a folder: use `list`"
        )));
    }
    let extracted = text::extract(File::open(&full)?, place::name_of(&path))?;
    let max = input.max_chars.unwrap_or(DEFAULT_MAX_CHARS) as usize;
    let (text, cut) = prose::truncate(extracted.text, max);
    Ok(Document {
        title: extracted.title,
        document_type: place::type_of(&path),
        size: metadata.size,
        modified: list::modified(metadata.modified),
        truncated: cut || extracted.truncated,
        text,
        path,
    })
}
