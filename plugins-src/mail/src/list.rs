//! `list_folders`.

use remit_plugin::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::folders::{self, Folder, Form};
use crate::message;
use crate::source::{self, Go};

/// Takes nothing.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListFolders {}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Listed {
    /// All mail folders, by name.
    folders: Vec<Counted>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Counted {
    /// For example `INBOX` or `Archive/2026`: what `search` takes as `folder`.
    name: String,
    /// How many messages are in it.
    total: u64,
    /// How many of them are unread.
    unread: u64,
}

pub fn list_folders(_: ListFolders) -> Result<Listed, Fault> {
    let folders = folders::find(&crate::root()?)?;
    let folders = folders.iter().map(count).collect::<Result<_, Fault>>()?;
    Ok(Listed { folders })
}

fn count(folder: &Folder) -> Result<Counted, Fault> {
    let (mut total, mut unread) = (0, 0);
    if folder.form == Form::Maildir {
        // The names say it all: nothing is opened.
        for place in source::places(folder)? {
            total += 1;
            unread += u64::from(place.unread == Some(true));
        }
    } else {
        source::each(folder, &mut |raw| {
            total += 1;
            let head = message::parse_head(&raw.bytes).map(|it| message::head(&it, &raw));
            unread += u64::from(head.is_some_and(|it| it.unread));
            Go::On
        })?;
    }
    Ok(Counted {
        name: folder.name.clone(),
        total,
        unread,
    })
}
