//! One after another, the messages of a folder as they lie there.

use remit_plugin::files::{self, File, Kind};
use remit_plugin::{Fault, log};

use crate::folders::{Folder, Form, is_eml};
use crate::id::Id;
use crate::mbox::{Item, MAX_MESSAGE, Mbox};
use crate::message::{self, Gap};

/// A message as it lies in its folder.
pub struct Raw {
    pub id: Id,
    /// What the folder itself says; none where only the message's own headers can.
    pub unread: Option<bool>,
    /// When it came, in seconds since 1970, as far as the folder says: for messages that have no date.
    pub received: Option<i64>,
    pub bytes: Vec<u8>,
    /// What was left out of `bytes`.
    pub gaps: Vec<Gap>,
    /// How many bytes at its end are not in `bytes`, since it is too large.
    pub missing: u64,
}

/// What to do after a message.
#[derive(PartialEq, Eq)]
pub enum Go {
    On,
    Stop,
}

/// Gives each message of a folder to `act`, in the folder's order. A message that cannot be read is left out and
/// logged.
pub fn each(folder: &Folder, act: &mut dyn FnMut(Raw) -> Go) -> Result<(), Fault> {
    match folder.form {
        Form::Mbox => each_of_mbox(folder, act),
        Form::Maildir | Form::Eml => {
            for place in places(folder)? {
                let raw = match place.load() {
                    Ok(raw) => raw,
                    Err(error) => {
                        log::warn(&format!("left out: {error}"));
                        continue;
                    }
                };
                if act(raw) == Go::Stop {
                    break;
                }
            }
            Ok(())
        }
    }
}

fn each_of_mbox(folder: &Folder, act: &mut dyn FnMut(Raw) -> Go) -> Result<(), Fault> {
    let mut mbox = Mbox::open(&folder.path, 0)?;
    while let Some(item) = mbox.next()? {
        if act(of_mbox(folder, item)) == Go::Stop {
            break;
        }
    }
    Ok(())
}

fn of_mbox(folder: &Folder, item: Item) -> Raw {
    let mark = mark(&item.bytes, &item.from_line);
    let bounded = message::bounded(item.bytes);
    Raw {
        id: Id::new(folder.mark, &mark, Some(item.offset)),
        unread: None,
        received: from_line_date(&item.from_line),
        bytes: bounded.bytes,
        gaps: bounded.gaps,
        missing: item.missing + bounded.cut,
    }
}

/// The one message with this id.
pub fn find(folder: &Folder, id: &Id) -> Result<Option<Raw>, Fault> {
    if folder.form != Form::Mbox {
        let place = places(folder)?.into_iter().find(|it| it.id == *id);
        return Ok(place.map(|it| it.load()).transpose()?);
    }
    // Where it was last seen, else (mail before it was removed) wherever it is now.
    let size = files::metadata(&folder.path)?.size;
    if let Some(offset) = id.offset.filter(|it| *it < size) {
        let there = Mbox::open(&folder.path, offset)?.next()?;
        if let Some(raw) = there
            .map(|item| of_mbox(folder, item))
            .filter(|it| it.id.mark == id.mark)
        {
            return Ok(Some(raw));
        }
    }
    let mut found = None;
    each_of_mbox(folder, &mut |raw| {
        if raw.id.mark == id.mark {
            found = Some(raw);
            return Go::Stop;
        }
        Go::On
    })?;
    Ok(found)
}

/// A message that is a file of its own.
pub struct Place {
    pub id: Id,
    path: String,
    pub unread: Option<bool>,
    received: Option<i64>,
}

impl Place {
    fn load(&self) -> Result<Raw, files::Error> {
        let file = File::open(&self.path)?;
        let about = file.metadata()?;
        let mut bytes = Vec::new();
        while bytes.len() < MAX_MESSAGE {
            let more = file.read_at(bytes.len() as u64, CHUNK)?;
            if more.is_empty() {
                break;
            }
            bytes.reserve_exact(more.len());
            bytes.extend_from_slice(&more);
        }
        let missing = about.size.saturating_sub(bytes.len() as u64);
        if self.path.ends_with(".emlx") {
            bytes = without_count(bytes);
        }
        let seconds = |it: u64| i64::try_from(it).ok();
        let received = match self.received {
            None => about.modified.and_then(seconds),
            known => known,
        };
        let bounded = message::bounded(bytes);
        Ok(Raw {
            id: self.id.clone(),
            unread: self.unread,
            received,
            bytes: bounded.bytes,
            gaps: bounded.gaps,
            missing: missing + bounded.cut,
        })
    }
}

const CHUNK: usize = 256 * 1024;

/// The files of a Maildir or of a folder of .eml files, by name.
pub fn places(folder: &Folder) -> Result<Vec<Place>, Fault> {
    let mut places = Vec::new();
    if folder.form == Form::Eml {
        for entry in files::read_dir(&folder.path)?.into_iter().filter(is_eml) {
            let id = Id::new(folder.mark, entry.name.as_bytes(), None);
            let path = format!("{}/{}", folder.path, entry.name);
            places.push(Place {
                id,
                path,
                unread: None,
                received: None,
            });
        }
        return Ok(places);
    }
    for sub in ["cur", "new"] {
        let path = format!("{}/{sub}", folder.path);
        let entries = match files::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind == files::ErrorKind::NotFound => continue,
            Err(error) => return Err(error.into()),
        };
        for entry in entries {
            if entry.kind != Kind::File || entry.name.starts_with('.') {
                continue;
            }
            let (base, flags) = split_name(&entry.name);
            places.push(Place {
                // Not the flags, nor which of the two folders it is in: reading a message changes both.
                id: Id::new(folder.mark, base.as_bytes(), None),
                unread: Some(sub == "new" || !flags.contains('S')),
                received: base
                    .split('.')
                    .next()
                    .and_then(|it| it.parse().ok())
                    .filter(|it| *it > 0),
                path: format!("{path}/{}", entry.name),
            });
        }
    }
    Ok(places)
}

/// A Maildir's file name is a unique part, and after `:2,` (`;2,` or `!2,` where a colon cannot be) its flags.
fn split_name(name: &str) -> (&str, &str) {
    for mark in [":2,", ";2,", "!2,"] {
        if let Some(parts) = name.split_once(mark) {
            return parts;
        }
    }
    (name, "")
}

/// Apple's .emlx begins with a line that counts bytes.
fn without_count(bytes: Vec<u8>) -> Vec<u8> {
    match memchr::memchr(b'\n', &bytes) {
        Some(end)
            if bytes
                .iter()
                .take(end)
                .all(|it| it.is_ascii_digit() || *it == b' ') =>
        {
            bytes.get(end + 1..).unwrap_or_default().to_vec()
        }
        _ => bytes,
    }
}

/// What tells a message in an mbox from the others: its Message-ID, else the headers that nobody rewrites.
fn mark(bytes: &[u8], from_line: &str) -> Vec<u8> {
    let mut mark = Vec::new();
    let mut message_id = Vec::new();
    let mut wanted = false;
    for line in bytes.split_inclusive(|it| *it == b'\n').take(500) {
        if matches!(line, b"\n" | b"\r\n") {
            break;
        }
        let folded = line.starts_with(b" ") || line.starts_with(b"\t");
        if !folded {
            let name = line
                .split(|it| *it == b':')
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase();
            wanted = matches!(name.as_slice(), b"date" | b"from" | b"subject" | b"to");
            if name == b"message-id" {
                message_id = line
                    .get(b"message-id:".len()..)
                    .unwrap_or_default()
                    .trim_ascii()
                    .to_vec();
            }
        } else if message_id.is_empty() && mark.is_empty() {
            // A Message-ID on a line of its own.
            message_id = line.trim_ascii().to_vec();
            if !message_id.starts_with(b"<") {
                message_id.clear();
            }
        }
        if wanted {
            mark.extend_from_slice(line.trim_ascii());
        }
    }
    if message_id.len() > 2 {
        return message_id;
    }
    mark.extend_from_slice(from_line.as_bytes());
    mark
}

/// `From ana@example.org Mon Nov 16 09:00:00 2026` says when it came.
fn from_line_date(line: &str) -> Option<i64> {
    let mut words = line.split_whitespace().skip(2);
    let rest: Vec<&str> = words.by_ref().take(6).collect();
    // Weekday Month Day Time [Zone] Year: put into the order that mail dates have.
    if let [_, month, day, time, .., year] = rest.as_slice() {
        let date =
            mail_parser::DateTime::parse_rfc822(&format!("{day} {month} {year} {time} +0000"))?;
        return date.is_valid().then(|| date.to_timestamp());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_from_line_says_when_it_came() {
        assert_eq!(
            from_line_date("From ana@example.org Mon Nov 16 09:00:00 2026"),
            Some(1_794_819_600)
        );
        assert_eq!(
            from_line_date("From MAILER-DAEMON Mon Nov 16 09:00:00 +0000 2026"),
            Some(1_794_819_600)
        );
        assert_eq!(from_line_date("From nobody"), None);
        assert_eq!(from_line_date(""), None);
    }

    #[test]
    fn a_mark_does_not_change_with_the_flags() {
        let with = |status: &str| format!("{status}Message-ID: <a@b>\nSubject: x\n\nbody");
        assert_eq!(
            mark(with("").as_bytes(), ""),
            mark(with("Status: RO\n").as_bytes(), "")
        );
        let without = |status: &str| format!("{status}Subject: x\nDate: 1\n\nbody");
        assert_eq!(
            mark(without("").as_bytes(), "f"),
            mark(without("Status: RO\n").as_bytes(), "f")
        );
        assert_ne!(mark(b"Subject: x\n\n", "f"), mark(b"Subject: y\n\n", "f"));
    }
}
