//! Reads the escapes that a server may spell a text with, and remembers where each byte came from.

use std::ops::Range;

use memchr::memchr3;

/// The longest escape that is read, in bytes: `&quot;` and `\u0041`.
const LONGEST: usize = 6;

/// A text without its escapes.
pub(crate) struct Unescaped {
    /// The plain bytes.
    pub(crate) bytes: Vec<u8>,
    /// Where each plain byte begins in the source; one more entry for the end: where an escape begins that the text's
    /// end cuts off, or that end itself.
    starts: Vec<usize>,
}

impl Unescaped {
    /// The stretch of source that a stretch of plain bytes came from.
    pub(crate) fn source(&self, at: Range<usize>) -> Range<usize> {
        self.start_of(at.start)..self.start_of(at.end)
    }

    /// Where in the source the plain byte `at` begins.
    pub(crate) fn start_of(&self, at: usize) -> usize {
        let start = self.starts.get(at).or(self.starts.last());
        start.copied().unwrap_or_default()
    }
}

/// The text without its escapes, or none if it has none.
///
/// An escape is decoded once: `%2541` is `%41`, as it was before it was sent.
pub(crate) fn unescape(text: &[u8]) -> Option<Unescaped> {
    let first = memchr3(b'%', b'\\', b'&', text)?;
    let mut plain = Unescaped {
        bytes: Vec::with_capacity(text.len()),
        starts: Vec::with_capacity(text.len() + 1),
    };
    plain
        .bytes
        .extend_from_slice(text.get(..first).unwrap_or_default());
    plain.starts.extend(0..first);
    let mut at = first;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let (byte, len) = match escape(rest) {
            Escape::Is(byte, len) => (byte, len),
            Escape::No(byte) => (byte, 1),
            Escape::Unfinished => break,
        };
        plain.bytes.push(byte);
        plain.starts.push(at);
        at += len;
    }
    plain.starts.push(at);
    Some(plain)
}

enum Escape {
    /// An escape of this byte, in so many bytes.
    Is(u8, usize),
    /// Not an escape: this very byte.
    No(u8),
    /// The text ends before that can be said.
    Unfinished,
}

fn escape(text: &[u8]) -> Escape {
    let Some((&first, rest)) = text.split_first() else {
        return Escape::Unfinished;
    };
    match (first, rest) {
        (b'%', [high, low, ..]) => spelled(first, hex_byte(*high, *low), 3),
        (b'%', [high]) if high.is_ascii_hexdigit() => Escape::Unfinished,
        (b'\\', [b'u', b'0', b'0', high, low, ..]) => {
            spelled(first, hex_byte(*high, *low), LONGEST)
        }
        (b'\\', [b'u', more @ ..]) if more.len() < 4 => unfinished_unicode(first, more),
        (b'\\', [b'x', high, low, ..]) => spelled(first, hex_byte(*high, *low), 4),
        (b'\\', [b'x']) => Escape::Unfinished,
        (b'\\', [b'x', high]) if high.is_ascii_hexdigit() => Escape::Unfinished,
        (b'\\', [byte @ (b'/' | b'"' | b'\\' | b'\''), ..]) => Escape::Is(*byte, 2),
        (b'&', _) => entity(rest),
        (b'%' | b'\\', []) => Escape::Unfinished,
        _ => Escape::No(first),
    }
}

fn spelled(first: u8, byte: Option<u8>, len: usize) -> Escape {
    byte.map_or(Escape::No(first), |byte| Escape::Is(byte, len))
}

/// `\u`, `\u0`, `\u00` and `\u004`, with no more text.
fn unfinished_unicode(first: u8, more: &[u8]) -> Escape {
    let zeros = more.iter().take(2).all(|b| *b == b'0');
    let digits = more.iter().all(u8::is_ascii_hexdigit);
    if zeros && digits {
        Escape::Unfinished
    } else {
        Escape::No(first)
    }
}

/// What HTML writes for the characters that it cannot have in a text, `rest` being what follows the `&`.
fn entity(rest: &[u8]) -> Escape {
    const ENTITIES: [(&[u8], u8); 9] = [
        (b"amp;", b'&'),
        (b"lt;", b'<'),
        (b"gt;", b'>'),
        (b"quot;", b'"'),
        (b"#34;", b'"'),
        (b"#39;", b'\''),
        (b"#x27;", b'\''),
        (b"#x2F;", b'/'),
        (b"#47;", b'/'),
    ];
    for (name, byte) in ENTITIES {
        if rest.starts_with(name) {
            return Escape::Is(byte, name.len() + 1);
        }
    }
    if ENTITIES.iter().any(|(name, _)| name.starts_with(rest)) {
        return Escape::Unfinished;
    }
    Escape::No(b'&')
}

fn hex_byte(high: u8, low: u8) -> Option<u8> {
    let digit = |b: u8| {
        char::from(b)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    Some(digit(high)? * 16 + digit(low)?)
}
