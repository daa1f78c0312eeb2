//! `mail`: reads Maildir, mbox and folders of .eml files below one mounted folder.

mod folders;
mod hash;
mod id;
mod list;
mod mbox;
mod message;
mod read;
mod search;
mod source;
mod threads;

use remit_plugin::{Fault, Operation, Plugin, config};

/// The plugin, as its host sees it.
pub fn plugin() -> Plugin {
    Plugin::new("mail", env!("CARGO_PKG_VERSION"), "Reads and searches mail in Maildir, mbox and .eml files")
        .need("files read * {config.folder|/mail}", "to read the mail folder that the skill mounts")
        .need("config folder=*", "to find the mail where it is not mounted at /mail")
        .operation(Operation::read(
            "list_folders",
            "Lists the mail folders with the number of messages and unread messages in each",
            list::list_folders,
        ))
        .operation(Operation::read(
            "search",
            "Finds messages by words, people, dates and folder: the best first where words are asked for, else the \
             newest",
            search::search,
        ))
        .operation(Operation::read(
            "read",
            "Reads one message as text, with its addresses, thread and the list of its attachments",
            read::read,
        ))
}

remit_plugin::export!(plugin);

/// The guest path of the folder that holds all mail.
fn root() -> Result<String, Fault> {
    let folder = config::get("folder")?.unwrap_or_else(|| "/mail".to_string());
    Ok(folder.trim_end_matches('/').to_string())
}

#[cfg(test)]
mod tests;
