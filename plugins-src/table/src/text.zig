//! JSON that has been checked already, read where it stands.

const std = @import("std");

/// What is left of a text; the text is known to be JSON, so that each step finds what it looks for. Should it not be
/// so after all, the steps end at the text's end.
pub const Reader = struct {
    text: []const u8,
    at: usize = 0,

    /// The next byte that is no blank, not taken off; 0 at the end.
    pub fn peek(reader: *Reader) u8 {
        while (reader.at < reader.text.len) : (reader.at += 1) switch (reader.text[reader.at]) {
            ' ', '\t', '\r', '\n' => {},
            else => |byte| return byte,
        };
        return 0;
    }

    /// Takes off one of `[]{},:`; whether it stands there.
    pub fn sign(reader: *Reader, wanted: u8) bool {
        if (reader.peek() != wanted) return false;
        reader.at += 1;
        return true;
    }

    /// Takes off a text: what stands between its quotes.
    pub fn string(reader: *Reader) []const u8 {
        if (!reader.sign('"')) return "";
        const start = reader.at;
        while (reader.at < reader.text.len) : (reader.at += 1) switch (reader.text[reader.at]) {
            '"' => {
                reader.at += 1;
                return reader.text[start .. reader.at - 1];
            },
            '\\' => reader.at += 1,
            else => {},
        };
        reader.at = reader.text.len;
        return reader.text[start..];
    }

    /// Takes off a value of any kind: all of it.
    pub fn value(reader: *Reader) []const u8 {
        const first = reader.peek();
        const start = reader.at;
        switch (first) {
            '"' => _ = reader.string(),
            '[', '{' => {
                var depth: usize = 0;
                while (reader.at < reader.text.len) switch (reader.text[reader.at]) {
                    '"' => _ = reader.string(),
                    '[', '{' => {
                        depth += 1;
                        reader.at += 1;
                    },
                    ']', '}' => {
                        depth -= 1;
                        reader.at += 1;
                        if (depth == 0) break;
                    },
                    else => reader.at += 1,
                };
            },
            else => while (reader.at < reader.text.len) : (reader.at += 1) switch (reader.text[reader.at]) {
                ',', ']', '}', ' ', '\t', '\r', '\n' => break,
                else => {},
            },
        }
        return reader.text[start..reader.at];
    }
};

/// Writes what a text between quotes stands for to `to`, which has as much room; how much that is.
pub fn unescape(from: []const u8, to: []u8) usize {
    var count: usize = 0;
    var at: usize = 0;
    while (at < from.len) {
        if (from[at] != '\\' or at + 1 >= from.len) {
            to[count] = from[at];
            count += 1;
            at += 1;
            continue;
        }
        const letter = from[at + 1];
        at += 2;
        if (letter != 'u') {
            to[count] = switch (letter) {
                'b' => 8,
                'f' => 12,
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                else => letter,
            };
            count += 1;
            continue;
        }
        var character: u21 = hex(from, at);
        at += 4;
        // The second half of a pair: that it is there was checked.
        if (character >= 0xd800 and character < 0xdc00) {
            character = 0x10000 + ((character - 0xd800) << 10) + (hex(from, at + 2) -| 0xdc00);
            at += 6;
        }
        count += std.unicode.utf8Encode(character, to[count..]) catch 0;
    }
    return count;
}

fn hex(from: []const u8, at: usize) u21 {
    if (at + 4 > from.len) return 0;
    return std.fmt.parseInt(u16, from[at..][0..4], 16) catch 0;
}

/// Whether a text is JSON, and no deeper than that.
pub fn check(allocator: std.mem.Allocator, text: []const u8, max_depth: usize) error{ OutOfMemory, NotJson, TooDeep }!void {
    var scanner: std.json.Scanner = .initCompleteInput(allocator, text);
    defer scanner.deinit();
    while (true) {
        const token = scanner.next() catch |failure| switch (failure) {
            error.OutOfMemory => return error.OutOfMemory,
            else => return error.NotJson,
        };
        if (token == .end_of_document) return;
        if (scanner.stackHeight() > max_depth) return error.TooDeep;
    }
}

test "values are taken off one by one" {
    var reader: Reader = .{ .text = " [ {\"a\\\"\" : [1, \"]\"] } ,-1.5e3,null , \"\" ]" };
    try std.testing.expect(reader.sign('['));
    try std.testing.expectEqualStrings("{\"a\\\"\" : [1, \"]\"] }", reader.value());
    try std.testing.expect(reader.sign(','));
    try std.testing.expectEqualStrings("-1.5e3", reader.value());
    try std.testing.expect(reader.sign(','));
    try std.testing.expectEqualStrings("null", reader.value());
    try std.testing.expect(!reader.sign(']'));
    try std.testing.expect(reader.sign(','));
    try std.testing.expectEqualStrings("", reader.string());
    try std.testing.expect(reader.sign(']'));
    try std.testing.expectEqual(0, reader.peek());
}

test "escapes stand for characters" {
    var buffer: [64]u8 = undefined;
    const length = unescape("a\\n\\\"\\u00e9\\ud83d\\ude00\\/", &buffer);
    try std.testing.expectEqualStrings("a\n\"é😀/", buffer[0..length]);
}
