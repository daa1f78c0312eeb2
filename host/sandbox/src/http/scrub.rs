//! Takes secrets out of what a server sends back.
//!
//! A server that was given a secret can echo it: in a debug page, an error, a redirect. The guest sees stars in its
//! place, of the same length, so that lengths and structure stay true. It is found as it is; in base64 (both
//! alphabets, with and without padding, at all three alignments); in hex; in UTF-16; and in any of these with
//! characters spelled as `%41`, `\u0041`, `\/` or HTML entities, one within the other too: `%2541`, `\u0026#65;`. Of a
//! secret that is base64 of readable text, as Basic credentials are, the text and its password are secrets as well.
//! A stream is searched across the borders of its chunks.
//!
//! A server that *wants* to leak the secret to the guest can (reversed, by the bit, in another order): it holds the
//! secret anyway, and the grant that gave it says so. This is against accidents and against guests that provoke them.

use std::fmt;
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::unescape::{Unescaped, unescape};
use crate::secrets::MIN_SECRET;

/// What stands in a secret's place.
const MASK: u8 = b'*';

/// How many escapes may stand one within the other: a link, in a link's query, in a JSON text.
const LAYERS: usize = 3;

/// The spellings of one call's secrets, ready to be searched for.
pub(crate) struct Scrubber {
    /// Where case matters: raw, UTF-16 and base64.
    exact: Needles,
    /// Where it does not: hex.
    folded: Needles,
    /// All of them without case, for header names, which arrive in lower case.
    anywhere: AhoCorasick,
}

struct Needles {
    /// In bytes.
    longest: usize,
    search: AhoCorasick,
}

impl fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scrubber(…)")
    }
}

/// The search could not be set up: the secrets are too many or too long for it.
#[derive(Debug)]
pub(crate) struct TooMuch;

impl Scrubber {
    /// A scrubber for all of these secrets.
    pub(crate) fn new<'a>(
        secrets: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Scrubber, TooMuch> {
        let (mut exact, mut folded) = (Vec::new(), Vec::new());
        for secret in secrets {
            let decoded = decoded(secret);
            let password = decoded.as_deref().and_then(|text| password(text));
            for secret in [
                Some(secret),
                decoded.as_deref().map(Vec::as_slice),
                password,
            ]
            .into_iter()
            .flatten()
            {
                exact.push(secret.to_vec());
                exact.push(wide(secret));
                exact.extend(softened(secret));
                folded.push(hex(secret));
                for lead in 0..3 {
                    exact.push(base64_core(&STANDARD_NO_PAD, secret, lead));
                    exact.push(base64_core(&URL_SAFE_NO_PAD, secret, lead));
                }
            }
        }
        for words in [&mut exact, &mut folded] {
            words.sort();
            words.dedup();
        }
        let anywhere = automaton(exact.iter().chain(&folded), true)?;
        Ok(Scrubber {
            exact: Needles::new(&exact, false)?,
            folded: Needles::new(&folded, true)?,
            anywhere,
        })
    }

    /// Whether a header's name spells a secret.
    pub(crate) fn found_in_name(&self, name: &str) -> bool {
        self.anywhere.is_match(name)
    }

    /// The whole of a short text with its secrets masked, or none if it holds none.
    pub(crate) fn scrub(&self, text: &[u8]) -> Option<Vec<u8>> {
        let (found, _) = self.look(text, true);
        if found.is_empty() {
            return None;
        }
        let mut out = text.to_vec();
        mask(&mut out, found);
        Some(out)
    }

    /// Every stretch of `text` that spells a secret; and from where on it must wait for what follows, if anything does.
    ///
    /// As much waits as the longest spelling has, less one, *whatever the text is*. To hold back only what begins
    /// like a secret would tell a guest, which sees when bytes arrive and may have a server say what it likes, whether
    /// its guess of the first character is right, and then of the second.
    fn look(&self, text: &[u8], last: bool) -> (Vec<Range<usize>>, usize) {
        let longest = self.exact.longest.max(self.folded.longest);
        let wait = longest.saturating_sub(1);
        let mut found: Vec<_> = self.find(text).collect();
        let mut go = text.len().saturating_sub(wait);
        let mut layer: Option<Unescaped> = None;
        for _ in 0..LAYERS {
            let next = match &layer {
                None => unescape(text, last),
                Some(outer) => unescape(&outer.bytes, last).map(|inner| inner.within(outer)),
            };
            let Some(next) = next else { break };
            found.extend(self.find(&next.bytes).map(|at| next.source(at)));
            // Never later than in the layer around it: a plain byte is at least one byte of that.
            go = next.start_of(next.bytes.len().saturating_sub(wait));
            layer = Some(next);
        }
        (found, go)
    }

    fn find(&self, text: &[u8]) -> impl Iterator<Item = Range<usize>> {
        self.exact.find(text).chain(self.folded.find(text))
    }
}

impl Needles {
    fn new(words: &[Vec<u8>], folded: bool) -> Result<Needles, TooMuch> {
        Ok(Needles {
            longest: words.iter().map(Vec::len).max().unwrap_or(0),
            search: automaton(words.iter(), folded)?,
        })
    }

    fn find(&self, text: &[u8]) -> impl Iterator<Item = Range<usize>> {
        self.search
            .find_overlapping_iter(text)
            .map(|found| found.range())
    }
}

fn automaton<'a>(
    words: impl Iterator<Item = &'a Vec<u8>>,
    folded: bool,
) -> Result<AhoCorasick, TooMuch> {
    AhoCorasick::builder()
        // Overlapping matches are all wanted: of two secrets that overlap, neither may keep an end uncovered.
        .match_kind(MatchKind::Standard)
        .ascii_case_insensitive(folded)
        .build(words)
        .map_err(|_| TooMuch)
}

/// The part of a base64 text that only `secret` decides, if `lead` bytes (modulo 3) stand before it.
fn base64_core(engine: &impl Engine, secret: &[u8], lead: usize) -> Vec<u8> {
    let mut bytes = vec![0; lead];
    bytes.extend_from_slice(secret);
    let text = engine.encode(&bytes).into_bytes();
    // A character is 6 bits: those that hold a bit of the lead, or of what follows the secret, are not decided by it.
    let first = (lead * 8).div_ceil(6);
    let end = bytes.len() * 8 / 6;
    text.get(first..end).unwrap_or_default().to_vec()
}

/// The text that the secret is the base64 of, if it is that of readable text.
fn decoded(secret: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let end = secret.iter().rposition(|b| *b != b'=')?;
    let bare = secret.get(..=end)?;
    let text = STANDARD_NO_PAD
        .decode(bare)
        .or_else(|_| URL_SAFE_NO_PAD.decode(bare));
    let text = Zeroizing::new(text.ok()?);
    let readable = text.iter().all(|b| matches!(b, b' '..=b'~'));
    (readable && text.len() >= MIN_SECRET).then_some(text)
}

/// What follows the user's name in Basic credentials.
fn password(text: &[u8]) -> Option<&[u8]> {
    let colon = text.iter().position(|b| *b == b':')?;
    text.get(colon + 1..)
        .filter(|text| text.len() >= MIN_SECRET)
}

/// UTF-16 of either byte order: what the zeros at the ends would be is left open.
fn wide(secret: &[u8]) -> Vec<u8> {
    let mut wide: Vec<u8> = secret.iter().flat_map(|byte| [*byte, 0]).collect();
    wide.pop();
    wide
}

fn hex(secret: &[u8]) -> Vec<u8> {
    secret
        .iter()
        .flat_map(|byte| format!("{byte:02x}").into_bytes())
        .collect()
}

/// Spellings that are not escapes of single characters: a form's `+` for a space.
fn softened(secret: &[u8]) -> Option<Vec<u8>> {
    let spaced = secret.contains(&b' ');
    spaced.then(|| {
        secret
            .iter()
            .map(|b| if *b == b' ' { b'+' } else { *b })
            .collect()
    })
}

fn mask(text: &mut [u8], found: impl IntoIterator<Item = Range<usize>>) {
    for range in found {
        let end = range.end.min(text.len());
        if let Some(stretch) = text.get_mut(range.start..end) {
            stretch.fill(MASK);
        }
    }
}

/// One stream that is being scrubbed.
#[derive(Debug, Default)]
pub(crate) struct ScrubStream {
    /// Bytes that wait: with what follows they could be a secret.
    held: Vec<u8>,
    /// How many of them belong to a secret that has been found already.
    covered: usize,
}

impl ScrubStream {
    /// Adds what came, and returns what may go on to the guest. With `last`, nothing is held back.
    pub(crate) fn push(&mut self, scrubber: &Scrubber, chunk: &[u8], last: bool) -> Vec<u8> {
        let mut text = std::mem::take(&mut self.held);
        text.extend_from_slice(chunk);
        let (found, go) = scrubber.look(&text, last);
        let go = if last { text.len() } else { go };
        let known = std::mem::take(&mut self.covered);

        self.held = text.get(go..).unwrap_or_default().to_vec();
        self.covered = found
            .iter()
            .filter(|range| range.start < go)
            .map(|range| range.end)
            .fold(known, usize::max)
            .saturating_sub(go);
        text.truncate(go);
        mask(
            &mut text,
            found.into_iter().chain(std::iter::once(0..known.min(go))),
        );
        text
    }
}

#[cfg(test)]
#[path = "scrub_tests.rs"]
mod tests;
