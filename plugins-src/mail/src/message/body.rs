//! The text and the attachments of a message.

use mail_parser::{Encoding, Message, MessagePart, MimeHeaders, PartType};
use schemars::JsonSchema;
use serde::Serialize;

use super::charset::undeclared;
use crate::source::Raw;

/// Something attached to a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Attachment {
    /// Its file name, or one made up from its type.
    pub name: String,
    /// Its media type, for example `application/pdf`.
    #[serde(rename = "type")]
    pub media_type: String,
    /// Its size in bytes, decoded; estimated where the message is too large to be read whole.
    pub size: u64,
}

/// Messages in messages in messages are read so deep.
const MAX_NESTED: usize = 3;

/// The message's text: its plain text, else its HTML as text; then the text of messages attached to it.
pub fn text(message: &Message<'_>) -> String {
    let mut out = String::new();
    add_text(message, MAX_NESTED, &mut out);
    out
}

fn add_text(message: &Message<'_>, depth: usize, out: &mut String) {
    let bodies = |ids: &[u32]| {
        let parts = ids
            .iter()
            .filter_map(|id| message.parts.get(usize::try_from(*id).ok()?));
        let texts: Vec<String> = parts
            .filter_map(|part| part_text(part, &message.raw_message))
            .filter(|it| !it.is_empty())
            .collect();
        texts.join("\n\n")
    };
    let mut text = bodies(&message.text_body);
    if text.trim().is_empty() {
        text = bodies(&message.html_body);
    }
    if text.trim().is_empty() {
        // A body that breaks off: the parser takes it for an attachment.
        let broken = message.attachments().filter(|part| is_broken_body(part));
        let texts: Vec<String> = broken
            .filter_map(|part| part_text(part, &message.raw_message))
            .collect();
        text = texts.join("\n\n");
    }
    out.push_str(text.trim());
    for part in message.attachments() {
        if let (PartType::Message(inner), true) = (&part.body, depth > 0) {
            let from = inner.from().and_then(|it| it.first());
            let from = from
                .and_then(|it| it.name().or(it.address()))
                .unwrap_or_default();
            let subject = inner.subject().unwrap_or_default();
            out.push_str(&format!(
                "\n\n---------- Attached message from {from}: {subject}\n\n"
            ));
            add_text(inner, depth - 1, out);
        }
    }
}

fn part_text(part: &MessagePart<'_>, raw: &[u8]) -> Option<String> {
    let (text, is_html) = match &part.body {
        PartType::Text(text) => (text, has_type(part, "text", "html")),
        PartType::Html(html) => (html, true),
        _ => return None,
    };
    let undeclared = undeclared(part, text, raw);
    let text = undeclared.as_deref().unwrap_or(text);
    Some(if is_html {
        prose::html_to_text(text)
    } else {
        plain(text)
    })
}

fn has_type(part: &MessagePart<'_>, kind: &str, subtype: &str) -> bool {
    part.content_type().is_some_and(|it| {
        it.ctype().eq_ignore_ascii_case(kind)
            && (subtype == "*"
                || it
                    .subtype()
                    .is_some_and(|it| it.eq_ignore_ascii_case(subtype)))
    })
}

/// A text without a name whose end or encoding is missing.
fn is_broken_body(part: &MessagePart<'_>) -> bool {
    part.is_encoding_problem
        && matches!(part.body, PartType::Text(_))
        && part.attachment_name().is_none()
        && (part.content_type().is_none() || has_type(part, "text", "*"))
}

/// Plain text with one kind of line end and no blanks at the end of lines. Some programs send HTML under that name.
fn plain(text: &str) -> String {
    let start = text.trim_start();
    let is_html = ["<html", "<!doctype html"].iter().any(|it| {
        start
            .get(..it.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(it))
    });
    if is_html {
        return prose::html_to_text(text);
    }
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out.trim_matches('\n').to_string()
}

/// What is attached, without the pictures that an HTML text shows inside itself.
pub fn attachments(message: &Message<'_>, raw: &Raw) -> Vec<Attachment> {
    message
        .attachments()
        .filter(|part| !is_shown_inside(part) && !is_broken_body(part))
        .map(|part| Attachment {
            size: size(part, raw),
            ..attachment(part)
        })
        .collect()
}

fn is_shown_inside(part: &MessagePart<'_>) -> bool {
    let attached = part
        .content_disposition()
        .is_some_and(|it| it.is_attachment());
    let is_image = has_type(part, "image", "*");
    !attached && is_image && part.content_id().is_some()
}

fn attachment(part: &MessagePart<'_>) -> Attachment {
    let media_type = match part.content_type() {
        Some(it) => match it.subtype() {
            Some(subtype) => format!("{}/{subtype}", it.ctype()).to_ascii_lowercase(),
            None => it.ctype().to_ascii_lowercase(),
        },
        None => "application/octet-stream".to_string(),
    };
    let name = part
        .attachment_name()
        .map(base_name)
        .filter(|it| !it.is_empty());
    let name = name.unwrap_or_else(|| match &part.body {
        PartType::Message(inner) => format!("{}.eml", inner.subject().unwrap_or("message")),
        _ => {
            let ending = media_type.rsplit(['/', '+']).next().unwrap_or("bin");
            format!("unnamed.{ending}")
        }
    });
    Attachment {
        name,
        media_type,
        size: 0,
    }
}

/// Of its own bytes, and of those that were left out of it or cut off its end.
fn size(part: &MessagePart<'_>, raw: &Raw) -> u64 {
    let (start, end) = (
        part.raw_body_offset() as usize,
        part.raw_end_offset() as usize,
    );
    let there = match &part.body {
        // The parser keeps the outer message's bytes with one that is attached as it is.
        PartType::Message(_) if part.encoding == Encoding::None => end.saturating_sub(start),
        PartType::Message(inner) => inner.raw_message.len(),
        other => other.len(),
    };
    // Not what the parser made of it: it gives up on an encoding that breaks off.
    let is_base64 = part
        .content_transfer_encoding()
        .is_some_and(|it| it.eq_ignore_ascii_case("base64"));
    let inside = raw
        .gaps
        .iter()
        .filter(|gap| (start..=end).contains(&gap.at));
    let left_out: u64 = inside
        .map(|gap| if is_base64 { gap.decoded } else { gap.raw })
        .sum();
    let cut_off = match end >= raw.bytes.len() {
        // Lines of 76 letters and their ends hold 57 bytes.
        true if is_base64 => raw.missing / 78 * 57,
        true => raw.missing,
        false => 0,
    };
    there as u64 + left_out + cut_off
}

/// Some programs send whole paths.
fn base_name(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    name.chars()
        .filter(|it| !it.is_control() && !super::turns_text(*it))
        .collect::<String>()
        .trim()
        .to_string()
}
