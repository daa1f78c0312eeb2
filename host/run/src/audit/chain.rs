//! One line of the log: how it is sealed, and how a sealed one is opened.

use std::fmt;
use std::io::Write as _;

use remit_package::hex;
use serde::Deserialize;
use serde::de::IgnoredAny;
use sha2::{Digest as _, Sha256};

/// Keeps these hashes apart from all other uses of SHA-256.
const DOMAIN: &[u8] = b"remit audit record v1\0";

/// Between the bytes that are hashed and the hash.
const HASH_KEY: &[u8] = b",\"hash\":\"";
/// After the hash.
const END: &[u8] = b"\"}";
/// What follows the hashed bytes: the key, 64 digits, the end.
const SEAL: usize = HASH_KEY.len() + 64 + END.len();

/// The longest line. All texts in a record are capped, so only a bug makes a longer one; and a reader of the tail
/// knows how far back to look.
pub(super) const MAX_LINE: usize = 256 * 1024;

/// The hash of a record. Before the first record it is all zeros.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Hash(pub(super) [u8; 32]);

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&hex::encode(&self.0)).unwrap_or_default())
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for Hash {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse_hex(text.as_bytes())
            .ok_or_else(|| "a hash has 64 lower-case hexadecimal digits".to_owned())
    }
}

impl Hash {
    /// Lower case only: one hash, one spelling.
    pub(super) fn parse_hex(text: &[u8]) -> Option<Self> {
        hex::decode(text).map(Self)
    }

    fn of(bytes: &[u8]) -> Self {
        Self(
            Sha256::new()
                .chain_update(DOMAIN)
                .chain_update(bytes)
                .finalize()
                .into(),
        )
    }
}

/// Appends a sealed line to `out` and returns its hash. `body` is a JSON object's text.
pub(super) fn seal(out: &mut Vec<u8>, seq: u64, time: &str, prev: Hash, body: &[u8]) -> Hash {
    let start = out.len();
    // Writing to a Vec does not fail.
    let _ = write!(out, "{{\"seq\":{seq},\"time\":\"{time}\",\"prev\":\"");
    out.extend_from_slice(&hex::encode(&prev.0));
    out.push(b'"');
    let inner = body
        .strip_prefix(b"{")
        .and_then(|b| b.strip_suffix(b"}"))
        .unwrap_or_default();
    if !inner.is_empty() {
        out.push(b',');
        out.extend_from_slice(inner);
    }
    let hash = Hash::of(out.get(start..).unwrap_or_default());
    out.extend_from_slice(HASH_KEY);
    out.extend_from_slice(&hex::encode(&hash.0));
    out.extend_from_slice(END);
    out.push(b'\n');
    hash
}

/// Opens a line (without its line feed), given the record before it, and returns its hash.
pub(super) fn open(line: &[u8], seq: u64, prev: Hash) -> Result<Hash, String> {
    let (hashed, hash) = split(line).ok_or("it does not end in a hash")?;
    if Hash::of(hashed) != hash {
        return Err("its hash is not that of its bytes".to_owned());
    }
    let head = head(line)?;
    if head.seq != seq {
        return Err(format!("its number is {} where {seq} was due", head.seq));
    }
    if Hash::parse_hex(head.prev.as_bytes()) != Some(prev) {
        return Err("it does not follow the record before it".to_owned());
    }
    Ok(hash)
}

/// The number and hash of a line that is taken as the end of the chain: sealed rightly, whatever is before it.
pub(super) fn open_last(line: &[u8]) -> Result<(u64, Hash), String> {
    let (hashed, hash) = split(line).ok_or("it does not end in a hash")?;
    if Hash::of(hashed) != hash {
        return Err("its hash is not that of its bytes".to_owned());
    }
    Ok((head(line)?.seq, hash))
}

/// Whether a record closes its file: its kind, which is the first thing after `prev`, says so.
pub(super) fn closes(line: &[u8]) -> bool {
    const PREV: &[u8] = b"\"prev\":\"";
    const KIND: &[u8] = b"\",\"kind\":\"closed\"";
    // Nothing but a number and a time stands before it.
    let prev = line.windows(PREV.len()).position(|window| window == PREV);
    prev.and_then(|at| line.get(at + PREV.len() + 64..))
        .is_some_and(|rest| rest.starts_with(KIND))
}

#[derive(Deserialize)]
struct Head<'a> {
    seq: u64,
    #[serde(borrow)]
    prev: &'a str,
    #[serde(rename = "time")]
    _time: IgnoredAny,
}

fn head(line: &[u8]) -> Result<Head<'_>, String> {
    serde_json::from_slice(line).map_err(|e| format!("it is not a record: {e}"))
}

fn split(line: &[u8]) -> Option<(&[u8], Hash)> {
    let at = line.len().checked_sub(SEAL)?;
    let (hashed, seal) = line.split_at_checked(at)?;
    let hex = seal.strip_prefix(HASH_KEY)?.strip_suffix(END)?;
    Some((hashed, Hash::parse_hex(hex)?))
}

/// Whether bytes without a line feed at the end of the log are what a write that was cut short leaves, rather than
/// a record that somebody changed: the beginning of the record that was due, at most all of it but the line feed.
pub(super) fn is_torn(tail: &[u8], seq: u64, prev: Hash) -> bool {
    // A file that was made longer before its bytes reached the disk ends in zeros.
    if tail.iter().all(|byte| *byte == 0) {
        return true;
    }
    let start = format!("{{\"seq\":{seq},\"time\":\"");
    let start_len = start.len().min(tail.len());
    if tail.get(..start_len) != start.as_bytes().get(..start_len) {
        return false;
    }
    // The time is of fixed length, so what `prev` must be is known.
    let rest = tail
        .get(start.len() + super::clock::TIME_LEN..)
        .unwrap_or_default();
    let mut due = b"\",\"prev\":\"".to_vec();
    due.extend_from_slice(&hex::encode(&prev.0));
    due.push(b'"');
    let due_len = due.len().min(rest.len());
    if rest.get(..due_len) != due.get(..due_len) {
        return false;
    }
    // With a whole record in it, it is no beginning: something follows that was never written.
    !(1..=tail.len()).rev().take(MAX_TAIL_SCAN).any(|end| {
        end < tail.len()
            && tail
                .get(..end)
                .is_some_and(|line| open(line, seq, prev).is_ok())
    })
}

/// How far from the end of a torn line a whole record is looked for. One changed byte (the line feed) needs 1.
const MAX_TAIL_SCAN: usize = 16;
