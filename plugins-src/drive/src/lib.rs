//! `drive`: the documents of one mounted folder.

mod list;
mod place;
mod read;
mod search;
mod text;
mod write;

use remit_plugin::{Operation, Plugin};

/// The plugin, as its host sees it.
pub fn plugin() -> Plugin {
    Plugin::new("drive", env!("CARGO_PKG_VERSION"), "Finds, reads and writes documents in a folder")
        .need("files write * {config.folder|/drive}", "to read the folder that the skill mounts, and to write documents into it")
        .need("config folder=*", "to find the documents where they are not mounted at /drive")
        .operation(Operation::read("list", "Lists the files and folders of the drive or of a folder in it", list::list))
        .operation(Operation::read(
            "search",
            "Finds documents by the words in them, the best first, with the places where the words are",
            search::search,
        ))
        .operation(Operation::read(
            "read",
            "Reads the text of one document: Markdown, text, CSV, JSON, HTML, Word, OpenDocument, PowerPoint, Excel; \
             of other files it tells the size and date",
            read::read,
        ))
        .operation(
            Operation::write("write_document", "Writes a text document, new or in place of another", write::write)
                .and_idempotent(),
        )
}

remit_plugin::export!(plugin);

#[cfg(test)]
mod tests;
