//! Reads the escapes that a server may spell a text with, and remembers where each byte came from.

use std::ops::Range;

use memchr::memchr3;

/// The longest escape that is read, in bytes: `&#x0000041;`, with the zeros that HTML allows.
#[cfg(test)]
pub(crate) const LONGEST: usize = 11;

/// How many digits of a number in an escape are read.
const DIGITS: usize = 7;

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

    /// The same plain bytes, with their places in the text that `outer` came from: this is `outer`, unescaped.
    pub(crate) fn within(mut self, outer: &Unescaped) -> Unescaped {
        for start in &mut self.starts {
            *start = outer.start_of(*start);
        }
        self
    }
}

/// The text without its escapes, or none if it has none. With `last`, an escape that the end cuts off is none either.
///
/// An escape is decoded once: `%2541` is `%41`, as it was before it was sent.
pub(crate) fn unescape(text: &[u8], last: bool) -> Option<Unescaped> {
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
    let mut changed = false;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let (byte, len) = match escape(rest) {
            Escape::Is(byte, len) => {
                changed = true;
                (byte, len)
            }
            Escape::Unfinished if !last => {
                changed = true;
                break;
            }
            Escape::No | Escape::Unfinished => (rest.first().copied().unwrap_or_default(), 1),
        };
        plain.bytes.push(byte);
        plain.starts.push(at);
        at += len;
    }
    plain.starts.push(at);
    changed.then_some(plain)
}

#[derive(Clone, Copy)]
enum Escape {
    /// An escape of this byte, in so many bytes.
    Is(u8, usize),
    /// Not an escape: the first byte stands for itself.
    No,
    /// The text ends before that can be said.
    Unfinished,
}

fn escape(text: &[u8]) -> Escape {
    match text {
        [b'%', b'u' | b'U', digits @ ..] => fixed(2, digits, 4),
        [b'%', digits @ ..] => fixed(1, digits, 2),
        [b'\\', b'u', b'{', digits @ ..] => braced(3, digits),
        [b'\\', b'u', digits @ ..] => fixed(2, digits, 4),
        [b'\\', b'U', digits @ ..] => fixed(2, digits, 8),
        [b'\\', b'x', digits @ ..] => fixed(2, digits, 2),
        [b'\\', byte @ (b'/' | b'"' | b'\\' | b'\''), ..] => Escape::Is(*byte, 2),
        [b'\\'] => Escape::Unfinished,
        [b'&', b'#', b'x' | b'X', digits @ ..] => number(3, digits, 16),
        [b'&', b'#', digits @ ..] => number(2, digits, 10),
        [b'&', name @ ..] => entity(name),
        _ => Escape::No,
    }
}

/// Exactly `len` hexadecimal digits, after a lead of so many bytes.
fn fixed(lead: usize, digits: &[u8], len: usize) -> Escape {
    let digits = digits.get(..len).unwrap_or(digits);
    match (value(digits, 16), digits.len() == len) {
        (Some(byte), true) => Escape::Is(byte, lead + len),
        // Too few, but each of them could still be the beginning.
        (Some(_), false) => Escape::Unfinished,
        (None, _) => Escape::No,
    }
}

/// Digits up to a `}`.
fn braced(lead: usize, digits: &[u8]) -> Escape {
    let len = run(digits, 16);
    match (
        value(digits.get(..len).unwrap_or_default(), 16),
        digits.get(len),
    ) {
        (Some(byte), Some(b'}')) if len > 0 => Escape::Is(byte, lead + len + 1),
        (Some(_), None) if len <= DIGITS => Escape::Unfinished,
        _ => Escape::No,
    }
}

/// Digits up to a `;`, which HTML lets a careless writer leave out.
fn number(lead: usize, digits: &[u8], radix: u32) -> Escape {
    let len = run(digits, radix);
    match (
        value(digits.get(..len).unwrap_or_default(), radix),
        digits.get(len),
    ) {
        (Some(_), None) if len <= DIGITS => Escape::Unfinished,
        (Some(byte), Some(b';')) if len > 0 => Escape::Is(byte, lead + len + 1),
        (Some(byte), Some(_)) if len > 0 => Escape::Is(byte, lead + len),
        _ => Escape::No,
    }
}

/// How many digits the text begins with: at most one more than is read, which is then too many.
fn run(text: &[u8], radix: u32) -> usize {
    let digits = text.iter().take(DIGITS + 1);
    digits
        .take_while(|b| char::from(**b).is_digit(radix))
        .count()
}

/// The ASCII character of that number: a secret has no other. No digits are the number 0.
fn value(digits: &[u8], radix: u32) -> Option<u8> {
    if digits.len() > DIGITS + 1 {
        return None;
    }
    let mut number = 0_u32;
    for digit in digits {
        number = number * radix + char::from(*digit).to_digit(radix)?;
    }
    u8::try_from(number).ok().filter(u8::is_ascii)
}

/// What HTML writes for the characters of ASCII, `rest` being what follows the `&`.
fn entity(rest: &[u8]) -> Escape {
    const ENTITIES: [(&[u8], u8); 37] = [
        (b"amp;", b'&'),
        (b"AMP;", b'&'),
        (b"lt;", b'<'),
        (b"LT;", b'<'),
        (b"gt;", b'>'),
        (b"GT;", b'>'),
        (b"quot;", b'"'),
        (b"QUOT;", b'"'),
        (b"apos;", b'\''),
        (b"excl;", b'!'),
        (b"num;", b'#'),
        (b"dollar;", b'$'),
        (b"percnt;", b'%'),
        (b"lpar;", b'('),
        (b"rpar;", b')'),
        (b"ast;", b'*'),
        (b"plus;", b'+'),
        (b"comma;", b','),
        (b"period;", b'.'),
        (b"sol;", b'/'),
        (b"colon;", b':'),
        (b"semi;", b';'),
        (b"equals;", b'='),
        (b"quest;", b'?'),
        (b"commat;", b'@'),
        (b"lsqb;", b'['),
        (b"lbrack;", b'['),
        (b"bsol;", b'\\'),
        (b"rsqb;", b']'),
        (b"rbrack;", b']'),
        (b"Hat;", b'^'),
        (b"lowbar;", b'_'),
        (b"grave;", b'`'),
        (b"lcub;", b'{'),
        (b"verbar;", b'|'),
        (b"vert;", b'|'),
        (b"rcub;", b'}'),
    ];
    for (name, byte) in ENTITIES {
        if rest.starts_with(name) {
            return Escape::Is(byte, name.len() + 1);
        }
    }
    if ENTITIES.iter().any(|(name, _)| name.starts_with(rest)) {
        return Escape::Unfinished;
    }
    Escape::No
}
