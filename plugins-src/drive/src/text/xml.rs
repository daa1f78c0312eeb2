//! XML as a row of tags and texts. What is malformed ends the row: what came before it is kept.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// A tag or a text; names without their prefix.
pub enum Piece<'x> {
    Open(&'x Tag<'x>),
    Close(&'x str),
    Text(&'x str),
}

/// An opening tag.
pub struct Tag<'x> {
    pub name: &'x str,
    start: &'x BytesStart<'x>,
}

impl Tag<'_> {
    /// An attribute's value by its name without prefix.
    pub fn attribute(&self, name: &str) -> Option<String> {
        let mut all = self.start.attributes();
        let found = all
            .with_checks(false)
            .flatten()
            .find(|it| local(it.key.as_ref()) == name)?;
        Some(unescape(&found.value))
    }
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

fn unescape(text: &str) -> String {
    match quick_xml::escape::unescape(text) {
        Ok(text) => text.into_owned(),
        Err(_) => text.to_string(),
    }
}

/// Gives each piece to `act`, until it says to stop.
pub fn each(xml: &str, mut act: impl FnMut(Piece<'_>) -> bool) {
    let mut reader = Reader::from_str(xml);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    loop {
        let go_on = match reader.read_event() {
            Ok(Event::Start(start)) => {
                let name = start.name();
                act(Piece::Open(&Tag {
                    name: local(name.as_ref()),
                    start: &start,
                }))
            }
            Ok(Event::Empty(start)) => {
                let name = start.name();
                let name = local(name.as_ref());
                act(Piece::Open(&Tag {
                    name,
                    start: &start,
                })) && act(Piece::Close(name))
            }
            Ok(Event::End(end)) => act(Piece::Close(local(end.name().as_ref()))),
            Ok(Event::Text(text)) => act(Piece::Text(&text.into_inner())),
            Ok(Event::CData(data)) => act(Piece::Text(&data.into_inner())),
            Ok(Event::GeneralRef(reference)) => {
                let escaped = format!("&{};", reference.into_inner());
                act(Piece::Text(&unescape(&escaped)))
            }
            Ok(Event::Eof) | Err(_) => return,
            Ok(_) => true,
        };
        if !go_on {
            return;
        }
    }
}

/// The text in the first element of that name.
pub fn text_of(xml: &str, name: &str) -> String {
    let (mut inside, mut out) = (false, String::new());
    each(xml, |piece| {
        match piece {
            Piece::Open(tag) if tag.name == name => inside = true,
            Piece::Close(closed) if closed == name => return false,
            Piece::Text(text) if inside => out.push_str(text),
            _ => {}
        }
        true
    });
    out.trim().to_string()
}

/// XML is UTF-8 or, where it begins so, UTF-16.
pub fn decode(bytes: Vec<u8>) -> String {
    use super::decode::{Encoding, decode};
    match bytes.as_slice() {
        [0xff, 0xfe, ..] => decode(&bytes, Encoding::Utf16Le),
        [0xfe, 0xff, ..] => decode(&bytes, Encoding::Utf16Be),
        // Without a copy where it is what it should be: a part may be large.
        _ => String::from_utf8(bytes)
            .unwrap_or_else(|it| String::from_utf8_lossy(it.as_bytes()).into_owned()),
    }
}
