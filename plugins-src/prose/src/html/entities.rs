//! `&amp;` and its kin: those that HTML 4 has names for in Latin text, and any by number.

use std::borrow::Cow;

/// U+00A0 to U+00FF, in order.
const LATIN: &str = "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn \
    sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc \
    Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute \
    Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml \
    aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde \
    ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml";

const OTHERS: &[(&str, char)] = &[
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("ndash", '–'),
    ("mdash", '—'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("sbquo", '‚'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bdquo", '„'),
    ("hellip", '…'),
    ("bull", '•'),
    ("euro", '€'),
    ("trade", '™'),
    ("larr", '←'),
    ("rarr", '→'),
    ("uarr", '↑'),
    ("darr", '↓'),
    ("lsaquo", '‹'),
    ("rsaquo", '›'),
    ("dagger", '†'),
    ("permil", '‰'),
    ("prime", '′'),
    ("le", '≤'),
    ("ge", '≥'),
    ("ne", '≠'),
    ("minus", '−'),
    ("infin", '∞'),
    ("asymp", '≈'),
    ("ensp", ' '),
    ("emsp", ' '),
    ("thinsp", ' '),
    ("zwnj", '\u{200c}'),
    ("zwj", '\u{200d}'),
    ("OElig", 'Œ'),
    ("oelig", 'œ'),
    ("Scaron", 'Š'),
    ("scaron", 'š'),
    ("Yuml", 'Ÿ'),
    ("fnof", 'ƒ'),
    ("alpha", 'α'),
    ("beta", 'β'),
    ("gamma", 'γ'),
    ("delta", 'δ'),
    ("Delta", 'Δ'),
    ("lambda", 'λ'),
    ("mu", 'μ'),
    ("pi", 'π'),
    ("sigma", 'σ'),
    ("omega", 'ω'),
    ("Omega", 'Ω'),
    ("check", '✓'),
];

/// The longest name of them. Most of what follows an `&` in broken text is longer, or nothing.
const LONGEST: usize = 6;

/// A text with its entities replaced; what is none stays as it is.
pub fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let body = from.get(1..).unwrap_or_default();
        let length = body
            .find(|it: char| !it.is_ascii_alphanumeric() && it != '#')
            .unwrap_or(body.len());
        let name = body.get(..length).unwrap_or_default();
        match letter(name) {
            Some(letter) => {
                out.push(letter);
                let rest_of = body.get(length..).unwrap_or_default();
                rest = rest_of.strip_prefix(';').unwrap_or(rest_of);
            }
            None => {
                out.push('&');
                rest = body;
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn letter(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return Some(
            char::from_u32(code)
                .filter(|it| *it != '\0')
                .unwrap_or('\u{fffd}'),
        );
    }
    if !(2..=LONGEST).contains(&name.len()) {
        return None;
    }
    if let Some((_, letter)) = OTHERS.iter().find(|(it, _)| *it == name) {
        return Some(*letter);
    }
    let place = LATIN.split_whitespace().position(|it| it == name)?;
    char::from_u32(0xa0 + u32::try_from(place).ok()?)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn entities_by_name_and_number() {
        assert_eq!(
            decode("&lt;b&gt; &eacute;&yuml;&nbsp;&#233;&#xE9; &hellip;"),
            "<b> éÿ\u{a0}éé …"
        );
    }

    #[test]
    fn what_is_none_stays() {
        assert_eq!(
            decode("AT&T a&b; &unknown; & &#x110000;"),
            "AT&T a&b; &unknown; & \u{fffd}"
        );
    }
}
