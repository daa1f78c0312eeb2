//! Reading an mbox message by message, however large the file is.
//!
//! Where a message begins is guessed in every mbox: here it is a line `From …` with a time of day in it, at the
//! start of the file or after an empty line. Quoted lines (`>From `) are given back as they were.

use memchr::memmem;
use remit_plugin::files::{Error, File};

/// A larger message is cut: its text comes first, and an attachment that is not whole is still listed.
pub const MAX_MESSAGE: usize = 16 << 20;

const CHUNK: usize = 512 * 1024;
/// More than a `From ` line and the empty line before it are long together.
const OVERLAP: usize = 1024;
const MAX_FROM_LINE: usize = 400;

/// One message of an mbox.
pub struct Item {
    /// Where in the file its `From ` line begins.
    pub offset: u64,
    /// That line.
    pub from_line: String,
    /// The message, without that line, lines unquoted.
    pub bytes: Vec<u8>,
    /// How many bytes at its end are not in `bytes`.
    pub missing: u64,
}

impl Item {
    fn new(offset: u64, bytes: &[u8], missing: u64) -> Item {
        let end = match bytes.starts_with(b"From ") {
            true => memchr::memchr(b'\n', bytes).map_or(bytes.len(), |it| it + 1),
            false => 0,
        };
        let (from_line, body) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
        Item {
            offset,
            from_line: String::from_utf8_lossy(from_line).trim_end().to_string(),
            bytes: unquoted(body),
            missing,
        }
    }
}

/// The messages of an mbox, in order.
pub struct Mbox {
    file: File,
    /// What was read; what is before `start` was given already.
    buffer: Vec<u8>,
    start: usize,
    /// Where in the file `start` is.
    offset: u64,
    ended: bool,
}

impl Mbox {
    /// Begins at `offset`, which must be 0 or where a message begins.
    pub fn open(path: &str, offset: u64) -> Result<Mbox, Error> {
        Ok(Mbox {
            file: File::open(path)?,
            buffer: Vec::new(),
            start: 0,
            offset,
            ended: false,
        })
    }

    /// The next message; none at the end.
    pub fn next(&mut self) -> Result<Option<Item>, Error> {
        let begin = self.offset;
        // Where to look for the next beginning: what was looked through is not looked through again.
        let mut from = 0;
        // Of a message that is too large: its beginning, and how much of it is no longer in the buffer.
        let (mut head, mut dropped) = (None::<Vec<u8>>, 0_u64);
        loop {
            let rest = self.buffer.get(self.start..).unwrap_or_default();
            let at = boundary(rest, from, dropped == 0).or(self.ended.then_some(rest.len()));
            if let Some(at) = at {
                let length = dropped + at as u64;
                if length == 0 {
                    return Ok(None);
                }
                let item = match head {
                    Some(head) => Item::new(begin, &head, length.saturating_sub(head.len() as u64)),
                    None => Item::new(begin, rest.get(..at).unwrap_or(rest), 0),
                };
                self.start += at;
                self.offset = begin + length;
                return Ok(Some(item));
            }
            // A boundary may be half read.
            from = rest.len().saturating_sub(OVERLAP / 2);
            self.buffer.drain(..self.start);
            self.start = 0;
            let most = if head.is_some() { CHUNK } else { MAX_MESSAGE };
            if self.buffer.len() > most {
                // Not copied: there is no room for twice a large message.
                let tail = self.buffer.split_off(self.buffer.len() - OVERLAP);
                let passed = std::mem::replace(&mut self.buffer, tail);
                dropped += passed.len() as u64;
                head = head.or(Some(passed));
                from = OVERLAP / 2;
            }
            let next = begin + dropped + self.buffer.len() as u64;
            let bytes = self.file.read_at(next, CHUNK)?;
            self.ended = bytes.is_empty();
            // Nor doubled, as `extend` would.
            self.buffer.reserve_exact(bytes.len());
            self.buffer.extend_from_slice(&bytes);
        }
    }
}

/// Where the next message begins in `buffer`, at or after `from` and never at 0; `is_first` if the buffer begins
/// where the message does.
fn boundary(buffer: &[u8], from: usize, is_first: bool) -> Option<usize> {
    for found in memmem::find_iter(buffer.get(from..)?, b"\nFrom ") {
        let at = from + found + 1;
        let before = buffer.get(..at - 1).unwrap_or_default();
        let after_empty =
            (before.is_empty() && is_first) || before.ends_with(b"\n") || before.ends_with(b"\n\r");
        let line = buffer.get(at..)?;
        // A line that is not whole yet is seen again when it is.
        let line = line.get(..MAX_FROM_LINE).unwrap_or(line);
        let Some(end) = memchr::memchr(b'\n', line) else {
            continue;
        };
        if after_empty && has_time(line.get(..end).unwrap_or_default()) {
            return Some(at);
        }
    }
    None
}

/// Whether there is a time of day, as in `From ana@example.org Mon Nov 16 09:00:00 2026`.
fn has_time(line: &[u8]) -> bool {
    line.windows(5).any(|it| match it {
        [a, b, b':', c, d] => [a, b, c, d].iter().all(|it| it.is_ascii_digit()),
        _ => false,
    })
}

/// Takes one `>` from each line that is `>From `, `>>From `, … , and the empty line before the next message.
fn unquoted(bytes: &[u8]) -> Vec<u8> {
    if memmem::find(bytes, b">From ").is_none() {
        return bytes.to_vec();
    }
    let mut out = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|it| *it == b'\n') {
        let quotes = line.iter().take_while(|it| **it == b'>').count();
        let is_quoted = quotes > 0
            && line
                .get(quotes..)
                .is_some_and(|it| it.starts_with(b"From "));
        out.extend_from_slice(line.get(usize::from(is_quoted)..).unwrap_or(line));
    }
    out
}

#[cfg(test)]
mod tests {
    use std::fs;

    use remit_plugin::testing::World;

    use super::*;

    fn items(bytes: &[u8]) -> Vec<Item> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x.mbox"), bytes).unwrap();
        World::new().mount("/mail", folder.path()).run(|| {
            let mut mbox = Mbox::open("/mail/x.mbox", 0).unwrap();
            std::iter::from_fn(|| mbox.next().unwrap()).collect()
        })
    }

    const FROM: &str = "From ana@example.org Mon Nov 16 09:00:00 2026";

    #[test]
    fn messages_begin_at_from_lines_after_empty_ones() {
        let text = format!(
            "{FROM}\nSubject: 1\n\nFrom me to you.\n\nFrom here on text\nx\n{FROM}\nstill text\n\n{FROM}\r\nSubject: 2\r\n\r\n>From quoted\n>>From twice\n"
        );
        let items = items(text.as_bytes());
        let subjects: Vec<_> = items
            .iter()
            .map(|it| String::from_utf8_lossy(&it.bytes).into_owned())
            .collect();
        assert_eq!(subjects.len(), 2, "{subjects:?}");
        assert!(subjects[0].contains("still text"));
        assert!(
            subjects[1].ends_with("From quoted\n>From twice\n"),
            "{subjects:?}"
        );
        assert_eq!(items[1].from_line, FROM);
        assert_eq!(items[1].offset as usize, text.rfind(FROM).unwrap());
    }

    #[test]
    fn a_message_is_found_again_at_its_offset_across_chunks() {
        let mut text = String::new();
        for i in 0..2000 {
            text.push_str(&format!(
                "{FROM}\nSubject: {i}\n\n{}\n\n",
                "body ".repeat(i % 300)
            ));
        }
        let all = items(text.as_bytes());
        assert_eq!(all.len(), 2000);
        for (i, item) in all.iter().enumerate() {
            assert!(
                item.bytes.starts_with(format!("Subject: {i}\n").as_bytes()),
                "{i}"
            );
            assert!(
                text[item.offset as usize..].starts_with(&format!("{FROM}\nSubject: {i}\n")),
                "{i}"
            );
        }
    }

    #[test]
    fn a_huge_message_is_cut_and_the_next_one_is_whole() {
        let mut bytes = format!("{FROM}\nSubject: big\n\n").into_bytes();
        bytes.extend(b"0123456789012345678901234567890123456789\n".repeat(1 << 19));
        let second = bytes.len() + 1;
        bytes.extend(format!("\n{FROM}\nSubject: next\n\nhello\n").as_bytes());
        let items = items(&bytes);
        assert_eq!(items.len(), 2);
        assert!(items[0].bytes.len() <= MAX_MESSAGE + CHUNK);
        let from_line = FROM.len() + 1;
        let all = from_line + items[0].bytes.len() + items[0].missing as usize;
        assert_eq!(all, second);
        assert_eq!(items[0].offset, 0);
        assert_eq!(items[1].offset as usize, second);
        assert!(items[1].bytes.starts_with(b"Subject: next"));
    }

    #[test]
    fn a_huge_message_ends_where_the_next_begins_wherever_chunks_are_cut() {
        for extra in [0, 20, 511, 512, 513] {
            let mut bytes = format!("{FROM}\n\n").into_bytes();
            bytes.resize(MAX_MESSAGE + 3 * CHUNK - 30 + extra, b'x');
            let second = bytes.len() + 2;
            bytes.extend(format!("\n\n{FROM}\nSubject: next\n\nhello\n").as_bytes());
            let items = items(&bytes);
            assert_eq!(items.len(), 2, "{extra}");
            assert_eq!(items[1].offset as usize, second, "{extra}");
        }
    }

    #[test]
    fn an_empty_file_has_no_messages_and_rubbish_is_one() {
        assert_eq!(items(b"").len(), 0);
        assert_eq!(items(b"\xff\xfe\0rubbish").len(), 1);
    }
}
