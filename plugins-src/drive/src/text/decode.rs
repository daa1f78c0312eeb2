//! Bytes as text, when nothing says how they were written.

/// How a text was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
    /// What old programs on Western machines write.
    Windows1252,
}

/// By the first bytes of a file; none where it is no text.
pub fn guess(start: &[u8]) -> Option<Encoding> {
    if start.starts_with(&[0xff, 0xfe]) {
        return Some(Encoding::Utf16Le);
    }
    if start.starts_with(&[0xfe, 0xff]) {
        return Some(Encoding::Utf16Be);
    }
    if start.contains(&0) {
        return None;
    }
    match std::str::from_utf8(start) {
        Ok(_) => Some(Encoding::Utf8),
        // The last letter may be cut in two.
        Err(error) if error.error_len().is_none() => Some(Encoding::Utf8),
        Err(_) => {
            let controls = start
                .iter()
                .filter(|it| **it < 32 && !matches!(**it, b'\t' | b'\n' | b'\r' | 12 | 27));
            (controls.count() * 100 <= start.len()).then_some(Encoding::Windows1252)
        }
    }
}

/// The text, without a byte order mark and with one kind of line end.
pub fn decode(bytes: &[u8], encoding: Encoding) -> String {
    let utf16 = |unit: fn([u8; 2]) -> u16| {
        let units = bytes
            .chunks_exact(2)
            .filter_map(|it| it.try_into().ok())
            .map(unit);
        char::decode_utf16(units)
            .map(|it| it.unwrap_or('\u{fffd}'))
            .collect::<String>()
    };
    let text = match encoding {
        Encoding::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
        Encoding::Utf16Le => utf16(u16::from_le_bytes),
        Encoding::Utf16Be => utf16(u16::from_be_bytes),
        Encoding::Windows1252 => bytes.iter().map(|it| windows1252(*it)).collect(),
    };
    let text = text
        .strip_prefix('\u{feff}')
        .map(str::to_string)
        .unwrap_or(text);
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text
    }
}

fn windows1252(byte: u8) -> char {
    const HIGH: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";
    match byte {
        0x80..=0x9f => HIGH
            .chars()
            .nth(usize::from(byte - 0x80))
            .unwrap_or('\u{fffd}'),
        _ => char::from(byte),
    }
}
