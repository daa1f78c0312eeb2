//! What a message may hold at most, so that no stranger's message ends the search of a whole mailbox: the parser
//! makes objects of headers, addresses and parts that are many times as large as their bytes, and goes down into
//! messages in messages on the stack.

use memchr::memmem;

use super::charset;
use super::gaps::{self, Gap};

/// A longer header is cut. The largest that programs send, with the traces of many relays, have a tenth of it.
const MAX_HEAD: usize = 256 * 1024;
/// A message is cut where the next part would be one too many; in text alone, lines that begin with `--` count too.
const MAX_PARTS: usize = 2000;
/// A message is cut here, what was left out of its attachments not counted.
const MAX_REST: usize = 1536 * 1024;

/// The bytes of a message as the parser can take them.
pub struct Bounded {
    pub bytes: Vec<u8>,
    /// What was left out inside, in order.
    pub gaps: Vec<Gap>,
    /// How many bytes were cut off at the end.
    pub cut: u64,
}

/// A header in UTF-8, no long attachments, and nothing else without bound.
pub fn bounded(bytes: Vec<u8>) -> Bounded {
    let mut bytes = charset::with_utf8_head(bytes);
    let end = head_end(&bytes);
    if end > MAX_HEAD {
        let keep = bytes.get(..MAX_HEAD).unwrap_or_default();
        let line = memchr::memrchr(b'\n', keep).map_or(MAX_HEAD, |at| at + 1);
        bytes.drain(line..end);
    }
    let gaps = gaps::leave_out(&mut bytes);
    let length = bytes.len();
    bytes.truncate(MAX_REST);
    if let Some(at) = one_too_many(&bytes) {
        bytes.truncate(at);
    }
    bytes.shrink_to_fit();
    let cut = (length - bytes.len()) as u64;
    Bounded { bytes, gaps, cut }
}

/// Where the empty line after the header begins; the end where there is none.
pub(super) fn head_end(bytes: &[u8]) -> usize {
    ["\r\n\r\n", "\n\n"]
        .iter()
        .filter_map(|it| Some(memmem::find(bytes, it.as_bytes())? + it.len() / 2))
        .min()
        .unwrap_or(bytes.len())
}

/// Where the first part is that is one too many: each begins with a line `--…`, or is a message in a message.
fn one_too_many(bytes: &[u8]) -> Option<usize> {
    let mut lines = memmem::find_iter(bytes, b"\n--");
    let by_line = lines.nth(MAX_PARTS);
    let mut messages = memchr::memchr_iter(b'/', bytes).filter(|at| {
        at.checked_sub(b"message".len())
            .and_then(|start| bytes.get(start..*at))
            .is_some_and(|word| word.eq_ignore_ascii_case(b"message"))
    });
    let by_message = messages.nth(MAX_PARTS);
    by_line.into_iter().chain(by_message).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ordinary_message_is_left_alone() {
        let message = b"Subject: x\r\n\r\ntext\r\n-- \r\nsignature\r\n".to_vec();
        let bounded = bounded(message.clone());
        assert_eq!((bounded.bytes, bounded.cut), (message, 0));
    }

    #[test]
    fn a_header_without_end_is_cut_at_a_line() {
        let line = b"X-Line: 0123456789\n";
        let mut message = line.repeat(100_000);
        message.extend(b"\nbody");
        let cut = bounded(message);
        assert!(cut.bytes.len() <= MAX_HEAD + 6 && cut.bytes.ends_with(b"9\n\nbody"));
        assert_eq!(cut.cut, 0);
        assert_eq!(bounded(vec![b'x'; MAX_HEAD * 2]).bytes.len(), MAX_HEAD);
    }

    #[test]
    fn parts_without_end_are_cut() {
        for part in ["\n--b\n\n", "\n\nContent-Type: Message/rfc822\n\n"] {
            let many = format!("Subject: x\n\n{}", part.repeat(MAX_PARTS * 2));
            let length = many.len();
            let cut = bounded(many.into_bytes());
            assert!(
                cut.cut > 0 && cut.bytes.len() + cut.cut as usize == length,
                "{part:?}"
            );
            let few = format!("Subject: x\n\n{}", part.repeat(MAX_PARTS / 2));
            assert_eq!(bounded(few.into_bytes()).cut, 0, "{part:?}");
        }
    }
}
