//! Attachments are listed and never shown, so most of a long one need not be kept: it is left out before the message
//! is taken apart, and counted.

/// What was left out of the bytes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Where it was, in what is left.
    pub at: usize,
    /// How many bytes it was long, line ends included.
    pub raw: u64,
    /// How many bytes it would have been decoded.
    pub decoded: u64,
}

/// Shorter messages are left alone.
const SHORT: usize = 256 * 1024;
/// How much of the first runs of base64 stays, in bytes: they may be the message's text, plain and as HTML.
const OF_TEXT: usize = 256 * 1024;
const TEXTS: usize = 2;
/// How much of each other run stays.
const OF_OTHERS: usize = 4 * 1024;

/// Leaves out the rest of long runs of base64 lines, whole lines only, so that what is left is base64 still.
pub fn leave_out(bytes: &mut Vec<u8>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    if bytes.len() < SHORT {
        return gaps;
    }
    let (mut read, mut written) = (0, 0);
    // The run that goes on: how long it is, and how many long ones came before it.
    let (mut run, mut runs) = (0, 0);
    let mut gap = Gap {
        at: 0,
        raw: 0,
        decoded: 0,
    };
    while read < bytes.len() {
        let line = bytes.get(read..).unwrap_or_default();
        let length = memchr::memchr(b'\n', line).map_or(line.len(), |at| at + 1);
        let letters = base64_letters(line.get(..length).unwrap_or_default());
        let keep = if runs < TEXTS { OF_TEXT } else { OF_OTHERS };
        if letters > 0 && run >= keep {
            gap.at = written;
            gap.raw += length as u64;
            gap.decoded += (letters / 4 * 3) as u64;
        } else {
            if letters == 0 {
                runs += usize::from(run > OF_OTHERS);
                run = 0;
                if gap.raw > 0 {
                    gaps.push(gap);
                    (gap.raw, gap.decoded) = (0, 0);
                }
            }
            bytes.copy_within(read..read + length, written);
            written += length;
        }
        run += if letters > 0 { length } else { 0 };
        read += length;
    }
    if gap.raw > 0 {
        gaps.push(gap);
    }
    bytes.truncate(written);
    gaps
}

/// How many letters of base64 a full line of it has; 0 if it is another line, or a run's last one.
fn base64_letters(line: &[u8]) -> usize {
    let letters = line.trim_ascii_end();
    let is_full = (60..=80).contains(&letters.len()) && letters.len().is_multiple_of(4);
    let is_base64 = |it: &u8| it.is_ascii_alphanumeric() || matches!(it, b'+' | b'/');
    if is_full && letters.iter().all(is_base64) {
        letters.len()
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &[u8] =
        b"QmFzZTY0IGxpbmVzIGFyZSBzZXZlbnR5LXNpeCBsZXR0ZXJzIGxvbmcsIGxpa2UgdGhpcyBvbmUh\r\n";

    #[test]
    fn the_rest_of_a_long_attachment_is_left_out_and_counted() {
        let mut bytes = b"Subject: x\r\n\r\n--b\r\n\r\n".to_vec();
        let lines = 20_000;
        for part in 0..4 {
            bytes.extend(LINE.repeat(lines));
            bytes.extend(format!("QQ==\r\n--b {part}\r\n\r\n").as_bytes());
        }
        let whole = bytes.len();
        let gaps = leave_out(&mut bytes);
        assert_eq!(gaps.len(), 4);
        let raw: u64 = gaps.iter().map(|gap| gap.raw).sum();
        assert_eq!(bytes.len() as u64 + raw, whole as u64);
        assert!(bytes.len() < 2 * OF_TEXT + 2 * OF_OTHERS + 4096);
        for gap in gaps {
            assert!(bytes[gap.at..].starts_with(b"QQ==\r\n--b "));
            assert_eq!(gap.decoded, gap.raw / LINE.len() as u64 * 57);
        }
    }

    #[test]
    fn text_is_left_alone() {
        let text =
            b"A line of text that is about as long as lines of base64 use to be.\n".repeat(9000);
        let mut bytes = text.clone();
        assert_eq!(leave_out(&mut bytes), []);
        assert_eq!(bytes, text);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(16))]
        #[test]
        fn nothing_is_lost_but_what_is_counted(blocks in proptest::collection::vec((0..3usize, 1..9000usize), 1..12)) {
            let mut bytes = Vec::new();
            for (kind, count) in blocks {
                let line: &[u8] = [LINE, b"a line of text\n", b"\r\n"][kind];
                bytes.extend(line.repeat(count));
            }
            let whole = bytes.len() as u64;
            let gaps = leave_out(&mut bytes);
            let raw: u64 = gaps.iter().map(|gap| gap.raw).sum();
            proptest::prop_assert_eq!(bytes.len() as u64 + raw, whole);
            proptest::prop_assert!(gaps.iter().all(|gap| gap.at <= bytes.len()));
        }
    }
}
