//! Foreign text, made printable. A plugin, a skill and a server may all write what a terminal would obey.

/// Makes any text safe to print on one line, and at most `max_chars` characters long.
///
/// Controls (so ANSI and OSC sequences, CR, backspace, newlines), directional and zero-width characters, tag
/// characters, variation selectors, invisible fillers, private use and noncharacters come out as `\u{…}`;
/// more than four combining marks on one character are dropped. What is cut off is shown by `…`.
pub fn display_safe(text: &str, max_chars: usize) -> String {
    // Nearly all that is shown; and each denial shows something.
    if text.len() <= max_chars && is_plain(text) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len().min(max_chars.saturating_mul(4)));
    let mut used = 0usize;
    let mut marks = 0usize;
    let mut piece = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if is_combining(c) {
            marks += 1;
            if marks > MAX_MARKS {
                continue;
            }
        } else {
            marks = 0;
        }
        piece.clear();
        match c {
            '\n' => piece.push_str("\\n"),
            '\r' => piece.push_str("\\r"),
            '\t' => piece.push_str("\\t"),
            c if is_hidden(c) => piece.extend(c.escape_unicode()),
            c => piece.push(c),
        }
        let wide = piece.chars().count();
        let last = rest.as_str().is_empty();
        // The last place is kept for the sign that something is missing.
        if used + wide + usize::from(!last) > max_chars {
            if max_chars > used {
                out.push('…');
            }
            return out;
        }
        out.push_str(&piece);
        used += wide;
    }
    out
}

/// Whether [`display_safe`] would leave the text as it is, apart from its length.
pub fn is_display_safe(text: &str) -> bool {
    if is_plain(text) {
        return true;
    }
    let mut marks = 0usize;
    text.chars().all(|c| {
        marks = if is_combining(c) { marks + 1 } else { 0 };
        marks <= MAX_MARKS && !is_hidden(c)
    })
}

/// Printable ASCII.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' '..=b'~'))
}

/// Vietnamese and Hebrew stack two or three; a heap of them paints over the neighbouring lines.
const MAX_MARKS: usize = 4;

/// The blocks of combining diacritical marks: those that are used to paint over other lines.
fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Characters that a reader cannot see, or that change what is seen around them: Unicode's general categories
/// Cc, Cf, Co, Zl, Zp and noncharacters, its Default_Ignorable_Code_Point, and the blank Braille pattern.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}'
            | '\u{8e2}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{10ffff}')
        || (u32::from(c) & 0xfffe) == 0xfffe
}
