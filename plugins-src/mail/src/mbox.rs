//! Reading an mbox message by message, however large the file is.
//!
//! Where a message begins is guessed in every mbox: here it is a line `From …` with a time of day in it, at the
//! start of the file or after an empty line. Quoted lines (`>From `) are given back as they were.

use memchr::memmem;
use remit_plugin::files::{Error, File};

/// A larger message is cut: its text comes first, and attachments that are not whole are still listed.
pub const MAX_MESSAGE: usize = 16 << 20;

const CHUNK: usize = 512 * 1024;

/// One message of an mbox.
pub struct Item {
    /// Where in the file its `From ` line begins.
    pub offset: u64,
    /// That line.
    pub from_line: String,
    /// The message, without that line, lines unquoted.
    pub bytes: Vec<u8>,
}

/// The messages of an mbox, in order.
pub struct Mbox {
    file: File,
    /// What was read and not yet given; it begins at `offset` in the file.
    buffer: Vec<u8>,
    offset: u64,
    ended: bool,
}

impl Mbox {
    /// Begins at `offset`, which must be 0 or where a message begins.
    pub fn open(path: &str, offset: u64) -> Result<Mbox, Error> {
        Ok(Mbox {
            file: File::open(path)?,
            buffer: Vec::new(),
            offset,
            ended: false,
        })
    }

    /// The next message; none at the end.
    pub fn next(&mut self) -> Result<Option<Item>, Error> {
        // Where to look for the next beginning: what was looked through is not looked through again.
        let mut from = 0;
        let mut cut = Vec::new();
        loop {
            if let Some(at) = boundary(&self.buffer, from) {
                return Ok(Some(self.take(at, cut)));
            }
            if self.ended {
                let all = self.buffer.len();
                return Ok((all > 0 || !cut.is_empty()).then(|| self.take(all, cut)));
            }
            // A boundary may be half read: step back by more than its fixed part is long.
            from = self.buffer.len().saturating_sub(200);
            let next = self.offset + self.buffer.len() as u64;
            let bytes = self.file.read_at(next, CHUNK)?;
            self.ended = bytes.is_empty();
            self.buffer.extend_from_slice(&bytes);
            if self.buffer.len() > MAX_MESSAGE + CHUNK {
                let keep = self.buffer.split_off(self.buffer.len() - CHUNK);
                let passed = std::mem::replace(&mut self.buffer, keep);
                from = self.buffer.len().saturating_sub(200);
                if cut.is_empty() {
                    cut = passed.clone();
                    cut.truncate(MAX_MESSAGE);
                    // The place of the message itself is needed later, so it goes along.
                    cut.extend_from_slice(&self.offset.to_le_bytes());
                }
                self.offset += passed.len() as u64;
            }
        }
    }

    /// Takes the first `length` bytes as a message; `cut` holds its beginning where it was too large to keep.
    fn take(&mut self, length: usize, mut cut: Vec<u8>) -> Item {
        let rest = self.buffer.split_off(length.min(self.buffer.len()));
        let bytes = std::mem::replace(&mut self.buffer, rest);
        let (offset, bytes) = match cut.len().checked_sub(8) {
            Some(end) => {
                let place = cut.split_off(end);
                let place = <[u8; 8]>::try_from(place.as_slice()).unwrap_or_default();
                (u64::from_le_bytes(place), cut)
            }
            None => (self.offset, bytes),
        };
        self.offset += length as u64;
        let (from_line, body) = match bytes.starts_with(b"From ") {
            true => {
                let end = memchr::memchr(b'\n', &bytes).map_or(bytes.len(), |it| it + 1);
                bytes.split_at_checked(end).unwrap_or((&bytes, &[]))
            }
            false => (&[][..], &bytes[..]),
        };
        Item {
            offset,
            from_line: String::from_utf8_lossy(from_line).trim_end().to_string(),
            bytes: unquoted(body),
        }
    }
}

/// Where the next message begins in `buffer`, at or after `from` and never at 0.
fn boundary(buffer: &[u8], from: usize) -> Option<usize> {
    let finder = memmem::find_iter(buffer.get(from..)?, b"\nFrom ");
    for found in finder {
        let at = from + found + 1;
        let before = buffer.get(..at - 1).unwrap_or_default();
        let after_empty = before.is_empty() || before.ends_with(b"\n") || before.ends_with(b"\n\r");
        let line = buffer.get(at..)?;
        // A line that is not whole yet is seen again when it is.
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
    line.len() < 400
        && line.windows(5).any(|it| match it {
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
        assert!(items[0].bytes.len() <= MAX_MESSAGE);
        assert_eq!(items[0].offset, 0);
        assert_eq!(items[1].offset as usize, second);
        assert!(items[1].bytes.starts_with(b"Subject: next"));
    }

    #[test]
    fn an_empty_file_has_no_messages_and_rubbish_is_one() {
        assert_eq!(items(b"").len(), 0);
        assert_eq!(items(b"\xff\xfe\0rubbish").len(), 1);
    }
}
