//! `read`.

use remit_plugin::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::Id;
use crate::message::{self, Attachment, Person};
use crate::threads::Index;
use crate::{folders, source};

/// A message's text is cut here unless the caller says otherwise: more than anybody writes.
const DEFAULT_MAX_CHARS: u32 = 200_000;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// The message's id, from `search`.
    id: String,
    /// Cut the text after so many characters.
    #[schemars(range(min = 1, max = 1_000_000))]
    max_chars: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Message {
    id: String,
    /// The folder's name.
    folder: String,
    from: Person,
    to: Vec<Person>,
    cc: Vec<Person>,
    subject: String,
    /// When it was sent, as in RFC 3339, in the sender's zone.
    date: String,
    unread: bool,
    /// The text; of an HTML message its text.
    text: String,
    /// Whether the text goes on.
    truncated: bool,
    attachments: Vec<Attachment>,
    /// What the messages of one conversation have in common.
    thread: String,
    /// The Message-ID of the message that this one answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_reply_to: Option<String>,
    /// The Message-IDs of the conversation so far, the first one first.
    references: Vec<String>,
}

pub fn read(input: Read) -> Result<Message, Fault> {
    let unknown = || Fault::not_found(format!("there is no message `{}`", input.id));
    let id = Id::parse(&input.id).ok_or_else(unknown)?;
    let folders = folders::find(&crate::root()?)?;
    // Two paths may have one mark; then each is looked into.
    for folder in folders.iter().filter(|it| it.mark == id.folder) {
        let Some(raw) = source::find(folder, &id)? else {
            continue;
        };
        let parsed = message::parse(&raw.bytes).unwrap_or_default();
        let head = message::head(&parsed, &raw);
        let thread = match head.links.own_thread() {
            Some(thread) => thread,
            None => Index::of(&folders)?.thread(&head.links),
        };
        let max = input.max_chars.unwrap_or(DEFAULT_MAX_CHARS) as usize;
        let (text, cut) = prose::truncate(message::text(&parsed), max);
        let attachments = message::attachments(&parsed, &raw);
        return Ok(Message {
            // As it is found now: in an mbox the place may have changed.
            id: raw.id.to_string(),
            folder: folder.name.clone(),
            from: head.from,
            to: head.to,
            cc: head.cc,
            subject: head.subject,
            date: head.date.to_rfc3339(),
            unread: head.unread,
            text,
            // Of a message that is too large to be read whole, what is missing is an attachment's if it has one.
            truncated: cut || (raw.missing > 0 && attachments.is_empty()),
            attachments,
            thread,
            in_reply_to: head.links.in_reply_to,
            references: head.links.references,
        });
    }
    Err(unknown())
}
