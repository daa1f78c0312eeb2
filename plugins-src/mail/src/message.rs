//! What a message says, out of its bytes.

mod body;
mod bounds;
mod charset;
mod gaps;

use mail_parser::{Address, DateTime, HeaderValue, Message, MessageParser};
use schemars::JsonSchema;
use serde::Serialize;

use crate::source::Raw;
use crate::threads::{Links, base_subject};

pub use body::{Attachment, attachments, text};
pub use bounds::bounded;
pub use gaps::Gap;

/// A person or list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Person {
    /// The display name; empty where there is none.
    pub name: String,
    /// The address; empty where the message gives none.
    pub address: String,
}

/// The headers of a message, decoded.
#[derive(Clone, Debug, Default)]
pub struct Head {
    pub from: Person,
    pub to: Vec<Person>,
    pub cc: Vec<Person>,
    pub subject: String,
    /// As the sender wrote it, with the zone.
    pub date: DateTime,
    pub unread: bool,
    pub links: Links,
}

/// Addresses beyond so many of one header are left out: a mass mailing's are of no use.
const MAX_PEOPLE: usize = 200;
/// Longer headers are cut, in letters: results have a limit, and hold many messages.
const MAX_SUBJECT: usize = 1000;
const MAX_NAME: usize = 200;
const MAX_ID: usize = 998;
const MAX_IDS: usize = 200;

/// The whole message; none where it is not even a header.
pub fn parse(bytes: &[u8]) -> Option<Message<'_>> {
    MessageParser::default().parse(bytes)
}

/// Its headers alone.
pub fn parse_head(bytes: &[u8]) -> Option<Message<'_>> {
    MessageParser::default().parse_headers(bytes)
}

/// What a message says about its thread.
pub fn links(raw: &Raw) -> Links {
    parse_head(&raw.bytes)
        .map(|message| head(&message, raw).links)
        .unwrap_or_default()
}

/// The headers of a parsed message.
pub fn head(message: &Message<'_>, raw: &Raw) -> Head {
    let subject = one_line(message.subject().unwrap_or_default(), MAX_SUBJECT);
    let (base, is_answer) = base_subject(&subject);
    let date = date(message, raw);
    Head {
        from: people(message.from())
            .into_iter()
            .next()
            .unwrap_or_else(|| {
                people(message.sender())
                    .into_iter()
                    .next()
                    .unwrap_or_default()
            }),
        to: people(message.to()),
        cc: people(message.cc()),
        unread: raw.unread.unwrap_or_else(|| is_unread(message)),
        links: Links {
            message_id: one_id(message.message_id().unwrap_or_default()),
            references: ids(message.references()),
            in_reply_to: ids(message.in_reply_to()).pop(),
            subject: base,
            is_answer,
            date: date.to_timestamp(),
        },
        subject,
        date,
    }
}

/// When it was sent; else when it came; else 1970.
fn date(message: &Message<'_>, raw: &Raw) -> DateTime {
    let said = message.date().copied().filter(is_sane);
    let received = || message.received().and_then(|it| it.date()).filter(is_sane);
    let kept = || raw.received.map(DateTime::from_timestamp).filter(is_sane);
    said.or_else(received)
        .or_else(kept)
        .unwrap_or_else(|| DateTime::from_timestamp(0))
}

fn is_sane(date: &DateTime) -> bool {
    date.is_valid()
        && date.year >= 1970
        && date.year < 10_000
        && date.tz_hour < 24
        && date.tz_minute < 60
}

fn people(address: Option<&Address<'_>>) -> Vec<Person> {
    let Some(address) = address else {
        return Vec::new();
    };
    address
        .iter()
        .take(MAX_PEOPLE)
        .map(|it| Person {
            name: one_line(it.name().unwrap_or_default(), MAX_NAME),
            address: one_line(it.address().unwrap_or_default(), MAX_NAME),
        })
        .filter(|it| !it.name.is_empty() || !it.address.is_empty())
        .collect()
}

fn ids(value: &HeaderValue<'_>) -> Vec<String> {
    match value {
        HeaderValue::Text(id) => vec![one_id(id)],
        HeaderValue::TextList(ids) => ids.iter().take(MAX_IDS).map(|id| one_id(id)).collect(),
        _ => Vec::new(),
    }
}

fn one_id(id: &str) -> String {
    prose::truncate(id.trim().to_string(), MAX_ID).0
}

/// A header as one line of at most so many letters: whatever blanks and line ends an encoded word smuggled in. The
/// mark of what was cut also keeps an address from ending like another one.
fn one_line(text: &str, max: usize) -> String {
    let line = text
        .split(|it: char| it.is_whitespace() || it.is_control() || turns_text(it))
        .filter(|it| !it.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    match prose::truncate(line, max) {
        (cut, true) => cut + "…",
        (whole, false) => whole,
    }
}

/// Whether it changes the direction of what follows: in a name it hides which one it is, as `fdp.exe` shown as
/// `exe.pdf`.
fn turns_text(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What programs note in the headers of an mbox. Without a note a message counts as read: archives have none.
fn is_unread(message: &Message<'_>) -> bool {
    let header = |name: &'static str| message.header_raw(name).map(str::trim);
    if let Some(status) = header("Status") {
        return !status.contains('R');
    }
    if let Some(flags) = header("X-Mozilla-Status") {
        return u32::from_str_radix(flags, 16).is_ok_and(|it| it & 1 == 0);
    }
    header("X-Gmail-Labels").is_some_and(|it| it.split(',').any(|label| label.trim() == "Unread"))
}
