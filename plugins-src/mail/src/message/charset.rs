//! Letters that nobody said the charset of.

use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{Encoding, MessagePart, MimeHeaders};

/// What old programs on Western machines write without saying so.
const ASSUMED: &[u8] = b"windows-1252";

fn decode(bytes: &[u8]) -> String {
    match charset_decoder(ASSUMED) {
        Some(decode) => decode(bytes),
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// The message with its header in UTF-8.
pub fn with_utf8_head(bytes: Vec<u8>) -> Vec<u8> {
    let end = super::bounds::head_end(&bytes);
    let (head, rest) = bytes.split_at_checked(end).unwrap_or((&bytes, &[]));
    if std::str::from_utf8(head).is_ok() {
        return bytes;
    }
    let mut repaired = decode(head).into_bytes();
    repaired.extend_from_slice(rest);
    repaired
}

/// The text of a part that says no charset, or one that its bytes are not in; none where the parser's own reading
/// of it stands.
pub fn undeclared(part: &MessagePart<'_>, text: &str, raw: &[u8]) -> Option<String> {
    if !text.contains('\u{fffd}') {
        return None;
    }
    let declared = part
        .content_type()
        .and_then(|it| it.attribute("charset"))
        .unwrap_or_default();
    let says_nothing = matches!(
        declared.to_ascii_lowercase().as_str(),
        "" | "us-ascii" | "ascii" | "utf-8" | "utf8"
    );
    let start = usize::try_from(part.raw_body_offset()).ok()?;
    let end = usize::try_from(part.raw_end_offset()).ok()?;
    let body = raw.get(start..end)?;
    let bytes = match part.encoding {
        Encoding::None => body.to_vec(),
        Encoding::QuotedPrintable => quoted_printable_decode(body)?,
        Encoding::Base64 => return None,
    };
    // Letters lost before they came here cannot be found again.
    (says_nothing && std::str::from_utf8(&bytes).is_err()).then(|| decode(&bytes))
}
