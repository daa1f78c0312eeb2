//! `write_document`.

use remit_plugin::Fault;
use remit_plugin::files::{self, ErrorKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{place, text};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Write {
    /// Where to, for example `notes/plan.md`; folders that are not there are made.
    path: String,
    /// The whole text.
    text: String,
    /// Whether to replace a document that is there; otherwise that is a conflict.
    overwrite: Option<bool>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Written {
    path: String,
    /// In bytes.
    size: u64,
    /// Whether it is a new document.
    created: bool,
}

pub fn write(input: Write) -> Result<Written, Fault> {
    let path = place::relative(&input.path)?;
    let name = place::name_of(&path);
    if path.is_empty() || input.path.ends_with('/') {
        return Err(Fault::invalid_input(format!(
            "the path `{}` names no document",
            input.path
        )));
    }
    if place::is_hidden(name) {
        return Err(Fault::invalid_input(format!(
            "`{name}` would be hidden: begin the name with a letter or digit"
        )));
    }
    let kind = place::type_of(name);
    if !text::is_writable(&kind) {
        return Err(Fault::invalid_input(format!(
            "a document of type `{kind}` is more than text: write .md, .txt, .csv, .json or .html"
        )));
    }
    let full = place::full(&place::root()?, &path);
    if let Some((folder, _)) = full.rsplit_once('/') {
        files::create_dir_all(folder)?;
    }
    let created = match files::write_new(&full, input.text.as_bytes()) {
        Ok(()) => true,
        Err(error) if error.kind == ErrorKind::Exists && input.overwrite == Some(true) => {
            files::write(&full, input.text.as_bytes())?;
            false
        }
        Err(error) if error.kind == ErrorKind::Exists => {
            return Err(Fault::conflict(format!(
                "`{path}` is there already: set `overwrite` to replace it"
            )));
        }
        Err(error) => return Err(error.into()),
    };
    Ok(Written {
        size: input.text.len() as u64,
        path,
        created,
    })
}
