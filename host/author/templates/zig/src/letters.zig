//! Which characters words are made of, as far as a word count needs it: Zig's standard library has no tables of
//! Unicode, and most writing needs only these.

/// Letters and digits: of ASCII by name; of the rest, all that is neither a blank, a sign nor a picture.
pub fn isLetter(character: u21) bool {
    return switch (character) {
        '0'...'9', 'A'...'Z', 'a'...'z' => true,
        0...'0' - 1, '9' + 1...'A' - 1, 'Z' + 1...'a' - 1, 'z' + 1...0xa9 => false,
        0xab...0xb1, 0xb4, 0xb6...0xb8, 0xbb, 0xbf, 0xd7, 0xf7 => false,
        // Blanks, punctuation, signs of currency, arrows, mathematics, frames.
        0x1680, 0x2000...0x206f, 0x20a0...0x20cf, 0x2190...0x2bff, 0x2e00...0x2e7f => false,
        // The same of East Asia.
        0x3000...0x3004, 0x3008...0x3020, 0x3030, 0x30fb, 0xff01...0xff0f, 0xff1a...0xff20 => false,
        // What no one sees, what is private, and pictures.
        0xe000...0xf8ff, 0xfe00...0xfe0f, 0xfeff, 0xfff0...0xffff, 0x1f000...0x1faff => false,
        else => true,
    };
}

/// In lower case: Latin, Greek, Cyrillic and Armenian.
pub fn lower(character: u21) u21 {
    return switch (character) {
        'A'...'Z', 0xc0...0xd6, 0xd8...0xde, 0x391...0x3a1, 0x3a3...0x3ab, 0x410...0x42f => character + 32,
        0x386 => 0x3ac,
        0x388...0x38a => character + 37,
        0x38c => 0x3cc,
        0x38e...0x38f => character + 63,
        0x400...0x40f => character + 80,
        0x531...0x556 => character + 48,
        // Pairs of an upper and a lower one, the upper one even, or odd.
        0x100...0x12f, 0x132...0x137, 0x14a...0x177, 0x1e00...0x1e95, 0x460...0x481, 0x48a...0x4bf, 0x4d0...0x52f => character | 1,
        0x139...0x148, 0x179...0x17e, 0x4c1...0x4ce => if (character & 1 == 1) character + 1 else character,
        0x178 => 0xff,
        else => character,
    };
}

test "the letters of several alphabets" {
    const std = @import("std");
    for ([_]u21{ 'a', 'Z', '5', 'é', 'Ж', 'ω', 'ش', '語', 'ª' }) |it| try std.testing.expect(isLetter(it));
    for ([_]u21{ ' ', '.', '_', '«', '—', '…', '€', '→', '。', '😀', 0xa0 }) |it| try std.testing.expect(!isLetter(it));
    for ([_][2]u21{ .{ 'Ä', 'ä' }, .{ 'Ω', 'ω' }, .{ 'Ж', 'ж' }, .{ 'Ё', 'ё' }, .{ 'Ž', 'ž' }, .{ 'Ő', 'ő' }, .{ 'x', 'x' } }) |pair| {
        try std.testing.expectEqual(pair[1], lower(pair[0]));
    }
}
