use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use proptest::prelude::*;

use super::super::unescape::LONGEST;
use super::*;

const SECRET: &[u8] = b"s3cr3t/Canary+4711?=Z";

/// `text` cut into chunks of `size`, as a stream gives them.
fn stream(text: &[u8], size: usize) -> Vec<u8> {
    let scrubber = Scrubber::new([SECRET]).unwrap();
    let mut scrub = ScrubStream::default();
    let mut out = Vec::new();
    for chunk in text.chunks(size.max(1)) {
        out.extend(scrub.push(&scrubber, chunk, false));
    }
    out.extend(scrub.push(&scrubber, b"", true));
    out
}

fn percent(
    secret: &[u8],
    upper: impl Fn(usize) -> bool,
    which: impl Fn(usize, u8) -> bool,
) -> Vec<u8> {
    let mut out = Vec::new();
    for (at, byte) in secret.iter().enumerate() {
        match (which(at, *byte), upper(at)) {
            (true, true) => out.extend(format!("%{byte:02X}").into_bytes()),
            (true, false) => out.extend(format!("%{byte:02x}").into_bytes()),
            (false, _) => out.push(*byte),
        }
    }
    out
}

/// Every spelling that must be found, with what stands before and after it.
fn spellings() -> Vec<(&'static str, Vec<u8>)> {
    let with = |lead: &[u8], tail: &[u8]| [lead, SECRET, tail].concat();
    let hex_upper: Vec<u8> = SECRET
        .iter()
        .flat_map(|b| format!("{b:02X}").into_bytes())
        .collect();
    let json = String::from_utf8(SECRET.to_vec())
        .unwrap()
        .replace('/', "\\/");
    let each = |spell: fn(u8) -> String| -> Vec<u8> {
        SECRET.iter().flat_map(|b| spell(*b).into_bytes()).collect()
    };
    let named = String::from_utf8(SECRET.to_vec())
        .unwrap()
        .replace('/', "&sol;")
        .replace('+', "&plus;")
        .replace('?', "&quest;")
        .replace('=', "&equals;");
    let unicode: String = SECRET.iter().map(|b| format!("\\u{b:04x}")).collect();
    vec![
        ("raw", SECRET.to_vec()),
        ("base64", STANDARD.encode(SECRET).into()),
        (
            "base64 without padding",
            STANDARD_NO_PAD.encode(SECRET).into(),
        ),
        ("base64 url", URL_SAFE.encode(SECRET).into()),
        (
            "base64 url without padding",
            URL_SAFE_NO_PAD.encode(SECRET).into(),
        ),
        (
            "base64 of one before",
            STANDARD.encode(with(b"u", b"")).into(),
        ),
        (
            "base64 of two before",
            STANDARD.encode(with(b"u:", b"")).into(),
        ),
        (
            "base64 of three around",
            STANDARD.encode(with(b"abc", b"xyz")).into(),
        ),
        (
            "base64 of four around",
            URL_SAFE.encode(with(b"user", b"tail")).into(),
        ),
        (
            "base64 of five around",
            URL_SAFE.encode(with(b"user:", b"\n")).into(),
        ),
        ("hex", hex(SECRET)),
        ("hex in capitals", hex_upper),
        (
            "percent",
            percent(SECRET, |_| true, |_, b| !b.is_ascii_alphanumeric()),
        ),
        (
            "percent, small",
            percent(SECRET, |_| false, |_, b| !b.is_ascii_alphanumeric()),
        ),
        (
            "percent, mixed",
            percent(SECRET, |at| at % 2 == 0, |_, b| !b.is_ascii_alphanumeric()),
        ),
        (
            "percent, all of it",
            percent(SECRET, |at| at % 3 == 0, |_, _| true),
        ),
        (
            "percent, here and there",
            percent(SECRET, |at| at % 3 == 0, |at, _| at % 2 == 0),
        ),
        (
            "percent of base64",
            percent(
                STANDARD.encode(SECRET).as_bytes(),
                |_| true,
                |_, b| !b.is_ascii_alphanumeric(),
            ),
        ),
        ("json", json.into()),
        ("json, escaped", unicode.into()),
        ("json, with braces", each(|b| format!("\\u{{{b:x}}}"))),
        ("json, eight digits", each(|b| format!("\\U{b:08x}"))),
        ("percent, twice", each(|b| format!("%25{b:02X}"))),
        ("percent, thrice", each(|b| format!("%2525{b:02x}"))),
        ("percent of unicode", each(|b| format!("%u{b:04X}"))),
        ("entities", each(|b| format!("&#{b};"))),
        ("entities in hex", each(|b| format!("&#x{b:X};"))),
        ("entities with zeros", each(|b| format!("&#x{b:07x};"))),
        ("entities without an end", each(|b| format!("&#{b:07}"))),
        ("entities by name", named.into()),
        ("entities in json", each(|b| format!("\\u0026#{b};"))),
        (
            "utf-16, little end first",
            SECRET.iter().flat_map(|b| [*b, 0]).collect(),
        ),
        (
            "utf-16, big end first",
            SECRET.iter().flat_map(|b| [0, *b]).collect(),
        ),
    ]
}

/// What is left of the secret in a text: the longest piece of the spelling that still stands there.
fn leaks(out: &[u8], spelling: &[u8]) -> bool {
    // Where base64 has a lead or a tail, a few characters at its ends belong to that.
    spelling.windows(8).any(|piece| {
        let ends = piece == &spelling[..8] || piece == &spelling[spelling.len() - 8..];
        !ends && out.windows(8).any(|window| window == piece)
    })
}

#[test]
fn every_spelling_is_masked_at_every_chunk_border() {
    for (name, spelling) in spellings() {
        let text = [b"{\"echo\": \"", &spelling[..], b"\", \"next\": 1}"].concat();
        for size in 1..=text.len() {
            let out = stream(&text, size);
            assert_eq!(out.len(), text.len(), "{name} in chunks of {size}");
            assert!(
                out.starts_with(b"{\"echo\": \"") && out.ends_with(b"\", \"next\": 1}"),
                "{name} in chunks of {size}"
            );
            assert!(
                !leaks(&out, &spelling),
                "{name} in chunks of {size}: {}",
                String::from_utf8_lossy(&out)
            );
        }
    }
}

#[test]
fn what_only_looks_like_the_beginning_goes_through() {
    for text in [
        &b"s3cr3t/Canary+4711?=Y"[..],
        b"s3cr3t/Canary+4711?=",
        b"s3cr3t/Canary+4711?s3cr3t/Canary+4711?",
        b"%73%33%63 100% \\ \\u00 & &am &amp; &#x2",
        b"czNjcjN0L0NhbmFyeSs0NzExPz1",
    ] {
        for size in 1..=text.len() {
            assert_eq!(
                stream(text, size),
                text,
                "{}",
                String::from_utf8_lossy(text)
            );
        }
    }
}

#[test]
fn what_waits_says_nothing_about_the_secret() {
    let scrubber = Scrubber::new([SECRET]).unwrap();
    for len in 1..200 {
        // Ends like the beginning of the secret, and not at all like it.
        let guess: Vec<u8> = b"-"
            .iter()
            .cycle()
            .take(200)
            .chain(SECRET)
            .copied()
            .take(200 + len % SECRET.len())
            .collect();
        let other = vec![b'-'; guess.len()];
        let mut sizes = [&guess, &other].map(|text| {
            let mut scrub = ScrubStream::default();
            let out: Vec<_> = text
                .chunks(len)
                .map(|chunk| scrub.push(&scrubber, chunk, false).len())
                .collect();
            (out, scrub.held.len())
        });
        sizes.sort();
        assert_eq!(sizes[0], sizes[1], "in chunks of {len}");
    }
}

#[test]
fn no_more_waits_than_a_spelling_is_long() {
    let scrubber = Scrubber::new([SECRET]).unwrap();
    for unit in [
        "-",
        "%41",
        "\\u0041",
        "&quot;",
        "%",
        "\\u00",
        "&#x2",
        "&#x0000041;",
    ] {
        let mut scrub = ScrubStream::default();
        for _ in 0..100 {
            scrub.push(&scrubber, unit.repeat(100).as_bytes(), false);
            assert!(
                scrub.held.len() < LONGEST * (2 * SECRET.len() + 1),
                "{unit}: {}",
                scrub.held.len()
            );
        }
    }
}

#[test]
fn overlapping_secrets_are_both_masked() {
    let scrubber = Scrubber::new([&b"abcdefgh"[..], b"efghijkl"]).unwrap();
    for size in 1..14 {
        let mut scrub = ScrubStream::default();
        let mut out = Vec::new();
        for chunk in b"-abcdefghijkl-".chunks(size) {
            out.extend(scrub.push(&scrubber, chunk, false));
        }
        out.extend(scrub.push(&scrubber, b"", true));
        assert_eq!(out, b"-************-", "{size}");
    }
}

#[test]
fn a_secret_that_repeats_itself_holds_nothing_back_for_ever() {
    let scrubber = Scrubber::new([&b"aaaaaaaa"[..]]).unwrap();
    let mut scrub = ScrubStream::default();
    for _ in 0..1000 {
        scrub.push(&scrubber, &[b'a'; 100], false);
        assert!(scrub.held.len() < 20, "{}", scrub.held.len());
    }
    assert_eq!(scrub.push(&scrubber, b"b", true).last(), Some(&b'b'));
}

#[test]
fn a_text_that_ends_like_an_escape_is_still_searched() {
    for (secret, text) in [
        (&b"pass/word%"[..], &b"x pass%2Fword%"[..]),
        (b"pass/word&", b"x pass\\/word&"),
        (b"pass/word\\", b"x pass%2fword\\"),
    ] {
        let scrubber = Scrubber::new([secret]).unwrap();
        let found = scrubber.scrub(text).unwrap();
        assert!(
            found.starts_with(b"x *") && found.ends_with(b"*"),
            "{found:?}"
        );
        for size in 1..text.len() {
            let mut scrub = ScrubStream::default();
            let mut out = Vec::new();
            for chunk in text.chunks(size) {
                out.extend(scrub.push(&scrubber, chunk, false));
            }
            out.extend(scrub.push(&scrubber, b"", true));
            assert_eq!(out, found, "{size}");
        }
    }
}

#[test]
fn the_text_and_the_password_of_basic_credentials_are_secrets() {
    let secret = STANDARD.encode(b"alice:correct horse");
    let scrubber = Scrubber::new([secret.as_bytes()]).unwrap();
    for leak in [
        secret.as_str(),
        "alice:correct horse",
        "correct horse",
        "correct+horse",
        "correct%20horse",
    ] {
        let found = scrubber.scrub(format!("<{leak}>").as_bytes()).unwrap();
        assert_eq!(found, format!("<{}>", "*".repeat(leak.len())).into_bytes());
    }
    assert!(scrubber.scrub(b"alice was here").is_none());
    // Too short a password would be masked all over a page.
    let short = STANDARD.encode(b"alice-in-it:horse");
    let scrubber = Scrubber::new([short.as_bytes()]).unwrap();
    assert!(scrubber.scrub(b"a horse").is_none());
    assert!(scrubber.scrub(b"alice-in-it:horse").is_some());
}

#[test]
fn a_secret_within_another_is_masked_alone_and_with_it() {
    let scrubber = Scrubber::new([&b"inner-secret"[..], b"outer-inner-secret-outer"]).unwrap();
    assert_eq!(
        scrubber.scrub(b"-inner-secret-").unwrap(),
        b"-************-"
    );
    assert_eq!(
        scrubber.scrub(b"-outer-inner-secret-outer-").unwrap(),
        [&b"-"[..], &[b'*'; 24], b"-"].concat()
    );
}

#[test]
fn a_space_may_come_as_a_plus() {
    let scrubber = Scrubber::new([&b"user pass word"[..]]).unwrap();
    assert!(scrubber.scrub(b"q=user+pass+word&x").is_some());
    assert!(scrubber.scrub(b"q=user+pass+ward&x").is_none());
}

#[test]
fn header_names_are_searched_without_case() {
    let scrubber = Scrubber::new([&b"Canary-4711-ABC"[..]]).unwrap();
    assert!(scrubber.found_in_name("x-canary-4711-abc"));
    assert!(!scrubber.found_in_name("x-canary-4711"));
}

proptest! {
    #[test]
    fn chunking_makes_no_difference(
        parts in prop::collection::vec(prop::sample::select(vec![
            &b"s3cr3t/Canary+4711?=Z"[..], b"s3cr3t/", b"s", b"%", b"%2", b"%2F", b"\\", b"\\u00", b"\\/", b"&", b"&#x", b"73337", b"CzNj", b" ",
        ]), 0..12),
        sizes in prop::collection::vec(1_usize..9, 1..40),
    ) {
        let text = parts.concat();
        let scrubber = Scrubber::new([SECRET]).unwrap();
        let mut whole = ScrubStream::default();
        let whole = whole.push(&scrubber, &text, true);
        let mut scrub = ScrubStream::default();
        let (mut out, mut rest) = (Vec::new(), &text[..]);
        for size in sizes.iter().cycle() {
            let (chunk, more) = rest.split_at((*size).min(rest.len()));
            out.extend(scrub.push(&scrubber, chunk, false));
            rest = more;
            if rest.is_empty() { break; }
        }
        out.extend(scrub.push(&scrubber, b"", true));
        prop_assert_eq!(out, whole);
    }

    #[test]
    fn a_text_without_the_secret_is_unchanged(text in "[ -~]{0,200}", size in 1_usize..20) {
        prop_assume!(!text.contains("s3cr3t"));
        prop_assert_eq!(stream(text.as_bytes(), size), text.as_bytes());
    }
}
