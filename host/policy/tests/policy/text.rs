//! Foreign text, made printable.

use remit_policy::{display_safe, is_display_safe};

#[test]
fn what_a_terminal_would_obey_is_escaped() {
    for (text, shown) in [
        ("plain text, é, 日本語, Ω", "plain text, é, 日本語, Ω"),
        ("a\x1b[31mred", r"a\u{1b}[31mred"),
        (
            "\x1b]8;;http://evil\x07link",
            r"\u{1b}]8;;http://evil\u{7}link",
        ),
        ("a\r\nb\tc", r"a\r\nb\tc"),
        ("a\x08b\x7f", r"a\u{8}b\u{7f}"),
        ("\u{9b}31m", r"\u{9b}31m"),
        ("abc\u{202e}txt.exe", r"abc\u{202e}txt.exe"),
        ("\u{2066}a\u{2069}", r"\u{2066}a\u{2069}"),
        ("a\u{200b}b\u{feff}", r"a\u{200b}b\u{feff}"),
        ("\u{e0041}\u{e007f}", r"\u{e0041}\u{e007f}"),
        ("\u{2028}\u{2029}", r"\u{2028}\u{2029}"),
        (
            "\u{ad}\u{115f}\u{3164}\u{2800}",
            r"\u{ad}\u{115f}\u{3164}\u{2800}",
        ),
        ("\u{fe0f}\u{e0100}", r"\u{fe0f}\u{e0100}"),
        ("\u{ffff}\u{1fffe}\u{fdd0}", r"\u{ffff}\u{1fffe}\u{fdd0}"),
        ("\u{e000}\u{f0000}", r"\u{e000}\u{f0000}"),
        ("é\u{301}", "é\u{301}"),
    ] {
        assert_eq!(display_safe(text, 1000), shown);
        assert_eq!(is_display_safe(text), text == shown, "{text:?}");
        assert!(is_display_safe(shown));
    }
}

#[test]
fn a_heap_of_marks_is_cut_down() {
    let zalgo = format!("a{}b", "\u{301}".repeat(50));
    assert_eq!(
        display_safe(&zalgo, 100),
        format!("a{}b", "\u{301}".repeat(4))
    );
    assert!(!is_display_safe(&zalgo));
}

#[test]
fn the_length_is_capped_and_the_cut_is_shown() {
    assert_eq!(display_safe("abcdef", 6), "abcdef");
    assert_eq!(display_safe("abcdefg", 6), "abcde…");
    assert_eq!(display_safe("ab\x1bcd", 6), "ab…");
    assert_eq!(display_safe("日本語", 2), "日…");
    assert_eq!(display_safe("abc", 0), "");
    assert_eq!(display_safe("", 0), "");
    assert_eq!(display_safe(&"x".repeat(1 << 20), 10).chars().count(), 10);
}
